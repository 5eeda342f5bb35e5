//! Encryption and integrity of whole batches. The only file that names cipher crates.
//!
//! CBC encryption is serial inside one packet, but packets do not depend on each other: the chains of several
//! packets advance side by side and keep the AES unit busy. Everything is done by batch, so that a multi-buffer MAC
//! can take its place here without touching a caller.

use aes::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt,
    BlockModeDecrypt, BlockSizeUser, InnerIvInit, KeyInit, consts::U16,
};
use aes::{Aes128, Aes256};
use cbc::Decryptor;
use hmac::{Hmac, Mac as _};
use md5::Md5;
use sha1::Sha1;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Cipher, KEY_BLOCK_LEN, Mac};
use crate::packet::{Batch, MAX_PACKETS};
use crate::wire::esp::{BLOCK_LEN, LengthError, Packet, iv_and_body_mut};

/// Keys of one direction, ready for use. They are wiped on drop, except for the MAC key that `ring` holds.
pub(super) struct Suite {
    encryption: Encryption,
    integrity: Integrity,
    icv_len: usize,
}

impl Suite {
    /// Cuts the key block behind the encryption key (`juniper-nc.md §13.2`) and expands both keys.
    pub(super) fn new(cipher: Cipher, mac: Mac, block: &[u8; KEY_BLOCK_LEN]) -> Self {
        let (encryption, mac_key) = match cipher {
            Cipher::Aes128Cbc => (
                Encryption::Aes128(Aes128::new((&*key::<16>(block)).into())),
                &block[16..],
            ),
            Cipher::Aes256Cbc => (
                Encryption::Aes256(Aes256::new((&*key::<32>(block)).into())),
                &block[32..],
            ),
        };
        Self {
            encryption,
            integrity: Integrity::new(mac, mac_key),
            icv_len: mac.icv_len(),
        }
    }

    /// Octets of the integrity check value.
    pub(super) fn icv_len(&self) -> usize {
        self.icv_len
    }

    /// Encrypts every packet of the batch in place and writes its integrity check value. Headers, IVs and trailers
    /// must be there already.
    pub(super) fn seal(&self, batch: &mut Batch) {
        self.encrypt(batch);
        for (slot, _) in batch.slots_mut() {
            let (authenticated, icv) = slot.split_at_mut(slot.len() - self.icv_len);
            icv.copy_from_slice(&self.integrity.tag(authenticated)[..self.icv_len]);
        }
    }

    fn encrypt(&self, batch: &mut Batch) {
        let count = batch.len();
        let mut slots = batch.slots_mut();
        let mut chains: [Chain<'_>; MAX_PACKETS] = std::array::from_fn(|_| {
            let slot = slots.next().map(|(slot, _)| slot);
            Chain::new(slot.unwrap_or_default(), self.icv_len)
        });
        self.encryption.encrypt(&mut chains[..count]);
    }

    /// Tells of each datagram whether its integrity check value is right, in constant time.
    pub(super) fn verify(&self, datagrams: &[&[u8]], authentic: &mut [bool]) {
        for (datagram, authentic) in datagrams.iter().zip(authentic) {
            *authentic = Packet::parse(datagram, self.icv_len).is_ok_and(|packet| {
                let tag = self.integrity.tag(packet.authenticated());
                tag[..self.icv_len].ct_eq(packet.icv()).into()
            });
        }
    }

    /// Decrypts a datagram in place and returns the plaintext with its trailer.
    pub(super) fn decrypt<'a>(&self, datagram: &'a mut [u8]) -> Result<&'a [u8], LengthError> {
        let (iv, body) = iv_and_body_mut(datagram, self.icv_len)?;
        self.encryption.decrypt(iv, body);
        Ok(body)
    }
}

/// The expanded encryption key.
enum Encryption {
    Aes128(Aes128),
    Aes256(Aes256),
}

