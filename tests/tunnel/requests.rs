//! What the user asks for while the tunnel is up, and before.

use std::time::Duration;

use vpnc_cli::net::signals::Request;
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_gateway::EventKind;

use crate::bench::{Bench, run, script, until};

/// The whole way out may take this long (`cli.md §9`).
const WAY_OUT: Duration = Duration::from_millis(1800);

#[test]
fn an_interrupt_reverts_and_logs_out() {
    run(async {
        for request in [Request::Interrupt, Request::Terminate] {
            let Bench { gateway, client } = Bench::on_esp("").await;
            let ending = client.end_by(request).await;
            ending.is(0, &[]);
            assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
            assert!(ending.took < WAY_OUT, "{ending:?}");
            let order: Vec<_> = gateway
                .events()
                .into_iter()
                .filter_map(|event| match event.kind {
                    EventKind::EspSwitch(false) => Some("disable".to_owned()),
                    EventKind::ChannelClosed(how) => Some(how),
                    EventKind::Logout { valid } => Some(format!("logout {valid}")),
                    _ => None,
                })
                .collect();
            assert_eq!(order, ["disable", "TLS close by the client", "logout true"]);
            let reverted = ending.log.find("undone").is_none();
            assert!(reverted && ending.log.contains("logged out"), "{}", ending.log);
        }
    });
}

#[test]
fn a_hang_up_keeps_the_login() {
    run(async {
        let mut bench = Bench::connected("").await;
        bench.exchange(10).await;
        let Bench { gateway, client } = bench;
        let ending = client.end_by(Request::Hangup).await;
        ending.is(0, &[]);
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
        assert_eq!((gateway.stats().logouts, gateway.stats().stray_logouts), (0, 0));
    });
}

#[test]
fn without_logout_the_login_is_kept() {
    run(async {
        let mut bench = Bench::with(script(""), |settings| settings.logout = false).await;
        bench.client.connected().await;
        let Bench { gateway, client } = bench;
        client.end_by(Request::Interrupt).await.is(0, &[]);
        assert_eq!((gateway.stats().logouts, gateway.stats().stray_logouts), (0, 0));
    });
}

#[test]
fn a_logout_without_answer_counts_or_ends_in_time() {
    run(async {
        for (style, said) in [
            ("redirect", "logged out"),
            ("close", "logged out"),
            ("hang", "not logged out"),
        ] {
            let Bench { gateway, client } = Bench::connected(&format!("at start: logout {style}")).await;
            let ending = client.end_by(Request::Interrupt).await;
            ending.is(0, &[]);
            assert!(ending.log.contains(said), "{style}: {}", ending.log);
            assert!(ending.took < WAY_OUT, "{style}: {ending:?}");
            assert_eq!(gateway.stats().logouts, 1, "{style}");
        }
    });
}

#[test]
fn a_gateway_that_is_gone_does_not_delay_the_end() {
    run(async {
        let mut bench = Bench::on_esp("").await;
        bench.exchange(10).await;
        let Bench { gateway, client } = bench;
        gateway.shutdown().await;
        let ending = client.end_by(Request::Interrupt).await;
        assert!(ending.took < WAY_OUT, "{ending:?}");
        assert_eq!((ending.status, ending.calls.last()), (0, Some(&"revert")));
    });
}

#[test]
fn a_second_request_skips_the_logout() {
    run(async {
        let bench = Bench::connected("at start: logout hang").await;
        bench.client.request(Request::Interrupt);
        until("the logout", || bench.gateway.stats().logouts == 1).await;
        let ending = bench.client.end_by(Request::Interrupt).await;
        ending.is(0, &[]);
        assert!(ending.log.contains("logout skipped"), "{}", ending.log);
        assert!(ending.took < Duration::from_millis(500), "{ending:?}");
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
    });
}

#[test]
fn an_interrupt_before_the_tunnel_is_up_changes_nothing() {
    run(async {
        for (request, status) in [
            (Request::Interrupt, 130),
            (Request::Terminate, 143),
            (Request::Hangup, 129),
        ] {
            let bench = Bench::start("at start: hang on").await;
            until("the request", || bench.gateway.stats().tunnel_requests == 1).await;
            let Bench { gateway, client } = bench;
            let ending = client.end_by(request).await;
            ending.is(status, &["before the tunnel was up"]);
            assert_eq!(ending.calls, ["prepare", "revert"]);
            assert_eq!(gateway.stats().logouts, 0);
        }
    });
}

#[test]
fn an_interrupt_during_a_reconnect_logs_out() {
    run(async {
        let bench = Bench::connected("on connect 2: status 500; on connect 3: status 500").await;
        bench.order("close tcp").await;
        until("the second attempt", || {
            bench.gateway.stats().tunnel_requests == 3
        })
        .await;
        let Bench { gateway, client } = bench;
        let ending = client.end_by(Request::Interrupt).await;
        ending.is(0, &[]);
        assert!(ending.took < WAY_OUT, "{ending:?}");
        assert_eq!(gateway.stats().logouts, 1);
    });
}

#[test]
fn a_set_up_that_fails_is_reverted() {
    run(async {
        let bench = Bench::with_setup(script(""), |_| (), RecordingSetup::refusing()).await;
        let ending = bench.client.ended().await;
        ending.is(77, &["cannot add routes to fake0"]);
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
    });
}

#[test]
fn statistics_are_shown_on_request() {
    run(async {
        let mut bench = Bench::connected("at start: ignore probes all").await;
        bench.exchange(10).await;
        let text = bench.client.statistics().await;
        assert!(text.contains("data path TLS, ESP probing"), "{text}");
        assert!(text.contains("sent over TLS: 10 packets"), "{text}");
        bench.order("ignore probes 0").await;
        bench.esp_carries_data().await;
        let text = bench.client.statistics().await;
        assert!(text.contains("data path ESP, ESP active"), "{text}");
        bench.end().await;
    });
}
