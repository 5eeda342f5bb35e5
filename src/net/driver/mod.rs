//! The event loop: one task that moves octets between device, channel and UDP socket, and feeds the engine.
//!
//! Each round waits for anything to be ready, takes everything that is, at most one batch from each source, feeds
//! the engine and drains it. There is no queue between device and sockets: when a socket takes no more, packets stay
//! in the device.

mod board;
mod change;
mod events;
mod expiry;
mod relogin;
mod round;
mod step;
mod way;
mod way_out;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::{Sleep, sleep_until};

use self::expiry::Expiry;
use self::relogin::Renewal;
pub use self::relogin::{NewSession, Relogin, SigningIn};
use self::step::{After, Step};

use super::channel::Channel;
use super::connect::{Connection, Connector};
use super::ending::Ending;
use super::error::NetError;
use super::http;
use super::random::KernelRandom;
use super::settings::ConnectSettings;
use super::signals::{Request, Requests};
use super::status::Board;
use super::udp::UdpPath;
use crate::auth::cookies::Jar;
use crate::config::NetworkConfig;
use crate::engine::{Engine, EngineSettings, Event};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::packet::{Batch, Received};
use crate::platform::{Change, Interface, NetworkSetup, NetworkWatch, TunDevice};

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
    /// Tells of changes around the tunnel.
    pub watch: Option<Box<dyn NetworkWatch + 'a>>,
    /// Where it is written down how things stand.
    pub board: Board,
    /// What has to be done beside the tunnel. Polled in every round and dropped before the logout; the end of one ends
    /// nothing.
    pub companions: Vec<Companion<'a>>,
    /// Work that belongs to the session and ends with it: the host check.
    pub recheck: Option<Companion<'a>>,
    /// Who signs in again when the session has ended.
    pub relogin: Option<Box<dyn Relogin + 'a>>,
}

/// Work that goes on while the tunnel lives.
pub type Companion<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

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

/// The parts without the set-up, which a step under way keeps busy.
struct Around<'a> {
    device: Box<dyn TunDevice + 'a>,
    observer: Box<dyn Observer + 'a>,
    requests: Box<dyn Requests + 'a>,
    watch: Option<Box<dyn NetworkWatch + 'a>>,
    board: Board,
    companions: Vec<Companion<'a>>,
    recheck: Option<Companion<'a>>,
}

/// Locked by the step under way.
type Setup<'a> = Rc<Mutex<Box<dyn NetworkSetup + 'a>>>;

struct Driver<'a> {
    settings: ConnectSettings,
    parts: Around<'a>,
    setup: Setup<'a>,
    /// A step of the set-up under way. The loop goes on meanwhile.
    step: Option<Step<'a>>,
    /// Events that need the set-up and wait for the end of the step.
    deferred: VecDeque<Event>,
    engine: Engine,
    jar: Jar,
    connector: Connector,
    /// An attempt under way, by a copy of the connector that takes its place afterwards.
    opening: Option<Opening>,
    channel: Option<Channel>,
    /// The channel before, left open until the new one is set up: with its end the gateway would forget the ESP keys.
    retired: Option<Channel>,
    udp: Option<UdpPath>,
    batch: Batch,
    /// The batch is sealed and waits for the socket.
    batch_blocked: bool,
    received: Received,
    timer: Pin<Box<Sleep>>,
    deadline: Option<Instant>,
    peer: Option<IpAddr>,
    /// Address of this machine on the way to the gateway, as far as is known.
    source: Option<IpAddr>,
    /// How the network is set up now.
    applied: Option<Applied>,
    up: bool,
    /// Told by the watch and not yet looked into.
    change: Option<Change>,
    /// From then on there may be something to undo.
    set_up_begun: bool,
    renewal: Renewal<'a>,
    expiry: Expiry,
}

/// How the network is set up.
struct Applied {
    interface: Interface,
    network: NetworkConfig,
}

