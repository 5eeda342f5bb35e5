//! Whole sign-ins, page by page.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE};

use super::*;
use crate::exit::ExitStatus;
use crate::form::{Answer, FieldKind, Purpose};

const WELCOME: &str = "/dana-na/auth/url_default/welcome.cgi";
const LOGIN: &str = "/dana-na/auth/url_default/login.cgi";
const PRIMARY: &str = r#"<form name="frmLogin" action="login.cgi" method="POST">
    <input type=hidden name=tz_offset><input type=text name=username><input type=password name=password>
    <input type=hidden name=realm value="Users"><input type=submit name=btnSubmit value="Sign In">
    <input type=submit name=help value=Help></form>"#;

/// A sign-in and its last step.
struct Walk {
    flow: Flow,
    step: Result<Step, FlowError>,
}

impl Walk {
    fn new(settings: FlowSettings) -> Self {
        let mut flow = Flow::new(settings, &Url::parse("https://gw.test/").unwrap());
        let step = flow.start();
        Self { flow, step }
    }

    /// A sign-in that has been shown this page.
    fn at(settings: FlowSettings, page: &str) -> Self {
        let mut walk = Self::new(settings);
        walk.sent();
        walk.redirect(WELCOME, &[]);
        walk.sent();
        walk.page(page);
        walk
    }

    /// The request of the last step, as `GET URL` or `POST URL BODY`.
    fn sent(&self) -> String {
        match &self.step {
            Ok(Step::Send(request)) => match &request.form {
                None => format!("GET {}", request.url),
                Some(form) => format!("POST {} {}", request.url, form.text.expose()),
            },
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    fn cookies(&self) -> &str {
        match &self.step {
            Ok(Step::Send(request)) => request.cookies.expose(),
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    fn respond(&mut self, status: u16, location: Option<&str>, cookies: &[&str], body: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        if let Some(location) = location {
            headers.insert(LOCATION, location.parse().unwrap());
        }
        for cookie in cookies {
            headers.append(SET_COOKIE, cookie.parse().unwrap());
        }
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.step = self.flow.handle_response(&Response {
            status,
            headers,
            body,
        });
    }

    fn page(&mut self, body: &str) {
        self.respond(200, None, &[], body);
    }

    fn redirect(&mut self, location: &str, cookies: &[&str]) {
        self.respond(302, Some(location), cookies, "");
    }

    fn asked(&self) -> &Form {
        match &self.step {
            Ok(Step::Ask(form)) => form,
            other => panic!("a question was expected, not {other:?}"),
        }
    }

    fn questions(&self) -> Vec<(&str, Purpose)> {
        let fields = self.asked().fields.iter();
        fields.map(|field| (field.name.as_str(), field.purpose)).collect()
    }

    fn answer(&mut self, answers: &[Answer]) {
        self.step = self.flow.handle_answers(&answers.to_vec());
    }

    fn texts(&mut self, texts: &[&str]) {
        let answers: Vec<Answer> = texts
            .iter()
            .map(|text| Answer::Text(Secret::new(*text)))
            .collect();
        self.answer(&answers);
    }

    fn error(&self) -> &FlowError {
        match &self.step {
            Err(error) => error,
            other => panic!("an error was expected, not {other:?}"),
        }
    }

    fn done(&self) -> &Outcome {
        match &self.step {
            Ok(Step::Done(outcome)) => outcome,
            other => panic!("a session was expected, not {other:?}"),
        }
    }

    fn finish(&mut self) -> &Outcome {
        self.redirect("/dana/home/starter0.cgi", &["DSID=0123; path=/; secure"]);
        self.done()
    }
}

fn joe() -> FlowSettings {
    FlowSettings {
        path: "/".to_owned(),
        user: Some("joe".to_owned()),
        takeover: true,
        ..FlowSettings::default()
    }
}

fn entry(form: &str, field: &str, value: &str) -> FormEntry {
    FormEntry {
        form: form.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn a_password_becomes_a_session() {
    let mut walk = Walk::at(joe(), PRIMARY);
    assert_eq!(walk.questions(), [("password", Purpose::Password)]);
    assert_eq!(walk.asked().id, "frmLogin");
    walk.texts(&["a&b"]);
    assert_eq!(
        walk.sent(),
        format!(
            "POST https://gw.test{LOGIN} tz_offset=&username=joe&password=a%26b&realm=Users&btnSubmit=Sign%20In"
        )
    );
    let outcome = walk.finish();
    assert_eq!(outcome.gateway.as_str(), "https://gw.test/");
    assert_eq!(outcome.user.as_deref(), Some("joe"));
    assert!(outcome.jar.has_session());
}

#[test]
fn a_refused_password_is_asked_for_again_and_the_same_one_is_not_sent() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["wrong"]);
    walk.redirect("welcome.cgi?p=failed", &[]);
    walk.page(PRIMARY);
    assert!(
        walk.asked()
            .refused
            .as_deref()
            .unwrap()
            .contains("password was refused")
    );
    walk.texts(&["wrong"]);
    assert!(
        walk.asked()
            .refused
            .as_deref()
            .unwrap()
            .contains("not sent again")
    );
    walk.texts(&["right"]);
    assert!(walk.sent().contains("password=right"));
    walk.finish();
}

#[test]
fn three_tries_are_all() {
    let mut walk = Walk::at(joe(), PRIMARY);
    for password in ["1", "2"] {
        walk.texts(&[password]);
        // the same form inline, without a code
        walk.page(PRIMARY);
    }
    walk.texts(&["3"]);
    walk.page(PRIMARY);
    assert_eq!(walk.error().status(), ExitStatus::LoginRefused);
}

#[test]
fn a_refusal_that_nobody_answers_is_the_end() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["wrong"]);
    walk.redirect("welcome.cgi?p=failed", &[]);
    walk.page(PRIMARY);
    let error = walk.flow.unanswered(&[0]);
    assert_eq!(error.status(), ExitStatus::LoginRefused);
    let text = error.user_error().to_string();
    assert!(
        text.contains("tried once") && text.contains("frmLogin at gw.test"),
        "{text}"
    );
}

#[test]
fn nobody_to_ask_names_the_fields() {
    let mut walk = Walk::at(FlowSettings::default(), PRIMARY);
    assert_eq!(
        walk.questions(),
        [("username", Purpose::User), ("password", Purpose::Password)]
    );
    let error = walk.flow.unanswered(&[0, 1]);
    assert!(
        matches!(&error, FlowError::Input { form, fields } if form.id == "frmLogin" && fields.len() == 2)
    );
    assert_eq!(error.status(), ExitStatus::InputNeeded);
}

#[test]
fn the_session_counts_before_the_page_it_leads_to() {
    for status in [302, 200, 403, 404] {
        let mut walk = Walk::at(joe(), PRIMARY);
        walk.texts(&["x"]);
        walk.respond(status, Some("https://elsewhere.test/"), &["DSID=1; path=/"], "");
        assert!(walk.done().jar.has_session(), "{status}");
    }
}

#[test]
fn deleted_and_empty_sessions_are_none() {
    let dead = [
        "DSID=; path=/",
        "DSID=x; path=/; expires=Thu, 01 Jan 1970 22:00:00 GMT",
        "DSID=x; path=/; Max-Age=0",
    ];
    for cookie in dead {
        let mut walk = Walk::new(joe());
        walk.respond(200, None, &[cookie], PRIMARY);
        walk.asked();
    }
}

#[test]
fn a_session_of_an_identity_provider_is_not_ours() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["x"]);
    walk.redirect("https://idp.test/dana-na/auth/x", &[]);
    walk.respond(
        200,
        None,
        &["DSID=theirs; path=/"],
        "<form id=loginForm method=post><input name=UserName><input type=password name=Password></form>",
    );
    walk.asked();
}

