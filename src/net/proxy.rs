//! Proxies between us and the gateway: HTTP CONNECT and SOCKS5 (`juniper-nc.md §3.5`).

use std::fmt;
use std::io;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use url::Url;

use super::connect::place;
use super::error::NetError;
use crate::error::plain_io;
use crate::secret::Secret;

/// What a proxy did instead of connecting us.
#[derive(Debug, Error)]
pub enum ProxyError {
    /// Nothing answers at its address.
    #[error("it cannot be reached: {}", plain_io(.0))]
    Unreachable(io::Error),
    /// The connection to the proxy broke.
    #[error("the connection broke: {}", plain_io(.0))]
    Io(io::Error),
    /// It closed before its answer was complete.
    #[error("it closed the connection")]
    Closed,
    /// It wants a name and a password, or others.
    #[error("it wants a user name and password, or refuses the ones given")]
    Authentication,
    /// HTTP: neither 200 nor 407.
    #[error("it answered with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// SOCKS: one of the refusals of RFC 1928 §6.
    #[error("it says: {0}")]
    Refused(&'static str),
    /// The answer is no HTTP or no SOCKS.
    #[error("its answer makes no sense ({0})")]
    Malformed(&'static str),
    /// The head of the answer never ends.
    #[error("its answer is too long")]
    HeadTooLong,
    /// Not version 5 of SOCKS.
    #[error("it speaks version {found} of SOCKS, not 5")]
    Version {
        /// First octet of its answer.
        found: u8,
    },
    /// The proxy URL cannot be followed.
    #[error("{0}")]
    Settings(&'static str),
}

/// Where the proxy shall take us.
pub(super) struct Target<'a> {
    /// Name or address literal of the gateway.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user_agent: &'a str,
}

/// A proxy from its URL.
#[derive(Clone)]
pub(super) struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    place: String,
    credentials: Option<(String, Secret)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Socks5,
}

impl Proxy {
    /// Reads scheme, host, port, user name and password; `gateway` is for the error's text.
    pub(super) fn new(url: &Url, gateway: &str) -> Result<Self, NetError> {
        let parsed = Self::parse(url);
        parsed.map_err(|problem| NetError::Proxy {
            // Not the whole URL, which may hold a password.
            proxy: url.host_str().unwrap_or("given").to_owned(),
            place: gateway.to_owned(),
            source: ProxyError::Settings(problem),
        })
    }

