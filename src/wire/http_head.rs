//! The request that turns an HTTPS connection into a tunnel, and the head of its answer (`juniper-nc.md §7.1`, `§7.2`).
//!
//! An HTTP library cannot do this: the request announces 256 octets that never follow, and the answer has no body
//! but the tunnel itself.

use std::fmt::Write as _;

use bytes::{BufMut, BytesMut};

use crate::secret::Secret;

/// Largest head accepted.
pub const MAX_HEAD: usize = 64 * 1024;

/// Most header lines looked at.
const MAX_HEADERS: usize = 128;

/// What the tunnel request says.
#[derive(Debug, Clone)]
pub struct TunnelRequest {
    /// `Host` header: name, with the port when it is not 443.
    pub host: String,
    /// `User-Agent` header.
    pub user_agent: String,
    /// `Cookie` header: `DSID=…; …`.
    pub cookie: Secret,
}

impl TunnelRequest {
    /// Appends the request. No body follows, despite the length (`§7.1`).
    pub fn write(&self, out: &mut BytesMut) {
        out.put_slice(b"POST /dana/js?prot=1&svc=4 HTTP/1.1\r\nConnection: close\r\n");
        // writing into memory cannot fail
        let _ = write!(out, "Host: {}\r\nUser-Agent: {}\r\n", self.host, self.user_agent);
        let _ = write!(out, "Cookie: {}\r\n", self.cookie.expose());
        out.put_slice(b"NCP-Version: 3\r\nContent-Length: 256\r\n\r\n");
    }
}

/// The parts of an answer's head that matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// Status code.
    pub status: u16,
    /// `Set-Cookie` lines in their order.
    pub set_cookies: Vec<Secret>,
    /// Length of the head: what follows is the tunnel.
    pub len: usize,
}

/// Why an answer is not a response head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The first octets are not `HTTP/1.`.
    #[error("the answer is not HTTP")]
    NotHttp,
    /// The head does not end within [`MAX_HEAD`] octets.
    #[error("the answer's head is longer than 64 KiB")]
    TooLong,
    /// A line of the head cannot be read.
    #[error("the answer's head is malformed")]
    Malformed,
}

/// Reads the head at the start of `bytes`; `None` when more octets are needed.
///
/// Lines without a colon are ignored and continuation lines are accepted (`§3.2`).
pub fn parse_response(bytes: &[u8]) -> Result<Option<ResponseHead>, HeadError> {
    const START: &[u8] = b"HTTP/1.";
    let seen = bytes.len().min(START.len());
    if bytes[..seen] != START[..seen] {
        return Err(HeadError::NotHttp);
    }
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = httparse::ParserConfig::default();
    config
        .ignore_invalid_headers_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(len)) if len <= MAX_HEAD => Ok(Some(ResponseHead {
            status: response.code.ok_or(HeadError::Malformed)?,
            set_cookies: set_cookies(response.headers),
            len,
        })),
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => Ok(None),
        Ok(_) => Err(HeadError::TooLong),
        Err(_) => Err(HeadError::Malformed),
    }
}

fn set_cookies(headers: &[httparse::Header<'_>]) -> Vec<Secret> {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("set-cookie"))
        .filter_map(|header| std::str::from_utf8(header.value).ok())
        .map(Secret::new)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> TunnelRequest {
        TunnelRequest {
            host: "vpn.example.com".into(),
            user_agent: "test/1".into(),
            cookie: Secret::new("DSID=0123"),
        }
    }

    #[test]
    fn the_request_has_the_documented_lines_in_order() {
        let mut out = BytesMut::new();
        request().write(&mut out);
        assert_eq!(
            out,
            "POST /dana/js?prot=1&svc=4 HTTP/1.1\r\nConnection: close\r\nHost: vpn.example.com\r\n\
             User-Agent: test/1\r\nCookie: DSID=0123\r\nNCP-Version: 3\r\nContent-Length: 256\r\n\r\n"
        );
    }

    #[test]
    fn a_head_is_found_at_every_cut_and_tunnel_octets_stay() {
        let text = b"HTTP/1.1 200 OK\r\nContent-type: application/octet-stream\r\nno colon here\r\n\
            NCP-Version: 2\r\nset-cookie: DSLastAccess=17; path=/; secure\r\nX: a\r\n b\r\n\r\n";
        let mut bytes = text.to_vec();
        bytes.extend_from_slice(&[1, 0, 0]);
        for end in 0..text.len() {
            assert_eq!(parse_response(&bytes[..end]), Ok(None), "cut at {end}");
        }
        let head = parse_response(&bytes).expect("valid").expect("complete");
        assert_eq!((head.status, head.len), (200, text.len()));
        assert_eq!(head.set_cookies, [Secret::new("DSLastAccess=17; path=/; secure")]);
    }

    #[test]
    fn other_protocols_and_endless_heads_are_refused() {
        assert_eq!(parse_response(b"SSH-2.0-OpenSSH"), Err(HeadError::NotHttp));
        assert_eq!(parse_response(b"HTTP/2 200\r\n\r\n"), Err(HeadError::NotHttp));
        let mut endless = b"HTTP/1.1 200 OK\r\nX: ".to_vec();
        endless.resize(MAX_HEAD, b'a');
        assert_eq!(parse_response(&endless), Err(HeadError::TooLong));
        assert_eq!(parse_response(b"HTTP/1.1 abc\r\n\r\n"), Err(HeadError::Malformed));
    }
}
