//! Keys and datagrams of `juniper-nc.md §21`, and a gateway that seals what it is told.

use crate::esp::*;

/// A client and the gateway's view of the same keys.
pub(super) struct Pair {
    pub(super) client: Esp,
    pub(super) gateway: Esp,
    pub(super) old: Option<OutboundSa>,
    pub(super) keys: EspKeys,
}

impl Pair {
    pub(super) fn new(keys: EspKeys) -> Self {
        Self {
            client: client(keys.clone(), IV_A),
            gateway: gateway(&keys),
            old: None,
            keys,
        }
    }

    pub(super) fn rekey(&mut self, spi: u8) {
        let mut keys = self.keys.clone();
        keys.inbound.spi = [spi; 4];
        keys.inbound.block[0] ^= spi;
        self.rekey_to(keys);
    }

    pub(super) fn rekey_to(&mut self, keys: EspKeys) {
        self.client.rekey(&keys);
        let outbound = std::mem::replace(&mut self.gateway, gateway(&keys)).outbound;
        self.old = Some(outbound);
        self.keys = keys;
    }

    /// A datagram as the gateway would send it, with any next header.
    pub(super) fn forge(&mut self, payload: &[u8], next_header: u8) -> Vec<u8> {
        forge(&mut self.gateway.outbound, payload, next_header)
    }

    /// A datagram under the keys before the last rekey.
    pub(super) fn forge_old(&mut self, number: u32, packet: &[u8]) -> Vec<u8> {
        let old = self.old.as_mut().expect("rekeyed before");
        old.skip_to(number);
        forge(old, packet, 4)
    }

    /// A datagram whose whole plaintext is given; it does not use up a number.
    pub(super) fn forge_body(&mut self, body: &[u8]) -> Vec<u8> {
        let (payload, [_, next_header]) = body.split_last_chunk().expect("trailer");
        let outbound = &mut self.gateway.outbound;
        outbound.skip_to(0);
        let mut batch = Batch::new(1500);
        batch.push(payload);
        outbound.assign(&mut batch, &mut FixedIv(IV_A));
        let (slot, len) = batch.slots_mut().next().expect("one packet");
        slot[HEADER_LEN + len..][..2].copy_from_slice(&[body[len], *next_header]);
        outbound.seal(&mut batch);
        sent(&batch).remove(0)
    }
}

pub(super) fn forge(outbound: &mut OutboundSa, payload: &[u8], next_header: u8) -> Vec<u8> {
    let mut batch = Batch::new(1500);
    batch.reset(Room {
        icv: outbound.icv_len(),
    });
    batch.push(payload);
    outbound.assign(&mut batch, &mut FixedIv(IV_A));
    let (slot, _) = batch.slots_mut().next().expect("one packet");
    let end = slot.len() - outbound.icv_len();
    slot[end - 1] = next_header;
    outbound.seal(&mut batch);
    sent(&batch).remove(0)
}

/// Filler, padding 1, 2, 3 … as far as it goes, then the given trailer: one block.
pub(super) fn plaintext(padding: u8, pad_len: u8, next_header: u8) -> Vec<u8> {
    let filler = std::iter::repeat_n(0x45, 14 - usize::from(padding));
    filler.chain(1..=padding).chain([pad_len, next_header]).collect()
}

pub(super) fn seal(esp: &mut Esp, batch: &mut Batch, packets: &[Vec<u8>]) -> usize {
    batch.reset(esp.room());
    assert!(packets.iter().all(|packet| batch.push(packet)));
    esp.seal(batch)
}

pub(super) fn sent(batch: &Batch) -> Vec<Vec<u8>> {
    batch.datagrams().map(<[u8]>::to_vec).collect()
}

pub(super) fn open(esp: &mut Esp, datagrams: &[Vec<u8>]) -> (OpenReport, Vec<Vec<u8>>) {
    let mut received = Received::new(2048);
    for datagram in datagrams {
        received.vacant().expect("room")[..datagram.len()].copy_from_slice(datagram);
        received.commit(datagram.len());
    }
    let report = esp.open(&mut received);
    (report, received.packets().map(<[u8]>::to_vec).collect())
}

/// The packet in one datagram, or why there is none.
pub(super) fn outcome(esp: &mut Esp, datagram: &[u8]) -> Result<Vec<u8>, DropReason> {
    let (report, mut packets) = open(esp, &[datagram.to_vec()]);
    match report.drops.iter().next() {
        Some((reason, _)) => Err(reason),
        None => Ok(packets.remove(0)),
    }
}

pub(super) fn ip_packet(len: usize) -> Vec<u8> {
    let mut packet: Vec<u8> = (0..len).map(|index| (index * 7) as u8).collect();
    packet[0] = 0x45;
    packet[2..4].copy_from_slice(&(len as u16).to_be_bytes());
    packet
}

pub(super) fn client(keys: EspKeys, iv: [u8; 16]) -> Esp {
    Esp::new(&keys, Box::new(FixedIv(iv)))
}

pub(super) fn gateway(keys: &EspKeys) -> Esp {
    let keys = EspKeys {
        inbound: keys.outbound.clone(),
        outbound: keys.inbound.clone(),
        ..keys.clone()
    };
    client(keys, IV_A)
}

pub(super) fn aes128_sha1() -> EspKeys {
    let ascending = |start: u8, len: u8| (start..start + len).collect::<Vec<_>>();
    EspKeys {
        cipher: Cipher::Aes128Cbc,
        mac: Mac::Sha1,
        inbound: sa_keys(CLIENT_SPI, &[ascending(0x10, 16), ascending(0xa0, 20)].concat()),
        outbound: sa_keys(SERVER_SPI, &[ascending(0x40, 16), ascending(0x80, 20)].concat()),
        replay_protection: true,
    }
}

