//! One direction of ESP: keys, numbers and, for what comes in, the replay window.

use super::replay::{ReplayWindow, Verdict};
use super::report::DropReason;
use super::suite::Suite;
use super::{Cipher, Mac, SaKeys};
use crate::packet::{Batch, MAX_PACKETS};
use crate::random::RandomSource;
use crate::wire::esp::{BLOCK_LEN, LengthError, NEXT_HEADER_IPV4, Packet, Trailer, TrailerError, Unsealed};

/// Client → gateway: keys and numbers chosen by the gateway.
///
/// Sealing takes two steps. [`OutboundSa::assign`] gives numbers and IVs in order; [`OutboundSa::seal`] encrypts and
/// is free of order, so it may be spread over workers.
pub struct OutboundSa {
    spi: [u8; 4],
    suite: Suite,
    /// Number of the next packet; 2^32 when all are used up.
    next: u64,
}

impl OutboundSa {
    /// Starts at number zero (`juniper-nc.md §13.4`).
    pub fn new(cipher: Cipher, mac: Mac, keys: &SaKeys) -> Self {
        Self {
            spi: keys.spi,
            suite: Suite::new(cipher, mac, &keys.block),
            next: 0,
        }
    }

    /// Octets of the integrity check value.
    pub fn icv_len(&self) -> usize {
        self.suite.icv_len()
    }

    /// How many more packets may be sealed before the number would wrap.
    pub fn remaining(&self) -> u64 {
        NUMBERS - self.next
    }

    #[cfg(test)]
    pub(super) fn skip_to(&mut self, number: u32) {
        self.next = u64::from(number);
    }

    /// Writes SPI, number, IV and trailer of each packet in order and returns how many packets got them. When the
    /// numbers end, and from the first packet on that was laid down with other spacing, packets get none and are
    /// moved to [`Batch::left_out`], so that they cannot be taken for sealed ones.
    pub fn assign(&mut self, batch: &mut Batch, random: &mut dyn RandomSource) -> usize {
        let mut ivs = [[0; BLOCK_LEN]; MAX_PACKETS];
        random.fill(ivs[..batch.len()].as_flattened_mut());
        let mut assigned = 0;
        for ((slot, len), iv) in batch.slots_mut().zip(&ivs) {
            let (Ok(number), Some(mut packet)) = (
                u32::try_from(self.next),
                Unsealed::new(slot, len, self.suite.icv_len()),
            ) else {
                break;
            };
            packet.write_header(self.spi, number, iv);
            packet.write_trailer(NEXT_HEADER_IPV4);
            self.next += 1;
            assigned += 1;
        }
        batch.leave_out(assigned);
        assigned
    }

    /// Encrypts each packet in place and writes its integrity check value. All of them must be assigned.
    pub fn seal(&self, batch: &mut Batch) {
        self.suite.seal(batch);
    }
}

/// Gateway → client: keys and SPI chosen by us.
///
/// Opening follows `juniper-nc.md §13.5`: [`InboundSa::verify`], then [`InboundSa::open`], both without changing
/// anything, and [`InboundSa::accept`] when all of the packet is good.
pub struct InboundSa {
    spi: [u8; 4],
    suite: Suite,
    window: ReplayWindow,
}

/// What an authentic packet holds. The payload begins behind the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Number of the packet, to be accepted.
    pub sequence: u32,
    /// Length and kind of the payload.
    pub trailer: Trailer,
}

impl InboundSa {
    /// Nothing was received yet.
    pub fn new(cipher: Cipher, mac: Mac, keys: &SaKeys) -> Self {
        Self {
            spi: keys.spi,
            suite: Suite::new(cipher, mac, &keys.block),
            window: ReplayWindow::default(),
        }
    }

    /// The four octets that lead its datagrams.
    pub fn spi(&self) -> [u8; 4] {
        self.spi
    }

    /// Highest number accepted plus one.
    pub fn next(&self) -> u64 {
        self.window.next()
    }

    /// Views a datagram, if its length can be that of a packet of this association.
    pub fn parse<'a>(&self, datagram: &'a [u8]) -> Result<Packet<'a>, DropReason> {
        Ok(Packet::parse(datagram, self.suite.icv_len())?)
    }

    /// Tells of each datagram whether its integrity check value is right. Empty places are passed over.
    pub fn verify(&self, datagrams: &[&[u8]], authentic: &mut [bool]) {
        self.suite.verify(datagrams, authentic);
    }

    /// Judges the number of a verified datagram, decrypts it in place and reads its trailer. `replays` lets packets
    /// through that were accepted before.
    pub fn open(&self, datagram: &mut [u8], replays: bool) -> Result<Opened, DropReason> {
        let sequence = self.parse(datagram)?.sequence();
        match self.window.check(sequence) {
            Verdict::Duplicate if !replays => return Err(DropReason::Replayed),
            Verdict::TooOld if !replays => return Err(DropReason::TooOld),
            Verdict::Fresh | Verdict::Duplicate | Verdict::TooOld => {}
        }
        let trailer = Trailer::parse(self.suite.decrypt(datagram)?)?;
        Ok(Opened { sequence, trailer })
    }

    /// Remembers the number of an opened packet.
    pub fn accept(&mut self, opened: &Opened) {
        self.window.accept(opened.sequence);
    }
}

impl From<LengthError> for DropReason {
    fn from(error: LengthError) -> Self {
        match error {
            LengthError::Short => Self::Short,
            LengthError::Misaligned => Self::Misaligned,
        }
    }
}

impl From<TrailerError> for DropReason {
    fn from(error: TrailerError) -> Self {
        match error {
            TrailerError::NextHeader => Self::NextHeader,
            TrailerError::Padding => Self::Padding,
        }
    }
}

/// Sequence numbers of one association: 32 bits, and they must not wrap (`juniper-nc.md §13.4`).
const NUMBERS: u64 = 1 << 32;
