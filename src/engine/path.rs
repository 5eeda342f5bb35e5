//! `DataPath`: which way data goes, and the life of the UDP path (`juniper-nc.md §14`).
//!
//! ```text
//! Off ──keys──► Keyed ──reply written──► Probing ──answer──► Confirmed ──"enable" written──► Active
//!                                          │  ▲                                               │
//!                              fall-back time │ pause                                dead peer │
//!                                          ▼  │                                               ▼
//!                                          Wait ◄────────────────(fall-back time)────────── Probing
//! ```

use std::time::{Duration, Instant};

use super::timer::{Timer, TimerTable};

/// Where outgoing data goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Over TLS.
    Channel,
    /// Over UDP.
    Udp,
}

/// What the engine has to do after a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Todo {
    /// Probes to send.
    pub probes: usize,
    /// Tell the gateway to send over UDP (`true`) or over the channel.
    pub switch: Option<bool>,
    /// Open a new socket: address or port may have to change after roaming.
    pub rebind: bool,
    /// The path that is in use from now on, with the reason.
    pub changed: Option<(Path, &'static str)>,
    /// UDP has failed, which is counted.
    pub fall_back: bool,
}

/// State of the UDP path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not offered, refused or switched off.
    Off,
    /// Keys are exchanged, our reply is not yet written.
    Keyed,
    /// Probes are sent every second.
    Probing { until: Instant },
    /// A probe was answered; our "enable" is not yet written.
    Confirmed,
    /// Data goes over UDP. Since `doubt` it is not certain that it still gets through.
    Active {
        last_received: Instant,
        doubt: Option<Instant>,
    },
    /// Probing gave up for now.
    Wait { pause: Duration },
}

/// The UDP path's state machine. It holds neither keys nor socket.
#[derive(Debug)]
pub(super) struct DataPath {
    state: State,
    /// D of `§14.4`: silence after which the gateway is asked.
    dead_peer: Duration,
    /// How long to probe every second before slowing down.
    probing: Duration,
    /// Dead-peer time chosen by the user.
    user_dead_peer: Option<Duration>,
}

impl DataPath {
    /// A path that is off. `user_dead_peer` beats the gateway's time; less than 2 s is taken as 2 s (`§14.4`).
    pub(super) fn new(user_dead_peer: Option<Duration>) -> Self {
        Self {
            state: State::Off,
            dead_peer: DEFAULT_DEAD_PEER,
            probing: MIN_PROBING,
            user_dead_peer: user_dead_peer.map(|time| time.max(MIN_DEAD_PEER)),
        }
    }

    /// New keys for a new channel; the reply with ours waits to be written. `fallback` is the gateway's fall-back
    /// time (8/9).
    pub(super) fn keyed(&mut self, fallback: Option<Duration>, timers: &mut TimerTable) -> Todo {
        let fallback = fallback
            .filter(|time| !time.is_zero())
            .map(|time| time.min(MAX_FALLBACK));
        let dead_peer = self.user_dead_peer.or(fallback).unwrap_or(DEFAULT_DEAD_PEER);
        self.dead_peer = dead_peer.max(MIN_DEAD_PEER);
        self.probing = fallback.unwrap_or_default().max(MIN_PROBING);
        let todo = Todo {
            rebind: true,
            fall_back: false,
            ..self.leave_udp("the channel is new")
        };
        self.enter(State::Keyed, timers);
        todo
    }

    /// The reply with our keys is written: the gateway can answer probes from now on. Two go out at once, since the
    /// first may overtake the reply (`§14.3`).
    pub(super) fn reply_written(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        match self.state {
            State::Keyed => self.start_probing(now, timers),
            State::Off
            | State::Probing { .. }
            | State::Confirmed
            | State::Active { .. }
            | State::Wait { .. } => Todo::default(),
        }
    }

    /// A probe was answered.
    pub(super) fn probe_answered(&mut self, timers: &mut TimerTable) -> Todo {
        match self.state {
            State::Probing { .. } | State::Wait { .. } => {
                self.enter(State::Confirmed, timers);
                Todo {
                    switch: Some(true),
                    ..Todo::default()
                }
            }
            State::Off | State::Keyed | State::Confirmed | State::Active { .. } => Todo::default(),
        }
    }

