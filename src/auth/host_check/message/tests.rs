//! Packets written by hand, and damaged ones.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::*;

fn one(code: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, code, payload);
    out
}

fn deflate(octets: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

fn text(octets: &[u8]) -> Packet {
    Packet::Text {
        code: TEXT,
        octets: octets.to_vec(),
    }
}

#[test]
fn packets_have_the_documented_layout() {
    // juniper-nc.md §5.5, written by hand
    let octets = [
        0, 0, 0x0c, 0xe5, 0xc0, 0, 0, 17, 0, 0, 0x05, 0x83, b'h', b'e', b'l', b'l', b'o', 0, 0, 0,
    ];
    assert_eq!(one(LANGUAGE, b"hello"), octets);
    let hello = Packet::Text {
        code: LANGUAGE,
        octets: b"hello".to_vec(),
    };
    assert_eq!(decode(&octets), Ok(vec![hello]));
    let mut out = Vec::new();
    put_named(&mut out, POLICIES, "a");
    assert_eq!(
        out,
        [
            0, 0, 0x0c, 0xe7, 0xc0, 0, 0, 19, 0, 0, 0x05, 0x83, 0, 5, 0x83, 0x16, b'a', 0, 0, 0
        ]
    );
}

#[test]
fn every_code_of_the_table_is_read() {
    let stream = deflate(&one(TEXT, b"x"));
    let of_list = |code, packets| Packet::List { code, packets };
    let table = [
        (
            NUMBER,
            vec![1, 2, 3, 4],
            Packet::Number {
                code: NUMBER,
                value: 0x0102_0304,
            },
        ),
        (
            COUNT,
            vec![0, 0, 0, 7],
            Packet::Number {
                code: COUNT,
                value: 7,
            },
        ),
        (MESSAGE, one(TEXT, b"x"), of_list(MESSAGE, vec![text(b"x")])),
        // the number that senders put where a list should be
        (MESSAGE, vec![1, 0, 0, 0], of_list(MESSAGE, vec![])),
        (
            COMPRESSED,
            [&[9; 4], stream.as_slice()].concat(),
            of_list(COMPRESSED, vec![text(b"x")]),
        ),
        (GROUP, vec![], of_list(GROUP, vec![])),
        (TEXT, b"x\0y\0\0".to_vec(), text(b"x\0y")),
        (TEXT, b"\0\0".to_vec(), text(b"")),
        (
            NAMED,
            b"\0\0\0\x01x\0\0".to_vec(),
            Packet::Named {
                id: 1,
                octets: b"x".to_vec(),
            },
        ),
        (SINGLE, one(TEXT, b"x"), of_list(SINGLE, vec![text(b"x")])),
        (0x0ce6, b"??".to_vec(), Packet::Unknown { code: 0x0ce6 }),
    ];
    for (code, payload, packet) in table {
        assert_eq!(decode(&one(code, &payload)), Ok(vec![packet]), "{code:#x}");
    }
}

#[test]
fn compressed_strings_are_inflated_even_when_their_checksum_ends_in_nul() {
    let plain = (0..u8::MAX)
        .map(|octet| vec![octet; 300])
        .find(|plain| deflate(plain).ends_with(&[0]))
        .expect("one of 255 checksums");
    for plain in [b"policies".to_vec(), plain] {
        let stream = deflate(&plain);
        let payload = [b"\0\0\0\x01COMPRESSED:300:".as_slice(), &stream, &[0, 0]].concat();
        let named = Packet::Named { id: 1, octets: plain };
        assert_eq!(decode(&one(NAMED, &payload)), Ok(vec![named]));
    }
}

#[test]
fn each_defect_has_its_error() {
    let nested = |levels| (0..levels).fold(Vec::new(), |inner, _| one(MESSAGE, &inner));
    let bomb = deflate(&vec![0; MAX_INFLATED + 1]);
    let compressed = |stream: &[u8]| one(COMPRESSED, &[&[0; 4], stream].concat());
    let damaged = deflate(b"0123456789");
    let table = [
        (nested(18), MessageError::TooDeep),
        (one(TEXT, b"").repeat(MAX_PACKETS + 1), MessageError::TooMany),
        (one(NUMBER, b"123"), MessageError::TooShort { code: NUMBER }),
        (one(NAMED, b"123"), MessageError::TooShort { code: NAMED }),
        (one(COMPRESSED, b""), MessageError::TooShort { code: COMPRESSED }),
        (
            one(SINGLE, b""),
            MessageError::NotSingle {
                code: SINGLE,
                count: 0,
            },
        ),
        (
            one(SINGLE, &one(TEXT, b"").repeat(2)),
            MessageError::NotSingle {
                code: SINGLE,
                count: 2,
            },
        ),
        (compressed(&bomb), MessageError::TooLarge),
        (compressed(b"no zlib"), MessageError::BadCompression),
        (
            compressed(&damaged[..damaged.len() - 5]),
            MessageError::BadCompression,
        ),
        (
            one(NAMED, b"\0\0\0\x01COMPRESSED:x:y"),
            MessageError::BadCompression,
        ),
        (one(TEXT, b"12345678")[..16].to_vec(), MessageError::BadLength),
        (
            [0, 0, 0x0c, 0xe5, 0xc0, 0, 0, 11, 0, 0, 5, 0x83].to_vec(),
            MessageError::BadLength,
        ),
    ];
    for (octets, error) in table {
        assert_eq!(decode(&octets), Err(error));
    }
    assert!(decode(&nested(16)).is_ok());
}

#[test]
fn compressed_parts_share_one_limit() {
    let half = deflate(&vec![0; MAX_INFLATED / 2 + 1]);
    let part = one(COMPRESSED, &[&[0; 4], half.as_slice()].concat());
    // zeros are packets without a length, which is found first: strings take any octet
    let string = [b"\0\0\0\x01COMPRESSED:1:".as_slice(), &half].concat();
    let strings = one(NAMED, &string).repeat(2);
    assert_eq!(decode(&part), Err(MessageError::BadLength));
    assert!(decode(&one(NAMED, &string)).is_ok());
    assert_eq!(decode(&strings), Err(MessageError::TooLarge));
}

#[test]
fn a_missing_padding_and_a_few_octets_more_are_no_defects() {
    let octets = one(LANGUAGE, b"hello");
    let count = |octets: &[u8]| decode(octets).unwrap().len();
    assert_eq!(count(&octets[..17]), 1);
    assert_eq!(count(&[octets.as_slice(), &[1; 11]].concat()), 1);
    assert_eq!(count(&[]), 0);
}

#[test]
fn named_strings_count_only_in_groups() {
    let mut string = Vec::new();
    put_named(&mut string, POLICIES, "x");
    let mut other = Vec::new();
    put_named(&mut other, MACHINE_DATA, "y");
    let found = |octets: &[u8]| {
        let packets = decode(octets).unwrap();
        let strings = named(&packets, POLICIES);
        strings.iter().map(|octets| octets.to_vec()).collect::<Vec<_>>()
    };
    assert!(found(&one(MESSAGE, &string)).is_empty());
    let group = one(GROUP, &[string.clone(), other, one(SINGLE, &string)].concat());
    assert_eq!(found(&one(MESSAGE, &group)), [b"x", b"x"]);
}