#[test]
fn the_first_redirect_may_lead_to_another_name_of_the_gateway() {
    let mut walk = Walk::new(joe());
    walk.redirect("https://gw2.test/dana-na/auth/url_default/welcome.cgi", &[]);
    walk.page(PRIMARY);
    walk.texts(&["x"]);
    assert!(walk.sent().starts_with("POST https://gw2.test/"));
    walk.redirect("/dana/home/starter0.cgi", &["DSID=1; path=/"]);
    assert_eq!(walk.done().gateway.as_str(), "https://gw2.test/");
}

#[test]
fn an_identity_provider_of_the_same_make_is_not_the_gateway() {
    let mut walk = Walk::new(joe());
    walk.redirect(WELCOME, &[]);
    walk.redirect("https://idp.test/dana-na/auth/saml-endpoint.cgi", &[]);
    walk.respond(200, None, &["DSID=theirs; path=/"], PRIMARY);
    walk.texts(&["x"]);
    assert!(walk.sent().starts_with("POST https://idp.test/"));
    walk.redirect(
        "https://gw.test/dana-na/auth/saml-consumer.cgi",
        &["DSID=theirs; path=/"],
    );
    assert_eq!(walk.finish().gateway.as_str(), "https://gw.test/");
}

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
fn redirects_follow_the_standard_rules() {
    let table = [
        ("https://other.test/x", "https://other.test/x"),
        ("/x", "https://gw.test/x"),
        ("x", "https://gw.test/dana-na/auth/url_default/x"),
        (
            "?p=failed",
            "https://gw.test/dana-na/auth/url_default/welcome.cgi?p=failed",
        ),
        ("//other.test/x", "https://other.test/x"),
        ("/x?u=/a/b#fragment", "https://gw.test/x?u=/a/b"),
        (" /x ", "https://gw.test/x"),
    ];
    for (location, url) in table {
        let mut walk = Walk::new(joe());
        walk.redirect(WELCOME, &[]);
        walk.redirect(location, &[]);
        assert_eq!(walk.sent(), format!("GET {url}"), "{location}");
    }
    for location in [
        "http://gw.test/",
        "ftp://gw.test/",
        "pulsesecureclient://connect?x",
        "https://joe:x@gw.test/",
        "https://",
    ] {
        let mut walk = Walk::new(joe());
        walk.redirect(location, &[]);
        assert_eq!(walk.error().status(), ExitStatus::Protocol, "{location}");
    }
}

