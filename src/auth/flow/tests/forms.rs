//! What forms ask, and what is sent for them.

use super::*;

#[test]
fn a_button_may_have_a_target_of_its_own_but_no_other_scheme_or_host() {
    let page = |target: &str| {
        format!(
            "<form name=x method=post action=/a><input type=password name=p><button formaction='{target}'>Go</button></form>"
        )
    };
    let mut walk = Walk::at(joe(), &page("b"));
    walk.texts(&["s"]);
    assert_eq!(walk.sent(), "POST https://gw.test/dana-na/auth/url_default/b p=s");
    for target in ["http://gw.test/b", "https://evil.test/b", "javascript:x"] {
        let mut walk = Walk::at(joe(), &page(target));
        walk.texts(&["s"]);
        assert_eq!(walk.error().status(), ExitStatus::Protocol, "{target}");
    }
}

#[test]
fn realms_are_chosen_by_label_and_sent_by_value() {
    let page = r#"<form name=frmLogin method=post action=login.cgi><input name=username><input type=password name=password>
        <select name=realm><option value=0>Users<option value=1>Staff<option value=2>Staff (extern)</select></form>"#;
    for (settings, value) in [
        (
            FlowSettings {
                realm: Some("staff".to_owned()),
                ..joe()
            },
            "1",
        ),
        (
            FlowSettings {
                authgroup: Some("USERS".to_owned()),
                ..joe()
            },
            "0",
        ),
        (
            FlowSettings {
                authgroup: Some("Staff (e".to_owned()),
                ..joe()
            },
            "2",
        ),
    ] {
        let mut walk = Walk::at(settings, page);
        walk.texts(&["x"]);
        assert!(
            walk.sent().ends_with(&format!("&realm={value}")),
            "{}",
            walk.sent()
        );
    }
    let walk = Walk::at(joe(), page);
    let asked = &walk.asked().fields[1];
    assert_eq!(asked.purpose, Purpose::Realm);
    assert_eq!(asked.fallback, None);
    let walk = Walk::at(
        FlowSettings {
            realm: Some("Boss".to_owned()),
            ..joe()
        },
        page,
    );
    let text = walk.error().user_error().to_string();
    assert!(
        text.contains("Users, Staff, Staff (extern)") && text.contains("--realm NAME"),
        "{text}"
    );
}

#[test]
fn the_second_password_of_a_login_form_is_a_code() {
    let page = r#"<form name=frmLogin method=post action=login.cgi><input name=username><input type=password name=password>
        <input type=password name="password#2" id=passwordSecondary><input type=submit name=btnSubmit value=In></form>"#;
    let mut walk = Walk::at(joe(), page);
    assert_eq!(
        walk.questions(),
        [
            ("password", Purpose::Password),
            ("password#2", Purpose::Code { next: false })
        ]
    );
    walk.texts(&["p", "123456"]);
    assert!(
        walk.sent()
            .ends_with("password=p&password%232=123456&btnSubmit=In")
    );
}

#[test]
fn forms_for_a_second_factor_ask_for_what_they_want() {
    let code = Purpose::Code { next: false };
    let table = [
        ("frmDefender", "btnAction", "Enter your passcode", code),
        (
            "frmDefender",
            "btnAction",
            "1. Push to phone\n<br>2. SMS",
            Purpose::Menu,
        ),
        ("frmDefender", "btnAction", "Challenge: [A1] [C4]", Purpose::Menu),
        (
            "frmNextToken",
            "secidactionEnter",
            "Enter the next code",
            Purpose::Code { next: true },
        ),
        ("frmTotpToken", "totpactionEnter", "Enter the code", code),
    ];
    for (name, button, text, purpose) in table {
        let page = format!(
            "<form name={name} method=post action=login.cgi>{text}<input type=hidden name=key value=state_1>\
             <input type=password name=password><input type=submit name={button} value='  Sign In  '>\
             <input type=submit name=btnCancel value=Cancel></form>"
        );
        let mut walk = Walk::at(joe(), &page);
        assert_eq!(walk.questions(), [("password", purpose)], "{name} {text}");
        walk.texts(&["2"]);
        assert!(
            walk.sent()
                .ends_with(&format!("key=state_1&password=2&{button}=%20%20Sign%20In%20%20")),
            "{}",
            walk.sent()
        );
    }
}

