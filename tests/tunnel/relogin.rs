//! A new session in place of one that ended.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use vpnc_cli::auth::cookies::Jar;
use vpnc_cli::error::Error;
use vpnc_cli::exit::ExitStatus;
use vpnc_cli::net::Connector;
use vpnc_cli::net::driver::{Companion, NewSession, Relogin, SigningIn};
use vpnc_cli::net::settings::ConnectSettings;
use vpnc_cli::net::signals::Request;
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_cli::secret::Secret;
use vpnc_gateway::{EventKind, Gateway};

use crate::bench::{Bench, Client, run, script, settings, until};

/// What the next sign-in ends in.
enum Answer {
    /// A session of this cookie.
    Session(String),
    /// An error with this status.
    Error(ExitStatus),
    /// It never ends.
    Nothing,
    /// A bug.
    Panic,
}

/// What a scripted sign-in has done.
#[derive(Clone, Default)]
struct Record {
    sign_ins: Rc<Cell<u32>>,
    /// Host checks that go on.
    checks: Rc<Cell<u32>>,
}

/// Sign-ins by a list.
struct Scripted {
    settings: ConnectSettings,
    answers: RefCell<VecDeque<Answer>>,
    record: Record,
}

impl Relogin for Scripted {
    fn sign_in(&mut self, _: Connector) -> SigningIn<'_> {
        self.record.sign_ins.set(self.record.sign_ins.get() + 1);
        let answer = self.answers.borrow_mut().pop_front();
        Box::pin(async move {
            match answer.expect("no more sign-ins") {
                Answer::Session(cookie) => Ok(self.session(&cookie)),
                Answer::Error(status) => Err(Error::new(status, "the sign-in failed").note("a fact")),
                Answer::Nothing => pending().await,
                Answer::Panic => panic!("a bug on purpose"),
            }
        })
    }
}

