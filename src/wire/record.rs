//! oNCP records: a 16-bit little-endian length, then that many octets (`juniper-nc.md §8.1`).
//!
//! Records are an envelope without meaning: their payloads together are one stream. The reader can stop and go on
//! at any octet and holds no payload itself.

use bytes::{BufMut, BytesMut};

/// Largest record payload, by its 16-bit length.
pub const MAX_RECORD: usize = 65_535;

/// What the next octets of the channel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit<'a> {
    /// Octets of a record's payload. `last` is set when they complete the record.
    Payload {
        /// The octets, at least one.
        bytes: &'a [u8],
        /// Whether the record ends with them.
        last: bool,
    },
    /// A record of length zero and the reason octet behind it: the gateway ends the session (`§16.1`).
    End {
        /// Reason code.
        reason: u8,
    },
}

/// Takes records apart, resumable at any octet.
#[derive(Debug, Clone, Copy, Default)]
pub struct RecordReader {
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Length,
    LengthHigh(u8),
    Payload(usize),
    Reason,
}

impl RecordReader {
    /// The next unit of `input`, which is advanced past it; `None` when more octets are needed.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Option<Unit<'a>> {
        loop {
            match self.state {
                State::Length => self.state = State::LengthHigh(take_octet(input)?),
                State::LengthHigh(low) => {
                    self.state = match u16::from_le_bytes([low, take_octet(input)?]) {
                        0 => State::Reason,
                        length => State::Payload(usize::from(length)),
                    };
                }
                State::Reason => {
                    let reason = take_octet(input)?;
                    self.state = State::Length;
                    return Some(Unit::End { reason });
                }
                State::Payload(remaining) => {
                    if input.is_empty() {
                        return None;
                    }
                    let (bytes, rest) = input.split_at(remaining.min(input.len()));
                    *input = rest;
                    let remaining = remaining - bytes.len();
                    self.state = if remaining == 0 {
                        State::Length
                    } else {
                        State::Payload(remaining)
                    };
                    return Some(Unit::Payload {
                        bytes,
                        last: remaining == 0,
                    });
                }
            }
        }
    }

    /// True between the zero length and its reason octet: an end of the channel here is a broken connection, not a
    /// termination (`§16.1`).
    pub fn awaits_reason(&self) -> bool {
        matches!(self.state, State::Reason)
    }
}

fn take_octet(input: &mut &[u8]) -> Option<u8> {
    let (octet, rest) = input.split_first()?;
    *input = rest;
    Some(*octet)
}

/// Appends one record made by `payload`. Payloads longer than [`MAX_RECORD`] are cut; no caller makes them.
pub fn write_record(out: &mut BytesMut, payload: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u16_le(0);
    payload(out);
    let length = u16::try_from(out.len() - start - 2).unwrap_or_else(|_| {
        out.truncate(start + 2 + MAX_RECORD);
        u16::MAX
    });
    out[start..start + 2].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payload stream and end reason of `bytes` fed in pieces of `step`.
    fn read(bytes: &[u8], step: usize) -> (Vec<u8>, Option<u8>) {
        let (mut reader, mut payload, mut end) = (RecordReader::default(), Vec::new(), None);
        for mut piece in bytes.chunks(step) {
            while let Some(unit) = reader.next(&mut piece) {
                match unit {
                    Unit::Payload { bytes, .. } => payload.extend_from_slice(bytes),
                    Unit::End { reason } => end = Some(reason),
                }
            }
            assert!(piece.is_empty());
        }
        (payload, end)
    }

    #[test]
    fn any_cut_gives_the_same_stream() {
        let bytes = [3, 0, b'a', b'b', b'c', 1, 0, b'd', 0, 0, 8];
        for step in 1..=bytes.len() {
            assert_eq!(read(&bytes, step), (b"abcd".to_vec(), Some(8)), "step {step}");
        }
    }

    #[test]
    fn a_missing_reason_is_told_apart() {
        let mut reader = RecordReader::default();
        assert_eq!(reader.next(&mut [0, 0].as_slice()), None);
        assert!(reader.awaits_reason());
    }

    #[test]
    fn the_last_piece_of_a_record_is_marked() {
        let mut reader = RecordReader::default();
        let mut input: &[u8] = &[2, 0, 1];
        assert_eq!(
            reader.next(&mut input),
            Some(Unit::Payload {
                bytes: &[1],
                last: false
            })
        );
        let mut input: &[u8] = &[2];
        assert_eq!(
            reader.next(&mut input),
            Some(Unit::Payload {
                bytes: &[2],
                last: true
            })
        );
    }

    #[test]
    fn the_largest_record_is_written_whole() {
        let mut out = BytesMut::new();
        write_record(&mut out, |out| out.put_bytes(7, MAX_RECORD));
        assert_eq!(read(&out, 1000), (vec![7; MAX_RECORD], None));
    }
}
