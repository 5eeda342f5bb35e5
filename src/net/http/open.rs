//! An open HTTP connection: exchanges one after the other, and whether it can take another.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use super::Limits;
use crate::net::connect::Stream;
use crate::net::error::{NetError, Step};
use crate::net::tls::{Backends, Refusal};

/// A connection that HTTP is spoken on. Nothing happens on it but while one of these functions is awaited.
pub(super) struct OpenConnection {
    sender: http1::SendRequest<Full<Bytes>>,
    connection: http1::Connection<TokioIo<Watched>, Full<Bytes>>,
    /// Set by the stream when octets come.
    heard: Arc<AtomicBool>,
    /// `connection` must not be polled any more.
    over: bool,
}

/// Why an exchange came to nothing.
pub(super) enum Failure {
    Hyper(hyper::Error),
    TooLong,
    Slow(Duration),
}

impl OpenConnection {
    pub(super) async fn new(stream: Stream) -> Result<Self, Failure> {
        let heard = Arc::new(AtomicBool::new(false));
        let stream = Watched {
            stream,
            heard: heard.clone(),
        };
        let (sender, connection) = http1::Builder::new()
            .title_case_headers(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Hyper)?;
        Ok(Self {
            sender,
            connection,
            heard,
            over: false,
        })
    }

    /// Sends the request and reads the whole response.
    ///
    /// When this fails or is dropped the connection is of no more use.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Bytes>,
        limits: Limits,
    ) -> Result<Response<Bytes>, Failure> {
        self.heard.store(false, Ordering::Relaxed);
        let Self {
            sender,
            connection,
            over,
            ..
        } = self;
        let mut answer = pin!(answer(sender, request, limits.body));
        let exchange = async {
            tokio::select! {
                biased;
                answer = &mut answer => answer,
                // It has handed over all it read, or the error by which the answer will fail.
                _ = connection => {
                    *over = true;
                    answer.await
                }
            }
        };
        let outcome = timeout(limits.time, exchange).await;
        let outcome = outcome.unwrap_or(Err(Failure::Slow(limits.time)));
        match &outcome {
            // HTTP/1.0 ends with the close, whatever it claims (`juniper-nc.md §3.2`)
            Ok(response) if response.version() >= Version::HTTP_11 => {}
            Ok(_) | Err(_) => self.over = true,
        }
        outcome
    }

    /// True when octets came since the last request was begun.
    pub(super) fn was_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// True when another request may be sent: the peer has neither closed nor said something out of turn.
    pub(super) async fn is_usable(&mut self) -> bool {
        if self.over {
            return false;
        }
        let poll = |context: &mut Context<'_>| Poll::Ready(Pin::new(&mut self.connection).poll(context));
        self.over = poll_fn(poll).await.is_ready();
        !self.over && self.sender.is_ready()
    }
}

async fn answer(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    request: Request<Bytes>,
    limit: usize,
) -> Result<Response<Bytes>, Failure> {
    let request = request.map(Full::new);
    let (head, body) = sender
        .send_request(request)
        .await
        .map_err(Failure::Hyper)?
        .into_parts();
    Ok(Response::from_parts(head, whole(body, limit).await?))
}

/// Copies the body together: a list of its chunks would be many times its length when a peer sends tiny ones.
async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, Failure> {
    let mut octets = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(Failure::Hyper)?.into_data() {
            if data.len() > limit.saturating_sub(octets.len()) {
                return Err(Failure::TooLong);
            }
            octets.extend_from_slice(&data);
        }
    }
    Ok(octets.into())
}

impl Failure {
    /// The same, with the place where it happened.
    pub(super) fn at(self, place: String) -> NetError {
        let error = match self {
            Self::Hyper(error) => error,
            Self::TooLong => {
                let problem = "it is longer than allowed".to_owned();
                return NetError::BadAnswer { place, problem };
            }
            Self::Slow(limit) => {
                let step = Step::Exchange;
                return NetError::TimedOut { place, step, limit };
            }
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
                    None if is_of_chunks(io) => NetError::BadAnswer {
                        place,
                        problem: "a chunk of it is broken".to_owned(),
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

    /// True when time ran out: the peer may have the request and be at work on it.
    pub(super) fn is_slow(&self) -> bool {
        matches!(self, Self::Slow(_))
    }
}

/// hyper tells of chunks that make no sense in errors of input and output. A cut connection has another kind, and TLS
/// brings an error of its own.
fn is_of_chunks(error: &io::Error) -> bool {
    let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    let is_data = matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
    );
    is_data && !is_tls
}

/// A stream that tells when something came, and turns a missing `close_notify` into an ordinary end (R2). A body with
/// a length or chunks is still found short.
struct Watched {
    stream: Stream,
    heard: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
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

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

const MAX_HEADERS: usize = 256;
const MAX_HEAD: usize = 128 * 1024;
