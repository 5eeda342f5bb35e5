//! Sealing and opening must not allocate once the arenas are there, and no packet may on its way through the engine.

// A counting allocator cannot be written without.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use std::time::{Duration, Instant};

use bytes::{Buf as _, BytesMut};
use vpnc_cli::engine::{Engine, EngineSettings, Opened, Output, Path, Route};
use vpnc_cli::esp::{Cipher, Esp, EspKeys, KEY_BLOCK_LEN, Mac, SaKeys};
use vpnc_cli::packet::{Batch, MAX_PACKETS, Received};
use vpnc_cli::random::RandomSource;
use vpnc_cli::secret::Secret;
use vpnc_cli::wire::tlv::{write_attribute, write_group};

#[test]
fn steady_state_does_not_allocate() {
    for mac in [Mac::Md5, Mac::Sha1, Mac::Sha256] {
        for cipher in [Cipher::Aes128Cbc, Cipher::Aes256Cbc] {
            let mut esp = Esp::new(&keys(cipher, mac), Box::new(Zeros));
            let (mut batch, mut received) = (Batch::new(1500), Received::new(2048));
            let first = allocations_in(|| round(&mut esp, &mut batch, &mut received));
            let later = allocations_in(|| (0..10).for_each(|_| round(&mut esp, &mut batch, &mut received)));
            assert_eq!((first, later), (0, 0), "{cipher:?} {mac:?}");
        }
    }
}

#[test]
fn no_packet_allocates_on_its_way_over_esp() {
    let mut tunnel = Tunnel::new();
    tunnel.use_esp();
    let later = allocations_in(|| (0..10).for_each(|_| tunnel.over_esp()));
    assert_eq!(later, 0);
    let counters = tunnel.engine.statistics();
    assert_eq!(counters.udp_out.packets, 10 * MAX_PACKETS as u64);
    assert_eq!(counters.udp_in.packets, 10 * MAX_PACKETS as u64);
}

#[test]
fn no_packet_allocates_on_its_way_over_tls() {
    let mut tunnel = Tunnel::new();
    // the channel's buffer finds its size
    (0..2).for_each(|_| tunnel.over_tls());
    let later = allocations_in(|| (0..10).for_each(|_| tunnel.over_tls()));
    assert_eq!(later, 0);
    let counters = tunnel.engine.statistics();
    assert_eq!(counters.channel_out.packets, 12 * MAX_PACKETS as u64);
    assert_eq!(counters.channel_in.packets, 12 * MAX_PACKETS as u64);
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations_in(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

/// A configured engine with its arenas, and the gateway's end of ESP.
struct Tunnel {
    engine: Engine,
    gateway: Esp,
    now: Instant,
    batch: Batch,
    answers: Batch,
    received: Received,
    /// A record of data from the gateway.
    record: Vec<u8>,
}

impl Tunnel {
    fn new() -> Self {
        let now = Instant::now();
        let mut engine = Engine::new(EngineSettings {
            host: "vpn.example.com".to_owned(),
            user_agent: "test".to_owned(),
            local_hostname: "laptop".to_owned(),
            esp: true,
            dead_peer: None,
            reconnect_timeout: Duration::from_secs(300),
            reconfigure: false,
            random: Box::new(|| Box::new(Zeros)),
        });
        let mut received = Received::new(2048);
        let opened = Opened {
            cookie: Secret::new("DSID=0"),
            udp_allowed: true,
            peer: ([192, 0, 2, 1], 443).into(),
            stranger: false,
        };
        engine.channel_opened(opened, now);
        engine.handle_channel(&set_up(), &mut received, now);
        let record = [&1420_u16.to_le_bytes()[..], &message(300, &PACKET)].concat();
        let mut tunnel = Self {
            engine,
            gateway: Esp::new(&gateway_keys(), Box::new(Zeros)),
            now,
            batch: Batch::new(1500),
            answers: Batch::new(1500),
            received,
            record,
        };
        tunnel.flush();
        tunnel
    }

    fn use_esp(&mut self) {
        self.gateway.probe(&mut self.answers, 1);
        self.receive();
        self.flush();
        assert_eq!(self.engine.path(), Path::Udp);
    }

    /// Everything for the channel leaves the machine, and all outputs are taken.
    fn flush(&mut self) {
        while !matches!(self.engine.poll_output(), Output::Timeout(_)) {}
        let len = self.engine.channel_mut().len();
        self.engine.channel_mut().advance(len);
        self.engine.channel_written(len, self.now);
        while !matches!(self.engine.poll_output(), Output::Timeout(_)) {}
    }

    fn send(&mut self) -> Route {
        self.batch.reset(self.engine.room());
        while self.batch.push(&PACKET) {}
        self.engine.handle_tun(&mut self.batch, self.now)
    }

    /// The gateway's datagrams arrive.
    fn receive(&mut self) {
        self.received.clear();
        for datagram in self.answers.datagrams() {
            let room = self.received.vacant().expect("room for a whole batch");
            room[..datagram.len()].copy_from_slice(datagram);
            self.received.commit(datagram.len());
        }
        self.engine.handle_udp(&mut self.received, self.now);
    }

    fn over_esp(&mut self) {
        assert_eq!(self.send(), Route::Udp);
        self.answers.reset(self.gateway.room());
        while self.answers.push(&PACKET) {}
        assert_eq!(self.gateway.seal(&mut self.answers), MAX_PACKETS);
        self.receive();
        assert_eq!(self.received.packet_count(), MAX_PACKETS);
        self.flush();
    }

    /// Records arrive cut in the middle.
    fn over_tls(&mut self) {
        assert_eq!(self.send(), Route::Channel);
        self.received.clear();
        for _ in 0..MAX_PACKETS {
            let (head, tail) = self.record.split_at(700);
            self.engine.handle_channel(head, &mut self.received, self.now);
            self.engine.handle_channel(tail, &mut self.received, self.now);
        }
        assert_eq!(self.received.packet_count(), MAX_PACKETS);
        self.flush();
    }
}

/// The gateway's words up to the configuration.
fn set_up() -> Vec<u8> {
    let keys = gateway_keys();
    let mut payload = BytesMut::new();
    write_group(&mut payload, 1, |out| {
        write_attribute(out, 1, &[10, 66, 7, 8]);
        write_attribute(out, 2, &[255; 4]);
    });
    write_group(&mut payload, 6, |out| {
        write_attribute(out, 2, &1400_u32.to_be_bytes())
    });
    write_group(&mut payload, 8, |out| {
        write_attribute(out, 1, &[2]);
        write_attribute(out, 2, &[2]);
        write_attribute(out, 4, &4500_u16.to_be_bytes());
    });
    write_group(&mut payload, 7, |out| {
        write_attribute(out, 1, &keys.inbound.spi);
        write_attribute(out, 2, keys.inbound.block.as_slice());
    });
    let message = message(301, &payload);
    let len = u16::try_from(message.len()).expect("short").to_le_bytes();
    [b"HTTP/1.1 200 OK\r\n\r\n\x01\0\0".as_slice(), &len, &message].concat()
}

fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).expect("short").to_be_bytes();
    let kind = kind.to_be_bytes();
    [
        [0; 6].as_slice(),
        &kind,
        &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &len,
        payload,
    ]
    .concat()
}

