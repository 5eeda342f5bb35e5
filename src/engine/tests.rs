//! The engine with a hand-moved clock, against octets of a gateway and the gateway's end of ESP.

use super::*;
use crate::esp::{Cipher, EspKeys, Mac, SaKeys};
use crate::wire::http_head::HeadError;
use crate::wire::vectors::{config_form_a, server_rekey};

mod surroundings;

const PACKET: [u8; 28] = {
    let mut packet = [7; 28];
    packet[0] = 0x45;
    packet[2] = 0;
    packet[3] = 28;
    packet
};

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

struct Bench {
    engine: Engine,
    now: Instant,
    events: Vec<Event>,
    probes: usize,
    /// Everything the engine has written to the channel.
    sent: Vec<u8>,
    received: Received,
}

impl Bench {
    fn new(reconnect_timeout: u64) -> Self {
        Self::with(reconnect_timeout, false)
    }

    fn with(reconnect_timeout: u64, reconfigure: bool) -> Self {
        let settings = EngineSettings {
            host: "vpn.example.com".into(),
            user_agent: "test".into(),
            local_hostname: "laptop".into(),
            esp: true,
            dead_peer: None,
            reconnect_timeout: Duration::from_secs(reconnect_timeout),
            reconfigure,
            random: Box::new(|| Box::new(Counter(0))),
        };
        let mut bench = Self {
            engine: Engine::new(settings),
            now: Instant::now(),
            events: Vec::new(),
            probes: 0,
            sent: Vec::new(),
            received: Received::new(2048),
        };
        bench.drain();
        bench
    }

    /// A bench whose tunnel is configured and whose reply is written.
    fn configured(reconnect_timeout: u64) -> Self {
        let mut bench = Self::new(reconnect_timeout);
        bench.open();
        bench.channel(&set_up([10, 66, 7, 8]));
        bench.flush();
        bench
    }

    /// The same with ESP in use, and the gateway's end of it.
    fn active() -> (Self, Esp) {
        let mut bench = Self::configured(300);
        let mut gateway = bench.gateway_esp();
        bench.answer_probe(&mut gateway);
        bench.flush();
        assert_eq!(bench.engine.path(), Path::Udp);
        (bench, gateway)
    }

    fn open(&mut self) {
        self.open_at(false);
    }

    fn open_at(&mut self, stranger: bool) {
        let opened = Opened {
            cookie: Secret::new("DSID=0"),
            udp_allowed: true,
            peer: GATEWAY.parse().expect("an address"),
            stranger,
        };
        self.engine.channel_opened(opened, self.now);
        self.drain();
    }

    fn changed(&mut self, way: Way, slept: bool) {
        self.engine.network_changed(way, slept, self.now);
        self.drain();
    }

    fn channel(&mut self, bytes: &[u8]) {
        self.received.clear();
        self.engine.handle_channel(bytes, &mut self.received, self.now);
        self.drain();
    }

