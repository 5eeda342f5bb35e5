//! The set-up by vpnc-script as Debian packages it.

use std::fs;
use std::time::Duration;

use crate::lab::{INSIDE, INTERNET, Lab, TUNNEL, has, wait_until};
use crate::ping;
use crate::snapshot::Snapshot;
use crate::transfer::seen_from;

#[test]
fn vpnc_script_sets_up_and_undoes_everything() {
    if !has(SCRIPT) {
        return;
    }
    let own = fs::read("/etc/resolv.conf").ok();
    for include in ["--include 203.0.113.0/26", "--include 0.0.0.0/0"] {
        let options = format!("{include} --dns 10.20.0.53 --domains corp.example,lab.example");
        let Some(lab) = Lab::start(&options) else { return };
        let before = Snapshot::of(&lab);
        let client = lab.over_esp(&format!("-s {SCRIPT}"));
        let resolver = lab.resolver();
        assert!(resolver.contains("nameserver 10.20.0.53"), "{resolver}");
        assert!(resolver.contains("corp.example lab.example"), "{resolver}");
        assert_eq!(seen_from(&lab, INSIDE).to_string(), TUNNEL);
        assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
        ping::ping(&lab, [28, 1400].into_iter());
        let (exit, took) = client.end_by(libc::SIGINT);
        let exit = exit.expect(0);
        assert!(!exit.stderr.contains("script ended with"), "{}", exit.stderr);
        assert!(took < Duration::from_millis(1800), "{took:?}");
        before.assert_restored(&lab);
    }
    assert_eq!(fs::read("/etc/resolv.conf").ok(), own, "the machine's own file");
}

#[test]
fn every_reason_of_the_contract_is_called_in_order() {
    let Some(lab) = Lab::start("") else { return };
    let notes = lab.file("notes");
    let script = lab.file("script");
    let text = format!(
        "echo $reason $TUNDEV $VPNGATEWAY $INTERNAL_IP4_ADDRESS >> {}\n",
        notes.display()
    );
    fs::write(&script, text).expect("a file");
    let client = lab.connected(&format!("-i vpn7 -s sh~{}", script.display()));
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    client.interrupt();
    let notes = fs::read_to_string(notes).expect("notes");
    let reasons: Vec<&str> = notes
        .lines()
        .map(|line| line.split(' ').next().unwrap_or_default())
        .collect();
    assert_eq!(
        reasons,
        [
            "pre-init",
            "connect",
            "attempt-reconnect",
            "reconnect",
            "disconnect"
        ]
    );
    assert!(notes.contains("connect vpn7 198.51.100.1 10.66.7.8"), "{notes}");
}

#[test]
fn a_script_that_hangs_is_ended_by_a_signal_and_its_changes_are_undone() {
    for reason in ["pre-init", "connect"] {
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let (script, begun, late) = (lab.file("script"), lab.file("begun"), lab.file("late"));
        let text = format!(
            "[ $reason = disconnect ] && ip route del 203.0.113.128/25\n\
             [ $reason = {reason} ] || exit 0\n\
             [ $reason = connect ] && ip route add 203.0.113.128/25 dev lan\n\
             touch {}; sleep 30; touch {}\n",
            begun.display(),
            late.display()
        );
        fs::write(&script, text).expect("a file");
        let client = lab.client(&format!("-s sh~{}", script.display()));
        wait_until("the script hangs", Duration::from_secs(10), || begun.exists());
        let (exit, took) = client.end_by(libc::SIGINT);
        exit.expect(130);
        assert!(took < Duration::from_millis(1800), "{reason}: {took:?}");
        before.assert_restored(&lab);
        assert!(!late.exists(), "{reason}: the script went on");
    }
}

pub(crate) const SCRIPT: &str = "/usr/share/vpnc-scripts/vpnc-script";
