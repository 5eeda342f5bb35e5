//! The event loop: one task that moves octets between device, channel and UDP socket, and feeds the engine.
//!
//! Each round waits for anything to be ready, takes everything that is, at most one batch from each source, feeds
//! the engine and drains it. There is no queue between device and sockets: when a socket takes no more, packets stay
//! in the device.

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::channel::{Channel, Incoming};
use super::connect::{Connection, Connector};
use super::ending::{self, Ending};
use super::error::NetError;
use super::random::KernelRandom;
use super::settings::ConnectSettings;
use super::signals::{Request, Requests};
use super::tls::Refusal;
use super::udp::{Sent, UdpPath};
use super::{http, logout, report};
use crate::auth::cookies::Jar;
use crate::config::NetworkConfig;
use crate::engine::{Configured, Engine, EngineSettings, Event, Output, Path, Route};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::packet::{Batch, Received};
use crate::platform::{Interface, NetworkSetup, SetupError, TunDevice};
use crate::secret::Secret;

/// What the front end learns while a tunnel comes up.
pub trait Observer {
    /// A step begins; the one before is done.
    fn step(&mut self, text: String);

    /// The tunnel is up.
    fn up(&mut self);

    /// Text the user asked for.
    fn show(&mut self, text: String);
}

/// The parts of the machine a tunnel works with.
pub struct Parts<'a> {
    /// The tunnel device.
    pub device: Box<dyn TunDevice + 'a>,
    /// The network set-up.
    pub setup: Box<dyn NetworkSetup + 'a>,
    /// The front end.
    pub observer: Box<dyn Observer + 'a>,
    /// Where the user's requests come from.
    pub requests: Box<dyn Requests + 'a>,
}

/// Runs a tunnel until it is ended. The network set-up is undone on every way out.
///
/// # Errors
/// Everything but an end by the user after the tunnel was up.
pub async fn run(
    settings: ConnectSettings,
    jar: Jar,
    connector: Connector,
    parts: Parts<'_>,
) -> Result<(), Error> {
    let mut driver = Driver::new(settings, jar, connector, parts);
    let ending = unwinding(driver.go()).await;
    driver.finish(ending).await
}

struct Driver<'a> {
    settings: ConnectSettings,
    parts: Parts<'a>,
    engine: Engine,
    jar: Jar,
    connector: Connector,
    /// An attempt under way, by a copy of the connector that takes its place afterwards.
    opening: Option<Opening>,
    channel: Option<Channel>,
    udp: Option<UdpPath>,
    batch: Batch,
    /// The batch is sealed and waits for the socket.
    batch_blocked: bool,
    received: Received,
    timer: Pin<Box<Sleep>>,
    deadline: Option<Instant>,
    peer: Option<IpAddr>,
    up: bool,
    udp_offered: bool,
}

type Opening = Pin<Box<dyn Future<Output = (Connector, Result<Connection, NetError>)>>>;

/// What was ready in a round.
#[derive(Default)]
struct Ready {
    request: Option<Request>,
    opened: Option<(Connector, Result<Connection, NetError>)>,
    timer: bool,
    incoming: Option<Incoming>,
    written: Option<usize>,
    datagrams: Option<io::Result<()>>,
    sent: Option<io::Result<Sent>>,
    packets: Option<io::Result<()>>,
}

impl<'a> Driver<'a> {
    fn new(settings: ConnectSettings, jar: Jar, connector: Connector, parts: Parts<'a>) -> Self {
        let engine = Engine::new(EngineSettings {
            host: http::host(connector.url()),
            user_agent: settings.user_agent.clone(),
            local_hostname: settings.local_hostname.clone(),
            esp: settings.esp,
            dead_peer: settings.dpd,
            reconnect_timeout: settings.reconnect_timeout,
            random: Box::new(|| Box::new(KernelRandom::default())),
        });
        Self {
            settings,
            parts,
            engine,
            jar,
            connector,
            opening: None,
            channel: None,
            udp: None,
            batch: Batch::new(MAX_INNER_PACKET),
            batch_blocked: false,
            received: Received::new(MAX_DATAGRAM),
            timer: Box::pin(sleep_until(tokio::time::Instant::now())),
            deadline: None,
            peer: None,
            up: false,
            udp_offered: false,
        }
    }

