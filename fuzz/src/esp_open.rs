//! Rounds of datagrams: noise, forged packets with the right keys and any content, repeats, rekeys.
//!
//! The input is a little program, so that the fuzzer gets past the integrity check.

use std::cell::RefCell;

use vpnc_cli::esp::{Cipher, Esp, EspKeys, KEY_BLOCK_LEN, Mac, OpenReport, OutboundSa, SaKeys};
use vpnc_cli::packet::{Batch, Received, Room};
use vpnc_cli::random::RandomSource;

/// Runs the program and checks after each round that the report adds up and that every packet is an IPv4 packet.
pub fn run(data: &[u8]) {
    let mut program = Program(data);
    let first = program.octet().unwrap_or(0);
    ARENAS.with_borrow_mut(|(batch, received)| {
        let mut gateway = Gateway::new(keys(first, 1), batch);
        let mut client = Esp::new(&gateway.keys, Box::new(Zeros));
        received.clear();
        while let Some(step) = program.octet() {
            match step & 7 {
                0 => receive(received, program.take()),
                1 => receive(received, &[&gateway.keys.inbound.spi, program.take()].concat()),
                2 => gateway.forge(received, &mut program, |_, _| ()),
                3 => gateway.forge(received, &mut program, |body, trailer| {
                    let end = body.len() - 2;
                    body[end..].copy_from_slice(&trailer);
                }),
                4 => gateway.forge_old(received, &mut program),
                5 => repeat(received, usize::from(step >> 3)),
                6 => gateway.rekey(step >> 3, &mut client),
                _ => round(&mut client, received),
            }
        }
        round(&mut client, received);
    });
}

fn round(client: &mut Esp, received: &mut Received) {
    let report = client.open(received);
    check(&report, received);
    received.clear();
}

fn check(report: &OpenReport, received: &Received) {
    let datagrams = received.datagram_count() as u64;
    assert_eq!(
        report.packets as u64 + report.probes as u64 + report.drops.total(),
        datagrams
    );
    assert!(report.packets + report.probes <= report.valid && report.valid as u64 <= datagrams);
    assert_eq!(report.packets, received.packet_count());
    assert_eq!(
        report.bytes,
        received.packets().map(|packet| packet.len() as u64).sum::<u64>()
    );
    for packet in received.packets() {
        assert_eq!(packet[0] >> 4, 4);
        assert_eq!(
            usize::from(u16::from_be_bytes([packet[2], packet[3]])),
            packet.len()
        );
    }
}

fn receive(received: &mut Received, datagram: &[u8]) {
    if let Some(room) = received.vacant() {
        room[..datagram.len()].copy_from_slice(datagram);
        received.commit(datagram.len());
    }
}

fn repeat(received: &mut Received, back: usize) {
    if let Some(index) = received.datagram_count().checked_sub(1 + back) {
        let datagram = received.datagram_mut(index).to_vec();
        receive(received, &datagram);
    }
}

/// The other end: it knows the keys and writes what it likes.
struct Gateway<'a> {
    keys: EspKeys,
    current: OutboundSa,
    old: Option<OutboundSa>,
    batch: &'a mut Batch,
    rekeys: u8,
}

impl<'a> Gateway<'a> {
    fn new(keys: EspKeys, batch: &'a mut Batch) -> Self {
        Self {
            current: OutboundSa::new(keys.cipher, keys.mac, &keys.inbound),
            old: None,
            keys,
            batch,
            rekeys: 1,
        }
    }

    /// The program gives the low half of the number, the end of the trailer and the payload.
    fn forge(&mut self, received: &mut Received, program: &mut Program<'_>, edit: fn(&mut [u8], [u8; 2])) {
        forge(&mut self.current, self.batch, received, program, edit);
    }

    fn forge_old(&mut self, received: &mut Received, program: &mut Program<'_>) {
        if let Some(old) = &mut self.old {
            forge(old, self.batch, received, program, |_, _| ());
        }
    }

    fn rekey(&mut self, suite: u8, client: &mut Esp) {
        self.rekeys = self.rekeys.wrapping_add(1);
        self.keys = keys(suite, self.rekeys);
        let current = OutboundSa::new(self.keys.cipher, self.keys.mac, &self.keys.inbound);
        self.old = Some(std::mem::replace(&mut self.current, current));
        client.rekey(&self.keys);
    }
}

fn forge(
    sa: &mut OutboundSa,
    batch: &mut Batch,
    received: &mut Received,
    program: &mut Program<'_>,
    edit: fn(&mut [u8], [u8; 2]),
) {
    let number = [program.octet().unwrap_or(0), program.octet().unwrap_or(0)];
    let trailer = [program.octet().unwrap_or(0), program.octet().unwrap_or(4)];
    let icv = sa.icv_len();
    batch.reset(Room { icv });
    batch.push(program.take());
    sa.assign(batch, &mut Zeros);
    for (slot, _) in batch.slots_mut() {
        slot[6..8].copy_from_slice(&number);
        let end = slot.len() - icv;
        slot[end - 1] = trailer[1];
        edit(&mut slot[24..end], trailer);
    }
    sa.seal(batch);
    for datagram in batch.datagrams() {
        receive(received, datagram);
    }
}

struct Program<'a>(&'a [u8]);

impl<'a> Program<'a> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Octets behind their length, as far as there are any.
    fn take(&mut self) -> &'a [u8] {
        let len = usize::from(self.octet().unwrap_or(0)).min(self.0.len());
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }
}

fn keys(suite: u8, number: u8) -> EspKeys {
    let cipher = [Cipher::Aes128Cbc, Cipher::Aes256Cbc][usize::from(suite & 1)];
    let mac = [Mac::Md5, Mac::Sha1, Mac::Sha256][usize::from(suite >> 1 & 3) % 3];
    let direction = |spi: u8| SaKeys {
        spi: [spi; 4],
        block: [number; KEY_BLOCK_LEN].into(),
    };
    EspKeys {
        cipher,
        mac,
        inbound: direction(number),
        outbound: direction(number ^ 0x80),
        replay_protection: suite & 8 == 0,
    }
}

struct Zeros;

impl RandomSource for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

thread_local! {
    static ARENAS: RefCell<(Batch, Received)> = RefCell::new((Batch::new(256), Received::new(512)));
}
