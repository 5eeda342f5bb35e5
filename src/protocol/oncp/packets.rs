//! IP packets out of the payload of KMP 300 messages, resumable at any octet (`juniper-nc.md §8.3`).

use tracing::debug;

use crate::packet::Received;
use crate::wire::ip::{Split, first_packet};

/// Collects the packets of one data message after the other.
#[derive(Debug, Default)]
pub(super) struct PacketReader {
    /// Beginning of a packet whose rest has not come yet.
    partial: Vec<u8>,
    /// The rest of this message cannot be read.
    skipping: bool,
}

impl PacketReader {
    /// A new message begins. Nothing is carried over: a packet never spans two messages (F7).
    pub(super) fn begin(&mut self) {
        self.partial.clear();
        self.skipping = false;
    }

    /// Octets of the message's payload; `left` more follow. Complete packets go to `received`.
    pub(super) fn feed(&mut self, bytes: &[u8], left: usize, received: &mut Received) {
        if self.skipping {
            return;
        }
        if self.partial.is_empty() {
            let used = self.deliver(bytes, left, received);
            if !self.skipping {
                self.partial.extend_from_slice(&bytes[used..]);
            }
        } else {
            self.partial.extend_from_slice(bytes);
            let partial = std::mem::take(&mut self.partial);
            let used = self.deliver(&partial, left, received);
            self.partial = partial;
            self.partial.drain(..used);
        }
    }

    /// Delivers the complete packets at the start of `bytes` and returns their length. Content that is not IPv4, or
    /// a packet that does not end within its message, drops the rest of the message (F7, F13).
    fn deliver(&mut self, bytes: &[u8], left: usize, received: &mut Received) -> usize {
        let mut used = 0;
        while used < bytes.len() {
            match first_packet(&bytes[used..]) {
                Split::Packet(len) => {
                    if !received.spill(&bytes[used..used + len]) {
                        debug!("no room for an inner packet, dropped");
                    }
                    used += len;
                }
                Split::Partial if left > 0 => break,
                Split::Partial | Split::NotIpv4 => {
                    debug!("rest of a data message dropped: not an IPv4 packet that fits");
                    self.skipping = true;
                    break;
                }
            }
        }
        used
    }
}
