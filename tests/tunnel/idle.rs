//! A tunnel without traffic lets the machine sleep.

use std::time::Duration;

use tokio::time::sleep;

use crate::bench::{Bench, run, script};

#[test]
fn nothing_happens_when_nothing_is_due() {
    run(async {
        for esp in [false, true] {
            let mut config = script("");
            config.esp = esp;
            let mut bench = Bench::with(config, |_| ()).await;
            bench.client.connected().await;
            if esp {
                bench.esp_carries_data().await;
            } else {
                bench.exchange(10).await;
            }
            // whatever was under way has come to rest
            sleep(Duration::from_millis(200)).await;
            let before = bench.client.rounds();
            sleep(Duration::from_millis(1500)).await;
            assert_eq!(bench.client.rounds() - before, 0, "ESP: {esp}");
            bench.exchange(10).await;
            bench.end().await;
        }
    });
}
