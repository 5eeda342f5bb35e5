//! A small synchronous netlink client: link state, IPv4 addresses, routes of both families.
//!
//! Each request waits for the kernel's answer, which comes at once; a receive timeout bounds the wait all the same.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kernel messages have dozens of attributes, of which we read a few"
)]

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};
use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage,
    NetlinkPayload,
};
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute, LinkFlags, LinkMessage,
};
use netlink_packet_route::route::{RouteAttribute, RouteFlags, RouteMessage, RouteScope};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use serde::{Deserialize, Serialize};

use super::messages::{
    address_message, address_of, block_message, family_of, link_state, main_block, main_route, next_hop,
    route_address, route_message,
};

/// Connection to the kernel's routing tables, in the network namespace of the thread that opened it.
pub struct Netlink {
    socket: Socket,
    sequence: u32,
}

/// State of an interface, as far as a set-up changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    /// Interface index.
    pub device: u32,
    /// MTU in octets.
    pub mtu: u32,
    /// Administratively up.
    pub up: bool,
    /// Length of the send queue in packets.
    pub queue_len: u32,
}

/// A unicast route of the main table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Prefix, without host bits.
    #[serde(with = "prefix")]
    pub destination: IpNet,
    /// Interface index.
    pub device: u32,
    /// Next hop; `None` when the prefix is on the link. An IPv4 route may have an IPv6 next hop (RFC 5549).
    pub via: Option<IpAddr>,
    /// Metric; the smaller one wins between equal prefixes.
    pub metric: u32,
}

/// A prefix that cannot be reached, as a route of the main table says: packets for it are refused at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Prefix, without host bits.
    #[serde(with = "prefix")]
    pub destination: IpNet,
    /// Metric; the smaller one wins between equal prefixes.
    pub metric: u32,
}

/// Where the kernel sends packets for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextHop {
    /// Interface index.
    pub device: u32,
    /// Next hop, `None` when the address is on the link.
    pub via: Option<IpAddr>,
    /// The address belongs to this machine.
    pub local: bool,
}

impl Netlink {
    /// Opens a connection in the thread's network namespace.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket2::SockRef::from(&socket).set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// State of the interface with this name. Fails with ENODEV when there is none.
    pub fn link(&mut self, name: &str) -> io::Result<LinkState> {
        let mut message = LinkMessage::default();
        message.attributes.push(LinkAttribute::IfName(name.to_owned()));
        let replies = self.request(RouteNetlinkMessage::GetLink(message), NLM_F_ACK)?;
        replies
            .into_iter()
            .find_map(|reply| match reply {
                RouteNetlinkMessage::NewLink(link) => Some(link_state(&link)),
                _ => None,
            })
            .ok_or_else(no_answer)
    }