    /// Everything in the channel buffer leaves the machine.
    fn flush(&mut self) {
        let bytes = self.engine.channel_mut().split();
        self.sent.extend_from_slice(&bytes);
        self.engine.channel_written(bytes.len(), self.now);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.engine.poll_output() {
                Output::Event(event) => self.events.push(event),
                Output::Datagrams(batch) => self.probes += batch.len(),
                Output::Timeout(_) => break,
            }
        }
    }

    /// Moves the clock to each deadline on the way.
    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Output::Timeout(Some((due, _))) = self.engine.poll_output() {
            if due > end {
                break;
            }
            self.now = due;
            self.engine.handle_timeout(due);
            self.drain();
        }
        self.now = end;
    }

    /// The gateway's end of ESP: our last key message decides its outbound keys.
    fn gateway_esp(&self) -> Esp {
        let at = self
            .sent
            .windows(6)
            .rposition(|window| window == [0, 7, 0, 0, 0, 0x50])
            .expect("keys were sent");
        let keys = &self.sent[at + 6..];
        let ours = SaKeys {
            spi: keys[6..10].try_into().expect("four octets"),
            block: zeroize::Zeroizing::new(keys[16..80].try_into().expect("64 octets")),
        };
        let mut block = zeroize::Zeroizing::new([0; 64]);
        for (octet, value) in block.iter_mut().zip((0x40..0x50).chain(0x80..0x94)) {
            *octet = value;
        }
        let theirs = SaKeys {
            spi: [0x8a, 0x5f, 0x1c, 0x03],
            block,
        };
        let keys = EspKeys {
            cipher: Cipher::Aes128Cbc,
            mac: Mac::Sha1,
            inbound: theirs,
            outbound: ours,
            replay_protection: true,
        };
        Esp::new(&keys, Box::new(Counter(9)))
    }

    fn answer_probe(&mut self, gateway: &mut Esp) {
        let mut batch = Batch::new(16);
        gateway.probe(&mut batch, 1);
        self.datagrams(&batch);
    }

    fn datagrams(&mut self, batch: &Batch) {
        self.received.clear();
        for datagram in batch.datagrams() {
            self.received.vacant().expect("room")[..datagram.len()].copy_from_slice(datagram);
            self.received.commit(datagram.len());
        }
        self.engine.handle_udp(&mut self.received, self.now);
        self.drain();
    }

    fn send_packet(&mut self) -> (Route, Batch) {
        let mut batch = Batch::new(1500);
        batch.reset(self.engine.room());
        batch.push(&PACKET);
        let route = self.engine.handle_tun(&mut batch, self.now);
        self.drain();
        (route, batch)
    }

    fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn end(&self) -> Option<&End> {
        self.events.iter().find_map(|event| {
            let Event::Ended(end) = event else { return None };
            Some(end)
        })
    }
}

/// Where the channel leads.
const GATEWAY: &str = "192.0.2.1:443";

/// Answer head, status and configuration (`juniper-nc.md §21.2`) with another inner address.
fn set_up(address: [u8; 4]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nSet-Cookie: DSLastAccess=1\r\n\r\n".to_vec();
    let mut form = config_form_a();
    let at = form
        .windows(4)
        .position(|window| window == [10, 66, 7, 8])
        .expect("address in the vector");
    form[at..at + 4].copy_from_slice(&address);
    bytes.extend_from_slice(&form);
    bytes
}

#[test]
fn a_run_goes_from_channel_to_udp() {
    let mut bench = Bench::new(300);
    assert_eq!(bench.take_events(), [Event::NeedChannel]);
    assert!(!bench.engine.wants_packets());
    bench.open();
    bench.channel(&set_up([10, 66, 7, 8]));
    let events = bench.take_events();
    assert!(matches!(&events[0], Event::SetCookies(lines) if lines.len() == 1));
    assert!(matches!(&events[1], Event::Configured(configured) if configured.first && configured.udp));
    assert_eq!(events[2], Event::BindUdp { port: 4500 });
    assert_eq!(bench.probes, 0, "probes wait for our reply to be written");
    bench.flush();
    assert_eq!(bench.probes, 2);
    let (route, _) = bench.send_packet();
    assert_eq!(route, Route::Channel);
    let mut gateway = bench.gateway_esp();
    bench.answer_probe(&mut gateway);
    assert_eq!(
        bench.engine.path(),
        Path::Channel,
        "the enable message is not yet written"
    );
    bench.flush();
    assert_eq!(bench.engine.path(), Path::Udp);
    let (route, batch) = bench.send_packet();
    assert_eq!(route, Route::Udp);
    let mut received = Received::new(2048);
    for datagram in batch.datagrams() {
        received.vacant().expect("room")[..datagram.len()].copy_from_slice(datagram);
        received.commit(datagram.len());
    }
    gateway.open(&mut received);
    assert_eq!(received.packets().collect::<Vec<_>>(), [PACKET]);
}

