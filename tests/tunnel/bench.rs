//! The vocabulary of these tests: a gateway, the event loop with a device in memory and a set-up that only takes
//! notes, and words for what happens between them.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{sleep, timeout};
use tracing::subscriber::DefaultGuard;
use vpnc_cli::auth::cookies::Jar;
use vpnc_cli::config::{NetworkConfig, Overrides};
use vpnc_cli::engine::limits::SessionLimits;
use vpnc_cli::error::Error;
use vpnc_cli::net::Connector;
use vpnc_cli::net::driver::{self, Companion, Observer, Parts, Relogin};
use vpnc_cli::net::settings::{ConnectSettings, GatewaySettings, NetworkMode, OuterSettings, TlsSettings};
use vpnc_cli::net::signals::{Request, Requests};
use vpnc_cli::net::status::Board;
use vpnc_cli::platform::fake::{Call, FakeTun, FakeTunHandle, RecordingSetup};
use vpnc_cli::platform::{NetworkSetup, NetworkWatch};
use vpnc_cli::secret::Secret;
use vpnc_gateway::{Config, EventKind, Gateway};

use crate::packets;

/// Whatever is awaited must come within this time.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

/// The name of the gateway in its certificate; it is looked up nowhere.
pub(crate) const HOST: &str = "vpn.example.com";

/// Runs a test, which may take a minute.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _watchdog = watchdog();
    let limited = async { timeout(4 * LIMIT, test).await.expect("the test ends") };
    LocalSet::new().block_on(&runtime, limited);
}

/// Ends everything when a test spins, which no timer of its runtime can notice. Dropping the sender calls it off.
fn watchdog() -> Sender<()> {
    let (sender, receiver) = channel();
    let thread = std::thread::current();
    std::thread::spawn(move || {
        if receiver.recv_timeout(5 * LIMIT) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{} hangs", thread.name().unwrap_or("a test"));
            std::process::abort();
        }
    });
    sender
}

/// A gateway with the usual configuration and this behaviour.
pub(crate) fn script(text: &str) -> Config {
    let mut config = Config::default();
    config.script.extend(text).unwrap();
    config
}

/// Both ends and what stands around them.
pub(crate) struct Bench {
    pub(crate) gateway: Gateway,
    pub(crate) client: Client,
}

impl Bench {
    /// Starts a gateway with this behaviour and a client for it.
    pub(crate) async fn start(text: &str) -> Self {
        Self::with(script(text), |_| ()).await
    }

    /// Starts both with changed settings.
    pub(crate) async fn with(config: Config, change: impl FnOnce(&mut ConnectSettings)) -> Self {
        Self::with_setup(config, change, RecordingSetup::new()).await
    }

    pub(crate) async fn with_setup(
        config: Config,
        change: impl FnOnce(&mut ConnectSettings),
        setup: RecordingSetup,
    ) -> Self {
        Self::within(config, change, setup, Around::default()).await
    }

    pub(crate) async fn within(
        config: Config,
        change: impl FnOnce(&mut ConnectSettings),
        setup: RecordingSetup,
        around: Around,
    ) -> Self {
        let gateway = Gateway::start(config).await.unwrap();
        let mut settings = settings(gateway.tcp_addr().port(), &gateway.cookie());
        settings.gateway.tls.pins = vec![gateway.pin().parse().unwrap()];
        change(&mut settings);
        let client = Client::start_in(settings, setup, around);
        Self { gateway, client }
    }

    /// The same, with the tunnel up and data over TLS.
    pub(crate) async fn connected(text: &str) -> Self {
        let mut bench = Self::start(text).await;
        bench.client.connected().await;
        bench
    }

    /// The same, with ESP in use.
    pub(crate) async fn on_esp(text: &str) -> Self {
        let mut bench = Self::connected(text).await;
        bench.esp_carries_data().await;
        bench
    }

    /// Sends packets through the tunnel and waits for the echo of each.
    pub(crate) async fn exchange(&mut self, count: u32) {
        self.client.exchange(count).await;
    }

