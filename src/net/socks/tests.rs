//! The stack against a peer that is made up packet by packet.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use smoltcp::wire::{Ipv4Packet, TcpPacket, TcpSeqNumber};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stack::{MAX_CONNECTIONS, NoConnection, Stack};
use super::stream::Stream;
use crate::config::testing::config;
use crate::packet::{Batch, Received};

/// A segment as a peer inside would send it, checksums right.
#[derive(Debug, Clone, Default)]
struct Segment {
    flags: u8,
    seq: i32,
    ack: i32,
    window: u16,
    payload: Vec<u8>,
}

fn stack() -> Arc<Stack> {
    let stack = Stack::new();
    stack.configure(&config(&["10.0.0.0/8"], &[]), 1400);
    stack
}

fn sent(stack: &Stack) -> Vec<Vec<u8>> {
    let mut batch = Batch::new(2000);
    stack.lock().read(&mut batch);
    batch.packets().map(<[u8]>::to_vec).collect()
}

fn deliver(stack: &Stack, packets: &[Vec<u8>]) {
    for packet in packets {
        let mut received = Received::new(2000);
        assert!(received.spill(packet));
        stack.lock().write(&received);
    }
}

/// Our first packet of a connection: port and number to acknowledge.
fn first_packet(stack: &Stack) -> (u16, i32) {
    let packets = sent(stack);
    let ip = Ipv4Packet::new_checked(&packets[0][..]).expect("a packet");
    let tcp = TcpPacket::new_checked(ip.payload()).expect("a segment");
    assert!(tcp.syn() && !tcp.ack() && packets.len() == 1);
    (tcp.src_port(), tcp.seq_number().0.wrapping_add(1))
}

fn packet(port: u16, segment: &Segment) -> Vec<u8> {
    let len = 40 + segment.payload.len();
    let mut packet = vec![0; len];
    let (from, to): (Ipv4Addr, Ipv4Addr) = (*PEER.ip(), OURS);
    let mut ip = Ipv4Packet::new_unchecked(&mut packet[..]);
    ip.set_version(4);
    ip.set_header_len(20);
    ip.set_total_len(len as u16);
    ip.set_hop_limit(64);
    ip.set_next_header(smoltcp::wire::IpProtocol::Tcp);
    ip.set_src_addr(from);
    ip.set_dst_addr(to);
    ip.fill_checksum();
    let mut tcp = TcpPacket::new_unchecked(ip.payload_mut());
    tcp.set_src_port(PEER.port());
    tcp.set_dst_port(port);
    tcp.set_seq_number(TcpSeqNumber(segment.seq));
    tcp.set_ack_number(TcpSeqNumber(segment.ack));
    tcp.clear_flags();
    tcp.set_header_len(20);
    tcp.set_fin(segment.flags & 1 != 0);
    tcp.set_syn(segment.flags & 2 != 0);
    tcp.set_rst(segment.flags & 4 != 0);
    tcp.set_psh(segment.flags & 8 != 0);
    tcp.set_ack(segment.flags & 16 != 0);
    tcp.set_urg(segment.flags & 32 != 0);
    tcp.set_window_len(segment.window);
    tcp.payload_mut().copy_from_slice(&segment.payload);
    tcp.fill_checksum(&from.into(), &to.into());
    packet
}

/// A connection that stands: the stream, our port, our number and the peer's.
async fn established(stack: &Arc<Stack>) -> (Stream, u16, i32, i32) {
    let mut port_and_ack = None;
    let connecting = Stream::connect(stack, PEER, LIMIT);
    tokio::pin!(connecting);
    let stream = loop {
        tokio::select! {
            biased;
            stream = &mut connecting => break stream.expect("connected"),
            () = tokio::task::yield_now() => {
                if port_and_ack.is_none() {
                    let (port, ack) = first_packet(stack);
                    let answer = Segment { flags: SYN | ACK, seq: 1000, ack, window: 60_000, ..Segment::default() };
                    deliver(stack, &[packet(port, &answer)]);
                    port_and_ack = Some((port, ack));
                }
            }
        }
    };
    let (port, ack) = port_and_ack.expect("it was answered");
    assert_eq!(sent(stack).len(), 1, "the last of three");
    (stream, port, ack, 1001)
}

#[tokio::test]
async fn octets_and_the_end_of_each_direction_are_passed_on() {
    let stack = stack();
    let (mut stream, port, ack, seq) = established(&stack).await;
    stream.write_all(b"question").await.expect("room");
    stream.shutdown().await.expect("an end");
    let packets = sent(&stack);
    assert!(
        packets.iter().any(|packet| packet.ends_with(b"question")),
        "{packets:?}"
    );
    let answer = |flags, seq, payload: &[u8]| {
        let payload = payload.to_vec();
        packet(
            port,
            &Segment {
                flags,
                seq,
                ack: ack + 9,
                window: 60_000,
                payload,
            },
        )
    };
    deliver(
        &stack,
        &[answer(ACK, seq, b"answer"), answer(ACK | FIN, seq + 6, b"")],
    );
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("all of it");
    assert_eq!(text, "answer");
    drop(stream);
    sent(&stack);
    sent(&stack);
    assert_eq!(stack.lock().counts(), (0, 0, 0), "nothing is left of it");
}

#[tokio::test]
async fn nothing_wakes_a_stack_whose_connections_are_idle() {
    let stack = stack();
    assert_eq!(stack.lock().delay(), None);
    let (stream, ..) = established(&stack).await;
    sent(&stack);
    assert_eq!(stack.lock().delay(), None);
    drop(stream);
    assert_eq!(stack.lock().delay(), Some(Duration::ZERO), "a reset is due");
    assert_eq!(sent(&stack).len(), 1);
    assert_eq!(stack.lock().delay(), None);
}