#[test]
fn only_whole_ipv4_packets_leave() {
    let mut bench = Bench::configured(300);
    let mut batch = Batch::new(1500);
    batch.push(&[0x60; 40]);
    // cut short on the way: its length field says 28
    batch.push(&PACKET[..24]);
    batch.push(&PACKET);
    bench.engine.channel_mut().clear();
    assert_eq!(bench.engine.handle_tun(&mut batch, bench.now), Route::Channel);
    assert_eq!(bench.engine.channel_mut().len(), 22 + 28);
    assert_eq!(bench.engine.statistics().out_dropped, 2);
}

#[test]
fn a_rekey_keeps_udp_in_use() {
    let (mut bench, _) = Bench::active();
    bench.take_events();
    bench.channel(&server_rekey());
    assert_eq!(bench.take_events(), [Event::Rekeyed]);
    assert_eq!(bench.engine.path(), Path::Udp);
    let (route, batch) = bench.send_packet();
    assert_eq!(route, Route::Udp);
    assert_eq!(
        batch.datagrams().next().expect("one")[..8],
        [0x9b, 0, 0x11, 0x22, 0, 0, 0, 0]
    );
    assert_eq!(
        bench.engine.channel_mut().len(),
        108,
        "our new keys are the answer"
    );
}

#[test]
fn a_rekey_is_answered_while_udp_is_down() {
    // R82
    let mut bench = Bench::configured(300);
    for seconds in [3, 30, 60] {
        bench.pass(seconds);
        bench.channel(&server_rekey());
        assert_eq!(bench.engine.channel_mut().len(), 108, "after {seconds} s");
        bench.flush();
    }
}

#[test]
fn a_blackhole_moves_traffic_to_tls_and_back() {
    let (mut bench, mut gateway) = Bench::active();
    bench.take_events();
    bench.pass(31);
    let events = bench.take_events();
    assert!(events.contains(&Event::BindUdp { port: 4500 }), "{events:?}");
    assert_eq!(bench.engine.path(), Path::Channel);
    // the disable message is the last thing on the channel
    assert_eq!(bench.engine.channel_mut()[..].last(), Some(&0));
    bench.flush();
    bench.pass(25);
    bench.answer_probe(&mut gateway);
    bench.flush();
    assert_eq!(bench.engine.path(), Path::Udp);
    assert_eq!(bench.engine.statistics().fallbacks, 1);
}

#[test]
fn losing_the_channel_does_not_stop_udp() {
    let (mut bench, _) = Bench::active();
    bench.take_events();
    bench
        .engine
        .channel_lost(Some("connection reset".into()), bench.now);
    bench.drain();
    bench.pass(0);
    let events = bench.take_events();
    assert!(matches!(
        events[0],
        Event::ChannelLost {
            retry_in: Duration::ZERO,
            ..
        }
    ));
    assert_eq!(events[1], Event::NeedChannel);
    assert_eq!(bench.send_packet().0, Route::Udp);
    bench.open();
    bench.channel(&set_up([10, 66, 7, 8]));
    let events = bench.take_events();
    let again = |event: &Event| matches!(event, Event::Configured(now) if !now.first && !now.changed);
    assert!(events.iter().any(again), "{events:?}");
    assert_eq!(
        bench.engine.path(),
        Path::Channel,
        "the new keys are not yet confirmed"
    );
    bench.flush();
    let mut gateway = bench.gateway_esp();
    bench.answer_probe(&mut gateway);
    bench.flush();
    assert_eq!(bench.engine.path(), Path::Udp);
    assert_eq!(bench.engine.statistics().reconnects, 1);
}

#[test]
fn another_address_ends_the_session() {
    // R99
    let mut bench = Bench::configured(300);
    bench.engine.channel_lost(None, bench.now);
    bench.open();
    bench.channel(&set_up([10, 66, 7, 9]));
    let (old, new) = ([10, 66, 7, 8].into(), [10, 66, 7, 9].into());
    assert_eq!(bench.end(), Some(&End::AddressChanged { old, new }));
}

