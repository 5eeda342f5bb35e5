//! Checks against a scripted gateway, and with small scripts as external programs.

mod external;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, timeout};
use tracing::subscriber::DefaultGuard;

use super::*;
use crate::auth::host_check::{Claims, HostCheckError};
use crate::exit::ExitStatus;
use crate::net::status::Board;

/// A gateway that answers as it is told, then no more.
#[derive(Clone, Default)]
struct Gateway {
    answers: Rc<RefCell<VecDeque<Answer>>>,
    /// Seconds since the start, the cookies, and whether it was the first request of a check.
    seen: Rc<RefCell<Vec<(u64, String, bool)>>>,
    start: Option<Instant>,
}

enum Answer {
    /// The first one, with these lines before the message.
    Policies(&'static str),
    /// The second one, with a cookie.
    Cookie(&'static str),
    Status(u16),
    Closed,
}

impl Gateway {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let gateway = Self {
            start: Some(Instant::now()),
            ..Self::default()
        };
        gateway.answer(answers);
        gateway
    }

    fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.borrow_mut().extend(answers);
    }

    /// What was asked since the last call.
    fn seen(&self) -> Vec<(u64, String, bool)> {
        std::mem::take(&mut *self.seen.borrow_mut())
    }
}

impl Exchange for Gateway {
    fn send<'a>(&'a mut self, request: &'a Request) -> Exchanged<'a> {
        let form = request.form.as_ref().expect("a POST").text.expose();
        let seconds = self.start.map_or(0, |start| start.elapsed().as_secs());
        let seen = (
            seconds,
            request.cookies.expose().to_owned(),
            form.starts_with("connID=0;"),
        );
        self.seen.borrow_mut().push(seen);
        let answer = self.answers.borrow_mut().pop_front();
        Box::pin(async move {
            match answer {
                Some(answer) => answer.response(),
                None => std::future::pending().await,
            }
        })
    }
}

impl Answer {
    fn response(self) -> Result<Response, NetError> {
        let mut response = Response {
            status: 200,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        match self {
            Self::Policies(lines) => {
                response.body = format!("{lines}msg={}\n\n", STANDARD.encode(policies())).into();
            }
            Self::Cookie(value) => {
                let line = format!("DSPREAUTH={value}; path=/dana-na/; secure");
                let line = HeaderValue::from_str(&line).unwrap();
                response.headers.insert(SET_COOKIE, line);
            }
            Self::Status(status) => response.status = status,
            Self::Closed => {
                return Err(NetError::Closed {
                    place: "gateway.test:443".to_owned(),
                });
            }
        }
        Ok(response)
    }
}

/// A message that asks for the policies `a` and `b`, by the layout of `juniper-nc.md §5.5`.
fn policies() -> Vec<u8> {
    let text = b"\x00\x05\x83\x16<param name=\"x\" value=\"policy=a;policy=b\">\0\0";
    let packet = |code: u16, payload: &[u8]| {
        let length = u16::try_from(12 + payload.len()).unwrap();
        let head = [
            &[0, 0][..],
            &code.to_be_bytes(),
            &[0xc0, 0],
            &length.to_be_bytes(),
        ]
        .concat();
        [
            head.as_slice(),
            &[0, 0, 5, 0x83],
            payload,
            &[0; 3][..payload.len().wrapping_neg() % 4],
        ]
        .concat()
    };
    packet(0x13, &packet(0x0ce4, &packet(0x0ce7, text)))
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn count(&self, text: &str) -> usize {
        String::from_utf8_lossy(&self.0.lock().unwrap())
            .matches(text)
            .count()
    }
}

impl io::Write for Log {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn page() -> Url {
    "https://gateway.test/dana-na/auth/url_default/welcome.cgi?p=preauth"
        .parse()
        .unwrap()
}

fn cookies() -> CheckCookies {
    CheckCookies {
        preauth: Secret::new("p0"),
        signin: Some(Secret::new("url_default")),
    }
}

fn settings() -> HostCheckSettings {
    HostCheckSettings::default()
}

async fn check(
    settings: &HostCheckSettings,
    gateway: &Gateway,
) -> (HostChecker, Result<Passed, CheckFailure>) {
    let mut checker = HostChecker::new(settings).unwrap();
    let passed = checker.check(&mut gateway.clone(), &page(), cookies()).await;
    (checker, passed)
}

/// A re-check, and what it logs. Tests that log without listening could switch off what others listen to: `tracing`
/// remembers per line of code whether anybody does.
struct Rechecking {
    run: Pin<Box<dyn Future<Output = ()>>>,
    log: Log,
    _guard: DefaultGuard,
}

impl Rechecking {
    fn start(checker: HostChecker, gateway: &Gateway) -> Option<Self> {
        let recheck = checker.into_recheck(Box::new(gateway.clone()))?;
        let (log, guard) = Log::start();
        Some(Self {
            run: Box::pin(recheck.run(Board::new("work"))),
            log,
            _guard: guard,
        })
    }