    /// Rounds until something ends the session.
    async fn go(&mut self) -> Ending {
        if let Err(error) = self.parts.setup.prepare().await {
            return Ending::Failed(error.into());
        }
        loop {
            if let Some(ending) = self.drain().await {
                return ending;
            }
            self.deliver();
            let ready = poll_fn(|cx| self.poll_round(cx)).await;
            if let Some(ending) = self.take(ready) {
                return ending;
            }
        }
    }

    /// Polls every source once; ready when any is.
    fn poll_round(&mut self, cx: &mut Context<'_>) -> Poll<Ready> {
        let mut ready = Ready {
            request: take(self.parts.requests.poll_next(cx)),
            ..Ready::default()
        };
        if let Some(opening) = &mut self.opening {
            ready.opened = take(opening.as_mut().poll(cx));
        }
        ready.timer = self.deadline.is_some() && self.timer.as_mut().poll(cx).is_ready();
        if let Some(channel) = &mut self.channel {
            ready.incoming = take(channel.poll_incoming(cx));
            ready.written = take(channel.poll_outgoing(cx, self.engine.channel_mut()));
        }
        if let Some(udp) = &mut self.udp {
            ready.datagrams = take(udp.poll_readable(cx));
            if self.batch_blocked {
                ready.sent = take(udp.poll_send(cx, &self.batch));
            }
        }
        if self.up && !self.batch_blocked && self.engine.wants_packets() {
            ready.packets = take(self.parts.device.poll_readable(cx));
        }
        if ready.any() {
            Poll::Ready(ready)
        } else {
            Poll::Pending
        }
    }

    /// Feeds the engine with everything that was ready.
    fn take(&mut self, ready: Ready) -> Option<Ending> {
        let now = Instant::now();
        if let Some(ending) = ready.request.and_then(|request| self.take_request(request, now)) {
            return Some(ending);
        }
        if let Some((connector, result)) = ready.opened {
            self.opening = None;
            if let Some(ending) = self.take_opened(connector, result, now) {
                return Some(ending);
            }
        }
        if ready.timer {
            self.deadline = None;
            self.engine.handle_timeout(now);
        }
        if let Some(written) = ready.written {
            self.engine.channel_written(written, now);
        }
        if let Some(incoming) = ready.incoming {
            self.take_incoming(incoming, now);
        }
        if let Some(datagrams) = ready.datagrams {
            self.take_datagrams(datagrams, now);
        }
        if let Some(sent) = ready.sent {
            self.take_sent(sent, now);
        }
        ready.packets.and_then(|packets| self.take_packets(packets, now))
    }

    fn take_request(&mut self, request: Request, now: Instant) -> Option<Ending> {
        match request {
            Request::Interrupt | Request::Terminate | Request::Hangup => Some(Ending::Requested {
                request,
                was_up: self.up,
            }),
            Request::Statistics if self.up => {
                self.parts.observer.show(report::statistics(&self.engine));
                None
            }
            Request::Reconnect if self.up => {
                info!("new connection on request");
                self.engine.reconnect(now);
                None
            }
            Request::Statistics | Request::Reconnect => None,
        }
    }

    fn take_opened(
        &mut self,
        connector: Connector,
        result: Result<Connection, NetError>,
        now: Instant,
    ) -> Option<Ending> {
        self.connector = connector;
        match result {
            Ok(connection) => {
                let udp_allowed = self.connector.address().is_some_and(|address| address.is_ipv4());
                let cookie = self.jar.header(self.connector.url());
                debug!(peer = %connection.peer, version = %connection.tls.version, suite = %connection.tls.suite,
                    "channel is open");
                self.peer = Some(connection.peer);
                self.channel = Some(Channel::new(connection.stream));
                self.engine.channel_opened(cookie, udp_allowed, now);
                self.parts.observer.step("open the tunnel".to_owned());
                None
            }
            Err(error) if self.up => {
                debug!(%error, "connection attempt failed");
                self.engine.open_failed(error.user_error().message, now);
                None
            }
            Err(error) => Some(Ending::Failed(error.user_error())),
        }
    }

