//! When to try again after the channel was lost (`juniper-nc.md §17.2`).

use std::time::{Duration, Instant};

/// Attempts with growing pauses inside a time budget: at once, then after 1, 2, 4, … 60 s. One attempt follows the
/// end of the budget.
#[derive(Debug, Clone, Copy)]
pub(super) struct Backoff {
    budget: Duration,
    lost_at: Option<Instant>,
    pause: Duration,
    up_since: Option<Instant>,
}

impl Backoff {
    /// A budget of zero means no attempt at all.
    pub(super) fn new(budget: Duration) -> Self {
        Self {
            budget,
            lost_at: None,
            pause: Duration::ZERO,
            up_since: None,
        }
    }

    /// The channel works.
    pub(super) fn up(&mut self, now: Instant) {
        self.up_since = Some(now);
    }

    /// The channel was lost, or an attempt failed. When to try next; `None` when the budget is used up. Without a way
    /// to the gateway that is late, see [`Backoff::put_off`].
    ///
    /// A channel that did not last is counted as a failed attempt, so that a gateway which accepts and drops at once
    /// is not hammered.
    pub(super) fn next_attempt(&mut self, now: Instant, away: bool) -> Option<Instant> {
        let lasted = self
            .up_since
            .take()
            .is_some_and(|since| now.saturating_duration_since(since) >= STABLE);
        if lasted || self.lost_at.is_none() {
            self.lost_at = Some(now);
            self.pause = Duration::ZERO;
        }
        let lost_at = *self.lost_at.get_or_insert(now);
        if now.saturating_duration_since(lost_at) >= self.budget {
            return None;
        }
        if away {
            return Some(self.put_off(now));
        }
        let at = (now + self.pause).min(lost_at + self.budget);
        self.pause = (self.pause * 2).clamp(MIN_PAUSE, MAX_PAUSE);
        Some(at)
    }

    /// When to try next while there is no way to the gateway. Each attempt would fail at once, so there are few, only
    /// in case it is us who are mistaken; the budget goes on, and ends with an attempt as ever.
    pub(super) fn put_off(&self, now: Instant) -> Instant {
        let end = self.lost_at.unwrap_or(now) + self.budget;
        (now + MAX_PAUSE).min(end)
    }

    /// The network has changed: what has failed so far says nothing about the next attempt, which may come at once. The
    /// budget goes on, unless the channel was up by now.
    pub(super) fn begin_anew(&mut self) {
        self.pause = Duration::ZERO;
        if self.up_since.take().is_some() {
            self.lost_at = None;
        }
    }

    /// Whether a channel may be lost at all.
    pub(super) fn allows_loss(&self) -> bool {
        !self.budget.is_zero()
    }

    /// How long the channel has been lost.
    pub(super) fn lost_for(&self, now: Instant) -> Duration {
        self.lost_at
            .map(|at| now.saturating_duration_since(at))
            .unwrap_or_default()
    }
}

/// A channel that lasted this long was a good one.
const STABLE: Duration = Duration::from_secs(10);

/// First pause.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(budget: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut backoff = Backoff::new(Duration::from_secs(budget));
        let (mut now, mut log) = (start, Vec::new());
        while let Some(at) = backoff.next_attempt(now, false) {
            log.push((at - start).as_secs());
            now = at;
        }
        log
    }

    #[test]
    fn pauses_double_and_one_attempt_ends_the_budget() {
        assert_eq!(attempts(300), [0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 300]);
        assert!(attempts(0).is_empty());
    }

    #[test]
    fn without_a_way_attempts_are_few_and_the_budget_goes_on() {
        let start = Instant::now();
        let mut backoff = Backoff::new(Duration::from_secs(150));
        let (mut now, mut log) = (start, Vec::new());
        while let Some(at) = backoff.next_attempt(now, true) {
            log.push((at - start).as_secs());
            now = at;
        }
        assert_eq!(log, [60, 120, 150]);
    }

    #[test]
    fn a_change_lets_the_pauses_begin_anew_within_the_same_budget() {
        let start = Instant::now();
        let mut backoff = Backoff::new(Duration::from_secs(20));
        let mut now = start;
        for _ in 0..4 {
            now = backoff.next_attempt(now, false).expect("time is left");
        }
        assert_eq!(now - start, Duration::from_secs(7));
        backoff.begin_anew();
        assert_eq!(backoff.next_attempt(now, false), Some(now));
        assert_eq!(backoff.next_attempt(now, false), Some(now + MIN_PAUSE));
        let end = start + Duration::from_secs(20);
        assert_eq!(backoff.next_attempt(end, false), None);
    }

    #[test]
    fn a_channel_that_does_not_last_does_not_reset_the_pauses() {
        let mut now = Instant::now();
        let mut backoff = Backoff::new(Duration::from_secs(30));
        assert_eq!(backoff.next_attempt(now, false), Some(now));
        backoff.up(now);
        now += Duration::from_secs(1);
        assert_eq!(backoff.next_attempt(now, false), Some(now + MIN_PAUSE));
        backoff.up(now);
        now += Duration::from_secs(60);
        assert_eq!(backoff.next_attempt(now, false), Some(now));
    }
}
