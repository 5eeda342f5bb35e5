//! The packets that gateway and host checker send each other (`juniper-nc.md §5.5`).

use std::io::Read;

use flate2::read::ZlibDecoder;
use thiserror::Error;

/// A packet as found. Flags and vendor are not kept, nobody looks at them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A packet of packets, inflated if it came compressed.
    List {
        /// What kind of list.
        code: u32,
        /// Its packets.
        packets: Vec<Self>,
    },
    /// A number.
    Number {
        /// What is counted.
        code: u32,
        /// The number.
        value: u32,
    },
    /// A string, without the NULs behind it.
    Text {
        /// What kind of string.
        code: u32,
        /// Its octets, in no known character set.
        octets: Vec<u8>,
    },
    /// A string with a number that says what it is, without the NULs behind it and inflated if it came compressed.
    Named {
        /// See [`POLICIES`] and its neighbours.
        id: u32,
        /// Its octets, in no known character set.
        octets: Vec<u8>,
    },
    /// A code that is not in our notes.
    Unknown {
        /// The code.
        code: u32,
    },
}

/// Why octets are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageError {
    /// A packet is longer than what it is in, or shorter than its own head.
    #[error("a packet has a length that does not fit")]
    BadLength,
    /// A packet has no room for the number it must hold.
    #[error("packet {code:#06x} is too short for its content")]
    TooShort {
        /// Its code.
        code: u32,
    },
    /// A packet that must hold exactly one holds another number of them.
    #[error("packet {code:#06x} holds {count} packets instead of one")]
    NotSingle {
        /// Its code.
        code: u32,
        /// How many it holds.
        count: usize,
    },
    /// Packets in packets in packets.
    #[error("packets are nested too deep")]
    TooDeep,
    /// More packets than any gateway sends.
    #[error("there are too many packets")]
    TooMany,
    /// Compressed octets that cannot be inflated.
    #[error("compressed octets are damaged")]
    BadCompression,
    /// Compressed octets that would fill the memory.
    #[error("compressed octets are too large")]
    TooLarge,
}

/// Takes a message apart. What follows the last whole packet is padding or less than a head, and is left out.
pub fn decode(octets: &[u8]) -> Result<Vec<Packet>, MessageError> {
    let mut decoder = Decoder {
        packets_left: MAX_PACKETS,
        inflated_left: MAX_INFLATED,
    };
    decoder.list(octets, 0)
}

/// The strings with this id, wherever they stand in a group.
pub fn named(packets: &[Packet], id: u32) -> Vec<&[u8]> {
    let mut found = Vec::new();
    collect(packets, id, false, &mut found);
    found
}

/// Appends a packet with its padding.
pub(super) fn put(out: &mut Vec<u8>, code: u32, payload: &[u8]) {
    let length = u32::try_from(HEAD + payload.len()).unwrap_or(u32::MAX);
    let [_, length @ ..] = length.to_be_bytes();
    out.extend(code.to_be_bytes());
    out.push(FLAGS);
    out.extend(length);
    out.extend(VENDOR.to_be_bytes());
    out.extend(payload);
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}

/// Appends a string with an id, which is sent with two NULs behind it.
pub(super) fn put_named(out: &mut Vec<u8>, id: u32, text: &str) {
    let payload = [&id.to_be_bytes(), text.as_bytes(), &[0, 0]].concat();
    put(out, NAMED, &payload);
}

struct Decoder {
    packets_left: usize,
    inflated_left: usize,
}

