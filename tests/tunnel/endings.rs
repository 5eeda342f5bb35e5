//! Ends by the gateway, and tunnels that never come up.

use std::future::poll_fn;
use std::net::Ipv4Addr;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{spawn_local, yield_now};
use vpnc_cli::net::settings::{ConnectSettings, Pin, TlsMode};
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_gateway::{Config, EventKind};

use crate::bench::{Bench, Client, Ending, run, script, settings};
use crate::packets::request;

/// A session that does not come up; nothing may have been applied.
async fn refused(config: Config, change: impl FnOnce(&mut ConnectSettings)) -> Ending {
    let bench = Bench::with(config, change).await;
    let ending = bench.client.ended().await;
    assert_eq!(ending.calls, ["prepare", "revert"], "{}", ending.log);
    assert_eq!(bench.gateway.stats().logouts, 0);
    ending
}

#[test]
fn an_end_with_a_reason_is_final() {
    run(async {
        for (reason, text) in [
            (8, "idle for too long"),
            (1, "the session has expired"),
            (6, "no reason known"),
        ] {
            let bench = Bench::on_esp("").await;
            bench.order(&format!("terminate {reason}")).await;
            let ending = bench.client.ended().await;
            ending.is(7, &[text, "sign in again"]);
            assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
            assert_eq!(bench.gateway.stats().tunnel_requests, 1);
            assert_eq!(bench.gateway.stats().stray_logouts, 0);
        }
    });
}

#[test]
fn an_end_with_a_reason_is_understood_under_load() {
    run(async {
        for _ in 0..5 {
            let mut config = script("after 300 packets: terminate 8");
            config.esp = false;
            let mut bench = Bench::with(config, |_| ()).await;
            bench.client.connected().await;
            let tun = bench.client.tun.clone();
            let load = spawn_local(async move {
                loop {
                    for number in 0..40 {
                        tun.inject(&request(number, 1400));
                    }
                    yield_now().await;
                }
            });
            bench.client.ended().await.is(7, &["idle for too long"]);
            load.abort();
        }
    });
}

#[test]
fn an_end_with_a_reason_is_read_even_when_writing_fails_first() {
    run(async {
        let mut config = script("");
        config.esp = false;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.exchange(10).await;
        // what the gateway has not read makes it reset the connection behind its last words
        bench.client.tun.inject(&request(1, 1400));
        let_tasks_run().await;
        bench.order("terminate 8").await;
        let_tasks_run().await;
        bench.client.tun.inject(&request(2, 1400));
        bench.client.ended().await.is(7, &["idle for too long"]);
    });
}

/// Lets all tasks run that can, before anything new is read from the sockets.
async fn let_tasks_run() {
    for _ in 0..5 {
        let mut waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_refused_tunnel_names_the_known_causes() {
    run(async {
        let ending = refused(script("at start: refuse 8"), |_| ()).await;
        ending.is(
            76,
            &[
                "refused the tunnel (code 08)",
                "Pulse",
                "auto-select",
                "connection profile",
                "no free address",
            ],
        );
        refused(script("at start: refuse 3"), |_| ())
            .await
            .is(76, &["code 03"]);
    });
}

#[test]
fn a_stale_cookie_is_told_as_such() {
    run(async {
        for reject in ["redirect", "403", "zero"] {
            let config = script(&format!("at start: reject {reject}"));
            refused(config, |_| ()).await.is(2, &["sign in again"]);
        }
    });
}

#[test]
fn a_failing_gateway_is_not_tried_again_at_first() {
    run(async {
        refused(script("at start: status 500"), |_| ())
            .await
            .is(76, &["HTTP status 500"]);
    });
}

#[test]
fn garbage_is_no_gateway() {
    run(async {
        refused(script("at start: garbage on"), |_| ())
            .await
            .is(76, &["not a Network Connect gateway", "check host and port"]);
    });
}

#[test]
fn a_configuration_without_address_is_refused() {
    run(async {
        refused(script("at start: address omit"), |_| ())
            .await
            .is(76, &["no "]);
    });
}

#[test]
fn a_configuration_with_wrong_lengths_is_refused() {
    run(async {
        let mut config = script("");
        config.raw_config = Some(vec![0, 1, 0, 0, 1, 0, 0, 1]);
        refused(config, |_| ()).await.is(76, &["attribute"]);
    });
}

#[test]
fn a_gateway_that_never_answers_is_given_up() {
    run(async {
        let ending = refused(script("at start: hang on"), |_| ()).await;
        ending.is(69, &["did not finish the set-up in 30 s"]);
    });
}

#[test]
fn a_machine_that_accepts_and_says_nothing_is_given_up() {
    run(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut settings = settings(listener.local_addr().unwrap().port(), "DSID=0");
        settings.gateway.connect_timeout = Duration::from_millis(500);
        let ending = Client::start(settings, RecordingSetup::new()).ended().await;
        ending.is(69, &["time limit", "TLS handshake"]);
        assert!(ending.took < Duration::from_secs(2), "{ending:?}");
        assert_eq!(ending.calls, ["prepare", "revert"]);
    });
}

#[test]
fn a_closed_port_is_unreachable() {
    run(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let settings = settings(listener.local_addr().unwrap().port(), "DSID=0");
        drop(listener);
        let ending = Client::start(settings, RecordingSetup::new()).ended().await;
        ending.is(69, &["cannot reach", "connection refused"]);
        assert_eq!(ending.calls, ["prepare", "revert"]);
    });
}

#[test]
fn an_unknown_host_is_told_as_such() {
    run(async {
        let mut settings = settings(443, "DSID=0");
        settings.gateway.host = "gateway.invalid".to_owned();
        let ending = Client::start(settings, RecordingSetup::new()).ended().await;
        ending.is(68, &["unknown host name gateway.invalid"]);
    });
}

#[test]
fn a_wrong_pin_ends_it_and_shows_the_one_seen() {
    run(async {
        let bench = Bench::with(script(""), |settings| {
            settings.gateway.tls.pins = vec![Pin::Sha256([7; 32])];
        })
        .await;
        let ending = bench.client.ended().await;
        ending.is(6, &["matches none of the given pins", &bench.gateway.pin()]);
        // the cookie was told to nobody
        assert_eq!(bench.gateway.stats().requests, 0);
    });
}

#[test]
fn a_gateway_with_old_tls_is_reached_with_a_warning() {
    run(async {
        let mut config = script("");
        config.tls = vpnc_gateway::TlsMode::Tls12StaticRsaCbc;
        let mut bench = Bench::with(config, |_| ()).await;
        bench.client.connected().await;
        bench.esp_carries_data().await;
        bench.order("close tcp").await;
        bench.seen(2, |kind| *kind == EventKind::ConfigSent).await;
        bench.exchange(50).await;
        let log = bench.client.log();
        assert_eq!(log.matches("the gateway speaks old TLS only").count(), 1, "{log}");
        bench.end().await;
    });
}

#[test]
fn old_tls_is_refused_when_only_modern_is_allowed() {
    run(async {
        let mut config = script("");
        config.tls = vpnc_gateway::TlsMode::Tls12StaticRsaCbc;
        let ending = refused(config, |settings| settings.gateway.tls.mode = TlsMode::Modern).await;
        ending.is(
            76,
            &["TLS handshake", "no cipher suite in common", "RSA key exchange"],
        );
    });
}
