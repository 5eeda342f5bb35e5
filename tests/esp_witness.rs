//! A second witness for the cipher work: OpenSSL seals and opens the same packets.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{self, Crypter};
use proptest::prelude::*;
use vpnc_cli::esp::{Cipher, Esp, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
use vpnc_cli::packet::{Batch, MAX_PACKETS, Received};
use vpnc_cli::random::RandomSource;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn openssl_agrees_in_both_directions(
        suite in 0usize..6,
        block in prop::array::uniform32(any::<u8>()),
        iv in prop::array::uniform16(any::<u8>()),
        packets in prop::collection::vec(ip_packet(), 1..=MAX_PACKETS),
    ) {
        let mut full = [0; KEY_BLOCK_LEN];
        full[..32].copy_from_slice(&block);
        full[32..].copy_from_slice(&block);
        full.iter_mut().zip(0..).for_each(|(octet, index)| *octet ^= index);
        let witness = Witness::new(SUITES[suite], full);
        let mut esp = Esp::new(&witness.keys(), Box::new(Fixed(iv)));

        let mut batch = Batch::new(1500);
        batch.reset(esp.room());
        for packet in &packets {
            prop_assert!(batch.push(packet));
        }
        prop_assert_eq!(esp.seal(&mut batch), packets.len());
        let mut received = Received::new(2048);
        for (number, (packet, datagram)) in (0..).zip(packets.iter().zip(batch.datagrams())) {
            let expected = witness.seal(number, &iv, packet);
            prop_assert_eq!(datagram, &expected);
            received.vacant().expect("room")[..expected.len()].copy_from_slice(&expected);
            received.commit(expected.len());
        }
        prop_assert_eq!(esp.open(&mut received).packets, packets.len());
        prop_assert!(received.packets().eq(packets.iter().map(Vec::as_slice)));
    }
}

fn ip_packet() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 20..=1500).prop_map(|mut packet| {
        let [high, low] = (packet.len() as u16).to_be_bytes();
        packet[..4].copy_from_slice(&[0x45, 0, high, low]);
        packet
    })
}

/// Seals one packet after the letter of `juniper-nc.md §13.3`.
struct Witness {
    cipher: Cipher,
    mac: Mac,
    block: [u8; KEY_BLOCK_LEN],
}

impl Witness {
    fn new((cipher, mac): (Cipher, Mac), block: [u8; KEY_BLOCK_LEN]) -> Self {
        Self { cipher, mac, block }
    }

    fn keys(&self) -> EspKeys {
        let direction = SaKeys {
            spi: SPI,
            block: self.block.into(),
        };
        EspKeys {
            cipher: self.cipher,
            mac: self.mac,
            inbound: direction.clone(),
            outbound: direction,
            replay_protection: true,
        }
    }

    fn seal(&self, number: u32, iv: &[u8; 16], packet: &[u8]) -> Vec<u8> {
        let pad_len = (15 - (packet.len() + 1) % 16) as u8;
        let mut plain = packet.to_vec();
        plain.extend(1..=pad_len);
        plain.extend([pad_len, 4]);
        let mut datagram = [&SPI[..], &number.to_be_bytes(), iv].concat();
        datagram.extend(self.encrypt(iv, &plain));
        let icv = self.authenticate(&datagram);
        datagram.extend(icv);
        datagram
    }

    fn encrypt(&self, iv: &[u8], plain: &[u8]) -> Vec<u8> {
        let (cipher, key) = match self.cipher {
            Cipher::Aes128Cbc => (symm::Cipher::aes_128_cbc(), &self.block[..16]),
            Cipher::Aes256Cbc => (symm::Cipher::aes_256_cbc(), &self.block[..32]),
        };
        let mut crypter = Crypter::new(cipher, symm::Mode::Encrypt, key, Some(iv)).expect("key and IV");
        crypter.pad(false);
        let mut out = vec![0; plain.len() + 16];
        let len = crypter.update(plain, &mut out).expect("encryption");
        out.truncate(len);
        out
    }

    fn authenticate(&self, bytes: &[u8]) -> Vec<u8> {
        let (digest, key_len, icv_len) = match self.mac {
            Mac::Md5 => (MessageDigest::md5(), 16, 12),
            Mac::Sha1 => (MessageDigest::sha1(), 20, 12),
            Mac::Sha256 => (MessageDigest::sha256(), 32, 16),
        };
        let start = match self.cipher {
            Cipher::Aes128Cbc => 16,
            Cipher::Aes256Cbc => 32,
        };
        let key = PKey::hmac(&self.block[start..start + key_len]).expect("key");
        let mut signer = Signer::new(digest, &key).expect("signer");
        let mut icv = signer.sign_oneshot_to_vec(bytes).expect("MAC");
        icv.truncate(icv_len);
        icv
    }
}

struct Fixed([u8; 16]);

impl RandomSource for Fixed {
    fn fill(&mut self, out: &mut [u8]) {
        out.chunks_mut(16)
            .for_each(|chunk| chunk.copy_from_slice(&self.0));
    }
}

const SPI: [u8; 4] = [0x1d, 0x2e, 0x3f, 0x40];

const SUITES: [(Cipher, Mac); 6] = [
    (Cipher::Aes128Cbc, Mac::Md5),
    (Cipher::Aes128Cbc, Mac::Sha1),
    (Cipher::Aes128Cbc, Mac::Sha256),
    (Cipher::Aes256Cbc, Mac::Md5),
    (Cipher::Aes256Cbc, Mac::Sha1),
    (Cipher::Aes256Cbc, Mac::Sha256),
];
