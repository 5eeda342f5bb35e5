//! Packets of the tunnel's own transport: when a route is missing for a moment, the machine routes them into the tunnel,
//! which would carry itself for ever.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Knows the tunnel's own transport: its TCP connection and its datagrams.
#[derive(Debug, Default)]
pub(super) struct OwnTraffic {
    peer: Option<(Ipv4Addr, u16)>,
    udp_port: Option<u16>,
}

impl OwnTraffic {
    /// The channel leads there. Only IPv4 packets go into the tunnel, so nothing else can loop.
    pub(super) fn leads_to(&mut self, peer: SocketAddr) {
        self.peer = match peer.ip() {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(address) => address.to_ipv4_mapped(),
        }
        .map(|address| (address, peer.port()));
    }

    /// Datagrams go to this port of the same machine.
    pub(super) fn uses(&mut self, udp_port: u16) {
        self.udp_port = Some(udp_port);
    }

    /// Whether this IPv4 packet is ours.
    pub(super) fn holds(&self, packet: &[u8]) -> bool {
        let Some((address, tcp_port)) = self.peer else {
            return false;
        };
        if packet.get(16..20) != Some(&address.octets()[..]) {
            return false;
        }
        let wanted = match packet.get(9) {
            Some(&TCP) => Some(tcp_port),
            Some(&UDP) => self.udp_port,
            _ => None,
        };
        let Some(wanted) = wanted else { return false };
        // a later fragment names no port; nothing but our own large datagrams is likely to go there in fragments
        fragment_offset(packet) != 0 || destination_port(packet) == Some(wanted)
    }
}

fn fragment_offset(packet: &[u8]) -> u16 {
    match packet.get(6..8) {
        Some(&[high, low]) => u16::from_be_bytes([high, low]) & 0x1fff,
        _ => 0,
    }
}

fn destination_port(packet: &[u8]) -> Option<u16> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    match packet.get(header + 2..header + 4)? {
        &[high, low] => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}

/// IP protocol numbers (RFC 9293, RFC 768).
const TCP: u8 = 6;
const UDP: u8 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    /// A packet to 192.0.2.1 with options of `options` octets.
    fn packet(protocol: u8, port: u16, offset: u16, options: usize) -> Vec<u8> {
        let header = 20 + options;
        let mut packet = vec![0; header + 8];
        packet[0] = 0x40 | u8::try_from(header / 4).expect("short");
        packet[6..8].copy_from_slice(&offset.to_be_bytes());
        packet[9] = protocol;
        packet[16..20].copy_from_slice(&[192, 0, 2, 1]);
        packet[header + 2..header + 4].copy_from_slice(&port.to_be_bytes());
        packet
    }

    #[test]
    fn only_the_transport_itself_is_ours() {
        let mut own = OwnTraffic::default();
        assert!(!own.holds(&packet(TCP, 443, 0, 0)), "nothing is known yet");
        own.leads_to("192.0.2.1:443".parse().expect("an address"));
        assert!(!own.holds(&packet(UDP, 4500, 0, 0)), "no ESP");
        own.uses(4500);
        for (protocol, port, offset, options, ours) in [
            (TCP, 443, 0, 0, true),
            (TCP, 443, 0, 8, true),
            (TCP, 22, 0, 0, false),
            (UDP, 4500, 0, 0, true),
            (UDP, 443, 0, 0, false),
            (UDP, 53, 0x2000, 0, false),
            (UDP, 53, 185, 0, true),
            (1, 443, 0, 0, false),
            (1, 443, 185, 0, false),
        ] {
            let packet = packet(protocol, port, offset, options);
            assert_eq!(own.holds(&packet), ours, "{protocol} {port} {offset} {options}");
            for len in 0..packet.len() {
                own.holds(&packet[..len]);
            }
        }
        let mut elsewhere = packet(TCP, 443, 0, 0);
        elsewhere[19] = 2;
        assert!(!own.holds(&elsewhere));
    }

    #[test]
    fn nothing_loops_when_the_outer_address_is_ipv6() {
        let mut own = OwnTraffic::default();
        own.leads_to("[2001:db8::1]:443".parse().expect("an address"));
        assert!(!own.holds(&packet(TCP, 443, 0, 0)));
        own.leads_to("[::ffff:192.0.2.1]:443".parse().expect("an address"));
        assert!(own.holds(&packet(TCP, 443, 0, 0)));
    }
}
