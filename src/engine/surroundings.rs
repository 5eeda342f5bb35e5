//! The network around the tunnel changes: what that means for channel and path (`juniper-nc.md §17.4`).
//!
//! | the gateway is reached | UDP in use                      | channel up                 | channel lost              |
//! |------------------------|---------------------------------|----------------------------|---------------------------|
//! | as before              | probe now, decide in 2 s        | kept                       | goes on as planned        |
//! | from another address   | new socket, probe, data goes on | opened anew                | next attempt now          |
//! | not at all             | packets wait in the device      | kept, as long as it may be lost | few attempts         |
//! | again, as before       | probe now, decide in 2 s        | kept, or opened anew when it may be stuck | next attempt now |
//! | after a sleep          | new socket, probe, data goes on | opened anew                | next attempt now          |
//!
//! The budget for the reconnect goes on from the loss in all of them.

use std::time::{Duration, Instant};

use super::{ChannelState, End, Engine, Event, LOOK_PAUSE, Loss, Path, Timer};

/// How the gateway is reached after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As before, or perhaps through another interface with the same address.
    Same,
    /// From another address of this machine.
    Other,
    /// Not at all.
    None,
}

impl Engine {
    /// The network around has changed, or may have while the machine `slept`.
    pub fn network_changed(&mut self, way: Way, slept: bool, now: Instant) {
        if self.network.is_none() || matches!(self.channel_state, ChannelState::Ended) {
            return;
        }
        self.stale |= slept;
        if way == Way::None {
            return self.go_away(now);
        }
        self.timers.set(Timer::Look, None);
        let away = self.away.take();
        let moved = way == Way::Other || self.stale;
        let todo = match moved {
            true => self.path.moved(now, &mut self.timers),
            false => self.path.doubted(now, &mut self.timers),
        };
        self.carry_out(todo);
        let stuck = away.is_some_and(|since| now.saturating_duration_since(since) >= STUCK);
        match self.channel_state {
            ChannelState::Running(_) | ChannelState::SettingUp(_) => {
                if way == Way::Other {
                    self.renew(Loss::NetworkChanged, now);
                } else if self.backoff.allows_loss() {
                    self.renew_if_needed(stuck, now);
                }
            }
            ChannelState::Opening if moved || away.is_some() => self.hurry(now),
            ChannelState::Idle | ChannelState::Opening | ChannelState::Ended => {}
        }
        self.stale = false;
    }

    /// Whether there is no way to the gateway, as far as was told.
    pub fn is_away(&self) -> bool {
        self.away.is_some()
    }

    /// UDP does not get through after a change: nor may the channel, when it had no way for a while.
    pub(super) fn fell_back(&mut self, now: Instant) {
        if std::mem::take(&mut self.doubtful) {
            self.renew(Loss::NetworkChanged, now);
        }
    }

    /// [`Timer::Look`] is due. A channel nobody has noticed the end of is as good as lost when there is no way for as long
    /// as it may be lost.
    pub(super) fn look(&mut self, now: Instant) {
        let lost_for = self.away.map(|since| now.saturating_duration_since(since));
        let lost_for = lost_for.unwrap_or_default();
        let patience = self.settings.reconnect_timeout.max(LOOK_PAUSE);
        let is_open = matches!(
            self.channel_state,
            ChannelState::Running(_) | ChannelState::SettingUp(_)
        );
        if is_open && lost_for >= patience {
            let cause = Loss::Transport(NO_WAY.to_owned());
            return self.end(End::NetworkLost { lost_for, cause });
        }
        let pause = match is_open {
            true => LOOK_PAUSE.min(patience - lost_for),
            false => LOOK_PAUSE,
        };
        self.timers.set(Timer::Look, Some(now + pause));
        self.events.push_back(Event::LookAround);
    }

    fn go_away(&mut self, now: Instant) {
        if self.away.is_some() {
            return;
        }
        self.away = Some(now);
        self.timers.set(Timer::Look, Some(now + LOOK_PAUSE));
        self.path.suspend(&mut self.timers);
        if matches!(self.channel_state, ChannelState::Opening) && self.timers.is_set(Timer::Reconnect) {
            let at = self.backoff.put_off(now);
            self.timers.set(Timer::Reconnect, Some(at));
        }
    }

    /// TCP, having found no way, waits longer and longer until it tries again; a new connection is there sooner. While
    /// UDP carries the data there is time to find out.
    fn renew_if_needed(&mut self, stuck: bool, now: Instant) {
        if self.stale {
            self.renew(Loss::Resumed, now);
        } else if stuck && self.path.current() == Path::Channel {
            self.renew(Loss::NetworkChanged, now);
        } else {
            self.doubtful |= stuck;
        }
    }

    /// Gives the channel up for a new one, at once.
    fn renew(&mut self, cause: Loss, now: Instant) {
        self.backoff.begin_anew();
        self.lose(cause, now);
    }

    /// The next attempt begins now, in place of one that waits or is under way.
    fn hurry(&mut self, now: Instant) {
        self.backoff.begin_anew();
        if self.timers.is_set(Timer::Reconnect) {
            self.timers.set(Timer::Reconnect, Some(now));
        } else if !self.events.contains(&Event::NeedChannel) {
            self.need_channel();
        }
    }
}

/// What ends a tunnel whose channel was never lost.
const NO_WAY: &str = "this machine has no way to the gateway";

/// Without a way for this long, TCP may wait for seconds until it tries again: its pauses double from 0.2 s on.
const STUCK: Duration = Duration::from_secs(2);
