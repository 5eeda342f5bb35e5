//! Messages the client sends: MTU and keys (`juniper-nc.md §11`), ESP on and off (`§14.3`, `§14.4`).

use bytes::{BufMut, BytesMut};
use zeroize::Zeroizing;

use super::config::UsableEsp;
use crate::esp::{Cipher, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
use crate::protocol::UdpOffer;
use crate::random::RandomSource;
use crate::wire::kmp::{kind, write_message};
use crate::wire::tlv::{write_attribute, write_group};

/// Lowest SPI not reserved (RFC 4303 keeps 1 to 255, 0 means none).
const MIN_SPI: u32 = 256;

/// Fresh keys for the direction gateway → client, beside what the gateway chose.
pub(super) fn complete(
    usable: UsableEsp,
    random: &mut dyn RandomSource,
    previous_spi: Option<[u8; 4]>,
) -> UdpOffer {
    let inbound = SaKeys {
        spi: fresh_spi(random, previous_spi),
        block: fresh_block(random, usable.cipher, usable.mac),
    };
    UdpOffer {
        keys: EspKeys {
            cipher: usable.cipher,
            mac: usable.mac,
            inbound,
            outbound: usable.outbound,
            replay_protection: usable.replay_protection,
        },
        port: usable.port,
        fallback_seconds: usable.fallback_seconds,
    }
}

/// A random SPI, not reserved and not the one before. After some draws a generator that only gives unusable numbers
/// is helped out.
fn fresh_spi(random: &mut dyn RandomSource, previous: Option<[u8; 4]>) -> [u8; 4] {
    let mut spi = [0; 4];
    for _ in 0..16 {
        random.fill(&mut spi);
        if u32::from_be_bytes(spi) >= MIN_SPI && Some(spi) != previous {
            return spi;
        }
    }
    spi[0] ^= 0x80;
    spi
}

/// Encryption key, MAC key, zeros (`§13.2`).
fn fresh_block(random: &mut dyn RandomSource, cipher: Cipher, mac: Mac) -> Zeroizing<[u8; KEY_BLOCK_LEN]> {
    let used = match cipher {
        Cipher::Aes128Cbc => 16,
        Cipher::Aes256Cbc => 32,
    } + match mac {
        Mac::Md5 => 16,
        Mac::Sha1 => 20,
        Mac::Sha256 => 32,
    };
    let mut block = Zeroizing::new([0; KEY_BLOCK_LEN]);
    random.fill(&mut block[..used]);
    block
}

/// Appends KMP 303 with the MTU repeated (`§11`).
pub(super) fn write_mtu(out: &mut BytesMut, mtu: u16) {
    write_message(out, kind::CONTROL, |out| {
        write_group(out, 6, |out| {
            write_attribute(out, 2, &u32::from(mtu).to_be_bytes())
        });
    });
}

/// Appends KMP 302 with our SPI and key block.
pub(super) fn write_keys(out: &mut BytesMut, keys: &SaKeys) {
    write_message(out, kind::KEYS, |out| {
        write_group(out, 7, |out| {
            write_attribute(out, 1, &keys.spi);
            write_attribute(out, 2, keys.block.as_slice());
        });
    });
}

/// Appends KMP 303 that switches ESP on or off.
pub(super) fn write_switch(out: &mut BytesMut, on: bool) {
    write_message(out, kind::CONTROL, |out| {
        write_group(out, 6, |out| write_attribute(out, 1, &[u8::from(on)]));
    });
}

/// Appends the hostname packet (`§7.3`): a record whose constant octets have no known meaning.
pub(super) fn write_hostname(out: &mut BytesMut, name: &str) {
    // the record length of 13 + n must fit 16 bits; host names are at most 255 octets anyway
    let name = &name.as_bytes()[..name.len().min(255)];
    out.put_u16_le(13 + name.len() as u16);
    out.put_slice(&[0, 4, 0, 0, 0]);
    out.put_u16_le(name.len() as u16);
    out.put_slice(name);
    out.put_slice(&[0xbb, 0x01, 0, 0, 0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record::write_record;

    #[test]
    fn hostname_packets_are_those_of_the_notes() {
        // juniper-nc.md §21.1
        let expected: [(&str, &[u8]); 3] = [
            ("laptop", b"\x13\0\0\x04\0\0\0\x06\0laptop\xbb\x01\0\0\0\0"),
            ("localhost", b"\x16\0\0\x04\0\0\0\x09\0localhost\xbb\x01\0\0\0\0"),
            ("", b"\x0d\0\0\x04\0\0\0\0\0\xbb\x01\0\0\0\0"),
        ];
        for (name, bytes) in expected {
            let mut out = BytesMut::new();
            write_hostname(&mut out, name);
            assert_eq!(out, bytes, "{name}");
        }
    }

    #[test]
    fn enable_and_disable_are_those_of_the_notes() {
        // juniper-nc.md §21.4
        let mut expected =
            *b"\x21\0\0\0\0\0\0\0\x01\x2f\x01\0\0\0\x01\0\0\0\0\0\0\x0d\0\x06\0\0\0\x07\0\x01\0\0\0\x01\x01";
        for on in [true, false] {
            let mut out = BytesMut::new();
            write_record(&mut out, |out| write_switch(out, on));
            expected[34] = u8::from(on);
            assert_eq!(out, expected.as_slice());
        }
    }

    #[test]
    fn reserved_and_repeated_spis_are_avoided() {
        struct Series(Vec<[u8; 4]>);
        impl RandomSource for Series {
            fn fill(&mut self, out: &mut [u8]) {
                out.copy_from_slice(&self.0.remove(0));
            }
        }
        let mut random = Series(vec![[0; 4], [0, 0, 0, 255], [1, 2, 3, 4], [9, 9, 9, 9]]);
        assert_eq!(fresh_spi(&mut random, Some([1, 2, 3, 4])), [9, 9, 9, 9]);
    }
}
