//! What a service manager is told (sd_notify(3), `cli.md §12`).

use std::future::pending;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::environment::Environment;
use crate::net::status::{Board, State, Status};

/// The way to the service manager.
#[derive(Debug, Clone)]
pub(super) struct Service {
    socket: Option<Rc<UnixDatagram>>,
    watchdog: Option<Duration>,
}

impl Service {
    /// As the environment says; without a service manager nothing is told to anybody.
    pub(super) fn of(environment: &Environment) -> Self {
        let socket = environment.text("NOTIFY_SOCKET").and_then(connect);
        let watchdog = watchdog(
            environment.text("WATCHDOG_USEC"),
            environment.text("WATCHDOG_PID"),
        );
        Self {
            socket: socket.map(Rc::new),
            watchdog,
        }
    }

    /// Addresses, routes and names are in place.
    pub(super) fn ready(&self, board: &Board, is_child: bool) {
        let mut text = format!("READY=1\nSTATUS={}", summary(&board.status()));
        if is_child {
            // whom the manager started has done its part
            text += &format!("\nMAINPID={}", std::process::id());
        }
        self.send(&text);
    }

    /// Tells what changes, until it is dropped.
    pub(super) fn follow(&self, board: &Board) -> Option<Following> {
        let socket = self.socket.as_ref()?.try_clone().ok()?;
        Some(Following(tokio::spawn(follow(socket, board.clone()))))
    }

    /// Signs of life at half the time the manager allows, for as long as this is polled.
    pub(super) async fn signs_of_life(self) {
        let (Some(time), Some(_)) = (self.watchdog, &self.socket) else {
            return;
        };
        let mut ticks = interval(time / 2);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.send("WATCHDOG=1");
        }
    }

    fn send(&self, text: &str) {
        if let Some(socket) = &self.socket {
            send(socket, text);
        }
    }
}

/// Ends with this.
#[derive(Debug)]
pub(super) struct Following(JoinHandle<()>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn follow(socket: UnixDatagram, board: Board) {
    let mut states = board.states();
    let mut news = board.listen();
    let mut last = String::new();
    let mut is_stopping = false;
    loop {
        let status = board.status();
        if !is_stopping && status.state == State::Stopping {
            is_stopping = true;
            send(&socket, "STOPPING=1");
        }
        let text = summary(&status);
        if text != last {
            send(&socket, &format!("STATUS={text}"));
            last = text;
        }
        tokio::select! {
            changed = states.changed() => if changed.is_err() {
                pending::<()>().await;
            },
            _ = news.recv() => {}
        }
    }
}

/// Nobody can help when the manager does not listen.
fn send(socket: &UnixDatagram, text: &str) {
    if let Err(error) = socket.send(text.as_bytes()) {
        tracing::debug!(%error, "the service manager was not told");
    }
}

fn connect(name: &str) -> Option<UnixDatagram> {
    let address = match name.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(name),
    };
    let open = || {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect_addr(&address?)?;
        Ok(socket)
    };
    let opened: std::io::Result<UnixDatagram> = open();
    opened
        .inspect_err(|error| tracing::warn!(%error, "the service manager of NOTIFY_SOCKET cannot be told"))
        .ok()
}

/// The variable may be meant for another process: ours is, or its parent, which `--background` leaves.
fn watchdog(microseconds: Option<&str>, process: Option<&str>) -> Option<Duration> {
    let own = [std::process::id(), std::os::unix::process::parent_id()];
    let is_ours = |process: &str| process.parse().is_ok_and(|process| own.contains(&process));
    if process.is_some_and(|process| !is_ours(process)) {
        return None;
    }
    let microseconds = microseconds?.parse().ok()?;
    (microseconds >= SHORTEST).then(|| Duration::from_micros(microseconds))
}