#[test]
fn a_second_challenge_is_no_refusal_but_the_same_one_is() {
    let page = |text: &str| {
        format!(
            "<form name=frmDefender method=post action=login.cgi><p>{text}</p><input type=password name=password><input type=submit name=btnAction value=x></form>"
        )
    };
    let mut walk = Walk::at(joe(), &page("Choose: type the code"));
    walk.texts(&["1"]);
    walk.page(&page("Now the second code"));
    assert_eq!(walk.asked().refused, None);
    walk.texts(&["2"]);
    walk.page(&page("Now the second code"));
    assert!(walk.asked().refused.is_some());
}

#[test]
fn another_session_is_taken_over_and_told() {
    let page = r#"<form name=frmConfirmation id=DSIDConfirmForm action=login.cgi method=POST>There is another session from 192.0.2.7
        <input type=submit name=btnCancel value="Cancel"><input type=submit name=btnContinue value="Continue the session">
        <input type=hidden name=FormDataStr value=abc></form>"#;
    let mut walk = Walk::at(joe(), page);
    assert!(
        walk.sent()
            .ends_with("btnContinue=Continue%20the%20session&FormDataStr=abc")
    );
    let notices = walk.flow.take_notices();
    assert!(
        notices
            .iter()
            .any(|notice| matches!(notice, Notice::Warning(text) if text.contains("192.0.2.7"))),
        "{notices:?}"
    );
    walk.finish();
    let walk = Walk::at(
        FlowSettings {
            takeover: false,
            ..joe()
        },
        page,
    );
    assert_eq!(walk.error().status(), ExitStatus::InputNeeded);
}

#[test]
fn sessions_are_ended_only_when_they_must() {
    let page = |value: &str, boxes: &str| {
        format!(
            "<form name=frmConfirmation method=post><table>{boxes}</table><input type=submit name=btnContinue value='{value}'>\
             <input type=submit name=btnCancel value=Cancel></form>"
        )
    };
    let two = "<tr><td><input type=checkbox name=postfixSID value=a id=postfixSID_1></td><td>192.0.2.1</td></tr>\
        <tr><td><input type=checkbox name=postfixSID value=b></td><td>192.0.2.2</td></tr>";
    let one = "<tr><td><input type=checkbox name=postfixSID value=a></td></tr>";
    let must = "Close Selected Sessions and Log in";
    let walk = Walk::at(
        joe(),
        &page("Log in (and optionally Close Selected Sessions)", two),
    );
    assert!(!walk.sent().contains("postfixSID"), "{}", walk.sent());
    let mut flow = walk.flow;
    assert!(matches!(flow.take_notices().as_slice(), [Notice::Info(text)] if text.contains("stays so")));
    let walk = Walk::at(joe(), &page(must, one));
    assert!(walk.sent().contains("postfixSID=a"));
    let mut walk = Walk::at(joe(), &page(must, two));
    assert_eq!(walk.asked().fields[0].fallback, Some(Answer::Choice(0)));
    walk.answer(&[Answer::Choice(1)]);
    assert!(walk.sent().contains("postfixSID=b") && !walk.sent().contains("postfixSID=a"));
}

#[test]
fn roles_are_links() {
    let page = |links: &str| {
        format!(
            "<form name=frmSelectRoles><table id=TABLE_SelectRole_1><tbody><tr><td>Choose</td></tr>{links}</tbody></table></form>"
        )
    };
    let two = "<tr><td><b><a href='login.cgi?role=0&amp;x=1'>Staff</a></b></td></tr><tr><td><a href='login.cgi?role=1'>Admins</a></td></tr>";
    let walk = Walk::at(
        FlowSettings {
            role: Some("staff".to_owned()),
            ..joe()
        },
        &page(two),
    );
    assert_eq!(walk.sent(), format!("GET https://gw.test{LOGIN}?role=0&x=1"));
    let mut walk = Walk::at(joe(), &page(two));
    assert_eq!(
        walk.asked().fields[0].kind,
        FieldKind::Choice(vec!["Staff".to_owned(), "Admins".to_owned()])
    );
    walk.answer(&[Answer::Choice(1)]);
    assert!(walk.sent().ends_with("role=1"));
    assert_eq!(walk.finish().role.as_deref(), Some("Admins"));
    let walk = Walk::at(joe(), &page("<tr><td><a href='?role=9'>Only</a></td></tr>"));
    assert!(walk.sent().ends_with("?role=9"));
    let walk = Walk::at(
        FlowSettings {
            role: Some("Boss".to_owned()),
            ..joe()
        },
        &page(two),
    );
    assert!(walk.error().user_error().to_string().contains("Staff, Admins"));
    assert_eq!(*Walk::at(joe(), &page("")).error(), FlowError::NoRoles);
}

