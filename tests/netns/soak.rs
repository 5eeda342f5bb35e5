//! A long time under mixed load: keys are renewed, the channel is cut, datagrams vanish, and no stream notices.
//!
//! Two minutes as a rule; `VPNC_TEST_SOAK_SECONDS` says otherwise, and from ten minutes on the cuts come more rarely.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::lab::{Lab, SOON, say, wait_until, within_time};
use crate::ping::Pings;
use crate::transfer::{Way, connection};

#[test]
fn hours_of_load_cost_neither_a_connection_nor_memory() {
    let Some(lab) = Lab::start("--rekey-seconds 20 --fallback 5") else {
        return;
    };
    let plan = Plan::of_environment();
    let client = lab.over_esp("--force-dpd 4");
    let pings = Pings::start(&lab);
    let ways = [Way::Up, Way::Down, Way::Up, Way::Down];
    let streams: Vec<_> = ways
        .into_iter()
        .zip(1..)
        .map(|(way, seed)| Stream::start(&lab, way, seed))
        .collect();
    let start = Instant::now();
    let troubles = plan.carry_out(&lab, start, plan.warm_up);
    let before = Footprint::of(&client);
    let troubles = troubles + plan.carry_out(&lab, start, plan.whole);
    let after = Footprint::of(&client);
    let moved: u64 = streams.into_iter().map(Stream::stop).sum();
    let answered = pings.answered();
    drop(pings);
    let took = start.elapsed().as_secs();
    say(&format!(
        "{took} s: {} MB in {} streams at {:.1} Mbit/s, {answered} pings answered, {troubles} troubles; RSS {} KiB after \
         {} s and {} KiB at the end, descriptors {} and {}",
        moved / 1_000_000,
        ways.len(),
        moved as f64 * 8e-6 / took as f64,
        before.resident,
        plan.warm_up.as_secs(),
        after.resident,
        before.descriptors,
        after.descriptors,
    ));
    say(&after.statistics.replace('\n', ";"));
    assert!(after.resident < before.resident + 1024, "memory grew");
    assert!(
        after.descriptors <= before.descriptors,
        "descriptors were left open"
    );
    assert!(
        moved > 100_000 * took && answered > 10 * took,
        "hardly anything moved"
    );
    client.interrupt();
}

/// What happens when.
struct Plan {
    whole: Duration,
    /// Until then buffers and tables take their size.
    warm_up: Duration,
    /// Time between two cuts of the channel.
    cut: Duration,
    /// Time between two losses of all datagrams.
    blackout: Duration,
}

impl Plan {
    fn of_environment() -> Self {
        let wanted = std::env::var("VPNC_TEST_SOAK_SECONDS").ok();
        let seconds = wanted.map_or(120, |text| {
            text.parse().expect("a number in VPNC_TEST_SOAK_SECONDS")
        });
        let whole = Duration::from_secs(seconds);
        let (cut, blackout) = if seconds < 600 { (25, 31) } else { (180, 100) };
        Self {
            whole,
            warm_up: whole * 3 / 10,
            cut: Duration::from_secs(cut),
            blackout: Duration::from_secs(blackout),
        }
    }

    /// Makes trouble until so long after the start; how often. Each kind comes first after half its time.
    fn carry_out(&self, lab: &Lab, start: Instant, until: Duration) -> u32 {
        let mut troubles = 0;
        let mut from = start.elapsed();
        while from < until {
            thread::sleep(Duration::from_millis(200));
            let now = start.elapsed();
            let is_due = |every: Duration| {
                let count = |time: Duration| (time + every / 2).as_millis() / every.as_millis();
                count(now) > count(from)
            };
            for (every, order) in [(self.blackout, "drop udp 8s"), (self.cut, "close tcp")] {
                if is_due(every) {
                    lab.order(order);
                    troubles += 1;
                }
            }
            from = now;
        }
        troubles
    }
}

/// What the client takes of the machine while data goes over ESP.
struct Footprint {
    /// KiB
    resident: u64,
    descriptors: usize,
    statistics: String,
}

impl Footprint {
    #[track_caller]
    fn of(client: &Client) -> Self {
        let mut statistics = String::new();
        wait_until("ESP to be in use", 3 * SOON, || {
            statistics = client.statistics();
            statistics.contains("data path ESP")
        });
        let pid = client.pid();
        Self {
            resident: crate::figures::resident(pid),
            descriptors: fs::read_dir(format!("/proc/{pid}/fd")).expect("a folder").count(),
            statistics,
        }
    }
}

/// A TCP connection that moves octets at an even pace. Each one is compared when it arrives.
struct Stream {
    stop: Arc<AtomicBool>,
    sender: JoinHandle<u64>,
    receiver: JoinHandle<u64>,
}

impl Stream {
    fn start(lab: &Lab, way: Way, seed: u64) -> Self {
        let (inner, outer) = connection(lab, crate::lab::INSIDE);
        let (from, to) = match way {
            Way::Up => (inner, outer),
            Way::Down => (outer, inner),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        Self {
            stop,
            sender: thread::spawn(move || send(from, Octets(seed), &stopped)),
            receiver: thread::spawn(move || receive(to, Octets(seed))),
        }
    }

    /// Ends it in order, and gives how much was moved.
    #[track_caller]
    fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        within_time("the end of a stream", 3 * SOON, move || {
            let sent = self.sender.join().expect("no connection is lost");
            let received = self.receiver.join().expect("no connection is lost");
            assert_eq!(sent, received, "octets");
            received
        })
    }
}

fn send(mut stream: TcpStream, mut octets: Octets, stop: &AtomicBool) -> u64 {
    let mut sent = 0;
    let mut block = [0; BLOCK];
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        octets.fill(&mut block);
        stream.write_all(&block).expect("the stream goes on");
        sent += BLOCK as u64;
        // what was missed in a standstill is not made up for
        let now = Instant::now();
        next = (next + PACE).max(now);
        thread::sleep(next - now);
    }
    stream.shutdown(Shutdown::Write).expect("an end");
    sent
}

fn receive(mut stream: TcpStream, mut octets: Octets) -> u64 {
    let mut received = 0;
    let (mut block, mut wanted) = ([0; BLOCK], [0; BLOCK]);
    loop {
        let mut filled = 0;
        while filled < BLOCK {
            match stream.read(&mut block[filled..]).expect("the stream goes on") {
                0 => {
                    assert_eq!(filled, 0, "cut in the middle");
                    return received;
                }
                len => filled += len,
            }
        }
        octets.fill(&mut wanted);
        assert!(block == wanted, "other octets behind {received}");
        received += BLOCK as u64;
    }
}

/// Octets that no lost or doubled packet could imitate (xorshift64), the same for both ends.
struct Octets(u64);

impl Octets {
    fn fill(&mut self, block: &mut [u8; BLOCK]) {
        for word in block.chunks_exact_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            word.copy_from_slice(&self.0.to_le_bytes());
        }
    }
}

/// With the pace: 7 Mbit/s a stream.
const BLOCK: usize = 18_000;
const PACE: Duration = Duration::from_millis(20);
