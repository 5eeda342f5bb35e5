//! Networks and gateways that fail for a while, under load.

use std::thread;
use std::time::Duration;

use crate::lab::{Lab, TUNNEL, wait_until};
use crate::ping::Pings;
use crate::snapshot::Snapshot;
use crate::transfer::{Flow, Way};

#[test]
fn a_stream_survives_twenty_seconds_without_esp_and_goes_back_to_it() {
    let Some(lab) = Lab::start("--fallback 5") else {
        return;
    };
    let client = lab.over_esp("--force-dpd 2");
    let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
    up.wait_for_more(1_000_000, MOMENT);
    lab.order("drop udp 20s");
    client.wait_for_count("data goes over TLS", 1, Duration::from_secs(8));
    up.wait_for_more(1_000_000, MOMENT);
    down.wait_for_more(1_000_000, MOMENT);
    let statistics = client.statistics();
    assert!(statistics.contains("data path TLS"), "{statistics}");
    client.wait_for_count("data goes over ESP", 2, Duration::from_secs(60));
    let before = lab.count("esp_tx_bytes").min(lab.count("esp_rx_bytes"));
    up.wait_for_more(1_000_000, MOMENT);
    down.wait_for_more(1_000_000, MOMENT);
    let after = lab.count("esp_tx_bytes").min(lab.count("esp_rx_bytes"));
    assert!(after > before + 500_000, "{before} and {after} octets over ESP");
    up.stop();
    down.stop();
    let statistics = client.statistics();
    assert!(statistics.contains("data path ESP, ESP active"), "{statistics}");
    assert!(statistics.contains("fall-backs to TLS 1"), "{statistics}");
    assert!(statistics.contains("reconnects 0"), "{statistics}");
    client.interrupt();
}

#[test]
fn a_closed_udp_port_moves_data_to_tls_at_once() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("");
    let flow = Flow::start(&lab, Way::Up);
    flow.wait_for_more(1_000_000, MOMENT);
    lab.order("close udp");
    client.wait_for_count("data goes over TLS", 1, Duration::from_secs(3));
    flow.wait_for_more(1_000_000, MOMENT);
    lab.order("open udp");
    client.wait_for_count("data goes over ESP", 2, Duration::from_secs(40));
    flow.stop();
    client.interrupt();
}

#[test]
fn a_lost_channel_is_rebuilt_under_load() {
    for cut in ["close tcp", "close reset", "close tls", "SIGUSR2"] {
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let client = lab.over_esp("-i vpn7");
        let connected = lab.machine.ip("-o -4 address show dev vpn7");
        assert!(connected.contains(TUNNEL), "{connected}");
        let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
        up.wait_for_more(500_000, MOMENT);
        match cut {
            "SIGUSR2" => client.signal(libc::SIGUSR2),
            order => drop(lab.order(order)),
        }
        client.wait_for("connection to the gateway is back");
        client.wait_for_count("data goes over ESP", 2, MOMENT);
        up.wait_for_more(500_000, MOMENT);
        down.wait_for_more(500_000, MOMENT);
        up.stop();
        down.stop();
        assert_eq!(lab.machine.ip("-o -4 address show dev vpn7"), connected);
        assert_eq!(lab.count("tunnels"), 2);
        let statistics = client.statistics();
        assert!(statistics.contains("reconnects 1"), "{statistics}");
        client.interrupt();
        before.assert_restored(&lab);
    }
}

#[test]
fn a_lost_channel_is_rebuilt_under_load_over_tls() {
    let Some(lab) = Lab::start("--no-esp") else { return };
    let client = lab.connected("");
    let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
    for number in 1..=3 {
        up.wait_for_more(500_000, MOMENT);
        lab.order("close reset");
        client.wait_for_count("connection to the gateway is back", number, MOMENT);
    }
    up.wait_for_more(500_000, MOMENT);
    down.wait_for_more(500_000, MOMENT);
    up.stop();
    down.stop();
    client.interrupt();
}

#[test]
fn esp_carries_data_while_the_channel_is_away() {
    let script = "on~connect~2:~status~500;on~connect~3:~status~500";
    let Some(lab) = Lab::start(&format!("--esp-survives-channel --script {script}")) else {
        return;
    };
    let client = lab.over_esp("");
    let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
    up.wait_for_more(500_000, MOMENT);
    lab.order("close tcp");
    client.wait_for("connection to the gateway lost");
    up.wait_for_more(2_000_000, MOMENT);
    down.wait_for_more(2_000_000, MOMENT);
    assert_eq!(client.lines_with("connection to the gateway is back"), 0);
    assert_eq!(client.lines_with("data goes over TLS"), 0);
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, MOMENT);
    up.stop();
    down.stop();
    client.interrupt();
}

#[test]
fn a_restarted_gateway_is_found_again() {
    let Some(mut lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("");
    let pings = Pings::start(&lab);
    wait_until("pings", MOMENT, || pings.answered() > 10);
    lab.stop_gateway();
    thread::sleep(Duration::from_millis(1500));
    lab.start_gateway();
    let so_far = pings.answered();
    wait_until("pings again", Duration::from_secs(15), || {
        pings.answered() > so_far + 20
    });
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, MOMENT);
    drop(pings);
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn another_address_after_a_reconnect_ends_the_run() {
    let Some(lab) = Lab::start("--script on~connect~2:~address~10.66.9.9") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.connected("");
    lab.order("close tcp");
    client.exits(2).says("10.66.9.9 instead of 10.66.7.8");
    before.assert_restored(&lab);
}

#[test]
fn an_address_left_out_after_a_reconnect_stays() {
    let Some(lab) = Lab::start("--script on~connect~2:~address~omit") else {
        return;
    };
    let client = lab.over_esp("");
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    crate::ping::ping(&lab, [28, 1400].into_iter());
    client.interrupt();
}

/// Ample for a megabyte, or for a few steps.
const MOMENT: Duration = Duration::from_secs(15);
