//! The ways past the tunnel: for the gateway, and for what is excluded.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;

use super::applied::{Applied, read_routes};
use super::netlink::{Netlink, NextHop, Route};
use super::undo::Step;
use crate::platform::SetupError;

impl Applied {
    /// The routes that must not lead into the tunnel: the gateway's own and the excludes.
    pub(super) fn outside_routes(&self, netlink: &mut Netlink) -> Result<Vec<Route>, SetupError> {
        let table: Vec<Route> = read_routes(netlink)?
            .into_iter()
            .filter(|route| route.device != self.device.device && !self.owns(route))
            .collect();
        let mut wanted = Vec::new();
        let host = self.gateway_host();
        if let Some(gateway) = host {
            let hop = self.path_to_gateway(netlink, gateway, &table)?;
            if gateway.is_ipv4() || hop.is_some() {
                wanted.extend(self.outside_route(gateway.into(), hop, &table));
            }
        }
        let host = host.map(IpNet::from);
        let excludes = self.plan.outside.iter().copied().map(IpNet::from);
        for exclude in excludes.filter(|net| Some(*net) != host) {
            wanted.extend(self.outside_route(exclude, self.path(&table, exclude), &table));
        }
        Ok(wanted)
    }

    /// The gateway, when it needs a way past what we route or block.
    fn gateway_host(&self) -> Option<IpAddr> {
        match ipv4(self.interface.gateway) {
            Some(gateway) => self.plan.gateway_covered.then_some(gateway.into()),
            None => self.guards_ipv6().then_some(self.interface.gateway),
        }
    }

    /// The kernel knows all the rules of this machine, but once our routes are in, it only gives them back.
    fn path_to_gateway(
        &self,
        netlink: &mut Netlink,
        gateway: IpAddr,
        table: &[Route],
    ) -> Result<Option<NextHop>, SetupError> {
        let from_table = self.path(table, gateway.into());
        if !self.log.is_empty() {
            return Ok(from_table);
        }
        match netlink.route_to(gateway) {
            Ok(hop) if hop.device == self.device.device => Ok(from_table),
            Ok(hop) => Ok(Some(hop)),
            // nothing of the tunnel's can cover it
            Err(_) if gateway.is_ipv6() => Ok(None),
            Err(error) => {
                let action = format!("cannot find the route to the gateway {gateway}");
                Err(SetupError::from_io(action, error))
            }
        }
    }

    /// The path for a prefix. Where another run of ours keeps it outside too, that run's routes do not count if there
    /// are others: its route outside goes when it ends and knows a new network no sooner than we do, and what leads into
    /// its tunnel is what that route leads past.
    fn path(&self, table: &[Route], net: IpNet) -> Option<NextHop> {
        let theirs = |route: &Route| route.destination == net && may_be_of_another_run(route);
        // another run's way into its own tunnel has no next hop, and leads to no device that it goes out by
        let goes_out = |device: u32| table.iter().any(|route| theirs(route) && route.device == device);
        let is_inside = |route: &Route| route.via.is_none() && !goes_out(route.device);
        let lasting = |route: &&Route| !theirs(route) && route.metric != self.metric && !is_inside(route);
        let route = match table.iter().any(theirs) {
            true => widest(table.iter().filter(lasting), net).or_else(|| widest(table.iter(), net)),
            false => widest(table.iter(), net),
        }?;
        Some(NextHop {
            device: route.device,
            via: route.via,
            local: false,
        })
    }

    /// Our metric for a route outside: the one it has, or the first that no other run has taken.
    fn outside_metric(&self, destination: IpNet, table: &[Route]) -> Option<u32> {
        let held = self
            .owned_routes()
            .find(|route| route.destination == destination && route.device != self.device.device);
        let free = |metric: &u32| {
            !table
                .iter()
                .any(|other| other.destination == destination && other.metric == *metric)
        };
        held.map(|route| route.metric)
            .or_else(|| OUTSIDE_METRICS.into_iter().find(free))
    }

