//! The texts that name a token's secret.

use std::num::NonZeroU64;

use totp_rs::Algorithm;
use zeroize::Zeroizing;

use super::{Recipe, TokenError, TokenMode};
use crate::secret::Secret;

/// A text, and where its counter goes.
pub(super) enum Parsed {
    /// All before the comma of the counter.
    Plain(Secret),
    /// An `otpauth://` link.
    Link(Secret),
}

impl Parsed {
    /// The text with that counter.
    pub(super) fn with_counter(&self, counter: u64) -> Secret {
        match self {
            Self::Plain(text) => Secret::new(format!("{},{counter}", text.expose())),
            Self::Link(text) => link_with_counter(text.expose(), counter),
        }
    }
}

/// Takes a text apart. White space behind it is no part of it.
pub(super) fn parse(mode: TokenMode, text: &Secret) -> Result<(Parsed, Recipe), TokenError> {
    let text = text.expose().trim_end_matches(is_space);
    if starts_with(text, "<?xml") {
        Err(TokenError::Pskc)
    } else if starts_with(text, LINK) {
        parse_link(mode, text)
    } else {
        parse_plain(mode, text)
    }
}

fn parse_plain(mode: TokenMode, text: &str) -> Result<(Parsed, Recipe), TokenError> {
    let (head, counter) = match (mode, text.rsplit_once(',')) {
        (TokenMode::Hotp, Some((head, counter))) => (head, parse_counter(counter)?),
        // in a plain secret for TOTP a comma is a character like any other
        (TokenMode::Hotp, None) | (TokenMode::Totp, _) => (text, 0),
    };
    let (algorithm, secret) = split_algorithm(head);
    let secret = parse_secret(secret)?;
    if secret.is_empty() {
        return Err(TokenError::Empty);
    }
    let recipe = Recipe {
        algorithm,
        digits: DIGITS,
        period: PERIOD,
        counter,
        secret: Box::from(secret.as_slice()),
    };
    Ok((Parsed::Plain(Secret::new(head)), recipe))
}

fn split_algorithm(text: &str) -> (Algorithm, &str) {
    [
        ("sha1:", Algorithm::SHA1),
        ("sha256:", Algorithm::SHA256),
        ("sha512:", Algorithm::SHA512),
    ]
    .into_iter()
    .find_map(|(prefix, algorithm)| Some((algorithm, without_prefix(text, prefix)?)))
    .unwrap_or((Algorithm::SHA1, text))
}

fn parse_secret(text: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    if let Some(digits) = without_prefix(text, "base32:") {
        base32(digits)
    } else if let Some(digits) = text.strip_prefix("0x") {
        hex(digits.trim_matches(is_space))
    } else {
        Ok(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

/// As `strtol` with base 0 takes it, for OpenConnect does: decimal, hex behind `0x`, octal behind `0`, nothing for 0.
fn parse_counter(text: &str) -> Result<u64, TokenError> {
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return Ok(0);
    }
    let (digits, radix) = if let Some(digits) = without_prefix(text, "0x") {
        (digits, 16)
    } else if let Some(digits) = text.strip_prefix('0')
        && !digits.is_empty()
    {
        (digits, 8)
    } else {
        (text, 10)
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(TokenError::Counter);
    }
    u64::from_str_radix(digits, radix)
        .ok()
        .filter(|counter| *counter < MAX_COUNTER)
        .ok_or(TokenError::Counter)
}

fn parse_link(mode: TokenMode, text: &str) -> Result<(Parsed, Recipe), TokenError> {
    let (path, query) = split_link(text);
    let kind = path.split('/').next().unwrap_or_default();
    let link = if kind.eq_ignore_ascii_case("totp") {
        TokenMode::Totp
    } else if kind.eq_ignore_ascii_case("hotp") {
        TokenMode::Hotp
    } else {
        return Err(TokenError::Link);
    };
    if link != mode {
        return Err(TokenError::Mode { link, wanted: mode });
    }
    let secret = base32(parameter(query, "secret").ok_or(TokenError::Empty)?.expose())?;
    if secret.is_empty() {
        return Err(TokenError::Empty);
    }
    let recipe = Recipe {
        algorithm: parameter(query, "algorithm").map_or(Ok(Algorithm::SHA1), |name| algorithm(&name))?,
        digits: parameter(query, "digits").map_or(Ok(DIGITS), |digits| parse_digits(&digits))?,
        period: parameter(query, "period").map_or(Ok(PERIOD), |period| parse_period(&period))?,
        counter: parameter(query, "counter")
            .map_or(Ok(0), |counter| decimal(&counter, TokenError::Counter))?,
        secret: Box::from(secret.as_slice()),
    };
    Ok((Parsed::Link(Secret::new(text)), recipe))
}

/// Type and label, then the parameters. A fragment belongs to neither.
fn split_link(text: &str) -> (&str, &str) {
    let rest = text.get(LINK.len()..).unwrap_or_default();
    let rest = rest.split('#').next().unwrap_or_default();
    rest.split_once('?').unwrap_or((rest, ""))
}

/// The first parameter of that name, without its percent signs.
fn parameter(query: &str, name: &str) -> Option<Secret> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.eq_ignore_ascii_case(name).then(|| unescape(value))
    })
}

