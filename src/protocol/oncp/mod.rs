//! oNCP, the protocol of Network Connect, as a [`Link`] (`juniper-nc.md §7` to `§12`).
//!
//! Three readers stand on each other, each resumable at any octet: records, messages, IP packets. The borders of one
//! say nothing about the next. What the link waits for is a state that is consumed:
//! `ExpectHead` → `ExpectStatus` → `ExpectConfig` → `Running`.

mod config;
mod expect;
mod keys;
mod packets;
mod running;

use std::collections::VecDeque;

use bytes::BytesMut;

use self::expect::{ExpectConfig, ExpectHead, ExpectStatus};
use self::running::Running;
use super::{Link, LinkError, LinkOutput};
use crate::config::NetworkConfig;
use crate::packet::Received;
use crate::random::RandomSource;
use crate::wire::http_head::TunnelRequest;
use crate::wire::kmp::{HEADER_LEN, data_header};
use crate::wire::record::write_record;

/// What the client says when it opens the tunnel.
#[derive(Debug, Clone)]
pub struct Hello {
    /// The request that starts it.
    pub request: TunnelRequest,
    /// Host name told to the gateway (`§7.3`).
    pub local_hostname: String,
    /// Whether ESP may be used: allowed by the user, no proxy, outer IPv4 (`§11`).
    pub esp: bool,
    /// Configuration of the session before, when this is a reconnect.
    pub previous: Option<NetworkConfig>,
}

/// One tunnel connection, from the request to the end of the channel.
pub struct Oncp {
    state: Option<State>,
    shared: Shared,
}

/// What all states need.
struct Shared {
    hello: Hello,
    random: Box<dyn RandomSource>,
    outputs: VecDeque<LinkOutput>,
    /// SPI of our last inbound keys; the next must differ.
    last_spi: Option<[u8; 4]>,
}

enum State {
    Head(ExpectHead),
    Status(ExpectStatus),
    Config(Box<ExpectConfig>),
    Running(Box<Running>),
}

/// Result of feeding a state: the next one, and what it did not use.
type Next<'a> = Result<(State, &'a [u8]), LinkError>;

impl Oncp {
    /// Writes the tunnel request to the channel; the gateway speaks next.
    ///
    /// The hostname packet waits for the answer: until then another service holds the gateway's end of the
    /// connection and could swallow it.
    pub fn open(hello: Hello, random: Box<dyn RandomSource>, channel: &mut BytesMut) -> Self {
        hello.request.write(channel);
        let last_spi = None;
        Self {
            state: Some(State::Head(ExpectHead::default())),
            shared: Shared {
                hello,
                random,
                outputs: VecDeque::new(),
                last_spi,
            },
        }
    }
}

impl Link for Oncp {
    fn handle_channel(
        &mut self,
        mut bytes: &[u8],
        channel: &mut BytesMut,
        received: &mut Received,
    ) -> Result<(), LinkError> {
        // at least once, so that octets buffered by one state are looked at by the next
        loop {
            let state = self.state.take().ok_or(LinkError::Closed { in_message: false })?;
            let before = std::mem::discriminant(&state);
            let (next, rest) = match state {
                State::Head(state) => state.handle(bytes, &mut self.shared, channel)?,
                State::Status(state) => state.handle(bytes)?,
                State::Config(state) => state.handle(bytes, &mut self.shared, channel, received)?,
                State::Running(state) => state.handle(bytes, &mut self.shared, channel, received)?,
            };
            bytes = rest;
            let unchanged = std::mem::discriminant(&next) == before;
            self.state = Some(next);
            if unchanged && bytes.is_empty() {
                return Ok(());
            }
        }
    }

    fn channel_closed(&mut self) -> LinkError {
        let in_message = match self.state.take() {
            Some(State::Running(state)) => state.in_message(),
            Some(State::Head(_) | State::Status(_) | State::Config(_)) | None => false,
        };
        LinkError::Closed { in_message }
    }

    fn wrap(&mut self, packets: &mut dyn ExactSizeIterator<Item = &[u8]>, channel: &mut BytesMut) -> u64 {
        let mut octets = 0;
        for packet in packets {
            let Some(record_len) = u16::try_from(packet.len() + HEADER_LEN).ok() else {
                continue;
            };
            channel.reserve(2 + usize::from(record_len));
            channel.extend_from_slice(&record_len.to_le_bytes());
            channel.extend_from_slice(&data_header(record_len - HEADER_LEN as u16));
            channel.extend_from_slice(packet);
            octets += packet.len() as u64;
        }
        octets
    }

    fn switch_udp(&mut self, on: bool, channel: &mut BytesMut) {
        write_record(channel, |out| keys::write_switch(out, on));
    }

    fn poll_output(&mut self) -> Option<LinkOutput> {
        self.shared.outputs.pop_front()
    }
}

#[cfg(test)]
mod tests;
