//! ESP packets as they stand in a UDP datagram (`juniper-nc.md §13.3`): a view of the sealed form, and the trailer
//! of the plain form.

/// Length of an AES block and of the IV.
pub const BLOCK_LEN: usize = 16;

/// SPI, sequence number and IV.
pub const HEADER_LEN: usize = offset::IV + BLOCK_LEN;

/// Padding length and next header, the two octets at the end of the plaintext.
pub const TRAILER_LEN: usize = 2;

/// Next header of an IPv4 packet (and of a probe).
pub const NEXT_HEADER_IPV4: u8 = 4;

/// Next header of an LZO1X-compressed IPv4 packet: private use by these gateways.
pub const NEXT_HEADER_LZO: u8 = 5;

mod offset {
    pub(super) const SEQUENCE: usize = 4;
    pub(super) const IV: usize = 8;
}

/// Length of the datagram that carries a payload of `payload_len` octets.
pub const fn sealed_len(payload_len: usize, icv_len: usize) -> usize {
    HEADER_LEN + (payload_len + TRAILER_LEN).next_multiple_of(BLOCK_LEN) + icv_len
}

/// A datagram whose length cannot be that of an ESP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LengthError {
    /// Not even one block of ciphertext.
    #[error("ESP packet too short")]
    Short,
    /// The ciphertext is not a whole number of blocks.
    #[error("ESP ciphertext is not a whole number of blocks")]
    Misaligned,
}

/// The parts of a sealed packet. It can only be had from [`Packet::parse`], so the lengths are right.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    header: &'a [u8; HEADER_LEN],
    body: &'a [u8],
    icv: &'a [u8],
    authenticated: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Views `datagram` as an ESP packet with an integrity check value of `icv_len` octets.
    pub fn parse(datagram: &'a [u8], icv_len: usize) -> Result<Self, LengthError> {
        let authenticated_len = datagram.len().checked_sub(icv_len).ok_or(LengthError::Short)?;
        let (authenticated, icv) = datagram.split_at(authenticated_len);
        let (header, body) = authenticated.split_first_chunk().ok_or(LengthError::Short)?;
        if body.is_empty() {
            return Err(LengthError::Short);
        }
        if !body.len().is_multiple_of(BLOCK_LEN) {
            return Err(if body.len() < BLOCK_LEN {
                LengthError::Short
            } else {
                LengthError::Misaligned
            });
        }
        Ok(Self {
            header,
            body,
            icv,
            authenticated,
        })
    }

    /// Which security association the packet belongs to.
    pub fn spi(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = *self.header;
        [a, b, c, d]
    }

    /// Number of the packet inside its security association.
    pub fn sequence(&self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Initialisation vector.
    pub fn iv(&self) -> &'a [u8; BLOCK_LEN] {
        let [_, _, _, _, _, _, _, _, iv @ ..] = self.header;
        iv
    }

    /// The ciphertext: a whole number of blocks, at least one.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Integrity check value.
    pub fn icv(&self) -> &'a [u8] {
        self.icv
    }

    /// Everything the integrity check value covers: the packet without its end.
    pub fn authenticated(&self) -> &'a [u8] {
        self.authenticated
    }
}

/// IV and ciphertext of a datagram, for encryption and decryption in place.
pub fn iv_and_body_mut(
    datagram: &mut [u8],
    icv_len: usize,
) -> Result<(&[u8; BLOCK_LEN], &mut [u8]), LengthError> {
    Packet::parse(datagram, icv_len)?;
    let authenticated_len = datagram.len() - icv_len;
    let (header, body) = datagram[..authenticated_len]
        .split_first_chunk_mut::<HEADER_LEN>()
        .ok_or(LengthError::Short)?;
    let [_, _, _, _, _, _, _, _, iv @ ..] = &*header;
    Ok((iv, body))
}

/// Where a packet of `payload_len` octets is about to be sealed: header and trailer are written, the payload lies in
/// between already.
#[derive(Debug)]
pub struct Unsealed<'a> {
    header: &'a mut [u8; HEADER_LEN],
    body: &'a mut [u8],
    payload_len: usize,
}

impl<'a> Unsealed<'a> {
    /// Views `slot` as the place of a packet; `None` when its length is not [`sealed_len`].
    pub fn new(slot: &'a mut [u8], payload_len: usize, icv_len: usize) -> Option<Self> {
        if slot.len() != sealed_len(payload_len, icv_len) {
            return None;
        }
        let (header, rest) = slot.split_first_chunk_mut()?;
        let (body, _) = rest.split_at_mut_checked(rest.len().checked_sub(icv_len)?)?;
        Some(Self {
            header,
            body,
            payload_len,
        })
    }

    /// Writes SPI, sequence number and IV.
    pub fn write_header(&mut self, spi: [u8; 4], sequence: u32, iv: &[u8; BLOCK_LEN]) {
        self.header[..offset::SEQUENCE].copy_from_slice(&spi);
        self.header[offset::SEQUENCE..offset::IV].copy_from_slice(&sequence.to_be_bytes());
        self.header[offset::IV..].copy_from_slice(iv);
    }

