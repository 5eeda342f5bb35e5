//! The vectors of `juniper-nc.md §21` and the framing cases of `§8.3`.

use proptest::prelude::*;

use super::*;
use crate::protocol::UdpOffer;
use crate::secret::Secret;
use crate::wire::kmp::kind;
use crate::wire::vectors::{client_reply, config_form_a, data_split, server_rekey, unhex};

/// Gives the client keys of `§21`: SPI `1d2e3f40`, AES key `10…1f`, SHA1 key `a0…b3`.
struct Vectors;

impl RandomSource for Vectors {
    fn fill(&mut self, out: &mut [u8]) {
        if out.len() == 4 {
            out.copy_from_slice(&[0x1d, 0x2e, 0x3f, 0x40]);
            return;
        }
        for (octet, value) in out.iter_mut().zip((0x10..0x20).chain(0xa0..0xb4)) {
            *octet = value;
        }
    }
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-type: application/octet-stream\r\n\r\n";
const P1: &str = "450000200001000040015f4a0a4207080a140035080061441234000141424344";
const P2: &str = "45000020000200003f0160490a1400350a4207080000fcd7123400017778797a";
const P3: &str = "45000022000300003f0160460a1400350a4207080000573012340002303132333435";

fn config_message() -> Vec<u8> {
    config_form_a()[5..].to_vec()
}

struct Run {
    result: Result<(), LinkError>,
    sent: Vec<u8>,
    outputs: Vec<LinkOutput>,
    packets: Vec<Vec<u8>>,
}

impl Run {
    fn config(&self) -> (&NetworkConfig, Option<&UdpOffer>) {
        let found = self.outputs.iter().find_map(|output| {
            let LinkOutput::Configured { network, udp } = output else {
                return None;
            };
            Some((network.as_ref(), udp.as_ref()))
        });
        found.expect("configured")
    }
}

fn hello() -> Hello {
    Hello {
        request: TunnelRequest {
            host: "vpn.example.com".into(),
            user_agent: "test".into(),
            cookie: Secret::new("DSID=0"),
        },
        local_hostname: "laptop".into(),
        esp: true,
        previous: None,
    }
}

/// Feeds `bytes` to a fresh link in the given pieces. What the link sends begins after its request.
fn run_pieces<'a>(hello: Hello, pieces: impl IntoIterator<Item = &'a [u8]>) -> Run {
    let mut channel = BytesMut::new();
    let mut link = Oncp::open(hello, Box::new(Vectors), &mut channel);
    let mut run = Run {
        result: Ok(()),
        sent: Vec::new(),
        outputs: Vec::new(),
        packets: Vec::new(),
    };
    channel.clear();
    let mut received = Received::new(64);
    for piece in pieces {
        run.result = link.handle_channel(piece, &mut channel, &mut received);
        run.packets.extend(received.packets().map(<[u8]>::to_vec));
        received.clear();
        run.outputs.extend(std::iter::from_fn(|| link.poll_output()));
        run.sent.extend_from_slice(&channel.split());
        if run.result.is_err() {
            break;
        }
    }
    run
}

fn run(bytes: &[u8], step: usize) -> Run {
    run_pieces(hello(), bytes.chunks(step))
}

/// Runs a set-up followed by `bytes` whole, octet by octet, and cut once at every position; all must agree.
fn run_every_way(setup: &[u8], bytes: &[u8]) -> Run {
    let mut whole = setup.to_vec();
    whole.extend_from_slice(bytes);
    let reference = run(&whole, whole.len());
    let octets = run(&whole, 1);
    assert_same(&octets, &reference, "octet by octet");
    for cut in setup.len()..whole.len() {
        let (head, tail) = whole.split_at(cut);
        assert_same(
            &run_pieces(hello(), [head, tail]),
            &reference,
            &format!("cut at {cut}"),
        );
    }
    reference
}

fn assert_same(run: &Run, reference: &Run, what: &str) {
    assert_eq!(run.result, reference.result, "{what}");
    assert_eq!(run.outputs, reference.outputs, "{what}");
    assert_eq!(run.packets, reference.packets, "{what}");
    assert_eq!(run.sent, reference.sent, "{what}");
}

fn setup() -> Vec<u8> {
    [HEAD, &config_form_a()].concat()
}

/// A message as the gateway sends it.
fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 6];
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    out.extend_from_slice(payload);
    out
}

fn record(payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u16).to_le_bytes(), payload].concat()
}

fn data(packets: &[&str]) -> Vec<u8> {
    message(
        kind::DATA,
        &packets
            .iter()
            .flat_map(|packet| unhex(packet))
            .collect::<Vec<_>>(),
    )
}

