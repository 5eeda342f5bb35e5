//! What a running tunnel tells others about itself: one state for `status`, news for `events`.
//!
//! The objects are those of `cli.md §14`: fields are only ever added, never renamed.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{broadcast, watch};

use crate::error::{Clean, Error};
use crate::exit::ExitStatus;

/// Number of the form of the objects.
pub const SCHEMA: u32 = 1;

/// What a tunnel is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing has been sent yet.
    #[default]
    Starting,
    /// Signing in.
    Login,
    /// The tunnel is being opened.
    Connecting,
    /// Packets get through.
    Connected,
    /// The channel is lost and will be opened again.
    Reconnecting,
    /// Taking back what was set up.
    Stopping,
    /// Ended by the user.
    Stopped,
    /// Ended otherwise.
    Failed,
}

/// The whole state. Times are RFC 3339 in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name of the instance.
    pub name: String,
    /// What it is doing.
    pub state: State,
    /// Since when.
    pub since: String,
    /// Process.
    pub pid: u32,
    /// The gateway.
    pub server: Server,
    /// Always `nc`.
    pub protocol: &'static str,
    /// User name, if it is known here.
    pub user: Option<String>,
    /// Realm signed in to, if it is known here.
    pub realm: Option<String>,
    /// Role chosen, if it is known here.
    pub role: Option<String>,
    /// Name of the interface, once there is one.
    pub interface: Option<String>,
    /// Its MTU in octets.
    pub mtu: Option<u16>,
    /// Inner addresses with the length of their network.
    pub ipv4: Vec<String>,
    /// Always empty.
    pub ipv6: Vec<String>,
    /// Name servers in use.
    pub dns: Vec<String>,
    /// Domains in use; those with `~` only route questions.
    pub domains: Vec<String>,
    /// Prefixes that go into the tunnel.
    pub routes: Vec<String>,
    /// Prefixes kept outside.
    pub excluded: Vec<String>,
    /// The way packets take.
    pub transport: Transport,
    /// Inner traffic since the start.
    pub traffic: TrafficCount,
    /// The session on the gateway.
    pub login: Login,
    /// The host checker.
    pub host_check: HostCheck,
    /// Times the channel was opened again.
    pub reconnects: u64,
    /// The last thing that went wrong.
    pub last_error: Option<String>,
}

/// The gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Server {
    /// Its URL.
    pub url: String,
    /// Address in use.
    pub address: Option<IpAddr>,
    /// Digest of its public key, `pin-sha256:…`.
    pub pin: Option<String>,
}

/// The way packets take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Transport {
    /// `esp` or `tls`; absent before the tunnel is up.
    pub active: Option<&'static str>,
    /// The UDP path.
    pub esp: EspState,
    /// The channel.
    pub tls: TlsState,
    /// When `active` changed last.
    pub last_change: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// The UDP path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EspState {
    /// `off`, `keyed`, `probing`, `confirmed`, `active` or `waiting`.
    pub state: &'static str,
    /// For example `aes-256-cbc`.
    pub cipher: Option<&'static str>,
    /// For example `sha1`.
    pub mac: Option<&'static str>,
}

/// The channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TlsState {
    /// For example `1.2`.
    pub version: Option<String>,
    /// Cipher suite.
    pub suite: Option<String>,
}

/// Inner traffic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct TrafficCount {
    /// Octets received.
    pub rx_bytes: u64,
    /// Octets sent.
    pub tx_bytes: u64,
    /// Packets received.
    pub rx_packets: u64,
    /// Packets sent.
    pub tx_packets: u64,
}

/// The session on the gateway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Login {
    /// When it ends, if that is known.
    pub expires_at: Option<String>,
    /// Seconds without traffic after which the gateway ends it, if that is known.
    pub idle_timeout_s: Option<u64>,
}

/// The host checker.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HostCheck {
    /// When the next check is due.
    pub next_at: Option<String>,
}

