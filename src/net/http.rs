//! One HTTP request in, one response out: no redirects, no cookies, no policy.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, COOKIE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use url::{Position, Url};

use super::connect::{Stream, place};
use super::error::{NetError, Step};
use super::tls::{Backends, Refusal};
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
    headers.insert(NCP_VERSION, HeaderValue::from_static("3"));
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
    match timeout(limits.time, exchange(stream, request, limits.body)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(net_error(error, place)),
        Err(_) => Err(NetError::TimedOut {
            place,
            step: Step::Exchange,
            limit: limits.time,
        }),
    }
}

enum ExchangeError {
    Hyper(hyper::Error),
    TooLong,
    Body(String),
}

async fn exchange(
    stream: Stream,
    request: Request<Bytes>,
    body_limit: usize,
) -> Result<Response<Bytes>, ExchangeError> {
    let (mut sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(EndIsEnd(stream)))
        .await
        .map_err(ExchangeError::Hyper)?;
    let answer = async {
        let response = sender
            .send_request(request.map(Full::new))
            .await
            .map_err(ExchangeError::Hyper)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, body_limit)
            .collect()
            .await
            .map_err(body_error)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    tokio::pin!(answer);
    tokio::pin!(connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // It has handed over all it read, or the error by which the answer will fail.
        _ = &mut connection => answer.await,
    }
}

fn body_error(error: Box<dyn StdError + Send + Sync>) -> ExchangeError {
    if error.is::<LengthLimitError>() {
        return ExchangeError::TooLong;
    }
    match error.downcast::<hyper::Error>() {
        Ok(error) => ExchangeError::Hyper(*error),
        Err(error) => ExchangeError::Body(error.to_string()),
    }
}

fn net_error(error: ExchangeError, place: String) -> NetError {
    let error = match error {
        ExchangeError::Hyper(error) => error,
        ExchangeError::TooLong => {
            let problem = "it is longer than allowed".to_owned();
            return NetError::BadAnswer { place, problem };
        }
        ExchangeError::Body(problem) => return NetError::BadAnswer { place, problem },
    };
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return match Refusal::in_io_error(io) {
                Some(refusal) => NetError::Handshake {
                    place,
                    refusal,
                    tried: Backends::Legacy,
                },
                None => NetError::Closed { place },
            };
        }
        source = inner.source();
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return NetError::Closed { place };
    }
    NetError::BadAnswer {
        place,
        problem: error.to_string(),
    }
}

/// Turns a missing `close_notify` into an ordinary end (R2). A body with a length or chunks is still found short.
struct EndIsEnd(Stream);

impl AsyncRead for EndIsEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.0).poll_read(context, buffer);
        outcome.map(|outcome| {
            outcome.or_else(|error| {
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    Ok(())
                } else {
                    Err(error)
                }
            })
        })
    }
}

impl AsyncWrite for EndIsEnd {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

const NCP_VERSION: HeaderName = HeaderName::from_static("ncp-version");
const MAX_HEADERS: usize = 256;
const MAX_HEAD: usize = 128 * 1024;
