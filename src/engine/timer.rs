//! All deadlines of the engine in one table, each with the reason for waking up.

use std::time::Instant;

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// The gateway must finish the set-up of the tunnel.
    SetUp,
    /// The next probe, or the end of probing.
    Probe,
    /// ESP has been silent: ask the gateway whether it is still there, or give it up.
    DeadPeer,
    /// The channel is lost: try again.
    Reconnect,
    /// There is no way to the gateway: look whether there is one.
    Look,
}

/// One optional deadline for each [`Timer`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TimerTable {
    deadlines: [Option<Instant>; COUNT],
}

impl TimerTable {
    /// Sets or clears the deadline of `timer`.
    pub(super) fn set(&mut self, timer: Timer, deadline: Option<Instant>) {
        self.deadlines[timer as usize] = deadline;
    }

    /// Whether `timer` has a deadline.
    pub(super) fn is_set(&self, timer: Timer) -> bool {
        self.deadlines[timer as usize].is_some()
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<(Instant, Timer)> {
        let due = |timer: Timer| self.deadlines[timer as usize].map(|deadline| (deadline, timer));
        ALL.into_iter()
            .filter_map(due)
            .min_by_key(|(deadline, _)| *deadline)
    }

    /// Takes out a timer that is due at `now`.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Timer> {
        let (deadline, timer) = self.next()?;
        if deadline > now {
            return None;
        }
        self.set(timer, None);
        Some(timer)
    }
}

const COUNT: usize = 5;
const ALL: [Timer; COUNT] = [
    Timer::SetUp,
    Timer::Probe,
    Timer::DeadPeer,
    Timer::Reconnect,
    Timer::Look,
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_earliest_timer_comes_first_and_once() {
        let now = Instant::now();
        let mut table = TimerTable::default();
        table.set(Timer::Reconnect, Some(now + Duration::from_secs(2)));
        table.set(Timer::Probe, Some(now + Duration::from_secs(1)));
        assert_eq!(table.take_due(now), None);
        assert_eq!(table.take_due(now + Duration::from_secs(3)), Some(Timer::Probe));
        assert_eq!(
            table.take_due(now + Duration::from_secs(3)),
            Some(Timer::Reconnect)
        );
        assert_eq!(table.take_due(now + Duration::from_secs(3)), None);
    }
}
