//! The forms a result can have.

use serde_json::Value;

use crate::command::Ended;
use crate::scene::Scene;

fn result(command: &str, options: &[&str]) -> (Scene, Ended) {
    let scene = Scene::of("pcs-8/primary");
    let own = ["--non-inter", "-u", "joe", "--passwd-on-stdin"];
    let ended = scene
        .call(command, &[&own, options].concat())
        .input("secret\n")
        .exits(0);
    (scene, ended)
}

#[track_caller]
fn is_session(scene: &Scene, cookie: &str) {
    let dsid = cookie
        .split("; ")
        .next()
        .and_then(|first| first.strip_prefix("DSID="));
    assert!(
        dsid.is_some_and(|dsid| scene.gateway.is_session(dsid)),
        "{cookie}"
    );
}

#[test]
fn the_cookie_alone_is_one_line() {
    for command in ["auth", "connect"] {
        let (scene, ended) = result(command, &["--cookieonly"]);
        assert_eq!(ended.stdout.lines().count(), 1);
        is_session(&scene, ended.stdout.trim_end());
    }
}

#[test]
fn a_connect_that_only_signs_in_prints_what_auth_does() {
    let (scene, ended) = result("connect", &["--authenticate"]);
    is_session(&scene, ended.value("COOKIE").unwrap());
    assert_eq!(ended.value("FINGERPRINT"), Some(scene.gateway.pin().as_str()));
    assert_eq!(ended.stdout.lines().count(), 5);
}

#[test]
fn an_object_has_the_same_and_the_name_of_the_account() {
    let (scene, ended) = result("auth", &["--format", "json"]);
    let object: Value = serde_json::from_str(&ended.stdout).unwrap();
    is_session(&scene, object["cookie"].as_str().unwrap());
    assert_eq!(object["host"], scene.gateway.tcp_addr().to_string());
    assert_eq!(object["fingerprint"], scene.gateway.pin());
    assert_eq!(object["user"], "joe");
    assert_eq!(object["protocol"], "nc");
    assert_eq!(object["resolve"], Value::Null);
}

#[test]
fn files_for_other_programs_have_their_names() {
    let (scene, ended) = result("auth", &["--format", "env"]);
    is_session(&scene, ended.value("VPNC_COOKIE").unwrap());
    let (scene, ended) = result("auth", &["--format", "nm"]);
    let line = ended
        .stdout
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("vpn.secrets.cookie:"));
    is_session(&scene, line.unwrap());
}
