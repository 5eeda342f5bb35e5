//! What the tunnel does when the network around it changes.

use std::time::Instant;

use tracing::{info, warn};

use super::{Driver, GRACE, Parts, interruptible};
use crate::net::ending::Ending;
use crate::platform::Change;

impl Driver<'_> {
    /// Makes the best of a change.
    pub(super) async fn look_around(&mut self, change: Change) -> Option<Ending> {
        if !self.up {
            return None;
        }
        let Parts { setup, requests, .. } = &mut self.parts;
        let step = setup.network_changed();
        let (result, request) = interruptible(requests.as_mut(), Some(GRACE), step).await;
        if let Some(Err(error)) = result {
            warn!(%error, "network set-up");
        }
        if let Some(request) = request {
            return Some(self.requested(request));
        }
        if change == Change::Resumed {
            self.expiry.set_clock(Instant::now());
            info!("the machine has slept, new connection");
            self.engine.reconnect(Instant::now());
        }
        None
    }
}
