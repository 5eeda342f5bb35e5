//! IP packets as applications would send them.

/// Tunnel address of the usual configuration.
pub(crate) const CLIENT: [u8; 4] = [10, 66, 7, 8];

/// A machine behind the gateway.
const SERVER: [u8; 4] = [10, 20, 0, 53];

/// A UDP packet of `len` octets to the echo service behind the gateway. Its content depends on the number.
pub(crate) fn request(number: u32, len: usize) -> Vec<u8> {
    let mut packet = vec![0; len];
    let total = u16::try_from(len).unwrap().to_be_bytes();
    packet[..4].copy_from_slice(&[0x45, 0, total[0], total[1]]);
    packet[8..10].copy_from_slice(&[64, 17]);
    packet[12..16].copy_from_slice(&CLIENT);
    packet[16..20].copy_from_slice(&SERVER);
    packet[20..24].copy_from_slice(&[0x13, 0x88, 0, 7]);
    packet[28..32].copy_from_slice(&number.to_be_bytes());
    for (at, octet) in packet[32..].iter_mut().enumerate() {
        *octet = content(number, at);
    }
    packet
}

/// The number of the request that this packet answers, if it is an answer and whole.
pub(crate) fn answered(packet: &[u8]) -> Option<u32> {
    let number = u32::from_be_bytes(*packet.get(28..)?.first_chunk()?);
    let header = packet[9] == 17 && packet[12..16] == SERVER && packet[16..20] == CLIENT;
    let whole = usize::from(u16::from_be_bytes([packet[2], packet[3]])) == packet.len();
    let same = packet[32..]
        .iter()
        .enumerate()
        .all(|(at, octet)| *octet == content(number, at));
    (header && whole && same).then_some(number)
}

/// Whether this is a ping of the gateway's own, whole, of that length.
pub(crate) fn is_ping(packet: &[u8], len: usize) -> bool {
    packet.len() == len && packet[0] == 0x45 && packet[9] == 1 && packet[12..16] == SERVER && packet[20] == 8
}

/// Some numbers give content that compresses well.
fn content(number: u32, at: usize) -> u8 {
    let at = if number.is_multiple_of(2) { at } else { at % 7 };
    (at as u32).wrapping_mul(31).wrapping_add(number.wrapping_mul(17)) as u8
}