    /// Our "enable" is written: data may go over UDP (`§14.3`).
    pub(super) fn enable_written(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        if self.state != State::Confirmed {
            return Todo::default();
        }
        let active = State::Active {
            last_received: now,
            doubt: None,
        };
        self.enter(active, timers);
        timers.set(Timer::DeadPeer, Some(now + self.dead_peer));
        Todo {
            changed: Some((Path::Udp, "a probe was answered")),
            ..Todo::default()
        }
    }

    /// Something valid came over UDP.
    pub(super) fn received(&mut self, now: Instant) {
        if let State::Active { .. } = self.state {
            self.state = State::Active {
                last_received: now,
                doubt: None,
            };
        }
    }

    /// The network around has changed, but the way to the gateway looks the same: ask at once, and decide soon. Where
    /// UDP does not get through, try again: it may from here.
    pub(super) fn doubted(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        match &mut self.state {
            State::Active { doubt, .. } => {
                // a storm of changes does not put off the decision
                if doubt.is_none() {
                    *doubt = Some(now);
                    timers.set(Timer::DeadPeer, Some(now + DOUBT_INTERVAL));
                }
                Todo {
                    probes: 1,
                    ..Todo::default()
                }
            }
            State::Probing { .. } | State::Wait { .. } => {
                let todo = self.start_probing(now, timers);
                Todo { rebind: true, ..todo }
            }
            State::Off | State::Keyed | State::Confirmed => Todo::default(),
        }
    }

    /// The gateway is reached from another address: a new socket at once. Data goes on over UDP, the gateway answers to
    /// where the latest datagram came from (`§17.4`).
    pub(super) fn moved(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        if let State::Active { doubt, .. } = &mut self.state {
            *doubt = None;
        }
        let todo = self.doubted(now, timers);
        Todo {
            rebind: !self.is_off(),
            // the first may be lost on a way that has just come up
            probes: todo.probes.max(usize::from(self.current() == Path::Udp) * 2),
            ..todo
        }
    }

    /// There is no way to the gateway: no probes, and silence means nothing, until [`DataPath::doubted`] or
    /// [`DataPath::moved`].
    pub(super) fn suspend(&mut self, timers: &mut TimerTable) {
        if let State::Active { doubt, .. } = &mut self.state {
            *doubt = None;
        }
        timers.set(Timer::Probe, None);
        timers.set(Timer::DeadPeer, None);
    }

    /// The gateway does not want data over UDP for now. It stays reachable and is asked again later (`§14.4`).
    pub(super) fn switched_off(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        match self.state {
            State::Off | State::Keyed => Todo::default(),
            State::Probing { .. } | State::Confirmed | State::Active { .. } | State::Wait { .. } => {
                let todo = self.leave_udp("the gateway switched ESP off");
                self.wait(MAX_PAUSE, now, timers);
                todo
            }
        }
    }

    /// UDP cannot be used any more: the numbers ran out, or the channel that carried the keys has ended for good.
    pub(super) fn turn_off(&mut self, reason: &'static str, timers: &mut TimerTable) -> Todo {
        let todo = self.leave_udp(reason);
        self.enter(State::Off, timers);
        Todo {
            switch: todo.changed.map(|_| false),
            ..todo
        }
    }

    /// The network says that nobody listens at the gateway's UDP port, or sending fails again and again.
    pub(super) fn failed(&mut self, reason: &'static str, now: Instant, timers: &mut TimerTable) -> Todo {
        match self.state {
            State::Active { .. } | State::Confirmed => self.fall_back(reason, now, timers),
            State::Off | State::Keyed | State::Probing { .. } | State::Wait { .. } => Todo::default(),
        }
    }

