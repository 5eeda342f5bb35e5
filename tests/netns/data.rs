//! Packets and streams through the tunnel, over both paths.

use std::time::Duration;

use crate::lab::{Lab, say};
use crate::ping::ping;
use crate::transfer::{Flow, Way, transfer};

#[test]
fn packets_of_every_size_come_back_over_tls() {
    let Some(lab) = Lab::start("--no-esp") else { return };
    let client = lab.connected("");
    ping(&lab, (SMALLEST..=MTU).chain(FRAGMENTED));
    assert!(lab.count("tls_rx_packets") >= EVERY_SIZE && lab.count("esp_rx_packets") == 0);
    client.interrupt();
}

#[test]
fn packets_of_every_size_come_back_over_esp() {
    for suite in SUITES {
        let Some(lab) = Lab::start(suite) else { return };
        let client = lab.over_esp("");
        ping(&lab, (SMALLEST..=MTU).chain(FRAGMENTED));
        assert!(lab.count("esp_rx_packets") >= EVERY_SIZE && lab.count("esp_tx_packets") >= EVERY_SIZE);
        assert_eq!(lab.count("faults"), 0, "{:?}", lab.events());
        client.interrupt();
    }
}

#[test]
fn packets_of_every_size_come_back_compressed() {
    let Some(lab) = Lab::start("--lzo") else { return };
    let client = lab.over_esp("");
    ping(&lab, (SMALLEST..=MTU).chain(FRAGMENTED));
    assert!(lab.count("lzo_packets") > 500, "{}", lab.count("lzo_packets"));
    client.interrupt();
}

#[test]
fn streams_arrive_whole_over_tls() {
    streams("--no-esp", "TLS");
}

#[test]
fn streams_arrive_whole_over_esp_with_aes128_and_sha1() {
    streams("--cipher aes128 --mac sha1", "ESP AES-128/SHA-1");
}

#[test]
fn streams_arrive_whole_over_esp_with_aes256_and_sha256() {
    streams("--cipher aes256 --mac sha256", "ESP AES-256/SHA-256");
}

#[test]
fn ten_rekeys_under_load_lose_no_connection() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("");
    let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
    for number in 1..=10 {
        lab.order("rekey");
        up.wait_for_more(500_000, Duration::from_secs(20));
        down.wait_for_more(500_000, Duration::from_secs(20));
        crate::lab::wait_until("the client's new keys", Duration::from_secs(5), || {
            lab.count("rekeys_done") == number
        });
    }
    let moved = up.stop() + down.stop();
    let statistics = client.statistics();
    assert!(statistics.contains("data path ESP, ESP active"), "{statistics}");
    assert!(
        statistics.contains("rekeys 10, reconnects 0, fall-backs to TLS 0"),
        "{statistics}"
    );
    say(&format!("{} MB moved", moved / 1_000_000));
    client.interrupt();
}

fn streams(options: &str, path: &str) {
    let Some(lab) = Lab::start(options) else { return };
    let over_esp = path.starts_with("ESP");
    let client = if over_esp {
        lab.over_esp("")
    } else {
        lab.connected("")
    };
    let bytes = amount();
    for way in [Way::Up, Way::Down] {
        let speed = transfer(&lab, way, bytes);
        say(&format!(
            "{path}, {way:?}: {} MB at {speed:.0} MB/s",
            bytes / 1_000_000
        ));
    }
    let counters = if over_esp {
        ["esp_rx_bytes", "esp_tx_bytes"]
    } else {
        ["tls_rx_bytes", "tls_tx_bytes"]
    };
    for counter in counters {
        assert!(lab.count(counter) >= bytes, "{counter}: {}", lab.count(counter));
    }
    assert_eq!(client.lines_with("data goes over TLS"), 0);
    assert_eq!(lab.count("faults"), 0, "{:?}", lab.events());
    client.interrupt();
}

/// Octets to move where much is to be moved.
pub(crate) fn amount() -> u64 {
    let wanted = std::env::var("VPNC_TEST_BYTES").ok();
    wanted.map_or(100_000_000, |text| {
        text.parse().expect("a number in VPNC_TEST_BYTES")
    })
}

const SUITES: [&str; 3] = [
    "--cipher aes128 --mac sha1",
    "--cipher aes256 --mac sha256",
    "--cipher aes128 --mac md5",
];

/// An IP and an ICMP header.
const SMALLEST: usize = 28;

/// What the gateway gives out.
const MTU: usize = 1400;

/// Longer packets, which the kernel takes apart before the tunnel.
const FRAGMENTED: [usize; 4] = [1401, 2000, 2776, 9000];

const EVERY_SIZE: u64 = (MTU - SMALLEST + 1) as u64;