fn packets(expected: &[&str]) -> Vec<Vec<u8>> {
    expected.iter().map(|packet| unhex(packet)).collect()
}

/// The reply of `§21.3`, after the hostname packet of `§21.1`.
fn expected_reply() -> Vec<u8> {
    let mut expected = b"\x13\0\0\x04\0\0\0\x06\0laptop\xbb\x01\0\0\0\0".to_vec();
    expected.extend(client_reply());
    expected
}

#[test]
fn every_form_of_the_configuration_gives_the_same_result() {
    let message = config_message();
    assert_eq!(message.len(), 367);
    let form_b = [&[0x70, 0x01, 0x00], message.as_slice()].concat();
    let form_c = [&[1, 0, 0, 0xc8, 0], &message[..200], &[0xa7, 0], &message[200..]].concat();
    assert_eq!((form_b.len(), form_c.len()), (370, 374));
    for form in [config_form_a(), form_b, form_c] {
        let run = run_every_way(HEAD, &form);
        assert_eq!(run.result, Ok(()));
        assert_eq!(run.sent, expected_reply());
        let (network, udp) = run.config();
        assert_eq!(network.mtu, 1400);
        assert_eq!(network.address.to_string(), "10.66.7.8");
        assert_eq!(network.prefix_len, Some(32));
        assert_eq!(network.dns.len(), 2);
        assert_eq!(network.domains, ["corp.example", "lab.example"]);
        assert_eq!(network.wins.len(), 1);
        let routes: Vec<_> = network.include.iter().map(ToString::to_string).collect();
        assert_eq!(routes, ["10.20.0.0/16", "192.168.40.0/24"]);
        assert_eq!(network.exclude[0].to_string(), "10.20.99.0/24");
        let udp = udp.expect("ESP is usable");
        assert_eq!((udp.port, udp.fallback_seconds), (4500, Some(15)));
        assert!(udp.keys.replay_protection);
        assert_eq!(udp.keys.outbound.spi, [0x8a, 0x5f, 0x1c, 0x03]);
        assert_eq!(udp.keys.outbound.block[15..18], [0x4f, 0x80, 0x81]);
    }
}

#[test]
fn the_forms_have_the_digests_of_the_notes() {
    let digest = ring::digest::digest(&ring::digest::SHA256, &config_form_a());
    let expected = unhex("129b3899b260a954cad7b8d7e68e19fe914e0f0b3b72cd35fb524be2c13c0d88");
    assert_eq!(digest.as_ref(), expected);
}

#[test]
fn without_esp_only_the_mtu_is_acknowledged() {
    let whole = setup();
    let run = run_pieces(
        Hello {
            esp: false,
            ..hello()
        },
        [whole.as_slice()],
    );
    let reply = &run.sent[21..];
    let expected = "2400000000000000012f0100000001000000000000100006 0000000a000200000004 00000578";
    assert_eq!(reply, unhex(expected));
    assert!(run.config().1.is_none());
}

#[test]
fn joined_and_split_data_messages_are_delivered_in_order() {
    // juniper-nc.md §21.5, and F1, F2, F4, F5, F6, F8, F10
    let run = run_every_way(&setup(), &data_split());
    assert_eq!(run.packets, packets(&[P2, P3, P2]));
}

#[test]
fn one_message_may_span_records() {
    // F3
    let whole = data(&[P2]);
    let stream = [record(&whole[..25]), record(&whole[25..26]), record(&whole[26..])].concat();
    assert_eq!(run_every_way(&setup(), &stream).packets, packets(&[P2]));
}

#[test]
fn records_larger_than_a_tls_record_are_read() {
    // F9, F14: one packet of 40000 octets
    let mut packet = vec![0; 40_000];
    packet[..4].copy_from_slice(&[0x45, 0, 0x9c, 0x40]);
    let bytes = [setup(), record(&message(kind::DATA, &packet))].concat();
    for step in [bytes.len(), 16_384, 1] {
        assert_eq!(run(&bytes, step).packets, std::slice::from_ref(&packet));
    }
}

#[test]
fn a_packet_longer_than_its_message_drops_the_rest_of_it() {
    // F7
    let long = &unhex(P2)[..20];
    let stream = [record(&message(kind::DATA, long)), record(&data(&[P3]))].concat();
    assert_eq!(run_every_way(&setup(), &stream).packets, packets(&[P3]));
}