#[test]
fn notices_are_shown_and_agreed_to() {
    let page = |decline: &str| {
        format!(
            "<form name=frmLogin method=post action=welcome.cgi><textarea name=sn-preauth-text>Be good</textarea>\
             <input type=submit name=sn-preauth-proceed value=Proceed>{decline}</form>"
        )
    };
    let decline = "<input type=submit name=sn-preauth-decline value=Decline>";
    let mut walk = Walk::at(joe(), &page(decline));
    assert_eq!(walk.questions(), [("frmLogin", Purpose::Agreement)]);
    assert_eq!(walk.asked().notice.as_deref(), Some("Be good"));
    walk.answer(&[Answer::Check(true)]);
    assert!(
        walk.sent().ends_with(" sn-preauth-proceed=Proceed"),
        "{}",
        walk.sent()
    );
    let mut walk = Walk::at(joe(), &page(decline));
    walk.answer(&[Answer::Check(false)]);
    assert_eq!(*walk.error(), FlowError::NotAgreed);
    for (settings, page) in [
        (
            FlowSettings {
                accept_banner: true,
                ..joe()
            },
            page(decline),
        ),
        (joe(), page("")),
    ] {
        let mut walk = Walk::at(settings, &page);
        walk.sent();
        assert_eq!(walk.flow.take_notices(), [Notice::Banner("Be good".to_owned())]);
    }
}

#[test]
fn answers_stay_with_the_host_that_asks() {
    let page = "<form name=frmLogin method=post action='https://evil.test/x'><input name=username><input type=password name=password></form>";
    let mut walk = Walk::at(joe(), page);
    walk.texts(&["secret"]);
    assert!(matches!(walk.error(), FlowError::ForeignTarget { to, .. } if to == "evil.test"));
    let page = "<form name=frmLogin method=post action='http://gw.test/x'><input name=username><input type=password name=password></form>";
    assert!(matches!(
        Walk::at(joe(), page).error(),
        FlowError::NotHttps { .. }
    ));
    let page = "<form name=x method=get><input type=password name=password></form>";
    let mut walk = Walk::at(joe(), page);
    walk.texts(&["secret"]);
    assert!(matches!(walk.error(), FlowError::SecretInAddress { .. }));
}

#[test]
fn decoys_and_hidden_fields_stay_as_found() {
    let page = r#"<form name=frmLogin method=post action=login.cgi>
        <input type=text name=fakeusernameremembered style="display: none;"><input type=password name=fakepasswordremembered style="display:none">
        <input name=username><input type=password name=password><input type=hidden name=xsauth_token value=t1>
        <input type=checkbox name=Kmsi><input type=checkbox name=on checked><input type=text name=off disabled value=v>
        <button type=submit name=btnSubmit value=go>Sign in</button></form>"#;
    let mut walk = Walk::at(joe(), page);
    assert_eq!(walk.questions(), [("password", Purpose::Password)]);
    walk.texts(&["p"]);
    assert!(walk.sent().ends_with(
        "fakeusernameremembered=&fakepasswordremembered=&username=joe&password=p&xsauth_token=t1&on=on&btnSubmit=go"
    ), "{}", walk.sent());
}

#[test]
fn unknown_forms_are_asked_field_by_field() {
    let page = r#"<p>Please tell us</p><form name=frmSurvey method=post action=/survey><label for=e>Your mail</label><input id=e name=email>
        <select name=dept><option>A<option>B</select>
        <input type=radio name=size value=s id=s><label for=s>small</label><input type=radio name=size value=l checked>
        <input type=checkbox name=news value=1 checked><input type=hidden name=h value=1>
        <input type=submit name=go value=Go><input type=submit name=later value=Later></form>"#;
    let mut walk = Walk::at(joe(), page);
    let form = walk.asked();
    let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["email", "dept", "size", "news", "go"]);
    assert_eq!(form.fields[0].label, "Your mail");
    walk.answer(&[
        Answer::Text(Secret::new("j@x")),
        Answer::Choice(1),
        Answer::Choice(0),
        Answer::Check(false),
        Answer::Choice(1),
    ]);
    assert_eq!(
        walk.sent(),
        "POST https://gw.test/survey email=j%40x&dept=B&size=s&h=1&later=Later"
    );
    let entries = vec![
        entry("frmSurvey", "email", "j@x"),
        entry("*", "dept", "b"),
        entry("frmSurvey", "size", "small"),
        entry("frmSurvey", "news", "off"),
        entry("frmSurvey", "later", ""),
        entry("frmOther", "email", "no"),
    ];
    let walk = Walk::at(FlowSettings { entries, ..joe() }, page);
    assert_eq!(
        walk.sent(),
        "POST https://gw.test/survey email=j%40x&dept=B&size=s&h=1&later=Later"
    );
}

