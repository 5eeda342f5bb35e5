//! `Engine`: the whole tunnel without I/O. Packets, octets, datagrams and the time come in; packets, octets,
//! datagrams, events and the next deadline come out.
//!
//! After every input, drain [`Engine::poll_output`] until it gives a timeout. Octets for the channel stand in
//! [`Engine::channel_mut`]; report with [`Engine::channel_written`] what has left the machine.

pub mod limits;
mod output;
mod own;
mod path;
mod reconnect;
mod surroundings;
mod timer;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tracing::{debug, trace};

pub use self::output::{Configured, End, Event, Loss, Output, Route, Statistics, Traffic};
pub use self::path::Path;
pub use self::surroundings::Way;
pub use self::timer::Timer;

use self::own::OwnTraffic;
use self::path::{DataPath, Todo};
use self::reconnect::Backoff;
use self::timer::TimerTable;
use crate::config::NetworkConfig;
use crate::esp::{Cipher, Esp, Mac};
use crate::packet::{Batch, Received, Room};
use crate::protocol::oncp::{Hello, Oncp};
use crate::protocol::{Link, LinkError, LinkOutput, UdpOffer};
use crate::random::RandomSource;
use crate::secret::Secret;
use crate::wire::http_head::TunnelRequest;
use crate::wire::ip::{Split, first_packet};

/// What an engine needs to know.
pub struct EngineSettings {
    /// `Host` header of the tunnel request.
    pub host: String,
    /// `User-Agent` header.
    pub user_agent: String,
    /// Host name told to the gateway.
    pub local_hostname: String,
    /// Whether the user allows ESP.
    pub esp: bool,
    /// Dead-peer time chosen by the user.
    pub dead_peer: Option<Duration>,
    /// How long the channel may stay lost.
    pub reconnect_timeout: Duration,
    /// Go on with another inner address after a reconnect (`juniper-nc.md §17.3`).
    pub reconfigure: bool,
    /// Gives generators for keys and IVs.
    pub random: Box<dyn Fn() -> Box<dyn RandomSource>>,
}

/// An open channel, and where it leads.
pub struct Opened {
    /// Cookies for the tunnel request.
    pub cookie: Secret,
    /// Whether UDP can reach the gateway at all: no proxy, outer IPv4 (`juniper-nc.md §11`).
    pub udp_allowed: bool,
    /// The other end of the TCP connection: the gateway, or a proxy.
    pub peer: SocketAddr,
    /// Another node than the one that served the login. Sessions need not be known there, so what it refuses ends
    /// nothing (`juniper-nc.md §3.6`).
    pub stranger: bool,
}

/// The tunnel.
pub struct Engine {
    settings: EngineSettings,
    channel_state: ChannelState,
    channel: BytesMut,
    written: u64,
    /// Octets that must be written before the path goes on: our keys, or "enable".
    reply_mark: Option<u64>,
    enable_mark: Option<u64>,
    esp: Option<Esp>,
    udp_port: u16,
    path: DataPath,
    timers: TimerTable,
    backoff: Backoff,
    network: Option<NetworkConfig>,
    /// The inner address before the last one: what programs still send from it must not leave.
    old_address: Option<Ipv4Addr>,
    /// The channel being set up leads to another node than the one of the login.
    stranger: bool,
    own: OwnTraffic,
    /// Since when there is no way to the gateway.
    away: Option<Instant>,
    /// The machine has slept, so that the channel has to be opened anew once there is a way.
    stale: bool,
    /// The way was missing for so long that the channel may be stuck; nothing has come from it since.
    doubtful: bool,
    events: VecDeque<Event>,
    probes: Batch,
    probes_due: usize,
    send_errors: u32,
    statistics: Statistics,
}

enum ChannelState {
    /// Nothing was asked for yet.
    Idle,
    /// The driver was asked to open a channel, or will be by a timer.
    Opening,
    /// The tunnel request is on its way.
    SettingUp(Box<dyn Link>),
    /// Configured.
    Running(Box<dyn Link>),
    /// The session is over.
    Ended,
}

impl Engine {
    /// An engine that asks for a channel at once.
    pub fn new(settings: EngineSettings) -> Self {
        let path = DataPath::new(settings.dead_peer);
        let backoff = Backoff::new(settings.reconnect_timeout);
        let mut engine = Self {
            settings,
            channel_state: ChannelState::Idle,
            channel: BytesMut::with_capacity(CHANNEL_HIGH_WATER),
            written: 0,
            reply_mark: None,
            enable_mark: None,
            esp: None,
            udp_port: 0,
            path,
            timers: TimerTable::default(),
            backoff,
            network: None,
            old_address: None,
            stranger: false,
            own: OwnTraffic::default(),
            away: None,
            stale: false,
            doubtful: false,
            events: VecDeque::new(),
            probes: Batch::new(PROBE_ROOM),
            probes_due: 0,
            send_errors: 0,
            statistics: Statistics::default(),
        };
        engine.need_channel();
        engine
    }

