//! The whole link, fed with any octets behind a set-up, in any pieces.
//!
//! The first octet of the input chooses how much of the set-up goes ahead, the second one seeds the sizes of the
//! pieces, the rest is what the gateway says.

use std::cell::RefCell;

use bytes::BytesMut;
use vpnc_cli::packet::Received;
use vpnc_cli::protocol::oncp::{Hello, Oncp};
use vpnc_cli::protocol::{Link as _, LinkError, LinkOutput};
use vpnc_cli::random::RandomSource;
use vpnc_cli::secret::Secret;
use vpnc_cli::wire::http_head::TunnelRequest;
use vpnc_cli::wire::tlv::{write_attribute, write_group};

/// Feeds the octets whole and in pieces, which must come to the same.
pub fn run(data: &[u8]) {
    let [ahead, seed, said @ ..] = data else { return };
    let mut octets = match ahead & 3 {
        0 => Vec::new(),
        1 => HEAD.to_vec(),
        2 => [HEAD, b"\x01\0\0"].concat(),
        _ => [HEAD, b"\x01\0\0", &configuration()].concat(),
    };
    octets.extend_from_slice(said);
    let esp = ahead & 4 == 0;
    let whole = feed(&octets, esp, &mut |left| left);
    let mut size = u32::from(*seed);
    let pieces = feed(&octets, esp, &mut |_| {
        size = size.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        1 + (size >> 16) as usize % 40
    });
    assert_eq!(whole, pieces);
}

/// Everything that a link makes of some octets.
#[derive(Debug, PartialEq)]
struct Outcome {
    packets: Vec<Vec<u8>>,
    outputs: Vec<LinkOutput>,
    channel: BytesMut,
    error: Option<LinkError>,
}

fn feed(mut octets: &[u8], esp: bool, size: &mut dyn FnMut(usize) -> usize) -> Outcome {
    let mut outcome = Outcome {
        packets: Vec::new(),
        outputs: Vec::new(),
        channel: BytesMut::new(),
        error: None,
    };
    let mut link = Oncp::open(hello(esp), Box::new(Counter(0)), &mut outcome.channel);
    ARENA.with_borrow_mut(|received| {
        while !octets.is_empty() && outcome.error.is_none() {
            let (piece, rest) = octets.split_at(size(octets.len()).min(octets.len()));
            octets = rest;
            let before = outcome.channel.len();
            received.clear();
            let result = link.handle_channel(piece, &mut outcome.channel, received);
            assert!(outcome.channel.len() >= before);
            outcome.error = result.err();
            outcome.outputs.extend(std::iter::from_fn(|| link.poll_output()));
            for packet in received.packets() {
                assert!(packet.len() >= 20 && packet[0] >> 4 == 4);
                outcome.packets.push(packet.to_vec());
            }
        }
    });
    if outcome.error.is_none() {
        outcome.error = Some(link.channel_closed());
    }
    outcome
}

fn hello(esp: bool) -> Hello {
    Hello {
        request: TunnelRequest {
            host: "vpn.example.com".to_owned(),
            user_agent: "fuzz".to_owned(),
            cookie: Secret::new("DSID=0"),
        },
        local_hostname: "laptop".to_owned(),
        esp,
        previous: None,
    }
}

/// A KMP 301 in a record of its own, with all that a tunnel over ESP needs.
fn configuration() -> Vec<u8> {
    let mut payload = BytesMut::new();
    write_group(&mut payload, 6, |out| {
        write_attribute(out, 2, &1400_u32.to_be_bytes())
    });
    write_group(&mut payload, 1, |out| {
        write_attribute(out, 1, &[10, 66, 7, 8]);
        write_attribute(out, 2, &[255; 4]);
    });
    write_group(&mut payload, 8, |out| {
        write_attribute(out, 1, &[2]);
        write_attribute(out, 2, &[2]);
        write_attribute(out, 4, &4500_u16.to_be_bytes());
    });
    write_group(&mut payload, 7, |out| {
        write_attribute(out, 1, b"spi!");
        write_attribute(out, 2, &[7; 64]);
    });
    let len = u16::try_from(payload.len()).expect("short");
    let mut record = (len + 20).to_le_bytes().to_vec();
    record.extend_from_slice(&[0, 0, 0, 0, 0, 0, 1, 0x2d, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    record.extend_from_slice(&len.to_be_bytes());
    record.extend_from_slice(&payload);
    record
}

/// Counts upwards, so that every draw differs.
struct Counter(u8);

impl RandomSource for Counter {
    fn fill(&mut self, out: &mut [u8]) {
        for octet in out {
            self.0 = self.0.wrapping_add(1);
            *octet = self.0;
        }
    }
}

thread_local! {
    static ARENA: RefCell<Received> = RefCell::new(Received::new(64));
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nNCP-Version: 2\r\nSet-Cookie: DSLastAccess=1; path=/\r\n\r\n";