type Opening = Pin<Box<dyn Future<Output = (Connector, Result<Connection, NetError>)>>>;

impl<'a> Driver<'a> {
    fn new(settings: ConnectSettings, jar: Jar, connector: Connector, parts: Parts<'a>) -> Self {
        let engine = Engine::new(EngineSettings {
            host: http::host(connector.url()),
            user_agent: settings.user_agent.clone(),
            local_hostname: settings.local_hostname.clone(),
            esp: settings.esp,
            dead_peer: settings.dpd,
            reconnect_timeout: settings.reconnect_timeout,
            reconfigure: settings.reconfigure,
            random: Box::new(|| Box::new(KernelRandom::default())),
        });
        let mut batch = Batch::new(MAX_INNER_PACKET);
        batch.keep_tos(settings.gateway.outer.pass_tos);
        let Parts {
            device,
            setup,
            observer,
            requests,
            watch,
            board,
            companions,
            recheck,
            relogin,
        } = parts;
        let renewal = Renewal::new(relogin, settings.reconnect_timeout);
        let expiry = Expiry::new(settings.limits);
        Self {
            settings,
            parts: Around {
                device,
                observer,
                requests,
                watch,
                board,
                companions,
                recheck,
            },
            setup: Rc::new(Mutex::new(setup)),
            step: None,
            deferred: VecDeque::new(),
            engine,
            jar,
            connector,
            opening: None,
            channel: None,
            retired: None,
            udp: None,
            batch,
            batch_blocked: false,
            received: Received::new(MAX_DATAGRAM),
            timer: Box::pin(sleep_until(tokio::time::Instant::now())),
            deadline: None,
            peer: None,
            source: None,
            applied: None,
            up: false,
            change: None,
            set_up_begun: false,
            renewal,
            expiry,
        }
    }

    fn requested(&self, request: Request) -> Ending {
        Ending::Requested {
            request,
            was_up: self.up,
            set_up_begun: self.set_up_begun,
        }
    }

    /// Rounds until something ends the session.
    async fn go(&mut self) -> Ending {
        self.begin(After::Prepared);
        let is_new = self.settings.cookie.is_empty();
        self.session_began(is_new);
        loop {
            if let Some(ending) = self.drain() {
                return ending;
            }
            self.deliver();
            let ready = poll_fn(|cx| self.poll_round(cx)).await;
            if let Some(ending) = self.take(ready) {
                return ending;
            }
            self.look_around();
            board::counters(&self.parts.board, &self.engine);
            self.expiry.note(self.engine.statistics());
        }
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

/// Awaits a step of the network set-up while requests to end are listened to. Returns its result and the first
/// request.
///
/// A step is not left half done at once: after the first request it may go on for `grace`, or without a limit of ours.
/// A second request cuts it short in any case. A step cut short is dropped, which also ends a script that hangs.
async fn interruptible<T>(
    requests: &mut (dyn Requests + '_),
    grace: Option<Duration>,
    step: impl Future<Output = T>,
) -> (Option<T>, Option<Request>) {
    let mut step = pin!(step);
    let first = tokio::select! {
        result = &mut step => return (Some(result), None),
        request = poll_fn(|cx| poll_end_request(requests, cx)) => request,
    };
    let patience = async {
        match grace {
            Some(grace) => tokio::time::sleep(grace).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        result = step => (Some(result), Some(first)),
        _ = poll_fn(|cx| poll_end_request(requests, cx)) => (None, Some(first)),
        () = patience => (None, Some(first)),
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

/// Largest packet taken from the device. The link caps the MTU at this; a longer packet arrives cut and is dropped.
const MAX_INNER_PACKET: usize = 9216;

/// Room for one datagram: the largest inner packet sealed.
const MAX_DATAGRAM: usize = 16 * 1024;

/// How long a step of the set-up may go on after a request to end: enough for a script that works, little enough to
/// be gone before NetworkManager kills us (`cli.md §9`).
const GRACE: Duration = Duration::from_secs(1);