impl Encryption {
    fn encrypt(&self, chains: &mut [Chain<'_>]) {
        match self {
            Self::Aes128(aes) => aes.encrypt_with_backend(SideBySide(chains)),
            Self::Aes256(aes) => aes.encrypt_with_backend(SideBySide(chains)),
        }
    }

    fn decrypt(&self, iv: &[u8; BLOCK_LEN], body: &mut [u8]) {
        match self {
            Self::Aes128(aes) => decrypt(aes, iv, body),
            Self::Aes256(aes) => decrypt(aes, iv, body),
        }
    }
}

fn decrypt<C: BlockCipherDecrypt<BlockSize = U16>>(aes: &C, iv: &[u8; BLOCK_LEN], body: &mut [u8]) {
    let (blocks, _) = Array::slice_as_chunks_mut(body);
    Decryptor::inner_iv_init(aes, iv.into()).decrypt_blocks(blocks);
}

/// One packet under encryption: the ciphertext block before the next one, and the blocks.
struct Chain<'a> {
    last: Array<u8, U16>,
    blocks: &'a mut [Array<u8, U16>],
}

impl<'a> Chain<'a> {
    fn new(slot: &'a mut [u8], icv_len: usize) -> Self {
        match iv_and_body_mut(slot, icv_len) {
            Ok((iv, body)) => Self {
                last: (*iv).into(),
                blocks: Array::slice_as_chunks_mut(body).0,
            },
            Err(_) => Self {
                last: Array::default(),
                blocks: &mut [],
            },
        }
    }
}

/// Chains that advance block by block together. The closure form enters the AES back end once for all of them.
struct SideBySide<'a, 'b>(&'a mut [Chain<'b>]);

impl BlockSizeUser for SideBySide<'_, '_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for SideBySide<'_, '_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        for group in self.0.chunks_mut(LANES) {
            let rows = group.iter().map(|chain| chain.blocks.len()).max().unwrap_or(0);
            for row in 0..rows {
                for chain in &mut *group {
                    if let Some(block) = chain.blocks.get_mut(row) {
                        for (octet, last) in block.iter_mut().zip(&chain.last) {
                            *octet ^= last;
                        }
                        backend.encrypt_block_inplace(block);
                        chain.last = *block;
                    }
                }
            }
        }
    }
}

/// The MAC with both of its key blocks hashed already; cloned for each packet.
enum Integrity {
    Md5(Hmac<Md5>),
    Sha1(Hmac<Sha1>),
    Sha256(ring::hmac::Key),
}

impl Integrity {
    /// Takes the key from the beginning of `rest`, the key block behind the encryption key.
    fn new(mac: Mac, rest: &[u8]) -> Self {
        let padded = |len: usize| -> Zeroizing<[u8; HASH_BLOCK_LEN]> { key(&rest[..len]) };
        match mac {
            Mac::Md5 => Self::Md5(Hmac::new((&*padded(16)).into())),
            Mac::Sha1 => Self::Sha1(Hmac::new((&*padded(20)).into())),
            Mac::Sha256 => Self::Sha256(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &rest[..32])),
        }
    }

    /// The MAC over `bytes`, cut to the longest integrity check value.
    fn tag(&self, bytes: &[u8]) -> [u8; MAX_ICV_LEN] {
        match self {
            Self::Md5(hmac) => left(&hmac.clone().chain_update(bytes).finalize().into_bytes()),
            Self::Sha1(hmac) => left(&hmac.clone().chain_update(bytes).finalize().into_bytes()),
            Self::Sha256(key) => left(ring::hmac::sign(key, bytes).as_ref()),
        }
    }
}

/// The first octets of `bytes` as a key, filled up with zeros.
fn key<const N: usize>(bytes: &[u8]) -> Zeroizing<[u8; N]> {
    Zeroizing::new(left(bytes))
}

fn left<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (out, octet) in out.iter_mut().zip(bytes) {
        *out = *octet;
    }
    out
}

/// How many chains advance together. AES-NI takes about four cycles for a round and starts one every half cycle.
const LANES: usize = 8;

/// Longest integrity check value: HMAC-SHA256-128.
const MAX_ICV_LEN: usize = 16;

/// Block of MD5, SHA-1 and SHA-256; HMAC fills shorter keys up with zeros.
const HASH_BLOCK_LEN: usize = 64;