#[test]
fn empty_unknown_and_foreign_messages_leave_the_stream_in_step() {
    // F11, F12, F13, R58, R59, R60
    let mut old = data(&[P2]);
    old[8] = 0;
    let stream = [
        record(&message(kind::DATA, &[])),
        record(&message(304, b"whatever")),
        record(&message(999, &[])),
        record(&message(kind::DATA, &[&unhex(P2)[..], &[0x60, 1, 2, 3]].concat())),
        record(&old),
    ]
    .concat();
    let run = run_every_way(&setup(), &stream);
    assert_eq!(run.packets, packets(&[P2, P2]));
    assert_eq!(run.result, Ok(()));
}

#[test]
fn termination_is_read_even_inside_a_message() {
    // F15, R95
    let stream = [&record(&data(&[P2])[..30]), [0, 0, 8].as_slice()].concat();
    let run = run_every_way(&setup(), &stream);
    assert_eq!(run.result, Err(LinkError::Terminated { reason: 8 }));
    assert!(run.packets.is_empty());
}

#[test]
fn a_termination_without_reason_is_a_broken_connection() {
    // R97
    let mut channel = BytesMut::new();
    let mut link = Oncp::open(hello(), Box::new(Vectors), &mut channel);
    let mut received = Received::new(64);
    let bytes = [setup(), vec![0, 0]].concat();
    assert_eq!(link.handle_channel(&bytes, &mut channel, &mut received), Ok(()));
    assert_eq!(link.channel_closed(), LinkError::Closed { in_message: true });
}

#[test]
fn a_rekey_is_answered_and_told() {
    // §21.6, R81, R83, R84, R85
    let rekey = server_rekey();
    let stream = [rekey.clone(), record(&[&rekey[2..], &data(&[P2])].concat())].concat();
    let run = run_every_way(&setup(), &stream);
    assert_eq!(run.packets, packets(&[P2]));
    let offers: Vec<_> = run
        .outputs
        .iter()
        .filter_map(|output| {
            let LinkOutput::Rekeyed(offer) = output else {
                return None;
            };
            Some(offer)
        })
        .collect();
    assert_eq!(offers.len(), 2);
    assert_eq!(offers[0].keys.outbound.spi, [0x9b, 0, 0x11, 0x22]);
    assert_eq!(offers[0].port, 4500);
    assert_ne!(offers[0].keys.inbound.spi, offers[1].keys.inbound.spi);
    let answers = &run.sent[expected_reply().len()..];
    assert_eq!(answers.len(), 2 * 108);
    assert_eq!(answers[..2], [0x6a, 0]);
    // from its message header on it is the second half of the first reply, but for the SPI
    let reply = &expected_reply()[21 + 38..];
    assert_eq!((&answers[2..32], &answers[36..108]), (&reply[..30], &reply[34..]));
}

#[test]
fn unusable_new_keys_switch_esp_off_and_keep_the_channel() {
    let mut payload = BytesMut::new();
    crate::wire::tlv::write_group(&mut payload, 7, |out| {
        crate::wire::tlv::write_attribute(out, 1, &[1, 2, 3, 4]);
    });
    let stream = [record(&message(kind::KEYS, &payload)), record(&data(&[P2]))].concat();
    let run = run_every_way(&setup(), &stream);
    assert!(matches!(run.outputs.last(), Some(LinkOutput::UdpUnusable { .. })));
    assert_eq!(run.packets, packets(&[P2]));
}

#[test]
fn the_gateway_may_switch_esp_off() {
    // R61
    let off = unhex("2100000000000000012f0100000000000000 0000000d0006000000070001000000 0100");
    let run = run_every_way(&setup(), &off);
    assert_eq!(run.outputs.last(), Some(&LinkOutput::UdpOff));
}

#[test]
fn data_around_the_configuration_is_kept() {
    // R48, R53: between two records of the configuration, and behind it in the same record
    let config = config_message();
    // the rest of the configuration may be shorter than what stands before it
    for cut in [100, config.len() - 60, config.len() - 20, config.len() - 1] {
        let stream = [
            vec![1, 0, 0],
            record(&config[..cut]),
            record(&data(&[P2])),
            record(&[&config[cut..], &data(&[P3])].concat()),
        ]
        .concat();
        let run = run_every_way(HEAD, &stream);
        assert_eq!(run.result, Ok(()), "cut at {cut}");
        assert_eq!(run.packets, packets(&[P2, P3]), "cut at {cut}");
    }
}

