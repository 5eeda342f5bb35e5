//! What the sockets to the gateway are given: interface, mark, type of service.

use std::io::Read as _;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::lab::{INSIDE, Lab};
use crate::snapshot::Snapshot;
use crate::transfer::{Way, transfer};

#[test]
fn marked_packets_take_the_way_of_their_mark() {
    let Some(lab) = lab_with_two_uplinks() else { return };
    let before = Snapshot::of(&lab);
    for (options, first, second) in [("", true, false), ("--fwmark 0x7", false, true)] {
        assert_eq!(
            uplinks_used(&lab, options),
            (first, second),
            "{options:?} over ESP"
        );
        let options = format!("{options} --no-esp");
        assert_eq!(uplinks_used(&lab, &options), (first, second), "{options:?}");
    }
    before.assert_restored(&lab);
}

#[test]
fn bound_sockets_use_their_interface_only() {
    let Some(lab) = lab_with_two_uplinks() else { return };
    lab.machine
        .ip("route add default via 198.18.0.1 dev lan2 metric 500");
    let before = Snapshot::of(&lab);
    for options in ["--bind-interface lan2", "--bind-interface lan2 --no-esp"] {
        assert_eq!(uplinks_used(&lab, options), (false, true), "{options}");
    }
    before.assert_restored(&lab);
    lab.client("--bind-interface lan3")
        .exits(71)
        .says("error: cannot use the interface lan3: no such device")
        .says("leave out --bind-interface");
}

#[test]
fn the_type_of_service_is_seen_outside_only_when_asked_for() {
    let Some(lab) = Lab::start("") else { return };
    for (options, expected) in [("", 0), ("--passtos", 0xb8)] {
        let client = lab.over_esp(&format!("--no-logout {options}"));
        let watch = lab
            .beyond
            .within(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)).expect("a raw socket"));
        let application = lab
            .machine
            .within(|| UdpSocket::bind("0.0.0.0:0").expect("a socket"));
        for tos in [0, 0xb9] {
            // the lowest two bits are about congestion and stay inside
            SockRef::from(&application)
                .set_tos_v4(tos)
                .expect("a type of service");
            let target: SocketAddr = format!("{INSIDE}:9").parse().expect("an address");
            application.send_to(&[0x5a; MARKED_LENGTH], target).expect("sent");
            let seen = outer_tos(&watch);
            let wanted = if tos == 0 { 0 } else { expected };
            assert_eq!(seen, wanted, "{options:?}, {tos:#x} inside");
        }
        client.interrupt();
    }
}

/// The first lab's machine with another way to the gateway, for marked packets and what comes from its address.
fn lab_with_two_uplinks() -> Option<Lab> {
    let lab = Lab::start("--include 0.0.0.0/0")?;
    let peer = lab.beyond.path();
    lab.machine
        .ip(&format!("link add lan2 type veth peer name lan2 netns {peer}"));
    for (space, address) in [(&lab.machine, "198.18.0.2/24"), (&lab.beyond, "198.18.0.1/24")] {
        space.ip("link set lan2 addrgenmode none up");
        space.ip(&format!("address add {address} dev lan2"));
    }
    lab.machine.ip("route add default via 198.18.0.1 table 100");
    lab.machine.ip("rule add fwmark 7 table 100");
    // for the kernel's check of where answers come from
    lab.machine.ip("rule add from 198.18.0.2 table 100");
    Some(lab)
}

/// Whether a megabyte went out by each of the two.
fn uplinks_used(lab: &Lab, options: &str) -> (bool, bool) {
    let sent = || ["lan", "lan2"].map(|link| octets_sent(lab, link));
    let all = format!("--no-logout {options}");
    let client = match options.contains("--no-esp") {
        true => lab.connected(&all),
        false => lab.over_esp(&all),
    };
    let before = sent();
    transfer(lab, Way::Up, MEGABYTE);
    let after = sent();
    client.interrupt();
    let used = |link: usize| after[link] - before[link] > MEGABYTE / 2;
    (used(0), used(1))
}

fn octets_sent(lab: &Lab, link: &str) -> u64 {
    let text = lab.machine.ip(&format!("-s -j link show dev {link}"));
    let links: Value = serde_json::from_str(&text).expect("JSON");
    links[0]["stats64"]["tx"]["bytes"].as_u64().expect("a counter")
}

/// Type of service of the next datagram from the client's outer address that has room for the marked packet.
fn outer_tos(watch: &Socket) -> u8 {
    watch
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a limit");
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut packet = [0; 2048];
    let mut watch = watch;
    loop {
        assert!(Instant::now() < deadline, "no datagram came");
        let Ok(length) = watch.read(&mut packet) else {
            continue;
        };
        if packet[12..16] == [192, 0, 2, 2] && length > MARKED_LENGTH {
            return packet[1];
        }
    }
}

/// Longer than anything else on the line.
const MARKED_LENGTH: usize = 1000;
const MEGABYTE: u64 = 1_000_000;