    /// A channel is open.
    pub fn channel_opened(&mut self, opened: Opened, now: Instant) {
        let Opened {
            cookie,
            udp_allowed,
            peer,
            stranger,
        } = opened;
        self.stranger = stranger;
        self.own.leads_to(peer);
        if self.away.take().is_some() {
            // there is a way, whatever was told
            let todo = self.path.doubted(now, &mut self.timers);
            self.carry_out(todo);
            self.timers.set(Timer::Look, None);
        }
        let hello = Hello {
            request: TunnelRequest {
                host: self.settings.host.clone(),
                user_agent: self.settings.user_agent.clone(),
                cookie,
            },
            local_hostname: self.settings.local_hostname.clone(),
            esp: self.settings.esp && udp_allowed,
            previous: self.network.clone(),
        };
        self.forget_channel();
        let link = Oncp::open(hello, (self.settings.random)(), &mut self.channel);
        self.channel_state = ChannelState::SettingUp(Box::new(link));
        self.timers.set(Timer::SetUp, Some(now + SET_UP_TIME));
    }

    /// No channel could be opened, for the reason given.
    pub fn open_failed(&mut self, cause: String, now: Instant) {
        self.lose(Loss::Transport(cause), now);
    }

    /// Octets from the channel; inner packets go to `received`.
    pub fn handle_channel(&mut self, bytes: &[u8], received: &mut Received, now: Instant) {
        let (ChannelState::SettingUp(link) | ChannelState::Running(link)) = &mut self.channel_state else {
            return;
        };
        self.doubtful = false;
        let before = received.packet_count();
        let result = link.handle_channel(bytes, &mut self.channel, received);
        let mut outputs = Vec::new();
        while let Some(output) = link.poll_output() {
            outputs.push(output);
        }
        trace_packets("packet in", Path::Channel, received.packets().skip(before));
        let octets = received
            .packets()
            .skip(before)
            .map(|packet| packet.len() as u64)
            .sum();
        self.statistics
            .channel_in
            .add(received.packet_count() - before, octets);
        for output in outputs {
            self.handle_link_output(output, now);
        }
        if let Err(error) = result {
            self.link_failed(error, now);
        }
    }

    /// The channel ended or failed. `cause` is the system's word, absent for an orderly end.
    pub fn channel_lost(&mut self, cause: Option<String>, now: Instant) {
        let (ChannelState::SettingUp(link) | ChannelState::Running(link)) = &mut self.channel_state else {
            return;
        };
        match cause {
            Some(cause) => self.lose(Loss::Transport(cause), now),
            None => {
                let error = link.channel_closed();
                self.link_failed(error, now);
            }
        }
    }

    /// Octets for the channel. Take them from the front.
    pub fn channel_mut(&mut self) -> &mut BytesMut {
        &mut self.channel
    }

    /// `len` more octets taken from [`Engine::channel_mut`] have been written.
    pub fn channel_written(&mut self, len: usize, now: Instant) {
        self.written += len as u64;
        if self.reply_mark.is_some_and(|mark| mark <= self.written) {
            self.reply_mark = None;
            let todo = self.path.reply_written(now, &mut self.timers);
            self.carry_out(todo);
        }
        if self.enable_mark.is_some_and(|mark| mark <= self.written) {
            self.enable_mark = None;
            let todo = self.path.enable_written(now, &mut self.timers);
            self.carry_out(todo);
        }
    }

    /// Whether packets from the TUN can be taken now. When not, leave them there.
    pub fn wants_packets(&self) -> bool {
        if self.away.is_some() {
            // they wait in the device, and go out the moment there is a way again
            return false;
        }
        match (&self.channel_state, self.path.current()) {
            (_, Path::Udp) => true,
            (ChannelState::Running(_), Path::Channel) => self.channel.len() < CHANNEL_HIGH_WATER,
            _ => false,
        }
    }

    /// Spacing for the next batch.
    pub fn room(&self) -> Room {
        self.esp.as_ref().map(Esp::room).unwrap_or_default()
    }

