//! SIGKILL in the middle of the set-up, and a machine that is as before after the next start.

use std::fs;

use crate::client::Client;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, has, left_out};
use crate::snapshot::Snapshot;

#[test]
fn a_start_repairs_what_was_half_set_up() {
    killed_at("", |lab, before| {
        // a start that comes to nothing is enough
        lab.client_at(GATEWAY, &format!("--name work --servercert {WRONG_PIN}"))
            .exits(6);
        before.assert_restored(lab);
    });
}

#[test]
fn what_was_half_blocked_is_taken_over_and_freed() {
    killed_at("--fail-closed", |lab, before| {
        lab.connected("--name work --fail-closed").interrupt();
        before.assert_restored(lab);
    });
}

/// Kills clients at points of the set-up from the first change to the last, written down or made.
fn killed_at(options: &str, repair: impl Fn(&Lab, &Snapshot)) {
    if !cfg!(debug_assertions) {
        left_out("the client can only be killed inside when built with debug assertions");
        return;
    }
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --exclude 203.0.113.128/25 --keep-cookie") else {
        return;
    };
    lab.machine.ip("-6 address add 2001:db8:1::2/64 dev lan nodad");
    lab.machine.ip("-6 route add default via 2001:db8:1::1");
    let before = Snapshot::of(&lab);
    for point in POINTS {
        let client = start(&lab, options, Some(point));
        let exit = client.end_without_check();
        assert_eq!(exit.status, -1, "point {point} is reached: {}", exit.stderr);
        assert!(!exit.stderr.contains("connected: "), "{}", exit.stderr);
        assert!(before.is_changed(&lab), "nothing is left behind at point {point}");
        repair(&lab, &before);
    }
}

fn start(lab: &Lab, options: &str, kill_at: Option<usize>) -> Client {
    let mut command = lab.program(&[CLIENT, "connect", "--cookie-on-stdin", GATEWAY]);
    command.args(["--name", "work", "--servercert", &lab.pin]);
    command.args(options.split_whitespace().map(|word| word.replace('~', " ")));
    if let Some(point) = kill_at {
        command.env("VPNC_TEST_KILL_AT", point.to_string());
    }
    Client::start(command, COOKIE)
}

#[test]
fn a_start_repairs_what_a_script_had_half_set_up() {
    if !has(crate::script::SCRIPT) {
        return;
    }
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --dns 10.20.0.53 --keep-cookie") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let vpnc = crate::script::SCRIPT;
    for (point, line) in [
        (
            "before pre-init",
            "[ $reason = pre-init ] && kill -9 $VPNPID".to_owned(),
        ),
        (
            "after pre-init",
            format!("{vpnc}; [ $reason = pre-init ] && kill -9 $VPNPID"),
        ),
        (
            "before connect",
            format!("[ $reason = connect ] && kill -9 $VPNPID && exit; {vpnc}"),
        ),
        (
            "within connect",
            format!(
                "[ $reason = connect ] && {{ kill -9 $VPNPID; ip addr add 10.66.7.8/32 dev lan; exit; }}; [ $reason = disconnect ] && ip addr del 10.66.7.8/32 dev lan; {vpnc}"
            ),
        ),
        (
            "after connect",
            format!("{vpnc}; [ $reason = connect ] && kill -9 $VPNPID"),
        ),
    ] {
        let script = lab.file("script");
        fs::write(&script, format!("{line}\n")).expect("a file");
        let client = start(&lab, &format!("-s sh~{}", script.display()), None);
        let exit = client.end_without_check();
        assert_eq!(exit.status, -1, "{point}: {}", exit.stderr);
        assert!(before.is_changed(&lab), "nothing is left behind {point}");
        lab.client_at(GATEWAY, &format!("--name work --servercert {WRONG_PIN}"))
            .exits(6);
        before.assert_restored(&lab);
    }
}

/// Of a set-up with ten changes and more, before and after each.
const POINTS: [usize; 5] = [1, 4, 9, 14, 20];

const WRONG_PIN: &str = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
