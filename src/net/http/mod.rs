//! HTTP to the gateway and beside it: no redirects, no cookie jar, no policy.
//!
//! [`HttpClient`] carries out the requests of a sign-in, on connections that it keeps. [`request`] and [`send`] are
//! the single exchange under it, for those who want one request on one stream.

mod client;
mod open;
#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, COOKIE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use url::{Position, Url};

pub use self::client::HttpClient;
use self::open::{Failure, OpenConnection};
use super::connect::{Stream, place};
use super::error::NetError;
use crate::secret::Secret;

/// How long and how large an exchange may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the first octet out to the last one in.
    pub time: Duration,
    /// Octets of the body, after chunks are joined.
    pub body: usize,
}

impl Default for Limits {
    /// One minute; 16 MiB (`juniper-nc.md §3.2`).
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            body: 16 << 20,
        }
    }
}

/// A request with the headers every request to the gateway has, in the order of `juniper-nc.md §3.1`.
///
/// The cookie header is left out when `cookies` is empty. More headers may be added to the result.
///
/// # Errors
/// `BadRequest` when agent or cookies hold characters that no header can.
pub fn request(
    method: Method,
    url: &Url,
    user_agent: &str,
    cookies: &Secret,
    body: Bytes,
) -> Result<Request<Bytes>, NetError> {
    request_to(Peer::Gateway, method, url, user_agent, cookies, body)
}

/// Who a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Gateway,
    /// An identity provider or any other host a redirect led to.
    Other,
}

fn request_to(
    peer: Peer,
    method: Method,
    url: &Url,
    user_agent: &str,
    cookies: &Secret,
    body: Bytes,
) -> Result<Request<Bytes>, NetError> {
    let bad = |what| NetError::BadRequest { what };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = url[Position::BeforePath..Position::AfterQuery]
        .parse()
        .map_err(|_| bad("URL"))?;
    let headers = request.headers_mut();
    headers.insert(HOST, host(url).parse().map_err(|_| bad("host name"))?);
    headers.insert(USER_AGENT, user_agent.parse().map_err(|_| bad("user agent"))?);
    if !cookies.is_empty() {
        let mut value = HeaderValue::from_str(cookies.expose()).map_err(|_| bad("cookie"))?;
        value.set_sensitive(true);
        headers.insert(COOKIE, value);
    }
    match peer {
        Peer::Gateway => headers.insert(NCP_VERSION, HeaderValue::from_static("3")),
        Peer::Other => headers.insert(ACCEPT, HeaderValue::from_static("*/*")),
    };
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    Ok(request)
}

/// `Host`: the port only when it is not 443.
pub fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) if port != 443 => format!("{host}:{port}"),
        Some(_) | None => host.to_owned(),
    }
}

/// Sends the request on a fresh stream and reads the whole response. The stream is closed afterwards.
///
/// # Errors
/// `Closed` when the gateway leaves without an answer, `BadAnswer` when it is no HTTP, is cut short or is over the
/// limit, `TimedOut`, and `Handshake` when the gateway tells now that it wants another client certificate.
pub async fn send(
    stream: Stream,
    request: Request<Bytes>,
    limits: Limits,
) -> Result<Response<Bytes>, NetError> {
    let place = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map_or_else(String::new, |host| match host.rsplit_once(':') {
            Some((_, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => host.to_owned(),
            Some(_) | None => place(host.trim_matches(['[', ']']), 443),
        });
    let outcome = async {
        let mut connection = OpenConnection::new(stream).await?;
        connection.exchange(request, limits).await
    };
    outcome.await.map_err(|failure: Failure| failure.at(place))
}

const NCP_VERSION: HeaderName = HeaderName::from_static("ncp-version");