#[test]
fn refusals_end_a_reconnect_at_once_and_others_do_not() {
    // R100
    let finals: [(&[u8], LinkError); 4] = [
        (
            b"HTTP/1.1 302 Found\r\n\r\n",
            LinkError::CookieRefused { status: 302 },
        ),
        (
            b"HTTP/1.1 403 No\r\n\r\n",
            LinkError::CookieRefused { status: 403 },
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\0\0\x01",
            LinkError::SessionRejected { reason: 1 },
        ),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\x01\0\x08",
            LinkError::Refused { code: 8 },
        ),
    ];
    for (answer, error) in finals {
        let mut bench = Bench::configured(300);
        bench.engine.channel_lost(None, bench.now);
        bench.open();
        bench.channel(answer);
        assert_eq!(bench.end(), Some(&End::Link(error)));
    }
    let mut bench = Bench::configured(300);
    bench.engine.channel_lost(None, bench.now);
    bench.open();
    bench.channel(b"HTTP/1.1 500 Oops\r\n\r\n");
    assert_eq!(bench.end(), None);
}

#[test]
fn a_new_session_goes_on_where_the_old_one_ended() {
    let (mut bench, _) = Bench::active();
    bench.engine.session_renewed("elsewhere.example".to_owned());
    bench.drain();
    assert_eq!(bench.engine.path(), Path::Udp, "nothing had ended");
    bench.engine.channel_lost(None, bench.now);
    bench.open();
    bench.channel(b"HTTP/1.1 302 Found\r\n\r\n");
    assert_eq!(
        bench.end(),
        Some(&End::Link(LinkError::CookieRefused { status: 302 }))
    );
    bench.take_events();
    bench.engine.session_renewed("elsewhere.example".to_owned());
    bench.drain();
    let events = bench.take_events();
    assert!(
        matches!(
            &events[..],
            [
                Event::PathChanged {
                    path: Path::Channel,
                    ..
                },
                Event::NeedChannel
            ]
        ),
        "{events:?}"
    );
    assert!(!bench.engine.wants_packets(), "there is no way for them yet");
    bench.open();
    let request = bench.engine.channel_mut().to_vec();
    let request = String::from_utf8_lossy(&request).into_owned();
    assert!(request.contains("Host: elsewhere.example\r\n"), "{request}");
    bench.channel(&set_up([10, 66, 7, 8]));
    bench.flush();
    let mut gateway = bench.gateway_esp();
    bench.answer_probe(&mut gateway);
    bench.flush();
    assert_eq!(bench.engine.path(), Path::Udp);
}

#[test]
fn the_reconnect_budget_ends() {
    let mut bench = Bench::configured(20);
    bench.engine.channel_lost(None, bench.now);
    for _ in 0..10 {
        bench.pass(10);
        bench.engine.open_failed("connection refused".into(), bench.now);
        bench.drain();
    }
    let cause = Loss::Transport("connection refused".into());
    assert!(matches!(bench.end(), Some(End::NetworkLost { cause: last, .. }) if *last == cause));
}

#[test]
fn the_first_connection_is_not_repeated() {
    let mut bench = Bench::new(300);
    bench.open();
    bench.channel(b"SSH-2.0-OpenSSH_9\r\n");
    assert_eq!(
        bench.end(),
        Some(&End::Link(LinkError::NotAGateway(HeadError::NotHttp)))
    );
    let mut bench = Bench::new(300);
    bench.open();
    bench.pass(31);
    assert_eq!(bench.end(), Some(&End::Failed(Loss::SetUpTime)));
}

#[test]
fn quitting_takes_data_off_udp() {
    let (mut bench, _) = Bench::active();
    bench.engine.channel_mut().clear();
    bench.engine.quit();
    assert_eq!(bench.engine.channel_mut().len(), 35);
    assert_eq!(bench.engine.channel_mut()[34], 0);
    assert!(matches!(bench.engine.poll_output(), Output::Timeout(None)));
}
