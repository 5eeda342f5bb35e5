//! KMP messages: a 20-octet header and a payload of up to 65535 octets (`juniper-nc.md §8.2`, `§9`).

use bytes::{BufMut, BytesMut};

use super::Malformed;

/// Length of a KMP header.
pub const HEADER_LEN: usize = 20;

/// Message numbers (`§9`).
pub mod kind {
    /// IP packets.
    pub const DATA: u16 = 300;
    /// Configuration, gateway → client.
    pub const CONFIG: u16 = 301;
    /// ESP keys, both directions.
    pub const KEYS: u16 = 302;
    /// MTU acknowledgement, ESP on and off.
    pub const CONTROL: u16 = 303;
}

/// Octets 8 to 17 as the gateway sends them; their meaning is unknown (`§8.2`).
const FROM_GATEWAY: [u8; 10] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Octets 8 to 17 as the client sends them (`§8.2`).
const FROM_CLIENT: [u8; 10] = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0];

/// A parsed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Message number, see [`kind`].
    pub kind: u16,
    /// Payload length.
    pub len: usize,
    /// Whether the constant octets have the values every known gateway sends.
    pub usual: bool,
}

impl Header {
    /// Reads a header.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Self {
        Self {
            kind: u16::from_be_bytes([bytes[6], bytes[7]]),
            len: usize::from(u16::from_be_bytes([bytes[18], bytes[19]])),
            usual: bytes[..6] == [0; 6] && bytes[8..18] == FROM_GATEWAY,
        }
    }

    /// Reads the header of the first message of a channel, whose constants are checked (`§7.5`).
    pub fn parse_first(bytes: &[u8; HEADER_LEN]) -> Result<Self, Malformed> {
        let header = Self::parse(bytes);
        if header.usual {
            Ok(header)
        } else {
            Err(Malformed {
                what: "first KMP header",
            })
        }
    }
}

/// The header of a data message with a payload of `len` octets, as the client sends it.
pub fn data_header(len: u16) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[6..8].copy_from_slice(&kind::DATA.to_be_bytes());
    header[8..18].copy_from_slice(&FROM_CLIENT);
    header[18..].copy_from_slice(&len.to_be_bytes());
    header
}

/// Appends one message whose payload is made by `payload`, at most 65535 octets.
pub fn write_message(out: &mut BytesMut, kind: u16, payload: impl FnOnce(&mut BytesMut)) {
    out.put_bytes(0, 6);
    out.put_u16(kind);
    out.put_slice(&FROM_CLIENT);
    out.put_u16(0);
    let start = out.len();
    payload(out);
    let len = u16::try_from(out.len() - start).unwrap_or(u16::MAX);
    out[start - 2..start].copy_from_slice(&len.to_be_bytes());
}

/// A piece of the message stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A message begins.
    Begin(Header),
    /// Octets of its payload, at least one; `left` more follow in this message.
    Body {
        /// The octets.
        bytes: &'a [u8],
        /// Payload octets still to come.
        left: usize,
    },
    /// The message is complete.
    End,
}

/// Takes messages apart, resumable at any octet, without holding payload.
#[derive(Debug, Clone, Default)]
pub struct KmpReader {
    header: [u8; HEADER_LEN],
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Header(usize),
    Body(usize),
}

impl Default for State {
    fn default() -> Self {
        Self::Header(0)
    }
}

impl KmpReader {
    /// The next piece of `input`, which is advanced past it; `None` when more octets are needed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Piece<'a>> {
        match self.state {
            State::Header(have) => {
                let take = (HEADER_LEN - have).min(input.len());
                let (head, rest) = input.split_at(take);
                self.header[have..have + take].copy_from_slice(head);
                *input = rest;
                if have + take < HEADER_LEN {
                    self.state = State::Header(have + take);
                    return None;
                }
                let header = Header::parse(&self.header);
                self.state = State::Body(header.len);
                Some(Piece::Begin(header))
            }
            State::Body(0) => {
                self.state = State::Header(0);
                Some(Piece::End)
            }
            State::Body(_) if input.is_empty() => None,
            State::Body(remaining) => {
                let (bytes, rest) = input.split_at(remaining.min(input.len()));
                *input = rest;
                let left = remaining - bytes.len();
                self.state = State::Body(left);
                Some(Piece::Body { bytes, left })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_messages() {
        let mut stream = BytesMut::new();
        write_message(&mut stream, kind::DATA, |_| {});
        write_message(&mut stream, 999, |out| out.put_slice(b"abc"));
        write_message(&mut stream, kind::KEYS, |out| out.put_slice(b"de"));
        for step in 1..=stream.len() {
            let (mut reader, mut seen) = (KmpReader::default(), Vec::new());
            for mut piece in stream.chunks(step) {
                while let Some(piece) = reader.next(&mut piece) {
                    match piece {
                        Piece::Begin(header) => seen.push((header.kind, Vec::new())),
                        Piece::Body { bytes, .. } => {
                            seen.last_mut().expect("begins first").1.extend_from_slice(bytes);
                        }
                        Piece::End => {}
                    }
                }
            }
            let expected = [(300, vec![]), (999, b"abc".to_vec()), (302, b"de".to_vec())];
            assert_eq!(seen, expected, "step {step}");
        }
    }

    #[test]
    fn the_first_header_is_checked_strictly_and_later_ones_are_not() {
        let mut bytes = [0; HEADER_LEN];
        bytes[6..8].copy_from_slice(&301_u16.to_be_bytes());
        assert!(Header::parse_first(&bytes).is_err());
        assert!(!Header::parse(&bytes).usual);
        bytes[8] = 1;
        assert_eq!(Header::parse_first(&bytes).map(|header| header.kind), Ok(301));
    }
}
