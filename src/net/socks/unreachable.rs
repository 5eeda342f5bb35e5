//! Reads what a router inside says of a connection that cannot be made.

use std::net::{Ipv4Addr, SocketAddrV4};

/// A connection that a router refuses to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreachable {
    /// Our port.
    pub(super) port: u16,
    /// Where it was to lead.
    pub(super) to: SocketAddrV4,
    /// ICMP code (RFC 792).
    pub(super) code: u8,
}

/// Reads an ICMP message "destination unreachable" about a TCP packet; `None` for anything else.
pub(super) fn read(packet: &[u8]) -> Option<Unreachable> {
    let icmp = payload(packet, ICMP)?;
    let [DESTINATION_UNREACHABLE, code, _, _, _, _, _, _, quoted @ ..] = icmp else {
        return None;
    };
    let tcp = payload(quoted, TCP)?;
    let to: [u8; 4] = quoted.get(16..20)?.try_into().ok()?;
    let [from_high, from_low, to_high, to_low, ..] = *tcp else {
        return None;
    };
    Some(Unreachable {
        port: u16::from_be_bytes([from_high, from_low]),
        to: SocketAddrV4::new(Ipv4Addr::from(to), u16::from_be_bytes([to_high, to_low])),
        code: *code,
    })
}

/// What follows the header of an IPv4 packet, if it is of that protocol.
fn payload(packet: &[u8], protocol: u8) -> Option<&[u8]> {
    let first = *packet.first()?;
    let header = usize::from(first & 0xf) * 4;
    if first >> 4 != 4 || header < 20 || *packet.get(9)? != protocol {
        return None;
    }
    packet.get(header..)
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const DESTINATION_UNREACHABLE: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Vec<u8> {
        let ip = |protocol, to: [u8; 4]| {
            let mut header = vec![0; 20];
            header[0] = 0x45;
            header[9] = protocol;
            header[16..].copy_from_slice(&to);
            header
        };
        let mut packet = ip(ICMP, [10, 20, 1, 2]);
        packet.extend([3, 1, 0, 0, 0, 0, 0, 0]);
        packet.extend(ip(TCP, [10, 9, 8, 7]));
        packet.extend([0xc0, 1, 0, 80, 0, 0, 0, 0]);
        packet
    }

    #[test]
    fn the_connection_meant_is_found() {
        let found = Unreachable {
            port: 0xc001,
            to: "10.9.8.7:80".parse().expect("an address"),
            code: 1,
        };
        assert_eq!(read(&message()), Some(found));
    }

    #[test]
    fn cut_and_other_messages_are_nothing() {
        let whole = message();
        for len in 0..whole.len() - 4 {
            assert_eq!(read(&whole[..len]), None, "{len}");
        }
        for (at, value) in [(0, 0x65), (0, 0x41), (9, 17), (20, 8), (28, 0x60), (37, 17)] {
            let mut other = whole.clone();
            other[at] = value;
            assert_eq!(read(&other), None, "{at}");
        }
    }
}
