//! The user-space TCP/IP stack: one address, its connections, and when it wants to be heard.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use smoltcp::iface::{self, Interface, SocketHandle, SocketSet};
use smoltcp::socket::{tcp, udp};
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr, IpEndpoint};
use tokio::sync::watch;

use super::scope::Scope;
use super::unreachable::{self, Unreachable};
use super::wire::{Egress, Ingress, capabilities};
use crate::config::NetworkConfig;
use crate::net::random::KernelRandom;
use crate::packet::{Batch, Received};
use crate::random::RandomSource;

/// The stack, shared by the device and all connections.
pub(super) struct Stack {
    inner: Mutex<Inner>,
    /// Name servers, domains and scope; `None` until the tunnel is up.
    surroundings: watch::Sender<Option<Arc<Surroundings>>>,
}

/// What the configuration says beside address and MTU.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) servers: Vec<Ipv4Addr>,
    pub(super) domains: Vec<String>,
    pub(super) scope: Scope,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("too many connections")]
    TooMany,
    #[error("not an address inside")]
    Outside,
    #[error("refused")]
    Refused,
    #[error("network unreachable")]
    Network,
    #[error("host unreachable")]
    Host,
    #[error("forbidden on the way")]
    Forbidden,
    #[error("no answer")]
    Silence,
}

/// What is behind the lock.
pub(super) struct Inner {
    start: Instant,
    interface: Interface,
    sockets: SocketSet<'static>,
    mtu: usize,
    address: Option<Ipv4Addr>,
    replies: VecDeque<Vec<u8>>,
    /// Connections that nobody holds any more and that have still something to say, oldest first.
    orphans: VecDeque<(SocketHandle, Instant)>,
    /// Connections and conversations that somebody holds.
    held: usize,
    unreachable: VecDeque<Unreachable>,
    random: KernelRandom,
    device: Option<Waker>,
    /// The stack wanted to send and did not: it is not asked again at once.
    barren: bool,
}

