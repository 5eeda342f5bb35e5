//! The states before the tunnel runs: answer head, status, configuration (`juniper-nc.md §7`).

use bytes::BytesMut;
use tracing::{debug, warn};

use super::running::Running;
use super::{Next, Shared, State, config, keys};
use crate::packet::{MAX_IP_PACKET, Received};
use crate::protocol::{LinkError, LinkOutput};
use crate::wire::Malformed;
use crate::wire::http_head::{ResponseHead, parse_response};
use crate::wire::kmp::{HEADER_LEN, Header, kind};
use crate::wire::record::{MAX_RECORD, RecordReader, Unit, write_record};

/// Messages accepted before the configuration.
const MAX_BEFORE: usize = 1024;

/// Packets that arrive before the configuration is complete are kept up to this many octets.
const MAX_EARLY: usize = 2 * MAX_IP_PACKET;

/// Waits for the HTTP head of the answer.
#[derive(Default)]
pub(super) struct ExpectHead {
    head: Vec<u8>,
}

impl ExpectHead {
    pub(super) fn handle<'a>(
        mut self,
        bytes: &'a [u8],
        shared: &mut Shared,
        channel: &mut BytesMut,
    ) -> Next<'a> {
        let had = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(head) = parse_response(&self.head)? else {
            return Ok((State::Head(self), &[]));
        };
        debug!(status = head.status, "answer to the tunnel request");
        check_status(&head)?;
        if !head.set_cookies.is_empty() {
            shared.outputs.push_back(LinkOutput::SetCookies(head.set_cookies));
        }
        keys::write_hostname(channel, &shared.hello.local_hostname);
        // the head was not complete before, so it ends within these octets
        Ok((
            State::Status(ExpectStatus::default()),
            bytes.get(head.len - had..).unwrap_or_default(),
        ))
    }
}

fn check_status(head: &ResponseHead) -> Result<(), LinkError> {
    match head.status {
        200 => Ok(()),
        status @ (302 | 400..=499) => Err(LinkError::CookieRefused { status }),
        status => Err(LinkError::HttpStatus { status }),
    }
}

/// Waits for the status, the first payload octet of the first record (`§7.4`).
#[derive(Default)]
pub(super) struct ExpectStatus {
    records: RecordReader,
}

impl ExpectStatus {
    pub(super) fn handle(mut self, bytes: &[u8]) -> Next<'_> {
        let mut rest = bytes;
        // one octet at a time: what follows the status in the record belongs to the next state
        while let Some((first, tail)) = rest.split_first() {
            rest = tail;
            match self.records.next(&mut [*first].as_slice()) {
                None => {}
                Some(Unit::End { reason }) => return Err(LinkError::SessionRejected { reason }),
                Some(Unit::Payload { bytes: [0], .. }) => {
                    return Ok((State::Config(Box::new(ExpectConfig::new(self.records))), rest));
                }
                Some(Unit::Payload { bytes: status, .. }) => {
                    return Err(LinkError::Refused {
                        code: status.first().copied().unwrap_or_default(),
                    });
                }
            }
        }
        Ok((State::Status(self), &[]))
    }
}

/// Waits for KMP 301. It may span many records, and whole data messages may stand between them (`§7.5`).
pub(super) struct ExpectConfig {
    records: RecordReader,
    /// The record being received, as far as it is not in `message`.
    record: Vec<u8>,
    /// The beginning of that record is in `message`.
    begun: bool,
    /// Complete records from the first message that is not yet complete.
    message: Vec<u8>,
    /// Data messages that came before the configuration was complete.
    early: Vec<u8>,
    /// Messages seen so far, none of them the configuration.
    before: usize,
}

