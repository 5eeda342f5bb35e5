//! What a program asks the proxy for: SOCKS5 (RFC 1928), or CONNECT as HTTP proxies know it, told apart by the first
//! octet.
//!
//! Written here and not taken from a crate: the answers a program gets must name the cause, everything read must be
//! bounded, and both ways in share one reader.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Where a connection is to lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
}

/// Who is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Address(Ipv4Addr),
    Name(String),
}

/// The language of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Socks,
    Http,
}

/// Why a program gets no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    General,
    NotAllowed,
    NetworkUnreachable,
    HostUnreachable,
    Refused,
    TimedOut,
    NoSuchCommand,
    NoSuchAddress,
}

impl Refusal {
    /// In SOCKS5. It has no number for silence; "TTL expired" would be a router's word.
    const fn code(self) -> u8 {
        match self {
            Self::General => 1,
            Self::NotAllowed => 2,
            Self::NetworkUnreachable => 3,
            Self::HostUnreachable | Self::TimedOut => 4,
            Self::Refused => 5,
            Self::NoSuchCommand => 7,
            Self::NoSuchAddress => 8,
        }
    }
}

/// A program that is not understood, or has gone.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadRequest {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("neither SOCKS5 nor CONNECT")]
    Unknown,
    #[error("wants to authenticate itself")]
    Authentication,
    #[error("refused with {0:?}")]
    Refused(Language, Refusal),
}

/// Reads a request.
pub(super) async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
) -> Result<(Language, Target), BadRequest> {
    match stream.read_u8().await? {
        VERSION => {
            let target = read_socks(stream).await?;
            Ok((Language::Socks, target))
        }
        // other methods of HTTP are told that they are not for here
        first @ b'A'..=b'Z' => {
            let target = read_connect(stream, first).await?;
            Ok((Language::Http, target))
        }
        _ => Err(BadRequest::Unknown),
    }
}

/// Tells a program that it is connected.
pub(super) async fn accept<S: AsyncWrite + Unpin>(
    stream: &mut S,
    language: Language,
    from: SocketAddrV4,
) -> std::io::Result<()> {
    match language {
        Language::Socks => stream.write_all(&reply(0, from)).await,
        Language::Http => {
            stream
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
        }
    }
}

/// Tells a program why it is not.
pub(super) async fn refuse<S: AsyncWrite + Unpin>(
    stream: &mut S,
    language: Language,
    why: Refusal,
) -> std::io::Result<()> {
    let nowhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
    match language {
        Language::Socks => stream.write_all(&reply(why.code(), nowhere)).await?,
        Language::Http => {
            let status = match why {
                Refusal::NotAllowed => "403 Forbidden",
                Refusal::TimedOut => "504 Gateway Timeout",
                Refusal::NoSuchCommand => "405 Method Not Allowed\r\nAllow: CONNECT",
                Refusal::NoSuchAddress => "400 Bad Request",
                Refusal::General
                | Refusal::NetworkUnreachable
                | Refusal::HostUnreachable
                | Refusal::Refused => "502 Bad Gateway",
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
        }
    }
    stream.shutdown().await
}

async fn read_socks<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> Result<Target, BadRequest> {
    let mut methods = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut methods).await?;
    if !methods.contains(&NO_AUTHENTICATION) {
        stream.write_all(&[VERSION, NO_METHOD]).await?;
        stream.shutdown().await?;
        return Err(BadRequest::Authentication);
    }
    stream.write_all(&[VERSION, NO_AUTHENTICATION]).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version, command, _, kind] = head;
    if version != VERSION {
        return Err(BadRequest::Unknown);
    }
    let refused = |why| BadRequest::Refused(Language::Socks, why);
    let host = match kind {
        ADDRESS => {
            let mut octets = [0; 4];
            stream.read_exact(&mut octets).await?;
            Ok(Host::Address(octets.into()))
        }
        NAME => {
            let mut octets = vec![0; stream.read_u8().await?.into()];
            stream.read_exact(&mut octets).await?;
            let name = String::from_utf8(octets).ok();
            name.and_then(|name| host(&name)).ok_or(Refusal::NoSuchAddress)
        }
        IPV6_ADDRESS => {
            stream.read_exact(&mut [0; 16]).await?;
            Err(Refusal::NoSuchAddress)
        }
        _ => return Err(refused(Refusal::NoSuchAddress)),
    };
    let port = stream.read_u16().await?;
    if command != CONNECT {
        return Err(refused(Refusal::NoSuchCommand));
    }
    Ok(Target {
        host: host.map_err(refused)?,
        port,
    })
}