    fn parse(url: &Url) -> Result<Self, &'static str> {
        let (kind, default_port) = match url.scheme() {
            "http" => (Kind::Http, 80),
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            _ => return Err("the proxy URL must begin with http, socks5 or socks5h"),
        };
        let host = match url.host_str() {
            Some(host) if !host.is_empty() => host.trim_matches(['[', ']']).to_owned(),
            Some(_) | None => return Err("the proxy URL names no host"),
        };
        let port = url.port().unwrap_or(default_port);
        let credentials = if url.username().is_empty() && url.password().is_none() {
            None
        } else {
            let bad = "user name or password in the proxy URL is not valid text";
            let user = percent_decoded(url.username()).ok_or(bad)?;
            let password = percent_decoded(url.password().unwrap_or_default()).ok_or(bad)?;
            if kind == Kind::Http && user.contains(':') {
                return Err("a user name for an HTTP proxy cannot hold a colon");
            }
            if kind == Kind::Socks5 && (user.len() > 255 || password.len() > 255 || user.is_empty()) {
                return Err("SOCKS allows user names and passwords of 1 to 255 octets");
            }
            Some((user, Secret::new(password)))
        };
        Ok(Self {
            place: place(&host, port),
            kind,
            host,
            port,
            credentials,
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// `HOST:PORT`, for messages.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Asks the proxy for a way to the gateway. The caller sets the time limit.
    pub(super) async fn connect<S>(&self, stream: &mut S, target: &Target<'_>) -> Result<(), ProxyError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self.kind {
            Kind::Http => self.connect_http(stream, target).await,
            Kind::Socks5 => self.connect_socks(stream, target).await,
        }
    }

    async fn connect_http<S>(&self, stream: &mut S, target: &Target<'_>) -> Result<(), ProxyError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let place = place(&target.host, target.port);
        let mut head = format!(
            "CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nUser-Agent: {}\r\nProxy-Connection: keep-alive\r\n\
             Connection: keep-alive\r\nAccept-Encoding: identity\r\n",
            target.user_agent
        );
        if let Some((user, password)) = &self.credentials {
            let pair = Secret::new(format!("{user}:{}", password.expose()));
            head.push_str(&format!(
                "Proxy-Authorization: Basic {}\r\n",
                STANDARD.encode(pair.expose())
            ));
        }
        head.push_str("\r\n");
        let head = Secret::new(head);
        stream.write_all(head.expose().as_bytes()).await?;
        stream.flush().await?;
        match read_status(stream).await? {
            200..=299 => Ok(()),
            407 => Err(ProxyError::Authentication),
            status => Err(ProxyError::Status { status }),
        }
    }

    /// RFC 1928, and RFC 1929 for name and password.
    async fn connect_socks<S>(&self, stream: &mut S, target: &Target<'_>) -> Result<(), ProxyError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let hello: &[u8] = if self.credentials.is_some() {
            &[SOCKS_5, 2, NO_LOGIN, PASSWORD_LOGIN]
        } else {
            &[SOCKS_5, 1, NO_LOGIN]
        };
        stream.write_all(hello).await?;
        let [version, method] = read_array(stream).await?;
        if version != SOCKS_5 {
            return Err(ProxyError::Version { found: version });
        }
        match (method, &self.credentials) {
            (NO_LOGIN, _) => {}
            (PASSWORD_LOGIN, Some((user, password))) => {
                let mut message = zeroize::Zeroizing::new(vec![PASSWORD_VERSION]);
                push_counted(&mut message, user.as_bytes())?;
                push_counted(&mut message, password.expose().as_bytes())?;
                stream.write_all(&message).await?;
                let [_, status] = read_array(stream).await?;
                if status != 0 {
                    return Err(ProxyError::Authentication);
                }
            }
            (NO_METHOD, _) => return Err(ProxyError::Authentication),
            _ => return Err(ProxyError::Malformed("a sign-in method that was not offered")),
        }
        let mut request = vec![SOCKS_5, SOCKS_CONNECT, 0];
        match target.host.parse() {
            Ok(IpAddr::V4(address)) => {
                request.push(ADDRESS_V4);
                request.extend_from_slice(&address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(ADDRESS_V6);
                request.extend_from_slice(&address.octets());
            }
            Err(_) => {
                request.push(ADDRESS_NAME);
                push_counted(&mut request, target.host.as_bytes())?;
            }
        }
        request.extend_from_slice(&target.port.to_be_bytes());
        let sent = stream.write_all(&request).await;
        match (read_socks_answer(stream).await, sent) {
            // a proxy that has refused already and closed takes no request
            (Err(refusal @ ProxyError::Refused(_)), _) => Err(refusal),
            (_, Err(error)) => Err(error.into()),
            (answer, Ok(())) => answer,
        }
    }
}

/// The password must not reach a log.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl From<io::Error> for ProxyError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Closed
        } else {
            Self::Io(error)
        }
    }
}