    /// Packets from the TUN. The path is chosen once for the whole batch.
    pub fn handle_tun(&mut self, batch: &mut Batch, now: Instant) -> Route {
        let before = batch.len();
        batch.retain(is_ipv4);
        if let Some(old) = self.old_address {
            batch.retain(|packet| !comes_from(packet, old));
        }
        let whole = batch.len();
        batch.retain(|packet| !self.own.holds(packet));
        self.statistics.looped += (whole - batch.len()) as u64;
        trace_packets("packet out", self.path.current(), batch.packets());
        self.statistics.out_dropped += (before - batch.len()) as u64;
        if let (Path::Udp, Some(esp)) = (self.path.current(), &mut self.esp) {
            let octets = octets(batch.packets());
            let sealed = esp.seal(batch);
            let exhausted = esp.exhausted();
            let left_out = batch.left_out().map(|packet| packet.len() as u64).sum::<u64>();
            self.statistics.udp_out.add(sealed, octets - left_out);
            self.send_over_channel(&mut batch.left_out());
            if exhausted {
                let todo = self
                    .path
                    .turn_off("the ESP sequence numbers are used up", &mut self.timers);
                self.carry_out(todo);
                debug!(?now, "waiting for new keys");
            }
            return Route::Udp;
        }
        self.send_over_channel(&mut batch.packets())
    }

    /// Datagrams from the gateway; inner packets are marked in `received`.
    pub fn handle_udp(&mut self, received: &mut Received, now: Instant) {
        let Some(esp) = &mut self.esp else { return };
        let before = received.packet_count();
        let report = esp.open(received);
        trace_packets("packet in", Path::Udp, received.packets().skip(before));
        if report.probes > 0 || report.drops.total() > 0 {
            trace!(
                probes = report.probes,
                dropped = report.drops.total(),
                "datagrams without a packet"
            );
        }
        self.statistics.udp_in.add(report.packets, report.bytes);
        self.statistics.drops += report.drops;
        self.statistics.probes_answered += report.probes as u64;
        if report.valid > 0 {
            self.path.received(now);
        }
        if report.probes > 0 {
            let todo = self.path.probe_answered(&mut self.timers);
            self.carry_out(todo);
        }
    }

    /// The system reports that the gateway's UDP port cannot be reached.
    pub fn udp_unreachable(&mut self, now: Instant) {
        if self.away.is_some() {
            return;
        }
        let todo = self
            .path
            .failed("the gateway's UDP port is unreachable", now, &mut self.timers);
        self.carry_out(todo);
    }

    /// Whether the last batch of datagrams could be sent. Several failures in a row leave UDP (`§14.4`).
    pub fn udp_sent(&mut self, success: bool, now: Instant) {
        // without a way nothing can be sent, which says nothing about the gateway
        self.send_errors = match success || self.away.is_some() {
            true => 0,
            false => self.send_errors + 1,
        };
        if self.send_errors >= MAX_SEND_ERRORS {
            self.send_errors = 0;
            let todo = self.path.failed("sending over UDP fails", now, &mut self.timers);
            self.carry_out(todo);
        }
    }

