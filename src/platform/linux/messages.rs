//! Netlink messages for addresses, links and routes: built from and read into our own types.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kernel messages have dozens of attributes, of which we read a few"
)]

use std::net::{IpAddr, Ipv4Addr};

use ipnet::Ipv4Net;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteType, RouteVia,
};

use super::netlink::{LinkState, NextHop, Route};

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
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: AddressFamily::Inet,
        destination_prefix_length: route.destination.prefix_len(),
        table: RouteHeader::RT_TABLE_MAIN,
        protocol: RouteProtocol::Static,
        kind: RouteType::Unicast,
        ..RouteHeader::default()
    };
    let destination = RouteAddress::Inet(route.destination.network());
    message.attributes = vec![
        RouteAttribute::Destination(destination),
        RouteAttribute::Oif(route.device),
        RouteAttribute::Priority(route.metric),
    ];
    message.attributes.extend(route.via.map(|via| match via {
        IpAddr::V4(via) => RouteAttribute::Gateway(RouteAddress::Inet(via)),
        IpAddr::V6(via) => RouteAttribute::Via(RouteVia::Inet6(via)),
    }));
    message
}

/// The route in a dump message, `None` when it is of another table or not unicast.
pub(super) fn main_route(message: &RouteMessage) -> Option<Route> {
    let table = message
        .attributes
        .iter()
        .find_map(|attribute| match attribute {
            RouteAttribute::Table(table) => Some(*table),
            _ => None,
        })
        .unwrap_or_else(|| message.header.table.into());
    if table != u32::from(RouteHeader::RT_TABLE_MAIN) || message.header.kind != RouteType::Unicast {
        return None;
    }
    let mut address = Ipv4Addr::UNSPECIFIED;
    let mut metric = 0;
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(RouteAddress::Inet(destination)) => address = *destination,
            RouteAttribute::Priority(priority) => metric = *priority,
            _ => {}
        }
    }
    let hop = next_hop(message);
    Some(Route {
        destination: Ipv4Net::new(address, message.header.destination_prefix_length).ok()?,
        device: hop.device,
        via: hop.via,
        metric,
    })
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
            RouteAttribute::Via(RouteVia::Inet6(via)) => hop.via = Some((*via).into()),
            _ => {}
        }
    }
}