impl Decoder {
    fn list(&mut self, mut octets: &[u8], depth: usize) -> Result<Vec<Packet>, MessageError> {
        if depth > MAX_DEPTH {
            return Err(MessageError::TooDeep);
        }
        let mut packets = Vec::new();
        while let Some((head, _)) = octets.split_first_chunk::<HEAD>() {
            let [a, b, c, d, _, length @ .., _, _, _, _] = *head;
            let length = length
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet));
            let payload = octets.get(HEAD..length).ok_or(MessageError::BadLength)?;
            self.packets_left = self.packets_left.checked_sub(1).ok_or(MessageError::TooMany)?;
            packets.push(self.packet(u32::from_be_bytes([a, b, c, d]), payload, depth)?);
            octets = octets.get(length.next_multiple_of(ALIGNMENT)..).unwrap_or(&[]);
        }
        Ok(packets)
    }

    fn packet(&mut self, code: u32, payload: &[u8], depth: usize) -> Result<Packet, MessageError> {
        Ok(match code {
            NUMBER | COUNT => {
                let (value, _) = number(code, payload)?;
                Packet::Number { code, value }
            }
            MESSAGE | GROUP => Packet::List {
                code,
                packets: self.list(payload, depth + 1)?,
            },
            COMPRESSED => {
                let (_, payload) = number(code, payload)?;
                let inflated = self.inflate(payload)?;
                Packet::List {
                    code,
                    packets: self.list(&inflated, depth + 1)?,
                }
            }
            SINGLE => {
                let packets = self.list(payload, depth + 1)?;
                let count = packets.len();
                if count != 1 {
                    return Err(MessageError::NotSingle { code, count });
                }
                Packet::List { code, packets }
            }
            LANGUAGE | TEXT => Packet::Text {
                code,
                octets: without_nuls(payload).to_vec(),
            },
            NAMED => {
                let (id, octets) = number(code, payload)?;
                Packet::Named {
                    id,
                    octets: self.string(octets)?,
                }
            }
            code => Packet::Unknown { code },
        })
    }

    /// `COMPRESSED:<len>:<zlib>` is inflated. The NULs behind it stay until then: the last octet of the stream may be
    /// one itself.
    fn string(&mut self, octets: &[u8]) -> Result<Vec<u8>, MessageError> {
        let Some(compressed) = octets.strip_prefix(COMPRESSED_PREFIX) else {
            return Ok(without_nuls(octets).to_vec());
        };
        let digits = compressed
            .iter()
            .take_while(|octet| octet.is_ascii_digit())
            .count();
        match compressed.split_at_checked(digits) {
            Some((length, [b':', stream @ ..])) if !length.is_empty() => {
                let inflated = self.inflate(stream)?;
                Ok(without_nuls(&inflated).to_vec())
            }
            Some(_) | None => Err(MessageError::BadCompression),
        }
    }

    fn inflate(&mut self, stream: &[u8]) -> Result<Vec<u8>, MessageError> {
        let mut inflated = Vec::new();
        let limit = u64::try_from(self.inflated_left).unwrap_or(u64::MAX);
        ZlibDecoder::new(stream)
            .take(limit.saturating_add(1))
            .read_to_end(&mut inflated)
            .map_err(|_| MessageError::BadCompression)?;
        self.inflated_left = self
            .inflated_left
            .checked_sub(inflated.len())
            .ok_or(MessageError::TooLarge)?;
        Ok(inflated)
    }
}

fn number(code: u32, payload: &[u8]) -> Result<(u32, &[u8]), MessageError> {
    let (number, rest) = payload
        .split_first_chunk()
        .ok_or(MessageError::TooShort { code })?;
    Ok((u32::from_be_bytes(*number), rest))
}

fn without_nuls(octets: &[u8]) -> &[u8] {
    let end = octets
        .iter()
        .rposition(|octet| *octet != 0)
        .map_or(0, |last| last + 1);
    octets.get(..end).unwrap_or_default()
}

fn collect<'a>(packets: &'a [Packet], wanted: u32, in_group: bool, found: &mut Vec<&'a [u8]>) {
    for packet in packets {
        match packet {
            Packet::List { code, packets } => collect(packets, wanted, in_group || *code == GROUP, found),
            Packet::Named { id, octets } if in_group && *id == wanted => found.push(octets),
            Packet::Named { .. } | Packet::Number { .. } | Packet::Text { .. } | Packet::Unknown { .. } => {}
        }
    }
}

const NUMBER: u32 = 0x0012;
pub(super) const MESSAGE: u32 = 0x0013;
const COMPRESSED: u32 = 0x0016;
pub(super) const GROUP: u32 = 0x0ce4;
pub(super) const LANGUAGE: u32 = 0x0ce5;
const NAMED: u32 = 0x0ce7;
const SINGLE: u32 = 0x0cf0;
const TEXT: u32 = 0x0cf1;
const COUNT: u32 = 0x0cf3;

/// Id of the string that asks for the policies.
pub const POLICY_REQUEST: u32 = 0x000a_4c18;
/// Id of the policies and of what is answered to them.
pub const POLICIES: u32 = 0x0005_8316;
/// Id of the platform of the machine.
pub const MACHINE_PLATFORM: u32 = 0x0005_8301;
/// Id of the request for data of the machine, and of the answer.
pub const MACHINE_DATA: u32 = 0x000a_4c01;

const COMPRESSED_PREFIX: &[u8] = b"COMPRESSED:";
const FLAGS: u8 = 0xc0;
const VENDOR: u32 = 0x583;
const HEAD: usize = 12;
const ALIGNMENT: usize = 4;

/// Both from `juniper-nc.md §5.5`.
const MAX_DEPTH: usize = 16;
const MAX_PACKETS: usize = 4096;
/// Octets that all compressed parts of a message may become, those inside others included.
const MAX_INFLATED: usize = 4 << 20;

#[cfg(test)]
mod tests;
