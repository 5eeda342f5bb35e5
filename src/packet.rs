//! Packet arenas: `Batch` for packets on their way out, `Received` for what came in.
//!
//! Packets move in batches and are changed in place. Both arenas are allocated once and reused; pushing a packet
//! never allocates. In a `Batch` each packet is laid down with the head and tail room its *sealed* form needs, so
//! that sealing happens in place and sealed datagrams of equal length lie side by side. Today each is sent by itself;
//! the layout is the one a segmented send of a whole run needs.

use std::ops::Range;

/// Most packets in one batch: 64 × 2 KB stay inside a level-2 cache, and the kernel takes no more than 64 segments in
/// one UDP send.
pub const MAX_PACKETS: usize = 64;

/// Largest IP packet, by its 16-bit length field.
pub const MAX_IP_PACKET: usize = 65_535;

/// Head room in front of every outgoing packet: ESP header and IV (4 + 4 + 16). The 22 octets of an oNCP data
/// frame fit into it too.
pub const HEAD_ROOM: usize = 24;

/// Most octets that sealing adds behind a packet: 15 of padding, pad length, next header, 16 of ICV.
pub const MAX_TAIL_ROOM: usize = 15 + 2 + 16;

/// How much room a sealed packet takes in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Octets of the integrity check value behind the ciphertext: 12, 16, or 0 when packets are not sealed.
    pub icv: usize,
}

impl Room {
    /// Length of the slot for an inner packet of `len` octets: header, IV, ciphertext padded to whole AES blocks, ICV.
    pub const fn slot_len(self, len: usize) -> usize {
        HEAD_ROOM + (len + 2).next_multiple_of(16) + self.icv
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { icv: 12 }
    }
}

/// Outgoing packets of one round.
#[derive(Debug)]
pub struct Batch {
    arena: Vec<u8>,
    slots: Vec<Slot>,
    left_out: Vec<Slot>,
    room: Room,
    end: usize,
    max_packet: usize,
    keeps_tos: bool,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    start: usize,
    slot_len: usize,
    packet_len: usize,
    tos: u8,
}

impl Batch {
    /// An empty batch for up to [`MAX_PACKETS`] packets of at most `max_packet` octets each.
    pub fn new(max_packet: usize) -> Self {
        let max_packet = max_packet.min(MAX_IP_PACKET);
        let slot = HEAD_ROOM + max_packet + MAX_TAIL_ROOM;
        Self {
            arena: vec![0; slot * MAX_PACKETS],
            slots: Vec::with_capacity(MAX_PACKETS),
            left_out: Vec::with_capacity(MAX_PACKETS),
            room: Room::default(),
            end: 0,
            max_packet,
            keeps_tos: false,
        }
    }

    /// Whether the type of service of packets is noted while it can be read, that is before they are sealed.
    pub fn keep_tos(&mut self, keep: bool) {
        self.keeps_tos = keep;
    }

