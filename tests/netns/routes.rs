//! The built-in set-up: what goes into the tunnel and what stays outside.

use std::time::Duration;

use crate::lab::{GATEWAY, INSIDE, INTERNET, Lab, OUTSIDE, TUNNEL};
use crate::ping;
use crate::snapshot::Snapshot;
use crate::transfer::{Way, seen_from, transfer};

#[test]
fn with_a_default_route_all_but_the_excluded_and_the_gateway_goes_into_the_tunnel() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --exclude 203.0.113.128/25") else {
        return;
    };
    let before = Snapshot::of(&lab);
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    let client = lab.over_esp("");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    assert_eq!(seen_from(&lab, INSIDE).to_string(), TUNNEL);
    assert_eq!(seen_from(&lab, OUTSIDE).to_string(), MACHINE);
    assert_eq!(seen_from(&lab, GATEWAY).to_string(), MACHINE);
    assert!(client.stderr().contains("default route"), "{}", client.stderr());
    transfer(&lab, Way::Down, 1_000_000);
    client.interrupt();
    assert_eq!(seen_from(&lab, INTERNET).to_string(), MACHINE);
    before.assert_restored(&lab);
}

#[test]
fn with_split_routes_only_they_go_into_the_tunnel() {
    let Some(lab) = Lab::start("--include 203.0.113.0/26 --exclude 10.20.128.0/17") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.connected("");
    assert_eq!(seen_from(&lab, INTERNET).to_string(), TUNNEL);
    assert_eq!(seen_from(&lab, OUTSIDE).to_string(), MACHINE);
    assert_eq!(seen_from(&lab, INSIDE).to_string(), TUNNEL);
    let way = lab.machine.ip("route get 10.20.200.1");
    assert!(way.contains("dev lan"), "{way}");
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn the_interface_has_what_the_gateway_gave() {
    let Some(lab) = Lab::start("--mtu 1300 --tun-mtu 1400") else {
        return;
    };
    let client = lab.connected("-i vpn7");
    let shown = lab.machine.ip("address show dev vpn7");
    assert!(
        shown.contains("mtu 1300") && shown.contains("inet 10.66.7.8/32"),
        "{shown}"
    );
    assert!(!shown.contains("inet6"), "{shown}");
    client.interrupt();
}

#[test]
fn the_user_may_lower_the_mtu() {
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    for (wanted, mtu) in [(1280, 1280), (1500, 1400)] {
        let client = lab.over_esp(&format!("-i vpn7 -m {wanted}"));
        let shown = lab.machine.ip("address show dev vpn7");
        assert!(shown.contains(&format!("mtu {mtu} ")), "{shown}");
        ping::ping(&lab, [28, mtu, mtu + 1, 3000].into_iter());
        client.interrupt();
    }
}

#[test]
fn without_set_up_nothing_is_touched() {
    let Some(lab) = Lab::start("") else { return };
    lab.machine.ip("tuntap add dev vpn7 mode tun");
    lab.machine.ip("link set vpn7 addrgenmode none mtu 1400 up");
    lab.machine.ip("address add 10.66.7.8/32 dev vpn7");
    lab.machine.ip("route add 10.20.0.0/16 dev vpn7");
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("-i vpn7 --network none");
    // A carrier comes with the client; that is the kernel's doing.
    let routes = |lab: &Lab| lab.machine.ip("route").replace(" linkdown", "");
    assert_eq!(routes(&lab).lines().count(), 3, "{}", routes(&lab));
    assert!(ping::answers(&lab, Duration::from_secs(5)));
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn a_new_device_without_set_up_is_left_as_it_is() {
    let Some(lab) = Lab::start("") else { return };
    let routes = lab.machine.ip("route show table all");
    let before = Snapshot::of(&lab);
    let client = lab.connected("-i vpn7 --network none");
    assert_eq!(lab.machine.ip("route show table all"), routes);
    let shown = lab.machine.ip("-o address show dev vpn7");
    assert_eq!(shown, "", "no address");
    client.interrupt();
    before.assert_restored(&lab);
}

const MACHINE: &str = "192.0.2.2";
