//! What the user asks for while the tunnel is up, and before.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use vpnc_cli::net::signals::Request;
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_gateway::EventKind;

use crate::bench::{Bench, LIMIT, run, script, until};

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
            assert!(ending.log.contains("logged out"), "{}", ending.log);
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
        // the machine has its network back by then
        assert_eq!(bench.client.calls(), ["prepare", "apply", "revert"]);
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
fn an_interrupt_during_a_hanging_attempt_logs_out() {
    run(async {
        let (mut address, silent) = (None, Rc::new(Cell::new(0)));
        let relay = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut bench = Bench::with(script(""), |settings| {
            address = Some((Ipv4Addr::LOCALHOST, settings.gateway.port));
            settings.gateway.port = relay.local_addr().unwrap().port();
            settings.gateway.connect_timeout = LIMIT;
        })
        .await;
        spawn_local(relay_all_but_the_second(relay, address.unwrap(), silent.clone()));
        bench.client.connected().await;
        bench.order("close tcp").await;
        until("the attempt", || silent.get() == 1).await;
        let Bench { gateway, client } = bench;
        let ending = client.end_by(Request::Interrupt).await;
        ending.is(0, &[]);
        assert!(ending.took < WAY_OUT, "{ending:?}");
        assert_eq!(gateway.stats().logouts, 1);
    });
}

/// Leads connections to the gateway; the second one is accepted and left alone.
async fn relay_all_but_the_second(relay: TcpListener, gateway: (Ipv4Addr, u16), silent: Rc<Cell<u32>>) {
    let mut kept = Vec::new();
    for number in 1.. {
        let (mut tcp, _) = relay.accept().await.unwrap();
        if number == 2 {
            kept.push(tcp);
            silent.set(1);
            continue;
        }
        spawn_local(async move {
            let mut onward = TcpStream::connect(gateway).await.unwrap();
            // either side may end it
            let _ = copy_bidirectional(&mut tcp, &mut onward).await;
        });
    }
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
