//! Netlink messages for addresses, links and routes: built from and read into our own types.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kernel messages have dozens of attributes, of which we read a few"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteType, RouteVia,
};

use super::netlink::{Block, LinkState, NextHop, Route};

pub(super) fn link_state(message: &LinkMessage) -> LinkState {
    let mut state = LinkState {
        device: message.header.index,
        mtu: 0,
        up: message.header.flags.contains(LinkFlags::Up),
        queue_len: 0,
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::Mtu(mtu) => state.mtu = *mtu,
            LinkAttribute::TxQueueLen(len) => state.queue_len = *len,
            _ => {}
        }
    }
    state
}

pub(super) fn address_message(device: u32, address: Ipv4Net) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = AddressFamily::Inet;
    message.header.prefix_len = address.prefix_len();
    message.header.index = device;
    // On a point-to-point device "address" is the far end; with both equal there is none.
    message.attributes = vec![
        AddressAttribute::Local(address.addr().into()),
        AddressAttribute::Address(address.addr().into()),
    ];
    message
}

pub(super) fn address_of(message: &AddressMessage) -> Option<Ipv4Net> {
    message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Local(IpAddr::V4(address)) => {
            Ipv4Net::new(*address, message.header.prefix_len).ok()
        }
        _ => None,
    })
}

pub(super) fn route_message(route: &Route) -> RouteMessage {
    let mut message = message_for(route.destination, RouteType::Unicast, route.metric);
    message.attributes.push(RouteAttribute::Oif(route.device));
    message
        .attributes
        .extend(route.via.map(|via| match (via, route.destination) {
            (IpAddr::V4(via), _) => RouteAttribute::Gateway(RouteAddress::Inet(via)),
            (IpAddr::V6(via), IpNet::V4(_)) => RouteAttribute::Via(RouteVia::Inet6(via)),
            (IpAddr::V6(via), IpNet::V6(_)) => RouteAttribute::Gateway(RouteAddress::Inet6(via)),
        }));
    message
}

pub(super) fn block_message(block: Block) -> RouteMessage {
    message_for(block.destination, RouteType::Unreachable, block.metric)
}

fn message_for(destination: IpNet, kind: RouteType, metric: u32) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: family_of(destination.addr()),
        destination_prefix_length: destination.prefix_len(),
        table: RouteHeader::RT_TABLE_MAIN,
        protocol: RouteProtocol::Static,
        kind,
        ..RouteHeader::default()
    };
    message.attributes = vec![
        RouteAttribute::Destination(route_address(destination.network())),
        RouteAttribute::Priority(metric),
    ];
    message
}

pub(super) fn family_of(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

pub(super) fn route_address(address: IpAddr) -> RouteAddress {
    match address {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    }
}

/// The route in a dump message, `None` when it is of another table or not unicast.
pub(super) fn main_route(message: &RouteMessage) -> Option<Route> {
    let (destination, metric) = main_entry(message, RouteType::Unicast)?;
    let hop = next_hop(message);
    Some(Route {
        destination,
        device: hop.device,
        via: hop.via,
        metric,
    })
}

/// The blocked prefix in a dump message, `None` when it is of another table or not blocked.
pub(super) fn main_block(message: &RouteMessage) -> Option<Block> {
    let (destination, metric) = main_entry(message, RouteType::Unreachable)?;
    Some(Block { destination, metric })
}

/// Prefix and metric of an entry of the main table with this type.
fn main_entry(message: &RouteMessage, kind: RouteType) -> Option<(IpNet, u32)> {
    let table = message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::Table(table) => Some(*table),
            _ => None,
        })
        .unwrap_or_else(|| message.header.table.into());
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) || message.header.kind != kind {
        return None;
    }
    let mut address = match message.header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let mut metric = 0;
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(destination)) => address = (*destination).into(),
            RouteAttribute::Destination(RouteAddress::Inet6(destination)) => address = (*destination).into(),
            RouteAttribute::Priority(priority) => metric = *priority,
            _ => {}
        }
    }
    let destination = IpNet::new(address, message.header.destination_prefix_length).ok()?;
    Some((destination, metric))
}

/// Interface and next hop of a route; of several next hops the first.
pub(super) fn next_hop(message: &RouteMessage) -> NextHop {
    let mut hop = NextHop {
        device: 0,
        via: None,
        local: message.header.kind == RouteType::Local,
    };
    take_hop(&message.attributes, &mut hop);
    let several = message.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::MultiPath(hops) => hops.first(),
        _ => None,
    });
    if let Some(first) = several {
        hop.device = first.interface_index;
        take_hop(&first.attributes, &mut hop);
    }
    hop
}

fn take_hop(attributes: &[RouteAttribute], hop: &mut NextHop) {
    for attribute in attributes {
        match attribute {
            RouteAttribute::Oif(device) => hop.device = *device,
            RouteAttribute::Gateway(RouteAddress::Inet(via)) => hop.via = Some((*via).into()),
            RouteAttribute::Gateway(RouteAddress::Inet6(via)) => hop.via = Some((*via).into()),
            RouteAttribute::Via(RouteVia::Inet6(via)) => hop.via = Some((*via).into()),
            _ => {}
        }
    }
}
