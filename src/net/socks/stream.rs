//! A TCP connection of the user-space stack as a stream.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddrV4;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stack::{NoConnection, Stack};

/// See the module. Dropped before it was shut down it is reset.
pub(super) struct Stream {
    stack: Arc<Stack>,
    handle: SocketHandle,
    local: SocketAddrV4,
    to: SocketAddrV4,
}

impl Stream {
    /// Connects within a time.
    pub(super) async fn connect(
        stack: &Arc<Stack>,
        to: SocketAddrV4,
        limit: Duration,
    ) -> Result<Self, NoConnection> {
        let (handle, local) = stack.lock().connect(to)?;
        let stream = Self {
            stack: Arc::clone(stack),
            handle,
            local,
            to,
        };
        let open = poll_fn(|cx| stream.poll_open(cx));
        tokio::time::timeout(limit, open)
            .await
            .unwrap_or(Err(NoConnection::Silence))?;
        Ok(stream)
    }

    /// Our side.
    pub(super) fn local(&self) -> SocketAddrV4 {
        self.local
    }

    fn poll_open(&self, cx: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        let mut inner = self.stack.lock();
        let socket = inner.tcp(self.handle);
        match socket.state() {
            tcp::State::Closed => Poll::Ready(Err(inner.why(self.local.port(), self.to))),
            tcp::State::SynSent | tcp::State::SynReceived | tcp::State::Listen => {
                socket.register_recv_waker(cx.waker());
                socket.register_send_waker(cx.waker());
                Poll::Pending
            }
            tcp::State::Established
            | tcp::State::FinWait1
            | tcp::State::FinWait2
            | tcp::State::CloseWait
            | tcp::State::Closing
            | tcp::State::LastAck
            | tcp::State::TimeWait => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.stack.lock();
        let socket = inner.tcp(self.handle);
        let read = socket.recv(|octets| {
            let len = octets.len().min(room.remaining());
            let (taken, _) = octets.split_at(len);
            room.put_slice(taken);
            (len, len)
        });
        match read {
            Ok(0) => {
                socket.register_recv_waker(cx.waker());
                Poll::Pending
            }
            Ok(_) => {
                // the window has grown
                inner.touch();
                Poll::Ready(Ok(()))
            }
            Err(tcp::RecvError::Finished) => Poll::Ready(Ok(())),
            Err(tcp::RecvError::InvalidState) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = self.stack.lock();
        let socket = inner.tcp(self.handle);
        match socket.send_slice(octets) {
            Ok(0) if !octets.is_empty() => {
                socket.register_send_waker(cx.waker());
                Poll::Pending
            }
            Ok(len) => {
                inner.touch();
                Poll::Ready(Ok(len))
            }
            Err(tcp::SendError::InvalidState) => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.stack.lock();
        inner.tcp(self.handle).close();
        inner.touch();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stack.lock().release_tcp(self.handle);
    }
}