    /// Sends packets until one of them takes ESP in both directions.
    pub(crate) async fn esp_carries_data(&mut self) {
        let before = self.gateway.stats();
        let search = async {
            loop {
                self.client.try_exchange().await;
                let now = self.gateway.stats();
                if now.esp_rx_packets > before.esp_rx_packets && now.esp_tx_packets > before.esp_tx_packets {
                    return;
                }
            }
        };
        timeout(LIMIT, search).await.expect("ESP carries data");
    }

    /// Sends packets until one of them takes TLS in both directions.
    pub(crate) async fn tls_carries_data(&mut self) {
        let before = self.gateway.stats();
        let search = async {
            loop {
                self.client.try_exchange().await;
                let now = self.gateway.stats();
                if now.tls_rx_packets > before.tls_rx_packets && now.tls_tx_packets > before.tls_tx_packets {
                    return;
                }
            }
        };
        timeout(LIMIT, search).await.expect("TLS carries data");
    }

    /// Orders something of the gateway.
    pub(crate) async fn order(&self, text: &str) {
        self.gateway.order(text).await.unwrap();
    }

    /// Waits until the gateway has seen so many events of that kind.
    pub(crate) async fn seen(&self, count: usize, fits: impl Fn(&EventKind) -> bool) {
        until("events at the gateway", || self.count(&fits) >= count).await;
    }

    /// How many events of that kind the gateway has seen.
    pub(crate) fn count(&self, fits: impl Fn(&EventKind) -> bool) -> usize {
        self.gateway
            .events()
            .iter()
            .filter(|event| fits(&event.kind))
            .count()
    }

    /// What the gateway found wrong with the client.
    pub(crate) fn faults(&self) -> Vec<String> {
        let fault = |kind| match kind {
            EventKind::Fault(text) => Some(text),
            _ => None,
        };
        let events = self.gateway.events().into_iter();
        events.filter_map(|event| fault(event.kind)).collect()
    }

    /// The user ends the session; nothing may have been wrong until then.
    pub(crate) async fn end(self) {
        let faults = self.faults();
        assert!(faults.is_empty(), "{faults:?}");
        self.client.end().await;
    }
}

/// What a test puts around the event loop.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) companion: Option<Companion<'static>>,
    pub(crate) watch: Option<Box<dyn NetworkWatch>>,
    /// In place of the one that takes notes.
    pub(crate) setup: Option<Box<dyn NetworkSetup>>,
    pub(crate) relogin: Option<Box<dyn Relogin>>,
}

/// The event loop and its surroundings.
pub(crate) struct Client {
    pub(crate) tun: FakeTunHandle,
    pub(crate) setup: RecordingSetup,
    requests: UnboundedSender<Request>,
    seen: UnboundedReceiver<Seen>,
    task: JoinHandle<Result<(), Error>>,
    log: Log,
    next_packet: u32,
    rounds: Rc<Cell<u32>>,
    _guard: DefaultGuard,
}

impl Client {
    pub(crate) fn start(settings: ConnectSettings, setup: RecordingSetup) -> Self {
        Self::start_in(settings, setup, Around::default())
    }

    pub(crate) fn start_beside(
        settings: ConnectSettings,
        setup: RecordingSetup,
        companion: Option<Companion<'static>>,
    ) -> Self {
        let around = Around {
            companion,
            ..Around::default()
        };
        Self::start_in(settings, setup, around)
    }

    pub(crate) fn start_with(
        settings: ConnectSettings,
        setup: RecordingSetup,
        companion: Option<Companion<'static>>,
        relogin: Option<Box<dyn Relogin>>,
    ) -> Self {
        let around = Around {
            companion,
            relogin,
            ..Around::default()
        };
        Self::start_in(settings, setup, around)
    }

