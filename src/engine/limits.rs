//! Limits of a session that the gateway does not announce (`juniper-nc.md §6.1`): when the user is to be told of them.

use std::time::{Duration, Instant};

/// What is known of a gateway's limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionLimits {
    /// Longest time from the sign-in to the end.
    pub session: Option<Duration>,
    /// Longest time without inner traffic.
    pub idle: Option<Duration>,
}

/// The limits of one session, and what has been told of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Countdown {
    ends: Option<Instant>,
    told: usize,
    idle: Option<Idle>,
}

#[derive(Debug, Clone, Copy)]
struct Idle {
    limit: Duration,
    /// Inner packets so far.
    packets: u64,
    last_packet: Instant,
    /// When it is looked at again; `None` once it has been told.
    look: Option<Instant>,
}

/// What the user is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The session ends in so much time, whatever is done.
    Ends(Duration),
    /// It ends in so much time without traffic.
    Idle(Duration),
}

impl Countdown {
    /// A session that is there since now.
    pub fn start(limits: SessionLimits, now: Instant) -> Self {
        let mut countdown = Self::default();
        if let Some(left) = limits.session {
            countdown.ends_in(left, now);
        }
        countdown.idle = limits.idle.map(|limit| Idle {
            limit,
            packets: 0,
            last_packet: now,
            look: Some(now + early(limit)),
        });
        countdown
    }

    /// The session ends so long after `now`. What would have been told by then is left out, but for the next line.
    pub fn ends_in(&mut self, left: Duration, now: Instant) {
        self.ends = Some(now + left);
        self.told = STEPS.iter().take_while(|step| **step >= left).count();
    }

    /// So many inner packets there were up to now.
    pub fn packets(&mut self, total: u64, now: Instant) {
        let Some(idle) = &mut self.idle else { return };
        if idle.packets != total {
            idle.packets = total;
            idle.last_packet = now;
            idle.look.get_or_insert(now + early(idle.limit));
        }
    }

    /// When to call [`Countdown::due`].
    pub fn next(&self) -> Option<Instant> {
        let idle = self.idle.and_then(|idle| idle.look);
        self.next_step().into_iter().chain(idle).min()
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Instant) -> Option<Warning> {
        if let (Some(ends), Some(step)) = (self.ends, self.next_step())
            && step <= now
        {
            let left = ends.saturating_duration_since(now);
            self.told = STEPS.iter().take_while(|step| **step >= left).count();
            return Some(Warning::Ends(left));
        }
        let idle = self.idle.as_mut()?;
        if idle.look? > now {
            return None;
        }
        let due = idle.last_packet + early(idle.limit);
        if due > now {
            // there was traffic since the look was planned
            idle.look = Some(due);
            return None;
        }
        idle.look = None;
        let ends = idle.last_packet + idle.limit;
        Some(Warning::Idle(ends.saturating_duration_since(now)))
    }

    fn next_step(&self) -> Option<Instant> {
        let step = STEPS.get(self.told)?;
        self.ends?.checked_sub(*step)
    }
}

/// Time without traffic after which it is told.
fn early(limit: Duration) -> Duration {
    match limit.checked_sub(IDLE_NOTICE) {
        Some(early) if !early.is_zero() => early,
        _ => limit / 2,
    }
}

/// How long before its end a session's end is told.
const STEPS: [Duration; 3] = [
    Duration::from_secs(600),
    Duration::from_secs(300),
    Duration::from_secs(60),
];

/// The same for a session without traffic; with a limit below this, half of it.
const IDLE_NOTICE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    /// A countdown with a clock moved by hand.
    struct Scene {
        countdown: Countdown,
        start: Instant,
        now: Instant,
        wakes: u32,
    }

    impl Scene {
        fn of(session: Option<u64>, idle: Option<u64>) -> Self {
            let now = Instant::now();
            let limits = SessionLimits {
                session: session.map(minutes),
                idle: idle.map(minutes),
            };
            Self {
                countdown: Countdown::start(limits, now),
                start: now,
                now,
                wakes: 0,
            }
        }

        /// Moves the clock to each deadline on the way; what is told, with the seconds since the start.
        fn pass(&mut self, seconds: u64) -> Vec<(u64, Warning)> {
            let end = self.now + Duration::from_secs(seconds);
            let mut told = Vec::new();
            while let Some(next) = self.countdown.next().filter(|next| *next <= end) {
                self.wakes += 1;
                self.now = next.max(self.now);
                let warning = self.countdown.due(self.now);
                told.extend(warning.map(|warning| ((self.now - self.start).as_secs(), warning)));
            }
            self.now = end;
            told
        }
    }

    fn minutes(number: u64) -> Duration {
        Duration::from_secs(60 * number)
    }

    #[test]
    fn an_end_is_told_ten_and_five_minutes_and_one_before() {
        let told = Scene::of(Some(60), None).pass(7200);
        let left = [10, 5, 1].map(|number| (3600 - 60 * number, Warning::Ends(minutes(number))));
        assert_eq!(told, left);
        assert_eq!(Scene::of(None, None).pass(7200), []);
    }

    #[test]
    fn a_short_session_is_told_of_only_what_lies_ahead() {
        assert_eq!(
            Scene::of(Some(5), None).pass(7200),
            [(240, Warning::Ends(minutes(1)))]
        );
        assert_eq!(Scene::of(Some(1), None).pass(7200), []);
    }

    #[test]
    fn after_a_sleep_one_line_tells_what_is_left() {
        let mut scene = Scene::of(Some(60), None);
        scene.now += Duration::from_secs(57 * 60);
        let told = scene.countdown.due(scene.now);
        assert_eq!(told, Some(Warning::Ends(minutes(3))));
        assert_eq!(scene.countdown.due(scene.now), None);
        assert_eq!(scene.pass(7200), [(59 * 60, Warning::Ends(minutes(1)))]);
        scene = Scene::of(Some(60), None);
        scene.countdown.ends_in(minutes(2), scene.now);
        assert_eq!(scene.pass(7200), [(60, Warning::Ends(minutes(1)))]);
    }

    #[test]
    fn silence_is_told_once_until_there_is_traffic() {
        let mut scene = Scene::of(None, Some(10));
        assert_eq!(scene.pass(3600), [(480, Warning::Idle(minutes(2)))]);
        scene.countdown.packets(1, scene.now);
        assert_eq!(
            scene.pass(3600),
            [(3600 + 480, Warning::Idle(minutes(2)))],
            "anew after a packet"
        );
        assert_eq!(
            Scene::of(None, Some(2)).pass(3600),
            [(60, Warning::Idle(minutes(1)))]
        );
    }

    #[test]
    fn traffic_costs_no_timer() {
        let mut scene = Scene::of(None, Some(10));
        for packet in 1..=1000 {
            scene.countdown.packets(packet, scene.now);
            assert_eq!(scene.pass(1), []);
        }
        assert!(scene.wakes <= 3, "{}", scene.wakes);
    }
}