/// Octet by octet, so that nothing is taken of what follows the head.
async fn read_connect<S: AsyncRead + Unpin>(stream: &mut S, first: u8) -> Result<Target, BadRequest> {
    let mut head = vec![first];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(BadRequest::Unknown);
        }
        head.push(stream.read_u8().await?);
    }
    let line = head.split(|octet| *octet == b'\r').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| BadRequest::Unknown)?;
    let refused = |why| BadRequest::Refused(Language::Http, why);
    let mut words = line.split(' ');
    let (Some(method), Some(place), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(BadRequest::Unknown);
    };
    if !version.starts_with("HTTP/1.") {
        return Err(BadRequest::Unknown);
    }
    if method != "CONNECT" {
        return Err(refused(Refusal::NoSuchCommand));
    }
    let target = place.rsplit_once(':').and_then(|(name, port)| {
        Some(Target {
            host: host(name)?,
            port: port.parse().ok()?,
        })
    });
    target.ok_or(refused(Refusal::NoSuchAddress))
}

/// Whom a text means; `None` when it can only be an IPv6 address or nobody.
fn host(text: &str) -> Option<Host> {
    if let Ok(address) = text.parse() {
        return Some(Host::Address(address));
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<Ipv6Addr>().is_ok() || text.is_empty() {
        return None;
    }
    if text.is_ascii() {
        return Some(Host::Name(text.to_owned()));
    }
    match url::Host::parse(text).ok()? {
        url::Host::Domain(name) => Some(Host::Name(name)),
        url::Host::Ipv4(address) => Some(Host::Address(address)),
        url::Host::Ipv6(_) => None,
    }
}

fn reply(code: u8, from: SocketAddrV4) -> [u8; 10] {
    let ([a, b, c, d], [high, low]) = (from.ip().octets(), from.port().to_be_bytes());
    [VERSION, code, 0, ADDRESS, a, b, c, d, high, low]
}

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const ADDRESS: u8 = 1;
const NAME: u8 = 3;
const IPV6_ADDRESS: u8 = 4;
/// Of an HTTP request.
const MAX_HEAD: usize = 8192;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The outcome, and what the program was told meanwhile.
    fn given(octets: &[u8]) -> (Result<(Language, Target), BadRequest>, Vec<u8>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let (mut program, mut proxy) = tokio::io::duplex(64 * 1024);
            program.write_all(octets).await.expect("room");
            program.shutdown().await.expect("an end");
            let outcome = read(&mut proxy).await;
            drop(proxy);
            let mut told = Vec::new();
            program.read_to_end(&mut told).await.expect("an end");
            (outcome, told)
        })
    }

    fn socks(request: &[u8]) -> Vec<u8> {
        [&[5, 2, 0, 2][..], request].concat()
    }

    fn name(name: &str, port: u16) -> Target {
        Target {
            host: Host::Name(name.to_owned()),
            port,
        }
    }

    #[test]
    fn requests_are_read_in_both_languages() {
        let address = |octets: [u8; 4], port| Target {
            host: Host::Address(octets.into()),
            port,
        };
        let wiki = [&[5, 1, 0, 3, 4][..], b"wiki", &[0, 80]].concat();
        let umlaut = [&[5, 1, 0, 3, 5][..], "ä.x".as_bytes(), b"y", &[0, 80]].concat();
        let literal = [&[5, 1, 0, 3, 8][..], b"10.0.0.1", &[1, 0]].concat();
        for (octets, expected) in [
            (
                socks(&[5, 1, 0, 1, 10, 20, 0, 1, 0, 80]),
                (Language::Socks, address([10, 20, 0, 1], 80)),
            ),
            (socks(&wiki), (Language::Socks, name("wiki", 80))),
            (socks(&umlaut), (Language::Socks, name("xn--4ca.xy", 80))),
            (socks(&literal), (Language::Socks, address([10, 0, 0, 1], 256))),
            (
                b"CONNECT wiki.corp.example:443 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
                (Language::Http, name("wiki.corp.example", 443)),
            ),
            (
                b"CONNECT 10.20.0.1:22 HTTP/1.0\r\n\r\n".to_vec(),
                (Language::Http, address([10, 20, 0, 1], 22)),
            ),
        ] {
            assert_eq!(given(&octets).0.expect("understood"), expected);
            for len in 0..octets.len() {
                assert!(given(&octets[..len]).0.is_err(), "{len} of {octets:?}");
            }
        }
        assert_eq!(given(&socks(&wiki)).1, [5, 0]);
    }

    #[test]
    fn refusals_name_the_cause() {
        let ipv6 = [&[5, 1, 0, 4][..], &[0; 15], &[1, 0, 80]].concat();
        let ipv6_text = [&[5, 1, 0, 3, 3][..], b"::1", &[0, 80]].concat();
        let nobody = [5, 1, 0, 3, 0, 0, 80];
        let not_text = [5, 1, 0, 3, 1, 0xff, 0, 80];
        for (octets, language, why) in [
            (socks(&ipv6), Language::Socks, Refusal::NoSuchAddress),
            (socks(&ipv6_text), Language::Socks, Refusal::NoSuchAddress),
            (socks(&nobody), Language::Socks, Refusal::NoSuchAddress),
            (socks(&not_text), Language::Socks, Refusal::NoSuchAddress),
            (
                socks(&[5, 1, 0, 9, 0, 0]),
                Language::Socks,
                Refusal::NoSuchAddress,
            ),
            (
                socks(&[5, 2, 0, 1, 10, 0, 0, 1, 0, 80]),
                Language::Socks,
                Refusal::NoSuchCommand,
            ),
            (
                socks(&[5, 3, 0, 1, 10, 0, 0, 1, 0, 80]),
                Language::Socks,
                Refusal::NoSuchCommand,
            ),
            (
                b"GET http://wiki/ HTTP/1.1\r\n\r\n".to_vec(),
                Language::Http,
                Refusal::NoSuchCommand,
            ),
            (
                b"CONNECT [::1]:80 HTTP/1.1\r\n\r\n".to_vec(),
                Language::Http,
                Refusal::NoSuchAddress,
            ),
            (
                b"CONNECT wiki HTTP/1.1\r\n\r\n".to_vec(),
                Language::Http,
                Refusal::NoSuchAddress,
            ),
            (
                b"CONNECT wiki:99999 HTTP/1.1\r\n\r\n".to_vec(),
                Language::Http,
                Refusal::NoSuchAddress,
            ),
        ] {
            let outcome = given(&octets).0;
            let fits = matches!(outcome, Err(BadRequest::Refused(l, w)) if (l, w) == (language, why));
            assert!(fits, "{octets:?}: {outcome:?}");
        }
    }

    #[test]
    fn other_protocols_are_not_answered() {
        let endless = b"A".repeat(2 * MAX_HEAD);
        for octets in [
            &[4, 1, 0, 80, 10, 0, 0, 1, 0][..],
            &[0x16, 3, 1],
            b"GET /\r\n\r\n",
            &endless,
        ] {
            let (outcome, told) = given(octets);
            assert!(matches!(outcome, Err(BadRequest::Unknown)), "{outcome:?}");
            assert!(told.is_empty());
        }
        let (outcome, told) = given(&[5, 1, 2]);
        assert!(matches!(outcome, Err(BadRequest::Authentication)), "{outcome:?}");
        assert_eq!(told, [5, 0xff]);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..300), start in 0_usize..3) {
            let starts: [&[u8]; 3] = [b"", &[5, 1, 0, 5, 1, 0], b"CONNECT "];
            drop(given(&[starts[start], &octets].concat()));
        }
    }
}