/// Something that happened, for `events` (`cli.md §14`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum News {
    /// How things stand; the first a listener hears.
    State {
        /// The state.
        status: Box<Status>,
    },
    /// The listener was too slow and has missed some.
    Missed {
        /// How many.
        count: u64,
    },
    /// A step begins.
    Step {
        /// In words.
        text: String,
    },
    /// The user is asked.
    Prompt {
        /// What for.
        text: String,
    },
    /// The sign-in succeeded.
    LoginOk,
    /// The gateway's configuration, as it is set up.
    Config {
        /// The state with it.
        status: Box<Status>,
    },
    /// The tunnel is up.
    Connected,
    /// Packets take another way.
    Transport {
        /// `esp` or `tls`.
        active: &'static str,
        /// Why.
        reason: String,
    },
    /// New ESP keys.
    Rekey,
    /// The channel is lost.
    Reconnecting {
        /// Why.
        reason: String,
        /// Seconds until the next attempt.
        retry_in_s: u64,
    },
    /// The channel is back.
    Reconnected,
    /// The session will end soon.
    Expiring {
        /// When.
        expires_at: String,
        /// Seconds until then.
        seconds_left: u64,
    },
    /// A host check was made.
    HostCheck {
        /// Whether the gateway was content.
        passed: bool,
    },
    /// The tunnel is down.
    Disconnected {
        /// Why.
        reason: String,
    },
    /// What ends the program.
    Error {
        /// In words.
        message: String,
        /// Exit status.
        exit: u8,
    },
}

/// Where the parts of the program write down how things stand, and others read it. Clones share it.
#[derive(Debug, Clone)]
pub struct Board(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    status: Mutex<Status>,
    state: watch::Sender<State>,
    news: broadcast::Sender<Stamped>,
}

/// News with their time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// [`SCHEMA`].
    pub schema: u32,
    /// RFC 3339 in UTC.
    pub time: String,
    /// Name of the instance.
    pub name: String,
    /// What happened.
    #[serde(flatten)]
    pub news: News,
}

impl Board {
    /// A board of an instance that has just started.
    pub fn new(name: &str) -> Self {
        let status = Status {
            schema: SCHEMA,
            name: name.to_owned(),
            since: now(),
            pid: std::process::id(),
            protocol: "nc",
            transport: Transport {
                esp: EspState {
                    state: "off",
                    ..EspState::default()
                },
                ..Transport::default()
            },
            ..Status::default()
        };
        Self(Arc::new(Shared {
            status: Mutex::new(status),
            state: watch::Sender::new(State::Starting),
            news: broadcast::Sender::new(KEPT_NEWS),
        }))
    }

    /// Changes the state.
    pub fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.0.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Another state begins now, unless it has already.
    pub fn enter(&self, state: State) {
        self.update(|status| {
            if status.state != state {
                status.state = state;
                status.since = now();
            }
        });
        self.0
            .state
            .send_if_modified(|known| std::mem::replace(known, state) != state);
    }

    /// The run is over, with this result.
    pub fn end(&self, result: &Result<(), Error>) {
        let was_up = self.status().transport.active.is_some();
        let (state, reason) = match result {
            Ok(()) => (State::Stopped, "on request".to_owned()),
            Err(error) => {
                let message = Clean(&error.message).to_string();
                self.update(|status| status.last_error = Some(message.clone()));
                (state_after(error.status), message)
            }
        };
        self.update(|status| status.transport.active = None);
        self.enter(state);
        if was_up {
            self.tell(News::Disconnected {
                reason: reason.clone(),
            });
        }
        if let Err(error) = result {
            self.tell(News::Error {
                message: reason,
                exit: error.status as u8,
            });
        }
    }

    /// How things stand.
    pub fn status(&self) -> Status {
        self.0
            .status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells all who listen.
    pub fn tell(&self, news: News) {
        // nobody may be listening
        drop(self.0.news.send(self.stamp(news)));
    }

    /// News of now.
    pub fn stamp(&self, news: News) -> Stamped {
        Stamped {
            schema: SCHEMA,
            time: now(),
            name: self.status().name,
            news,
        }
    }

    /// Follows the state alone.
    pub fn states(&self) -> watch::Receiver<State> {
        self.0.state.subscribe()
    }

    /// Listens to what is told from now on. One who is slow misses the oldest.
    pub fn listen(&self) -> broadcast::Receiver<Stamped> {
        self.0.news.subscribe()
    }
}

/// The time as the objects have it.
pub fn now() -> String {
    time_of(std::time::SystemTime::now())
}

/// A time as the objects have it.
pub fn time_of(time: std::time::SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    time.round(jiff::Unit::Second).unwrap_or_default().to_string()
}

/// The time in a while, if there can be one.
pub fn after(time: Duration) -> Option<String> {
    let then = jiff::Timestamp::now().checked_add(time).ok()?;
    Some(then.round(jiff::Unit::Second).ok()?.to_string())
}

/// A signal before the tunnel was up is what the user wanted.
fn state_after(status: ExitStatus) -> State {
    let asked = [
        ExitStatus::Interrupted,
        ExitStatus::Terminated,
        ExitStatus::Hangup,
    ];
    match asked.contains(&status) {
        true => State::Stopped,
        false => State::Failed,
    }
}

/// News kept for a listener that is slow.
const KEPT_NEWS: usize = 256;

#[cfg(test)]
mod tests;
