//! The UDP socket of the ESP path: batches in, batches out.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;

use super::settings::OuterSettings;
use crate::packet::{Batch, Received};

/// A socket connected to the gateway's ESP port.
#[derive(Debug)]
pub struct UdpPath {
    socket: UdpSocket,
    /// The batch being sent stops before this datagram.
    progress: usize,
    /// Type of service the socket has now, if datagrams take over that of the packets inside.
    tos: Option<u8>,
}

/// How far a batch got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Every datagram was handed to the system; whether it took them is told by `refused`.
    All {
        /// Whether the system refused any of them.
        refused: bool,
    },
    /// The socket takes no more for now. Wait until it is writable and send the batch again.
    Blocked,
}

impl UdpPath {
    /// Binds a local port (0 = any) and connects to the gateway. Must be called inside a tokio runtime.
    pub fn connect(gateway: IpAddr, port: u16, local_port: u16, outer: &OuterSettings) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::IPV4,
            Type::DGRAM.nonblocking().cloexec(),
            Some(Protocol::UDP),
        )?;
        // a burst must wait in the kernel while a round is worked off; the kernel caps this as its settings say
        socket.set_recv_buffer_size(SOCKET_BUFFER)?;
        socket.set_send_buffer_size(SOCKET_BUFFER)?;
        if let Err(error) = allow_fragments(&socket) {
            tracing::debug!(%error, "outer datagrams keep the don't-fragment bit");
        }
        if local_port != 0 {
            // the socket before may still hold the port for a moment
            socket.set_reuse_address(true)?;
        }
        outer.dress(&SockRef::from(&socket))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, local_port)).into())?;
        socket.connect(&SocketAddr::from((gateway, port)).into())?;
        Ok(Self {
            socket: UdpSocket::from_std(socket.into())?,
            progress: 0,
            tos: outer.pass_tos.then_some(0),
        })
    }

    /// Ready when a datagram, or an error of the network, can be received.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_recv_ready(cx)
    }

    /// Ready when [`UdpPath::send_batch`] can go on.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_send_ready(cx)
    }

    /// Receives what is there now, at most one batch, appended to `received`.
    ///
    /// # Errors
    /// `ConnectionRefused` when the network says that nobody listens at the gateway's port.
    pub fn recv_batch(&self, received: &mut Received) -> io::Result<()> {
        while let Some(room) = received.vacant() {
            match self.socket.try_recv(room) {
                Ok(len) => received.commit(len),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends the datagrams of `batch`, going on where a blocked call stopped.
    ///
    /// # Errors
    /// `ConnectionRefused` as above; the batch is given up.
    pub fn send_batch(&mut self, batch: &Batch) -> io::Result<Sent> {
        let mut refused = false;
        for (datagram, tos) in batch.datagrams_with_tos().skip(self.progress) {
            self.take_over(tos);
            match self.socket.try_send(datagram) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Sent::Blocked),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    self.progress = 0;
                    return Err(error);
                }
                Err(error) => {
                    tracing::trace!(%error, "datagram not sent");
                    refused = true;
                }
            }
            self.progress += 1;
        }
        self.progress = 0;
        Ok(Sent::All { refused })
    }

    /// Sends datagrams that may be lost, beside the batch under way.
    ///
    /// The system is asked directly: tokio calls a socket blocked until it has waited for it once, and the first probes
    /// go out before.
    pub fn send_once(&mut self, batch: &Batch) {
        self.take_over(0);
        let socket = SockRef::from(&self.socket);
        for datagram in batch.datagrams() {
            if let Err(error) = socket.send(datagram) {
                tracing::debug!(%error, "datagram not sent");
            }
        }
    }

    /// Gives the datagrams to come this type of service, if they take it over at all. The bits for congestion stay as
    /// they are: the other side is not known to look at them (RFC 6040, compatibility mode).
    fn take_over(&mut self, tos: u8) {
        let Some(current) = &mut self.tos else { return };
        let tos = tos & DSCP;
        if *current == tos {
            return;
        }
        *current = tos;
        if let Err(error) = SockRef::from(&self.socket).set_tos_v4(tos.into()) {
            tracing::debug!(%error, tos, "type of service not taken over");
        }
    }

    /// Waits, inside a poll function, for room and sends the rest of `batch`.
    pub fn poll_send(&mut self, cx: &mut Context<'_>, batch: &Batch) -> Poll<io::Result<Sent>> {
        loop {
            ready!(self.poll_writable(cx))?;
            match self.send_batch(batch)? {
                Sent::Blocked => {}
                sent @ Sent::All { .. } => return Poll::Ready(Ok(sent)),
            }
        }
    }
}

/// Lets routers fragment the outer datagrams: a path with a smaller MTU than the gateway thinks stays usable
/// (`juniper-nc.md §15`).
#[expect(unsafe_code, reason = "no library at hand sets this socket option")]
fn allow_fragments(socket: &Socket) -> io::Result<()> {
    let value: libc::c_int = libc::IP_PMTUDISC_DONT;
    // SAFETY: the option value is one c_int that outlives the call, and its length is given.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_MTU_DISCOVER,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The six bits of the type of service that are not for congestion (RFC 2474, RFC 3168).
const DSCP: u8 = 0xfc;

/// Two thousand full-sized datagrams.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
