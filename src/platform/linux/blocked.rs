//! What is refused instead of sent: the tunnel's prefixes while it is not up, and IPv6 that would pass it by.

use std::io;
use std::ops::RangeInclusive;

use ipnet::{IpNet, Ipv6Net};

use super::applied::{Applied, read_routes};
use super::netlink::{Block, Netlink};
use super::outside::OUTSIDE_METRICS;
use super::undo::{Step, Undo};
use crate::platform::SetupError;

impl Applied {
    /// True when IPv6 is to be blocked: the tunnel takes the default route and carries IPv4 only.
    pub(super) fn guards_ipv6(&self) -> bool {
        self.ipv6_guard && self.plan.covers_default
    }

    /// Blocks what is to be blocked and is not yet, and gives all of it.
    pub(super) fn block(&mut self, netlink: &mut Netlink) -> Result<Vec<Block>, SetupError> {
        let wanted = self.wanted_blocks(netlink)?;
        let there = read_blocks(netlink)?;
        let guard_is_new = !self.owned_blocks().any(|block| is_ipv6(block.destination));
        for block in wanted.iter().filter(|block| !there.contains(block)) {
            let step = Step {
                undo: Undo::DeleteBlock { block: *block },
                lasting: self.fail_closed,
            };
            match self.log.make(step, || netlink.add_block(*block)) {
                Ok(()) => {}
                Err(error) if is_ipv6(block.destination) => {
                    tell_unguarded(&error);
                    return Ok(wanted);
                }
                Err(error) => {
                    let action = format!("cannot block {}", block.destination);
                    return Err(SetupError::from_io(action, error));
                }
            }
        }
        if self.guards_ipv6() && guard_is_new {
            tell_guarded(netlink)?;
        }
        Ok(wanted)
    }

    /// Frees what was blocked and is not wanted any more.
    pub(super) fn unblock(&mut self, netlink: &mut Netlink, wanted: &[Block]) -> Result<(), SetupError> {
        let obsolete: Vec<Block> = self
            .owned_blocks()
            .filter(|block| !wanted.contains(block))
            .collect();
        obsolete.into_iter().try_for_each(|block| {
            self.log
                .take_back(&Undo::DeleteBlock { block }, netlink)
                .map_err(|error| SetupError::from_io(format!("cannot free {}", block.destination), error))
        })
    }

    fn wanted_blocks(&self, netlink: &mut Netlink) -> Result<Vec<Block>, SetupError> {
        let mut taken: Vec<(IpNet, u32)> = Vec::new();
        let blocks = read_blocks(netlink)?.into_iter();
        let others = blocks.filter(|block| !self.owned_blocks().any(|own| own == *block));
        taken.extend(others.map(|block| (block.destination, block.metric)));
        let routes = read_routes(netlink)?.into_iter();
        taken.extend(routes.map(|route| (route.destination, route.metric)));
        let block = |(destination, mut metrics): (IpNet, RangeInclusive<u32>)| {
            let held = self
                .owned_blocks()
                .find(|block| block.destination == destination && metrics.contains(&block.metric));
            let metric = match held {
                Some(block) => Some(block.metric),
                None => metrics.find(|metric| !taken.contains(&(destination, *metric))),
            };
            if metric.is_none() {
                tracing::warn!(%destination, "too many routes with this prefix; it is not blocked");
            }
            metric.map(|metric| Block { destination, metric })
        };
        Ok(self.prefixes_to_block().into_iter().filter_map(block).collect())
    }

    /// With the metrics to choose from. What goes into the tunnel must lose against the tunnel's routes and win against
    /// as many others as possible; IPv6 must win against every default route.
    fn prefixes_to_block(&self) -> Vec<(IpNet, RangeInclusive<u32>)> {
        let mut all = Vec::new();
        if self.fail_closed {
            // the kernel routes the own network by itself
            let own = Some(self.plan.address.trunc()).filter(|net| net.prefix_len() < 32);
            let metrics = self.metric.saturating_add(1)..=self.metric.saturating_add(BLOCK_METRICS);
            let tunnel = self.plan.tunnel.iter().copied().chain(own);
            all.extend(tunnel.map(|net| (IpNet::from(net), metrics.clone())));
        }
        if self.guards_ipv6() {
            all.extend(ipv6_guard().map(|net| (IpNet::from(net), OUTSIDE_METRICS)));
        }
        all
    }

    fn owned_blocks(&self) -> impl Iterator<Item = Block> {
        self.log.undos().filter_map(Undo::block)
    }
}

/// The default route as two halves, like that of IPv4, and 2000::/3, which is all that is global, and on some machines
/// the default route. Networks on the link, link-local and multicast addresses have longer prefixes and stay.
fn ipv6_guard() -> [Ipv6Net; 3] {
    [(0, 1), (0x8000, 1), (0x2000, 3)]
        .map(|(first, len)| Ipv6Net::new_assert([first, 0, 0, 0, 0, 0, 0, 0].into(), len))
}

fn tell_guarded(netlink: &mut Netlink) -> Result<(), SetupError> {
    let routes = read_routes(netlink)?;
    let leads_out = |net: IpNet| is_ipv6(net) && net.prefix_len() <= 3;
    if routes.iter().any(|route| leads_out(route.destination)) {
        tracing::info!(
            "IPv6 is blocked but for the local networks, since it would pass by the tunnel; --no-ipv6-guard leaves it alone"
        );
    }
    Ok(())
}

/// Where there is no IPv6, nothing can pass by.
fn tell_unguarded(error: &io::Error) {
    let absent = [libc::EAFNOSUPPORT, libc::EOPNOTSUPP, libc::EACCES, libc::ENODEV];
    if error
        .raw_os_error()
        .is_some_and(|number| absent.contains(&number))
    {
        tracing::debug!(%error, "no IPv6 to block");
    } else {
        tracing::warn!(%error, "IPv6 cannot be blocked and passes by the tunnel");
    }
}

fn read_blocks(netlink: &mut Netlink) -> Result<Vec<Block>, SetupError> {
    let result = netlink.blocks();
    result.map_err(|error| SetupError::from_io("cannot read the routing table".to_owned(), error))
}

fn is_ipv6(net: IpNet) -> bool {
    matches!(net, IpNet::V6(_))
}

/// How many runs can block the same prefix at a time.
const BLOCK_METRICS: u32 = 9;
