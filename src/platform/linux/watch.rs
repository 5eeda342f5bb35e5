//! Changes around the tunnel: links, addresses and routes by the kernel's messages, sleep by clocks, logind and SIGCONT.
//!
//! While nothing happens nothing is done: all of it waits on descriptors.

mod clock;
mod logind;

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_ROUTE;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Sleep, sleep_until};

use self::clock::ClockWatch;
use self::logind::Logind;
use super::netlink::Netlink;
use crate::platform::{Change, NetworkWatch};

/// Watches this machine, in the network namespace of the thread that made it.
pub struct LinuxWatch {
    messages: AsyncFd<Socket>,
    /// A change that waits for others to come.
    settling: Option<Settling>,
    clock: ClockWatch,
    logind: Logind,
    continued: Signal,
    stops: Stops,
    resumed_at: Option<Instant>,
}

impl LinuxWatch {
    /// Begins to watch. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// Those of the system, which has no descriptors left, most likely.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            messages: messages()?,
            settling: None,
            clock: ClockWatch::new()?,
            logind: Logind::new(),
            continued: signal(SignalKind::from_raw(libc::SIGCONT))?,
            stops: Stops::new(Instant::now()),
            resumed_at: None,
        })
    }

    /// Whether the machine, or this process, has slept. logind tells a little later what the clocks have told.
    fn poll_resumed(&mut self, cx: &mut Context<'_>) -> bool {
        let now = Instant::now();
        self.stops.polled(now);
        let told = self.logind.poll_resumed(cx);
        let told_already = self.resumed_at.is_some_and(|at| now - at < SAME_SLEEP);
        let stopped = self.continued.poll_recv(cx).is_ready() && self.stops.was_stopped(now);
        let resumed = self.clock.poll_resumed(cx) || stopped || told && !told_already;
        if resumed {
            self.resumed_at = Some(now);
        }
        resumed
    }

    fn take_messages(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Ok(mut news)) = self.messages.poll_read_ready(cx) {
            if drain(news.get_inner()) {
                Settling::extend(&mut self.settling, Instant::now());
            }
            news.clear_ready();
        }
    }
}

impl NetworkWatch for LinuxWatch {
    fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Change> {
        if self.poll_resumed(cx) {
            return Poll::Ready(Change::Resumed);
        }
        self.take_messages(cx);
        if let Some(settling) = &mut self.settling
            && settling.due.as_mut().poll(cx).is_ready()
        {
            self.settling = None;
            return Poll::Ready(Change::Network);
        }
        Poll::Pending
    }

    fn carries(&mut self, address: IpAddr) -> bool {
        let answer = Netlink::open().and_then(|mut netlink| netlink.carries(address));
        answer.unwrap_or_else(|error| {
            tracing::debug!(%error, "state of the interface is not known");
            true
        })
    }
}

/// Changes come in crowds: a new network is a link, some addresses and a dozen of routes.
struct Settling {
    due: Pin<Box<Sleep>>,
    /// Not later than that.
    limit: Instant,
}

impl Settling {
    fn extend(settling: &mut Option<Self>, now: Instant) {
        let settling = settling.get_or_insert_with(|| Self {
            due: Box::pin(sleep_until(now.into())),
            limit: now + SETTLE_LIMIT,
        });
        let due = (now + SETTLE).min(settling.limit);
        settling.due.as_mut().reset(due.into());
    }
}

/// When the process was stopped: a stopped one notices nothing, but its rounds have a gap.
struct Stops {
    last_poll: Instant,
    /// End of the last long gap.
    gap_end: Option<Instant>,
}

impl Stops {
    fn new(now: Instant) -> Self {
        Self {
            last_poll: now,
            gap_end: None,
        }
    }

    fn polled(&mut self, now: Instant) {
        if now.saturating_duration_since(self.last_poll) > LONG_STOP {
            self.gap_end = Some(now);
        }
        self.last_poll = now;
    }

    /// Asked at SIGCONT, which may be seen a round after the gap. An idle tunnel has gaps too, but no SIGCONT.
    fn was_stopped(&mut self, now: Instant) -> bool {
        self.gap_end
            .take()
            .is_some_and(|end| now.saturating_duration_since(end) < SIGNAL_DELAY)
    }
}

#[expect(unsafe_code, reason = "tokio registers by number")]
fn messages() -> io::Result<AsyncFd<Socket>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    for group in GROUPS {
        socket.add_membership(group)?;
    }
    socket.set_non_blocking(true)?;
    // SAFETY: the socket owns its descriptor, stays open and gives the same number while the `AsyncFd` owns it.
    Ok(unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }?)
}

/// Reads all there is; true when something of it may matter. What exactly has changed is asked later.
fn drain(socket: &Socket) -> bool {
    let mut room = [0; 4096];
    let mut matters = false;
    loop {
        match socket.recv(&mut &mut room[..], 0) {
            Ok(len) => matters |= !is_wireless_chatter(room.get(..len).unwrap_or_default()),
            // so many that some were lost
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => matters = true,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return matters,
        }
    }
}

