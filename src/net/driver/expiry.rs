//! The limits of the session as the event loop keeps them: told before they are reached, on the log and on the board.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::{Duration, Instant, SystemTime};

use tokio::time::{Sleep, sleep_until};
use tracing::{info, warn};

use super::Driver;
use crate::auth::cookies::Jar;
use crate::engine::Statistics;
use crate::engine::limits::{Countdown, SessionLimits, Warning};
use crate::net::status::{Board, News, time_of};

/// The countdown with a timer.
pub(super) struct Expiry {
    limits: SessionLimits,
    countdown: Countdown,
    /// By the clock on the wall, which goes on while the machine sleeps.
    ends: Option<SystemTime>,
    timer: Pin<Box<Sleep>>,
    armed: Option<Instant>,
}

impl Expiry {
    /// Nothing is counted before [`Driver::session_began`].
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self {
            limits,
            countdown: Countdown::default(),
            ends: None,
            timer: Box::pin(sleep_until(tokio::time::Instant::now())),
            armed: None,
        }
    }

    fn begin(&mut self, begun: SystemTime, told: Option<SystemTime>, board: &Board) {
        let now = Instant::now();
        self.countdown = Countdown::start(self.limits, now);
        self.ends = told.or_else(|| begun.checked_add(self.limits.session?));
        self.set_clock(now);
        let (ends, idle) = (self.ends, self.limits.idle);
        board.update(|status| {
            status.login.expires_at = ends.map(time_of);
            status.login.idle_timeout_s = idle.map(|idle| idle.as_secs());
        });
    }

    /// The clock on the wall counts.
    pub(super) fn set_clock(&mut self, now: Instant) {
        if let Some(ends) = self.ends {
            let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
            self.countdown.ends_in(left, now);
        }
    }

    /// A line for the user who asks how things are.
    pub(super) fn line(&self) -> Option<String> {
        self.ends
            .map(|ends| format!("\n  the session ends at {}", time_of(ends)))
    }

    /// Counts inner traffic.
    pub(super) fn note(&mut self, counters: &Statistics) {
        if self.limits.idle.is_some() {
            let ways = [
                counters.channel_in,
                counters.channel_out,
                counters.udp_in,
                counters.udp_out,
            ];
            let packets = ways.iter().map(|way| way.packets).sum();
            self.countdown.packets(packets, Instant::now());
        }
    }

    /// Tells what is due, and wakes the task for what will be.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, board: &Board) {
        while let Some(next) = self.countdown.next() {
            if self.armed != Some(next) {
                self.armed = Some(next);
                self.timer.as_mut().reset(next.into());
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return;
            }
            self.armed = None;
            if let Some(warning) = self.countdown.due(Instant::now()) {
                tell(warning, board);
            }
        }
    }
}

impl Driver<'_> {
    /// There is a session: a new one, or one that the user brought along and whose age only its cookies may tell.
    pub(super) fn session_began(&mut self, is_new: bool) {
        let now = SystemTime::now();
        let begun = match is_new {
            true => None,
            false => first_access(&self.jar, self.connector.url(), now),
        };
        let told = self
            .jar
            .session_expiry()
            .and_then(|seconds| at(seconds.try_into().ok()?));
        self.expiry.begin(begun.unwrap_or(now), told, &self.parts.board);
    }
}

/// When the session of these cookies began, if they say so (`juniper-nc.md §3.4`) and it is no time to come.
fn first_access(jar: &Jar, url: &url::Url, now: SystemTime) -> Option<SystemTime> {
    let value = ["DSFirstAccess", "DSFirst"]
        .iter()
        .find_map(|name| jar.value(url, name))?;
    at(value.expose().parse().ok()?).filter(|begun| *begun <= now)
}

fn at(unix_seconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(unix_seconds))
}

fn tell(warning: Warning, board: &Board) {
    let left = match warning {
        Warning::Ends(left) | Warning::Idle(left) => left,
    };
    // a step is told when it is due, not a moment before
    let seconds_left = (left + Duration::from_millis(500)).as_secs();
    let minutes = seconds_left.div_ceil(60).max(1);
    let span = match minutes {
        1 => "1 minute".to_owned(),
        more => format!("{more} minutes"),
    };
    match warning {
        Warning::Ends(_) if minutes > 1 => info!("the session ends in {span} (--session-limit)"),
        Warning::Ends(_) => warn!("the session ends in {span} (--session-limit)"),
        Warning::Idle(_) => warn!("without traffic the session ends in {span} (--idle-limit)"),
    }
    board.tell(News::Expiring {
        expires_at: time_of(SystemTime::now() + left),
        seconds_left,
    });
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;
    use crate::secret::Secret;

    #[tokio::test]
    async fn what_is_near_is_told_on_the_board() {
        let board = Board::new("work");
        let mut listener = board.listen();
        let limits = SessionLimits {
            session: Some(Duration::from_secs(3600)),
            idle: Some(Duration::from_secs(600)),
        };
        let mut expiry = Expiry::new(limits);
        let begun = SystemTime::now() - Duration::from_secs(3300);
        // five minutes are left; a moment later the next step is due
        expiry.begin(begun, None, &board);
        expiry.ends = expiry.ends.map(|ends| ends + Duration::from_millis(40));
        expiry.set_clock(Instant::now());
        assert_eq!(board.status().login.idle_timeout_s, Some(600));
        assert!(board.status().login.expires_at.is_some());
        let told = poll_fn(|cx| {
            expiry.poll(cx, &board);
            match listener.try_recv() {
                Ok(told) => Poll::Ready(told),
                Err(_) => Poll::Pending,
            }
        });
        let told = tokio::time::timeout(Duration::from_secs(10), told)
            .await
            .expect("told");
        assert!(
            matches!(
                told.news,
                News::Expiring {
                    seconds_left: 300,
                    ..
                }
            ),
            "{:?}",
            told.news
        );
    }

    #[test]
    fn cookies_tell_how_old_a_session_is() {
        let url = url::Url::parse("https://gateway.test/").expect("a URL");
        let now = at(1_000_000).expect("a time");
        for (cookie, begun) in [
            ("DSID=1; DSFirst=999000", at(999_000)),
            ("DSID=1; DSFirst=1000001", None),
            ("DSID=1; DSFirst=x", None),
            ("DSID=1", None),
        ] {
            let mut jar = Jar::new(&url);
            jar.insert_option(&Secret::new(cookie)).expect("a cookie");
            assert_eq!(first_access(&jar, &url, now), begun, "{cookie}");
        }
    }
}
