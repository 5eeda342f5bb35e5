//! ESP security associations: sealing and opening batches of packets.

use crate::packet::{Batch, MAX_PACKETS, Received, Room};
use crate::random::RandomSource;
use crate::wire::esp::{HEADER_LEN, NEXT_HEADER_LZO};
use crate::wire::ip;

mod keys;
pub mod lzo;
mod replay;
mod report;
mod sa;
mod suite;

pub use keys::{Cipher, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
pub use replay::{ReplayWindow, Verdict};
pub use report::{DropCounts, DropReason, OpenReport};
pub use sa::{InboundSa, Opened, OutboundSa};

/// Both directions of ESP, across rekeys.
pub struct Esp {
    outbound: OutboundSa,
    current: InboundSa,
    previous: Option<Previous>,
    replays: bool,
    algorithms: (Cipher, Mac),
    random: Box<dyn RandomSource>,
}

/// The inbound association before the last rekey.
struct Previous {
    sa: InboundSa,
    /// Its numbers are taken while they stay, together with what the current association has received, below this.
    limit: u64,
}

impl Esp {
    /// Both directions with fresh numbers. `random` gives the IVs.
    pub fn new(keys: &EspKeys, random: Box<dyn RandomSource>) -> Self {
        Self {
            outbound: OutboundSa::new(keys.cipher, keys.mac, &keys.outbound),
            current: InboundSa::new(keys.cipher, keys.mac, &keys.inbound),
            previous: None,
            replays: !keys.replay_protection,
            algorithms: (keys.cipher, keys.mac),
            random,
        }
    }

    /// Takes new keys into use (`juniper-nc.md §14.5`). Packets under the old inbound ones are still opened for a
    /// while; the old outbound ones are gone.
    pub fn rekey(&mut self, keys: &EspKeys) {
        let current = InboundSa::new(keys.cipher, keys.mac, &keys.inbound);
        let sa = std::mem::replace(&mut self.current, current);
        let limit = sa.next() + GRACE_PACKETS;
        self.previous = Some(Previous { sa, limit });
        self.outbound = OutboundSa::new(keys.cipher, keys.mac, &keys.outbound);
        self.replays = !keys.replay_protection;
        self.algorithms = (keys.cipher, keys.mac);
    }

    /// What the present keys are for.
    pub fn algorithms(&self) -> (Cipher, Mac) {
        self.algorithms
    }

    /// Spacing that a batch needs before packets are written to it for [`Esp::seal`].
    pub fn room(&self) -> Room {
        Room {
            icv: self.outbound.icv_len(),
        }
    }

    /// True when no number is left: nothing can be sealed before the next rekey.
    pub fn exhausted(&self) -> bool {
        self.outbound.remaining() == 0
    }

    /// Seals the packets in place and returns how many. Those for which no number is left, and those laid down with
    /// another [`Room`], are found in [`Batch::left_out`] afterwards; they are still plain.
    pub fn seal(&mut self, batch: &mut Batch) -> usize {
        let assigned = self.outbound.assign(batch, &mut *self.random);
        self.outbound.seal(batch);
        assigned
    }

    /// Empties the batch and fills it with `count` sealed probes (`juniper-nc.md §14.2`). Returns how many there
    /// are: fewer when the numbers end.
    pub fn probe(&mut self, batch: &mut Batch, count: usize) -> usize {
        batch.reset(self.room());
        for _ in 0..count {
            batch.push(&PROBE);
        }
        self.seal(batch)
    }

    /// Opens all datagrams in place and marks the packets in them for delivery, in the order of
    /// `juniper-nc.md §13.5`. What is not good is counted and dropped.
    pub fn open(&mut self, received: &mut Received) -> OpenReport {
        let mut report = OpenReport::default();
        let places = self.authenticate(received);
        for (index, place) in places.into_iter().take(received.datagram_count()).enumerate() {
            let outcome = place
                .and_then(|place| self.open_one(place, received.datagram_mut(index)))
                .inspect(|_| report.valid += 1)
                .and_then(|opened| deliver(opened, received, index));
            match outcome {
                Ok(Content::Probe) => report.probes += 1,
                Ok(Content::Packet(len)) => {
                    report.packets += 1;
                    report.bytes += len as u64;
                }
                Err(reason) => report.drops.add(reason),
            }
        }
        report
    }

    /// Steps 1 to 3 for all datagrams: whose are they, and are they authentic?
    fn authenticate(&self, received: &Received) -> [Result<Place, DropReason>; MAX_PACKETS] {
        let mut places = [Err(DropReason::Short); MAX_PACKETS];
        for (place, datagram) in places.iter_mut().zip(received.datagrams()) {
            *place = self.place(datagram);
        }
        verify(&self.current, Place::Current, received, &mut places);
        if let Some(previous) = &self.previous {
            verify(&previous.sa, Place::Previous, received, &mut places);
        }
        places
    }

    /// Steps 1 and 2: length, SPI and grace of the previous SPI.
    fn place(&self, datagram: &[u8]) -> Result<Place, DropReason> {
        if !datagram.starts_with(&self.current.spi())
            && let Some(previous) = &self.previous
            && datagram.starts_with(&previous.sa.spi())
        {
            previous.parse(datagram, self.current.next())?;
            return Ok(Place::Previous);
        }
        if self.current.parse(datagram)?.spi() == self.current.spi() {
            Ok(Place::Current)
        } else {
            Err(DropReason::UnknownSpi)
        }
    }

    /// Steps 4 to 6 for one authentic datagram, and its number marked as received.
    fn open_one(&mut self, place: Place, datagram: &mut [u8]) -> Result<Opened, DropReason> {
        let sa = match (place, &mut self.previous) {
            (Place::Previous, Some(previous)) => {
                // Once more: the grace shrinks with every packet, those of this very round too.
                previous.parse(datagram, self.current.next())?;
                &mut previous.sa
            }
            (Place::Previous, None) | (Place::Current, _) => &mut self.current,
        };
        let opened = sa.open(datagram, self.replays)?;
        sa.accept(&opened);
        Ok(opened)
    }
}

impl Previous {
    /// Checks length and grace (`juniper-nc.md §14.5` step 4); `next` is that of the current association.
    fn parse(&self, datagram: &[u8], next: u64) -> Result<(), DropReason> {
        let packet = self.sa.parse(datagram)?;
        if u64::from(packet.sequence()) + next < self.limit {
            Ok(())
        } else {
            Err(DropReason::OldSpiExpired)
        }
    }
}

/// Which inbound association a datagram belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Current,
    Previous,
}

