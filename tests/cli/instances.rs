//! Commands for running tunnels when there is none, and objects instead of text.

use serde_json::Value;

use crate::program::{BAD_DATA, NO_COOKIE, Run, USAGE, vpnc};

/// A run in a folder of its own, where no tunnel is. Root has only one folder, where others may test.
fn alone(line: &str) -> Run {
    vpnc(line).env("XDG_RUNTIME_DIR", "/nonexistent")
}

#[test]
fn what_is_not_running_cannot_be_asked() {
    for line in [
        "events no-such-tunnel",
        "disconnect no-such-tunnel",
        "down no-such-tunnel --keep-login",
        "reconnect no-such-tunnel",
    ] {
        alone(line)
            .exits(8)
            .says("error: no tunnel with the name no-such-tunnel is running");
    }
}

#[test]
fn the_end_of_a_tunnel_that_is_not_there_is_not_waited_for() {
    alone("status no-such-tunnel --wait-for down --timeout 60")
        .exits(0)
        .prints("no-such-tunnel: not running\n");
}

#[test]
fn errors_are_objects_when_objects_are_wanted() {
    for (line, cookie, exit, code) in [
        ("connect gw.example --json", "bad=1", BAD_DATA, "bad_data"),
        ("connect gw.example --json --bogus", "DSID=1", USAGE, "usage"),
        ("--json connect gw.example --profile x", "DSID=1", 66, "no_input"),
        ("--json disconnect no-such-tunnel", "", 8, "instance"),
    ] {
        let outcome = alone(line).env("VPNC_COOKIE", cookie).exits(exit);
        let lines: Vec<Value> = outcome
            .stderr
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect();
        let last = lines.last().expect("an object");
        assert_eq!(
            (&last["level"], &last["exit"]),
            (&"error".into(), &exit.into()),
            "{last}"
        );
        assert_eq!(last["code"], code, "{last}");
        assert!(last["message"].is_string());
        assert_eq!(last["schema"], 1);
    }
}

#[test]
fn messages_are_objects_too() {
    let pin = "sha1:0000000000000000000000000000000000000000";
    let outcome = vpnc(&format!(
        "connect gw.example --json -v --libproxy --servercert={pin}"
    ))
    .env("VPNC_COOKIE", "bad=1")
    .exits(BAD_DATA);
    let levels: Vec<String> = outcome
        .stderr
        .lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).expect("JSON");
            object["level"].as_str().expect("a level").to_owned()
        })
        .collect();
    assert_eq!(levels, ["debug", "warning", "error"]);
}

#[test]
fn nothing_is_asked_when_objects_are_wanted() {
    // nobody listens there, and the error is not about a missing terminal
    vpnc("auth 127.0.0.1:9 --json -u joe").exits(69).hides("terminal");
    vpnc("logout gw.example --json")
        .exits(NO_COOKIE)
        .says("\"code\":\"input_needed\"");
}
