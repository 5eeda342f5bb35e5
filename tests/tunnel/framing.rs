//! Every way a gateway may cut its stream (`juniper-nc.md §8.3`).

use crate::bench::{Bench, run, script};
use crate::packets::is_ping;

/// Starts a tunnel without ESP and exchanges packets.
async fn works(text: &str) -> Bench {
    let mut config = script(text);
    config.esp = false;
    let mut bench = Bench::with(config, |_| ()).await;
    bench.client.connected().await;
    bench.exchange(60).await;
    bench
}

#[test]
fn every_framing_of_the_data_is_read() {
    run(async {
        for framing in [
            "cut 1",
            "cut 7",
            "cut 333",
            "bytewise",
            "length split",
            "header split",
            "join kmp 2",
            "join kmp 40",
            "join packets 2",
            "join packets 40",
        ] {
            works(&format!("at start: framing {framing}")).await.end().await;
        }
    });
}

#[test]
fn every_form_of_the_opening_is_read() {
    run(async {
        for form in ["form A", "form B", "form C", "form C 1", "form C 19", "form head"] {
            works(&format!("at start: {form}")).await.end().await;
        }
    });
}

#[test]
fn esp_comes_up_after_every_form() {
    run(async {
        for form in ["form A", "form B", "form C 50", "form head"] {
            Bench::on_esp(&format!("at start: {form}")).await.end().await;
        }
    });
}

#[test]
fn data_around_the_configuration_is_delivered() {
    run(async {
        for (timing, form) in [("before", "form A"), ("between", "form A"), ("behind", "form A")] {
            let text = format!("at start: early {timing}; at start: {form}");
            let mut bench = Bench::start(&text).await;
            bench.client.connected().await;
            assert!(is_ping(&bench.client.packet().await, 60), "{timing}");
            bench.exchange(20).await;
            bench.end().await;
        }
    });
}

#[test]
fn odd_messages_do_not_disturb_the_data() {
    run(async {
        for order in ["empty data", "kmp 304", "kmp 999", "not ip", "split packet"] {
            let mut bench = works("").await;
            for _ in 0..3 {
                bench.order(order).await;
                bench.exchange(10).await;
            }
            bench.end().await;
        }
    });
}

#[test]
fn the_old_header_of_data_messages_is_read() {
    run(async {
        works("at start: old header on").await.end().await;
    });
}

#[test]
fn packets_beyond_the_mtu_are_delivered() {
    run(async {
        for len in [1500, 9000, 20_000, 65_000] {
            let mut bench = works("").await;
            bench.order(&format!("big packet {len}")).await;
            assert!(is_ping(&bench.client.packet().await, len), "{len}");
            bench.exchange(5).await;
            bench.end().await;
        }
    });
}

#[test]
fn a_configuration_with_two_thousand_routes_is_read() {
    run(async {
        let mut config = script("at start: framing cut 333");
        let route = |number: u16| {
            let [high, low] = number.to_be_bytes();
            vpnc_gateway::Route::new([10, high, low, 0].into(), 24)
        };
        config.includes = (0..2000).map(route).collect();
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        assert_eq!(bench.client.network().include.len(), 2000);
        bench.exchange(20).await;
        bench.end().await;
    });
}