#[test]
fn loops_end() {
    let mut walk = Walk::new(joe());
    for _ in 0..=MAX_HOPS {
        walk.redirect("/again", &[]);
    }
    assert_eq!(*walk.error(), FlowError::TooManyRedirects);

    let mut walk = Walk::at(
        joe(),
        "<form name=frmConfirmation method=post><input type=submit name=btnContinue value=Go></form>",
    );
    for _ in 0..3 {
        walk.sent();
        walk.page(
            "<form name=frmConfirmation method=post><input type=submit name=btnContinue value=Go></form>",
        );
    }
    assert!(matches!(walk.error(), FlowError::Loop { .. }));

    // different each time, so only the number of requests stops it
    let mut walk = Walk::at(
        joe(),
        "<form name=hiddenform method=post><input type=hidden name=SAMLResponse value=0></form>",
    );
    for number in 1..100 {
        if walk.step.is_err() {
            break;
        }
        walk.page(&format!(
            "<form name=hiddenform method=post><input type=hidden name=SAMLResponse value={number}></form>"
        ));
    }
    assert_eq!(*walk.error(), FlowError::TooManyRequests);
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
        text.contains("Users, Staff, Staff (extern)") && text.contains("--realm 'Users'"),
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
fn the_detour_over_an_identity_provider_keeps_the_gateways_cookies() {
    let mut walk = Walk::new(joe());
    walk.redirect(WELCOME, &["DSSIGNIN=url_default; path=/dana-na/"]);
    walk.redirect("https://idp.test/adfs/ls/?SAMLRequest=x", &[]);
    assert_eq!(walk.cookies(), "");
    walk.page(
        "<form id=loginForm method=post action=/adfs/ls><input type=email name=UserName><input type=password name=Password>\
         <input type=checkbox name=Kmsi value=true><input type=hidden name=AuthMethod value=FormsAuthentication></form>\
         <form id=options method=post><input type=hidden name=AuthMethod></form>",
    );
    assert_eq!(walk.asked().host, "idp.test");
    walk.texts(&["pw"]);
    assert_eq!(
        walk.sent(),
        "POST https://idp.test/adfs/ls UserName=joe&Password=pw&AuthMethod=FormsAuthentication"
    );
    walk.page("<form id=loginForm method=post><input type=hidden name=AuthMethod value=Azure><input type=hidden name=Context></form>");
    walk.sent();
    walk.page("<form id=loginForm method=post><input type=hidden name=AuthMethod value=Azure><input type=text name=VerificationCode><input type=submit name=SignIn value=Go></form>");
    assert_eq!(
        walk.questions(),
        [("VerificationCode", Purpose::Code { next: false })]
    );
    walk.texts(&["123456"]);
    walk.page("<form name=hiddenform method=post action='https&#x3a;//gw.test/dana-na/auth/saml-consumer.cgi'><input type=hidden name=SAMLResponse value='a+b'><input type=hidden name=RelayState><noscript><input type=submit value=Go></noscript></form>");
    assert_eq!(
        walk.sent(),
        "POST https://gw.test/dana-na/auth/saml-consumer.cgi SAMLResponse=a%2bb&RelayState="
    );
    assert_eq!(walk.cookies(), "DSSIGNIN=url_default");
    walk.finish();
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
fn the_host_checker_runs_once() {
    let mut walk = Walk::new(joe());
    walk.redirect(
        &format!("{WELCOME}?p=preauth&id=state_1"),
        &[
            "DSPREAUTH=one; path=/dana-na/",
            "DSSIGNIN=url_default; path=/dana-na/",
        ],
    );
    walk.page("<applet><param name=Parameter0 value=ivehost></applet>");
    let Ok(Step::CheckHost(demand)) = &walk.step else {
        panic!("{:?}", walk.step)
    };
    assert_eq!(demand.preauth.expose(), "one");
    assert_eq!(demand.signin.as_ref().unwrap().expose(), "url_default");
    walk.step = walk.flow.handle_host_checked(&Secret::new("two"));
    assert_eq!(
        walk.sent(),
        format!("GET https://gw.test{WELCOME}?p=preauth&id=state_1")
    );
    assert!(walk.cookies().contains("DSPREAUTH=two"), "{}", walk.cookies());
    walk.page("<applet><param name=Parameter0 value=ivehost></applet>");
    assert_eq!(walk.error().status(), ExitStatus::HostCheck);
}

#[test]
fn remediation_is_named() {
    let page = "<form name=frm action=remediate.cgi?step=preauth>Your computer lacks Antivirus<input type=hidden name=action value=x></form>";
    let walk = Walk::at(joe(), page);
    assert_eq!(walk.error().status(), ExitStatus::HostCheck);
    assert!(walk.error().user_error().to_string().contains("Antivirus"));
}

#[test]
fn codes_in_the_address_end_the_sign_in_with_a_sentence() {
    let table = [
        ("no%2Droles", ExitStatus::LoginRefused, "no role"),
        ("account-locked-out", ExitStatus::LoginRefused, "locked"),
        ("too%2Dmany", ExitStatus::EndedByGateway, "too many users"),
        ("ip%2Dblocked", ExitStatus::LoginRefused, "blocks this address"),
        ("forced-off", ExitStatus::EndedByGateway, "ended"),
    ];
    for (code, status, words) in table {
        let mut walk = Walk::at(joe(), PRIMARY);
        walk.texts(&["x"]);
        walk.redirect(&format!("welcome.cgi?p={code}"), &[]);
        walk.page(PRIMARY);
        let error = walk.error().user_error();
        assert_eq!(error.status, status, "{code}");
        assert!(error.message.contains(words), "{error}");
    }
    // the same codes where a sign-in begins
    let mut walk = Walk::new(joe());
    walk.redirect(&format!("{WELCOME}?p=forced-off"), &[]);
    walk.page(PRIMARY);
    walk.asked();
}

#[test]
fn an_expiry_notice_is_passed() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["x"]);
    walk.redirect("welcome.cgi?p=passwordExpiration", &[]);
    walk.page(
        "<p>Your password expires in 3 days</p><a href='/dana/home/starter0.cgi'>Click here to continue.</a>",
    );
    assert_eq!(walk.sent(), "GET https://gw.test/dana/home/starter0.cgi");
    assert!(
        walk.flow
            .take_notices()
            .iter()
            .any(|notice| matches!(notice, Notice::Banner(text) if text.contains("3 days")))
    );
}

