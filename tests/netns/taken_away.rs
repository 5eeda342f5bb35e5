//! What other programs take away from a running tunnel, and name servers outside the gateway's list.

use crate::lab::{INTERNET, Lab, OUTSIDE, SOON, TUNNEL, wait_until};
use crate::snapshot::Snapshot;
use crate::transfer::seen_from;

#[test]
fn routes_and_guard_that_others_delete_are_made_again() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("");
    let first_half = || lab.machine.ip("route show dev tun0").contains("0.0.0.0/1");
    for damage in [
        "route flush dev tun0",
        "route del 0.0.0.0/1 dev tun0",
        "link set tun0 down",
    ] {
        assert!(first_half(), "before {damage}");
        lab.machine.ip(damage);
        wait_until("the routes to be back", SOON, first_half);
        wait_until("packets to take them", SOON, || {
            seen_from(&lab, INTERNET).to_string() == TUNNEL
        });
    }
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn questions_to_a_name_server_outside_the_list_go_into_the_tunnel() {
    let Some(lab) = Lab::start(&format!(
        "--dns {INTERNET} --dns {OUTSIDE} --domains corp.example"
    )) else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.connected(&format!("--exclude-route {OUTSIDE}"));
    let way = |server: &str| lab.machine.ip(&format!("route get {server}"));
    assert!(way(INTERNET).contains("dev tun0"), "{}", way(INTERNET));
    assert!(way(OUTSIDE).contains("dev lan"), "{}", way(OUTSIDE));
    client.wait_for(&format!("the name server {OUTSIDE} go past the tunnel"));
    client.interrupt();
    before.assert_restored(&lab);
}
