//! The way out of a session, each step within its limit.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;
use tracing::{debug, info, warn};

use super::{Driver, GRACE, interruptible, poll_end_request};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::ending::Ending;
use crate::net::status::State;
use crate::net::{logout, report};
use crate::platform::{Farewell, SetupError};

impl Driver<'_> {
    /// The way out: undo the network first, then tell the gateway, each within its limit.
    pub(super) async fn finish(mut self, ending: Ending) -> Result<(), Error> {
        self.parts.board.enter(State::Stopping);
        self.opening = None;
        self.end_step(&ending).await;
        if matches!(ending, Ending::Requested { was_up: true, .. }) {
            self.say_goodbye().await;
        }
        self.channel = None;
        self.retired = None;
        self.udp = None;
        let (impatient, undone) = self.undo(ending.farewell()).await;
        self.parts.companions.clear();
        self.parts.recheck = None;
        let has_session = !self.renewal.is_between_sessions();
        if self.settings.logout && has_session && ending.ends_login() {
            if impatient {
                warn!("logout skipped");
            } else {
                self.log_out().await;
            }
        }
        let statistics = self.up.then(|| report::summary(&self.engine));
        if let Some(statistics) = statistics {
            info!("{statistics}");
        }
        match ending.into_result(&self.settings) {
            Ok(()) => undone,
            failure => failure,
        }
    }

    /// A step of the set-up under way is not left half done at once, but a request to end leaves it little time, and a
    /// second one none. One that is cut short is dropped, which also ends a script that hangs.
    async fn end_step(&mut self, ending: &Ending) {
        let Some(step) = self.step.take() else { return };
        let requests = self.parts.requests.as_mut();
        match ending {
            Ending::Engine(_) => {
                interruptible(requests, Some(GRACE), step.finish()).await;
            }
            Ending::Requested { .. } => {
                tokio::select! {
                    () = step.finish() => {}
                    _ = poll_fn(|cx| poll_end_request(requests, cx)) => {}
                    () = tokio::time::sleep(GRACE) => {}
                }
            }
            // it may be the step that failed
            Ending::Failed(_) => {}
        }
    }

    /// Takes the network set-up back. True when the user has no patience for the logout: one more signal skips that, a
    /// second one also cuts a script short, whose work the next start then does. The result tells of what stayed behind.
    async fn undo(&mut self, farewell: Farewell) -> (bool, Result<(), Error>) {
        let mut undone = Ok(());
        let setup = Rc::clone(&self.setup);
        let revert = || async { setup.lock().await.revert(farewell).await };
        let (result, request) = interruptible(self.parts.requests.as_mut(), None, revert()).await;
        match result {
            Some(Ok(())) => {}
            Some(Err(error)) => undone = Err(left_behind(&error, &self.settings.name)),
            None => {
                warn!("the undoing of the network set-up was cut short; the next start goes on with it");
                // if it was a command of the user that was cut, the undoing itself is still to be done
                if timeout(GRACE, revert()).await.is_err() {
                    debug!("nor is it done without");
                }
            }
        }
        (request.is_some(), undone)
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
                Err(error) => warn!(%error, "not logged out; the session ends when the gateway's idle time is over"),
            },
            _ = poll_fn(|cx| poll_end_request(requests.as_mut(), cx)) => warn!("logout skipped"),
        }
    }
}

/// The machine is not as it was.
fn left_behind(error: &SetupError, name: &str) -> Error {
    warn!(%error, "not everything of the network set-up could be undone");
    Error::new(
        ExitStatus::System,
        format!("the tunnel has ended, and not all that it changed could be undone: {error}"),
    )
    .hint(format!("vpnc-cli disconnect --repair {name}"))
}

/// How long the channel may take for our last words. With the logout it must stay under the 1.8 s that NetworkManager
/// leaves us (`cli.md §9`).
const GOODBYE_TIME: Duration = Duration::from_millis(200);

/// Limit of the logout (`cli.md §9`).
const LOGOUT_TIME: Duration = Duration::from_secs(1);
