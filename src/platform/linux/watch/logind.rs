//! Sleep as logind tells of it, where there is a system bus.
//!
//! A bus that is missing, refuses or hangs costs nothing but a line at level debug.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream as _;
use tokio::time::timeout;
use zbus::{Connection, MatchRule, MessageStream};

/// Waits for the end of a sleep.
pub(super) struct Logind(State);

enum State {
    Joining(Pin<Box<dyn Future<Output = zbus::Result<MessageStream>>>>),
    Listening(Box<MessageStream>),
    Absent,
}

impl Logind {
    /// Begins when polled for the first time.
    pub(super) fn new() -> Self {
        Self::on(Connection::system())
    }

    fn on(bus: impl Future<Output = zbus::Result<Connection>> + 'static) -> Self {
        Self(State::Joining(Box::pin(join(bus))))
    }

    /// True when the machine has woken up.
    pub(super) fn poll_resumed(&mut self, cx: &mut Context<'_>) -> bool {
        let mut resumed = false;
        loop {
            match &mut self.0 {
                State::Joining(joining) => match joining.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => self.0 = State::Listening(Box::new(stream)),
                    Poll::Ready(Err(error)) => {
                        tracing::debug!(%error, "logind does not tell of sleep");
                        self.0 = State::Absent;
                    }
                    Poll::Pending => return resumed,
                },
                State::Listening(stream) => match Pin::new(&mut **stream).poll_next(cx) {
                    Poll::Ready(Some(Ok(message))) => {
                        // true before a sleep, false after it
                        resumed |= message.body().deserialize() == Ok(false);
                    }
                    Poll::Ready(Some(Err(_)) | None) => {
                        tracing::debug!("the system bus is gone");
                        self.0 = State::Absent;
                    }
                    Poll::Pending => return resumed,
                },
                State::Absent => return resumed,
            }
        }
    }
}

async fn join(bus: impl Future<Output = zbus::Result<Connection>>) -> zbus::Result<MessageStream> {
    let listening = async {
        let bus = bus.await?;
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender("org.freedesktop.login1")
            .path("/org/freedesktop/login1")
            .interface("org.freedesktop.login1.Manager")
            .member("PrepareForSleep")
            .build()?;
        MessageStream::for_match_rule(rule, &bus, None).await
    };
    match timeout(PATIENCE, listening).await {
        Ok(result) => result,
        Err(_) => Err(zbus::Error::Failure("the system bus does not answer".to_owned())),
    }
}

/// A bus that has not answered by then is left alone.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::future::poll_fn;
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

    use tempfile::TempDir;
    use tokio::net::UnixListener;
    use zbus::connection::Builder;

    use super::*;
    use crate::platform::linux::testing::left_out;

    /// A bus of our own, ended with the test.
    struct Bus {
        daemon: Child,
        address: String,
        _folder: TempDir,
    }

    impl Bus {
        fn start() -> Option<Self> {
            let folder = tempfile::tempdir().expect("a folder");
            let config = folder.path().join("bus.conf");
            fs::write(&config, CONFIG).expect("a file");
            let daemon = Command::new("dbus-daemon")
                .args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"])
                .arg(config)
                .stdout(Stdio::piped())
                .spawn();
            let Ok(mut daemon) = daemon else {
                left_out("dbus-daemon is not installed");
                return None;
            };
            let mut address = String::new();
            let mut told = BufReader::new(daemon.stdout.take().expect("a pipe"));
            told.read_line(&mut address).expect("an address");
            let address = address.trim().to_owned();
            Some(Self {
                daemon,
                address,
                _folder: folder,
            })
        }

        async fn connect(address: String) -> zbus::Result<Connection> {
            Builder::address(address.as_str()).build().await
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            // it may have ended already
            drop(self.daemon.kill());
            drop(self.daemon.wait());
        }
    }

    async fn resumed(logind: &mut Logind, limit: Duration) -> bool {
        let resumed = poll_fn(|cx| match logind.poll_resumed(cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        timeout(limit, resumed).await.is_ok()
    }

    #[tokio::test]
    async fn the_end_of_a_sleep_is_told_and_its_beginning_is_not() {
        let Some(bus) = Bus::start() else { return };
        let mut logind = Logind::on(Bus::connect(bus.address.clone()));
        let manager = Bus::connect(bus.address.clone()).await.expect("the bus");
        manager
            .request_name("org.freedesktop.login1")
            .await
            .expect("the name");
        while !matches!(logind.0, State::Listening(_)) {
            assert!(!resumed(&mut logind, Duration::from_millis(20)).await);
        }
        for (before, told) in [(true, false), (false, true)] {
            manager
                .emit_signal(
                    None::<&str>,
                    "/org/freedesktop/login1",
                    "org.freedesktop.login1.Manager",
                    "PrepareForSleep",
                    &before,
                )
                .await
                .expect("sent");
            let limit = Duration::from_millis(if told { 5000 } else { 200 });
            assert_eq!(resumed(&mut logind, limit).await, told);
        }
        drop(bus);
        assert!(!resumed(&mut logind, Duration::from_millis(200)).await);
    }

    #[tokio::test]
    async fn a_bus_that_is_missing_or_hangs_does_not_matter() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bus");
        let address = format!("unix:path={}", path.display());
        let mut missing = Logind::on(Bus::connect(address.clone()));
        assert!(!resumed(&mut missing, Duration::from_millis(100)).await);
        assert!(matches!(missing.0, State::Absent));
        let silent = UnixListener::bind(&path).expect("a socket");
        let mut hanging = Logind::on(Bus::connect(address));
        assert!(!resumed(&mut hanging, Duration::from_millis(100)).await);
        assert!(matches!(hanging.0, State::Joining(_)));
        drop(silent);
    }

    /// A bus on which everybody may do everything.
    const CONFIG: &str = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>\
        <auth>EXTERNAL</auth><policy context='default'><allow send_destination='*' eavesdrop='true'/>\
        <allow eavesdrop='true'/><allow own='*'/></policy></busconfig>";
}
