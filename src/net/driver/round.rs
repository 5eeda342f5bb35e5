//! A round of the event loop: what is ready, and what the engine is told about it.

use std::future::Future;
use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

use tracing::{debug, info};

use super::relogin::Renewed;
use super::{Driver, board};
use crate::engine::{Opened, Route};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::channel::{Channel, Incoming};
use crate::net::connect::{Connection, Connector};
use crate::net::ending::Ending;
use crate::net::error::NetError;
use crate::net::report;
use crate::net::signals::Request;
use crate::net::tls::Refusal;
use crate::net::udp::Sent;
use crate::platform::{Change, DeviceEnded, SetupError};

/// What was ready in a round.
#[derive(Default)]
pub(super) struct Ready {
    request: Option<Request>,
    change: Option<Change>,
    step: Option<Result<(), SetupError>>,
    opened: Option<(Connector, Result<Connection, NetError>)>,
    renewed: Option<Renewed>,
    timer: bool,
    incoming: Option<Incoming>,
    written: Option<usize>,
    datagrams: Option<io::Result<()>>,
    sent: Option<io::Result<Sent>>,
    packets: Option<io::Result<()>>,
}

impl Driver<'_> {
    /// Polls every source once; ready when any is.
    pub(super) fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<Ready> {
        let mut ready = Ready {
            request: take(self.parts.requests.poll_next(cx)),
            ..Ready::default()
        };
        let companions = &mut self.parts.companions;
        companions.retain_mut(|companion| companion.as_mut().poll(cx).is_pending());
        let recheck = &mut self.parts.recheck;
        recheck.take_if(|recheck| recheck.as_mut().poll(cx).is_ready());
        self.expiry.poll(cx, &self.parts.board);
        ready.renewed = take(self.renewal.poll(cx));
        if let Some(watch) = &mut self.parts.watch {
            ready.change = take(watch.poll_change(cx));
        }
        if let Some(step) = &mut self.step {
            ready.step = take(step.poll(cx));
        }
        if let Some(opening) = &mut self.opening {
            ready.opened = take(opening.as_mut().poll(cx));
        }
        ready.timer = self.deadline.is_some() && self.timer.as_mut().poll(cx).is_ready();
        let held = self.is_held();
        if let Some(channel) = &mut self.channel {
            // a peer that makes us answer and reads nothing must not fill the memory with answers
            if !held && self.engine.channel_mut().len() < MAX_UNSENT {
                ready.incoming = take(channel.poll_incoming(cx));
            }
            ready.written = take(channel.poll_outgoing(cx, self.engine.channel_mut()));
        }
        if let Some(udp) = &mut self.udp {
            if !held {
                ready.datagrams = take(udp.poll_readable(cx));
            }
            if self.batch_blocked {
                ready.sent = take(udp.poll_send(cx, &self.batch));
            }
        }
        let is_open = self.up && !self.renewal.is_between_sessions();
        if is_open && !self.batch_blocked && self.engine.wants_packets() {
            ready.packets = take(self.parts.device.poll_readable(cx));
        }
        if ready.any() {
            Poll::Ready(ready)
        } else {
            Poll::Pending
        }
    }

    /// Feeds the engine with everything that was ready.
    pub(super) fn take(&mut self, ready: Ready) -> Option<Ending> {
        let now = Instant::now();
        if let Some(ending) = ready.request.and_then(|request| self.take_request(request, now)) {
            return Some(ending);
        }
        if let Some(change) = ready.change {
            self.note(change);
        }
        if let Some(ending) = ready.step.and_then(|result| self.take_step(result)) {
            return Some(ending);
        }
        if let Some((connector, result)) = ready.opened {
            self.opening = None;
            if let Some(ending) = self.take_opened(connector, result, now) {
                return Some(ending);
            }
        }
        if let Some(result) = ready.renewed
            && let Some(ending) = self.take_renewed(result, now)
        {
            return Some(ending);
        }
        if ready.timer {
            self.deadline = None;
            self.engine.handle_timeout(now);
        }
        if let Some(written) = ready.written {
            self.engine.channel_written(written, now);
        }
        if let Some(incoming) = ready.incoming {
            self.take_incoming(incoming, now);
        }
        if let Some(datagrams) = ready.datagrams {
            self.take_datagrams(datagrams, now);
        }
        if let Some(sent) = ready.sent {
            self.take_sent(sent, now);
        }
        ready.packets.and_then(|packets| self.take_packets(packets, now))
    }

    fn take_request(&mut self, request: Request, now: Instant) -> Option<Ending> {
        match request {
            Request::Interrupt | Request::Terminate | Request::Hangup => Some(self.requested(request)),
            Request::Statistics if self.up => {
                let mut text = report::statistics(&self.engine);
                text.extend(self.expiry.line());
                self.parts.observer.show(text);
                None
            }
            Request::Reconnect if self.up => {
                info!("new connection on request");
                self.engine.reconnect(now);
                None
            }
            Request::Statistics | Request::Reconnect => None,
        }
    }

    fn take_opened(
        &mut self,
        connector: Connector,
        result: Result<Connection, NetError>,
        now: Instant,
    ) -> Option<Ending> {
        self.connector = connector;
        match result {
            Ok(connection) => {
                let udp_allowed = !self.connector.through_proxy() && connection.peer.is_ipv4();
                let cookie = self.jar.header(self.connector.url());
                debug!(peer = %connection.peer, version = %connection.tls.version, suite = %connection.tls.suite,
                    "channel is open");
                board::channel_open(&self.parts.board, self.connector.url().as_str(), &connection);
                self.peer = Some(connection.peer.ip());
                self.source = Some(connection.local);
                self.channel = Some(Channel::new(connection.stream));
                let opened = Opened {
                    cookie,
                    udp_allowed,
                    peer: connection.peer,
                    stranger: connection.stranger,
                };
                self.engine.channel_opened(opened, now);
                self.parts.observer.step("open the tunnel".to_owned());
                None
            }
            Err(error) if self.up => {
                debug!(%error, "connection attempt failed");
                self.engine.open_failed(error.user_error().message, now);
                None
            }
            Err(error) => Some(Ending::Failed(error.user_error())),
        }
    }

    fn take_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(channel) = &mut self.channel else { return };
        let octets = channel.take_incoming();
        if !octets.is_empty() {
            self.engine.handle_channel(octets, &mut self.received, now);
        }
        match incoming {
            Incoming::Octets => {}
            Incoming::Closed => self.lose_channel(None, now),
            Incoming::Failed(error) => {
                let refusal = Refusal::in_io_error(&error);
                let cause = refusal.map_or_else(|| plain_io(&error), |refusal| refusal.to_string());
                self.lose_channel(Some(cause), now);
            }
        }
    }

    fn lose_channel(&mut self, cause: Option<String>, now: Instant) {
        if self.channel.take().is_none() {
            return;
        }
        self.engine.channel_lost(cause, now);
    }

    fn take_datagrams(&mut self, readable: io::Result<()>, now: Instant) {
        let Some(udp) = &self.udp else { return };
        let result = readable.and_then(|()| udp.recv_batch(&mut self.received));
        self.engine.handle_udp(&mut self.received, now);
        self.note_udp_error(result, now);
    }

    fn take_sent(&mut self, sent: io::Result<Sent>, now: Instant) {
        self.batch_blocked = matches!(sent, Ok(Sent::Blocked));
        if let Ok(Sent::All { refused }) = sent {
            self.engine.udp_sent(!refused, now);
        }
        self.note_udp_error(sent.map(drop), now);
    }

    fn note_udp_error(&mut self, result: io::Result<()>, now: Instant) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.engine.udp_unreachable(now)
            }
            Err(error) => debug!(%error, "UDP socket"),
        }
    }

    /// One batch from the device to whichever path is in use.
    fn take_packets(&mut self, readable: io::Result<()>, now: Instant) -> Option<Ending> {
        self.batch.reset(self.engine.room());
        let read = readable.and_then(|()| self.parts.device.read_batch(&mut self.batch));
        match read {
            Ok(0) => None,
            Ok(_) => {
                if self.engine.handle_tun(&mut self.batch, now) == Route::Udp {
                    self.send_batch(now);
                }
                None
            }
            Err(source) => Some(Ending::Failed(device_lost(self.parts.device.name(), &source))),
        }
    }

    fn send_batch(&mut self, now: Instant) {
        if let Some(udp) = &mut self.udp {
            let sent = udp.send_batch(&self.batch);
            self.take_sent(sent, now);
        }
    }

    /// While the network is set up for the first time nothing is received: there is no place for packets yet.
    fn is_held(&self) -> bool {
        !self.up && self.step.is_some()
    }

    /// Inner packets of this round go to the device.
    pub(super) fn deliver(&mut self) {
        if self.is_held() {
            return;
        }
        if self.up && self.received.packet_count() > 0 {
            match self.parts.device.write_batch(&self.received) {
                Ok(written) if written.dropped > 0 => debug!(written.dropped, "the device refused packets"),
                Ok(_) => {}
                Err(error) => debug!(%error, "the device takes no packets"),
            }
        }
        self.received.clear();
    }
}

impl Ready {
    fn any(&self) -> bool {
        self.request.is_some()
            || self.change.is_some()
            || self.step.is_some()
            || self.opened.is_some()
            || self.renewed.is_some()
            || self.timer
            || self.incoming.is_some()
            || self.written.is_some()
            || self.datagrams.is_some()
            || self.sent.is_some()
            || self.packets.is_some()
    }
}

fn take<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn device_lost(name: &str, source: &io::Error) -> Error {
    let ended = source
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<DeviceEnded>());
    if let Some(ended) = ended {
        return Error::new(ExitStatus::Failure, ended.to_string());
    }
    Error::new(
        ExitStatus::Io,
        format!("cannot read from {name}: {}", plain_io(source)),
    )
    .note("the device was removed or taken down by another program")
}

/// With this much waiting for the channel nothing more is read from it.
const MAX_UNSENT: usize = 1024 * 1024;