#[test]
fn refusals_are_told_apart() {
    let table: [(&[u8], LinkError); 7] = [
        (
            b"SSH-2.0-x\r\n",
            LinkError::NotAGateway(crate::wire::http_head::HeadError::NotHttp),
        ),
        (
            b"HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n",
            LinkError::CookieRefused { status: 302 },
        ),
        (
            b"HTTP/1.1 403 Forbidden\r\n\r\n",
            LinkError::CookieRefused { status: 403 },
        ),
        (
            b"HTTP/1.1 500 Oops\r\n\r\n",
            LinkError::HttpStatus { status: 500 },
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\x00\x00\x01",
            LinkError::SessionRejected { reason: 1 },
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\x01\x00\x08",
            LinkError::Refused { code: 8 },
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\x05\x00\x09",
            LinkError::Refused { code: 9 },
        ),
    ];
    for (bytes, error) in table {
        for step in [bytes.len(), 1] {
            assert_eq!(run(bytes, step).result, Err(error.clone()));
        }
    }
}

#[test]
fn wrong_first_messages_are_refused() {
    let head = [HEAD, &[1, 0, 0]].concat();
    let keys = [head.clone(), record(&message(kind::KEYS, &[]))].concat();
    assert_eq!(
        run(&keys, keys.len()).result,
        Err(LinkError::UnexpectedMessage { kind: kind::KEYS })
    );
    let mut odd = message(kind::CONFIG, &[]);
    odd[12] = 7;
    let odd = [head.clone(), record(&odd)].concat();
    assert!(matches!(run(&odd, 1).result, Err(LinkError::Malformed(_))));
    let empty = [head, record(&message(kind::CONFIG, &[]))].concat();
    assert_eq!(run(&empty, 1).result, Err(LinkError::Missing { what: "netmask" }));
}

/// The set-up with the configuration's payload changed.
fn with_groups(groups: impl FnOnce(&mut BytesMut)) -> Run {
    let mut payload = BytesMut::new();
    groups(&mut payload);
    let bytes = [HEAD, &[1, 0, 0], &record(&message(kind::CONFIG, &payload))].concat();
    run(&bytes, bytes.len())
}

fn address_group(out: &mut BytesMut) {
    use crate::wire::tlv::{write_attribute, write_group};
    write_group(out, 1, |out| {
        write_attribute(out, 1, &[10, 66, 7, 8]);
        write_attribute(out, 2, &[255; 4]);
    });
}

#[test]
fn odd_routes_domains_and_mtu_are_mended() {
    use crate::wire::tlv::{write_attribute, write_group};
    // R66, R67, R70, and a missing MTU (§7.5)
    let run = with_groups(|out| {
        address_group(out);
        write_group(out, 2, |out| {
            for last in 1..=5 {
                write_attribute(out, 1, &[10, 0, 0, last]);
            }
            write_attribute(out, 2, b"a.example,b.example;rm -rf\0");
            write_attribute(out, 2, b"c.example\0");
        });
        write_group(out, 3, |out| {
            write_attribute(out, 3, &[10, 1, 2, 3, 255, 255, 0, 0]);
            write_attribute(out, 3, &[0; 8]);
            write_attribute(out, 3, &[10, 9, 0, 0, 255, 0, 255, 0]);
            write_attribute(out, 3, &[10, 9, 0, 0, 0, 0, 0, 0]);
            write_attribute(out, 3, &[10, 9, 0, 0]);
        });
    });
    let (network, udp) = run.config();
    let routes: Vec<_> = network.include.iter().map(ToString::to_string).collect();
    assert_eq!(routes, ["10.1.0.0/16", "0.0.0.0/0", "0.0.0.0/0"]);
    assert!(network.default_route);
    assert_eq!(network.dns.len(), 5);
    assert_eq!(network.domains, ["a.example", "c.example"]);
    assert_eq!(network.mtu, 1326);
    assert!(udp.is_none());
}

#[test]
fn addresses_no_host_can_have_are_refused() {
    use crate::wire::tlv::{write_attribute, write_group};
    for address in [
        [0, 0, 0, 0],
        [127, 0, 0, 1],
        [224, 0, 0, 5],
        [255; 4],
        [0, 1, 2, 3],
    ] {
        let run = with_groups(|out| {
            write_group(out, 1, |out| {
                write_attribute(out, 1, &address);
                write_attribute(out, 2, &[255; 4]);
            });
        });
        let address = address.into();
        assert_eq!(run.result, Err(LinkError::UnusableAddress { address }));
    }
}

#[test]
fn a_mask_of_zero_stands_for_the_address_alone_and_a_huge_mtu_is_capped() {
    use crate::wire::tlv::{write_attribute, write_group};
    let run = with_groups(|out| {
        write_group(out, 1, |out| {
            write_attribute(out, 1, &[10, 1, 2, 3]);
            write_attribute(out, 2, &[0; 4]);
        });
        write_group(out, 6, |out| write_attribute(out, 2, &65_535_u32.to_be_bytes()));
    });
    let (network, _) = run.config();
    assert_eq!((network.prefix_len, network.mtu), (Some(32), 9216));
}

