//! One-time codes: TOTP (RFC 6238) and HOTP (RFC 4226) from the texts OpenConnect takes, and from `otpauth://` links.

mod text;

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

use thiserror::Error;
use totp_rs::{Algorithm, Builder, Totp};

use self::text::Parsed;
use crate::secret::Secret;

/// What the codes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMode {
    /// Time, as authenticator apps do.
    Totp,
    /// The codes made so far.
    Hotp,
}

impl fmt::Display for TokenMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Totp => "totp",
            Self::Hotp => "hotp",
        })
    }
}

/// Why a text is no token. Never holds a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// No secret at all.
    #[error("it is empty")]
    Empty,
    /// An XML container of keys, which OpenConnect reads when built so.
    #[error("it is a PSKC container (XML), which is not supported; its secret in hex or base32 is")]
    Pskc,
    /// After `base32:` or in a link.
    #[error("the secret is not base32 (letters and the digits 2 to 7)")]
    Base32,
    /// After `0x`.
    #[error("the secret is not hex, two digits for each octet")]
    Hex,
    /// The number behind the comma, or in a link.
    #[error("the counter is no number from 0 to 9223372036854775806")]
    Counter,
    /// A link of another type than `totp` and `hotp`, or without one.
    #[error("the link is neither otpauth://totp/ nor otpauth://hotp/")]
    Link,
    /// A link for the other mode.
    #[error("the link is for {link}, not for {wanted}")]
    Mode {
        /// What the link says.
        link: TokenMode,
        /// What was asked for.
        wanted: TokenMode,
    },
    /// An algorithm in a link other than SHA-1, SHA-256 and SHA-512.
    #[error("the algorithm is none of SHA1, SHA256 and SHA512")]
    Algorithm,
    /// A length in a link that no code can have.
    #[error("the number of digits is not from 1 to 9")]
    Digits,
    /// A period in a link that is no time.
    #[error("the period is no number of seconds from 1 to 4294967295")]
    Period,
}

/// Makes codes, each one once: a gateway refuses a code it has seen, and may lock the account.
pub struct TokenGenerator {
    /// With steps of one, so that it takes the number of the code.
    totp: Totp,
    moving: Moving,
    text: Parsed,
}

/// What moves from code to code.
#[derive(Debug)]
enum Moving {
    Time { period: NonZeroU64, last: Option<u64> },
    Counter { next: u64 },
}

impl TokenGenerator {
    /// A generator from the text that names the secret:
    ///
    /// - plain text, its octets being the secret; `0x` and hex; `base32:` and base32;
    /// - each with `sha1:` (the default), `sha256:` or `sha512:` in front;
    /// - for HOTP each with `,COUNTER` behind; without, it is 0;
    /// - `otpauth://totp/…` or `otpauth://hotp/…`.
    ///
    /// # Errors
    /// A text that is none of these, or a link for the other mode.
    pub fn new(mode: TokenMode, text: &Secret) -> Result<Self, TokenError> {
        let (parsed, recipe) = text::parse(mode, text)?;
        let totp = Builder::new()
            .with_algorithm(recipe.algorithm)
            .with_digits(recipe.digits)
            .with_step_duration(1)
            .with_secret(recipe.secret)
            // sites hand out 80 bits, the other way of building demands 128
            .build_noncompliant();
        let moving = match mode {
            TokenMode::Totp => Moving::Time {
                period: recipe.period,
                last: None,
            },
            TokenMode::Hotp => Moving::Counter { next: recipe.counter },
        };
        Ok(Self {
            totp,
            moving,
            text: parsed,
        })
    }

    /// The code for this time. When that of the period is used up, it is the next period's, which gateways take as
    /// well: clocks differ. For HOTP the time does not matter.
    pub fn code(&mut self, unix_seconds: u64) -> Secret {
        let number = match &mut self.moving {
            Moving::Time { period, last } => {
                let now = unix_seconds / *period;
                let number = last.map_or(now, |last| now.max(last.saturating_add(1)));
                *last = Some(number);
                number
            }
            Moving::Counter { next } => {
                let number = *next;
                *next = next.saturating_add(1);
                number
            }
        };
        Secret::new(self.totp.generate(number).to_string())
    }

    /// How long to wait until the next code is that of its own period, for a gateway that wants to see the code after
    /// the last one. Zero for HOTP.
    pub fn wait_for_next(&self, unix_seconds: u64) -> Duration {
        match &self.moving {
            Moving::Time {
                period,
                last: Some(last),
            } => {
                let start = last.saturating_add(1).saturating_mul(period.get());
                Duration::from_secs(start.saturating_sub(unix_seconds))
            }
            Moving::Time { last: None, .. } | Moving::Counter { .. } => Duration::ZERO,
        }
    }

    /// The counter of the next code; `None` for TOTP.
    pub fn counter(&self) -> Option<u64> {
        match self.moving {
            Moving::Counter { next } => Some(next),
            Moving::Time { .. } => None,
        }
    }

    /// The text with the counter of the next code, in the form it was given: what belongs into the user's file before
    /// the last code is sent. `None` for TOTP, where nothing changes.
    pub fn rendered_with_counter(&self) -> Option<Secret> {
        self.counter().map(|counter| self.text.with_counter(counter))
    }
}

impl fmt::Debug for TokenGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenGenerator")
            .field("moving", &self.moving)
            .finish_non_exhaustive()
    }
}

/// What a text says of the codes.
struct Recipe {
    algorithm: Algorithm,
    digits: u8,
    period: NonZeroU64,
    counter: u64,
    secret: Box<[u8]>,
}

#[cfg(test)]
mod tests;
