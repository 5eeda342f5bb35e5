//! The channel is lost and comes back.

use std::time::Duration;

use vpnc_cli::net::signals::Request;
use vpnc_gateway::EventKind;

use crate::bench::{Bench, Ending, run, script, until};
use crate::packets;

/// Cookies of the tunnel requests so far.
fn cookies(bench: &Bench) -> Vec<String> {
    let cookie = |kind| match kind {
        EventKind::Request { target, headers, .. } if target.contains("/dana/js") => {
            let cookie = headers
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("cookie"));
            cookie.map(|(_, value)| value)
        }
        _ => None,
    };
    let events = bench.gateway.events().into_iter();
    events.filter_map(|event| cookie(event.kind)).collect()
}

fn configured(kind: &EventKind) -> bool {
    *kind == EventKind::ConfigSent
}

/// Waits for the second tunnel and for data through it.
async fn is_back(bench: &mut Bench) {
    bench.seen(2, configured).await;
    until("the hook", || bench.client.calls().contains(&"reconnected")).await;
    bench.exchange(50).await;
}

#[test]
fn a_lost_channel_is_opened_again_with_the_same_session() {
    run(async {
        for order in ["close tcp", "close reset", "close tls"] {
            let mut bench = Bench::on_esp("").await;
            bench.order(order).await;
            is_back(&mut bench).await;
            bench.esp_carries_data().await;
            assert_eq!(
                bench.client.calls(),
                ["prepare", "apply", "attempt_reconnect", "reconnected"],
                "{order}"
            );
            let cookies = cookies(&bench);
            let session = bench.gateway.cookie();
            assert!(
                cookies.iter().all(|cookie| cookie.contains(&session)),
                "{cookies:?}"
            );
            // the answer's cookie of the first time comes along the second time
            assert!(cookies[1].contains("DSLastAccess="), "{cookies:?}");
            assert_eq!(bench.client.network().address.octets(), packets::CLIENT);
            bench.end().await;
        }
    });
}

#[test]
fn a_channel_lost_under_load_is_opened_again() {
    run(async {
        let mut config = script("after 150 packets: close tcp; on connect 2 after 150 packets: close reset");
        config.esp = false;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        until("three tunnels", || {
            for number in 1_000_000..1_000_010 {
                bench.client.tun.inject(&packets::request(number, 1400));
            }
            bench.count(configured) >= 3
        })
        .await;
        until("the hook", || {
            let calls = bench.client.calls();
            calls.iter().filter(|call| **call == "reconnected").count() == 2
        })
        .await;
        // what was injected meanwhile goes out first, and the gateway drops what it has no room for
        until("the device to be empty", || bench.client.tun.unread() == 0).await;
        bench.tls_carries_data().await;
        while !bench.client.try_exchange().await {}
        bench.exchange(50).await;
        bench.end().await;
    });
}

#[test]
fn esp_carries_data_while_the_channel_is_away() {
    run(async {
        let mut config = script("on connect 2: hang on");
        config.esp_survives_channel = true;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        bench.order("close tcp").await;
        until("the second request", || {
            bench.gateway.stats().tunnel_requests == 2
        })
        .await;
        let before = bench.gateway.stats();
        bench.exchange(200).await;
        assert_eq!(bench.gateway.stats().esp_rx_packets - before.esp_rx_packets, 200);
        // the user does not wait for the gateway: the next attempt succeeds
        bench.client.request(Request::Reconnect);
        until("the hook", || bench.client.calls().contains(&"reconnected")).await;
        bench.esp_carries_data().await;
        bench.end().await;
    });
}

#[test]
fn the_user_can_ask_for_a_new_connection() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.client.request(Request::Reconnect);
        is_back(&mut bench).await;
        bench.esp_carries_data().await;
        assert_eq!(bench.gateway.stats().logouts, 0);
        bench.end().await;
    });
}

#[test]
fn an_end_without_reason_is_a_broken_connection() {
    run(async {
        let mut bench = Bench::connected("").await;
        bench.order("terminate").await;
        is_back(&mut bench).await;
        bench.end().await;
    });
}

#[test]
fn an_address_left_out_is_kept() {
    run(async {
        let mut config = script("");
        config.omit_address_on_reconnect = true;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.order("close tcp").await;
        is_back(&mut bench).await;
        assert_eq!(bench.client.network().address.octets(), packets::CLIENT);
        bench.end().await;
    });
}

#[test]
fn a_changed_configuration_is_applied() {
    run(async {
        let mut bench = Bench::connected("on connect 2: mtu 1300").await;
        bench.order("close tcp").await;
        is_back(&mut bench).await;
        assert_eq!(bench.client.network().mtu, 1300);
        assert_eq!(
            bench.client.calls(),
            ["prepare", "apply", "attempt_reconnect", "apply", "reconnected"]
        );
        bench.end().await;
    });
}

/// Loses the channel with that script in force and waits for the end.
async fn ends_after_loss(text: &str) -> Ending {
    let mut bench = Bench::with(script(text), |settings| {
        settings.reconnect_timeout = Duration::from_secs(2);
    })
    .await;
    bench.client.connected().await;
    bench.order("close tcp").await;
    bench.client.ended().await
}

#[test]
fn another_address_ends_the_session() {
    run(async {
        let ending = ends_after_loss("on connect 2: address 10.66.7.9").await;
        ending.is(2, &["another inner address", "10.66.7.9", "10.66.7.8"]);
        assert_eq!(ending.calls, ["prepare", "apply", "attempt_reconnect", "revert"]);
    });
}

#[test]
fn a_refused_reconnect_ends_the_session_at_once() {
    run(async {
        for reject in ["redirect", "403", "zero"] {
            let ending = ends_after_loss(&format!("on connect 2: reject {reject}")).await;
            ending.is(2, &["sign in again"]);
            assert!(ending.took < Duration::from_secs(1), "{ending:?}");
            assert_eq!(ending.calls, ["prepare", "apply", "attempt_reconnect", "revert"]);
        }
    });
}

#[test]
fn a_failing_gateway_is_tried_until_the_time_is_over() {
    run(async {
        let ending =
            ends_after_loss("on connect 2: status 500; on connect 3: status 500; on connect 4: status 500")
                .await;
        ending.is(
            75,
            &["could not be reached again", "status 500", "--reconnect-timeout"],
        );
        assert!(ending.took >= Duration::from_secs(2), "{ending:?}");
        let attempts = ending.calls.iter().filter(|call| **call == "attempt_reconnect");
        assert_eq!(attempts.count(), 3);
        assert_eq!(ending.calls.last(), Some(&"revert"));
    });
}

#[test]
fn a_gateway_that_recovers_is_found_again() {
    run(async {
        let mut bench = Bench::connected("on connect 2: status 500; on connect 3: status 503").await;
        bench.order("close tcp").await;
        is_back(&mut bench).await;
        bench.end().await;
    });
}

#[test]
fn a_gateway_that_is_gone_is_tried_until_the_time_is_over() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| {
            settings.reconnect_timeout = Duration::from_secs(2);
        })
        .await;
        bench.client.connected().await;
        let Bench { gateway, client } = bench;
        gateway.shutdown().await;
        let ending = client.ended().await;
        ending.is(75, &["could not be reached again", "cannot reach"]);
        assert_eq!(ending.calls.last(), Some(&"revert"));
    });
}
