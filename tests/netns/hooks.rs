//! Commands of the user at turns of the tunnel's life.

use std::fs;
use std::time::Duration;

use crate::lab::{GATEWAY, Lab, SECRET, SOON, TUNNEL, wait_until};
use crate::ping;
use crate::snapshot::Snapshot;

#[test]
fn hooks_run_when_the_tunnel_is_up_again_and_before_it_is_down() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let notes = lab.file("notes");
    let hook = lab.file("hook");
    // the routes tell whether the tunnel was set up at that moment
    let text = format!(
        "echo $1 $reason $TUNDEV $VPNGATEWAY $INTERNAL_IP4_ADDRESS $VPNPID $(ip route show dev $TUNDEV | grep -c 10.20) >> {0}\n\
         env >> {0}.env\necho to standard output\n",
        notes.display()
    );
    fs::write(&hook, text).expect("a file");
    let hook = |word: &str| format!("sh~{}~{word}", hook.display());
    let client = lab.connected(&format!(
        "-i vpn7 --on-up {} --on-down {} --on-reconnect {}",
        hook("up"),
        hook("down"),
        hook("again")
    ));
    let noted = || fs::read_to_string(&notes).unwrap_or_default();
    wait_until("the first hook", SOON, || noted().lines().count() == 1);
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    wait_until("the second hook", SOON, || noted().lines().count() == 2);
    let pid = client.pid();
    let exit = client.interrupt().says("to standard output");
    assert!(!exit.stderr.contains("warning: --on"), "{}", exit.stderr);
    let rest = format!("vpn7 {GATEWAY} {TUNNEL} {pid} 1");
    let expected = format!("up connect {rest}\nagain reconnect {rest}\ndown disconnect {rest}\n");
    assert_eq!(noted(), expected);
    let environment = fs::read_to_string(lab.file("notes.env")).expect("a file");
    assert!(!environment.contains(SECRET), "{environment}");
    before.assert_restored(&lab);
}

#[test]
fn a_hook_that_hangs_or_fails_holds_up_no_packet_and_no_end() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("--on-up sleep~60 --on-down exit~3");
    assert!(
        ping::answers(&lab, Duration::from_secs(2)),
        "packets wait for the hook"
    );
    let (exit, took) = client.end_by(libc::SIGINT);
    exit.expect(0)
        .says("warning: a hook still runs at the end of the tunnel and is killed")
        .says("warning: --on-down ended with exit status 3");
    assert!(took < Duration::from_millis(1800), "{took:?}");
    before.assert_restored(&lab);
}

#[test]
fn a_second_signal_cuts_a_hook_short_and_the_network_is_restored() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let begun = lab.file("begun");
    let client = lab.connected(&format!("--on-down touch~{};sleep~60", begun.display()));
    client.signal(libc::SIGINT);
    wait_until("the hook", SOON, || begun.exists());
    client.signal(libc::SIGINT);
    client.signal(libc::SIGTERM);
    client.exits(0).says("logout skipped");
    before.assert_restored(&lab);
}
