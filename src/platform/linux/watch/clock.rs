//! Sleep seen by the clocks: the kernel wakes a timer whose clock is set, which it also does after a sleep.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};

use rustix::io::{Errno, read};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Waits for a jump of the clock.
pub(super) struct ClockWatch {
    timer: AsyncFd<OwnedFd>,
    before: Offsets,
}

/// Milliseconds that other clocks are ahead of the monotonic one, which stands still while the machine sleeps.
#[derive(Debug, Clone, Copy)]
struct Offsets {
    boot: i128,
    real: i128,
}

impl ClockWatch {
    /// Must be called inside a tokio runtime.
    #[expect(unsafe_code, reason = "tokio registers by number")]
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        arm(&timer)?;
        // SAFETY: the descriptor is owned, and stays open with the same number while the `AsyncFd` owns it.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        Ok(Self {
            timer,
            before: Offsets::now(),
        })
    }

    /// True after a sleep, or after the clock has jumped as far as if the machine had slept: one that is not real may do
    /// so without knowing.
    pub(super) fn poll_resumed(&mut self, cx: &mut Context<'_>) -> bool {
        let mut resumed = false;
        while let Poll::Ready(Ok(mut news)) = self.timer.poll_read_ready(cx) {
            if read(news.get_inner(), &mut [0; 8]) == Err(Errno::AGAIN) {
                news.clear_ready();
                continue;
            }
            // a failure is told as another jump
            let _ = arm(news.get_inner());
            let now = Offsets::now();
            resumed |= now.tells_of_sleep_since(self.before);
            self.before = now;
        }
        resumed
    }
}

impl Offsets {
    fn now() -> Self {
        let monotonic = milliseconds(clock_gettime(ClockId::Monotonic));
        Self {
            boot: milliseconds(clock_gettime(ClockId::Boottime)) - monotonic,
            real: milliseconds(clock_gettime(ClockId::Realtime)) - monotonic,
        }
    }

    /// Small steps of the time of day are the work of those who keep it right.
    fn tells_of_sleep_since(self, before: Self) -> bool {
        self.boot - before.boot >= MIN_SLEEP || (self.real - before.real).abs() > MAX_STEP
    }
}

/// An alarm that never comes, but is called off when the clock is set.
fn arm(timer: &OwnedFd) -> io::Result<()> {
    let zero = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let never = Itimerspec {
        it_interval: zero,
        it_value: Timespec {
            tv_sec: NEVER,
            tv_nsec: 0,
        },
    };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(timer, flags, &never)?;
    Ok(())
}

fn milliseconds(time: Timespec) -> i128 {
    i128::from(time.tv_sec) * 1000 + i128::from(time.tv_nsec) / 1_000_000
}

/// The year 2200.
const NEVER: i64 = 7_258_118_400;

/// Shorter sleeps break nothing.
const MIN_SLEEP: i128 = 1000;

/// Jumps up to this are no sleep (`cli.md §9`).
const MAX_STEP: i128 = 5000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_and_jumps_are_told_from_steps() {
        let before = Offsets { boot: 10, real: 1000 };
        for (boot, real, sleep) in [
            (10, 1000, false),
            (500, 1500, false),
            (3010, 4000, true),
            (10, 5900, false),
            (10, -3900, false),
            (10, 6100, true),
            (10, -4100, true),
        ] {
            let now = Offsets { boot, real };
            assert_eq!(now.tells_of_sleep_since(before), sleep, "{now:?}");
        }
    }

    #[tokio::test]
    async fn a_clock_left_alone_tells_nothing() {
        let mut watch = ClockWatch::new().expect("a timer");
        std::future::poll_fn(|cx| {
            assert!(!watch.poll_resumed(cx));
            Poll::Ready(())
        })
        .await;
    }
}