    fn take_incoming(&mut self, incoming: Incoming, now: Instant) {
        let Some(channel) = &mut self.channel else { return };
        let octets = channel.take_incoming();
        if !octets.is_empty() {
            self.engine.handle_channel(octets, &mut self.received, now);
        }
        match incoming {
            Incoming::Octets => {}
            Incoming::Closed => self.lose_channel(None, now),
            Incoming::Failed(error) => {
                let refusal = Refusal::in_io_error(&error);
                let cause = refusal.map_or_else(|| error.to_string(), |refusal| refusal.to_string());
                self.lose_channel(Some(cause), now);
            }
        }
    }

    fn lose_channel(&mut self, cause: Option<String>, now: Instant) {
        if self.channel.take().is_none() {
            return;
        }
        self.engine.channel_lost(cause, now);
    }

    fn take_datagrams(&mut self, readable: io::Result<()>, now: Instant) {
        let Some(udp) = &self.udp else { return };
        let result = readable.and_then(|()| udp.recv_batch(&mut self.received));
        self.engine.handle_udp(&mut self.received, now);
        self.note_udp_error(result, now);
    }

    fn take_sent(&mut self, sent: io::Result<Sent>, now: Instant) {
        self.batch_blocked = matches!(sent, Ok(Sent::Blocked));
        if let Ok(Sent::All { refused }) = sent {
            self.engine.udp_sent(!refused, now);
        }
        self.note_udp_error(sent.map(drop), now);
    }

