//! UDP fails and comes back.

use std::time::Duration;

use vpnc_gateway::EventKind;

use crate::bench::{Bench, run, script, until};

fn off(kind: &EventKind) -> bool {
    *kind == EventKind::EspSwitch(false)
}

fn on(kind: &EventKind) -> bool {
    *kind == EventKind::EspSwitch(true)
}

#[test]
fn a_silent_udp_path_is_left_and_taken_again() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| settings.dpd = Some(Duration::from_secs(2))).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        bench.order("drop udp on").await;
        // silence for twice the time, then data flows over TLS both ways
        bench.tls_carries_data().await;
        bench.exchange(100).await;
        assert_eq!((bench.count(on), bench.count(off)), (1, 1));
        bench.order("drop udp off").await;
        bench.esp_carries_data().await;
        bench.exchange(100).await;
        assert_eq!((bench.count(on), bench.count(off)), (2, 1));
        assert!(bench.client.log().contains("the gateway is silent on UDP"));
        // a new port, and the numbers go on under the same keys
        assert_eq!(bench.count(|kind| matches!(kind, EventKind::Source(_))), 2);
        assert_eq!(bench.count(|kind| matches!(kind, EventKind::Keys { .. })), 1);
        assert_eq!(bench.gateway.stats().replays, 0);
        bench.end().await;
    });
}

#[test]
fn a_closed_udp_port_is_left_at_once() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.order("udp unreachable").await;
        bench.tls_carries_data().await;
        bench.exchange(100).await;
        assert!(bench.client.log().contains("UDP port is unreachable"));
        bench.order("open udp").await;
        bench.esp_carries_data().await;
        bench.exchange(100).await;
        assert_eq!((bench.count(on), bench.count(off)), (2, 1));
        bench.end().await;
    });
}

#[test]
fn a_port_that_was_never_open_leaves_data_on_tls() {
    run(async {
        let mut bench = Bench::connected("at start: udp unreachable").await;
        for _ in 0..10 {
            bench.exchange(20).await;
        }
        assert_eq!((bench.count(on), bench.count(off)), (0, 0));
        bench.order("open udp").await;
        bench.esp_carries_data().await;
        bench.end().await;
    });
}

#[test]
fn probes_are_repeated_until_one_is_answered() {
    run(async {
        let mut bench = Bench::connected("at start: ignore probes 4").await;
        bench.exchange(100).await;
        assert_eq!(bench.gateway.stats().esp_rx_packets, 0);
        bench.esp_carries_data().await;
        let answered = |kind: &EventKind| matches!(kind, EventKind::Probe { answered: true, .. });
        assert!(bench.count(|kind| matches!(kind, EventKind::Probe { .. })) >= 5);
        assert!(bench.count(answered) >= 1);
        assert_eq!(bench.count(on), 1);
        bench.end().await;
    });
}

#[test]
fn the_gateway_may_switch_esp_off() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.order("esp off").await;
        until("the path to change", || {
            bench.client.log().contains("the gateway switched ESP off")
        })
        .await;
        let before = bench.gateway.stats();
        bench.exchange(100).await;
        let stats = bench.gateway.stats();
        assert_eq!(stats.esp_rx_packets, before.esp_rx_packets);
        assert_eq!(stats.tls_rx_packets - before.tls_rx_packets, 100);
        // the gateway knows it by itself
        assert_eq!((bench.count(on), bench.count(off)), (1, 0));
        bench.end().await;
    });
}
