//! New ESP keys while data flows.

use vpnc_gateway::EventKind;

use crate::bench::{Bench, run, until};

fn enables(kind: &EventKind) -> bool {
    matches!(kind, EventKind::EspSwitch(_))
}

/// After so many renewals ESP still carries everything, and the gateway was never told to switch.
async fn esp_goes_on(mut bench: Bench, rekeys: u64) {
    until("the answers to the rekeys", || {
        bench.gateway.stats().rekeys_done >= rekeys
    })
    .await;
    let before = bench.gateway.stats();
    bench.exchange(100).await;
    let stats = bench.gateway.stats();
    assert_eq!(stats.esp_rx_packets - before.esp_rx_packets, 100);
    assert_eq!(stats.rekeys_done, stats.rekeys_sent);
    assert_eq!((stats.bad_icv, stats.unknown_spi), (0, 0));
    assert_eq!(bench.count(enables), 1);
    bench.end().await;
}

#[test]
fn keys_are_renewed_under_traffic() {
    run(async {
        let mut bench = Bench::on_esp("every 60 packets: rekey").await;
        // bursts that fit into the grace of the old keys
        for _ in 0..40 {
            bench.exchange(10).await;
        }
        assert!(bench.gateway.stats().rekeys_sent >= 5);
        bench.seen(5, |kind| matches!(kind, EventKind::Keys { .. })).await;
        assert!(bench.client.statistics().await.contains("fall-backs to TLS 0"));
        assert!(bench.faults().is_empty());
        bench.client.end().await;
    });
}

#[test]
fn two_rekeys_in_quick_succession_both_get_an_answer() {
    run(async {
        let bench = Bench::on_esp("").await;
        bench.order("rekey twice").await;
        esp_goes_on(bench, 2).await;
    });
}

#[test]
fn a_rekey_may_be_split_over_records() {
    run(async {
        let bench = Bench::on_esp("").await;
        bench.order("rekey split").await;
        esp_goes_on(bench, 1).await;
    });
}

#[test]
fn data_behind_a_rekey_in_the_same_record_is_delivered() {
    run(async {
        let bench = Bench::on_esp("").await;
        bench.order("rekey with data").await;
        assert!(crate::packets::is_ping(&bench.client.packet().await, 60));
        esp_goes_on(bench, 1).await;
    });
}

#[test]
fn a_rekey_may_change_the_suite() {
    run(async {
        let bench = Bench::on_esp("").await;
        bench.order("rekey aes256 sha256").await;
        esp_goes_on(bench, 1).await;
    });
}

#[test]
fn a_rekey_is_answered_while_probing() {
    run(async {
        let mut bench = Bench::connected("at start: ignore probes all").await;
        bench
            .seen(1, |kind| matches!(kind, EventKind::Probe { .. }))
            .await;
        bench.order("rekey").await;
        until("the answer", || bench.gateway.stats().rekeys_done == 1).await;
        bench.order("ignore probes 0").await;
        bench.esp_carries_data().await;
        bench.end().await;
    });
}

#[test]
fn unusable_keys_switch_esp_off_and_keep_the_tunnel() {
    run(async {
        for order in ["rekey unusable", "rekey no keys"] {
            let mut bench = Bench::on_esp("").await;
            bench.order(order).await;
            bench.seen(1, |kind| *kind == EventKind::EspSwitch(false)).await;
            let before = bench.gateway.stats();
            bench.exchange(20).await;
            let stats = bench.gateway.stats();
            assert_eq!(stats.esp_rx_packets, before.esp_rx_packets, "{order}");
            // later keys that can be used bring ESP back
            bench.order("rekey aes128 sha1").await;
            bench.esp_carries_data().await;
            bench.end().await;
        }
    });
}
