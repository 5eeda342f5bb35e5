//! Which way leads to the gateway now: the kernel is asked, nothing is sent.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::net::settings::OuterSettings;

/// What the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Packets would leave from this address.
    From(IpAddr),
    /// They could not leave.
    Nowhere,
    /// It does not say.
    Unknown,
}

/// Finds the address from which this machine would reach `gateway`, with the options its sockets are given. A UDP socket
/// that is connected sends nothing.
pub(super) fn way_to(gateway: IpAddr, outer: &OuterSettings) -> Found {
    match source(gateway, outer) {
        Ok(source) => Found::From(source),
        Err(error) if is_nowhere(&error) => Found::Nowhere,
        Err(error) => {
            tracing::debug!(%error, "the way to the gateway is not known");
            Found::Unknown
        }
    }
}

fn source(gateway: IpAddr, outer: &OuterSettings) -> io::Result<IpAddr> {
    let domain = match gateway {
        IpAddr::V4(_) => Domain::IPV4,
        IpAddr::V6(_) => Domain::IPV6,
    };
    let socket = Socket::new(domain, Type::DGRAM.cloexec(), Some(Protocol::UDP))?;
    outer.dress(&SockRef::from(&socket))?;
    socket.connect(&SocketAddr::new(gateway, ANY_PORT).into())?;
    let source = socket.local_addr()?.as_socket().map(|address| address.ip());
    let unknown = [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()];
    source
        .filter(|source| !unknown.contains(source))
        .ok_or_else(|| io::Error::other("no source address"))
}

fn is_nowhere(error: &io::Error) -> bool {
    let known = [
        libc::ENETUNREACH,
        libc::EHOSTUNREACH,
        libc::ENETDOWN,
        libc::EADDRNOTAVAIL,
        libc::ENODEV,
    ];
    error.raw_os_error().is_some_and(|code| known.contains(&code))
}

/// Routing does not look at ports; the kernel only wants one that is not 0.
const ANY_PORT: u16 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_reached_from_loopback() {
        let outer = OuterSettings::default();
        let loopback = IpAddr::from(Ipv4Addr::LOCALHOST);
        assert_eq!(way_to(loopback, &outer), Found::From(loopback));
        let elsewhere = OuterSettings {
            interface: Some("nothing-here".to_owned()),
            ..outer
        };
        assert_eq!(way_to(loopback, &elsewhere), Found::Nowhere);
    }
}
