//! A session that ended and a new one in its place: when to sign in again, how often, and what goes on afterwards.
//!
//! The loop goes on meanwhile. The device, the routes and the name servers stay as they are; packets wait in the device.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::sleep;
use tracing::{info, warn};

use super::{Companion, Driver, board};
use crate::auth::cookies::Jar;
use crate::engine::End;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::connect::Connector;
use crate::net::ending::{self, Ending};
use crate::net::http;
use crate::net::status::{News, State};
use crate::protocol::LinkError;

/// Who signs in again when the session has ended.
pub trait Relogin {
    /// Signs in without asking anybody. `last` is the way to the gateway of the session that has ended: its name may be
    /// known to name servers inside the tunnel only. Dropping the future leaves nothing behind.
    fn sign_in(&mut self, last: Connector) -> SigningIn<'_>;
}

/// A sign-in under way.
pub type SigningIn<'a> = Pin<Box<dyn Future<Output = Result<NewSession, Error>> + 'a>>;

/// What a sign-in brings.
pub struct NewSession {
    /// Makes connections to the address that served the sign-in.
    pub connector: Connector,
    /// Its cookies.
    pub jar: Jar,
    /// Work that belongs to the session, as long as it lives: the host check.
    pub companion: Option<Companion<'static>>,
}

/// The part of the driver that renews sessions.
pub(super) struct Renewal<'a> {
    /// Absent while it signs in.
    relogin: Option<Box<dyn Relogin + 'a>>,
    under_way: Option<UnderWay<'a>>,
    patience: Patience,
    /// End of the session that is to be replaced.
    ended: Option<End>,
}

type UnderWay<'a> = Pin<Box<dyn Future<Output = (Box<dyn Relogin + 'a>, Renewed)> + 'a>>;

/// What became of a sign-in.
pub(super) type Renewed = Result<NewSession, Error>;

impl<'a> Renewal<'a> {
    /// `budget` is how long the gateway may stay out of reach.
    pub(super) fn new(relogin: Option<Box<dyn Relogin + 'a>>, budget: Duration) -> Self {
        Self {
            relogin,
            under_way: None,
            patience: Patience::new(budget),
            ended: None,
        }
    }

    /// The tunnel is up with the present session.
    pub(super) fn session_works(&mut self, now: Instant) {
        self.patience.session_works(now);
    }

    /// The session has ended, and there is no other yet.
    pub(super) fn is_between_sessions(&self) -> bool {
        self.ended.is_some()
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Renewed> {
        let Some(under_way) = &mut self.under_way else {
            return Poll::Pending;
        };
        under_way.as_mut().poll(cx).map(|(relogin, result)| {
            self.under_way = None;
            self.relogin = Some(relogin);
            result
        })
    }

    fn begin(&mut self, pause: Duration, last: Connector) {
        if let Some(mut relogin) = self.relogin.take() {
            self.under_way = Some(Box::pin(async move {
                if !pause.is_zero() {
                    sleep(pause).await;
                }
                let result = relogin.sign_in(last).await;
                (relogin, result)
            }));
        }
    }
}

impl Driver<'_> {
    /// The engine says that it is over: the end of the run, unless a new session can take the place of this one.
    pub(super) fn session_ended(&mut self, end: End) -> Option<Ending> {
        if self.renewal.relogin.is_none() || !is_renewable(&end) {
            return Some(Ending::Engine(end));
        }
        let error = ending::ended(end.clone(), &self.settings);
        let Some(pause) = self.renewal.patience.session_ended(Instant::now()) else {
            let why = format!("{SHORT_LIVED} sessions in a row lasted less than a minute");
            return Some(Ending::Failed(annotated(error, &why)));
        };
        warn!(
            pause_in_seconds = pause.as_secs(),
            why = error.note.as_deref().unwrap_or_default(),
            "{}, signing in again",
            error.message
        );
        board::lost(&self.parts.board, &error.message, pause);
        self.parts.board.enter(State::Login);
        self.channel = None;
        self.retired = None;
        self.opening = None;
        self.udp = None;
        self.batch_blocked = false;
        self.parts.recheck = None;
        self.renewal.ended = Some(end);
        self.renewal.begin(pause, self.connector.clone());
        None
    }

    /// A sign-in is done.
    pub(super) fn take_renewed(&mut self, result: Renewed, now: Instant) -> Option<Ending> {
        match result {
            Ok(session) => {
                self.go_on_with(session);
                None
            }
            Err(error) => self.renewal_failed(error, now),
        }
    }