/// The client draws zeros for its keys; an SPI of zero is not allowed and becomes another one.
fn gateway_keys() -> EspKeys {
    let mut keys = keys(Cipher::Aes128Cbc, Mac::Sha1);
    keys.outbound = SaKeys {
        spi: [0x80, 0, 0, 0],
        block: [0; KEY_BLOCK_LEN].into(),
    };
    keys
}

const PACKET: [u8; 1400] = {
    let mut packet = [0; 1400];
    packet[0] = 0x45;
    packet[2] = 5;
    packet[3] = 0x78;
    packet
};

/// Seals a full batch, receives it back, opens it, with a bad datagram among the good ones.
fn round(esp: &mut Esp, batch: &mut Batch, received: &mut Received) {
    batch.reset(esp.room());
    while batch.push(&PACKET) {}
    assert_eq!(esp.seal(batch), MAX_PACKETS);
    received.clear();
    for datagram in batch.datagrams() {
        received.vacant().expect("room for a whole batch")[..datagram.len()].copy_from_slice(datagram);
        received.commit(datagram.len());
    }
    received.datagram_mut(7)[100] ^= 1;
    let report = esp.open(received);
    assert_eq!((report.packets, report.drops.total()), (MAX_PACKETS - 1, 1));
    assert_eq!(
        received.packets().map(<[u8]>::len).sum::<usize>(),
        1400 * (MAX_PACKETS - 1)
    );
}

fn keys(cipher: Cipher, mac: Mac) -> EspKeys {
    let direction = SaKeys {
        spi: *b"spi!",
        block: [7; KEY_BLOCK_LEN].into(),
    };
    EspKeys {
        cipher,
        mac,
        inbound: direction.clone(),
        outbound: direction,
        replay_protection: true,
    }
}

struct Zeros;

impl RandomSource for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

/// Allocations of this thread while `work` runs.
fn allocations_in(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counter is a plain thread-local number that needs
// no allocation itself.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the memory came from `System.alloc` above, with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}