    /// Forgets all packets; the memory stays.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.left_out.clear();
        self.end = 0;
    }

    /// Empties the batch and sets the spacing for the packets to come.
    pub fn reset(&mut self, room: Room) {
        self.clear();
        self.room = room;
    }

    /// Where the next packet is to be written, `max_packet` octets long; `None` when the batch is full.
    /// Nothing counts until [`Batch::commit`].
    pub fn vacant(&mut self) -> Option<&mut [u8]> {
        if self.is_full() {
            return None;
        }
        let start = self.end + HEAD_ROOM;
        self.arena.get_mut(start..start + self.max_packet)
    }

    /// Takes over the first `len` octets of what [`Batch::vacant`] gave as one packet.
    ///
    /// A `len` of zero, or one larger than the vacant room, or a full batch leaves the batch unchanged.
    pub fn commit(&mut self, len: usize) {
        if len == 0 || len > self.max_packet || self.is_full() {
            return;
        }
        let slot_len = self.room.slot_len(len);
        let tos = match self.keeps_tos {
            true => self.tos_of(self.end + HEAD_ROOM, len),
            false => 0,
        };
        self.slots.push(Slot {
            start: self.end,
            slot_len,
            packet_len: len,
            tos,
        });
        self.end += slot_len;
    }

    /// Type of service of the packet that lies there: the second octet in IPv4, across the first two in IPv6.
    fn tos_of(&self, start: usize, len: usize) -> u8 {
        match self.arena.get(start..start + len) {
            Some([first, second, ..]) if first >> 4 == 4 => *second,
            Some([first, second, ..]) if first >> 4 == 6 => first << 4 | second >> 4,
            _ => 0,
        }
    }

    /// Copies one packet in; false when it does not fit.
    pub fn push(&mut self, packet: &[u8]) -> bool {
        let Some(room) = self.vacant().and_then(|room| room.get_mut(..packet.len())) else {
            return false;
        };
        room.copy_from_slice(packet);
        let before = self.slots.len();
        self.commit(packet.len());
        self.slots.len() > before
    }

    /// Number of packets.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True when there is no packet.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// True when no further packet fits.
    pub fn is_full(&self) -> bool {
        self.slots.len() == MAX_PACKETS || !self.left_out.is_empty()
    }

    /// Keeps the first `count` packets and moves the rest to [`Batch::left_out`]. From then on the batch takes no
    /// packets until it is cleared.
    pub fn leave_out(&mut self, count: usize) {
        if count < self.slots.len() {
            self.left_out.clear();
            self.left_out.extend(self.slots.drain(count..));
        }
    }

    /// The plain packets that could not be sealed, in order. They must take another way than the datagrams.
    pub fn left_out(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.left_out.iter().map(|slot| self.plain(slot))
    }

    /// Forgets the packets for which `keep` says no and closes the gaps. Costs nothing when all are kept.
    pub fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        if self.packets().all(&keep) {
            return;
        }
        let slots = std::mem::take(&mut self.slots);
        self.end = 0;
        // in place: a packet only ever moves towards the start
        for slot in &slots {
            if keep(self.plain(slot)) {
                self.arena
                    .copy_within(slot.start..slot.start + slot.slot_len, self.end);
                self.slots.push(Slot {
                    start: self.end,
                    ..*slot
                });
                self.end += slot.slot_len;
            }
        }
    }

    /// Spacing of this batch.
    pub fn room(&self) -> Room {
        self.room
    }

    /// The plain packets, in order. After sealing the same octets are ciphertext.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.slots.iter().map(|slot| self.plain(slot))
    }

    fn plain(&self, slot: &Slot) -> &[u8] {
        let start = slot.start + HEAD_ROOM;
        &self.arena[start..start + slot.packet_len]
    }

    /// Each slot whole, with the length of the plain packet that begins at [`HEAD_ROOM`] in it. Slots lie side by
    /// side without gaps.
    pub fn slots_mut(&mut self) -> impl Iterator<Item = (&mut [u8], usize)> {
        let mut rest = self.arena.as_mut_slice();
        self.slots.iter().map(move |slot| {
            let (head, tail) = std::mem::take(&mut rest).split_at_mut(slot.slot_len);
            rest = tail;
            (head, slot.packet_len)
        })
    }

    /// The sealed datagrams, in order.
    pub fn datagrams(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.slots
            .iter()
            .map(|slot| &self.arena[slot.start..slot.start + slot.slot_len])
    }

    /// The same, each with the type of service of the packet inside: 0 unless [`Batch::keep_tos`] asked for it.
    pub fn datagrams_with_tos(&self) -> impl ExactSizeIterator<Item = (&[u8], u8)> {
        self.datagrams().zip(self.slots.iter().map(|slot| slot.tos))
    }
}

/// Incoming data of one round: datagrams as received, and the inner packets found in them or on the channel.
///
/// Datagrams are opened in place; [`Received::deliver`] then marks the part of a datagram that goes to the TUN.
/// Packets that do not come from a datagram as they are (decompressed, or from the channel) are laid into a second
/// arena by [`Received::spill`].
#[derive(Debug)]
pub struct Received {
    arena: Vec<u8>,
    datagrams: Vec<Range<usize>>,
    spill: Vec<u8>,
    spilled: usize,
    packets: Vec<Span>,
    datagram_room: usize,
}

