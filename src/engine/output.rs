//! What the engine tells the world, and its counters.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::path::Path;
use super::timer::Timer;
use crate::config::NetworkConfig;
use crate::esp::DropCounts;
use crate::packet::Batch;
use crate::protocol::LinkError;
use crate::secret::Secret;

/// One output. Drain with [`Engine::poll_output`](super::Engine::poll_output) until `Timeout` after each input.
#[derive(Debug)]
pub enum Output<'a> {
    /// Something to do or to know.
    Event(Event),
    /// Sealed datagrams to send to the gateway; a failure to send them does not matter.
    Datagrams(&'a Batch),
    /// Nothing more for now; call [`Engine::handle_timeout`](super::Engine::handle_timeout) at that time.
    Timeout(Option<(Instant, Timer)>),
}

/// What the world must do or know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Open a channel to the gateway, then call `channel_opened` or `open_failed`.
    NeedChannel,
    /// Keep the cookies of the gateway's answer.
    SetCookies(Vec<Secret>),
    /// The tunnel is configured, for the first time or anew.
    Configured(Box<Configured>),
    /// Open a UDP socket to this port of the gateway in place of the one there is.
    BindUdp {
        /// UDP port of the gateway.
        port: u16,
    },
    /// Look whether there is a way to the gateway, and tell by `network_changed`.
    LookAround,
    /// Data takes another path from now on.
    PathChanged {
        /// The new path.
        path: Path,
        /// Why.
        reason: &'static str,
    },
    /// ESP keys were renewed.
    Rekeyed,
    /// The channel is lost. Close it.
    ChannelLost {
        /// Why.
        cause: Loss,
        /// When the next attempt begins, from now.
        retry_in: Duration,
    },
    /// The session is over.
    Ended(End),
}

/// A configuration taken into use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Addresses, routes, names.
    pub network: NetworkConfig,
    /// True for the first configuration of this run.
    pub first: bool,
    /// Whether it differs from the one before.
    pub changed: bool,
    /// The inner address used so far, when this one is another: connections through the tunnel are lost.
    pub replaced: Option<Ipv4Addr>,
    /// Whether ESP will be tried.
    pub udp: bool,
}

/// Why the channel was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loss {
    /// The protocol says so.
    Link(LinkError),
    /// The system says so, in its words.
    Transport(String),
    /// The gateway did not finish the set-up in time.
    SetUpTime,
    /// The user asked for a new connection.
    Requested,
    /// This machine reaches the gateway from another address, or again after a while without a way.
    NetworkChanged,
    /// The machine has slept, or its clock has jumped.
    Resumed,
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The gateway refused or ended it.
    Link(LinkError),
    /// The first connection failed on the way.
    Failed(Loss),
    /// After a reconnect the gateway hands out another inner address (`juniper-nc.md §17.3`).
    AddressChanged {
        /// Address in use so far.
        old: Ipv4Addr,
        /// Address handed out now.
        new: Ipv4Addr,
    },
    /// The channel stayed lost for longer than allowed.
    NetworkLost {
        /// How long it was lost.
        lost_for: Duration,
        /// Cause of the loss or of the last failed attempt.
        cause: Loss,
    },
}

/// Where a batch of packets went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Sealed in place: send the batch's datagrams.
    Udp,
    /// Appended to the channel buffer.
    Channel,
    /// No path; dropped.
    Dropped,
}

/// Packets and octets of inner traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Octets of inner packets.
    pub bytes: u64,
}

impl Traffic {
    /// Counts packets of together `bytes` octets.
    pub fn add(&mut self, packets: usize, bytes: u64) {
        self.packets += packets as u64;
        self.bytes += bytes;
    }
}

/// Counters since the start of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// To the gateway over the channel.
    pub channel_out: Traffic,
    /// From the gateway over the channel.
    pub channel_in: Traffic,
    /// To the gateway over UDP.
    pub udp_out: Traffic,
    /// From the gateway over UDP.
    pub udp_in: Traffic,
    /// Datagrams dropped, by reason.
    pub drops: DropCounts,
    /// Outgoing packets dropped: no path, not IPv4, from an address that is not ours any more, or our own transport.
    pub out_dropped: u64,
    /// Those of them that were our own transport, routed into the tunnel.
    pub looped: u64,
    /// Probes answered.
    pub probes_answered: u64,
    /// Key renewals.
    pub rekeys: u64,
    /// Channels opened after the first.
    pub reconnects: u64,
    /// Times UDP failed, so that the path changed to the channel. A new channel, whose keys are not yet confirmed, is
    /// no failure.
    pub fallbacks: u64,
}