impl ExpectConfig {
    fn new(records: RecordReader) -> Self {
        Self {
            records,
            record: Vec::new(),
            begun: false,
            message: Vec::new(),
            early: Vec::new(),
            before: 0,
        }
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
                Unit::End { reason } => return Err(LinkError::SessionRejected { reason }),
                Unit::Payload { bytes, last } => {
                    self.record.extend_from_slice(bytes);
                    // a configuration need not wait for the end of the record it shares with data
                    if !last && (self.may_stand_between() || !self.completes_message()) {
                        continue;
                    }
                    self.take_record(last);
                    if let Some((payload, tail)) = self.take_config()? {
                        let mut running = configure(&payload, shared, channel, self.records)?;
                        running.replay(&self.early, shared, channel, received);
                        running.replay(&tail, shared, channel, received);
                        return Ok((State::Running(running), rest));
                    }
                }
            }
        }
        Ok((State::Config(self), &[]))
    }

    /// Whether message and record together hold a whole message.
    fn completes_message(&self) -> bool {
        let octet = |index: usize| {
            let own = self.message.len();
            if index < own {
                self.message.get(index)
            } else {
                self.record.get(index - own)
            }
            .copied()
        };
        let have = self.message.len() + self.record.len();
        match (octet(18), octet(19)) {
            (Some(high), Some(low)) => have >= HEADER_LEN + usize::from(u16::from_be_bytes([high, low])),
            _ => false,
        }
    }

    /// Whether the record, of which more may come, may turn out to be data standing between parts of a message.
    fn may_stand_between(&self) -> bool {
        !self.begun && !self.message.is_empty() && data_messages(&self.record) != Data::No
    }

    /// Appends the record to the message it continues, or puts it aside when it is data standing in between.
    fn take_record(&mut self, last: bool) {
        let record = std::mem::take(&mut self.record);
        let whole = last && !self.begun;
        self.begun = !last;
        if whole && !self.message.is_empty() && data_messages(&record) == Data::Whole {
            if self.early.len() + record.len() <= MAX_EARLY {
                self.early.extend_from_slice(&record);
            }
            return;
        }
        self.message.extend_from_slice(&record);
    }

    /// The payload of the configuration and what stands behind it, once it is complete.
    fn take_config(&mut self) -> Result<Option<ConfigAndRest>, LinkError> {
        loop {
            let Some(header) = self.message.first_chunk::<HEADER_LEN>() else {
                return Ok(None);
            };
            let header = if self.before == 0 {
                Header::parse_first(header)?
            } else {
                Header::parse(header)
            };
            let end = HEADER_LEN + header.len;
            if self.message.len() < end {
                return Ok(None);
            }
            let tail = self.message.split_off(end);
            let message = std::mem::replace(&mut self.message, tail);
            if header.kind == kind::CONFIG {
                let payload = message[HEADER_LEN..].to_vec();
                return Ok(Some((payload, std::mem::take(&mut self.message))));
            }
            self.before += 1;
            if self.before > MAX_BEFORE {
                return Err(Malformed {
                    what: "start of the tunnel: too much before the configuration",
                }
                .into());
            }
            match header.kind {
                kind::DATA if self.early.len() + message.len() <= MAX_EARLY => self.early.extend(message),
                kind::DATA => debug!("data before the configuration dropped, too much of it"),
                kind @ (kind::KEYS | kind::CONTROL) => return Err(LinkError::UnexpectedMessage { kind }),
                kind if self.before == 1 => warn!(kind, "unknown message before the configuration skipped"),
                kind => debug!(kind, "unknown message before the configuration skipped"),
            }
        }
    }
}

/// Payload of the configuration message, and the octets behind the message.
type ConfigAndRest = (Vec<u8>, Vec<u8>);

/// Whether octets are data messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Data {
    /// Data messages and nothing else, every octet accounted for.
    Whole,
    /// The beginning of such.
    Part,
    /// Something else.
    No,
}

fn data_messages(mut record: &[u8]) -> Data {
    while let Some(header) = record.first_chunk::<HEADER_LEN>() {
        let header = Header::parse(header);
        if !(header.usual && header.kind == kind::DATA) {
            return Data::No;
        }
        match record.get(HEADER_LEN + header.len..) {
            Some([]) => return Data::Whole,
            Some(rest) => record = rest,
            None => return Data::Part,
        }
    }
    Data::Part
}

/// Takes over the configuration and replies to it (`§11`).
fn configure(
    payload: &[u8],
    shared: &mut Shared,
    channel: &mut BytesMut,
    records: RecordReader,
) -> Result<Box<Running>, LinkError> {
    debug_assert!(payload.len() <= MAX_RECORD);
    let (network, params) = config::parse(payload, shared.hello.previous.as_ref())?;
    let udp = if shared.hello.esp {
        match params.usable() {
            Ok(usable) => Some(keys::complete(usable, shared.random.as_mut(), shared.last_spi)),
            Err(_) if !params.offered() => None,
            Err(reason) => {
                warn!(reason, "the gateway's ESP cannot be used");
                None
            }
        }
    } else {
        None
    };
    write_record(channel, |out| {
        keys::write_mtu(out, network.mtu);
        if let Some(udp) = &udp {
            keys::write_keys(out, &udp.keys.inbound);
        }
    });
    shared.last_spi = udp.as_ref().map(|udp| udp.keys.inbound.spi);
    shared.outputs.push_back(LinkOutput::Configured {
        network: Box::new(network),
        udp,
    });
    Ok(Box::new(Running::new(records, params)))
}