/// Reads a response head, octets after it excluded: the gateway says nothing before our TLS hello, so there are none.
/// Interim responses before it are passed over (RFC 9110 §15.2); the limit is for all together.
async fn read_status<S: AsyncRead + Unpin>(stream: &mut S) -> Result<u16, ProxyError> {
    let mut data = Vec::with_capacity(1024);
    let mut room = MAX_HEAD;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&data) {
            Ok(httparse::Status::Complete(used)) => {
                let status = response.code.ok_or(ProxyError::Malformed("no status"))?;
                // 101 would be another protocol, which nobody asked for
                if (100..=199).contains(&status) && status != 101 {
                    data.drain(..used);
                    continue;
                }
                // A refusal has a page behind it, which nobody reads.
                return if (200..=299).contains(&status) && used != data.len() {
                    Err(ProxyError::Malformed("data before ours"))
                } else {
                    Ok(status)
                };
            }
            Ok(httparse::Status::Partial) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(ProxyError::HeadTooLong),
            Err(_) => return Err(ProxyError::Malformed("no HTTP")),
        }
        if room == 0 {
            return Err(ProxyError::HeadTooLong);
        }
        match (&mut *stream).take(room as u64).read_buf(&mut data).await? {
            0 => return Err(ProxyError::Closed),
            count => room -= count,
        }
    }
}

async fn read_socks_answer<S: AsyncRead + Unpin>(stream: &mut S) -> Result<(), ProxyError> {
    // A refusal may be shorter or longer than its form: only what it says counts.
    let [version, code] = read_array(stream).await?;
    if version != SOCKS_5 {
        return Err(ProxyError::Version { found: version });
    }
    if code != 0 {
        return Err(ProxyError::Refused(socks_refusal(code)));
    }
    let [_, kind] = read_array(stream).await?;
    // Its own address, of no use to us, but it stands before the gateway's octets.
    let length = match kind {
        ADDRESS_V4 => 4,
        ADDRESS_V6 => 16,
        ADDRESS_NAME => {
            let [length] = read_array(stream).await?;
            usize::from(length)
        }
        _ => return Err(ProxyError::Malformed("an unknown kind of address")),
    };
    let mut rest = [0; 255 + 2];
    stream.read_exact(&mut rest[..length + 2]).await?;
    Ok(())
}

async fn read_array<const N: usize, S: AsyncRead + Unpin>(stream: &mut S) -> Result<[u8; N], ProxyError> {
    let mut octets = [0; N];
    stream.read_exact(&mut octets).await?;
    Ok(octets)
}

fn push_counted(message: &mut Vec<u8>, text: &[u8]) -> Result<(), ProxyError> {
    let length = u8::try_from(text.len()).map_err(|_| ProxyError::Settings("a name of over 255 octets"))?;
    message.push(length);
    message.extend_from_slice(text);
    Ok(())
}

/// RFC 1928 §6.
fn socks_refusal(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "kind of address not supported",
        _ => "an unknown reason",
    }
}

/// `%xx` of the user part of a URL. `None` when the octets are no UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let pair = tail.get(..2).filter(|_| first == b'%');
        let value = pair
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        octets.push(value.unwrap_or(first));
        rest = if value.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(octets).ok()
}

