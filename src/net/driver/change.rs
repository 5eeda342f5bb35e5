//! What the tunnel does when the network around it changes.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tracing::info;

use super::step::After;
use super::way::{Found, way_to};
use super::{Driver, board};
use crate::engine::Way;
use crate::platform::Change;

impl Driver<'_> {
    /// Remembers a change until it can be looked into. A sleep is not forgotten for what comes with it.
    pub(super) fn note(&mut self, change: Change) {
        if self.change != Some(Change::Resumed) {
            self.change = Some(change);
        }
    }

    /// Makes the best of a change: routes outside first, then [`Driver::judge`].
    pub(super) fn look_around(&mut self) {
        if self.up
            && self.step.is_none()
            && let Some(change) = self.change.take()
        {
            let slept = change == Change::Resumed;
            self.begin(After::Look { slept });
        }
    }

    /// Tells the engine how the gateway is reached now.
    pub(super) fn judge(&mut self, slept: bool) {
        let way = self.way();
        if slept {
            self.expiry.set_clock(Instant::now());
            info!("the machine has slept, or its clock has jumped");
        }
        match (way, self.engine.is_away()) {
            (Way::None, false) => {
                info!("there is no way to the gateway, the tunnel waits for the network");
                board::lost(
                    &self.parts.board,
                    "there is no way to the gateway",
                    Duration::ZERO,
                );
            }
            (Way::Same | Way::Other, true) => {
                info!("there is a way to the gateway again");
                // a channel that has to be made anew says so itself
                if self.channel.is_some() {
                    board::connected(&self.parts.board, false);
                }
            }
            (Way::None, true) | (Way::Same | Way::Other, false) => {}
        }
        self.engine.network_changed(way, slept, Instant::now());
    }

    fn way(&mut self) -> Way {
        let Some(peer) = self.peer else {
            return Way::Same;
        };
        let source = match way_to(peer, &self.settings.gateway.outer) {
            Found::From(source) => source,
            Found::Nowhere => return Way::None,
            Found::Unknown => return Way::Same,
        };
        if !self.is_usable(source) {
            return Way::None;
        }
        match self.source.replace(source) {
            Some(before) if before != source => {
                info!(%before, now = %source, "the gateway is reached from another address of this machine");
                Way::Other
            }
            Some(_) | None => Way::Same,
        }
    }

    /// Not when the way leads into the tunnel itself, because nothing else is left, nor from an interface that is cut off.
    fn is_usable(&mut self, source: IpAddr) -> bool {
        if is_local(source) && !self.peer.is_some_and(is_local) {
            return false;
        }
        let inner = self.applied.as_ref().map(|applied| applied.network.address);
        if inner.is_some_and(|inner| IpAddr::from(inner) == source) {
            return false;
        }
        self.parts
            .watch
            .as_mut()
            .is_none_or(|watch| watch.carries(source))
    }
}

/// The kernel takes such an address when there is no better one, and nothing answers it from far away.
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
    }
}