    /// Fires all timers that are due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_due(now) {
            match timer {
                Timer::SetUp => self.lose(Loss::SetUpTime, now),
                Timer::Probe => {
                    let todo = self.path.probe_due(now, &mut self.timers);
                    self.carry_out(todo);
                }
                Timer::DeadPeer => {
                    let todo = self.path.dead_peer_due(now, &mut self.timers);
                    self.carry_out(todo);
                    if todo.fall_back {
                        self.fell_back(now);
                    }
                }
                Timer::Reconnect => self.need_channel(),
                Timer::Look => self.look(now),
            }
        }
    }

    /// The user wants a new channel now.
    pub fn reconnect(&mut self, now: Instant) {
        match self.channel_state {
            ChannelState::SettingUp(_) | ChannelState::Running(_) => self.lose(Loss::Requested, now),
            ChannelState::Opening
                if self
                    .timers
                    .next()
                    .is_some_and(|(_, timer)| timer == Timer::Reconnect) =>
            {
                self.timers.set(Timer::Reconnect, Some(now));
            }
            ChannelState::Idle | ChannelState::Opening | ChannelState::Ended => {}
        }
    }

    /// There is a new session in place of the one that ended, at the gateway with this `Host` header: a channel is asked
    /// for as at the start. What is set up on the machine stays until the new configuration comes.
    pub fn session_renewed(&mut self, host: String) {
        if !matches!(self.channel_state, ChannelState::Ended) {
            return;
        }
        self.settings.host = host;
        self.backoff = Backoff::new(self.settings.reconnect_timeout);
        // its keys died with the old session
        let todo = self.path.turn_off("a new session begins", &mut self.timers);
        self.carry_out(todo);
        self.esp = None;
        self.forget_channel();
        self.need_channel();
    }

    /// The user ends the session: the gateway is told to send nothing over UDP any more (`§16.2`). Write what is in
    /// the channel buffer, then close.
    pub fn quit(&mut self) {
        if self.path.current() == Path::Udp {
            let todo = self.path.turn_off("the session ends", &mut self.timers);
            self.carry_out(Todo {
                changed: None,
                ..todo
            });
        }
        self.timers = TimerTable::default();
    }

    /// The next output.
    pub fn poll_output(&mut self) -> Output<'_> {
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        if let Some(esp) = self.esp.as_mut().filter(|_| self.probes_due > 0) {
            esp.probe(&mut self.probes, std::mem::take(&mut self.probes_due));
            return Output::Datagrams(&self.probes);
        }
        self.probes_due = 0;
        Output::Timeout(self.timers.next())
    }

    /// Counters since the start.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// The path data takes now.
    pub fn path(&self) -> Path {
        self.path.current()
    }

    /// State of the UDP path in one word.
    pub fn udp_state(&self) -> &'static str {
        self.path.state_name()
    }

    /// Cipher and MAC of the UDP path, once there are keys.
    pub fn udp_algorithms(&self) -> Option<(Cipher, Mac)> {
        self.esp.as_ref().map(Esp::algorithms)
    }

    fn handle_link_output(&mut self, output: LinkOutput, now: Instant) {
        match output {
            LinkOutput::SetCookies(lines) => self.events.push_back(Event::SetCookies(lines)),
            LinkOutput::Configured { network, udp } => self.configured(*network, udp, now),
            LinkOutput::Rekeyed(offer) => self.rekeyed(&offer),
            LinkOutput::UdpOff => {
                let todo = self.path.switched_off(now, &mut self.timers);
                self.carry_out(todo);
            }
            LinkOutput::UdpUnusable { reason } => {
                let todo = self.path.turn_off(reason, &mut self.timers);
                self.carry_out(todo);
            }
        }
    }

    fn configured(&mut self, network: NetworkConfig, udp: Option<UdpOffer>, now: Instant) {
        let old = self.network.as_ref();
        let other = old.filter(|old| old.address != network.address || old.netmask != network.netmask);
        if let Some(old) = other.filter(|_| !self.settings.reconfigure) {
            let end = End::AddressChanged {
                old: old.address,
                new: network.address,
            };
            self.end(end);
            return;
        }
        let replaced = other.map(|old| old.address).filter(|old| *old != network.address);
        let state = std::mem::replace(&mut self.channel_state, ChannelState::Idle);
        let ChannelState::SettingUp(link) = state else {
            return;
        };
        self.channel_state = ChannelState::Running(link);
        self.timers.set(Timer::SetUp, None);
        self.backoff.up(now);
        (self.stranger, self.stale, self.doubtful) = (false, false, false);
        let first = old.is_none();
        let changed = old != Some(&network);
        if replaced.is_some() {
            self.old_address = replaced;
        }
        // it may be back in use
        self.old_address.take_if(|old| *old == network.address);
        self.statistics.reconnects += u64::from(!first);
        self.network = Some(network.clone());
        let configured = Configured {
            network,
            first,
            changed,
            replaced,
            udp: udp.is_some(),
        };
        self.events.push_back(Event::Configured(Box::new(configured)));
        self.take_udp(udp);
    }

    /// Takes the keys of a new channel into use; those of the old one die with it.
    fn take_udp(&mut self, udp: Option<UdpOffer>) {
        let todo = match udp {
            Some(offer) => {
                self.esp = Some(Esp::new(&offer.keys, (self.settings.random)()));
                self.use_port(offer.port);
                self.reply_mark = Some(self.queued());
                let fallback = offer
                    .fallback_seconds
                    .map(|seconds| Duration::from_secs(seconds.into()));
                self.path.keyed(fallback, &mut self.timers)
            }
            None => {
                let todo = self
                    .path
                    .turn_off("the gateway offers no ESP now", &mut self.timers);
                self.esp = None;
                Todo { switch: None, ..todo }
            }
        };
        self.carry_out(todo);
    }

    /// New keys in the middle of the session; the path stays what it was (`§14.5`).
    fn rekeyed(&mut self, offer: &UdpOffer) {
        self.statistics.rekeys += 1;
        self.events.push_back(Event::Rekeyed);
        match &mut self.esp {
            Some(esp) if !self.path.is_off() => {
                esp.rekey(&offer.keys);
                if self.udp_port != offer.port {
                    self.use_port(offer.port);
                    self.events.push_back(Event::BindUdp { port: offer.port });
                }
            }
            // ESP had been given up: start over with the new keys
            _ => self.take_udp(Some(offer.clone())),
        }
    }

    fn use_port(&mut self, port: u16) {
        self.udp_port = port;
        self.own.uses(port);
    }

    fn carry_out(&mut self, todo: Todo) {
        if let Some((path, reason)) = todo.changed {
            self.statistics.fallbacks += u64::from(todo.fall_back);
            self.events.push_back(Event::PathChanged { path, reason });
        }
        if todo.rebind {
            self.events.push_back(Event::BindUdp { port: self.udp_port });
        }
        self.probes_due += todo.probes;
        if let (Some(on), ChannelState::Running(link)) = (todo.switch, &mut self.channel_state) {
            link.switch_udp(on, &mut self.channel);
            self.enable_mark = on.then(|| self.written + self.channel.len() as u64);
        }
    }

    fn send_over_channel(&mut self, packets: &mut dyn ExactSizeIterator<Item = &[u8]>) -> Route {
        let count = packets.len();
        let ChannelState::Running(link) = &mut self.channel_state else {
            self.statistics.out_dropped += count as u64;
            return Route::Dropped;
        };
        let octets = link.wrap(packets, &mut self.channel);
        self.statistics.channel_out.add(count, octets);
        Route::Channel
    }

    fn link_failed(&mut self, error: LinkError, now: Instant) {
        let first = self.network.is_none();
        if first || error.is_final() && !self.stranger {
            self.end(End::Link(error));
        } else {
            self.lose(Loss::Link(error), now);
        }
    }

    /// The channel is gone, or could not be opened: plan the next attempt, or end.
    fn lose(&mut self, cause: Loss, now: Instant) {
        if matches!(self.channel_state, ChannelState::Ended) {
            return;
        }
        self.forget_channel();
        if self.network.is_none() {
            return self.end(End::Failed(cause));
        }
        self.channel_state = ChannelState::Opening;
        match self.backoff.next_attempt(now, self.away.is_some()) {
            Some(at) => {
                self.timers.set(Timer::Reconnect, Some(at));
                let retry_in = at.saturating_duration_since(now);
                self.events.push_back(Event::ChannelLost { cause, retry_in });
            }
            None => {
                let lost_for = self.backoff.lost_for(now);
                self.end(End::NetworkLost { lost_for, cause });
            }
        }
    }

    fn forget_channel(&mut self) {
        self.channel.clear();
        self.written = 0;
        self.reply_mark = None;
        self.enable_mark = None;
        self.doubtful = false;
        self.timers.set(Timer::SetUp, None);
    }

    fn need_channel(&mut self) {
        self.channel_state = ChannelState::Opening;
        self.events.push_back(Event::NeedChannel);
    }

    fn end(&mut self, end: End) {
        self.timers = TimerTable::default();
        self.channel_state = ChannelState::Ended;
        self.events.push_back(Event::Ended(end));
    }

    fn queued(&self) -> u64 {
        self.written + self.channel.len() as u64
    }
}