#[tokio::test]
async fn another_address_ends_all_connections_silently() {
    let stack = stack();
    let (mut stream, ..) = established(&stack).await;
    let mut other = config(&["10.0.0.0/8"], &[]);
    stack.configure(&other, 1300);
    stream.write_all(b"goes on").await.expect("the same address");
    other.address = [10, 20, 1, 3].into();
    stack.configure(&other, 1400);
    let error = stream.read_u8().await.expect_err("over");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(sent(&stack), Vec::<Vec<u8>>::new());
    drop(stream);
    sent(&stack);
    assert_eq!(stack.lock().counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_reason_why_there_is_no_connection_is_told() {
    let stack = stack();
    let silence = Stream::connect(&stack, PEER, LIMIT).await;
    assert_eq!(silence.err(), Some(NoConnection::Silence));
    sent(&stack);
    for (code, expected) in [
        (None, NoConnection::Refused),
        (Some(0), NoConnection::Network),
        (Some(1), NoConnection::Host),
        (Some(3), NoConnection::Refused),
        (Some(13), NoConnection::Forbidden),
    ] {
        let connecting = Stream::connect(&stack, PEER, LIMIT);
        let answering = async {
            tokio::task::yield_now().await;
            let packets = sent(&stack);
            let ip = Ipv4Packet::new_checked(&packets[0][..]).expect("a packet");
            let tcp = TcpPacket::new_checked(ip.payload()).expect("a segment");
            let (port, ack) = (tcp.src_port(), tcp.seq_number().0.wrapping_add(1));
            let answer = match code {
                None => packet(
                    port,
                    &Segment {
                        flags: RST | ACK,
                        ack,
                        ..Segment::default()
                    },
                ),
                Some(code) => {
                    let mut message = packet(port, &Segment::default())[..20].to_vec();
                    message[9] = 1;
                    message.extend([3, code, 0, 0, 0, 0, 0, 0]);
                    message.extend(&packets[0]);
                    message
                }
            };
            deliver(&stack, &[answer]);
        };
        let (outcome, ()) = tokio::join!(connecting, answering);
        assert_eq!(outcome.err(), Some(expected), "{code:?}");
        while !sent(&stack).is_empty() {}
    }
}

#[test]
fn connections_are_limited_and_those_without_a_holder_give_way() {
    let stack = stack();
    let connect = || stack.lock().connect(PEER);
    let handles: Vec<_> = (0..MAX_CONNECTIONS).map(|_| connect().expect("room").0).collect();
    assert_eq!(connect().err(), Some(NoConnection::TooMany));
    assert_eq!(stack.lock().converse().err(), Some(NoConnection::TooMany));
    for handle in handles {
        stack.lock().release_tcp(handle);
    }
    assert_eq!(stack.lock().counts(), (0, MAX_CONNECTIONS, MAX_CONNECTIONS));
    connect().expect("room");
    let (held, orphans, sockets) = stack.lock().counts();
    assert_eq!(
        (held, orphans, sockets),
        (1, MAX_CONNECTIONS - 1, MAX_CONNECTIONS)
    );
}

fn segments() -> impl Strategy<Value = Vec<Segment>> {
    let near = prop_oneof![-3..3000_i32, any::<i32>()];
    let segment = (any::<u8>(), near.clone(), near, any::<u16>(), 0_usize..1300).prop_map(
        |(flags, seq, ack, window, len)| Segment {
            flags,
            seq,
            ack,
            window,
            payload: vec![7; len],
        },
    );
    proptest::collection::vec(segment, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_packet_makes_it_panic(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..20), starts in any::<u8>()) {
        let stack = stack();
        stack.lock().connect(PEER).expect("room");
        for mut packet in packets {
            // most of it would be thrown away at the first look
            if let Some(head) = packet.first_chunk_mut::<20>() {
                head[0] = if starts & 1 == 0 { 0x45 } else { head[0] & 0x4f | 0x40 };
                head[9] = [1, 6, 17, head[9]][usize::from(starts >> 6)];
                head[16..].copy_from_slice(&OURS.octets());
                let len = packet.len() as u16;
                packet[2..4].copy_from_slice(&len.to_be_bytes());
                let mut ip = Ipv4Packet::new_unchecked(&mut packet[..]);
                if usize::from(ip.header_len()) <= usize::from(len) {
                    ip.fill_checksum();
                }
            }
            if packet.is_empty() {
                continue;
            }
            deliver(&stack, &[packet]);
            sent(&stack);
        }
    }

    #[test]
    fn no_peer_makes_it_panic_or_send_for_ever(segments in segments(), written in 0_usize..20_000) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let stack = stack();
            let (mut stream, port, ack, seq) = established(&stack).await;
            let _ = stream.write(&vec![1; written]).await;
            for segment in segments {
                let segment = Segment {
                    seq: segment.seq.wrapping_add(seq),
                    ack: segment.ack.wrapping_add(ack),
                    ..segment
                };
                deliver(&stack, &[packet(port, &segment)]);
                let mut rounds = 0;
                while !sent(&stack).is_empty() {
                    rounds += 1;
                    assert!(rounds < 100, "no end of packets");
                }
            }
        });
    }
}

const PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(10, 9, 8, 7), 80);
const OURS: Ipv4Addr = Ipv4Addr::new(10, 20, 1, 2);
const LIMIT: Duration = Duration::from_secs(5);
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