#[test]
fn a_new_password_is_asked_for_once_and_sent_twice() {
    let page = "<form name=frmLogin method=post action=login.cgi><input type=password name=oldPassword><input type=password name=newPassword>\
        <input type=password name=confirmPassword><input type=submit value='Change Password' name=btnChange></form>";
    let mut walk = Walk::at(joe(), page);
    assert_eq!(
        walk.questions(),
        [
            ("oldPassword", Purpose::Other),
            ("newPassword", Purpose::NewSecret)
        ]
    );
    assert_eq!(walk.asked().kind, FormKind::ChangePassword);
    walk.texts(&["old", "new"]);
    assert!(
        walk.sent()
            .ends_with("oldPassword=old&newPassword=new&confirmPassword=new&btnChange=Change%20Password")
    );
}

#[test]
fn a_lost_assertion_is_tried_once() {
    let page = "<form name=frmLogin method=post action=login.cgi>No Assertion Received<input type=submit name=btnSubmit value=Again></form>";
    let mut walk = Walk::at(joe(), page);
    walk.sent();
    walk.page(page);
    assert!(matches!(walk.error(), FlowError::NoForm { .. }));
}

#[test]
fn a_notice_is_not_sent_also_when_it_is_readonly() {
    let page = "<form name=frmLogin method=post action=login.cgi><textarea name=sn-postauth-text readonly>Be good</textarea>\
        <input type=hidden name=key value=1><input type=submit name=sn-postauth-proceed value=Go></form>";
    let walk = Walk::at(joe(), page);
    assert!(
        walk.sent().ends_with(" key=1&sn-postauth-proceed=Go"),
        "{}",
        walk.sent()
    );
}

#[test]
fn the_button_of_a_takeover_is_pressed_also_while_a_script_holds_it_back() {
    let page = "<form name=frmConfirmation method=post><input type=checkbox name=postfixSID value=a>\
        <input type=submit name=btnContinue value='Close Selected Sessions and Log in' disabled></form>";
    let walk = Walk::at(joe(), page);
    assert!(
        walk.sent().contains("postfixSID=a&btnContinue=Close"),
        "{}",
        walk.sent()
    );
}

#[test]
fn a_second_account_is_not_the_first() {
    let page = "<form name=frmLogin method=post action=login.cgi><input name=username><input type=password name=password>\
        <input name='user#2'><input type=password name='password#2'></form>";
    let walk = Walk::at(joe(), page);
    let names: Vec<&str> = walk
        .asked()
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names, ["password", "user#2", "password#2"]);
}

#[test]
fn an_ambiguous_beginning_is_told_as_such() {
    let page = "<form name=frmLogin method=post><input name=username><input type=password name=password>\
        <select name=realm><option>Staff<option>Students</select></form>";
    let walk = Walk::at(
        FlowSettings {
            realm: Some("st".to_owned()),
            ..joe()
        },
        page,
    );
    let text = walk.error().user_error().to_string();
    assert!(text.contains("\"st\" is the beginning of several"), "{text}");
}

#[test]
fn a_realm_that_cannot_be_chosen_is_told() {
    let mut walk = Walk::at(
        FlowSettings {
            realm: Some("Staff".to_owned()),
            ..joe()
        },
        PRIMARY,
    );
    walk.asked();
    assert!(
        walk.flow
            .take_notices()
            .iter()
            .any(|notice| matches!(notice, Notice::Warning(text) if text.contains("--realm")))
    );
}

#[test]
fn labels_are_not_repeated_above_the_questions() {
    let page = "<form name=x method=post><p>Tell us</p><label>Mail <input name=m placeholder='a@b'></label>\
        <input name=n placeholder='someone@example.com'><input type=checkbox name=rememberMe></form>";
    let walk = Walk::at(joe(), page);
    assert_eq!(walk.asked().notice.as_deref(), Some("Tell us"));
    let labels: Vec<&str> = walk
        .asked()
        .fields
        .iter()
        .map(|field| field.label.as_str())
        .collect();
    assert_eq!(labels, ["Mail", "n"]);
}
