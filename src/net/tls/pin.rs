//! Pins: digests of a public key, as users write them.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use thiserror::Error;

use crate::net::settings::Pin;

/// Why a text is no pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PinError {
    /// No `pin-sha256:`, `sha256:` or `sha1:` in front.
    #[error("a pin begins with pin-sha256:, sha256: or sha1:")]
    Kind,
    /// Not base64 or hex.
    #[error("the digest is not {0}")]
    Encoding(&'static str),
    /// Part of a digest, or too much; OpenConnect takes a part, we do not.
    #[error("the digest must be given in full: {expected} octets, not {found}")]
    Length {
        /// Octets of the whole digest.
        expected: usize,
        /// Octets given.
        found: usize,
    },
}

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

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (kind, digest) = text.trim().split_once(':').ok_or(PinError::Kind)?;
        match kind.to_ascii_lowercase().as_str() {
            "pin-sha256" => {
                let octets = STANDARD
                    .decode(digest)
                    .map_err(|_| PinError::Encoding("base64"))?;
                Ok(Self::Sha256(whole(&octets)?))
            }
            "sha256" => Ok(Self::Sha256(whole(&unhex(digest)?)?)),
            "sha1" => Ok(Self::Sha1(whole(&unhex(digest)?)?)),
            _ => Err(PinError::Kind),
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

fn whole<const N: usize>(octets: &[u8]) -> Result<[u8; N], PinError> {
    octets.try_into().map_err(|_| PinError::Length {
        expected: N,
        found: octets.len(),
    })
}

/// Hex in either case; colons between octets, as certificate viewers print them, are dropped.
fn unhex(text: &str) -> Result<Vec<u8>, PinError> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|character| *character != ':')
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    match digits {
        Some(digits) if digits.len().is_multiple_of(2) => Ok(digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()),
        Some(_) | None => Err(PinError::Encoding("hex")),
    }
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
        assert_eq!(format!("SHA256:{}", hex.to_uppercase()).parse(), Ok(pin.clone()));
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

    #[test]
    fn parts_of_digests_and_other_texts_are_refused() {
        let refused = |text: &str| text.parse::<Pin>().unwrap_err();
        assert_eq!(refused("e3b0c442"), PinError::Kind);
        assert_eq!(refused("md5:00"), PinError::Kind);
        assert_eq!(refused("sha256:e3b"), PinError::Encoding("hex"));
        assert_eq!(refused("sha1:+1"), PinError::Encoding("hex"));
        assert_eq!(refused("pin-sha256:?"), PinError::Encoding("base64"));
        let short = PinError::Length {
            expected: 32,
            found: 4,
        };
        assert_eq!(refused("sha256:e3b0c442"), short);
    }
}