    fn note_udp_error(&mut self, result: io::Result<()>, now: Instant) {
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                self.engine.udp_unreachable(now)
            }
            Err(error) => debug!(%error, "UDP socket"),
        }
    }

    /// One batch from the device to whichever path is in use.
    fn take_packets(&mut self, readable: io::Result<()>, now: Instant) -> Option<Ending> {
        self.batch.reset(self.engine.room());
        let read = readable.and_then(|()| self.parts.device.read_batch(&mut self.batch));
        match read {
            Ok(0) => None,
            Ok(_) => {
                if self.engine.handle_tun(&mut self.batch, now) == Route::Udp {
                    self.send_batch(now);
                }
                None
            }
            Err(source) => Some(Ending::Failed(device_lost(self.parts.device.name(), &source))),
        }
    }

    fn send_batch(&mut self, now: Instant) {
        if let Some(udp) = &mut self.udp {
            let sent = udp.send_batch(&self.batch);
            self.take_sent(sent, now);
        }
    }

    /// Inner packets of this round go to the device.
    fn deliver(&mut self) {
        if self.up && self.received.packet_count() > 0 {
            match self.parts.device.write_batch(&self.received) {
                Ok(written) if written.dropped > 0 => debug!(written.dropped, "the device refused packets"),
                Ok(_) => {}
                Err(error) => debug!(%error, "the device takes no packets"),
            }
        }
        self.received.clear();
    }

    /// Takes all outputs of the engine.
    async fn drain(&mut self) -> Option<Ending> {
        loop {
            let event = match self.engine.poll_output() {
                Output::Event(event) => event,
                Output::Datagrams(probes) => {
                    // a lost probe is repeated by the engine's timers
                    if let Some(udp) = &self.udp {
                        udp.send_once(probes);
                    }
                    continue;
                }
                Output::Timeout(next) => {
                    self.set_timer(next.map(|(deadline, _)| deadline));
                    return None;
                }
            };
            if let Some(ending) = self.handle_event(event).await {
                return Some(ending);
            }
        }
    }

    fn set_timer(&mut self, deadline: Option<Instant>) {
        if self.deadline != deadline {
            self.deadline = deadline;
            if let Some(deadline) = deadline {
                self.timer.as_mut().reset(deadline.into());
            }
        }
    }

    async fn handle_event(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::NeedChannel => self.open_channel().await,
            Event::SetCookies(lines) => self.keep_cookies(&lines),
            Event::Configured(configured) => return self.configure(&configured).await,
            Event::BindUdp { port } => self.bind_udp(port),
            Event::PathChanged {
                path: Path::Udp,
                reason,
            } => info!(reason, "data goes over ESP"),
            Event::PathChanged {
                path: Path::Channel,
                reason,
            } => warn!(reason, "data goes over TLS"),
            Event::Rekeyed => debug!("ESP keys were renewed"),
            Event::ChannelLost { cause, retry_in } => {
                self.channel = None;
                self.opening = None;
                let cause = ending::loss_text(&cause);
                warn!(%cause, retry_in_seconds = retry_in.as_secs(), "connection to the gateway lost");
            }
            Event::Ended(end) => return Some(Ending::Engine(end)),
        }
        None
    }

    /// Begins to open a channel. The loop goes on meanwhile: ESP carries data where the gateway allows it.
    async fn open_channel(&mut self) {
        if self.up {
            self.run_hook(Hook::AttemptReconnect).await;
        }
        let mut connector = self.connector.clone();
        self.parts
            .observer
            .step(format!("connect to {}", connector.place()));
        self.opening = Some(Box::pin(async move {
            let result = connector.connect().await;
            (connector, result)
        }));
    }

    fn keep_cookies(&mut self, lines: &[Secret]) {
        let lines = lines.iter().map(Secret::expose);
        self.jar.store(self.connector.url(), lines);
    }

    async fn configure(&mut self, configured: &Configured) -> Option<Ending> {
        self.udp_offered = configured.udp;
        if configured.first || configured.changed {
            let interface = Interface {
                name: self.parts.device.name().to_owned(),
                gateway: self.peer?,
                mtu: self
                    .settings
                    .mtu
                    .map_or(configured.network.mtu, |cap| cap.min(configured.network.mtu)),
            };
            self.parts.observer.step(format!("set up {}", interface.name));
            let (applied, request) = self.apply(&interface, &configured.network).await;
            if let Some(request) = request {
                return Some(Ending::Requested {
                    request,
                    was_up: self.up,
                });
            }
            if let Err(error) = applied {
                return Some(Ending::Failed(error.into()));
            }
            if configured.first {
                self.up = true;
                self.parts.observer.up();
            }
            info!(
                "{}",
                report::connected(&interface, &configured.network, configured.udp)
            );
        }
        if !configured.first {
            info!("connection to the gateway is back");
            self.run_hook(Hook::Reconnected).await;
        }
        None
    }

    /// Sets the network up. A step of it is never left half done: a signal ends the run after it, and only a second
    /// one cuts it short.
    async fn apply(
        &mut self,
        interface: &Interface,
        network: &NetworkConfig,
    ) -> (Result<(), SetupError>, Option<Request>) {
        let Parts { setup, requests, .. } = &mut self.parts;
        let mut apply = setup.apply(interface, network);
        let mut request = None;
        loop {
            tokio::select! {
                applied = &mut apply => return (applied, request),
                again = poll_fn(|cx| poll_end_request(requests.as_mut(), cx)) => {
                    if request.replace(again).is_some() {
                        return (Ok(()), request);
                    }
                }
            }
        }
    }

    async fn run_hook(&mut self, hook: Hook) {
        let result = match hook {
            Hook::AttemptReconnect => self.parts.setup.attempt_reconnect().await,
            Hook::Reconnected => self.parts.setup.reconnected().await,
        };
        if let Err(error) = result {
            warn!(%error, "network set-up");
        }
    }

    fn bind_udp(&mut self, port: u16) {
        self.udp = None;
        self.batch_blocked = false;
        let Some(peer) = self.peer else { return };
        match UdpPath::connect(peer, port, self.settings.esp_local_port) {
            Ok(udp) => self.udp = Some(udp),
            Err(error) => warn!(%error, port, "no UDP socket for ESP, data stays on TLS"),
        }
    }

    /// The way out: undo the network first, then tell the gateway, each within its limit.
    async fn finish(mut self, ending: Ending) -> Result<(), Error> {
        self.opening = None;
        if matches!(ending, Ending::Requested { was_up: true, .. }) {
            self.say_goodbye().await;
        }
        self.channel = None;
        self.udp = None;
        if let Err(error) = self.parts.setup.revert().await {
            warn!(%error, "not everything of the network set-up could be undone");
        }
        if self.settings.logout && ending.ends_login() {
            self.log_out().await;
        }
        let statistics = self.up.then(|| report::summary(&self.engine));
        if let Some(statistics) = statistics {
            info!("{statistics}");
        }
        ending.into_result(&self.settings)
    }

    /// Data off UDP, then the end of the channel.
    async fn say_goodbye(&mut self) {
        self.engine.quit();
        let Some(channel) = &mut self.channel else { return };
        let engine = &mut self.engine;
        let goodbye = poll_fn(|cx| match channel.poll_outgoing(cx, engine.channel_mut()) {
            Poll::Ready(_) if !engine.channel_mut().is_empty() => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending if !engine.channel_mut().is_empty() && !channel.is_broken() => Poll::Pending,
            Poll::Ready(_) | Poll::Pending => channel.poll_close(cx),
        });
        match timeout(GOODBYE_TIME, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "channel not closed in order"),
            Err(_) => debug!("the gateway takes no more on the channel"),
        }
    }

    async fn log_out(&mut self) {
        let connector = &mut self.connector;
        let cookie = self.jar.header(connector.url());
        let requests = &mut self.parts.requests;
        tokio::select! {
            result = logout::logout(connector, &cookie, LOGOUT_TIME) => match result {
                Ok(()) => info!("logged out"),
                Err(error) => warn!(%error, "not logged out; the login ends when the gateway's idle time is over"),
            },
            _ = poll_fn(|cx| poll_end_request(requests.as_mut(), cx)) => warn!("logout skipped"),
        }
    }
}

