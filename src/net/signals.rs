//! Signals as an input of the event loop (`cli.md §9`).

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
    sources: [(Signal, Request); 5],
}

impl Signals {
    /// Takes the signals over from their default actions. Must be called inside a tokio runtime.
    pub fn new() -> io::Result<Self> {
        let source = |kind, request| signal(kind).map(|source| (source, request));
        Ok(Self {
            sources: [
                source(SignalKind::interrupt(), Request::Interrupt)?,
                source(SignalKind::terminate(), Request::Terminate)?,
                source(SignalKind::hangup(), Request::Hangup)?,
                source(SignalKind::user_defined1(), Request::Statistics)?,
                source(SignalKind::user_defined2(), Request::Reconnect)?,
            ],
        })
    }
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
