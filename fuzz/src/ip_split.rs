//! Cutting a run of octets into IPv4 packets.

use vpnc_cli::wire::ip::{IPV4_HEADER_LEN, Split, first_packet, ipv4_len};

/// Splits until the end and checks that every packet is whole and that a part of one is never taken for another
/// answer than "more".
pub fn run(data: &[u8]) {
    let mut rest = data;
    loop {
        match first_packet(rest) {
            Split::Packet(len) => {
                assert!((IPV4_HEADER_LEN..=rest.len()).contains(&len));
                assert_eq!(rest[0] >> 4, 4);
                assert_eq!(ipv4_len(rest), Ok(len));
                assert_eq!(first_packet(&rest[..len - 1]), Split::Partial);
                assert_eq!(first_packet(&rest[..len]), Split::Packet(len));
                rest = &rest[len..];
            }
            Split::Partial => {
                assert!(ipv4_len(rest).is_err());
                let longer = [rest, &[0; u16::MAX as usize]].concat();
                assert!(
                    rest.len() < 4 || matches!(first_packet(&longer), Split::Packet(len) if len > rest.len())
                );
                return;
            }
            Split::NotIpv4 => {
                assert!(ipv4_len(rest).is_err());
                return;
            }
        }
    }
}
