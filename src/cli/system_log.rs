//! The system log (`--syslog`): messages as datagrams, which never make the tunnel wait.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The way to the system log. It may be missing, or come back later.
#[derive(Debug)]
pub(super) struct SystemLog {
    path: PathBuf,
    socket: Mutex<Option<UnixDatagram>>,
}

/// How much a message matters, syslog(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Severity {
    Error = 3,
    Warning = 4,
    Info = 6,
    Debug = 7,
}

impl SystemLog {
    /// The usual one. Nothing is opened yet.
    pub(super) fn new() -> Self {
        Self::at(Path::new(USUAL))
    }

    fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            socket: Mutex::new(None),
        }
    }

    /// Sends a text, each line as a message of its own. Fails when it did not get there as a whole.
    pub(super) fn send(&self, severity: Severity, text: &str) -> io::Result<()> {
        let head = head(severity);
        let mut socket = self.socket.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
            let message = format!("{head}{line}");
            // the log may have been started anew since
            if deliver(&mut socket, &self.path, &message).is_err() {
                *socket = None;
                deliver(&mut socket, &self.path, &message)?;
            }
        }
        Ok(())
    }
}

fn deliver(socket: &mut Option<UnixDatagram>, path: &Path, message: &str) -> io::Result<()> {
    let socket = match socket {
        Some(socket) => socket,
        None => socket.insert(open(path)?),
    };
    socket.send(message.as_bytes()).map(drop)
}

fn open(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect(path)?;
    Ok(socket)
}

/// What the functions of the C library put in front, which all logs understand.
fn head(severity: Severity) -> String {
    let time = jiff::Zoned::now().strftime("%b %e %H:%M:%S");
    format!(
        "<{}>{time} {IDENT}[{}]: ",
        DAEMON | severity as u8,
        std::process::id()
    )
}

const USUAL: &str = "/dev/log";

/// Who speaks.
const IDENT: &str = "vpnc-cli";

/// The facility: `LOG_DAEMON`.
const DAEMON: u8 = 3 << 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut message = [0; 1024];
        let length = socket.recv(&mut message).expect("a message");
        String::from_utf8(message[..length].to_vec()).expect("UTF-8")
    }

    #[test]
    fn each_line_is_a_message_with_its_severity() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let daemon = UnixDatagram::bind(&path).expect("a socket");
        let log = SystemLog::at(&path);
        log.send(Severity::Error, "gone\n  try: again").expect("sent");
        log.send(Severity::Info, "up").expect("sent");
        let place = format!(" vpnc-cli[{}]: ", std::process::id());
        for (priority, text) in [("<27>", "gone"), ("<27>", "  try: again"), ("<30>", "up")] {
            let message = received(&daemon);
            assert!(message.starts_with(priority), "{message}");
            assert!(message.ends_with(&format!("{place}{text}")), "{message}");
        }
    }

    #[test]
    fn a_log_that_was_started_anew_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let log = SystemLog::at(&path);
        log.send(Severity::Info, "early").expect_err("no log yet");
        let first = UnixDatagram::bind(&path).expect("a socket");
        log.send(Severity::Info, "one").expect("sent");
        drop(first);
        std::fs::remove_file(&path).expect("removed");
        let second = UnixDatagram::bind(&path).expect("a socket");
        log.send(Severity::Debug, "two").expect("sent");
        assert!(received(&second).ends_with("two"));
    }

    #[test]
    fn a_log_that_takes_nothing_does_not_hold_us_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let _deaf = UnixDatagram::bind(&path).expect("a socket");
        let log = SystemLog::at(&path);
        let refused = (0..100_000).find_map(|_| log.send(Severity::Info, "again").err());
        assert_eq!(refused.expect("full").kind(), io::ErrorKind::WouldBlock);
    }
}
