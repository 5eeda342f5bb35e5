//! The client as a user runs it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;

use super::lab::{COOKIE, GATEWAY, Lab, PASSWORD, USER};
use crate::children::{self, Owned};
use crate::say;

/// A running client.
#[derive(Debug)]
pub(super) struct Client {
    process: Owned,
    lines: Receiver<String>,
    aloud: bool,
    last: String,
}

/// How a client proves who it is; the secret goes to standard input.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// The cookie of a session.
    Cookie,
    /// Name and password, which takes a sign-in.
    Password,
}

/// What SIGUSR1 makes the client say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Statistics {
    /// `TLS` or `ESP`.
    pub(super) path: String,
    /// Octets sent and received over ESP.
    pub(super) esp: u64,
    /// Octets sent and received over TLS.
    pub(super) tls: u64,
}

impl Client {
    /// Starts it; with `aloud`, shows the command line and all it says.
    pub(super) fn start(program: &Path, lab: &Lab, by: By, options: &[&str], aloud: bool) -> Result<Self> {
        let (who, secret) = match by {
            By::Cookie => (&["--cookie-on-stdin"][..], COOKIE),
            By::Password => (&["-u", USER, "--passwd-on-stdin"][..], PASSWORD),
        };
        let mut command = command(program, lab, &[who, options].concat());
        if aloud {
            say::note(&format!("$ printf '%s\\n' {secret} | {}", shown(&command)));
        }
        let mut process = Owned::spawn(&mut command)?;
        let lines = children::lines(process.child().stderr.take());
        let mut input = process.child().stdin.take().context("standard input")?;
        writeln!(input, "{secret}").context("the client took no secret")?;
        Ok(Self {
            process,
            lines,
            aloud,
            last: String::new(),
        })
    }

    /// Waits for a line of the client that contains `text`.
    pub(super) fn wait_for(&mut self, text: &str, limit: Duration) -> Result<String> {
        let deadline = Instant::now() + limit;
        while let Some(line) = self.next_line(deadline)? {
            if line.contains(text) {
                return Ok(line);
            }
        }
        bail!("the client did not say {text:?} within {} s", limit.as_secs())
    }

    /// Asks for counters, as `kill -USR1` does.
    pub(super) fn statistics(&mut self) -> Result<Statistics> {
        self.process.signal(Signal::USR1)?;
        let deadline = Instant::now() + ANSWER;
        let mut statistics = Statistics::default();
        while let Some(line) = self.next_line(deadline)? {
            if statistics.take(&line) {
                return Ok(statistics);
            }
        }
        bail!("the client shows no statistics")
    }

    /// Waits until packets travel over ESP.
    pub(super) fn wait_for_esp(&mut self) -> Result<()> {
        self.wait_for("data goes over ESP", ESP).map(drop)
    }

    /// Ends it as Ctrl-C does. Gives how long that took.
    pub(super) fn interrupt(mut self) -> Result<Duration> {
        let start = Instant::now();
        self.process.signal(Signal::INT)?;
        let status = self.process.wait_within(END)?;
        let time = start.elapsed();
        // the pipe is closed, so this ends
        while let Ok(Some(_)) = self.next_line(Instant::now() + ANSWER) {}
        if !status.success() {
            bail!("the client ended with {status} after SIGINT");
        }
        Ok(time)
    }

    /// A line, or nothing at the deadline. An error when the client has ended.
    fn next_line(&mut self, deadline: Instant) -> Result<Option<String>> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                if self.aloud {
                    say::note(&format!("  {line}"));
                }
                self.last.clone_from(&line);
                Ok(Some(line))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("the client ended; it said last: {}", self.last),
        }
    }
}

impl Statistics {
    /// Reads one line of the block; true at its end.
    fn take(&mut self, line: &str) -> bool {
        if let Some((_, rest)) = line.split_once("data path ") {
            self.path = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        } else if line.contains(" over ESP: ") {
            self.esp += octets(line);
        } else if line.contains(" over TLS: ") {
            self.tls += octets(line);
        }
        line.trim_start().starts_with("rekeys ")
    }
}

/// `sent over ESP: 12 packets, 3456 bytes`
fn octets(line: &str) -> u64 {
    let number = line
        .trim_end()
        .strip_suffix(" bytes")
        .and_then(|text| text.rsplit(' ').next());
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn command(program: &Path, lab: &Lab, options: &[&str]) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    command
        .args(["connect", "--servercert", &lab.pin])
        .args(options)
        .arg(GATEWAY.to_string())
        .env_remove("VPNC_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// A command as it would be typed.
pub(super) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// To answer a signal.
const ANSWER: Duration = Duration::from_secs(5);
/// To find out that ESP works.
const ESP: Duration = Duration::from_secs(15);
/// To undo the set-up and log out.
const END: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_from_what_the_client_says() {
        let block = "data path ESP, ESP up\n  sent over ESP: 3 packets, 300 bytes\n  received over ESP: 2 packets, 20 bytes\n  \
                     sent over TLS: 1 packets, 4 bytes\n  received over TLS: 0 packets, 0 bytes\n  rekeys 0, reconnects 0";
        let mut statistics = Statistics::default();
        let ends: Vec<bool> = block.lines().map(|line| statistics.take(line)).collect();
        assert_eq!(ends, [false, false, false, false, false, true]);
        let expected = Statistics {
            path: "ESP".to_owned(),
            esp: 320,
            tls: 4,
        };
        assert_eq!(statistics, expected);
    }
}
