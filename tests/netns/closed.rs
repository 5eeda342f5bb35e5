//! `--fail-closed` and the IPv6 guard: what must not pass by the tunnel does not.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::lab::{GATEWAY, INTERNET, Lab, OUTSIDE, TUNNEL, wait_until};
use crate::snapshot::Snapshot;
use crate::transfer::seen_from;

#[test]
fn what_the_tunnel_carried_is_blocked_while_it_is_not_up() {
    let Some(mut lab) = Lab::start(SPLIT) else { return };
    let before = Snapshot::of(&lab);
    let client = lab.connected("--fail-closed --reconnect-timeout 2");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    lab.stop_gateway();
    client.wait_for("connection to the gateway lost");
    assert!(
        reach(&lab, INTERNET).is_err(),
        "it goes nowhere, least of all past the tunnel"
    );
    reach(&lab, OUTSIDE).expect("what is excluded is not held up");
    let exit = client.exits(75);
    exit.says("what the tunnel carried stays blocked");
    assert_refused(&lab, INTERNET);
    reach(&lab, OUTSIDE).expect("what is excluded is not held up");
    lab.start_gateway();
    let again = lab.client("--fail-closed");
    again.wait_for("stays blocked until the tunnel is up");
    again.wait_connected();
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    again.interrupt();
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    before.assert_restored(&lab);
}

#[test]
fn killed_it_leaves_everything_blocked_that_the_next_run_of_that_name_takes_over() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --exclude 203.0.113.128/25 --keep-cookie") else {
        return;
    };
    let before = Snapshot::of(&lab);
    lab.connected("--fail-closed --name work").kill();
    wait_until_gone(&lab, "tun0");
    assert_refused(&lab, INTERNET);
    reach(&lab, OUTSIDE).expect("what is excluded is not held up");
    reach(&lab, GATEWAY).expect("the gateway is not held up");

    let other = lab.client("--name other --no-routes");
    other.wait_for("what the tunnel work carried is still blocked");
    other.wait_connected();
    assert_refused(&lab, INTERNET);
    other.interrupt();
    assert_refused(&lab, INTERNET);

    let again = lab.connected("--name work");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    again.interrupt();
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    before.assert_restored(&lab);
}

#[test]
fn another_kind_of_set_up_under_that_name_frees_what_was_blocked() {
    let Some(lab) = Lab::start(&format!("{SPLIT} --keep-cookie")) else {
        return;
    };
    let before = Snapshot::of(&lab);
    lab.connected("--fail-closed").kill();
    wait_until_gone(&lab, "tun0");
    assert_refused(&lab, INTERNET);
    let client = lab.connected("--network none");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn ipv6_does_not_pass_by_a_tunnel_that_takes_everything() {
    let Some(lab) = with_ipv6("--include 0.0.0.0/0 --keep-cookie") else {
        return;
    };
    let before = Snapshot::of(&lab);
    reach(&lab, INTERNET6).expect("IPv6 works before");
    let client = lab.connected("");
    client.wait_for("IPv6 is blocked but for the local networks");
    assert_refused(&lab, INTERNET6);
    reach(&lab, ROUTER6).expect("the own network is not held up");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    client.interrupt();
    reach(&lab, INTERNET6).expect("IPv6 works again");
    before.assert_restored(&lab);

    let client = lab.connected("--no-ipv6-guard");
    reach(&lab, INTERNET6).expect("left alone");
    client.interrupt();
    let client = lab.connected("--no-default-route");
    reach(&lab, INTERNET6).expect("the tunnel does not take everything");
    client.interrupt();

    lab.connected("--fail-closed").kill();
    wait_until_gone(&lab, "tun0");
    assert_refused(&lab, INTERNET6);
    lab.connected("--fail-closed").interrupt();
    reach(&lab, INTERNET6).expect("IPv6 works again");
    before.assert_restored(&lab);
}

#[test]
fn what_a_script_sets_up_cannot_be_closed() {
    let Some(lab) = Lab::start("") else { return };
    let exit = lab.client("--fail-closed -s true").exits(64);
    exit.says("--fail-closed is for the built-in set-up only");
}

/// A lab whose cable carries IPv6 too: 2001:db8:1::/64, and beyond it an address of the Internet.
fn with_ipv6(options: &str) -> Option<Lab> {
    let lab = Lab::start(options)?;
    lab.machine.ip("-6 address add 2001:db8:1::2/64 dev lan nodad");
    lab.beyond
        .ip(&format!("-6 address add {ROUTER6}/64 dev lan nodad"));
    lab.beyond
        .ip(&format!("-6 address add {INTERNET6}/128 dev lo nodad"));
    lab.machine.ip(&format!("-6 route add default via {ROUTER6}"));
    Some(lab)
}

/// Opens a TCP connection from the machine to an address beyond.
fn reach(lab: &Lab, address: &str) -> io::Result<()> {
    let listener = lab.beyond.within(|| TcpListener::bind((address, 0)))?;
    let place: SocketAddr = listener.local_addr()?;
    let connect = || TcpStream::connect_timeout(&place, Duration::from_millis(700));
    lab.machine.within(connect).map(drop)
}

/// Fails unless the machine's own kernel refuses to send anything there.
#[track_caller]
fn assert_refused(lab: &Lab, address: &str) {
    let error = reach(lab, address).expect_err("blocked");
    assert_eq!(error.kind(), io::ErrorKind::HostUnreachable, "{error}");
}

/// A device lives on for a moment after its process.
#[track_caller]
fn wait_until_gone(lab: &Lab, device: &str) {
    wait_until("the device to go", Duration::from_secs(5), || {
        !lab.machine.ip("-o link").contains(&format!(" {device}:"))
    });
}

const SPLIT: &str = "--include 203.0.113.0/26";
const MACHINE: &str = "192.0.2.2";
const ROUTER6: &str = "2001:db8:1::1";
const INTERNET6: &str = "2001:db8:7::7";
