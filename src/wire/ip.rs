//! The little that is read of inner IP packets: version and length, enough to tell where one ends.

use super::Malformed;

/// Least octets of an IPv4 header.
pub const IPV4_HEADER_LEN: usize = 20;

/// What stands at the head of some octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// A whole IPv4 packet of this length; what follows is not part of it.
    Packet(usize),
    /// The beginning of an IPv4 packet: more octets are needed.
    Partial,
    /// No IPv4 packet begins here, whatever may follow.
    NotIpv4,
}

/// Looks for one IPv4 packet at the head of `bytes` (`juniper-nc.md §8.4`: the length must be at least 20 and at
/// least the header's).
pub fn first_packet(bytes: &[u8]) -> Split {
    let Some(&first) = bytes.first() else {
        return Split::Partial;
    };
    let header_len = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || header_len < IPV4_HEADER_LEN {
        return Split::NotIpv4;
    }
    let Some(&[_, _, high, low]) = bytes.first_chunk() else {
        return Split::Partial;
    };
    let total = usize::from(u16::from_be_bytes([high, low]));
    if total < header_len {
        Split::NotIpv4
    } else if total > bytes.len() {
        Split::Partial
    } else {
        Split::Packet(total)
    }
}

/// Length of the IPv4 packet at the head of `bytes`, which must hold all of it.
pub fn ipv4_len(bytes: &[u8]) -> Result<usize, Malformed> {
    match first_packet(bytes) {
        Split::Packet(len) => Ok(len),
        Split::Partial => Err(Malformed {
            what: "length of an IPv4 packet",
        }),
        Split::NotIpv4 => Err(Malformed { what: "IPv4 header" }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_packet_ends_at_its_total_length() {
        let mut bytes = [0u8; 40];
        bytes[..4].copy_from_slice(&[0x45, 0, 0, 32]);
        assert_eq!(first_packet(&bytes), Split::Packet(32));
        assert_eq!(first_packet(&bytes[..32]), Split::Packet(32));
        assert_eq!(first_packet(&bytes[..31]), Split::Partial);
        assert_eq!(ipv4_len(&bytes), Ok(32));
        assert!(ipv4_len(&bytes[..31]).is_err());
    }

    #[test]
    fn a_total_length_below_the_header_is_refused() {
        assert_eq!(first_packet(&[0x45, 0, 0, 19]), Split::NotIpv4);
        assert_eq!(first_packet(&[0x46, 0, 0, 23]), Split::NotIpv4);
        assert_eq!(first_packet(&[0x46, 0, 0, 24]), Split::Partial);
        assert_eq!(first_packet(&[0x44, 0, 0, 40]), Split::NotIpv4);
    }

    #[test]
    fn other_versions_are_refused_from_the_first_octet() {
        assert_eq!(first_packet(&[0x60]), Split::NotIpv4);
        assert_eq!(first_packet(&[0x00]), Split::NotIpv4);
        assert_eq!(first_packet(&[]), Split::Partial);
        assert_eq!(first_packet(&[0x45, 0, 0]), Split::Partial);
    }

    proptest! {
        #[test]
        fn a_split_never_passes_the_end(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Split::Packet(len) = first_packet(&bytes) {
                prop_assert!((IPV4_HEADER_LEN..=bytes.len()).contains(&len));
            }
        }
    }
}
