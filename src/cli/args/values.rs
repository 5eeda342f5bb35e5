//! Values of single options: each function takes the text as typed and says what is wrong with it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use ipnet::Ipv4Net;

use crate::auth::token::TokenMode;
use crate::net::settings::Pin;

pub(super) type Parsed<T> = Result<T, &'static str>;

pub(super) fn pin(text: &str) -> Result<Pin, <Pin as FromStr>::Err> {
    text.parse()
}

pub(super) fn protocol(text: &str) -> Parsed<String> {
    match text {
        "nc" => Ok(text.to_owned()),
        "pulse" | "auto" => Err("only nc is built yet"),
        _ => Err("not a Juniper or Pulse protocol"),
    }
}

pub(super) fn host_name(text: &str) -> Parsed<String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) => Ok(name),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Err("a name is needed here, not an address"),
        Err(_) => Err("not a host name"),
    }
}

/// The host ends at the first colon, so an IPv6 address needs no brackets.
pub(super) fn resolve(text: &str) -> Parsed<(String, IpAddr)> {
    let (host, address) = text.split_once(':').ok_or("the form is HOST:IP")?;
    let address = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(address);
    let address = address
        .parse()
        .map_err(|_| "no IP address after the first colon")?;
    Ok((host_name(host)?, address))
}

pub(super) fn key_file(text: &str) -> Parsed<PathBuf> {
    if text.starts_with("pkcs11:") {
        return Err("keys in a PKCS#11 token are not supported yet, use a file: PEM or PKCS#12");
    }
    Ok(text.into())
}

/// A domain, or `~` and a domain that only routes questions; `~.` routes all.
pub(super) fn domain(text: &str) -> Parsed<String> {
    let name = text.strip_prefix('~').unwrap_or(text);
    let is_label = |label: &str| {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(plain)
    };
    let labels = name.strip_suffix('.').unwrap_or(name);
    match text == "~." || name.len() <= MAX_DOMAIN && labels.split('.').all(is_label) {
        true => Ok(text.to_owned()),
        false => Err("not a domain name, such as corp.example or ~corp.example"),
    }
}

/// `10.0.0.0/8`, or an address alone. Host bits are refused: which prefix is meant is not for us to guess.
pub(super) fn prefix(text: &str) -> Parsed<Ipv4Net> {
    let net: Option<Ipv4Net> = match text.contains('/') {
        true => text.parse().ok(),
        false => text.parse::<Ipv4Addr>().ok().map(Ipv4Net::from),
    };
    match net {
        None => Err("not an IPv4 prefix, such as 10.0.0.0/8"),
        Some(net) if net.trunc() != net => Err("the address has bits behind the prefix; clear them"),
        Some(net) => Ok(net),
    }
}

/// `1080`, `127.0.0.1:1080` or `[::1]:1080`.
pub(super) fn listener(text: &str) -> Parsed<SocketAddr> {
    let port = text
        .parse()
        .map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port.ok()
        .or_else(|| text.parse().ok())
        .ok_or("not a port, nor ADDR:PORT with a numeric address")
}

/// Decimal, or hexadecimal after `0x`. 0 means "no mark" to the kernel.
pub(super) fn mark(text: &str) -> Parsed<u32> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    number
        .filter(|number| *number != 0)
        .ok_or("not a number from 1 to 4294967295, nor 0x and hexadecimal digits")
}

/// The kernel's rule for names (`dev_valid_name`); `%` stands for a number the kernel fills in.
pub(super) fn interface(text: &str) -> Parsed<String> {
    let forbidden = |character: char| character == '/' || character == ':' || character.is_whitespace();
    match text {
        "" | "." | ".." => Err("not a name for an interface"),
        _ if text.len() > MAX_INTERFACE => Err("an interface name has at most 15 octets"),
        _ if text.contains(forbidden) || text.contains(char::is_control) => {
            Err("an interface name has no slash, colon or blank")
        }
        _ => Ok(text.to_owned()),
    }
}

/// The name of a profile is that of its file.
pub(super) fn profile(text: &str) -> Parsed<String> {
    match crate::cli::config::places::is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("a name has no slash, colon or blank, and no dot or dash in front"),
    }
}

/// The name becomes part of file names.
pub(super) fn instance(text: &str) -> Parsed<String> {
    let forbidden = |character: char| character == '/' || character.is_whitespace() || character.is_control();
    if text.is_empty() || text.starts_with('.') || text.contains(forbidden) {
        return Err("a name has no slash, no blank and no dot in front");
    }
    if text.len() > MAX_INSTANCE {
        return Err("a name has at most 64 octets");
    }
    Ok(text.to_owned())
}

pub(super) fn command(text: &str) -> Parsed<String> {
    if text.trim().is_empty() {
        return Err("the command is empty; to leave the network alone use --network none");
    }
    Ok(text.to_owned())
}

/// A program, by its name or path, or a command line.
pub(super) fn program(text: &str) -> Parsed<String> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err("there must be something to run");
    }
    Ok(text.to_owned())
}

/// An answer to a field of a form; blanks around it are a slip.
pub(super) fn answer(text: &str) -> Parsed<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_control) {
        return Err("may not be empty or hold control characters");
    }
    Ok(text.to_owned())
}

