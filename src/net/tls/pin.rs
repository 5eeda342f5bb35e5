//! Pins: digests of a public key, computed and printed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;

use crate::net::settings::Pin;

impl Pin {
    /// The SHA-256 pin of a DER SubjectPublicKeyInfo.
    pub fn of_key(spki: &[u8]) -> Self {
        Self::Sha256(digest_of(&digest::SHA256, spki))
    }

    /// True when this is the digest of that DER SubjectPublicKeyInfo.
    pub fn matches(&self, spki: &[u8]) -> bool {
        match self {
            Self::Sha256(pin) => *pin == digest_of(&digest::SHA256, spki),
            Self::Sha1(pin) => *pin == digest_of(&digest::SHA1_FOR_LEGACY_USE_ONLY, spki),
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => write!(f, "pin-sha256:{}", STANDARD.encode(digest)),
            Self::Sha1(digest) => {
                f.write_str("sha1:")?;
                digest.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

fn digest_of<const N: usize>(algorithm: &'static digest::Algorithm, data: &[u8]) -> [u8; N] {
    let mut output = [0; N];
    output.copy_from_slice(digest::digest(algorithm, data).as_ref());
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_one_digest_are_equal() {
        // printf '' | openssl dgst -sha256, and -binary | base64
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let pin: Pin = "pin-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
            .parse()
            .unwrap();
        assert_eq!(format!("sha256:{hex}").parse(), Ok(pin.clone()));
        assert_eq!(pin, Pin::of_key(b""));
        assert!(pin.matches(b"") && !pin.matches(b"x"));
        assert_eq!(pin.to_string().parse(), Ok(pin));
    }

    #[test]
    fn sha1_is_printed_as_it_is_read() {
        let text = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709";
        let pin: Pin = text.parse().unwrap();
        assert!(pin.matches(b""));
        assert_eq!(pin.to_string(), text);
        let colons = "sha1:da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09";
        assert_eq!(colons.parse(), Ok(pin));
    }
}