impl Stack {
    pub(super) fn new() -> Arc<Self> {
        let (start, mut random) = (Instant::now(), KernelRandom::default());
        let inner = Inner {
            start,
            interface: interface(None, FIRST_MTU, start, &mut random),
            sockets: SocketSet::new(Vec::new()),
            mtu: FIRST_MTU,
            address: None,
            replies: VecDeque::new(),
            orphans: VecDeque::new(),
            held: 0,
            unreachable: VecDeque::new(),
            random,
            device: None,
            barren: false,
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            surroundings: watch::Sender::new(None),
        })
    }

    /// A panic of another task leaves nothing half-done that matters here.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over the configuration. With another address all connections are over.
    pub(super) fn configure(&self, config: &NetworkConfig, mtu: u16) {
        self.lock().configure(config.address, mtu.into());
        self.surroundings.send_replace(Some(Arc::new(Surroundings {
            servers: config.dns.clone(),
            domains: config.domains.clone(),
            scope: Scope::new(config),
        })));
    }

    /// The tunnel is over.
    pub(super) fn close(&self) {
        self.surroundings.send_replace(None);
        self.lock().reset();
    }

    /// The surroundings, as soon as there are any.
    pub(super) async fn surroundings(&self) -> Option<Arc<Surroundings>> {
        let mut receiver = self.surroundings.subscribe();
        receiver.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl Inner {
    fn configure(&mut self, address: Ipv4Addr, mtu: usize) {
        if self.address.is_some_and(|before| before != address) {
            self.reset();
        }
        if (self.address, self.mtu) != (Some(address), mtu) {
            self.interface = interface(Some(address), mtu, self.start, &mut self.random);
            (self.address, self.mtu) = (Some(address), mtu);
        }
        self.touch();
    }

    /// Ends all connections without a word to the other side.
    fn reset(&mut self) {
        for (_, socket) in self.sockets.iter_mut() {
            if let smoltcp::socket::Socket::Tcp(socket) = socket {
                socket.abort();
            }
        }
        for (handle, _) in self.orphans.drain(..) {
            self.sockets.remove(handle);
        }
        self.replies.clear();
        self.touch();
    }

    fn now(&self) -> smoltcp::time::Instant {
        let micros = self.start.elapsed().as_micros();
        smoltcp::time::Instant::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }

    /// Something has changed: the device is to look.
    pub(super) fn touch(&mut self) {
        self.barren = false;
        if let Some(device) = &self.device {
            device.wake_by_ref();
        }
    }

    /// From now on this is woken when there may be packets.
    pub(super) fn watch(&mut self, device: &Waker) {
        match &mut self.device {
            Some(known) => known.clone_from(device),
            None => self.device = Some(device.clone()),
        }
    }

    /// How long until there is something to send; `None` for ever.
    pub(super) fn delay(&mut self) -> Option<Duration> {
        if !self.replies.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = self.now();
        let delay = self.interface.poll_delay(now, &self.sockets)?;
        let delay = Duration::from_micros(delay.total_micros());
        Some(if self.barren {
            delay.max(BARREN_DELAY)
        } else {
            delay
        })
    }

    /// The time that [`Inner::delay`] told has passed.
    pub(super) fn due(&mut self) {
        self.barren = false;
    }

    /// Fills the batch with what there is to send.
    pub(super) fn read(&mut self, batch: &mut Batch) -> usize {
        let before = batch.len();
        while !batch.is_full() {
            let Some(reply) = self.replies.pop_front() else {
                break;
            };
            batch.push(&reply);
        }
        let (now, mtu) = (self.now(), self.mtu);
        while !batch.is_full() {
            let mut device = Egress { batch, mtu };
            let sent = self.interface.poll_egress(now, &mut device, &mut self.sockets);
            if sent == iface::PollResult::None {
                self.bury_orphans();
                break;
            }
        }
        let count = batch.len() - before;
        self.barren = count == 0;
        count
    }

    /// Takes packets from the tunnel.
    pub(super) fn write(&mut self, received: &Received) {
        let (now, mtu) = (self.now(), self.mtu);
        for packet in received.packets() {
            if let Some(unreachable) = unreachable::read(packet) {
                self.unreachable.truncate(MAX_UNREACHABLE - 1);
                self.unreachable.push_front(unreachable);
                self.give_up(unreachable);
            }
            let mut device = Ingress {
                packet: Some(packet),
                replies: &mut self.replies,
                mtu,
            };
            self.interface
                .poll_ingress_single(now, &mut device, &mut self.sockets);
        }
        self.barren = false;
    }

    /// A router refuses to carry a connection: one that is not made yet never will be. Others go on, the message could
    /// be forged (RFC 5927).
    fn give_up(&mut self, which: Unreachable) {
        let remote = endpoint(which.to);
        for (_, socket) in self.sockets.iter_mut() {
            if let smoltcp::socket::Socket::Tcp(socket) = socket
                && socket.state() == tcp::State::SynSent
                && socket.remote_endpoint() == Some(remote)
                && socket
                    .local_endpoint()
                    .is_some_and(|local| local.port == which.port)
            {
                socket.abort();
            }
        }
    }

    /// Begins a connection.
    pub(super) fn connect(&mut self, to: SocketAddrV4) -> Result<(SocketHandle, SocketAddrV4), NoConnection> {
        let address = self.address.ok_or(NoConnection::Network)?;
        self.make_room()?;
        let buffer = |size| tcp::SocketBuffer::new(vec![0; size]);
        let mut socket = tcp::Socket::new(buffer(RECEIVE_BUFFER), buffer(SEND_BUFFER));
        // packets arrive in batches, and a batch is acknowledged at once
        socket.set_ack_delay(None);
        socket.set_nagle_enabled(false);
        // no time-out: the stack's would also end connections that are idle, and a program has one of its own
        let from = SocketAddrV4::new(address, self.free_port());
        socket
            .connect(self.interface.context(), endpoint(to), endpoint(from))
            .map_err(|_| NoConnection::Outside)?;
        let handle = self.sockets.add(socket);
        self.held += 1;
        self.touch();
        Ok((handle, from))
    }

    /// A socket for a conversation by datagrams.
    pub(super) fn converse(&mut self) -> Result<SocketHandle, NoConnection> {
        let address = self.address.ok_or(NoConnection::Network)?;
        self.make_room()?;
        let buffer = || {
            let metadata = vec![udp::PacketMetadata::EMPTY; DATAGRAMS];
            udp::PacketBuffer::new(metadata, vec![0; DATAGRAM_BUFFER])
        };
        let mut socket = udp::Socket::new(buffer(), buffer());
        let from = SocketAddrV4::new(address, self.free_port());
        socket.bind(endpoint(from)).map_err(|_| NoConnection::TooMany)?;
        let handle = self.sockets.add(socket);
        self.held += 1;
        Ok(handle)
    }

    /// What a router has said of a connection that was given up.
    pub(super) fn why(&self, port: u16, to: SocketAddrV4) -> NoConnection {
        let said = self
            .unreachable
            .iter()
            .find(|unreachable| (unreachable.port, unreachable.to) == (port, to));
        match said.map(|unreachable| unreachable.code) {
            None | Some(2 | 3) => NoConnection::Refused,
            Some(0 | 6 | 11) => NoConnection::Network,
            Some(9 | 10 | 13) => NoConnection::Forbidden,
            Some(_) => NoConnection::Host,
        }
    }

    pub(super) fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub(super) fn udp(&mut self, handle: SocketHandle) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Nobody holds the connection any more. One that was not closed from both sides is reset.
    pub(super) fn release_tcp(&mut self, handle: SocketHandle) {
        let socket = self.tcp(handle);
        match socket.state() {
            tcp::State::Closed | tcp::State::Closing | tcp::State::LastAck | tcp::State::TimeWait => {}
            tcp::State::Listen
            | tcp::State::SynSent
            | tcp::State::SynReceived
            | tcp::State::Established
            | tcp::State::FinWait1
            | tcp::State::FinWait2
            | tcp::State::CloseWait => socket.abort(),
        }
        self.held -= 1;
        self.orphans.push_back((handle, Instant::now()));
        self.touch();
    }

    /// The end of a conversation.
    pub(super) fn release_udp(&mut self, handle: SocketHandle) {
        self.sockets.remove(handle);
        self.held -= 1;
    }

    fn make_room(&mut self) -> Result<(), NoConnection> {
        if self.held >= MAX_CONNECTIONS {
            return Err(NoConnection::TooMany);
        }
        while self.held + self.orphans.len() >= MAX_CONNECTIONS {
            let Some((handle, _)) = self.orphans.pop_front() else {
                break;
            };
            self.sockets.remove(handle);
        }
        Ok(())
    }

    /// Called when every connection has had its say.
    fn bury_orphans(&mut self) {
        let sockets = &mut self.sockets;
        self.orphans.retain(|(handle, since)| {
            let socket: &tcp::Socket<'_> = sockets.get(*handle);
            let silent = match socket.state() {
                // what is left of it is a reset that was not sent yet
                tcp::State::Closed => socket.remote_endpoint().is_none(),
                tcp::State::TimeWait => true,
                tcp::State::Listen
                | tcp::State::SynSent
                | tcp::State::SynReceived
                | tcp::State::Established
                | tcp::State::FinWait1
                | tcp::State::FinWait2
                | tcp::State::CloseWait
                | tcp::State::Closing
                | tcp::State::LastAck => false,
            };
            let over = silent || since.elapsed() > ORPHAN_LIMIT;
            if over {
                sockets.remove(*handle);
            }
            !over
        });
    }

    /// A port of the dynamic range (RFC 6335) that no socket has, hard to guess.
    fn free_port(&mut self) -> u16 {
        loop {
            let mut octets = [0; 2];
            self.random.fill(&mut octets);
            let port = u16::from_be_bytes(octets) | FIRST_PORT;
            let taken = self.sockets.iter().any(|(_, socket)| match socket {
                smoltcp::socket::Socket::Tcp(socket) => {
                    socket.local_endpoint().is_some_and(|local| local.port == port)
                }
                smoltcp::socket::Socket::Udp(socket) => socket.endpoint().port == port,
            });
            if !taken {
                return port;
            }
        }
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        (self.held, self.orphans.len(), self.sockets.iter().count())
    }
}

/// An address in the stack's words.
pub(super) fn endpoint(address: SocketAddrV4) -> IpEndpoint {
    IpEndpoint::new(IpAddress::Ipv4(*address.ip()), address.port())
}

fn interface(address: Option<Ipv4Addr>, mtu: usize, start: Instant, random: &mut KernelRandom) -> Interface {
    let mut seed = [0; 8];
    random.fill(&mut seed);
    let mut config = iface::Config::new(HardwareAddress::Ip);
    config.random_seed = u64::from_ne_bytes(seed);
    let mut device = Ingress {
        packet: None,
        replies: &mut VecDeque::new(),
        mtu,
    };
    let micros = i64::try_from(start.elapsed().as_micros()).unwrap_or(i64::MAX);
    let now = smoltcp::time::Instant::from_micros(micros);
    debug_assert_eq!(capabilities(mtu).ip_mtu(), mtu);
    let mut interface = Interface::new(config, &mut device, now);
    if let Some(address) = address {
        interface.update_ip_addrs(|addresses| {
            // there is room for two
            let _ = addresses.push(IpCidr::new(IpAddress::Ipv4(address), 32));
        });
        // everything goes into the tunnel; there is no neighbour to find
        let _ = interface.routes_mut().add_default_ipv4_route(address);
    }
    interface
}

/// Connections and conversations at a time. Those that nobody holds give way to new ones.
pub(super) const MAX_CONNECTIONS: usize = 256;

/// Octets on their way to us, for each connection: the window, so that 100 Mbit/s fit into a round trip of 80 ms. With
/// the other one at most 384 MiB for all; memory that is not used is not taken.
const RECEIVE_BUFFER: usize = 1 << 20;

/// Octets on their way from us, for each connection.
const SEND_BUFFER: usize = 512 << 10;

/// For one conversation, as many datagrams in as many octets.
const DATAGRAMS: usize = 4;
const DATAGRAM_BUFFER: usize = 8 << 10;

/// How long a connection may take for its last words.
const ORPHAN_LIMIT: Duration = Duration::from_secs(60);

/// The stack may say that it has something to send and then not send it. That must not become a busy loop.
const BARREN_DELAY: Duration = Duration::from_millis(20);

/// Messages of routers remembered for connections that are being made.
const MAX_UNREACHABLE: usize = 16;

/// First port of the dynamic range, and the bits that make any number one of it.
const FIRST_PORT: u16 = 0xc000;

/// Until the gateway has told.
const FIRST_MTU: usize = 1400;
