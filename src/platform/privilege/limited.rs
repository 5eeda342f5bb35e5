//! A set-up that gives rights away as soon as it no longer needs them.

use super::rights::Rights;
use crate::config::NetworkConfig;
use crate::platform::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture};

/// Keeps only some rights for this process once the tunnel is set up for the first time.
pub struct Limited {
    inner: Box<dyn NetworkSetup>,
    /// Until they were given away.
    rights: Option<Rights>,
}

impl Limited {
    /// Puts the rule around a set-up. `rights` must be enough for undoing, and for setting up again.
    pub fn new(inner: Box<dyn NetworkSetup>, rights: Rights) -> Self {
        Self {
            inner,
            rights: Some(rights),
        }
    }

    async fn apply_inner(&mut self, interface: &Interface, config: &NetworkConfig) -> Result<(), SetupError> {
        self.inner.apply(interface, config).await?;
        if let Some(rights) = self.rights.take() {
            match rights.keep_only() {
                Ok(()) => tracing::debug!(?rights, "all other rights are given up"),
                Err(error) => tracing::warn!(%error, "rights that are not needed any more are kept"),
            }
        }
        Ok(())
    }
}

impl NetworkSetup for Limited {
    fn prepare(&mut self) -> SetupFuture<'_> {
        self.inner.prepare()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(self.apply_inner(interface, config))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.inner.attempt_reconnect()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        self.inner.reconnected()
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.inner.network_changed()
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        self.inner.revert(farewell)
    }
}