#[test]
fn pages_without_forms_lead_on_or_end() {
    let onward = [
        "<meta http-equiv=refresh content='0; url=next.cgi'>",
        "<script>window.location = 'next.cgi';</script>",
        "<script>document.location.href=\"next.cgi\"</script>",
    ];
    for page in onward {
        let walk = Walk::at(joe(), page);
        assert_eq!(
            walk.sent(),
            "GET https://gw.test/dana-na/auth/url_default/next.cgi",
            "{page}"
        );
    }
    assert!(
        matches!(Walk::at(joe(), "<title>Hm</title><p>nothing").error(), FlowError::NoForm { title, .. } if title == "Hm")
    );
    assert!(matches!(Walk::at(joe(), "  \n").error(), FlowError::Empty { .. }));
}

#[test]
fn pages_for_browsers_are_handed_to_one() {
    let page = "<script>$Config={\"urlPost\":\"/common/login\",\"sErrorCode\":\"\"};</script>";
    let mut walk = Walk::at(joe(), page);
    assert!(
        matches!(&walk.step, Ok(Step::Browse(url)) if url.as_str() == "https://gw.test/"),
        "{:?}",
        walk.step
    );
    walk.step = walk.flow.handle_browser(&Secret::new("DSID=77"));
    assert!(walk.done().jar.has_session());
    let mut walk = Walk::at(joe(), page);
    assert_eq!(walk.flow.unanswered(&[]).status(), ExitStatus::InputNeeded);
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
fn bad_statuses_say_what_to_try() {
    let mut walk = Walk::new(joe());
    walk.respond(404, None, &[], "no");
    assert!(walk.error().user_error().to_string().contains("--useragent"));
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["x"]);
    walk.respond(403, None, &[], "no");
    assert_eq!(walk.error().status(), ExitStatus::LoginRefused);
    let mut walk = Walk::new(joe());
    walk.respond(503, None, &[], "");
    assert_eq!(walk.error().status(), ExitStatus::Unavailable);
}

#[test]
fn steps_out_of_turn_are_errors() {
    let mut walk = Walk::new(joe());
    assert_eq!(
        walk.flow.handle_answers(&Vec::new()).unwrap_err(),
        FlowError::OutOfTurn
    );
    assert_eq!(walk.flow.unanswered(&[]), FlowError::OutOfTurn);
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.answer(&[]);
    assert_eq!(*walk.error(), FlowError::OutOfTurn);
}