    /// The route for a prefix outside; `None` when nothing needs to be added.
    fn outside_route(&self, destination: IpNet, hop: Option<NextHop>, table: &[Route]) -> Option<Route> {
        let Some(hop) = hop else {
            let held = self
                .owned_routes()
                .find(|route| route.destination == destination && route.device != self.device.device);
            if held.is_none() && self.log.is_empty() {
                tracing::warn!(%destination, "excluded from the tunnel, but there is no other route");
            } else if held.is_none() {
                tracing::debug!(%destination, "excluded from the tunnel, but there is no other route now");
            }
            return held.cloned();
        };
        // What the user or the system has set stays, so it can be used. What another run of ours has set goes with it.
        let exists = table.iter().any(|other| {
            other.destination == destination
                && (other.device, other.via) == (hop.device, hop.via)
                && other.metric < self.metric
                && !may_be_of_another_run(other)
        });
        if exists || hop.local {
            return None;
        }
        let metric = self.outside_metric(destination, table);
        if metric.is_none() {
            tracing::warn!(%destination, "too many runs keep this outside the tunnel; their routes are used");
        }
        Some(Route {
            destination,
            device: hop.device,
            via: hop.via,
            metric: metric?,
        })
    }
}

/// What has to change so that the ways past what stays blocked lead somewhere again: the route as it was made, and as it
/// is to be now. The same one twice is to be made again: the kernel drops routes with their network.
pub(super) fn moves(table: &[Route], lasting: &[Step]) -> Vec<(Route, Route)> {
    let ours: Vec<&Route> = lasting.iter().filter_map(|step| step.undo.route()).collect();
    let others: Vec<&Route> = table.iter().filter(|route| !ours.contains(route)).collect();
    let moved = |old: &Route| {
        let way = widest(others.iter().copied(), old.destination)?;
        let new = Route {
            device: way.device,
            via: way.via,
            ..old.clone()
        };
        (!table.contains(&new)).then(|| (old.clone(), new))
    };
    ours.into_iter().filter_map(moved).collect()
}

/// The best route that holds all of `net`: longest prefix, then smallest metric. A route inside `net` is no path for
/// the whole of it, and keeps winning for its own part by itself.
fn widest<'a>(routes: impl Iterator<Item = &'a Route>, net: IpNet) -> Option<&'a Route> {
    routes
        .filter(|route| route.destination.contains(&net))
        .max_by_key(|route| (route.destination.prefix_len(), Reverse(route.metric)))
}

/// Told by the metric alone: hardly anybody else uses these, and to take a stranger's route for one of ours costs no
/// more than a second route beside it. A routing protocol number of our own would tell no better, since a route of the
/// user may have any.
fn may_be_of_another_run(route: &Route) -> bool {
    OUTSIDE_METRICS.contains(&route.metric)
}

/// The address when it is IPv4: only those can be covered by routes of the tunnel.
pub(super) fn ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(address) => address.to_ipv4_mapped(),
    }
}

/// Metrics of the routes outside. They beat an equal prefix in the tunnel. Not 0: when deleting, the kernel takes 0 for
/// "any", and could take a route of somebody else. Several, so that each of several runs can have its own route to one
/// gateway: with a common one the end of the first run would send the others' packets into their own tunnels.
pub(super) const OUTSIDE_METRICS: RangeInclusive<u32> = 1..=9;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::linux::undo::Undo;

    #[test]
    fn ways_past_what_stays_blocked_follow_the_network() {
        let way = |destination: &str, device: u32, metric: u32| Route {
            destination: destination.parse().expect("prefix"),
            device,
            via: None,
            metric,
        };
        let host = way("203.0.113.5/32", 2, 1);
        let step = Step {
            undo: Undo::DeleteRoute { route: host.clone() },
            lasting: true,
        };
        for (table, moved) in [
            (vec![way("0.0.0.0/0", 2, 0), host.clone()], None),
            (vec![way("0.0.0.0/0", 2, 0)], Some(host.clone())),
            (vec![way("0.0.0.0/0", 3, 0)], Some(way("203.0.113.5/32", 3, 1))),
            (
                vec![way("0.0.0.0/0", 3, 0), host.clone()],
                Some(way("203.0.113.5/32", 3, 1)),
            ),
            (
                vec![way("0.0.0.0/0", 3, 600), way("203.0.112.0/23", 4, 700)],
                Some(way("203.0.113.5/32", 4, 1)),
            ),
            (vec![way("10.0.0.0/8", 3, 0), way("203.0.113.5/32", 2, 1)], None),
            (vec![], None),
        ] {
            let moves = moves(&table, std::slice::from_ref(&step));
            let wanted: Vec<_> = moved.into_iter().map(|new| (host.clone(), new)).collect();
            assert_eq!(moves, wanted, "{table:?}");
        }
    }
}