    pub(crate) fn start_in(settings: ConnectSettings, setup: RecordingSetup, around: Around) -> Self {
        let (log, guard) = Log::start();
        let (tun, handle) = FakeTun::new("fake0");
        let (requests, inbox) = unbounded_channel();
        let rounds = Rc::new(Cell::new(0));
        let (watcher, seen) = unbounded_channel();
        let connector = Connector::new(settings.gateway.clone(), settings.user_agent.clone()).unwrap();
        let mut jar = Jar::new(connector.url());
        jar.insert_option(&settings.cookie).unwrap();
        let parts = Parts {
            device: Box::new(tun),
            setup: around.setup.unwrap_or_else(|| Box::new(setup.clone())),
            observer: Box::new(Watcher(watcher)),
            requests: Box::new(Inbox(inbox, rounds.clone())),
            watch: around.watch,
            board: Board::new("bench"),
            companions: around.companion.into_iter().collect(),
            recheck: None,
            relogin: around.relogin,
        };
        Self {
            tun: handle,
            setup,
            requests,
            seen,
            task: spawn_local(driver::run(settings, jar, connector, parts)),
            log,
            next_packet: 0,
            rounds,
            _guard: guard,
        }
    }

    /// Waits until the tunnel is up.
    pub(crate) async fn connected(&mut self) {
        match self.try_connected().await {
            true => {}
            false => panic!("not connected:\n{}", self.log.text()),
        }
    }

    async fn try_connected(&mut self) -> bool {
        let up = async {
            loop {
                match self.seen.recv().await {
                    Some(Seen::Up) => return true,
                    Some(Seen::Step | Seen::Show(_)) => {}
                    None => return false,
                }
            }
        };
        timeout(LIMIT, up).await.unwrap_or(false)
    }

    /// Sends packets through the tunnel and waits for the echo of each.
    pub(crate) async fn exchange(&mut self, count: u32) {
        let first = self.next_packet;
        self.next_packet += count;
        for number in first..self.next_packet {
            self.tun
                .inject(&packets::request(number, SIZES[number as usize % SIZES.len()]));
        }
        let mut missing: Vec<_> = (first..self.next_packet).collect();
        let collect = async {
            while !missing.is_empty() {
                let packet = self.tun.next_written().await;
                missing.retain(|number| Some(*number) != packets::answered(&packet));
            }
        };
        let done = timeout(LIMIT, collect).await;
        assert!(done.is_ok(), "no echo of {missing:?}\n{}", self.log.text());
    }

    /// Sends one packet and waits a moment for its echo, which may be lost.
    pub(crate) async fn try_exchange(&mut self) -> bool {
        let number = self.next_packet;
        self.next_packet += 1;
        self.tun.inject(&packets::request(number, 200));
        let answer = async { while packets::answered(&self.tun.next_written().await) != Some(number) {} };
        timeout(Duration::from_millis(100), answer).await.is_ok()
    }

    /// Waits for the next packet out of the tunnel.
    pub(crate) async fn packet(&self) -> Vec<u8> {
        timeout(LIMIT, self.tun.next_written())
            .await
            .expect("a packet comes out of the tunnel")
    }

    /// The user asks for something.
    pub(crate) fn request(&self, request: Request) {
        self.requests.send(request).unwrap();
    }

    /// What the user sees on asking for statistics.
    pub(crate) async fn statistics(&mut self) -> String {
        self.request(Request::Statistics);
        let shown = async {
            loop {
                match self.seen.recv().await {
                    Some(Seen::Show(text)) => return text,
                    Some(Seen::Step | Seen::Up) => {}
                    None => panic!("the client has ended:\n{}", self.log.text()),
                }
            }
        };
        timeout(LIMIT, shown).await.expect("statistics are shown")
    }