impl Scripted {
    fn session(&self, cookie: &str) -> NewSession {
        let settings = &self.settings;
        let connector = Connector::new(settings.gateway.clone(), settings.user_agent.clone()).unwrap();
        let mut jar = Jar::new(connector.url());
        jar.insert_option(&Secret::new(cookie)).unwrap();
        let check = Check(self.record.checks.clone());
        let work = async move {
            check.0.set(check.0.get() + 1);
            pending::<()>().await;
        };
        NewSession {
            connector,
            jar,
            companion: Some(Box::pin(work) as Companion<'static>),
        }
    }
}

struct Check(Rc<Cell<u32>>);

impl Drop for Check {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// A tunnel whose sessions are renewed by a list; the address stays.
async fn start(behaviour: &str, answers: impl FnOnce(&Gateway) -> Vec<Answer>) -> (Bench, Record) {
    let script = script(&format!("at start: address 10.66.7.8\n{behaviour}"));
    let gateway = Gateway::start(script).await.unwrap();
    let mut settings = settings(gateway.tcp_addr().port(), &gateway.cookie());
    settings.gateway.tls.pins = vec![gateway.pin().parse().unwrap()];
    settings.reconnect_timeout = Duration::from_secs(2);
    let record = Record::default();
    let relogin = Scripted {
        settings: settings.clone(),
        answers: RefCell::new(answers(&gateway).into()),
        record: record.clone(),
    };
    let client = Client::start_with(settings, RecordingSetup::new(), None, Some(Box::new(relogin)));
    (Bench { gateway, client }, record)
}

fn sessions(count: usize) -> impl FnOnce(&Gateway) -> Vec<Answer> {
    move |gateway| {
        let cookies = std::iter::repeat_with(|| Answer::Session(gateway.new_cookie()));
        cookies.take(count).collect()
    }
}

async fn channels(bench: &Bench, count: usize) {
    bench.seen(count, |kind| *kind == EventKind::ConfigSent).await;
}

#[test]
fn a_session_that_is_ended_is_replaced_and_packets_go_on() {
    run(async {
        for order in ["terminate 8", "terminate 1", "terminate 6"] {
            let (mut bench, record) = start("", sessions(1)).await;
            bench.client.connected().await;
            bench.esp_carries_data().await;
            bench.order(order).await;
            channels(&bench, 2).await;
            bench.exchange(20).await;
            bench.esp_carries_data().await;
            assert_eq!((record.sign_ins.get(), record.checks.get()), (1, 1));
            let gateway = &bench.gateway;
            assert_eq!((gateway.stats().tunnel_requests, gateway.stats().logouts), (2, 0));
            let ending = bench.client.end_by(Request::Interrupt).await;
            ending.is(0, &[]);
            // nothing was set up anew in between
            let calls = ["prepare", "apply", "attempt_reconnect", "reconnected", "revert"];
            assert_eq!(ending.calls, calls);
            assert_eq!(bench.gateway.stats().logouts, 1, "of the new session");
            assert_eq!(record.checks.get(), 0);
        }
    });
}

#[test]
fn a_cookie_that_is_refused_is_replaced_even_the_first_one() {
    run(async {
        for style in ["redirect", "403", "zero"] {
            let (mut bench, record) = start("", sessions(1)).await;
            bench.client.connected().await;
            bench.order(&format!("reject {style}")).await;
            bench.order("close tcp").await;
            accept_again(&bench).await;
            channels(&bench, 2).await;
            assert_eq!(record.sign_ins.get(), 1);
            bench.exchange(5).await;
            bench.end().await;
        }
        let (mut bench, _) = start("at start: reject 403", sessions(1)).await;
        accept_again(&bench).await;
        bench.client.connected().await;
        bench.exchange(5).await;
        bench.end().await;
    });
}

/// The gateway takes cookies again. There is a pause before the sign-in: the session did not last.
async fn accept_again(bench: &Bench) {
    until("the end of the session", || {
        bench.client.log().contains("signing in again")
    })
    .await;
    bench.order("reject off").await;
}

#[test]
fn what_a_sign_in_refuses_is_final() {
    run(async {
        for (status, number) in [
            (ExitStatus::LoginRefused, 3),
            (ExitStatus::InputNeeded, 4),
            (ExitStatus::Untrusted, 6),
        ] {
            let (mut bench, record) = start("", |_| vec![Answer::Error(status)]).await;
            bench.client.connected().await;
            bench.order("terminate 8").await;
            let ending = bench.client.ended().await;
            ending.is(
                number,
                &[
                    "the sign-in failed",
                    "note: the session had ended before: ",
                    "; a fact",
                ],
            );
            assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
            assert_eq!(record.sign_ins.get(), 1);
        }
    });
}

#[test]
fn a_gateway_out_of_reach_is_tried_again_for_a_while() {
    run(async {
        let (mut bench, record) = start("", |gateway| {
            let mut answers = vec![Answer::Error(ExitStatus::Unavailable)];
            answers.extend(sessions(1)(gateway));
            answers
        })
        .await;
        bench.client.connected().await;
        bench.order("terminate 8").await;
        channels(&bench, 2).await;
        bench.exchange(5).await;
        assert_eq!(record.sign_ins.get(), 2);
        bench.end().await;
        let lost = [(); 4].map(|()| Answer::Error(ExitStatus::NoHost));
        let (mut bench, record) = start("", |_| lost.into()).await;
        bench.client.connected().await;
        bench.order("terminate 8").await;
        let ending = bench.client.ended().await;
        ending.is(75, &["the session had ended before", "--reconnect-timeout"]);
        assert!(record.sign_ins.get() < 4);
    });
}

#[test]
fn the_user_may_end_it_in_the_middle_of_a_sign_in() {
    run(async {
        let (mut bench, record) = start("", |_| vec![Answer::Nothing]).await;
        bench.client.connected().await;
        bench.order("terminate 8").await;
        until("the sign-in", || record.sign_ins.get() == 1).await;
        // packets wait in the device
        assert!(!bench.client.try_exchange().await);
        let ending = bench.client.end_by(Request::Interrupt).await;
        ending.is(0, &[]);
        assert!(ending.took < Duration::from_millis(1800), "{ending:?}");
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
        let stats = bench.gateway.stats();
        assert_eq!(
            (stats.logouts, stats.stray_logouts),
            (0, 0),
            "there is no session"
        );
    });
}

#[test]
fn a_bug_ends_the_run_in_order() {
    run(async {
        let (mut bench, _) = start("", |_| vec![Answer::Panic]).await;
        bench.client.connected().await;
        bench.order("terminate 8").await;
        let ending = bench.client.ended().await;
        ending.is(
            70,
            &["internal error", "the network set-up was undone", "report it"],
        );
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
    });
}

#[test]
fn sessions_that_end_at_once_are_no_reason_to_sign_in_for_ever() {
    run(async {
        let (mut bench, record) = start("", sessions(3)).await;
        bench.client.connected().await;
        for count in 1..=2 {
            bench.order("terminate 6").await;
            channels(&bench, count + 1).await;
            bench.exchange(1).await;
        }
        bench.order("terminate 6").await;
        let ending = bench.client.ended().await;
        ending.is(
            7,
            &["3 sessions in a row lasted less than a minute", "no reason known"],
        );
        assert_eq!(record.sign_ins.get(), 2);
    });
}
