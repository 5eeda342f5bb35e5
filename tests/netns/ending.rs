//! Every way out: how fast, with which status, and what it leaves behind.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::lab::{Lab, say};
use crate::ping;
use crate::snapshot::Snapshot;

#[test]
fn an_interrupt_ends_in_time_although_the_logout_is_never_answered() {
    for number in [libc::SIGINT, libc::SIGTERM] {
        let Some(lab) = Lab::start("--script at~start:~logout~hang") else {
            return;
        };
        let before = Snapshot::of(&lab);
        let client = lab.over_esp("");
        assert!(before.is_changed(&lab));
        let (exit, took) = client.end_by(number);
        exit.expect(0).says("not logged out");
        assert!(took < IN_TIME, "{took:?}");
        say(&format!("signal {number}, logout not answered: {took:?}"));
        before.assert_restored(&lab);
    }
}

#[test]
fn an_interrupt_ends_in_time_although_the_gateway_has_vanished() {
    let Some(mut lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("");
    // Nobody answers any more, not even with a reset.
    lab.beyond.ip("link set lan down");
    let (exit, took) = client.end_by(libc::SIGINT);
    exit.expect(0);
    assert!(took < IN_TIME, "{took:?}");
    lab.beyond.ip("link set lan up");
    lab.stop_gateway();
    before.assert_restored(&lab);
}

#[test]
fn an_interrupt_logs_out_and_leaves_nothing() {
    for (number, over_esp) in [(libc::SIGINT, true), (libc::SIGTERM, false)] {
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let client = if over_esp {
            lab.over_esp("")
        } else {
            lab.connected("--no-esp")
        };
        let (exit, took) = client.end_by(number);
        exit.expect(0).says("logged out");
        say(&format!("signal {number}, logout answered: {took:?}"));
        assert!(took < IN_TIME, "{took:?}");
        assert_eq!(lab.count("logouts"), 1);
        before.assert_restored(&lab);
        let again = lab.client("");
        again.exits(2);
        before.assert_restored(&lab);
    }
}

#[test]
fn a_hangup_keeps_the_login() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let (exit, took) = lab.over_esp("").end_by(libc::SIGHUP);
    exit.expect(0);
    assert!(took < IN_TIME, "{took:?}");
    before.assert_restored(&lab);
    assert_eq!((lab.count("logouts"), lab.count("stray_logouts")), (0, 0));
    let again = lab.over_esp("");
    assert!(ping::answers(&lab, Duration::from_secs(5)));
    again.interrupt();
    assert_eq!(lab.count("logouts"), 1);
    before.assert_restored(&lab);
}

#[test]
fn a_second_interrupt_skips_the_logout() {
    let Some(lab) = Lab::start("--script at~start:~logout~hang") else {
        return;
    };
    let client = lab.connected("");
    client.signal(libc::SIGINT);
    std::thread::sleep(Duration::from_millis(200));
    let (exit, took) = client.end_by(libc::SIGINT);
    exit.expect(0).says("logout skipped");
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn a_session_ended_by_the_gateway_leaves_nothing() {
    for (reason, text) in [("1", "expired"), ("8", "idle"), ("7", "administrator")] {
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let client = lab.over_esp("");
        lab.order(&format!("terminate {reason}"));
        client.exits(7).says(text);
        before.assert_restored(&lab);
        // There is nothing left to log out.
        assert_eq!((lab.count("logouts"), lab.count("stray_logouts")), (0, 0));
    }
}

#[test]
fn a_gateway_that_vanishes_leaves_nothing() {
    let Some(mut lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("--reconnect-timeout 3");
    lab.stop_gateway();
    client.exits(75).says("--reconnect-timeout");
    before.assert_restored(&lab);
}

#[test]
fn a_bad_folder_for_the_journal_is_refused_before_the_gateway_hears_of_us() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    // Journals others could write are instructions from others.
    let journals = lab.file("run/vpnc-cli");
    fs::create_dir(&journals).expect("a folder");
    fs::set_permissions(&journals, Permissions::from_mode(0o777)).expect("a mode");
    lab.client("")
        .exits(77)
        .says("must be a folder that only its owner can write");
    assert_eq!(lab.count("tcp_connections"), 0);
    before.assert_restored(&lab);
}

#[test]
fn a_signal_before_the_tunnel_is_up_leaves_nothing_and_keeps_the_login() {
    for (number, status) in [(libc::SIGINT, 130), (libc::SIGTERM, 143), (libc::SIGHUP, 129)] {
        let Some(lab) = Lab::start("--script at~start:~hang~on") else {
            return;
        };
        let before = Snapshot::of(&lab);
        let client = lab.client("-v");
        client.wait_for("channel is open");
        let (exit, took) = client.end_by(number);
        exit.expect(status);
        assert!(took < IN_TIME, "{took:?}");
        before.assert_restored(&lab);
        assert_eq!((lab.count("logouts"), lab.count("stray_logouts")), (0, 0));
    }
}

#[test]
fn a_device_taken_away_ends_the_run() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("-i vpn7");
    lab.machine.ip("link delete vpn7");
    client.exits(74).says("vpn7");
    before.assert_restored(&lab);
}

/// NetworkManager kills after two seconds.
const IN_TIME: Duration = Duration::from_millis(1800);
