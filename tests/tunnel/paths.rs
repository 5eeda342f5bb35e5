//! TLS first, then ESP.

use std::time::Duration;

use vpnc_gateway::{Cipher, EventKind, Mac, Suite};

use crate::bench::{Bench, run, script};

#[test]
fn traffic_goes_over_tls_when_there_is_no_esp() {
    run(async {
        let mut config = script("");
        config.esp = false;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.exchange(200).await;
        let stats = bench.gateway.stats();
        assert_eq!((stats.tls_rx_packets, stats.tls_tx_packets), (200, 200));
        assert_eq!(stats.probes, 0);
        bench.end().await;
    });
}

#[test]
fn esp_can_be_refused_by_the_user() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| settings.esp = false).await;
        bench.client.connected().await;
        bench.exchange(50).await;
        let stats = bench.gateway.stats();
        assert_eq!((stats.tls_rx_packets, stats.probes), (50, 0));
        assert_eq!(bench.count(|kind| matches!(kind, EventKind::Keys { .. })), 0);
        bench.end().await;
    });
}

#[test]
fn data_moves_to_esp_after_the_probe_and_the_enable_message() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        let order: Vec<_> = bench
            .gateway
            .events()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::ConfigSent => Some("configuration"),
                EventKind::Mtu(1400) => Some("MTU"),
                EventKind::Keys { .. } => Some("keys"),
                EventKind::EspSwitch(true) => Some("enable"),
                EventKind::EspSwitch(false) => Some("disable"),
                _ => None,
            })
            .collect();
        assert_eq!(order, ["configuration", "MTU", "keys", "enable"]);
        let before = bench.gateway.stats();
        bench.exchange(300).await;
        let stats = bench.gateway.stats();
        assert_eq!(stats.esp_rx_packets - before.esp_rx_packets, 300);
        assert_eq!(stats.esp_tx_packets - before.esp_tx_packets, 300);
        assert_eq!(stats.tls_rx_packets, before.tls_rx_packets);
        bench.end().await;
    });
}

/// Since the start of the gateway, for each event of that kind.
fn times(bench: &Bench, fits: impl Fn(&EventKind) -> bool) -> Vec<Duration> {
    let events = bench.gateway.events().into_iter();
    events
        .filter(|event| fits(&event.kind))
        .map(|event| event.at)
        .collect()
}

#[test]
fn two_probes_follow_the_keys_at_once() {
    run(async {
        let mut bench = Bench::connected("at start: ignore probes 2").await;
        bench.esp_carries_data().await;
        let keys = times(&bench, |kind| matches!(kind, EventKind::Keys { .. }));
        let probes = times(&bench, |kind| matches!(kind, EventKind::Probe { .. }));
        let soon = |at: &&Duration| at.saturating_sub(keys[0]) < Duration::from_millis(500);
        assert_eq!(probes.iter().filter(soon).count(), 2, "{keys:?} {probes:?}");
        assert!(probes.len() >= 3);
        bench.end().await;
    });
}

#[test]
fn probes_that_overtake_the_keys_are_repeated() {
    run(async {
        let mut config = script("at start: delay keys 1500ms");
        config.answer_early_probes = false;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        assert!(bench.count(|kind| matches!(kind, EventKind::Probe { answered: false, .. })) >= 3);
        bench.end().await;
    });
}

#[test]
fn every_suite_carries_data_both_ways() {
    run(async {
        for cipher in [Cipher::Aes128, Cipher::Aes256] {
            for mac in [Mac::Md5, Mac::Sha1, Mac::Sha256] {
                let mut config = script("");
                config.suite = Suite { cipher, mac };
                let mut bench = Bench::with(config, |_| ()).await;
                bench.client.connected().await;
                bench.esp_carries_data().await;
                bench.exchange(60).await;
                assert_eq!(bench.gateway.stats().bad_icv, 0, "{cipher:?} {mac:?}");
                bench.end().await;
            }
        }
    });
}
