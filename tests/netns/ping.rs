//! ICMP echo requests of any size.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use crate::lab::{INSIDE, Lab};

/// Sends packets of each of these total lengths (28 or more) and expects each one back unchanged, at the first try.
#[track_caller]
pub(crate) fn ping(lab: &Lab, sizes: impl Iterator<Item = usize>) {
    let mut lost = Vec::new();
    let socket = open(lab);
    for (number, size) in (1..).zip(sizes) {
        if !echo(&socket, number, size, Duration::from_secs(2)) {
            lost.push(size);
        }
    }
    assert!(lost.is_empty(), "lost packets of these sizes: {lost:?}");
}

/// True when one small packet comes back in time.
pub(crate) fn answers(lab: &Lab, limit: Duration) -> bool {
    echo(&open(lab), 1, 60, limit)
}

/// A packet every 20 ms until stopped.
pub(crate) struct Pings {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Pings {
    pub(crate) fn start(lab: &Lab) -> Self {
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let socket = open(lab);
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&answered));
        let thread = thread::spawn(move || {
            for number in (1..=u16::MAX).cycle() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                if echo(&socket, number, 100, Duration::from_millis(200)) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        Self {
            stop,
            answered,
            thread: Some(thread),
        }
    }

    /// Packets answered so far.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

impl Drop for Pings {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

pub(crate) fn open(lab: &Lab) -> Socket {
    let open = || Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4));
    lab.machine.within(open).expect("a raw socket")
}

/// One packet there and back.
pub(crate) fn echo(socket: &Socket, number: u16, size: usize, limit: Duration) -> bool {
    let request = request(number, size - IP_HEADER);
    let deadline = Instant::now() + limit;
    let inside: Ipv4Addr = INSIDE.parse().expect("an address");
    if socket
        .send_to(&request, &SocketAddr::from((inside, 0)).into())
        .is_err()
    {
        return false;
    }
    let mut room = vec![0; 65536];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        socket.set_read_timeout(Some(left)).expect("a limit");
        let mut reader: &Socket = socket;
        let Ok(len) = reader.read(&mut room) else {
            return false;
        };
        let reply = room.get(IP_HEADER..len).unwrap_or_default();
        // Type and checksum differ; identifier, number and content are the same.
        if reply.first() == Some(&0) && reply.get(4..) == Some(&request[4..]) {
            return true;
        }
    }
}

fn request(number: u16, size: usize) -> Vec<u8> {
    let mut packet = vec![0; size];
    packet[0] = 8;
    packet[4..6].copy_from_slice(&IDENTIFIER.to_be_bytes());
    packet[6..8].copy_from_slice(&number.to_be_bytes());
    for (octet, value) in packet[8..].iter_mut().zip((0..=250u8).cycle()) {
        *octet = value;
    }
    let sum: u32 = packet
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    packet[2..4].copy_from_slice(&(!folded).to_be_bytes()[2..]);
    packet
}

const IP_HEADER: usize = 20;

const IDENTIFIER: u16 = 0x7670;
