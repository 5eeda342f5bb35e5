//! Signals as an input of the event loop (`cli.md §9`).

use std::fs;
use std::io;
use std::task::{Context, Poll};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// SIGINT: end the tunnel and the login.
    Interrupt,
    /// SIGTERM: the same.
    Terminate,
    /// SIGHUP: end the tunnel, keep the login.
    Hangup,
    /// SIGUSR1: show statistics.
    Statistics,
    /// SIGUSR2: new connection now.
    Reconnect,
}

/// Where requests come from: [`Signals`] in the program.
pub trait Requests {
    /// The next request. Pending for ever once there can be none.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request>;
}

/// All signals the program listens to.
#[derive(Debug)]
pub struct Signals {
    sources: Vec<(Signal, Request)>,
}

impl Signals {
    /// Takes the signals over from their default actions; SIGHUP stays ignored when it was (`nohup`). Must be called
    /// inside a tokio runtime.
    pub fn new() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut wanted = vec![
            (SignalKind::interrupt(), Request::Interrupt),
            (SignalKind::terminate(), Request::Terminate),
            (SignalKind::user_defined1(), Request::Statistics),
            (SignalKind::user_defined2(), Request::Reconnect),
        ];
        if !is_ignored(&status, SignalKind::hangup()) {
            wanted.push((SignalKind::hangup(), Request::Hangup));
        }
        let sources = wanted
            .into_iter()
            .map(|(kind, request)| Ok((signal(kind)?, request)))
            .collect::<io::Result<_>>()?;
        Ok(Self { sources })
    }
}

/// By the mask of ignored signals in `/proc/PID/status`, whose lowest bit is signal 1.
fn is_ignored(status: &str, kind: SignalKind) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) & (1 << (kind.as_raw_value() - 1)) != 0
}

impl Requests for Signals {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request> {
        for (source, request) in &mut self.sources {
            if let Poll::Ready(Some(())) = source.poll_recv(cx) {
                return Poll::Ready(*request);
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::process::Command;

    use super::*;

    #[test]
    fn ignored_signals_are_read_from_the_mask() {
        let status = "Name:\tx\nSigBlk:\tffff\nSigIgn:\t0000000000001001\n";
        assert!(is_ignored(status, SignalKind::hangup()));
        assert!(is_ignored(status, SignalKind::from_raw(13)));
        assert!(!is_ignored(status, SignalKind::interrupt()));
        assert!(!is_ignored("SigIgn:\tzz", SignalKind::hangup()));
        assert!(!is_ignored("", SignalKind::hangup()));
    }

    #[test]
    fn an_ignored_hangup_stays_ignored() {
        for (trap, first) in [("trap '' HUP", "Terminate"), ("trap - HUP", "Hangup")] {
            let line = format!("{trap}; exec \"$PROGRAM\" --nocapture --exact net::signals::tests::alone");
            let output = Command::new("/bin/sh")
                .args(["-c", &line])
                .env("PROGRAM", std::env::current_exe().unwrap())
                .env(ALONE, first)
                .output()
                .unwrap();
            assert!(output.status.success(), "{first}: {output:?}");
        }
    }

    #[tokio::test]
    async fn alone() {
        let Ok(first) = std::env::var(ALONE) else { return };
        let mut signals = Signals::new().unwrap();
        let send = async |signal: &str| {
            let line = format!("kill -{signal} {}", std::process::id());
            assert!(
                Command::new("/bin/sh")
                    .args(["-c", &line])
                    .status()
                    .unwrap()
                    .success()
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        send("HUP").await;
        if first == "Terminate" {
            send("TERM").await;
        }
        let request = poll_fn(|cx| signals.poll_next(cx)).await;
        assert_eq!(format!("{request:?}"), first);
    }

    /// Set in the process of its own: what is asked for first.
    const ALONE: &str = "VPNC_TEST_SIGNALS";
}