/// Step 3 for the datagrams of one association, all at once.
fn verify(
    sa: &InboundSa,
    owner: Place,
    received: &Received,
    places: &mut [Result<Place, DropReason>; MAX_PACKETS],
) {
    let mut datagrams = [[].as_slice(); MAX_PACKETS];
    let mut authentic = [false; MAX_PACKETS];
    for ((entry, place), datagram) in datagrams.iter_mut().zip(&*places).zip(received.datagrams()) {
        if *place == Ok(owner) {
            *entry = datagram;
        }
    }
    sa.verify(&datagrams, &mut authentic);
    for (place, authentic) in places.iter_mut().zip(authentic) {
        if *place == Ok(owner) && !authentic {
            *place = Err(DropReason::BadIcv);
        }
    }
}

/// What a good datagram held.
enum Content {
    Probe,
    Packet(usize),
}

/// Steps 8 to 10: takes out probes, decompresses, cuts to the length of the IP packet and marks it for delivery.
fn deliver(opened: Opened, received: &mut Received, index: usize) -> Result<Content, DropReason> {
    let payload = HEADER_LEN..HEADER_LEN + opened.trailer.payload_len;
    let datagram = &received.datagram_mut(index)[payload.clone()];
    if datagram == PROBE {
        return Ok(Content::Probe);
    }
    if opened.trailer.next_header != NEXT_HEADER_LZO {
        let len = ip::ipv4_len(datagram).map_err(|_| DropReason::InnerPacket)?;
        received.deliver(index, payload.start..payload.start + len);
        return Ok(Content::Packet(len));
    }
    let (datagram, room) = received.datagram_and_spill(index).ok_or(DropReason::NoRoom)?;
    let plain_len = lzo::decompress(&datagram[payload], room).map_err(|_| DropReason::Lzo)?;
    let len = ip::ipv4_len(&room[..plain_len]).map_err(|_| DropReason::InnerPacket)?;
    received.commit_spill(len);
    Ok(Content::Packet(len))
}

/// Payload of a probe and of its answer (`juniper-nc.md §14.2`).
const PROBE: [u8; 1] = [0];

/// How far the numbers of the previous association may run on after a rekey (`juniper-nc.md §14.5`: M = `next` + 32).
const GRACE_PACKETS: u64 = 32;

#[cfg(test)]
mod tests;