/// T10 and T11 use the same keys for one direction; the other has the same here under another SPI.
pub(super) fn aes256(mac: Mac, mac_key: &[u8]) -> EspKeys {
    let key: Vec<u8> = (0x60..0x80).chain(mac_key.iter().copied()).collect();
    EspKeys {
        cipher: Cipher::Aes256Cbc,
        mac,
        inbound: sa_keys(CLIENT_SPI, &key),
        outbound: sa_keys(SERVER_SPI, &key),
        replay_protection: true,
    }
}

pub(super) fn suites() -> Vec<EspKeys> {
    let mut suites = Vec::new();
    for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
        for mac in [Mac::Md5, Mac::Sha1, Mac::Sha256] {
            suites.push(EspKeys {
                cipher,
                mac,
                ..aes256(mac, &SHA256_KEY)
            });
        }
    }
    suites
}

pub(super) fn sa_keys(spi: [u8; 4], key: &[u8]) -> SaKeys {
    let mut block = [0; KEY_BLOCK_LEN];
    block[..key.len()].copy_from_slice(key);
    SaKeys {
        spi,
        block: block.into(),
    }
}

pub(super) struct FixedIv(pub(super) [u8; 16]);

impl RandomSource for FixedIv {
    fn fill(&mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(16) {
            chunk.copy_from_slice(&self.0[..chunk.len()]);
        }
    }
}

pub(super) const SERVER_SPI: [u8; 4] = [0x8a, 0x5f, 0x1c, 0x03];
pub(super) const CLIENT_SPI: [u8; 4] = [0x1d, 0x2e, 0x3f, 0x40];
pub(super) const IV_A: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
pub(super) const IV_B: [u8; 16] = [
    0xf0, 0xe0, 0xd0, 0xc0, 0xb0, 0xa0, 0x90, 0x80, 0x70, 0x60, 0x50, 0x40, 0x30, 0x20, 0x10, 0x0f,
];
pub(super) const MD5_KEY: [u8; 16] = key_from_c0();
pub(super) const SHA256_KEY: [u8; 32] = key_from_c0();

pub(super) const fn key_from_c0<const N: usize>() -> [u8; N] {
    let mut key = [0xc0; N];
    let mut index = 0;
    while index < N {
        key[index] += index as u8;
        index += 1;
    }
    key
}

pub(super) const P1: &str = "450000200001000040015f4a0a4207080a140035080061441234000141424344";
pub(super) const P2: &str = "45000020000200003f0160490a1400350a4207080000fcd7123400017778797a";
pub(super) const P3: &str = "45000022000300003f0160460a1400350a4207080000573012340002303132333435";
pub(super) const T7_PROBE: &str = "8a5f1c0300000000000102030405060708090a0b0c0d0e0f537250d37dbb524fe6e7027450cd40c8806a489b53399897\
    d91ae374";
pub(super) const T8_AES128_SHA1: &str = "8a5f1c0300000001f0e0d0c0b0a09080706050403020100f0e51d37107d6d18f564b323cb811cbef10cfcc5f71d4ffe7\
    9c4cea70169588efbf5087d296d950425bfa6147b17de066941178af1aa6ba749cdf5b69";
pub(super) const T9_INBOUND: &str = "1d2e3f4000000000000102030405060708090a0b0c0d0e0f5e5c7ecbed767932f9bad60c539f840b81802ce54ce1e851\
    d7043756e465e1744b0f30eb78df9384fe7856b398b791b06c6683204226967d6ab31d9b";
pub(super) const T10_AES256_MD5: &str = "8a5f1c0300000102000102030405060708090a0b0c0d0e0fd93ecb24587bc7631b987f27f22a6f304cc35f0b7d681a21\
    5710798a3c5798f2faadea06e40095ec3ab0ad8b23658f1c36aceb45a9d9a1efb16ff42b";
pub(super) const T11_AES256_SHA256: &str = "8a5f1c03fffffffe000102030405060708090a0b0c0d0e0fd93ecb24587bc7631b987f27f22a6f304cc35f0b7d681a21\
    5710798a3c5798f2faadea06e40095ec3ab0ad8b23658f1c0c10d44cf0941216d39fc84acf77f6df";
pub(super) const T12_LZO: &str = "1d2e3f4000000001000102030405060708090a0b0c0d0e0f49d3a3f2698a29a0dd1328436851ca4aa176b140cff54196\
    5f91bc59c004f605c2e0d7c880215058e3a49fa3d713bb236de424778afeb48098608db8c4242aaeb73887d7b6d17c67\
    4bb7a95ab312645f8bd2f44bf98bfb007164c2bd";
pub(super) const LZO_PLAIN: &str = "450000c4000400003f015fa30a1400350a42070800004c271234000354686520717569636b2062726f776e20666f782e\
    2054686520717569636b2062726f776e20666f782e2054686520717569636b2062726f776e20666f782e205468652071\
    7569636b2062726f776e20666f782e2054686520717569636b2062726f776e20666f782e2054686520717569636b2062\
    726f776e20666f782e2054686520717569636b2062726f776e20666f782e2054686520717569636b2062726f776e2066\
    6f782e20";
pub(super) const LZO_STREAM: &str = "0020450000c4000400003f015fa30a1400350a42070800004c271234000354686520717569636b2062726f776e20666f\
    782e2054206350000b636b2062726f776e20666f782e20110000";