/// Whether this is one IPv4 packet, whole: a device with a larger MTU than ours gives cut ones.
fn is_ipv4(packet: &[u8]) -> bool {
    first_packet(packet) == Split::Packet(packet.len())
}

/// Whether this IPv4 packet has the source `address`.
fn comes_from(packet: &[u8], address: Ipv4Addr) -> bool {
    packet.get(12..16) == Some(&address.octets()[..])
}

/// One line a packet at the most verbose level: length and protocol number, nothing of who talks to whom.
fn trace_packets<'a>(what: &str, path: Path, packets: impl Iterator<Item = &'a [u8]>) {
    if tracing::enabled!(tracing::Level::TRACE) {
        for packet in packets {
            trace!(?path, len = packet.len(), protocol = packet.get(9), "{what}");
        }
    }
}

fn octets<'a>(packets: impl Iterator<Item = &'a [u8]>) -> u64 {
    packets.map(|packet| packet.len() as u64).sum()
}

/// Packets stay in the TUN while more than this waits for the channel: enough to fill the pipe for a moment, little
/// enough to keep the queue short.
const CHANNEL_HIGH_WATER: usize = 128 * 1024;

/// How long the gateway may take from the tunnel request to its configuration (`juniper-nc.md §7.5`).
const SET_UP_TIME: Duration = Duration::from_secs(30);

/// How often the way is looked for while there is none and nobody tells of a change.
const LOOK_PAUSE: Duration = Duration::from_secs(10);

/// Failed batches in a row after which UDP is left.
const MAX_SEND_ERRORS: u32 = 8;

/// Room for the one octet of a probe.
const PROBE_ROOM: usize = 16;

#[cfg(test)]
mod tests;