const SOCKS_5: u8 = 5;
const SOCKS_CONNECT: u8 = 1;
const NO_LOGIN: u8 = 0;
const PASSWORD_LOGIN: u8 = 2;
const NO_METHOD: u8 = 0xff;
/// Version of the sub-negotiation of RFC 1929.
const PASSWORD_VERSION: u8 = 1;
const ADDRESS_V4: u8 = 1;
const ADDRESS_NAME: u8 = 3;
const ADDRESS_V6: u8 = 4;
const MAX_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;
    use crate::exit::ExitStatus;

    fn proxy(url: &str) -> Proxy {
        Proxy::new(&Url::parse(url).unwrap(), "gateway.test:443").unwrap()
    }

    /// What we make of a proxy that answers each of our messages with the next of these.
    async fn meet(url: &str, host: &str, answers: &[&[u8]]) -> (Result<(), ProxyError>, Vec<Vec<u8>>) {
        let (mut ours, mut theirs) = duplex(1 << 16);
        let target = Target {
            host: host.to_owned(),
            port: 443,
            user_agent: "agent",
        };
        let proxy = proxy(url);
        let script = async move {
            let mut messages = Vec::new();
            for answer in answers {
                let mut message = vec![0; 4096];
                let count = theirs.read(&mut message).await.unwrap();
                message.truncate(count);
                messages.push(message);
                let _ = theirs.write_all(answer).await;
            }
            messages
        };
        tokio::join!(proxy.connect(&mut ours, &target), script)
    }

    #[tokio::test]
    async fn connect_is_asked_for_by_name_with_the_password_encoded() {
        let answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
        let (outcome, messages) = meet("http://joe:p%40ss@proxy.test:3128", "gateway.test", &[answer]).await;
        outcome.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&messages[0]),
            "CONNECT gateway.test:443 HTTP/1.1\r\nHost: gateway.test:443\r\nUser-Agent: agent\r\n\
             Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\nAccept-Encoding: identity\r\n\
             Proxy-Authorization: Basic am9lOnBAc3M=\r\n\r\n"
        );
        let (outcome, messages) = meet("http://proxy.test", "2001:db8::1", &[answer]).await;
        outcome.unwrap();
        assert!(messages[0].starts_with(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn refusals_of_an_http_proxy_are_typed() {
        let endless = [b'x'; 2 * MAX_HEAD];
        let many = b"HTTP/1.1 200 OK\r\n"
            .iter()
            .copied()
            .chain(b"a: b\r\n".repeat(100))
            .collect::<Vec<_>>();
        let long = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &endless].concat();
        let table: [(&[u8], &str); 8] = [
            (
                b"HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\nplease",
                "it wants a user name and password, or refuses the ones given",
            ),
            (b"HTTP/1.0 403 Forbidden\r\n\r\nno", "it answered with status 403"),
            (b"", "it closed the connection"),
            (b"HTTP/1.1 200 OK\r\n", "it closed the connection"),
            (b"\x05\x00", "its answer makes no sense (no HTTP)"),
            (
                b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0",
                "its answer makes no sense (data before ours)",
            ),
            (&long, "its answer is too long"),
            (&many, "its answer is too long"),
        ];
        for (answer, text) in table {
            let (outcome, _) = meet("http://proxy.test:3128", "gateway.test", &[answer]).await;
            assert_eq!(outcome.unwrap_err().to_string(), text);
        }
    }

    #[tokio::test]
    async fn interim_responses_are_passed_over() {
        let interim = b"HTTP/1.1 100 Continue\r\n\r\n".as_slice();
        let hints = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".as_slice();
        let done = b"HTTP/1.1 200 OK\r\n\r\n".as_slice();
        let (outcome, _) = meet(
            "http://proxy.test",
            "gateway.test",
            &[&[interim, hints, done].concat()],
        )
        .await;
        outcome.unwrap();
        let table = [
            (
                [interim, b"HTTP/1.1 403 No\r\n\r\n"].concat(),
                "it answered with status 403",
            ),
            (
                b"HTTP/1.1 101 Other\r\n\r\n".to_vec(),
                "it answered with status 101",
            ),
            (interim.to_vec(), "it closed the connection"),
            (interim.repeat(1000), "its answer is too long"),
        ];
        for (answer, text) in table {
            let (outcome, _) = meet("http://proxy.test", "gateway.test", &[&answer]).await;
            assert_eq!(outcome.unwrap_err().to_string(), text);
        }
    }

    #[tokio::test]
    async fn a_socks_refusal_of_any_length_is_reported() {
        let answers: [&[&[u8]]; 4] = [
            &[b"\x05\x00", b"\x05\x02"],
            &[b"\x05\x00", b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00and more"],
            &[b"\x05\x00", b"\x05\x02\x00\x09and more"],
            &[b"\x05\x00\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00and more"],
        ];
        for answer in answers {
            let (outcome, _) = meet("socks5://proxy.test", "gateway.test", answer).await;
            assert_eq!(
                outcome.unwrap_err().to_string(),
                "it says: not allowed by its rules"
            );
        }
        let (outcome, _) = meet("socks5://proxy.test", "gateway.test", &[b"\x05\xffand more"]).await;
        assert!(matches!(outcome, Err(ProxyError::Authentication)));
    }

    #[tokio::test]
    async fn socks_is_given_the_name_or_the_address() {
        let done = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb";
        for scheme in ["socks5", "socks5h"] {
            let url = format!("{scheme}://proxy.test");
            let (outcome, messages) = meet(&url, "gateway.test", &[b"\x05\x00", done]).await;
            outcome.unwrap();
            assert_eq!(
                messages,
                [
                    b"\x05\x01\x00".to_vec(),
                    b"\x05\x01\x00\x03\x0cgateway.test\x01\xbb".to_vec()
                ]
            );
        }
        let named = b"\x05\x00\x00\x03\x01x\x00\x00";
        let (outcome, messages) = meet("socks5://proxy.test", "192.0.2.1", &[b"\x05\x00", named]).await;
        outcome.unwrap();
        assert_eq!(messages[1], b"\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb");
        let (outcome, messages) = meet("socks5://proxy.test", "::1", &[b"\x05\x00", done]).await;
        outcome.unwrap();
        assert_eq!(messages[1][3], ADDRESS_V6);
    }

    #[tokio::test]
    async fn socks_logs_in_when_asked() {
        let done: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x01\xbb";
        let url = "socks5://joe:secret@proxy.test";
        let (outcome, messages) = meet(url, "gateway.test", &[b"\x05\x02", b"\x01\x00", done]).await;
        outcome.unwrap();
        assert_eq!(messages[0], b"\x05\x02\x00\x02");
        assert_eq!(messages[1], b"\x01\x03joe\x06secret");
        let (outcome, _) = meet(url, "gateway.test", &[b"\x05\x02", b"\x01\x01"]).await;
        assert!(matches!(outcome, Err(ProxyError::Authentication)));
    }

    #[tokio::test]
    async fn refusals_of_a_socks_proxy_are_typed() {
        let table: [(&[&[u8]], &str); 8] = [
            (&[b"\x04\x5a"], "it speaks version 4 of SOCKS, not 5"),
            (
                &[b"HTTP/1.1 400 Bad Request\r\n\r\n"],
                "it speaks version 72 of SOCKS, not 5",
            ),
            (
                &[b"\x05\xff"],
                "it wants a user name and password, or refuses the ones given",
            ),
            (
                &[b"\x05\x02"],
                "its answer makes no sense (a sign-in method that was not offered)",
            ),
            (&[b"\x05"], "it closed the connection"),
            (&[b"\x05\x00", b"\x05\x05\x00\x01"], "it says: connection refused"),
            (
                &[b"\x05\x00", b"\x05\x00\x00\x09"],
                "its answer makes no sense (an unknown kind of address)",
            ),
            (
                &[b"\x05\x00", b"\x05\x00\x00\x03\xffabc"],
                "it closed the connection",
            ),
        ];
        for (answers, text) in table {
            let (outcome, _) = meet("socks5://proxy.test", "gateway.test", answers).await;
            assert_eq!(outcome.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn urls_that_cannot_be_followed_are_usage_errors_without_the_password() {
        for url in [
            "https://joe:secret@proxy.test",
            "ftp://joe:secret@proxy.test",
            "http://j%3ae:secret@proxy.test",
        ] {
            let error = Proxy::new(&Url::parse(url).unwrap(), "gateway.test:443")
                .unwrap_err()
                .user_error();
            assert_eq!(error.status, ExitStatus::Usage);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn default_ports_and_escapes() {
        assert_eq!(proxy("http://proxy.test").place(), "proxy.test:80");
        assert_eq!(proxy("socks5h://[::1]").place(), "[::1]:1080");
        assert_eq!(percent_decoded("a%40b%zz%4"), Some("a@b%zz%4".to_owned()));
        assert_eq!(percent_decoded("%ff"), None);
        let debug = format!("{:?}", proxy("http://joe:secret@proxy.test"));
        assert!(!debug.contains("secret"), "{debug}");
    }
}