    /// [`Timer::Probe`] is due.
    pub(super) fn probe_due(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        match self.state {
            State::Probing { until } if now < until => {
                timers.set(Timer::Probe, Some(now + PROBE_INTERVAL));
                Todo {
                    probes: 1,
                    ..Todo::default()
                }
            }
            State::Probing { .. } => {
                self.wait(MIN_PAUSE, now, timers);
                Todo::default()
            }
            State::Wait { pause } => {
                self.wait((pause * 2).min(MAX_PAUSE), now, timers);
                Todo {
                    probes: 2,
                    ..Todo::default()
                }
            }
            State::Off | State::Keyed | State::Confirmed | State::Active { .. } => Todo::default(),
        }
    }

    /// [`Timer::DeadPeer`] is due: ask the gateway, or fall back after twice the time (`§14.4`).
    pub(super) fn dead_peer_due(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        let State::Active { last_received, doubt } = self.state else {
            return Todo::default();
        };
        if let Some(since) = doubt {
            return self.doubt_due(since, now, timers);
        }
        let silence = now.saturating_duration_since(last_received);
        if silence >= self.dead_peer * 2 {
            return self.fall_back("the gateway is silent on UDP", now, timers);
        }
        let due = last_received + self.dead_peer;
        if due > now {
            timers.set(Timer::DeadPeer, Some(due));
            return Todo::default();
        }
        let next = (now + self.dead_peer / 2).min(last_received + self.dead_peer * 2);
        timers.set(Timer::DeadPeer, Some(next));
        Todo {
            probes: 1,
            ..Todo::default()
        }
    }

    /// Asks again while it is in doubt whether the gateway still hears us, and gives UDP up soon.
    fn doubt_due(&mut self, since: Instant, now: Instant, timers: &mut TimerTable) -> Todo {
        if now.saturating_duration_since(since) >= DOUBT_LIMIT {
            return self.fall_back("no answer over UDP since the network has changed", now, timers);
        }
        timers.set(Timer::DeadPeer, Some(now + DOUBT_INTERVAL));
        Todo {
            probes: 1,
            ..Todo::default()
        }
    }

    /// The path data takes now.
    pub(super) fn current(&self) -> Path {
        match self.state {
            State::Active { .. } => Path::Udp,
            State::Off | State::Keyed | State::Probing { .. } | State::Confirmed | State::Wait { .. } => {
                Path::Channel
            }
        }
    }

    /// Whether UDP is not used at all until new keys come.
    pub(super) fn is_off(&self) -> bool {
        self.state == State::Off
    }

    /// Name of the state, for statistics.
    pub(super) fn state_name(&self) -> &'static str {
        match self.state {
            State::Off => "off",
            State::Keyed => "keyed",
            State::Probing { .. } => "probing",
            State::Confirmed => "confirmed",
            State::Active { .. } => "active",
            State::Wait { .. } => "waiting",
        }
    }

    fn fall_back(&mut self, reason: &'static str, now: Instant, timers: &mut TimerTable) -> Todo {
        let left = self.leave_udp(reason);
        let probing = self.start_probing(now, timers);
        Todo {
            switch: Some(false),
            rebind: true,
            probes: probing.probes,
            ..left
        }
    }

    fn leave_udp(&self, reason: &'static str) -> Todo {
        let active = self.current() == Path::Udp;
        Todo {
            changed: active.then_some((Path::Channel, reason)),
            fall_back: active,
            ..Todo::default()
        }
    }

    fn start_probing(&mut self, now: Instant, timers: &mut TimerTable) -> Todo {
        self.enter(
            State::Probing {
                until: now + self.probing,
            },
            timers,
        );
        timers.set(Timer::Probe, Some(now + PROBE_INTERVAL));
        Todo {
            probes: 2,
            ..Todo::default()
        }
    }

    fn wait(&mut self, pause: Duration, now: Instant, timers: &mut TimerTable) {
        self.enter(State::Wait { pause }, timers);
        timers.set(Timer::Probe, Some(now + pause));
    }

    fn enter(&mut self, state: State, timers: &mut TimerTable) {
        timers.set(Timer::Probe, None);
        timers.set(Timer::DeadPeer, None);
        self.state = state;
    }
}

/// Dead-peer time when neither user nor gateway names one (`§14.4`).
const DEFAULT_DEAD_PEER: Duration = Duration::from_secs(60);