    /// How often the event loop has gone round.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.get()
    }

    /// Everything logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// The calls of the set-up by name.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        names(&self.setup)
    }

    /// The network as it was last set up.
    pub(crate) fn network(&self) -> NetworkConfig {
        let applied = self.setup.calls().into_iter().rev().find_map(|call| match call {
            Call::Apply(_, network) => Some(*network),
            Call::Prepare
            | Call::AttemptReconnect
            | Call::Reconnected
            | Call::NetworkChanged
            | Call::Revert => None,
        });
        applied.expect("the network is set up")
    }

    /// The user ends the session, which must succeed.
    pub(crate) async fn end(self) {
        let ending = self.end_by(Request::Interrupt).await;
        assert_eq!(ending.status, 0, "{}", ending.text);
        assert_eq!(ending.calls.last(), Some(&"revert"));
    }

    /// Asks for something and waits for the end.
    pub(crate) async fn end_by(self, request: Request) -> Ending {
        self.request(request);
        self.ended().await
    }

    /// Waits for the end.
    pub(crate) async fn ended(self) -> Ending {
        let start = Instant::now();
        let Ok(result) = timeout(3 * LIMIT, self.task).await else {
            panic!("the client does not end:\n{}", self.log.text());
        };
        let (status, text) = match result.unwrap() {
            Ok(()) => (0, String::new()),
            Err(error) => (error.status as u8, error.to_string()),
        };
        Ending {
            status,
            text,
            took: start.elapsed(),
            calls: names(&self.setup),
            log: self.log.text(),
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Exit status.
    pub(crate) status: u8,
    /// What the user is told.
    pub(crate) text: String,
    /// Since the request, or since it was awaited.
    pub(crate) took: Duration,
    /// Calls of the set-up.
    pub(crate) calls: Vec<&'static str>,
    pub(crate) log: String,
}

impl Ending {
    /// Checks exit status and parts of the text.
    pub(crate) fn is(&self, status: u8, parts: &[&str]) {
        assert_eq!(self.status, status, "{}\n{}", self.text, self.log);
        for part in parts {
            assert!(
                self.text.contains(part),
                "\"{part}\" is missing in:\n{}",
                self.text
            );
        }
    }
}

/// Settings for a gateway on loopback: short limits, no trust in any root.
pub(crate) fn settings(port: u16, cookie: &str) -> ConnectSettings {
    ConnectSettings {
        gateway: GatewaySettings {
            host: HOST.to_owned(),
            port,
            resolve: vec![(HOST.to_owned(), IpAddr::V4(Ipv4Addr::LOCALHOST))],
            proxy: None,
            connect_timeout: Duration::from_secs(2),
            outer: OuterSettings::default(),
            tls: TlsSettings {
                no_system_trust: true,
                ..TlsSettings::default()
            },
        },
        cookie: Secret::new(cookie),
        user_agent: "tunnel test".to_owned(),
        local_hostname: "laptop".to_owned(),
        esp: true,
        esp_local_port: 0,
        dpd: None,
        interface: None,
        mtu: None,
        network: NetworkMode::None,
        overrides: Overrides::default(),
        reconfigure: false,
        reconnect_timeout: Duration::from_secs(30),
        limits: SessionLimits::default(),
        logout: true,
        name: "test".to_owned(),
    }
}

/// Waits until something holds that tells nobody about itself.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let search = async {
        while !holds() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    if timeout(LIMIT, search).await.is_err() {
        panic!("in vain waited for {what}");
    }
}

/// Sizes of the packets exchanged, in turn.
const SIZES: [usize; 6] = [36, 61, 576, 1278, 1399, 1400];

fn names(setup: &RecordingSetup) -> Vec<&'static str> {
    let calls = setup.calls();
    let names = calls.iter().map(|call| match call {
        Call::Prepare => "prepare",
        Call::Apply(..) => "apply",
        Call::AttemptReconnect => "attempt_reconnect",
        Call::Reconnected => "reconnected",
        Call::NetworkChanged => "network_changed",
        Call::Revert => "revert",
    });
    names.collect()
}

enum Seen {
    Step,
    Up,
    Show(String),
}

struct Watcher(UnboundedSender<Seen>);

impl Watcher {
    fn tell(&self, seen: Seen) {
        // the test may have ended already
        let _ = self.0.send(seen);
    }
}

impl Observer for Watcher {
    fn step(&mut self, _: String) {
        self.tell(Seen::Step);
    }

    fn up(&mut self) {
        self.tell(Seen::Up);
    }

    fn show(&mut self, text: String) {
        self.tell(Seen::Show(text));
    }
}

/// Requests, and a count of how often they were asked for: once a round.
struct Inbox(UnboundedReceiver<Request>, Rc<Cell<u32>>);

impl Requests for Inbox {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request> {
        self.1.set(self.1.get() + 1);
        match self.0.poll_recv(cx) {
            Poll::Ready(Some(request)) => Poll::Ready(request),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// What the client logs while a test runs.
#[derive(Clone)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self(Arc::default());
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