    fn go_on_with(&mut self, session: NewSession) {
        info!("signed in again");
        self.parts.board.tell(News::LoginOk);
        self.parts.board.enter(match self.up {
            true => State::Reconnecting,
            false => State::Connecting,
        });
        self.renewal.ended = None;
        self.renewal.patience.signed_in();
        self.connector = session.connector;
        self.jar = session.jar;
        self.parts.recheck = session.companion.map(|work| -> Companion<'_> { work });
        if let Some(host) = self.connector.url().host_str() {
            host.trim_matches(['[', ']'])
                .clone_into(&mut self.settings.gateway.host);
        }
        self.session_began(true);
        self.engine.session_renewed(http::host(self.connector.url()));
    }

    /// Only a gateway that cannot be reached is tried again: what it refused is final.
    fn renewal_failed(&mut self, error: Error, now: Instant) -> Option<Ending> {
        let is_out_of_reach = matches!(error.status, ExitStatus::Unavailable | ExitStatus::NoHost);
        let pause = match is_out_of_reach {
            true => self.renewal.patience.out_of_reach(now),
            false => None,
        };
        if let Some(pause) = pause {
            warn!(
                pause_in_seconds = pause.as_secs(),
                "not signed in again, once more after a pause: {}", error.message
            );
            self.renewal.begin(pause, self.connector.clone());
            return None;
        }
        let ended = self.renewal.ended.clone();
        let before = ended.map(|end| ending::ended(end, &self.settings).message);
        let mut error = annotated(
            error,
            &format!("the session had ended before: {}", before.unwrap_or_default()),
        );
        if is_out_of_reach {
            error.status = ExitStatus::NetworkLost;
            error.hint = Some("try later, or allow more time with --reconnect-timeout SECONDS".to_owned());
        }
        Some(Ending::Failed(error))
    }
}

/// Whether a sign-in can be the cure.
fn is_renewable(end: &End) -> bool {
    matches!(
        end,
        End::Link(
            LinkError::CookieRefused { .. }
                | LinkError::SessionRejected { .. }
                | LinkError::Terminated { .. }
        )
    )
}

/// With one more fact in front of those that are told already.
fn annotated(error: Error, fact: &str) -> Error {
    let note = match &error.note {
        Some(note) => format!("{fact}; {note}"),
        None => fact.to_owned(),
    };
    error.note(note)
}

/// How often to sign in: sessions that end at once must not become a storm of sign-ins, which locks accounts.
#[derive(Debug)]
struct Patience {
    budget: Duration,
    works_since: Option<Instant>,
    /// Sessions in a row that did not last.
    short: usize,
    /// Since when the gateway is out of reach, and the pause before the last attempt.
    lost: Option<(Instant, Duration)>,
}

impl Patience {
    fn new(budget: Duration) -> Self {
        Self {
            budget,
            works_since: None,
            short: 0,
            lost: None,
        }
    }

    /// Called with every configuration; the first one of a session counts.
    fn session_works(&mut self, now: Instant) {
        self.works_since.get_or_insert(now);
    }

    /// How long to wait before the sign-in; `None`: there will be none.
    fn session_ended(&mut self, now: Instant) -> Option<Duration> {
        let lasted = self
            .works_since
            .take()
            .is_some_and(|since| now.saturating_duration_since(since) >= LONG_ENOUGH);
        self.short = if lasted { 0 } else { self.short + 1 };
        PAUSES.get(self.short).copied()
    }

    fn signed_in(&mut self) {
        self.lost = None;
    }

    /// How long to wait before the next attempt; `None`: it has taken too long.
    fn out_of_reach(&mut self, now: Instant) -> Option<Duration> {
        let (since, pause) = self.lost.unwrap_or((now, Duration::ZERO));
        let pause = (2 * pause).clamp(MIN_PAUSE, MAX_PAUSE);
        self.lost = Some((since, pause));
        (now.saturating_duration_since(since) + pause <= self.budget).then_some(pause)
    }
}

/// A session that works for so long is a good one.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// Waiting time after so many sessions in a row that were none.
const PAUSES: [Duration; SHORT_LIVED] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5)];

/// After so many of them it is over.
const SHORT_LIVED: usize = 3;

/// First pause when the gateway cannot be reached; it doubles.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// Longest one.
const MAX_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn three_sessions_that_do_not_last_are_the_end() {
        let mut now = Instant::now();
        let mut patience = Patience::new(SECOND);
        let mut session = |lasting: u64| {
            patience.session_works(now);
            now += Duration::from_secs(lasting);
            // a reconnect in between does not make it a new session
            patience.session_works(now);
            patience.session_ended(now)
        };
        assert_eq!(session(3600), Some(Duration::ZERO));
        assert_eq!(session(59), Some(SECOND));
        assert_eq!(session(60), Some(Duration::ZERO));
        assert_eq!(session(5), Some(SECOND));
        assert_eq!(session(5), Some(5 * SECOND));
        assert_eq!(session(5), None);
    }

    #[test]
    fn a_session_that_never_worked_did_not_last() {
        let now = Instant::now();
        let mut patience = Patience::new(SECOND);
        let ends = [(); 3].map(|()| patience.session_ended(now));
        assert_eq!(ends, [Some(SECOND), Some(5 * SECOND), None]);
    }

    #[test]
    fn a_gateway_out_of_reach_is_tried_for_so_long() {
        let start = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(100));
        let mut now = start;
        let mut log = Vec::new();
        while let Some(pause) = patience.out_of_reach(now) {
            now += pause;
            log.push((now - start).as_secs());
        }
        assert_eq!(log, [1, 3, 7, 15, 31, 63]);
        patience.signed_in();
        assert_eq!(patience.out_of_reach(now), Some(SECOND));
        assert_eq!(Patience::new(Duration::ZERO).out_of_reach(now), None);
    }

    #[test]
    fn only_what_a_sign_in_can_cure_is_renewed() {
        let link = |error| is_renewable(&End::Link(error));
        assert!(link(LinkError::Terminated { reason: 8 }));
        assert!(link(LinkError::CookieRefused { status: 302 }));
        assert!(!link(LinkError::Refused { code: 8 }));
        assert!(!is_renewable(&End::AddressChanged {
            old: [10, 0, 0, 1].into(),
            new: [10, 0, 0, 2].into(),
        }));
    }
}
