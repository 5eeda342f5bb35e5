//! Sealing and opening a full batch of 1400-octet packets in memory, for each suite. Divide by 64 for one packet.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use vpnc_cli::esp::{Cipher, Esp, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
use vpnc_cli::packet::{Batch, MAX_PACKETS, Received};
use vpnc_cli::random::RandomSource;

fn main() {
    divan::main();
}

#[divan::bench(args = SUITES, sample_count = 200, sample_size = 4)]
fn seal(bencher: Bencher<'_, '_>, suite: &(Cipher, Mac)) {
    let mut esp = Esp::new(&keys(*suite), Box::new(Counter(0)));
    let mut batch = full_batch(&esp);
    // What was sealed is sealed again as it lies there: the contents do not matter.
    bencher
        .counter(ItemsCount::new(MAX_PACKETS))
        .counter(BytesCount::new(MAX_PACKETS * PACKET_LEN))
        .bench_local(|| esp.seal(&mut batch));
}

/// With the copy of the datagrams into the arena, as a receive call would make it.
#[divan::bench(args = SUITES, sample_count = 200, sample_size = 4)]
fn open(bencher: Bencher<'_, '_>, suite: &(Cipher, Mac)) {
    let keys = keys(*suite);
    let mut esp = Esp::new(&keys, Box::new(Counter(0)));
    let mut batch = full_batch(&esp);
    esp.seal(&mut batch);
    let mut received = Received::new(2048);
    bencher
        .counter(ItemsCount::new(MAX_PACKETS))
        .counter(BytesCount::new(MAX_PACKETS * PACKET_LEN))
        .bench_local(|| {
            received.clear();
            for datagram in batch.datagrams() {
                let room = received.vacant().expect("room for a whole batch");
                room[..datagram.len()].copy_from_slice(datagram);
                received.commit(datagram.len());
            }
            assert_eq!(esp.open(&mut received).packets, MAX_PACKETS);
        });
}

fn full_batch(esp: &Esp) -> Batch {
    let mut packet = [0x5a; PACKET_LEN];
    packet[..4].copy_from_slice(&[0x45, 0, (PACKET_LEN >> 8) as u8, PACKET_LEN as u8]);
    let mut batch = Batch::new(1500);
    batch.reset(esp.room());
    while batch.push(&packet) {}
    batch
}

/// Both directions share SPI and keys, so that one end can open what it sealed.
fn keys((cipher, mac): (Cipher, Mac)) -> EspKeys {
    let direction = SaKeys {
        spi: *b"spi!",
        block: std::array::from_fn::<u8, KEY_BLOCK_LEN, _>(|index| index as u8).into(),
    };
    EspKeys {
        cipher,
        mac,
        inbound: direction.clone(),
        outbound: direction,
        replay_protection: false,
    }
}

/// Costs nothing, so that only the cipher work is seen.
struct Counter(u8);

impl RandomSource for Counter {
    fn fill(&mut self, out: &mut [u8]) {
        self.0 = self.0.wrapping_add(1);
        out.fill(self.0);
    }
}

const PACKET_LEN: usize = 1400;

const SUITES: [(Cipher, Mac); 6] = [
    (Cipher::Aes128Cbc, Mac::Md5),
    (Cipher::Aes128Cbc, Mac::Sha1),
    (Cipher::Aes128Cbc, Mac::Sha256),
    (Cipher::Aes256Cbc, Mac::Md5),
    (Cipher::Aes256Cbc, Mac::Sha1),
    (Cipher::Aes256Cbc, Mac::Sha256),
];
