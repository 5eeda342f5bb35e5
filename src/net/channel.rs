//! The channel: a TLS stream as octets in and octets out, polled from the event loop.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connect::Stream;

/// The open channel.
pub struct Channel {
    stream: Stream,
    buffer: Box<[u8]>,
    filled: usize,
    /// Octets given to the TLS layer that may still wait in it.
    unflushed: usize,
}

/// What a read found.
#[derive(Debug)]
pub enum Incoming {
    /// Octets wait in [`Channel::take_incoming`].
    Octets,
    /// The gateway closed the connection; octets may still wait.
    Closed,
    /// The connection broke.
    Failed(io::Error),
}

impl Channel {
    /// Takes over a TLS stream.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: vec![0; READ_SIZE].into_boxed_slice(),
            filled: 0,
            unflushed: 0,
        }
    }

    /// Reads what is there, up to 64 KiB.
    pub fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Incoming> {
        loop {
            let mut room = ReadBuf::new(&mut self.buffer[self.filled..]);
            if room.remaining() == 0 {
                return Poll::Ready(Incoming::Octets);
            }
            match Pin::new(&mut self.stream).poll_read(cx, &mut room) {
                Poll::Ready(Ok(())) if room.filled().is_empty() => return Poll::Ready(Incoming::Closed),
                Poll::Ready(Ok(())) => self.filled += room.filled().len(),
                // gateways leave without close_notify (juniper-nc.md §2)
                Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Poll::Ready(Incoming::Closed);
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Incoming::Failed(error)),
                Poll::Pending if self.filled > 0 => return Poll::Ready(Incoming::Octets),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The octets read, to be taken whole.
    pub fn take_incoming(&mut self) -> &[u8] {
        &self.buffer[..std::mem::take(&mut self.filled)]
    }

    /// Writes from the front of `outgoing` and flushes. Ready with the number of octets that have left for the
    /// socket since the last time; pending when there is nothing to write or no room.
    pub fn poll_outgoing(
        &mut self,
        cx: &mut Context<'_>,
        outgoing: &mut BytesMut,
    ) -> Poll<io::Result<usize>> {
        while !outgoing.is_empty() {
            match Pin::new(&mut self.stream).poll_write(cx, outgoing) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(len)) => {
                    outgoing.advance(len);
                    self.unflushed += len;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        if self.unflushed == 0 {
            return Poll::Pending;
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        Poll::Ready(Ok(std::mem::take(&mut self.unflushed)))
    }

    /// Ends the TLS session in order, as far as the socket takes it at once.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Four full TLS records a round.
const READ_SIZE: usize = 64 * 1024;
