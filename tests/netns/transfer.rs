//! TCP through the tunnel: a stream of octets nobody could guess, compared by SHA-256.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ring::digest::{Context, Digest, SHA256};

use crate::lab::{INSIDE, Lab, wait_until, within_time};

/// Which way the octets go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Up,
    Down,
}

/// Moves octets through a TCP connection, compares, and gives the speed in megabytes per second.
#[track_caller]
pub(crate) fn transfer(lab: &Lab, way: Way, bytes: u64) -> f64 {
    let start = Instant::now();
    let flow = Flow::begin(lab, way, bytes);
    let slowest = 2_000_000;
    within_time(
        "a transfer",
        Duration::from_secs(30 + bytes / slowest),
        move || flow.finish(),
    );
    bytes as f64 / start.elapsed().as_secs_f64() / 1e6
}

/// A TCP connection under load.
pub(crate) struct Flow {
    stop: Arc<AtomicBool>,
    received: Arc<AtomicU64>,
    sender: JoinHandle<(u64, Digest)>,
    receiver: JoinHandle<Digest>,
}

impl Flow {
    /// Starts one that goes on until [`Flow::finish`].
    pub(crate) fn start(lab: &Lab, way: Way) -> Self {
        Self::begin(lab, way, u64::MAX)
    }

    fn begin(lab: &Lab, way: Way, bytes: u64) -> Self {
        let (inner, outer) = connection(lab, INSIDE);
        let (from, to) = match way {
            Way::Up => (inner, outer),
            Way::Down => (outer, inner),
        };
        let (stop, received) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&received));
        Self {
            stop,
            received,
            sender: thread::spawn(move || send(from, bytes, &stopped)),
            receiver: thread::spawn(move || receive(to, &count)),
        }
    }

    /// Octets that have arrived.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Waits until so many more have arrived.
    #[track_caller]
    pub(crate) fn wait_for_more(&self, bytes: u64, limit: Duration) {
        let goal = self.received() + bytes;
        wait_until(&format!("{bytes} more octets"), limit, || self.received() >= goal);
    }

    /// Stops an endless one, waits for the rest and compares. Gives the number of octets.
    #[track_caller]
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        within_time("the end of a flow", Duration::from_secs(60), move || {
            self.finish()
        })
    }

    fn finish(self) -> u64 {
        let (sent, ours) = self.sender.join().expect("all is sent");
        let theirs = self.receiver.join().expect("all is received");
        assert_eq!(self.received.load(Ordering::Relaxed), sent, "octets");
        assert_eq!(ours.as_ref(), theirs.as_ref(), "SHA-256");
        sent
    }
}

/// Where a connection from the machine to an address beyond comes from, as the other side sees it.
#[track_caller]
pub(crate) fn seen_from(lab: &Lab, address: &str) -> IpAddr {
    connection(lab, address).1.peer_addr().expect("connected").ip()
}

/// Both ends of a TCP connection: the machine's, and that behind the gateway.
#[track_caller]
pub(crate) fn connection(lab: &Lab, address: &str) -> (TcpStream, TcpStream) {
    let listener = lab
        .beyond
        .within(|| TcpListener::bind((address, 0)))
        .expect("a listener");
    let place = listener.local_addr().expect("an address");
    let limit = Duration::from_secs(10);
    let inner = lab
        .machine
        .within(|| TcpStream::connect_timeout(&place, limit))
        .expect("a way there");
    let outer = listener.accept().expect("a connection").0;
    for stream in [&inner, &outer] {
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        stream.set_write_timeout(Some(PATIENCE)).expect("a limit");
    }
    (inner, outer)
}

fn send(mut stream: TcpStream, bytes: u64, stop: &AtomicBool) -> (u64, Digest) {
    let mut digest = Context::new(&SHA256);
    let (mut state, mut sent) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let mut block = vec![0; BLOCK];
    while sent < bytes && !stop.load(Ordering::Relaxed) {
        for word in block.chunks_exact_mut(8) {
            // xorshift64: unlike anything a lost or doubled packet could imitate
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes());
        }
        let len = (bytes - sent).min(BLOCK as u64) as usize;
        stream.write_all(&block[..len]).expect("the flow goes on");
        digest.update(&block[..len]);
        sent += len as u64;
    }
    stream.shutdown(Shutdown::Write).expect("an end");
    (sent, digest.finish())
}

fn receive(mut stream: TcpStream, count: &AtomicU64) -> Digest {
    let mut digest = Context::new(&SHA256);
    let mut block = vec![0; BLOCK];
    loop {
        let len = stream.read(&mut block).expect("the flow goes on");
        if len == 0 {
            return digest.finish();
        }
        digest.update(&block[..len]);
        count.fetch_add(len as u64, Ordering::Relaxed);
    }
}

const BLOCK: usize = 64 * 1024;

/// Longest silence of a flow.
const PATIENCE: Duration = Duration::from_secs(60);
