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

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;
    use crate::net::connect::Connector;

    /// Gets `/` by a new connection of this connector.
    pub(in crate::net) async fn fetch(connector: &mut Connector) -> Result<Response<Bytes>, NetError> {
        let connection = connector.connect().await?;
        let request = get(connector.url());
        send(connection.stream, request, Limits::default()).await
    }

    fn limits() -> Limits {
        Limits {
            time: Duration::from_secs(5),
            body: 1000,
        }
    }

    fn get(url: &Url) -> Request<Bytes> {
        request(Method::GET, url, "agent", &Secret::default(), Bytes::new()).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    async fn head(stream: &mut DuplexStream) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// What comes of an answer after which the gateway closes.
    async fn answered(answer: &'static [u8]) -> Result<Response<Bytes>, NetError> {
        let (ours, mut theirs) = duplex(1 << 16);
        let gateway = async move {
            head(&mut theirs).await;
            theirs.write_all(answer).await.unwrap();
        };
        let request = get(&url("https://gateway.test/"));
        tokio::join!(send(Box::new(ours), request, limits()), gateway).0
    }

    #[tokio::test]
    async fn the_head_is_in_the_documented_order() {
        let (ours, mut theirs) = duplex(4096);
        let cookies = Secret::new("DSID=0123; DSFirst=1");
        let url = url("https://gateway.test:4443/dana-na/auth/x.cgi?a=b#c");
        let request = request(Method::GET, &url, "agent", &cookies, Bytes::new()).unwrap();
        assert!(!format!("{request:?}").contains("0123"));
        let gateway = async move {
            let head = head(&mut theirs).await;
            theirs
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .unwrap();
            head
        };
        let (response, head) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
        assert_eq!(response.unwrap().status(), 204);
        assert_eq!(
            head,
            "GET /dana-na/auth/x.cgi?a=b HTTP/1.1\r\nHost: gateway.test:4443\r\nUser-Agent: agent\r\n\
             Cookie: DSID=0123; DSFirst=1\r\nNcp-Version: 3\r\nAccept-Encoding: identity\r\n\r\n"
        );
    }

    #[test]
    fn the_host_header_has_a_port_only_when_needed() {
        assert_eq!(host(&url("https://gateway.test/")), "gateway.test");
        assert_eq!(host(&url("https://gateway.test:443/")), "gateway.test");
        assert_eq!(host(&url("https://gateway.test:444/")), "gateway.test:444");
        assert_eq!(host(&url("https://[::1]:444/")), "[::1]:444");
    }

    #[test]
    fn line_breaks_cannot_be_smuggled_into_the_head() {
        let url = url("https://gateway.test/");
        let agent = request(Method::GET, &url, "a\r\nX: y", &Secret::default(), Bytes::new());
        assert!(matches!(agent, Err(NetError::BadRequest { what: "user agent" })));
        let cookie = request(Method::GET, &url, "a", &Secret::new("DSID=1\n"), Bytes::new());
        assert!(matches!(cookie, Err(NetError::BadRequest { what: "cookie" })));
    }

    #[tokio::test]
    async fn bodies_of_all_shapes_are_read() {
        let table: [(&[u8], &[u8]); 5] = [
            (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close", b"until close"),
            (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", b"abc"),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
                b"0123456789",
            ),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: a\r\n b\r\nnonsense\r\n\r\nbody", b"body"),
        ];
        for (answer, body) in table {
            let response = answered(answer).await.unwrap();
            assert_eq!(response.status(), 200);
            assert_eq!(response.body().as_ref(), body);
        }
    }

    #[tokio::test]
    async fn short_and_foreign_answers_are_errors() {
        let closed: [&[u8]; 3] = [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        ];
        for answer in closed {
            let error = answered(answer).await.unwrap_err();
            assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
        }
        let error = answered(b"SSH-2.0-OpenSSH\r\n\r\n").await.unwrap_err();
        assert!(matches!(error, NetError::BadAnswer { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_an_error() {
        let (ours, mut theirs) = duplex(4096);
        let gateway = async move {
            head(&mut theirs).await;
            let _ = theirs.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while theirs.write_all(&[b'x'; 512]).await.is_ok() {}
        };
        let request = get(&url("https://gateway.test/"));
        let (outcome, ()) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
        let error = outcome.unwrap_err();
        assert!(error.to_string().ends_with("longer than allowed"), "{error}");
    }

    #[tokio::test]
    async fn a_head_without_end_is_an_error() {
        let (ours, mut theirs) = duplex(1 << 16);
        let gateway = async move {
            head(&mut theirs).await;
            let _ = theirs.write_all(b"HTTP/1.1 200 OK\r\nX: ").await;
            while theirs.write_all(&[b'x'; 4096]).await.is_ok() {}
        };
        let request = get(&url("https://gateway.test/"));
        let (outcome, ()) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
        assert!(matches!(outcome, Err(NetError::BadAnswer { .. })));
    }

    #[tokio::test]
    async fn silence_ends_at_the_time_limit() {
        let (ours, _theirs) = duplex(4096);
        let request = get(&url("https://gateway.test/"));
        let limits = Limits {
            time: Duration::from_millis(50),
            ..limits()
        };
        let error = send(Box::new(ours), request, limits).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "an answer from gateway.test:443 took longer than 50ms"
        );
    }
}
