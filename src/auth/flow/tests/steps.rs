//! From page to page, to the session or the error.

use super::*;

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
    let error = walk.flow.unanswered(&[]);
    assert!(
        matches!(error, FlowError::NeedsBrowser { why: Some(_), .. }),
        "{error:?}"
    );
    assert_eq!(error.status(), ExitStatus::InputNeeded);
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

#[test]
fn a_form_in_a_frame_is_found() {
    let walk = Walk::at(
        joe(),
        "<frameset><frame src='https://ads.test/x'><frame src='login.cgi?a=1&amp;b=2'></frameset>",
    );
    assert_eq!(walk.sent(), format!("GET https://gw.test{LOGIN}?a=1&b=2"));
    let walk = Walk::at(joe(), "<iframe src='https://ads.test/x'></iframe>");
    assert!(matches!(walk.error(), FlowError::NoForm { .. }));
}

#[test]
fn what_a_page_says_of_a_refusal_is_told() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["x"]);
    walk.redirect("welcome.cgi?p=failed", &[]);
    walk.page(&format!("<p>Account is restricted</p>{PRIMARY}"));
    let text = walk.flow.unanswered(&[0]).user_error().to_string();
    assert!(text.contains("Account is restricted"), "{text}");
}

#[test]
fn the_forms_of_a_remediation_are_named() {
    let mut walk = Walk::new(joe());
    walk.redirect(
        &format!("{WELCOME}?p=preauth"),
        &["DSPREAUTH=one; path=/dana-na/"],
    );
    walk.page("<applet><param name=Parameter0 value=ivehost></applet>");
    walk.step = walk.flow.handle_host_checked(&Secret::new("two"));
    walk.page("<p>Antivirus is missing</p><form name=frmwelcome action=welcome.cgi><input type=hidden name=a></form>");
    assert!(matches!(walk.error(), FlowError::HostCheck { text: Some(text) } if text.contains("Antivirus")));
}

#[test]
fn a_refusal_quotes_what_is_new_on_the_page_and_names_the_form_that_was_sent() {
    let welcome = format!("<h1>Welcome</h1>{PRIMARY}");
    let defender = "<form name=frmDefender method=post action=login.cgi>Code<input type=password name=password><input type=submit name=btnAction></form>";
    let mut walk = Walk::at(joe(), &welcome);
    walk.texts(&["x"]);
    walk.page(&format!("<h1>Welcome</h1>{defender}"));
    walk.texts(&["1"]);
    walk.redirect("welcome.cgi?p=failed", &[]);
    walk.page(&format!("<h1>Welcome</h1><p>Invalid code</p>{PRIMARY}"));
    let text = walk.flow.unanswered(&[0]).user_error().to_string();
    assert!(
        text.contains("\"Invalid code\"") && text.contains("frmDefender"),
        "{text}"
    );
    assert!(!text.contains("Welcome"), "{text}");
}

#[test]
fn an_unknown_code_is_told() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["x"]);
    walk.redirect("welcome.cgi?p=new-weather", &[]);
    walk.page(PRIMARY);
    assert!(walk.asked().refused.as_deref().unwrap().contains("(new-weather)"));
}

#[test]
fn a_page_that_repeats_a_password_is_not_repeated() {
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["S3cret"]);
    walk.page(&format!(
        "<title>S3cret</title><p>Your password S3cret is bad</p>{PRIMARY}"
    ));
    let text = walk.flow.unanswered(&[0]).user_error().to_string();
    assert!(text.contains("Your password *** is bad"), "{text}");
    let mut walk = Walk::at(joe(), PRIMARY);
    walk.texts(&["S3cret"]);
    walk.redirect("/S3cret", &[]);
    walk.respond(404, None, &[], "");
    assert!(!walk.error().user_error().to_string().contains("S3cret"));
}

#[test]
fn a_form_without_measure_is_refused() {
    let page = format!(
        "<form name=x method=post>{}</form>",
        "<input name=q>".repeat(MAX_TOLD * 100)
    );
    assert_eq!(Walk::at(joe(), &page).error().status(), ExitStatus::Protocol);
    let page = format!(
        "<form name=x method=post>{}</form>",
        "<input type=radio name=q>".repeat(2900)
    );
    Walk::at(joe(), &page).asked();
}

#[test]
fn an_address_without_measure_is_refused() {
    let mut walk = Walk::new(joe());
    walk.redirect(&format!("/{}", "x".repeat(100_000)), &[]);
    assert_eq!(*walk.error(), FlowError::BadTarget);
}