/// Path and query, with a slash in front.
pub(super) fn url_path(text: &str) -> Parsed<String> {
    if text.contains("://") {
        return Err("only the path, without scheme and host");
    }
    if text
        .chars()
        .any(|character| character.is_control() || matches!(character, ' ' | '#'))
    {
        return Err("a path has no blanks and no #");
    }
    Ok(format!("/{}", text.trim_start_matches('/')))
}

pub(super) fn token_mode(text: &str) -> Parsed<TokenMode> {
    match text {
        "totp" => Ok(TokenMode::Totp),
        "hotp" => Ok(TokenMode::Hotp),
        "rsa" | "yubioath" | "oidc" => Err("not supported, only totp and hotp are"),
        _ => Err("totp or hotp may stand here"),
    }
}

/// The names OpenConnect knows.
pub(super) fn system(text: &str) -> Parsed<String> {
    match text {
        "linux" | "linux-64" | "win" | "mac-intel" | "android" | "apple-ios" => Ok(text.to_owned()),
        _ => Err("one of linux, linux-64, win, mac-intel, android, apple-ios may stand here"),
    }
}

pub(super) fn device_id(text: &str) -> Parsed<String> {
    if text.len() != DEVICE_ID || !text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        return Err("32 hexadecimal digits are needed");
    }
    Ok(text.to_ascii_lowercase())
}

/// Text that goes into an HTTP header.
pub(super) fn header_text(text: &str) -> Parsed<String> {
    if text.is_empty() || !text.chars().all(|character| matches!(character, ' '..='~')) {
        return Err("only visible ASCII characters and blanks may stand here");
    }
    Ok(text.to_owned())
}

pub(super) fn plain_text(text: &str) -> Parsed<String> {
    if text.is_empty() || text.contains(char::is_control) {
        return Err("may not be empty or hold control characters");
    }
    if text.len() > MAX_HOSTNAME {
        return Err("longer than 255 octets");
    }
    Ok(text.to_owned())
}

/// Digits of a device id.
const DEVICE_ID: usize = 32;
/// IFNAMSIZ without the end mark.
/// Octets of a domain name in text (RFC 1035).
const MAX_DOMAIN: usize = 254;
const MAX_INTERFACE: usize = 15;
/// Leaves room for the suffixes of state files within 255 octets of a file name and 108 of a socket path.
const MAX_INSTANCE: usize = 64;
/// The longest name DNS knows; the packet itself could hold 65522.
const MAX_HOSTNAME: usize = 255;

/// Minutes of a session: up to a year.
pub(super) fn limit() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=525_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolve_splits_at_the_first_colon() {
        let table = [
            ("gw:192.0.2.1", Some("192.0.2.1")),
            ("GW.example:2001:db8::1", Some("2001:db8::1")),
            ("gw:[2001:db8::1]", Some("2001:db8::1")),
            ("gw", None),
            ("gw:", None),
            (":192.0.2.1", None),
            ("gw:host", None),
        ];
        for (text, address) in table {
            let parsed = resolve(text).ok().map(|(_, address)| address.to_string());
            assert_eq!(parsed.as_deref(), address, "{text}");
        }
    }

    #[test]
    fn interface_names_follow_the_kernel() {
        for good in ["tun0", "vpn%d", "0123456789abcde", "a-b.c"] {
            assert!(interface(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "a:b", "0123456789abcdef", "a\nb"] {
            assert!(interface(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn instance_names_cannot_leave_their_folder() {
        for good in ["work", "vpn.example.com", "2001:db8::1"] {
            assert!(instance(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "../x", "a/b", "a b", "a\0b"] {
            assert!(instance(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn paths_of_the_sign_in_page_get_their_slash() {
        let table = [
            ("admins", Ok("/admins")),
            ("/admins", Ok("/admins")),
            ("//evil.example", Ok("/evil.example")),
            ("", Ok("/")),
            ("a/b?c=d", Ok("/a/b?c=d")),
            ("https://gw/x", Err(())),
            ("a b", Err(())),
            ("a#b", Err(())),
        ];
        for (text, expected) in table {
            assert_eq!(
                url_path(text).map_err(drop),
                expected.map(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn device_ids_are_32_digits() {
        assert_eq!(device_id(&"aB".repeat(16)), Ok("ab".repeat(16)));
        for bad in ["", "ab", &"x".repeat(32), &"a".repeat(33)] {
            assert!(device_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn modes_that_are_known_and_not_built_are_told_apart_from_slips() {
        assert_eq!(token_mode("hotp"), Ok(TokenMode::Hotp));
        for mode in ["rsa", "yubioath", "oidc"] {
            assert!(
                token_mode(mode).is_err_and(|text| text.contains("not supported")),
                "{mode}"
            );
        }
        assert!(token_mode("otp").is_err_and(|text| !text.contains("not supported")));
    }

    #[test]
    fn texts_for_the_gateway_stay_on_one_line() {
        assert!(header_text("Mozilla/5.0 (X11)").is_ok());
        assert!(header_text("a\r\nX: b").is_err());
        assert!(header_text("ü").is_err());
        assert!(plain_text("büro").is_ok());
        assert!(plain_text("a\nb").is_err());
        assert!(plain_text("").is_err());
    }
}
