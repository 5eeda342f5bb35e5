//! Odd datagrams among good ones: counted, dropped, and nothing else happens.

use crate::bench::{Bench, run};

/// Exchanges packets with the trick in the midst; returns what the statistics say about drops.
async fn after_trick(bench: &mut Bench, trick: &str) -> Vec<String> {
    bench.exchange(20).await;
    bench.order(trick).await;
    bench.exchange(20).await;
    let text = bench.client.statistics().await;
    let drops = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("datagrams dropped, "));
    drops.map(str::to_owned).collect()
}

#[test]
fn bad_datagrams_are_counted_and_dropped() {
    run(async {
        let table: [(&str, &[&str]); 7] = [
            ("esp replay", &["replayed: 1"]),
            ("esp bad icv", &["bad-icv: 1"]),
            ("esp bad pad", &["padding: 1"]),
            ("esp next header", &["next-header: 1"]),
            ("esp short", &["short: 5", "misaligned: 1"]),
            ("esp trailing", &[]),
            ("esp jump 5000", &[]),
        ];
        for (trick, drops) in table {
            let mut bench = Bench::on_esp("").await;
            assert_eq!(after_trick(&mut bench, trick).await, drops, "{trick}");
            bench.end().await;
        }
    });
}

#[test]
fn late_packets_of_the_old_spi_are_delivered() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.exchange(10).await;
        bench.order("rekey").await;
        crate::bench::until("the new keys", || bench.gateway.stats().rekeys_done == 1).await;
        bench.order("esp old spi").await;
        bench.exchange(1).await;
        // one of the two copies may have been taken for the echo, the other one waits
        let copies = 1 + bench.client.tun.take_written().len();
        assert_eq!(copies, 2);
        assert_eq!(after_trick(&mut bench, "esp old spi").await.len(), 0);
        bench.end().await;
    });
}

#[test]
fn late_packets_of_the_old_spi_are_dropped_when_grace_is_over() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.order("rekey").await;
        crate::bench::until("the new keys", || bench.gateway.stats().rekeys_done == 1).await;
        bench.exchange(100).await;
        assert_eq!(
            after_trick(&mut bench, "esp old spi").await,
            ["old-spi-expired: 1"]
        );
        bench.end().await;
    });
}

#[test]
fn repeated_datagrams_are_delivered_when_protection_is_off() {
    run(async {
        let mut config = crate::bench::script("");
        config.replay_protection = Some(false);
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        assert_eq!(after_trick(&mut bench, "esp replay").await.len(), 0);
        bench.end().await;
    });
}