    /// Sets MTU, queue length and up or down, all as in `state`.
    pub fn set_link(&mut self, state: LinkState) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = state.device;
        message.header.change_mask = LinkFlags::Up;
        if state.up {
            message.header.flags = LinkFlags::Up;
        }
        message.attributes = vec![
            LinkAttribute::Mtu(state.mtu),
            LinkAttribute::TxQueueLen(state.queue_len),
        ];
        self.change(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Stops the kernel from giving the interface an IPv6 link-local address, and with it from sending router
    /// solicitations.
    pub fn no_ipv6_address(&mut self, device: u32) -> io::Result<()> {
        let mut message = LinkMessage::default();
        message.header.index = device;
        message
            .attributes
            .push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![
                AfSpecInet6::AddrGenMode(In6AddrGenMode::None),
            ])]));
        self.change(RouteNetlinkMessage::SetLink(message), 0)
    }

    /// Gives an interface an address; the route of its network gets `metric`. Fails with EEXIST when it has it.
    pub fn add_address(&mut self, device: u32, address: Ipv4Net, metric: u32) -> io::Result<()> {
        let mut message = address_message(device, address);
        message.attributes.push(AddressAttribute::RoutePriority(metric));
        self.change(
            RouteNetlinkMessage::NewAddress(message),
            NLM_F_CREATE | NLM_F_EXCL,
        )
    }

    /// Takes an address from an interface.
    pub fn delete_address(&mut self, device: u32, address: Ipv4Net) -> io::Result<()> {
        self.change(
            RouteNetlinkMessage::DelAddress(address_message(device, address)),
            0,
        )
    }

    /// IPv4 addresses of an interface.
    pub fn addresses(&mut self, device: u32) -> io::Result<Vec<Ipv4Net>> {
        let mut message = AddressMessage::default();
        message.header.family = AddressFamily::Inet;
        let replies = self.request(RouteNetlinkMessage::GetAddress(message), NLM_F_DUMP)?;
        Ok(replies
            .iter()
            .filter_map(|reply| match reply {
                RouteNetlinkMessage::NewAddress(message) if message.header.index == device => {
                    address_of(message)
                }
                _ => None,
            })
            .collect())
    }

    /// Whether an interface with this address of ours is up and connected. True as well when no interface has it.
    pub fn carries(&mut self, address: IpAddr) -> io::Result<bool> {
        let replies = self.request(
            RouteNetlinkMessage::GetAddress(AddressMessage::default()),
            NLM_F_DUMP,
        )?;
        let devices: Vec<u32> = replies
            .iter()
            .filter_map(|reply| match reply {
                RouteNetlinkMessage::NewAddress(message) => {
                    let is_it = |attribute: &AddressAttribute| match attribute {
                        AddressAttribute::Local(local) | AddressAttribute::Address(local) => {
                            *local == address
                        }
                        _ => false,
                    };
                    message
                        .attributes
                        .iter()
                        .any(is_it)
                        .then_some(message.header.index)
                }
                _ => None,
            })
            .collect();
        let connected = LinkFlags::Up | LinkFlags::LowerUp;
        for device in &devices {
            let mut message = LinkMessage::default();
            message.header.index = *device;
            let replies = self.request(RouteNetlinkMessage::GetLink(message), NLM_F_ACK)?;
            let is_connected = |reply: &RouteNetlinkMessage| match reply {
                RouteNetlinkMessage::NewLink(link) => link.header.flags.contains(connected),
                _ => false,
            };
            if replies.iter().any(is_connected) {
                return Ok(true);
            }
        }
        Ok(devices.is_empty())
    }

    /// Adds a route. Fails with EEXIST when there is one with the same prefix and metric.
    pub fn add_route(&mut self, route: &Route) -> io::Result<()> {
        let mut message = route_message(route);
        message.header.scope = if route.via.is_some() {
            RouteScope::Universe
        } else {
            RouteScope::Link
        };
        if matches!(route.via, Some(IpAddr::V4(_))) {
            // The next hop was taken from a route that works, but it need not lie in a network of the interface
            // (hosting providers have such); without this flag the kernel would refuse it.
            message.header.flags = RouteFlags::Onlink;
        }
        self.change(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Deletes exactly this route. Fails with ESRCH when it is gone.
    pub fn delete_route(&mut self, route: &Route) -> io::Result<()> {
        let mut message = route_message(route);
        message.header.scope = RouteScope::NoWhere;
        self.change(RouteNetlinkMessage::DelRoute(message), 0)
    }

    /// Refuses packets for a prefix. Fails with EEXIST when there is a route with the same prefix and metric.
    pub fn add_block(&mut self, block: Block) -> io::Result<()> {
        let message = block_message(block);
        self.change(RouteNetlinkMessage::NewRoute(message), NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Lets packets for a prefix pass again. Fails with ESRCH when they already do.
    pub fn delete_block(&mut self, block: Block) -> io::Result<()> {
        let mut message = block_message(block);
        message.header.scope = RouteScope::NoWhere;
        self.change(RouteNetlinkMessage::DelRoute(message), 0)
    }

    /// All unicast routes of the main table.
    pub fn routes(&mut self) -> io::Result<Vec<Route>> {
        self.main_table(main_route)
    }

    /// All prefixes the main table blocks.
    pub fn blocks(&mut self) -> io::Result<Vec<Block>> {
        self.main_table(main_block)
    }

    fn main_table<T>(&mut self, read: fn(&RouteMessage) -> Option<T>) -> io::Result<Vec<T>> {
        let mut entries = Vec::new();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RouteMessage::default();
            message.header.address_family = family;
            let replies = match self.request(RouteNetlinkMessage::GetRoute(message), NLM_F_DUMP) {
                Err(error) if family == AddressFamily::Inet6 && is_unknown_family(&error) => continue,
                other => other?,
            };
            // A kernel without IPv6 may take the question for one about all families.
            entries.extend(replies.iter().filter_map(|reply| match reply {
                RouteNetlinkMessage::NewRoute(message) if message.header.address_family == family => {
                    read(message)
                }
                _ => None,
            }));
        }
        Ok(entries)
    }

    /// The path to an address, with all the routing rules of this machine applied. Fails with ENETUNREACH when there
    /// is none.
    pub fn route_to(&mut self, address: IpAddr) -> io::Result<NextHop> {
        let mut message = RouteMessage::default();
        message.header.address_family = family_of(address);
        message.header.destination_prefix_length = IpNet::from(address).prefix_len();
        message
            .attributes
            .push(RouteAttribute::Destination(route_address(address)));
        let replies = self.request(RouteNetlinkMessage::GetRoute(message), NLM_F_ACK)?;
        replies
            .iter()
            .find_map(|reply| match reply {
                RouteNetlinkMessage::NewRoute(message) => Some(next_hop(message)),
                _ => None,
            })
            .ok_or_else(no_answer)
    }

    fn change(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        self.request(message, NLM_F_ACK | flags).map(drop)
    }

    /// Sends one request and collects the answers up to its end: the acknowledgement, or the end of the dump.
    fn request(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<Vec<RouteNetlinkMessage>> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST | flags;
        header.sequence_number = self.sequence;
        let mut packet = NetlinkMessage::new(header, NetlinkPayload::from(message));
        packet.finalize();
        let mut bytes = vec![0; packet.buffer_len()];
        packet.serialize(&mut bytes);
        self.socket.send(&bytes, 0)?;

        let mut replies = Vec::new();
        let mut buffer = Vec::with_capacity(ANSWER_ROOM);
        loop {
            buffer.clear();
            match self.socket.recv(&mut buffer, 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(no_answer()),
                other => other?,
            };
            if self.take_datagram(&buffer, &mut replies)? {
                return Ok(replies);
            }
        }
    }

    /// Reads the messages of one datagram; true when the answer is complete.
    fn take_datagram(&self, mut bytes: &[u8], replies: &mut Vec<RouteNetlinkMessage>) -> io::Result<bool> {
        while let Some((head, _)) = bytes.split_first_chunk::<4>() {
            let len = (u32::from_ne_bytes(*head) as usize).max(NETLINK_HEADER_LEN);
            let Some(one) = bytes.get(..len) else {
                break;
            };
            match NetlinkMessage::<RouteNetlinkMessage>::deserialize(one) {
                Ok(packet) if packet.header.sequence_number != self.sequence => {
                    tracing::debug!("late netlink answer ignored");
                }
                Ok(packet) => match packet.payload {
                    NetlinkPayload::InnerMessage(message) => replies.push(message),
                    NetlinkPayload::Done(_) => return Ok(true),
                    NetlinkPayload::Error(error) if error.code.is_none() => return Ok(true),
                    NetlinkPayload::Error(error) => return Err(error.to_io()),
                    NetlinkPayload::Overrun(_) => return Err(no_answer()),
                    _ => {}
                },
                // A kernel newer than our decoder: one strange route must not hide the others.
                Err(error) => tracing::debug!(%error, "netlink message not understood"),
            }
            bytes = bytes.get(len.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(false)
    }
}

impl fmt::Debug for Netlink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netlink").finish_non_exhaustive()
    }
}

fn is_unknown_family(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EOPNOTSUPP))
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no usable answer from the kernel")
}

/// Prefixes as text in the undo journal.
pub(crate) mod prefix {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<N: Display, S: Serializer>(net: &N, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(net)
    }

    pub(crate) fn deserialize<'de, N, D>(deserializer: D) -> Result<N, D::Error>
    where
        N: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The kernel answers from within `send`; this is only there so that no bug can make us wait for ever.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Dumps come in datagrams of at most 32 KiB (`NLMSG_GOODSIZE` and `max_recvmsg_len` in the kernel).
const ANSWER_ROOM: usize = 64 * 1024;

const NETLINK_HEADER_LEN: usize = 16;