#[derive(Debug, Clone)]
enum Span {
    Arena(Range<usize>),
    Spill(Range<usize>),
}

impl Received {
    /// An empty arena for up to [`MAX_PACKETS`] datagrams of at most `datagram_room` octets each.
    pub fn new(datagram_room: usize) -> Self {
        let datagram_room = datagram_room.min(MAX_IP_PACKET);
        Self {
            arena: vec![0; datagram_room * MAX_PACKETS],
            datagrams: Vec::with_capacity(MAX_PACKETS),
            spill: vec![0; SPILL_LEN],
            spilled: 0,
            packets: Vec::with_capacity(4 * MAX_PACKETS),
            datagram_room,
        }
    }

    /// Forgets all datagrams and packets; the memory stays.
    pub fn clear(&mut self) {
        self.datagrams.clear();
        self.packets.clear();
        self.spilled = 0;
    }

    /// Where the next datagram is to be received; `None` when the arena is full.
    pub fn vacant(&mut self) -> Option<&mut [u8]> {
        if self.datagrams.len() == MAX_PACKETS {
            return None;
        }
        let start = self.datagrams.last().map_or(0, |range| range.end);
        self.arena.get_mut(start..start + self.datagram_room)
    }

    /// Takes over the first `len` octets of what [`Received::vacant`] gave as one datagram. Empty ones count too.
    pub fn commit(&mut self, len: usize) {
        if len > self.datagram_room || self.datagrams.len() == MAX_PACKETS {
            return;
        }
        let start = self.datagrams.last().map_or(0, |range| range.end);
        self.datagrams.push(start..start + len);
    }

    /// Number of datagrams.
    pub fn datagram_count(&self) -> usize {
        self.datagrams.len()
    }

    /// The datagrams, in order.
    pub fn datagrams(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.datagrams.iter().map(|range| &self.arena[range.clone()])
    }

    /// Datagram `index`, for reading and for decryption in place. Empty when there is no such datagram.
    pub fn datagram_mut(&mut self, index: usize) -> &mut [u8] {
        match self.datagrams.get(index) {
            Some(range) => &mut self.arena[range.clone()],
            None => &mut [],
        }
    }

    /// Marks `part` of datagram `index` as an inner packet for the TUN. A part outside the datagram is ignored.
    pub fn deliver(&mut self, index: usize, part: Range<usize>) {
        let Some(range) = self.datagrams.get(index) else {
            return;
        };
        if part.start <= part.end && part.end <= range.len() {
            self.packets
                .push(Span::Arena(range.start + part.start..range.start + part.end));
        }
    }

    /// Datagram `index` beside free room for a decompressed packet ([`MAX_IP_PACKET`] octets); `None` when the
    /// second arena is full or there is no such datagram.
    pub fn datagram_and_spill(&mut self, index: usize) -> Option<(&mut [u8], &mut [u8])> {
        let range = self.datagrams.get(index)?.clone();
        let room = self.spill.get_mut(self.spilled..self.spilled + MAX_IP_PACKET)?;
        Some((&mut self.arena[range], room))
    }

    /// Takes over the first `len` octets of the free room as one packet.
    pub fn commit_spill(&mut self, len: usize) {
        if self.spilled + len <= self.spill.len() {
            self.packets.push(Span::Spill(self.spilled..self.spilled + len));
            self.spilled += len;
        }
    }

    /// True while a packet of any size can still be laid down with [`Received::spill`].
    pub fn has_spill_room(&self) -> bool {
        self.spill.len() - self.spilled >= MAX_IP_PACKET
    }

    /// Copies one packet in; false when there is no room.
    pub fn spill(&mut self, packet: &[u8]) -> bool {
        let Some(room) = self.spill.get_mut(self.spilled..self.spilled + packet.len()) else {
            return false;
        };
        room.copy_from_slice(packet);
        self.commit_spill(packet.len());
        true
    }

    /// The inner packets in the order they were marked.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.packets.iter().map(|span| match span {
            Span::Arena(range) => &self.arena[range.clone()],
            Span::Spill(range) => &self.spill[range.clone()],
        })
    }

    /// Number of inner packets.
    pub fn packet_count(&self) -> usize {
        self.packets.len()
    }
}

