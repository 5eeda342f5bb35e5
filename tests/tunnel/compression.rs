//! LZO from the gateway.

use crate::bench::{Bench, run, script};

#[test]
fn compressed_packets_are_delivered_among_others() {
    run(async {
        let mut config = script("");
        config.lzo = true;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        bench.exchange(300).await;
        let stats = bench.gateway.stats();
        assert!(stats.lzo_packets > 50, "{stats:?}");
        assert!(stats.lzo_packets < stats.esp_tx_packets, "{stats:?}");
        bench.end().await;
    });
}

#[test]
fn compression_that_was_not_announced_is_understood() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.order("lzo on").await;
        bench.exchange(60).await;
        assert!(bench.gateway.stats().lzo_packets > 10);
        bench.end().await;
    });
}