    /// Writes padding, its length and the next header behind the payload.
    pub fn write_trailer(&mut self, next_header: u8) {
        let trailer = &mut self.body[self.payload_len..];
        let pad_len = trailer.len() - TRAILER_LEN;
        let (padding, end) = trailer.split_at_mut(pad_len);
        let mut pad_len_octet = 0;
        for (octet, number) in padding.iter_mut().zip(1..) {
            *octet = number;
            pad_len_octet = number;
        }
        end.copy_from_slice(&[pad_len_octet, next_header]);
    }
}

/// A plaintext whose end is not a valid trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrailerError {
    /// Neither IPv4 nor compressed IPv4.
    #[error("unknown next header")]
    NextHeader,
    /// No room for a payload, or the padding is not 1, 2, 3 …
    #[error("bad padding")]
    Padding,
}

/// What the end of a decrypted body says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Octets of payload in front of the padding; never zero.
    pub payload_len: usize,
    /// How to read the payload: [`NEXT_HEADER_IPV4`] or [`NEXT_HEADER_LZO`].
    pub next_header: u8,
}

impl Trailer {
    /// Reads the end of the plaintext `body` (`juniper-nc.md §13.5` step 6).
    pub fn parse(body: &[u8]) -> Result<Self, TrailerError> {
        let Some((rest, &[pad_len, next_header])) = body.split_last_chunk() else {
            return Err(TrailerError::Padding);
        };
        if !matches!(next_header, NEXT_HEADER_IPV4 | NEXT_HEADER_LZO) {
            return Err(TrailerError::NextHeader);
        }
        let payload_len = rest.len().saturating_sub(usize::from(pad_len));
        let padding = rest.iter().skip(payload_len);
        if payload_len == 0 || !padding.zip(1..=u8::MAX).all(|(octet, number)| *octet == number) {
            return Err(TrailerError::Padding);
        }
        Ok(Self {
            payload_len,
            next_header,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_lengths_of_the_notes() {
        // juniper-nc.md §14.2 and §15
        assert_eq!(sealed_len(1, 12), 52);
        assert_eq!(sealed_len(1400, 12), 1472 - 28);
        assert_eq!(sealed_len(1400, 16), 1476 - 28);
    }

    #[test]
    fn parts_lie_where_the_notes_say() {
        let datagram: Vec<u8> = (0..24 + 32 + 12).collect();
        let packet = Packet::parse(&datagram, 12).expect("whole blocks");
        assert_eq!(packet.spi(), [0, 1, 2, 3]);
        assert_eq!(packet.sequence(), 0x0405_0607);
        assert_eq!(packet.iv(), &datagram[8..24]);
        assert_eq!(packet.body(), &datagram[24..56]);
        assert_eq!(packet.icv(), &datagram[56..]);
        assert_eq!(packet.authenticated(), &datagram[..56]);
    }

    #[test]
    fn lengths_that_cannot_be_are_refused() {
        let datagram = [0; 100];
        for len in [0, 1, 11, 12, 35, 36, 39, 51] {
            assert_eq!(
                Packet::parse(&datagram[..len], 12).expect_err("short"),
                LengthError::Short,
                "{len}"
            );
        }
        for len in [53, 67] {
            assert_eq!(
                Packet::parse(&datagram[..len], 12).expect_err("misaligned"),
                LengthError::Misaligned,
                "{len}"
            );
        }
        assert!(Packet::parse(&datagram[..52], 12).is_ok());
        assert!(Packet::parse(&datagram[..52], 16).is_err());
    }

    #[test]
    fn a_trailer_is_read_back_for_every_padding() {
        for payload_len in 1..=64 {
            let mut slot = vec![0xee; sealed_len(payload_len, 12)];
            let mut unsealed = Unsealed::new(&mut slot, payload_len, 12).expect("right length");
            unsealed.write_trailer(NEXT_HEADER_LZO);
            let body = &slot[HEADER_LEN..slot.len() - 12];
            let expected = Trailer {
                payload_len,
                next_header: NEXT_HEADER_LZO,
            };
            assert_eq!(Trailer::parse(body), Ok(expected));
        }
    }

    #[test]
    fn bad_trailers_are_refused_by_name() {
        let mut body = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0d\x04";
        assert_eq!(Trailer::parse(&body).map(|trailer| trailer.payload_len), Ok(1));
        body[5] = 0;
        assert_eq!(Trailer::parse(&body), Err(TrailerError::Padding));
        body[5] = 5;
        // padlen + 2 must stay below the length: 14 + 2 leaves no payload, 15 + 2 passes the beginning
        body[0] = 1;
        for pad_len in [14, 15, 255] {
            body[14] = pad_len;
            assert_eq!(Trailer::parse(&body), Err(TrailerError::Padding));
        }
        body[15] = 0x29;
        assert_eq!(Trailer::parse(&body), Err(TrailerError::NextHeader));
        assert_eq!(Trailer::parse(&[4]), Err(TrailerError::Padding));
    }

    #[test]
    fn padding_longer_than_a_block_is_valid() {
        let mut body = [0u8; 272];
        body[0] = 0x45;
        for (octet, number) in body[15..].iter_mut().zip(1..=255) {
            *octet = number;
        }
        body[270..].copy_from_slice(&[255, 4]);
        assert_eq!(Trailer::parse(&body).map(|trailer| trailer.payload_len), Ok(15));
        body[17] ^= 1;
        assert_eq!(Trailer::parse(&body), Err(TrailerError::Padding));
    }
}
