//! What the gateway offers, and what can be used of it.

use std::net::Ipv6Addr;
use std::time::Duration;

use vpnc_cli::platform::fake::Call;
use vpnc_gateway::{Config, EventKind};

use crate::bench::{Bench, run, script};

/// The tunnel works over TLS, and ESP is not tried.
async fn stays_on_tls(config: Config, change: impl FnOnce(&mut vpnc_cli::net::settings::ConnectSettings)) {
    let mut bench = Bench::with(config, change).await;
    bench.client.connected().await;
    bench.exchange(50).await;
    assert_eq!(bench.count(|kind| matches!(kind, EventKind::Keys { .. })), 0);
    assert_eq!(bench.count(|kind| *kind == EventKind::Mtu(1400)), 1);
    assert_eq!(bench.gateway.stats().probes, 0);
    bench.end().await;
}

#[test]
fn esp_that_cannot_be_used_leaves_the_tunnel_on_tls() {
    run(async {
        let changes: [fn(&mut Config); 4] = [
            |config| config.announce_cipher = Some(7),
            |config| config.announce_mac = Some(9),
            |config| config.announce_udp_port = Some(0),
            |config| config.announce_compression = Some(2),
        ];
        for change in changes {
            let mut config = script("");
            change(&mut config);
            stays_on_tls(config, |_| ()).await;
        }
    });
}

#[test]
fn there_is_no_esp_over_ipv6() {
    run(async {
        let mut config = script("");
        config.listen = (Ipv6Addr::LOCALHOST, 0).into();
        let to_ipv6 = |settings: &mut vpnc_cli::net::settings::ConnectSettings| {
            settings.gateway.resolve[0].1 = Ipv6Addr::LOCALHOST.into();
        };
        stays_on_tls(config, to_ipv6).await;
    });
}

#[test]
fn a_gateway_without_esp_is_no_reason_to_warn() {
    run(async {
        let mut config = script("");
        config.esp = false;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        let log = bench.client.log();
        assert!(log.contains("TLS only") && !log.contains("WARN"), "{log}");
        bench.end().await;
    });
}

#[test]
fn the_user_may_lower_the_mtu_of_the_device() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| settings.mtu = Some(1280)).await;
        bench.client.connected().await;
        let calls = bench.client.setup.calls();
        assert!(
            matches!(&calls[1], Call::Apply(interface, _) if interface.mtu == 1280 && interface.name == "fake0"),
            "{calls:?}"
        );
        // the gateway is told its own value
        bench.seen(1, |kind| *kind == EventKind::Mtu(1400)).await;
        bench.end().await;
    });
}

#[test]
fn a_device_that_is_down_for_a_while_does_not_end_the_tunnel() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.client.tun.refuse_writes(true);
        assert!(!bench.client.try_exchange().await);
        bench.client.tun.refuse_writes(false);
        bench.exchange(20).await;
        bench.end().await;
    });
}

#[test]
fn other_packets_than_ipv4_stay_out_of_the_tunnel() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        let before = bench.gateway.stats();
        for packet in [[0x60; 100].as_slice(), &[0; 40]] {
            bench.client.tun.inject(packet);
        }
        bench.exchange(20).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let stats = bench.gateway.stats();
        assert_eq!(stats.esp_rx_packets - before.esp_rx_packets, 20);
        assert_eq!(stats.malformed_datagrams, 0);
        bench.end().await;
    });
}