#[test]
fn endless_messages_before_the_configuration_end_the_link() {
    let mut bytes = [HEAD, &[1, 0, 0]].concat();
    for _ in 0..2000 {
        bytes.extend(record(&message(999, &[])));
    }
    assert!(matches!(run(&bytes, 1000).result, Err(LinkError::Malformed(_))));
}

#[test]
fn essential_attributes_of_a_wrong_length_are_fatal() {
    use crate::wire::tlv::{write_attribute, write_group};
    let run = with_groups(|out| {
        address_group(out);
        write_group(out, 7, |out| write_attribute(out, 2, &[1; 63]));
    });
    assert_eq!(
        run.result,
        Err(LinkError::BadAttribute {
            group: 7,
            number: 2,
            len: 63
        })
    );
}

#[test]
fn unusable_esp_parameters_leave_a_tunnel_over_tls() {
    use crate::wire::tlv::{write_attribute, write_group};
    // R92, R93: cipher, MAC, port; and compression 2
    for (number, value) in [(1, &[7][..]), (2, &[9]), (4, &[0, 0]), (3, &[2])] {
        let payload = config_message()[HEADER_LEN..].to_vec();
        let mut payload = BytesMut::from(payload.as_slice());
        write_group(&mut payload, 8, |out| write_attribute(out, number, value));
        let bytes = [HEAD, &[1, 0, 0], &record(&message(kind::CONFIG, &payload))].concat();
        let run = run(&bytes, bytes.len());
        assert!(run.config().1.is_none(), "8/{number}");
        assert_eq!(run.sent.len(), 21 + 38, "8/{number}");
    }
}

#[test]
fn a_configuration_of_two_thousand_routes_is_read() {
    use crate::wire::tlv::{write_attribute, write_group};
    // R52: 40 KiB over several records, each over several TLS records
    let mut payload = BytesMut::new();
    address_group(&mut payload);
    write_group(&mut payload, 3, |out| {
        for index in 0..2000_u16 {
            let [high, low] = index.to_be_bytes();
            write_attribute(out, 3, &[10, high, low, 0, 255, 255, 255, 0]);
        }
    });
    let whole = message(kind::CONFIG, &payload);
    let records: Vec<u8> = whole.chunks(9000).flat_map(record).collect();
    let bytes = [HEAD, &[1, 0, 0], &records].concat();
    for step in [bytes.len(), 1400, 7] {
        assert_eq!(run(&bytes, step).config().0.include.len(), 2000);
    }
}

#[test]
fn a_reconnect_may_leave_the_address_out() {
    // R98
    let previous = run(&setup(), setup().len()).config().0.clone();
    let bytes = [HEAD, &[1, 0, 0], &record(&message(kind::CONFIG, &[]))].concat();
    let run = run_pieces(
        Hello {
            previous: Some(previous),
            ..hello()
        },
        [bytes.as_slice()],
    );
    assert_eq!(run.config().0.address.to_string(), "10.66.7.8");
}

#[test]
fn outgoing_packets_are_framed_as_in_the_notes() {
    // §21.5
    let mut channel = BytesMut::new();
    let mut link = Oncp::open(hello(), Box::new(Vectors), &mut channel);
    channel.clear();
    assert_eq!(
        link.wrap(&mut [unhex(P1).as_slice()].into_iter(), &mut channel),
        32
    );
    let expected = [unhex("3400000000000000012c01000000010000000000 0020"), unhex(P1)].concat();
    assert_eq!(channel, expected.as_slice());
}

proptest! {
    #[test]
    fn any_cuts_of_a_busy_transcript_agree(cuts in proptest::collection::vec(1..200_usize, 1..60)) {
        let rekey = server_rekey();
        let whole = [setup(), data_split(), rekey,
            record(&[message(999, b"x"), data(&[P2, P3])].concat()), vec![0, 0, 1]].concat();
        let reference = run(&whole, whole.len());
        let (mut pieces, mut rest) = (Vec::new(), whole.as_slice());
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            pieces.push(head);
            rest = tail;
        }
        pieces.push(rest);
        assert_same(&run_pieces(hello(), pieces), &reference, "cuts");
    }

    #[test]
    fn hostile_octets_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 1..50_usize) {
        let _ = run(&[setup(), bytes].concat(), step);
    }
}
