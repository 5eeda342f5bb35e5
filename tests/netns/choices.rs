//! Routes as the user wants them, whatever the gateway says.

use crate::lab::{INSIDE, INTERNET, Lab, OUTSIDE, TUNNEL, has};
use crate::snapshot::Snapshot;
use crate::transfer::seen_from;

#[test]
fn the_user_chooses_what_goes_into_the_tunnel() {
    const ALL: &str = "--include 0.0.0.0/0";
    const SPLIT: &str = "--include 203.0.113.0/24";
    for (gateway, options, internet, outside, inside) in [
        (ALL, "--no-default-route", MACHINE, MACHINE, TUNNEL),
        ("", "--default-route", TUNNEL, TUNNEL, TUNNEL),
        (
            ALL,
            "--default-route --no-default-route",
            MACHINE,
            MACHINE,
            TUNNEL,
        ),
        (ALL, "--exclude-route 203.0.113.128/25", TUNNEL, MACHINE, TUNNEL),
        (SPLIT, "--exclude-route 203.0.113.200", TUNNEL, MACHINE, TUNNEL),
        (SPLIT, "--exclude-route 203.0.113.0/24", MACHINE, MACHINE, TUNNEL),
        (
            "--exclude 203.0.113.0/24",
            "--route 203.0.113.0/24",
            TUNNEL,
            TUNNEL,
            TUNNEL,
        ),
        (ALL, "--no-routes --route 10.20.0.0/16", MACHINE, MACHINE, TUNNEL),
        (
            ALL,
            "--no-routes --route 10.20.0.1 --route 203.0.113.7",
            TUNNEL,
            MACHINE,
            TUNNEL,
        ),
    ] {
        let Some(lab) = Lab::start(gateway) else { return };
        let before = Snapshot::of(&lab);
        let client = lab.connected(options);
        for (address, way) in [(INTERNET, internet), (OUTSIDE, outside), (INSIDE, inside)] {
            assert_eq!(
                seen_from(&lab, address).to_string(),
                way,
                "{address} with {gateway} and {options}"
            );
        }
        client.interrupt();
        before.assert_restored(&lab);
    }
}

#[test]
fn without_any_routes_the_tunnel_is_up_and_empty() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --exclude 203.0.113.128/25") else {
        return;
    };
    let routes = lab.machine.ip("route");
    let client = lab.connected("--no-routes");
    client.wait_for("0 routes");
    assert_eq!(lab.machine.ip("route"), routes);
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    client.interrupt();
}

#[test]
fn a_script_is_told_what_the_user_wants() {
    if !has(crate::script::SCRIPT) {
        return;
    }
    for (options, internet) in [
        ("--no-routes", MACHINE),
        ("--no-default-route", MACHINE),
        ("--no-routes --default-route", TUNNEL),
        ("--no-routes --route 203.0.113.7", TUNNEL),
    ] {
        let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
            return;
        };
        let before = Snapshot::of(&lab);
        let client = lab.connected(&format!("-s {} {options}", crate::script::SCRIPT));
        assert_eq!(seen_from(&lab, INTERNET).to_string(), internet, "{options}");
        client.interrupt();
        before.assert_restored(&lab);
    }
}

#[test]
fn the_metric_is_the_users() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.connected("-i vpn7 --route-metric 77");
    let shown = lab.machine.ip("route show dev vpn7");
    assert!(
        shown.contains("10.20.0.0/16 proto static scope link metric 77"),
        "{shown}"
    );
    client.interrupt();
}

const MACHINE: &str = "192.0.2.2";
