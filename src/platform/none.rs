//! `--network none`: nothing is touched, the configuration is only told.

use crate::config::NetworkConfig;
use crate::platform::{Interface, NetworkSetup, SetupFuture};

/// A set-up that leaves everything to somebody else and logs what they need to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSetup;

impl NetworkSetup for NoSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        tracing::info!(
            interface = %interface.name,
            gateway = %interface.gateway,
            mtu = interface.mtu,
            address = %config.address,
            netmask = %config.netmask,
            dns = ?config.dns,
            domains = ?config.domains,
            include = ?config.include,
            exclude = ?config.exclude,
            "network configuration, left to you"
        );
        done()
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn revert(&mut self) -> SetupFuture<'_> {
        done()
    }
}

fn done<'a>() -> SetupFuture<'a> {
    Box::pin(std::future::ready(Ok(())))
}
