//! What others can see: arguments, environment, messages, the terminal.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::client::Client;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, SECRET, has};
use crate::transfer::{Way, transfer};

#[test]
fn no_secret_is_seen_from_outside() {
    for in_environment in [false, true] {
        let Some(lab) = Lab::start("") else { return };
        let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "-vvv", "--servercert", &lab.pin]);
        if in_environment {
            command.env("VPNC_COOKIE", COOKIE);
        } else {
            command.args(["-C", COOKIE]);
        }
        let client = Client::start(command, "");
        client.wait_for("data goes over ESP");
        for file in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{}/{file}", client.pid())).expect("a file");
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(!text.contains(SECRET), "{file}: {text}");
            assert!(file != "cmdline" || text.contains(GATEWAY), "{text}");
        }
        transfer(&lab, Way::Up, 10_000);
        lab.order("rekey");
        client.wait_for("ESP keys were renewed");
        lab.order("close tcp");
        client.wait_for("connection to the gateway is back");
        client.statistics();
        let exit = client.interrupt().says("logged out");
        for secret in [SECRET, &SECRET[..16], &SECRET[16..]] {
            assert!(!exit.stderr.contains(secret), "{}", exit.stderr);
        }
    }
}

#[test]
fn children_do_not_inherit_the_secret() {
    let Some(lab) = Lab::start("") else { return };
    let seen = lab.file("seen");
    let script = format!("env > {0}; cat /proc/$PPID/cmdline >> {0}; : ", seen.display());
    let mut command = lab.program(&[
        CLIENT,
        "connect",
        GATEWAY,
        "--servercert",
        &lab.pin,
        "-s",
        &script,
    ]);
    command.env("VPNC_COOKIE", COOKIE);
    let client = Client::start(command, "");
    client.wait_connected();
    client.interrupt();
    let seen = fs::read_to_string(seen).expect("what the script saw");
    assert!(
        seen.contains("INTERNAL_IP4_ADDRESS") || seen.contains("reason=disconnect"),
        "{seen}"
    );
    assert!(!seen.contains(SECRET), "{seen}");
}

/// `tests/log_leaks.rs` has the sign-in alone, with all the secrets there are.
#[test]
fn scripts_see_nothing_of_the_sign_in_before_them() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pages/pcs-8/password2.flow");
    let Some(lab) = Lab::start(&format!("--pages {pages}")) else {
        return;
    };
    let (seen, log) = (lab.file("seen"), lab.file("log"));
    let script = format!(
        "{{ echo \"reason=$reason\"; env; cat /proc/$PPID/cmdline /proc/$PPID/environ; }} >> {}; : ",
        seen.display()
    );
    let mut command = lab.program(&[
        CLIENT,
        "connect",
        GATEWAY,
        "--servercert",
        &lab.pin,
        "-s",
        &script,
    ]);
    command.args([
        "-u",
        "joe",
        "--non-inter",
        "-vv",
        "--dump-http-traffic",
        "--log-file",
    ]);
    command
        .arg(&log)
        .env("VPNC_PASSWORD", "secret")
        .env("VPNC_TOKEN_SECRET", "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let client = Client::start(command, "");
    client.wait_connected();
    let exit = client.interrupt().says("logged out");
    let seen = fs::read(seen).expect("what the script saw");
    let seen = String::from_utf8_lossy(&seen);
    assert!(
        seen.contains("reason=connect") && seen.contains("reason=disconnect"),
        "{seen}"
    );
    assert!(
        seen.contains("INTERNAL_IP4_ADDRESS") && seen.contains(GATEWAY),
        "{seen}"
    );
    let log = fs::read_to_string(log).expect("a log");
    let sessions: Vec<_> = lab
        .events()
        .iter()
        .filter_map(|event| event.split("DSID=").nth(1)?.get(..32).map(str::to_owned))
        .collect();
    assert!(!sessions.is_empty(), "{:?}", lab.events());
    for secret in sessions.iter().map(String::as_str).chain(["GEZDGNBVGY3TQOJQ"]) {
        for text in [&*seen, &log, &exit.stderr] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    for text in [&*seen, &log, &exit.stderr] {
        assert!(!text.contains("=secret"), "{text}");
    }
    assert!(
        log.contains("> POST https://") && log.contains("password=<hidden len=6"),
        "{log}"
    );
}

#[test]
fn progress_moves_on_a_terminal_only() {
    if !has("script") {
        return;
    }
    let Some(lab) = Lab::start("--script at~start:~hang~on") else {
        return;
    };
    let cookie = lab.file("cookie");
    fs::write(&cookie, COOKIE).expect("a file");
    fs::set_permissions(&cookie, Permissions::from_mode(0o600)).expect("a mode");
    let line = format!(
        "timeout --foreground --preserve-status -s INT 1 {CLIENT} connect {GATEWAY} --servercert {} --cookie-file {}",
        lab.pin,
        cookie.display()
    );
    let shown = |quiet: &str| {
        let line = format!("{line}{quiet}");
        let client = Client::start(lab.program(&["script", "-qec", &line, "/dev/null"]), "");
        client.end_without_check()
    };
    let exit = shown("");
    assert!(is_animated(&exit.stdout), "{:?}", exit.stdout);
    assert!(exit.stdout.contains("open the tunnel"), "{:?}", exit.stdout);
    assert_eq!(exit.status, 130, "{:?}", exit.stdout);
    for option in [" -q", " -v"] {
        let exit = shown(option);
        assert!(!is_animated(&exit.stdout), "{option}: {:?}", exit.stdout);
    }
    let words: Vec<&str> = line.split(' ').collect();
    let exit = Client::start(lab.program(&words), "").exits(130);
    assert!(
        !is_animated(&exit.stderr) && !exit.stderr.contains('\x1b'),
        "{:?}",
        exit.stderr
    );
}

/// True when a picture of the spinner is in the text: a Braille pattern.
fn is_animated(text: &str) -> bool {
    text.contains(|character| ('\u{2801}'..='\u{28ff}').contains(&character))
}
