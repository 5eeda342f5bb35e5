//! Sign-ins the gateway refuses: what the user is told, and how often it was tried.

use vpnc_gateway::EventKind;

use crate::scene::Scene;

#[test]
fn a_wrong_password_is_sent_once_and_shown_nowhere() {
    let scene = Scene::of("pcs-8/wrong-password");
    let ended = scene.joe("hunter2-ä", &["-vvv", "--dump-http-traffic"]).exits(3);
    ended
        .says("error: the user name or the password was refused")
        .says("where: sign-in form frmLogin at 127.0.0.1")
        .says("tried once and not repeated")
        .hides("hunter2");
    assert_eq!(scene.logins(), [false]);
    assert_eq!(scene.forms().len(), 1);
}

#[test]
fn a_line_that_is_left_over_is_no_second_try() {
    let scene = Scene::of("pcs-8/wrong-password");
    scene.joe("mistaken\nsecret", &[]).exits(3);
    assert_eq!(scene.logins(), [false]);
}

#[test]
fn a_wrong_code_is_not_tried_with_a_fresh_one() {
    let scene = Scene::of("pcs-9/totp");
    let wrong = [
        "--token-mode",
        "totp",
        "--token-secret",
        "base32:AAAAAAAAAAAAAAAA",
    ];
    scene.joe("secret", &wrong).exits(3).hides("AAAAAAAA");
    assert_eq!(scene.forms().len(), 2);
}

#[test]
fn each_code_of_the_gateway_has_its_sentence() {
    for (code, status, sentence, hint) in CODES {
        let scene = Scene::of(&format!("codes/{code}"));
        let ended = scene.joe("secret", &[]).exits(*status);
        ended.says(sentence).says(hint);
        assert_eq!(scene.forms().len(), 1, "{code}");
    }
}

#[test]
fn the_words_of_an_unknown_code_are_told() {
    let scene = Scene::of("codes/unknown-code");
    scene.joe("secret", &[]).exits(3).says("The weather has changed.");
}

#[test]
fn codes_of_an_older_session_are_passed_where_a_sign_in_begins() {
    for code in [
        "extend-session",
        "forced-off",
        "ip-change",
        "logout",
        "start",
        "timed-out",
    ] {
        let scene = Scene::of(&format!("codes/{code}"));
        scene.joe("secret", &[]).exits(0);
        assert_eq!(scene.logins(), [true], "{code}");
    }
}

#[test]
fn a_deleted_session_is_none() {
    let scene = Scene::of("pcs-8/deleted-session");
    let ended = scene.joe("secret", &[]).exits(0);
    let cookie = ended.value("COOKIE").unwrap().to_owned();
    assert!(
        cookie.starts_with("DSID=") && !cookie.starts_with("DSID=x"),
        "{cookie}"
    );
    assert_eq!(scene.faults(), Vec::<String>::new());
}

#[test]
fn answers_never_go_to_another_host_nor_out_unencrypted() {
    for flow in ["transport/foreign-action", "transport/http-action"] {
        let scene = Scene::of(flow);
        scene.joe("secret", &[]).exits(76).says("nothing was sent");
        assert_eq!(scene.forms(), Vec::<String>::new(), "{flow}");
        let elsewhere = scene.seen(|kind| match kind {
            EventKind::Page { site, rule, .. } if site != vpnc_gateway::Site::Gateway => Some(rule),
            _ => None,
        });
        assert_eq!(elsewhere, Vec::<String>::new(), "{flow}");
    }
}

/// Code, exit status, what is said and what to do about it.
const CODES: &[(&str, i32, &str, &str)] = &[
    (
        "failed",
        3,
        "the user name or the password was refused",
        "check --user",
    ),
    (
        "account-locked-out",
        3,
        "the account is locked after too many failed sign-ins",
        "help desk",
    ),
    (
        "user-lockout",
        3,
        "the account is locked after too many failed sign-ins",
        "help desk",
    ),
    (
        "ip-blocked",
        3,
        "the gateway blocks this address after too many failed sign-ins",
        "some minutes",
    ),
    (
        "no-roles",
        3,
        "the account has no role on this gateway",
        "--realm",
    ),
    ("too-many", 7, "too many users are signed in", "try again later"),
    (
        "rolelimit",
        7,
        "the limit of sessions of this role is reached",
        "end another session",
    ),
    (
        "forced-off-later",
        7,
        "ended by an administrator or by a newer sign-in",
        "sign in again",
    ),
    (
        "timed-out-later",
        7,
        "the session ran into a time limit",
        "sign in again",
    ),
    (
        "ip-change-later",
        7,
        "the address of this machine changed",
        "sign in again",
    ),
    (
        "no-cookies",
        76,
        "does not get its cookies back",
        "report this as a bug",
    ),
];
