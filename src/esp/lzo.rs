//! Decompression of inner packets (`juniper-nc.md §13.7`): raw LZO1X streams, one for each packet.

/// A compressed packet that cannot be decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LzoError {
    /// The input ends before the end marker.
    #[error("compressed packet has no end marker")]
    Unfinished,
    /// Octets follow the end marker.
    #[error("compressed packet goes on after its end marker")]
    InputLeft,
    /// A match reaches back before the first octet of output.
    #[error("compressed packet refers to octets before its beginning")]
    Lookbehind,
    /// The output does not fit.
    #[error("compressed packet grows too large")]
    TooLarge,
    /// An instruction that no encoder writes.
    #[error("compressed packet is malformed")]
    Malformed,
}

/// Decompresses `input` into the beginning of `output` and returns how many octets that took. Succeeds only when the
/// end marker is reached and is the end of the input.
pub fn decompress(input: &[u8], output: &mut [u8]) -> Result<usize, LzoError> {
    lzokay::decompress::decompress(input, output).map_err(|error| match error {
        lzokay::Error::InputOverrun => LzoError::Unfinished,
        lzokay::Error::InputNotConsumed => LzoError::InputLeft,
        lzokay::Error::LookbehindOverrun => LzoError::Lookbehind,
        lzokay::Error::OutputOverrun => LzoError::TooLarge,
        lzokay::Error::Error => LzoError::Malformed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_the_notes() {
        let mut output = [0; 64];
        let len = decompress(b"\x15abcd\x11\0\0", &mut output).expect("valid stream");
        assert_eq!(&output[..len], b"abcd");
        let len = decompress(b"\x12x\x20\x10\0\0\x11\0\0", &mut output).expect("valid stream");
        assert_eq!(output[..len], [b'x'; 50]);
    }

    #[test]
    fn each_failure_has_its_name() {
        let fail =
            |input: &[u8], room: usize| decompress(input, &mut [0; 300][..room]).expect_err("bad stream");
        assert_eq!(fail(b"\x15abcd", 64), LzoError::Unfinished);
        assert_eq!(fail(b"", 64), LzoError::Unfinished);
        assert_eq!(fail(b"\x11\0", 64), LzoError::Unfinished);
        assert_eq!(fail(b"\x15abcd\x11\0\0\xee", 64), LzoError::InputLeft);
        // four octets of output, then a match at distance 5
        assert_eq!(fail(b"\x15abcd\x21\x10\0\x11\0\0", 64), LzoError::Lookbehind);
        assert_eq!(fail(b"\x15abcd\x11\0\0", 3), LzoError::TooLarge);
        assert_eq!(fail(b"\x12x\x20\x10\0\0\x11\0\0", 49), LzoError::TooLarge);
        // an end marker of length 4
        assert_eq!(fail(b"\x15abcd\x12\0\0", 64), LzoError::Malformed);
    }

    #[test]
    fn the_largest_packet_fits_and_one_octet_more_does_not() {
        let mut output = vec![0; crate::packet::MAX_IP_PACKET];
        // one literal, then a match of 2 + 31 + 255 · zeros + last octet
        let stream = |zeros: usize, last: u8| {
            let mut stream = b"\x12x\x20".to_vec();
            stream.extend(std::iter::repeat_n(0, zeros));
            stream.extend([last, 0, 0, 0x11, 0, 0]);
            stream
        };
        let rest = crate::packet::MAX_IP_PACKET - 1 - 33;
        let (zeros, last) = (rest / 255, (rest % 255) as u8);
        assert_eq!(decompress(&stream(zeros, last), &mut output), Ok(65_535));
        assert_eq!(
            decompress(&stream(zeros, last + 1), &mut output),
            Err(LzoError::TooLarge)
        );
        assert_eq!(
            decompress(&stream(60_000, 1), &mut output),
            Err(LzoError::TooLarge)
        );
    }

    proptest::proptest! {
        #[test]
        fn noise_never_panics(input in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut output = [0; 2048];
            if let Ok(len) = decompress(&input, &mut output) {
                assert!(len <= output.len());
            }
        }
    }
}