/// One line for people.
fn summary(status: &Status) -> String {
    let mut parts = Vec::new();
    match status.state {
        State::Starting => parts.push("starting".to_owned()),
        State::Login => parts.push("signing in".to_owned()),
        State::Connecting => parts.push("opening the tunnel".to_owned()),
        State::Connected => {
            let path = status.transport.active.unwrap_or_default().to_uppercase();
            let address = status.ipv4.first().and_then(|address| address.split('/').next());
            parts.extend(["connected".to_owned(), path]);
            parts.extend(address.map(str::to_owned));
            parts.extend(status.login.expires_at.as_deref().and_then(expiry));
        }
        State::Reconnecting => {
            parts.push("reconnecting".to_owned());
            parts.extend(status.last_error.clone());
        }
        State::Stopping => parts.push("disconnecting".to_owned()),
        State::Stopped => parts.push("disconnected".to_owned()),
        State::Failed => {
            parts.push("failed".to_owned());
            parts.extend(status.last_error.clone());
        }
    }
    let text = parts.join(", ");
    text.replace(|character: char| character.is_control(), " ")
}

fn expiry(time: &str) -> Option<String> {
    let time: jiff::Timestamp = time.parse().ok()?;
    let local = time.to_zoned(jiff::tz::TimeZone::system());
    Some(format!("expires {}", local.strftime("%H:%M")))
}

/// Microseconds; less is a mistake and would only keep us busy.
const SHORTEST: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(socket: &UnixDatagram) -> String {
        let mut text = [0; 1024];
        let length = socket.recv(&mut text).expect("a message");
        String::from_utf8(text[..length].to_vec()).expect("UTF-8")
    }

    fn service(name: &str) -> Service {
        Service::of(&Environment::from_lookup(|variable| match variable {
            "NOTIFY_SOCKET" => Some(name.into()),
            "WATCHDOG_USEC" => Some("200000".into()),
            _ => None,
        }))
    }

    #[test]
    fn both_kinds_of_addresses_are_reached() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let plain = UnixDatagram::bind(&path).expect("a socket");
        let name = format!("vpnc-cli-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let unseen = UnixDatagram::bind_addr(&address).expect("a socket");
        let board = Board::new("work");
        for (name, socket) in [(path.display().to_string(), plain), (format!("@{name}"), unseen)] {
            service(&name).ready(&board, false);
            assert_eq!(told(&socket), "READY=1\nSTATUS=starting");
            service(&name).ready(&board, true);
            assert!(told(&socket).ends_with(&format!("\nMAINPID={}", std::process::id())));
        }
        // and nobody at all is no trouble
        service("/nonexistent/notify").ready(&board, false);
        Service::of(&Environment::default()).ready(&board, false);
    }

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_come_at_half_the_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("a socket");
        let signs = service(&path.display().to_string()).signs_of_life();
        let limit = Duration::from_millis(350);
        tokio::time::timeout(limit, signs).await.expect_err("for ever");
        socket.set_nonblocking(true).expect("a mode");
        let mut signs = 0;
        while socket.recv(&mut [0; 64]).is_ok() {
            signs += 1;
        }
        assert_eq!(signs, 4, "at 0, 100, 200 and 300 ms");
    }

    #[test]
    fn a_watchdog_of_another_process_is_not_ours() {
        let own = std::process::id().to_string();
        for (microseconds, process, expected) in [
            (
                Some("30000000"),
                Some(own.as_str()),
                Some(Duration::from_secs(30)),
            ),
            (Some("30000000"), None, Some(Duration::from_secs(30))),
            (Some("30000000"), Some("1048577000"), None),
            (Some("0"), None, None),
            (Some("much"), None, None),
            (None, Some(own.as_str()), None),
        ] {
            assert_eq!(watchdog(microseconds, process), expected, "{microseconds:?}");
        }
    }

    #[test]
    fn the_summary_is_one_line() {
        let board = Board::new("work");
        board.enter(State::Connected);
        board.update(|status| {
            status.transport.active = Some("esp");
            status.ipv4 = vec!["172.16.5.7/32".to_owned()];
            status.login.expires_at = Some("2026-01-31T17:00:00Z".to_owned());
        });
        let text = summary(&board.status());
        assert!(text.starts_with("connected, ESP, 172.16.5.7, expires "), "{text}");
        board.update(|status| status.last_error = Some("reset\nREADY=1".to_owned()));
        board.enter(State::Reconnecting);
        assert_eq!(summary(&board.status()), "reconnecting, reset READY=1");
    }
}
