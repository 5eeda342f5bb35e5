//! `probe`: what is told about a gateway, and that nothing is given away for it.

use serde_json::Value;

use crate::scene::{PROGRAM, Scene};

/// Only GETs, and no fault.
#[track_caller]
fn only_looked(scene: &Scene) {
    let requests = scene.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(|request| request.starts_with("GET ")),
        "{requests:?}"
    );
    assert_eq!(scene.forms(), Vec::<String>::new());
    assert_eq!(scene.logins(), Vec::<bool>::new());
}

fn object(flow: &str) -> Value {
    let scene = Scene::of(flow);
    let ended = scene.call("probe", &["--json"]).exits(0);
    only_looked(&scene);
    assert_eq!(ended.stdout.lines().count(), 1);
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn a_gateway_is_described_for_people() {
    let scene = Scene::of("pcs-8/realm-select");
    let ended = scene.call("probe", &[]).exits(0);
    only_looked(&scene);
    let address = scene.gateway.tcp_addr();
    let ca = scene.folder().join("ca.pem");
    let ca = ca.display();
    for (name, text) in [
        ("trust", "trusted"),
        ("pin", &scene.gateway.pin()),
        ("protocols", "nc (Network Connect)"),
        (
            "form",
            "frmLogin: username (Username), password (Password), realm (Realm)",
        ),
        ("realms", "Students, Staff, Guests of the Staff"),
        (
            "next",
            &format!("sudo vpnc-cli connect {address} --cafile {ca} --realm NAME -u NAME"),
        ),
    ] {
        let line = ended
            .stdout
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let value = line.and_then(|line| line.strip_prefix(name)).map(str::trim);
        assert_eq!(value, Some(text), "{}", ended.stdout);
    }
}

#[test]
fn a_gateway_is_described_for_programs() {
    let object = object("pcs-8/primary");
    assert_eq!(object["schema"], 1);
    assert_eq!(object["trusted"], true);
    assert_eq!(object["form"], "frmLogin");
    assert_eq!(object["realms"], serde_json::json!(["Users"]));
    assert_eq!(object["host_check"], false);
    assert_eq!(object["browser_needed"], false);
    let page = object["sign_in_url"].as_str().unwrap();
    assert!(page.ends_with("/dana-na/auth/url_default/welcome.cgi"), "{page}");
}

#[test]
fn what_a_sign_in_needs_is_told() {
    assert_eq!(object("hostcheck/before")["host_check"], true);
    assert_eq!(object("ics-22/launcher")["browser_needed"], true);
    assert_eq!(object("okta/widget")["browser_needed"], true);
    let idp = object("adfs/password");
    assert_eq!(idp["form"], "loginForm");
    assert!(idp["sign_in_url"].as_str().unwrap().contains("/adfs/ls/"));
}

#[test]
fn a_page_that_cannot_be_read_is_a_problem_and_no_failure() {
    let object = object("transport/redirect-loop");
    assert!(object["problem"].is_string(), "{object}");
    assert!(object["pin"].as_str().unwrap().starts_with("pin-sha256:"));
}

#[test]
fn a_host_that_is_no_gateway_is_an_error_with_what_was_seen() {
    for (flow, seen) in [
        ("transport/no-form", "no form to sign in with"),
        ("transport/empty", "empty page"),
        ("transport/http-redirect", "sends us on to http://"),
    ] {
        for options in [&[][..], &["--json"]] {
            let scene = Scene::of(flow);
            let ended = scene.call("probe", options).exits(76);
            only_looked(&scene);
            assert_eq!(ended.stdout, "");
            for text in [
                "127.0.0.1 does not look like such a gateway: ",
                seen,
                "TLS works: TLS 1.",
                &scene.gateway.pin(),
            ] {
                assert!(ended.stderr.contains(text), "{text:?}: {}", ended.stderr);
            }
        }
    }
}

#[test]
fn a_certificate_nobody_knows_is_shown_with_its_pin() {
    let scene = Scene::of("pcs-8/primary");
    let probe = scene.program(PROGRAM).arg("probe").arg(scene.url());
    let ended = probe.exits(0);
    only_looked(&scene);
    let pin = scene.gateway.pin();
    assert!(ended.stdout.contains("not trusted: "), "{}", ended.stdout);
    assert!(
        ended.stdout.contains(&format!("pin          {pin}")),
        "{}",
        ended.stdout
    );
    let next = ended.stdout.lines().last().unwrap();
    assert!(next.contains(&format!("--servercert {pin}")), "{next}");
    // and the command that is told leads in
    let options: Vec<&str> = next.split_once("connect ").unwrap().1.split(' ').collect();
    let options = options.iter().map(|word| word.replace("NAME", "joe"));
    let auth = scene
        .program(PROGRAM)
        .args(["auth", "--non-inter", "--passwd-on-stdin"]);
    auth.args(options).input("secret\n").exits(0);
}
