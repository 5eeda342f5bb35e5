//! VPN protocols as links: octets in, octets and events out. No socket, no clock, no system randomness.

pub mod oncp;

use bytes::BytesMut;

use crate::config::NetworkConfig;
use crate::esp::EspKeys;
use crate::packet::Received;
use crate::secret::Secret;
use crate::wire::Malformed;

/// A protocol on an open channel (the TLS stream to the gateway).
///
/// After each call take all outputs with [`Link::poll_output`]. Octets for the channel are appended to the buffer
/// given in, control messages before data.
pub trait Link {
    /// Octets from the channel; all are taken. Inner packets among them are laid into `received`.
    ///
    /// # Errors
    /// An error ends the link; the channel must be closed.
    fn handle_channel(
        &mut self,
        bytes: &[u8],
        channel: &mut BytesMut,
        received: &mut Received,
    ) -> Result<(), LinkError>;

    /// The channel ended.
    fn channel_closed(&mut self) -> LinkError;

    /// Appends packets as data over the channel; returns the octets of inner traffic in them.
    fn wrap(&mut self, packets: &mut dyn ExactSizeIterator<Item = &[u8]>, channel: &mut BytesMut) -> u64;

    /// Asks the gateway to send data over UDP, or over the channel again.
    fn switch_udp(&mut self, on: bool, channel: &mut BytesMut);

    /// What happened since the last call, one at a time.
    fn poll_output(&mut self) -> Option<LinkOutput>;
}

/// What a link tells the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkOutput {
    /// `Set-Cookie` lines of the tunnel answer.
    SetCookies(Vec<Secret>),
    /// The gateway's configuration; our reply is in the channel buffer. `udp` is absent when ESP cannot be used.
    Configured {
        /// Addresses, routes, names.
        network: Box<NetworkConfig>,
        /// The UDP path offered.
        udp: Option<UdpOffer>,
    },
    /// New ESP keys in the middle of a session; our reply is in the channel buffer.
    Rekeyed(UdpOffer),
    /// The gateway wants data over the channel; the keys stay valid.
    UdpOff,
    /// The gateway sent keys that cannot be used; those before are no longer valid.
    UdpUnusable {
        /// Why, for the log.
        reason: &'static str,
    },
}

/// The UDP path of one keying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UdpOffer {
    /// Keys of both directions.
    pub keys: EspKeys,
    /// UDP port of the gateway.
    pub port: u16,
    /// The gateway's fall-back time in seconds (8/9), if it named one.
    pub fallback_seconds: Option<u32>,
}

/// Why a link ended. Grouped by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The answer to the tunnel request is not HTTP, or not readable.
    #[error("the peer is not a Network Connect gateway: {0}")]
    NotAGateway(#[from] crate::wire::http_head::HeadError),
    /// The tunnel request was answered by a redirect or a client error: the cookie is not valid (`§7.2`).
    #[error("the gateway does not accept the session cookie (HTTP status {status})")]
    CookieRefused {
        /// HTTP status.
        status: u16,
    },
    /// The tunnel request was answered by another status.
    #[error("the gateway answered the tunnel request with HTTP status {status}")]
    HttpStatus {
        /// HTTP status.
        status: u16,
    },
    /// The session ended before it began (`§7.4`, `00 00 RR`): stale or foreign cookie.
    #[error("the gateway rejected the session (reason {reason:02x})")]
    SessionRejected {
        /// Reason code.
        reason: u8,
    },
    /// The gateway refused the tunnel (`§7.4`, `01 00 EE`).
    #[error("the gateway refused the tunnel (code {code:02x})")]
    Refused {
        /// Refusal code.
        code: u8,
    },
    /// The gateway ended the session (`§16.1`).
    #[error("the gateway ended the session (reason {reason:02x})")]
    Terminated {
        /// Reason code.
        reason: u8,
    },
    /// The stream cannot be followed any further.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Another message than the configuration came first (`§7.5`).
    #[error("message {kind} where the configuration was expected")]
    UnexpectedMessage {
        /// KMP number.
        kind: u16,
    },
    /// An attribute that cannot be done without has a wrong length (`§10`).
    #[error("attribute {group}/{number} has a length of {len}")]
    BadAttribute {
        /// Group number.
        group: u16,
        /// Attribute number.
        number: u16,
        /// Length of its value.
        len: usize,
    },
    /// The first configuration has no address or no netmask.
    #[error("the configuration has no {what}")]
    Missing {
        /// `address` or `netmask`.
        what: &'static str,
    },
    /// The inner address is none that a host can have.
    #[error("the gateway hands out an inner address that cannot be used: {address}")]
    UnusableAddress {
        /// The address.
        address: std::net::Ipv4Addr,
    },
    /// The channel ended in the middle of the session.
    #[error("the gateway closed the connection{}", if *.in_message { " in the middle of a message" } else { "" })]
    Closed {
        /// Whether something was left incomplete.
        in_message: bool,
    },
}

impl LinkError {
    /// Whether a new channel with the same cookie would meet the same refusal (`juniper-nc.md §17.2`).
    pub fn is_final(&self) -> bool {
        match self {
            Self::CookieRefused { .. }
            | Self::SessionRejected { .. }
            | Self::Refused { .. }
            | Self::Terminated { .. } => true,
            Self::NotAGateway(_)
            | Self::HttpStatus { .. }
            | Self::Malformed(_)
            | Self::UnexpectedMessage { .. }
            | Self::BadAttribute { .. }
            | Self::Missing { .. }
            | Self::UnusableAddress { .. }
            | Self::Closed { .. } => false,
        }
    }
}