/// Drivers of radios tell of each scan by a message about the link that changes nothing.
fn is_wireless_chatter(message: &[u8]) -> bool {
    let kind = message.get(4..6).and_then(|octets| octets.try_into().ok());
    if kind.map(u16::from_ne_bytes) != Some(libc::RTM_NEWLINK) {
        return false;
    }
    let mut rest = message.get(LINK_HEADER..).unwrap_or_default();
    while let Some(&[low, high, kind_low, kind_high]) = rest.first_chunk() {
        if u16::from_ne_bytes([kind_low, kind_high]) == libc::IFLA_WIRELESS {
            return true;
        }
        let len = usize::from(u16::from_ne_bytes([low, high])).max(4);
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

/// Groups of messages about what a way is made of.
const GROUPS: [u32; 5] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
];

/// Headers of a netlink message and of one about a link.
const LINK_HEADER: usize = 16 + 16;

/// Silence after which a crowd of messages is over.
const SETTLE: Duration = Duration::from_millis(150);

/// How long a crowd can put itself off.
const SETTLE_LIMIT: Duration = Duration::from_secs(1);

/// A stop longer than this is like a sleep (`cli.md §9`).
const LONG_STOP: Duration = Duration::from_secs(5);

/// SIGCONT may be seen this much later than its effect.
const SIGNAL_DELAY: Duration = Duration::from_secs(1);

/// What is told twice within this time was one sleep.
const SAME_SLEEP: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::timeout;

    use super::*;
    use crate::platform::linux::testing::{in_namespace, ip};

    fn with_watch(test: impl AsyncFnOnce(LinuxWatch) + Send + 'static) {
        in_namespace(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async { test(LinuxWatch::new().expect("a watch")).await });
        });
    }

    async fn next(watch: &mut LinuxWatch, limit: Duration) -> Option<Change> {
        timeout(limit, poll_fn(|cx| watch.poll_change(cx))).await.ok()
    }

    #[test]
    fn a_crowd_of_changes_is_one_and_silence_is_none() {
        with_watch(async |mut watch| {
            for command in [
                "address add 203.0.113.5/24 dev lan",
                "route add 10.0.0.0/8 via 203.0.113.1",
                "link set lan mtu 1400",
            ] {
                ip(command);
            }
            assert_eq!(next(&mut watch, SETTLE_LIMIT * 4).await, Some(Change::Network));
            // the kernel tells of the state of a link with a delay
            while next(&mut watch, SETTLE_LIMIT).await.is_some() {}
            ip("route del 10.0.0.0/8");
            assert_eq!(next(&mut watch, SETTLE_LIMIT * 4).await, Some(Change::Network));
            assert_eq!(next(&mut watch, SETTLE * 3).await, None);
        });
    }

    #[test]
    fn an_interface_without_its_other_end_carries_nothing() {
        with_watch(async |mut watch| {
            let address = "198.51.100.2".parse().expect("an address");
            ip("link set lan up");
            ip("link set wire up");
            assert!(watch.carries(address));
            ip("link set wire down");
            assert!(!watch.carries(address));
            assert!(
                watch.carries("198.51.100.9".parse().expect("an address")),
                "not ours"
            );
        });
    }

    #[tokio::test]
    async fn a_storm_does_not_put_its_end_off_for_ever() {
        let start = Instant::now();
        let mut settling = None;
        for tenths in 0..50 {
            Settling::extend(&mut settling, start + Duration::from_millis(tenths * 100));
        }
        let due = settling.expect("begun").due.deadline().into_std();
        assert_eq!(due, start + SETTLE_LIMIT);
    }

    #[test]
    fn only_a_long_stop_is_a_sleep() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut stops = Stops::new(start);
        stops.polled(at(4000));
        assert!(!stops.was_stopped(at(4000)));
        stops.polled(at(9500));
        stops.polled(at(9600));
        assert!(stops.was_stopped(at(9600)));
        assert!(!stops.was_stopped(at(9600)), "once");
        // idle for an hour, long before the signal
        stops.polled(at(4_000_000));
        stops.polled(at(4_002_000));
        assert!(!stops.was_stopped(at(4_002_000)));
    }

    #[test]
    fn scans_are_told_from_changes() {
        let message = |kind: u16, attributes: &[(u16, &[u8])]| {
            let mut message = vec![0; LINK_HEADER];
            message[4..6].copy_from_slice(&kind.to_ne_bytes());
            for (kind, value) in attributes {
                let len = u16::try_from(4 + value.len()).expect("short");
                message.extend(len.to_ne_bytes());
                message.extend(kind.to_ne_bytes());
                message.extend(*value);
                message.resize(message.len().next_multiple_of(4), 0);
            }
            message
        };
        let name: (u16, &[u8]) = (libc::IFLA_IFNAME, b"wlan0\0");
        let scan: (u16, &[u8]) = (libc::IFLA_WIRELESS, &[1; 9]);
        assert!(is_wireless_chatter(&message(libc::RTM_NEWLINK, &[name, scan])));
        assert!(!is_wireless_chatter(&message(libc::RTM_NEWLINK, &[name])));
        assert!(!is_wireless_chatter(&message(libc::RTM_DELLINK, &[scan])));
        let whole = message(libc::RTM_NEWLINK, &[name, scan]);
        for len in 0..whole.len() {
            is_wireless_chatter(&whole[..len]);
        }
    }
}