/// What is no escape after all stays as it is, and is refused as base32 or number later.
fn unescape(value: &str) -> Secret {
    let mut octets = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value.as_bytes();
    while let Some((&octet, behind)) = rest.split_first() {
        let escaped = behind.split_at_checked(2).filter(|_| octet == b'%');
        let decoded = escaped.and_then(|(digits, behind)| Some((hex_octet(digits)?, behind)));
        let (octet, behind) = decoded.unwrap_or((octet, behind));
        octets.push(octet);
        rest = behind;
    }
    Secret::new(String::from_utf8_lossy(&octets))
}

/// All else stays as it was written.
fn link_with_counter(text: &str, counter: u64) -> Secret {
    let end = text.find('#').unwrap_or(text.len());
    let (link, fragment) = text.split_at_checked(end).unwrap_or((text, ""));
    let (path, query) = link.split_once('?').unwrap_or((link, ""));
    let mut is_set = false;
    // room for all of it at once: a secret must not stay behind in memory that was outgrown
    let mut changed = String::with_capacity(text.len() + ROOM);
    changed.push_str(path);
    for (index, pair) in query.split('&').enumerate() {
        changed.push(if index == 0 { '?' } else { '&' });
        let key = pair.split_once('=').map_or("", |(key, _)| key);
        if key.eq_ignore_ascii_case("counter") && !is_set {
            is_set = true;
            changed.push_str(&format!("{key}={counter}"));
        } else {
            changed.push_str(pair);
        }
    }
    if !is_set {
        changed.push_str(&format!("&counter={counter}"));
    }
    changed.push_str(fragment);
    Secret::new(changed)
}

fn algorithm(name: &Secret) -> Result<Algorithm, TokenError> {
    match name.expose().to_ascii_uppercase().as_str() {
        "SHA1" | "SHA-1" => Ok(Algorithm::SHA1),
        "SHA256" | "SHA-256" => Ok(Algorithm::SHA256),
        "SHA512" | "SHA-512" => Ok(Algorithm::SHA512),
        _ => Err(TokenError::Algorithm),
    }
}

/// Ten would not fit into what a code is cut from.
fn parse_digits(text: &Secret) -> Result<u8, TokenError> {
    let digits = decimal(text, TokenError::Digits)?;
    u8::try_from(digits)
        .ok()
        .filter(|digits| (1..=9).contains(digits))
        .ok_or(TokenError::Digits)
}

fn parse_period(text: &Secret) -> Result<NonZeroU64, TokenError> {
    let period = decimal(text, TokenError::Period)?;
    u32::try_from(period)
        .ok()
        .and_then(|period| NonZeroU64::new(period.into()))
        .ok_or(TokenError::Period)
}

fn decimal(text: &Secret, error: TokenError) -> Result<u64, TokenError> {
    let text = text.expose();
    // a sign would be taken
    if !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(error);
    }
    text.parse()
        .ok()
        .filter(|number| *number < MAX_COUNTER)
        .ok_or(error)
}

/// RFC 4648 §6 in either case. Blanks and dashes between groups, as sites print them, and missing padding do no harm.
fn base32(text: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let text = text.trim_end_matches(|character| character == '=' || is_space(character));
    let mut octets = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut count) = (0_u32, 0_u32);
    for character in text.bytes().filter(|octet| !b" -".contains(octet)) {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a',
            b'2'..=b'7' => character - b'2' + 26,
            _ => return Err(TokenError::Base32),
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            octets.extend(u8::try_from(bits >> count & 0xff));
        }
    }
    // 1, 3 or 6 characters more than whole groups begin an octet and do not end it
    if count >= 5 {
        return Err(TokenError::Base32);
    }
    Ok(octets)
}

fn hex(text: &str) -> Result<Zeroizing<Vec<u8>>, TokenError> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    // OpenConnect loses the last octet of an odd number of digits; a wrong code would help nobody
    if !rest.is_empty() {
        return Err(TokenError::Hex);
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(pairs.len()));
    for pair in pairs {
        octets.push(hex_octet(pair).ok_or(TokenError::Hex)?);
    }
    Ok(octets)
}

fn hex_octet(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else {
        return None;
    };
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(*high)? << 4 | value(*low)?).ok()
}

fn starts_with(text: &str, prefix: &str) -> bool {
    without_prefix(text, prefix).is_some()
}

/// In either case.
fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `isspace` in C.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

const LINK: &str = "otpauth://";
/// RFC 4226 §5.3.
const DIGITS: u8 = 6;
/// RFC 6238 §5.2.
const PERIOD: NonZeroU64 = NonZeroU64::new(30).expect("not zero");
/// Where OpenConnect ends too. Refused itself: there would be no counter after it to write back.
const MAX_COUNTER: u64 = i64::MAX as u64;
/// For the name and digits of a counter.
const ROOM: usize = 32;
