//! Steps of the network set-up: one at a time, while packets go on.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use tracing::{info, warn};

use super::{Applied, Driver, board};
use crate::engine::Configured;
use crate::net::ending::Ending;
use crate::net::report;
use crate::platform::SetupError;

type Work<'a> = Pin<Box<dyn Future<Output = Result<(), SetupError>> + 'a>>;

/// A step under way.
pub(super) struct Step<'a> {
    work: Work<'a>,
    after: After,
}

/// What follows a step.
pub(super) enum After {
    /// The device may be configured.
    Prepared,
    /// A channel is opened.
    OpenChannel,
    /// The network is set up as the gateway says.
    Up {
        configured: Box<Configured>,
        applied: Box<Applied>,
    },
    /// The channel is back.
    Back,
    /// The routes outside lead where they should: how the gateway is reached now can be told.
    Look {
        /// The machine has slept.
        slept: bool,
    },
}

impl Step<'_> {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SetupError>> {
        self.work.as_mut().poll(cx)
    }

    /// Goes on to its end, whatever was to follow.
    pub(super) async fn finish(self) {
        if let Err(error) = self.work.await {
            warn!(%error, "network set-up");
        }
    }
}

impl Driver<'_> {
    /// Begins the step that comes before `after`. There must be none under way.
    pub(super) fn begin(&mut self, after: After) {
        let setup = Rc::clone(&self.setup);
        let work: Work<'_> = match &after {
            After::Prepared => Box::pin(async move { setup.lock().await.prepare().await }),
            After::OpenChannel => Box::pin(async move { setup.lock().await.attempt_reconnect().await }),
            After::Back => Box::pin(async move { setup.lock().await.reconnected().await }),
            After::Look { .. } => Box::pin(async move { setup.lock().await.network_changed().await }),
            After::Up { applied, .. } => {
                let interface = applied.interface.clone();
                let network = self.with_nodes_outside(&applied.network);
                Box::pin(async move { setup.lock().await.apply(&interface, &network).await })
            }
        };
        self.step = Some(Step { work, after });
    }

    /// Goes on after a step has ended. Only a set-up that fails at first ends the session.
    pub(super) fn take_step(&mut self, result: Result<(), SetupError>) -> Option<Ending> {
        let after = self.step.take()?.after;
        match (result, &after) {
            (Ok(()), _) => {}
            (Err(error), After::Prepared | After::Up { .. }) => return Some(Ending::Failed(error.into())),
            (Err(error), After::OpenChannel | After::Back | After::Look { .. }) => {
                warn!(%error, "network set-up");
            }
        }
        match after {
            After::Prepared | After::Back => {}
            After::OpenChannel => self.open_channel(),
            After::Look { slept } => self.judge(slept),
            After::Up { configured, applied } => self.is_up(&configured, *applied),
        }
        None
    }

    fn is_up(&mut self, configured: &Configured, applied: Applied) {
        self.up = true;
        let Applied { interface, network } = &applied;
        board::configured(&self.parts.board, interface, network);
        info!("{}", report::connected(interface, network, configured.udp));
        self.applied = Some(applied);
        self.is_back(configured.first);
    }

    /// Packets get through, for the first time or again.
    pub(super) fn is_back(&mut self, first: bool) {
        self.renewal.session_works(Instant::now());
        board::connected(&self.parts.board, first);
        self.parts.observer.up();
        if !first {
            info!("connection to the gateway is back");
            self.begin(After::Back);
        }
    }
}
