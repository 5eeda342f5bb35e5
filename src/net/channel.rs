//! The channel: a TLS stream as octets in and octets out, polled from the event loop.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::connect::Stream;

/// The open channel.
pub struct Channel {
    stream: Stream,
    buffer: Box<[u8]>,
    filled: usize,
    /// Octets given to the TLS layer that may still wait in it.
    unflushed: usize,
    /// Writing has failed.
    broken: Option<Broken>,
}

/// A failure of writing. The gateway may have said why before it closed, so reading goes on for a moment.
struct Broken {
    error: Option<io::Error>,
    patience: Pin<Box<Sleep>>,
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
            broken: None,
        }
    }

    /// Reads what is there, up to 64 KiB. Tells of a failure of writing too, once there is nothing more to read.
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
                Poll::Pending => return self.poll_broken(cx).map(Incoming::Failed),
            }
        }
    }

    fn poll_broken(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(broken) = &mut self.broken else {
            return Poll::Pending;
        };
        ready!(broken.patience.as_mut().poll(cx));
        Poll::Ready(broken.error.take().unwrap_or(io::ErrorKind::BrokenPipe.into()))
    }

    /// The octets read, to be taken whole.
    pub fn take_incoming(&mut self) -> &[u8] {
        &self.buffer[..std::mem::take(&mut self.filled)]
    }

    /// Writes from the front of `outgoing` and flushes. Ready with the number of octets that have left for the
    /// socket since the last time; pending when there is nothing to write, no room, or when writing has failed:
    /// [`Channel::poll_incoming`] tells of that.
    pub fn poll_outgoing(&mut self, cx: &mut Context<'_>, outgoing: &mut BytesMut) -> Poll<usize> {
        if self.broken.is_some() {
            return Poll::Pending;
        }
        let error = match ready!(self.poll_write(cx, outgoing)) {
            Ok(len) => return Poll::Ready(len),
            Err(error) => error,
        };
        tracing::debug!(%error, "channel cannot be written");
        self.broken = Some(Broken {
            error: Some(error),
            patience: Box::pin(sleep(LAST_WORDS)),
        });
        // the reading side has to look again
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether writing has failed.
    pub fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, outgoing: &mut BytesMut) -> Poll<io::Result<usize>> {
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

/// How long the gateway's last words may take to arrive after writing has failed.
const LAST_WORDS: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncWriteExt as _, duplex, join};
    use tokio::time::timeout;

    use super::*;

    async fn next(channel: &mut Channel, outgoing: &mut BytesMut) -> Incoming {
        let both = poll_fn(|cx| match channel.poll_outgoing(cx, outgoing) {
            Poll::Ready(len) => panic!("{len} octets written"),
            Poll::Pending => channel.poll_incoming(cx),
        });
        timeout(Duration::from_secs(5), both).await.expect("in time")
    }

    #[tokio::test]
    async fn last_words_are_read_when_writing_fails() {
        let (ours, mut theirs) = duplex(1024);
        theirs.write_all(b"\0\0\x08").await.expect("room");
        drop(theirs);
        let mut channel = Channel::new(Box::new(ours));
        let mut outgoing = BytesMut::from("data");
        assert!(matches!(
            next(&mut channel, &mut outgoing).await,
            Incoming::Closed
        ));
        assert!(channel.is_broken());
        assert_eq!(channel.take_incoming(), b"\0\0\x08");
    }

    #[tokio::test]
    async fn a_failure_to_write_is_told_when_nothing_comes() {
        let (silent, _peer) = duplex(1024);
        let (closed, peer) = duplex(1024);
        drop(peer);
        let mut channel = Channel::new(Box::new(join(silent, closed)));
        let Incoming::Failed(error) = next(&mut channel, &mut BytesMut::from("data")).await else {
            panic!("not failed");
        };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