/// Room for packets that do not stay where they were received. Holds a full batch of usual size, and four packets of
/// any size.
const SPILL_LEN: usize = 4 * MAX_IP_PACKET;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_slots_lie_side_by_side() {
        let mut batch = Batch::new(1500);
        batch.reset(Room { icv: 12 });
        for _ in 0..3 {
            assert!(batch.push(&[7; 1400]));
        }
        // juniper-nc.md §15: inner 1400 gives an outer packet of 1472 with 28 octets of IPv4 and UDP header
        assert!(batch.datagrams().all(|datagram| datagram.len() == 1472 - 28));
        let starts: Vec<_> = batch.datagrams().map(<[u8]>::as_ptr).collect();
        assert_eq!(starts[1] as usize - starts[0] as usize, 1444);
        assert_eq!(batch.slots_mut().count(), 3);
    }

    #[test]
    fn the_type_of_service_outlives_the_plain_packet() {
        let mut batch = Batch::new(100);
        let noted = |batch: &Batch| batch.datagrams_with_tos().map(|(_, tos)| tos).collect::<Vec<_>>();
        let packets: [&[u8]; 4] = [&[0x45, 0xb8, 0, 4], &[0x6b, 0x80, 0, 0], &[0x45], &[0x15, 0xff]];
        for keep in [false, true] {
            batch.clear();
            batch.keep_tos(keep);
            assert!(packets.iter().all(|packet| batch.push(packet)));
            batch.slots_mut().for_each(|(slot, _)| slot.fill(0xee));
            let expected = if keep { [0xb8, 0xb8, 0, 0] } else { [0; 4] };
            assert_eq!(noted(&batch), expected);
        }
    }

    #[test]
    fn a_full_batch_refuses_more() {
        let mut batch = Batch::new(100);
        for _ in 0..MAX_PACKETS {
            assert!(batch.push(&[1; 100]));
        }
        assert!(batch.is_full());
        assert!(batch.vacant().is_none());
        assert!(!batch.push(&[1; 10]));
    }

    #[test]
    fn oversized_and_empty_packets_leave_a_batch_unchanged() {
        let mut batch = Batch::new(100);
        assert!(!batch.push(&[1; 101]));
        batch.commit(0);
        assert!(batch.is_empty());
    }

    #[test]
    fn left_out_packets_stay_readable() {
        let mut batch = Batch::new(100);
        for octet in 0..4 {
            batch.push(&[octet; 10]);
        }
        batch.leave_out(3);
        assert_eq!(batch.datagrams().count(), 3);
        assert_eq!(batch.left_out().collect::<Vec<_>>(), [[3; 10]]);
        assert!(batch.is_full() && !batch.push(&[9; 10]));
        batch.clear();
        assert_eq!(batch.left_out().count(), 0);
        assert!(batch.push(&[9; 10]));
    }

    #[test]
    fn retained_packets_close_the_gaps() {
        let mut batch = Batch::new(100);
        for octet in 0..5 {
            batch.push(&[octet; 20]);
        }
        batch.retain(|packet| packet[0] % 2 == 0);
        assert_eq!(batch.packets().collect::<Vec<_>>(), [[0; 20], [2; 20], [4; 20]]);
        assert_eq!(batch.slots_mut().count(), 3);
        assert!(batch.push(&[9; 20]));
    }

    #[test]
    fn received_marks_parts_of_datagrams() {
        let mut received = Received::new(2048);
        received.vacant().expect("empty arena has room")[..4].copy_from_slice(b"abcd");
        received.commit(4);
        received.commit(0);
        received.deliver(0, 1..3);
        received.deliver(0, 3..9);
        received.deliver(7, 0..1);
        assert!(received.spill(b"xyz"));
        assert_eq!(received.packets().collect::<Vec<_>>(), [b"bc".as_slice(), b"xyz"]);
        received.clear();
        assert_eq!(received.packet_count() + received.datagram_count(), 0);
    }
}
