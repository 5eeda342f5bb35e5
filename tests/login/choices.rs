//! Answers by options: realms, roles, notices, other sessions, and options that an error asks for.

use crate::scene::Scene;

#[test]
fn a_realm_or_role_that_is_none_is_told_with_those_there_are() {
    let scene = Scene::of("pcs-8/realm-select");
    let ended = scene.joe("secret", &["--realm", "Boss"]).exits(4);
    ended
        .says("the list realm has no entry \"Boss\"")
        .says("Students, Staff, Guests of the Staff")
        .says("try: --realm NAME");
    assert_eq!(scene.forms(), Vec::<String>::new());
    let scene = Scene::of("pcs-8/roles");
    let ended = scene.joe("secret", &["--role", "Boss"]).exits(4);
    ended.says("Developers, Administrators").says("try: --role NAME");
}

#[test]
fn a_realm_or_role_nobody_chose_is_asked_for_by_label() {
    let scene = Scene::of("pcs-8/realm-select");
    let ended = scene.joe("secret", &[]).exits(4);
    ended
        .says("list: Students, Staff, Guests of the Staff")
        .says("--realm Students");
    let scene = Scene::of("pcs-8/roles");
    let ended = scene.joe("secret", &[]).exits(4);
    ended
        .says("list: Developers, Administrators")
        .says("--role Developers");
}

#[test]
fn realm_and_role_are_two_things_and_authgroup_is_either() {
    let realm = Scene::of("pcs-8/realm-select");
    realm
        .joe("secret", &["--authgroup", "staff", "--role", "Developers"])
        .exits(0);
    let role = Scene::of("pcs-8/roles");
    role.joe("secret", &["--authgroup", "developers"]).exits(0);
    let both = Scene::of("pcs-8/roles");
    both.joe("secret", &["--authgroup", "Boss", "--role", "Developers"])
        .exits(0);
}

#[test]
fn another_session_is_ended_and_told_or_left_alone() {
    let scene = Scene::of("pcs-8/takeover");
    scene
        .joe("secret", &[])
        .exits(0)
        .says("another session of this account is open and will be ended");
    assert_eq!(scene.faults(), Vec::<String>::new());
    let scene = Scene::of("pcs-8/takeover");
    let ended = scene.joe("secret", &["--no-takeover"]).exits(4);
    ended
        .says("another session of this account is open")
        .says("leave out --no-takeover");
    assert_eq!(scene.forms().len(), 1);
}

#[test]
fn a_notice_is_shown_and_agreed_to_only_when_allowed() {
    for (flow, text) in [
        ("pcs-8/notice-pre", "For authorised users only."),
        ("pcs-8/notice-post", "Maintenance on Sunday."),
    ] {
        let scene = Scene::of(flow);
        let ended = scene.joe("secret", &[]).exits(4);
        ended.says(text).says("try: --accept-banner");
        assert!(scene.forms().iter().all(|form| !form.contains("sn-p")), "{flow}");
        let scene = Scene::of(flow);
        scene.joe("secret", &["--accept-banner"]).exits(0).says(text);
    }
}

/// The options of a line `try:`, as a shell takes them apart; what is left open gets a value.
fn pasted(stderr: &str) -> Vec<String> {
    let line = stderr
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("try: "))
        .unwrap();
    assert!(!line.contains('\\'), "{line}");
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
        .iter()
        .map(|word| word.replace('…', "4711").replace("NAME", "joe"))
        .collect()
}

/// Calls again with what was asked for, until nothing is.
#[track_caller]
fn paste_until_in(flow: &str, wanted: &[&str]) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    for _ in 0..4 {
        let scene = Scene::of(flow);
        let given: Vec<&str> = options.iter().map(String::as_str).collect();
        let ended = scene.auth(&given).input("secret\n").end();
        if ended.status == Some(0) {
            for option in wanted {
                assert!(options.iter().any(|own| own == option), "{option}: {options:?}");
            }
            return scene.forms();
        }
        assert_eq!(ended.status, Some(4), "{options:?}: {}", ended.stderr);
        options.extend(pasted(&ended.stderr));
    }
    panic!("still asked after {options:?}");
}

#[test]
fn the_options_an_error_names_lead_on_when_they_are_pasted() {
    paste_until_in("pcs-8/primary", &["-u", "joe", "--passwd-on-stdin"]);
    paste_until_in("pcs-8/notice-pre", &["--accept-banner"]);
    paste_until_in("pcs-8/roles", &["--role", "Developers"]);
    let forms = paste_until_in("sa-7/takeover-limit", &["-u"]);
    assert!(forms[1].contains("postfixSID=aaaa1111"), "{forms:?}");
}

#[test]
fn a_page_of_the_administrator_is_answered_by_the_options_it_is_told_with() {
    let scene = Scene::written(SURVEY);
    let ended = scene.joe("secret", &[]).exits(4);
    let options = pasted(&ended.stderr);
    assert_eq!(
        options,
        [
            "--form-entry",
            "frmSurvey:email=4711",
            "--form-entry",
            "frmSurvey:your dept=AB",
        ]
    );
    let scene = Scene::written(SURVEY);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    scene.joe("secret", &options).exits(0);
    assert_eq!(scene.faults(), Vec::<String>::new());
}

/// An unknown form after the password.
const SURVEY: &str = "
[start]
include start.inc
GET {{welcome}}
  page login.html
POST {{login}}
  text <form name=frmSurvey method=post action=survey.cgi><input name=email><select name=\"your dept\"><option value=1>AB<option value=2>C</select><input type=submit name=go value=Go></form>
POST {{auth}}/survey.cgi
  must field email=4711
  must field go=Go
  session
  302 {{home}}
";
