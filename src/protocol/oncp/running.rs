//! The running tunnel: data, rekeys, ESP switches, termination (`juniper-nc.md §8` to `§14`).

use std::collections::BTreeSet;

use bytes::BytesMut;
use tracing::{debug, trace, warn};

use super::config::EspParams;
use super::packets::PacketReader;
use super::{Next, Shared, State, keys};
use crate::packet::Received;
use crate::protocol::{LinkError, LinkOutput};
use crate::wire::kmp::{Header, KmpReader, Piece, kind};
use crate::wire::record::{RecordReader, Unit, write_record};
use crate::wire::tlv::attributes;

/// The tunnel is configured.
pub(super) struct Running {
    records: RecordReader,
    messages: KmpReader,
    packets: PacketReader,
    /// Kind of the message being received.
    current: Option<u16>,
    /// Payload of a message that is not data.
    payload: Vec<u8>,
    params: EspParams,
    /// Unknown kinds already told about, so that each is logged once.
    told: BTreeSet<u16>,
    /// Whether unusable keys were told about.
    told_unusable: bool,
}

impl Running {
    pub(super) fn new(records: RecordReader, params: EspParams) -> Self {
        Self {
            records,
            messages: KmpReader::default(),
            packets: PacketReader::default(),
            current: None,
            payload: Vec::new(),
            params,
            told: BTreeSet::new(),
            told_unusable: false,
        }
    }

    /// Whether the channel ended in the middle of a message, or between a zero length and its reason (`§16.1`).
    pub(super) fn in_message(&self) -> bool {
        self.current.is_some() || self.records.awaits_reason()
    }

    pub(super) fn handle<'a>(
        mut self: Box<Self>,
        bytes: &'a [u8],
        shared: &mut Shared,
        channel: &mut BytesMut,
        received: &mut Received,
    ) -> Next<'a> {
        let mut rest = bytes;
        while let Some(unit) = self.records.next(&mut rest) {
            match unit {
                // whatever message was begun is discarded with the session (F15)
                Unit::End { reason } => return Err(LinkError::Terminated { reason }),
                Unit::Payload { bytes, .. } => self.replay(bytes, shared, channel, received),
            }
        }
        Ok((State::Running(self), rest))
    }

    /// Octets of the message stream, without record lengths.
    pub(super) fn replay(
        &mut self,
        mut bytes: &[u8],
        shared: &mut Shared,
        channel: &mut BytesMut,
        received: &mut Received,
    ) {
        while let Some(piece) = self.messages.next(&mut bytes) {
            match piece {
                Piece::Begin(header) => self.begin(header),
                Piece::Body { bytes, left } if self.current == Some(kind::DATA) => {
                    self.packets.feed(bytes, left, received);
                }
                Piece::Body { bytes, .. } => {
                    if matches!(self.current, Some(kind::KEYS | kind::CONTROL)) {
                        self.payload.extend_from_slice(bytes);
                    }
                }
                Piece::End => self.end(shared, channel),
            }
        }
    }

    fn begin(&mut self, header: Header) {
        let kind = header.kind;
        trace!(kind, len = header.len, "message from the gateway");
        self.current = Some(kind);
        self.payload.clear();
        self.packets.begin();
        let known = [kind::DATA, kind::KEYS, kind::CONTROL].contains(&kind);
        // a peer could name 65536 kinds; remembering a few is enough to keep the log short
        if !known && self.told.len() < 16 && self.told.insert(kind) {
            warn!(kind, "unknown message skipped");
        }
    }

    fn end(&mut self, shared: &mut Shared, channel: &mut BytesMut) {
        match self.current.take() {
            Some(kind::KEYS) => self.rekey(shared, channel),
            Some(kind::CONTROL) => self.control(shared),
            _ => {}
        }
    }

    /// The gateway's new keys: take them, answer with ours (`§14.5`). A message that cannot be used switches ESP off
    /// and keeps the channel.
    fn rekey(&mut self, shared: &mut Shared, channel: &mut BytesMut) {
        if !shared.hello.esp {
            debug!("ESP keys ignored: ESP is not in use");
            return;
        }
        self.params.forget_keys();
        let usable = self.take_params().and_then(|()| self.params.usable());
        match usable {
            Ok(usable) => {
                let offer = keys::complete(usable, shared.random.as_mut(), shared.last_spi);
                shared.last_spi = Some(offer.keys.inbound.spi);
                write_record(channel, |out| keys::write_keys(out, &offer.keys.inbound));
                shared.outputs.push_back(LinkOutput::Rekeyed(offer));
            }
            Err(reason) => {
                // told once: a gateway may go on with it for ever
                if !std::mem::replace(&mut self.told_unusable, true) {
                    warn!(reason, "new ESP keys cannot be used");
                }
                shared.outputs.push_back(LinkOutput::UdpUnusable { reason });
            }
        }
    }

    fn take_params(&mut self) -> Result<(), &'static str> {
        for attribute in attributes(&self.payload) {
            let attribute = attribute.map_err(|_| "malformed key message")?;
            let known = self
                .params
                .take(&attribute)
                .map_err(|_| "key of a wrong length")?;
            if known.is_none() {
                let (group, number) = attribute.id();
                debug!(group, number, "attribute of a key message skipped");
            }
        }
        Ok(())
    }

    /// A message 303 from the gateway: only "ESP off" is known (`§9`).
    fn control(&mut self, shared: &mut Shared) {
        for attribute in attributes(&self.payload).map_while(Result::ok) {
            match (attribute.id(), attribute.value) {
                ((6, 1), [0]) => shared.outputs.push_back(LinkOutput::UdpOff),
                ((group, number), _) => debug!(group, number, "control attribute ignored"),
            }
        }
    }
}