/// Shortest dead-peer time (`§14.4`).
const MIN_DEAD_PEER: Duration = Duration::from_secs(2);

/// Longest fall-back time believed; longer ones would leave a dead path unnoticed for hours.
const MAX_FALLBACK: Duration = Duration::from_secs(600);

/// How soon it is decided whether UDP still gets through after a change of the network, and how often the gateway is
/// asked until then: one lost answer must not decide.
const DOUBT_LIMIT: Duration = Duration::from_secs(2);
const DOUBT_INTERVAL: Duration = Duration::from_millis(500);

/// One probe a second, like the official clients (`§14.3`).
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// Shortest time of probing every second (`§14.3`).
const MIN_PROBING: Duration = Duration::from_secs(5);

/// First pause of the slow probing; it doubles up to [`MAX_PAUSE`], so that a short outage ends soon and a blocked
/// port costs two small datagrams a minute.
const MIN_PAUSE: Duration = Duration::from_secs(5);

/// Pause of the slow probing (`§14.3`).
const MAX_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        path: DataPath,
        timers: TimerTable,
        now: Instant,
    }

    impl Bench {
        fn new(fallback: u64) -> Self {
            let mut bench = Self {
                path: DataPath::new(None),
                timers: TimerTable::default(),
                now: Instant::now(),
            };
            bench
                .path
                .keyed(Some(Duration::from_secs(fallback)), &mut bench.timers);
            bench
        }

        fn active(fallback: u64) -> Self {
            let mut bench = Self::new(fallback);
            bench.path.reply_written(bench.now, &mut bench.timers);
            bench.path.probe_answered(&mut bench.timers);
            bench.path.enable_written(bench.now, &mut bench.timers);
            assert_eq!(bench.path.current(), Path::Udp);
            bench
        }

        /// Lets `seconds` pass, firing timers in their order; returns what was to do and when.
        fn pass(&mut self, seconds: u64) -> Vec<(u64, Todo)> {
            let (start, end) = (self.now, self.now + Duration::from_secs(seconds));
            let mut log = Vec::new();
            while let Some((due, _)) = self.timers.next().filter(|(due, _)| *due <= end) {
                self.now = due;
                let todo = match self.timers.take_due(due) {
                    Some(Timer::Probe) => self.path.probe_due(due, &mut self.timers),
                    Some(Timer::DeadPeer) => self.path.dead_peer_due(due, &mut self.timers),
                    _ => Todo::default(),
                };
                log.push(((due - start).as_secs(), todo));
            }
            self.now = end;
            log
        }
    }

    #[test]
    fn probes_go_out_every_second_and_then_seldom() {
        let mut bench = Bench::new(15);
        assert_eq!(bench.path.reply_written(bench.now, &mut bench.timers).probes, 2);
        let log = bench.pass(300);
        let times: Vec<_> = log
            .iter()
            .filter(|(_, todo)| todo.probes > 0)
            .map(|(at, _)| *at)
            .collect();
        assert_eq!(
            times,
            [
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 20, 30, 50, 90, 150, 210, 270
            ]
        );
        assert_eq!(bench.path.current(), Path::Channel);
    }

    #[test]
    fn data_waits_for_the_enable_message() {
        let mut bench = Bench::new(15);
        assert_eq!(bench.path.probe_answered(&mut bench.timers), Todo::default());
        bench.path.reply_written(bench.now, &mut bench.timers);
        assert_eq!(bench.path.probe_answered(&mut bench.timers).switch, Some(true));
        assert_eq!(bench.path.current(), Path::Channel);
        let todo = bench.path.enable_written(bench.now, &mut bench.timers);
        assert_eq!(todo.changed.map(|(path, _)| path), Some(Path::Udp));
        assert_eq!(bench.path.current(), Path::Udp);
    }

    #[test]
    fn a_silent_gateway_is_asked_and_then_given_up() {
        let mut bench = Bench::active(10);
        let log = bench.pass(21);
        let probes: Vec<_> = log
            .iter()
            .filter(|(_, todo)| todo.probes == 1)
            .map(|(at, _)| *at)
            .collect();
        assert_eq!(probes[..2], [10, 15]);
        let (at, dead) = log
            .iter()
            .find(|(_, todo)| todo.switch == Some(false))
            .expect("falls back");
        assert_eq!((*at, dead.rebind, dead.probes), (20, true, 2));
        assert_eq!(bench.path.current(), Path::Channel);
        assert_eq!(bench.path.probe_answered(&mut bench.timers).switch, Some(true));
    }

    #[test]
    fn traffic_keeps_the_path_alive_without_probes() {
        let mut bench = Bench::active(10);
        for _ in 0..20 {
            assert!(bench.pass(5).iter().all(|(_, todo)| todo.probes == 0));
            bench.path.received(bench.now);
        }
        assert_eq!(bench.path.current(), Path::Udp);
    }

    #[test]
    fn a_gateway_that_switches_off_is_asked_again_later() {
        let mut bench = Bench::active(15);
        let todo = bench.path.switched_off(bench.now, &mut bench.timers);
        assert_eq!(todo.switch, None);
        assert!(todo.changed.is_some());
        assert_eq!(
            bench.pass(60).last().map(|(at, todo)| (*at, todo.probes)),
            Some((60, 2))
        );
        assert_eq!(
            bench.path.turn_off("unusable keys", &mut bench.timers),
            Todo::default()
        );
        assert!(bench.pass(600).is_empty());
    }

    #[test]
    fn a_doubt_is_cleared_by_an_answer_or_decided_soon() {
        let mut bench = Bench::active(15);
        assert_eq!(bench.path.doubted(bench.now, &mut bench.timers).probes, 1);
        bench.pass(1);
        bench.path.received(bench.now);
        assert_eq!(
            bench.pass(10).iter().map(|(_, todo)| todo.probes).sum::<usize>(),
            0
        );
        assert_eq!(bench.path.doubted(bench.now, &mut bench.timers).probes, 1);
        bench.pass(1);
        // one more change, told while the decision is pending
        bench.path.doubted(bench.now, &mut bench.timers);
        let log = bench.pass(1);
        let (_, last) = log.last().expect("a decision");
        assert!(last.fall_back && last.rebind, "{log:?}");
        assert_eq!(bench.path.current(), Path::Channel);
    }

    #[test]
    fn a_move_keeps_data_on_udp_over_a_new_socket() {
        let mut bench = Bench::active(15);
        let todo = bench.path.moved(bench.now, &mut bench.timers);
        assert_eq!((todo.rebind, todo.probes, todo.changed), (true, 2, None));
        assert_eq!(bench.path.current(), Path::Udp);
    }

    #[test]
    fn silence_means_nothing_without_a_way() {
        let mut bench = Bench::active(10);
        bench.path.suspend(&mut bench.timers);
        assert!(bench.pass(600).is_empty());
        assert_eq!(bench.path.current(), Path::Udp);
        assert_eq!(bench.path.doubted(bench.now, &mut bench.timers).probes, 1);
        assert!(bench.pass(1).iter().all(|(_, todo)| !todo.fall_back));
    }

    #[test]
    fn where_udp_does_not_get_through_a_change_is_a_new_chance() {
        let mut bench = Bench::new(5);
        bench.path.reply_written(bench.now, &mut bench.timers);
        bench.pass(60);
        assert_eq!(bench.path.state_name(), "waiting");
        let todo = bench.path.doubted(bench.now, &mut bench.timers);
        assert_eq!((todo.probes, todo.rebind), (2, true));
        assert_eq!(bench.path.state_name(), "probing");
        bench.path.turn_off("test", &mut bench.timers);
        assert_eq!(bench.path.moved(bench.now, &mut bench.timers), Todo::default());
    }

    #[test]
    fn unreachable_falls_back_only_when_in_use() {
        let mut bench = Bench::active(15);
        assert_eq!(
            bench.path.failed("test", bench.now, &mut bench.timers).switch,
            Some(false)
        );
        assert_eq!(
            bench.path.failed("test", bench.now, &mut bench.timers),
            Todo::default()
        );
    }
}
