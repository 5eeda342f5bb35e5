//! Algorithms and key blocks, as the link negotiates them.

use std::fmt;

use zeroize::Zeroizing;

/// Ciphers a gateway may choose (`juniper-nc.md §10`, attribute 8/1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// AES-128-CBC, number 2.
    Aes128Cbc,
    /// AES-256-CBC, number 5.
    Aes256Cbc,
}

/// Authentication algorithms a gateway may choose (`juniper-nc.md §10`, attribute 8/2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mac {
    /// HMAC-MD5-96, number 1.
    Md5,
    /// HMAC-SHA1-96, number 2.
    Sha1,
    /// HMAC-SHA256-128, number 3.
    Sha256,
}

impl Cipher {
    /// The usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "aes-128-cbc",
            Self::Aes256Cbc => "aes-256-cbc",
        }
    }
}

impl Mac {
    /// The usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// Octets of its value that are sent (`juniper-nc.md §13.3`).
    pub const fn icv_len(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 => 12,
            Self::Sha256 => 16,
        }
    }
}

/// Length of a key block on the wire (`juniper-nc.md §13.2`).
pub const KEY_BLOCK_LEN: usize = 64;

/// SPI and key block of one direction: encryption key, MAC key, rest unused.
#[derive(Clone, PartialEq, Eq)]
pub struct SaKeys {
    /// The four octets that lead every datagram of this SA.
    pub spi: [u8; 4],
    /// Key block as sent on the wire.
    pub block: Zeroizing<[u8; KEY_BLOCK_LEN]>,
}

impl fmt::Debug for SaKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SaKeys {{ spi: {:02x?}, block: *** }}", self.spi)
    }
}

/// Everything one keying gives: both directions share the algorithms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EspKeys {
    /// Encryption.
    pub cipher: Cipher,
    /// Integrity.
    pub mac: Mac,
    /// Gateway → client, chosen by us.
    pub inbound: SaKeys,
    /// Client → gateway, chosen by the gateway.
    pub outbound: SaKeys,
    /// Whether replayed packets are dropped.
    pub replay_protection: bool,
}