impl Ready {
    fn any(&self) -> bool {
        self.request.is_some()
            || self.opened.is_some()
            || self.timer
            || self.incoming.is_some()
            || self.written.is_some()
            || self.datagrams.is_some()
            || self.sent.is_some()
            || self.packets.is_some()
    }
}

/// Turns a panic into an end, so that the network set-up is undone even then.
async fn unwinding(future: impl Future<Output = Ending>) -> Ending {
    let mut future = pin!(future);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(Ending::Failed(
                Error::new(ExitStatus::Internal, "internal error, the tunnel was ended")
                    .note("this is a bug in the program; the network set-up was undone")
                    .hint("report it with the lines above"),
            )),
        },
    )
    .await
}

enum Hook {
    AttemptReconnect,
    Reconnected,
}

fn take<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Ready with a request that ends the program; others are dropped.
fn poll_end_request(requests: &mut (dyn Requests + '_), cx: &mut Context<'_>) -> Poll<Request> {
    loop {
        match requests.poll_next(cx) {
            Poll::Ready(request @ (Request::Interrupt | Request::Terminate | Request::Hangup)) => {
                return Poll::Ready(request);
            }
            Poll::Ready(Request::Statistics | Request::Reconnect) => {}
            Poll::Pending => return Poll::Pending,
        }
    }
}

fn device_lost(name: &str, source: &io::Error) -> Error {
    Error::new(ExitStatus::Io, format!("cannot read from {name}: {source}"))
        .note("the device was removed or taken down by another program")
}

/// Largest packet taken from the device: no MTU is larger.
const MAX_INNER_PACKET: usize = 9216;

/// Room for one datagram: the largest inner packet sealed.
const MAX_DATAGRAM: usize = 16 * 1024;

/// How long the channel may take for our last words. With the logout it must stay under the 1.8 s that NetworkManager
/// leaves us (`cli.md §9`).
const GOODBYE_TIME: Duration = Duration::from_millis(200);

/// Limit of the logout (`cli.md §9`).
const LOGOUT_TIME: Duration = Duration::from_secs(1);