    /// Goes on for this long, of a clock that is not real. True when it ended by itself.
    async fn ends_within(&mut self, seconds: u64) -> bool {
        timeout(Duration::from_secs(seconds), &mut self.run).await.is_ok()
    }
}

/// A re-check after a first check that was answered with this.
async fn recheck(settings: &HostCheckSettings, gateway: &Gateway, lines: &'static str) -> Option<Rechecking> {
    gateway.answer([Answer::Policies(lines), Answer::Cookie("p1")]);
    let (mut checker, passed) = check(settings, gateway).await;
    passed.unwrap();
    checker.session_arrived(None).await;
    gateway.seen();
    Rechecking::start(checker, gateway)
}

fn asked(seconds: u64, preauth: &str) -> [(u64, String, bool); 2] {
    let cookies = format!("DSPREAUTH={preauth}; DSSIGNIN=url_default");
    [(seconds, cookies.clone(), true), (seconds, cookies, false)]
}

#[tokio::test(start_paused = true)]
async fn the_built_in_check_takes_two_requests() {
    let gateway = Gateway::new([Answer::Policies("interval=10\n"), Answer::Cookie("p1")]);
    let settings = HostCheckSettings {
        claims: Claims::parse("a = ok").unwrap(),
        ..settings()
    };
    let (_, passed) = check(&settings, &gateway).await;
    let passed = passed.unwrap();
    assert_eq!(passed.preauth.expose(), "p1");
    assert_eq!(passed.interval, Some(Duration::from_secs(600)));
    let policies = passed.policies.iter();
    let policies: Vec<_> = policies
        .map(|policy| (policy.name.as_str(), policy.met))
        .collect();
    assert_eq!(policies, [("a", true), ("b", false)]);
    assert_eq!(gateway.seen(), asked(0, "p0"));
}

#[tokio::test(start_paused = true)]
async fn failures_of_the_built_in_check_are_told() {
    let gateway = Gateway::new([Answer::Closed]);
    let failure = check(&settings(), &gateway).await.1.unwrap_err();
    assert_eq!(failure.user_error().status, ExitStatus::Unavailable);
    let gateway = Gateway::new([Answer::Status(404)]);
    let failure = check(&settings(), &gateway).await.1.unwrap_err();
    let CheckFailure::Check(HostCheckError::NotFound { user_agent }) = failure else {
        panic!("{failure:?}")
    };
    assert_eq!(user_agent, DEFAULT_USER_AGENT);
    let gateway = Gateway::new([Answer::Policies(""), Answer::Policies("")]);
    let (checker, failure) = check(&settings(), &gateway).await;
    let note = failure.unwrap_err().user_error().note.unwrap();
    assert_eq!(note, "it asked for, and was told: \"a\" (not ok), \"b\" (not ok)");
    assert!(checker.into_recheck(Box::new(gateway)).is_none());
}

#[tokio::test(start_paused = true)]
async fn without_an_interval_there_is_no_other_check() {
    let gateway = Gateway::new([]);
    for lines in ["", "interval=0\n"] {
        assert!(recheck(&settings(), &gateway, lines).await.is_none());
    }
    let unchecked = HostChecker::new(&settings()).unwrap();
    assert!(unchecked.into_recheck(Box::new(gateway)).is_none());
}

#[tokio::test(start_paused = true)]
async fn each_check_sends_the_newest_cookie() {
    // R43
    let gateway = Gateway::new([]);
    let mut recheck = recheck(&settings(), &gateway, "interval=10\n").await.unwrap();
    gateway.answer([Answer::Policies("interval=10\n"), Answer::Cookie("p2")]);
    gateway.answer([Answer::Policies("interval=5\n"), Answer::Cookie("p3")]);
    gateway.answer([Answer::Policies(""), Answer::Cookie("p4")]);
    assert!(!recheck.ends_within(599).await);
    assert_eq!(gateway.seen(), []);
    assert!(!recheck.ends_within(700).await);
    assert_eq!(gateway.seen(), [asked(600, "p1"), asked(1200, "p2")].concat());
    assert!(recheck.ends_within(1000).await, "the gateway wants no more");
    assert_eq!(gateway.seen(), asked(1500, "p3"));
}

#[tokio::test(start_paused = true)]
async fn the_user_can_shorten_the_interval() {
    let gateway = Gateway::new([]);
    let settings = HostCheckSettings {
        interval: Some(Duration::from_secs(60)),
        ..settings()
    };
    let mut recheck = recheck(&settings, &gateway, "interval=10\n").await.unwrap();
    assert!(!recheck.ends_within(61).await);
    assert_eq!(gateway.seen(), asked(60, "p1")[..1]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_check_is_tried_three_times_and_then_the_tunnel_goes_on() {
    let gateway = Gateway::new([]);
    let mut recheck = recheck(&settings(), &gateway, "interval=10\n").await.unwrap();
    gateway.answer([Answer::Closed, Answer::Status(500)]);
    gateway.answer([Answer::Policies("interval=10\n"), Answer::Cookie("p2")]);
    assert!(!recheck.ends_within(1000).await);
    let times = |seen: Vec<(u64, String, bool)>| seen.iter().map(|(time, ..)| *time).collect::<Vec<_>>();
    assert_eq!(times(gateway.seen()), [600, 630, 660, 660]);
    assert_eq!(recheck.log.count("once more in 30 s"), 2);
    assert_eq!(recheck.log.count("WARN"), 0);
    assert_eq!(recheck.log.count("the host check was repeated"), 1);
    assert_eq!(recheck.log.count("unmet=2"), 1);
    // the next one after 1260, the last attempt of it at 1320
    gateway.answer([Answer::Closed, Answer::Closed, Answer::Closed]);
    gateway.answer([Answer::Policies(""), Answer::Cookie("p3")]);
    assert!(!recheck.ends_within(900).await);
    assert_eq!(times(gateway.seen()), [1260, 1290, 1320]);
    assert_eq!(recheck.log.count("WARN"), 1);
    assert_eq!(recheck.log.count("may end the session soon"), 1);
    assert!(recheck.ends_within(100).await);
    assert_eq!(gateway.seen(), asked(1920, "p2"));
    assert!(!String::from_utf8_lossy(&recheck.log.0.lock().unwrap()).contains("p2"));
}

#[tokio::test(start_paused = true)]
async fn a_cookie_of_half_a_check_is_not_lost() {
    let gateway = Gateway::new([]);
    let mut recheck = recheck(&settings(), &gateway, "interval=1\n").await.unwrap();
    gateway.answer([Answer::Policies("interval=1\n"), Answer::Closed]);
    gateway.answer([Answer::Policies("interval=0\n"), Answer::Cookie("p2")]);
    assert!(recheck.ends_within(100).await);
    assert_eq!(gateway.seen(), [asked(60, "p1"), asked(90, "p1")].concat());
}

#[tokio::test(start_paused = true)]
async fn the_cookie_of_the_session_page_is_the_newest() {
    let gateway = Gateway::new([Answer::Policies("interval=1\n"), Answer::Cookie("p1")]);
    let (mut checker, passed) = check(&settings(), &gateway).await;
    passed.unwrap();
    checker.session_arrived(Some(Secret::new("later"))).await;
    gateway.seen();
    let mut recheck = Rechecking::start(checker, &gateway).unwrap();
    assert!(!recheck.ends_within(61).await);
    assert_eq!(gateway.seen(), asked(60, "later")[..1]);
}

#[test]
fn certificates_are_read_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("machine.pem");
    let machine = || HostCheckSettings {
        machine: Some(Machine {
            certificates: vec![file.clone()],
            ..Machine::default()
        }),
        ..settings()
    };
    let error = HostChecker::new(&machine()).unwrap_err();
    assert_eq!(error.status, ExitStatus::NoInput);
    std::fs::write(&file, "x").unwrap();
    let error = HostChecker::new(&machine()).unwrap_err();
    assert_eq!(error.status, ExitStatus::BadData);
    assert!(
        error
            .message
            .ends_with("machine.pem cannot be used: there is no certificate in PEM form in it")
    );
    let key = rcgen::generate_simple_self_signed(["host".to_owned()]).unwrap();
    std::fs::write(&file, key.cert.pem()).unwrap();
    HostChecker::new(&machine()).unwrap();
}
