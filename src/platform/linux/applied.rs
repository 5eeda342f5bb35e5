//! The difference between what is set up and what is wanted, made step by step.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

use super::deletion::interface_name;
use super::netlink::{LinkState, Netlink, NextHop, Route};
use super::plan::Plan;
use super::undo::{Undo, UndoLog};
use crate::platform::{Interface, SetupError};

/// What is set up now, and how to bring it to agree with a new plan.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) interface: Interface,
    pub(super) plan: Plan,
    /// The interface as it was found.
    pub(super) device: LinkState,
    /// Metric of the routes into the tunnel.
    pub(super) metric: u32,
    pub(super) log: UndoLog,
}

impl Applied {
    /// The same machine with another plan.
    pub(super) fn with(self, interface: &Interface, plan: Plan) -> Self {
        Self {
            interface: interface.clone(),
            plan,
            ..self
        }
    }

    /// Makes the machine agree with the plan, changing only the difference. Paths outside come first, so that no
    /// packet of the tunnel's own is ever routed into the tunnel.
    pub(super) fn reconcile(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let outside = self.outside_routes(netlink)?;
        let device = self.device.device;
        self.replace_routes(netlink, &outside, |route, tunnel| route.device != tunnel)?;
        self.set_link(netlink)?;
        self.set_address(netlink)?;
        let metric = self.metric;
        let tunnel: Vec<Route> = self
            .plan
            .tunnel
            .iter()
            .map(|destination| Route {
                destination: *destination,
                device,
                via: None,
                metric,
            })
            .collect();
        self.replace_routes(netlink, &tunnel, |route, tunnel| route.device == tunnel)?;
        self.warn_about_hidden(netlink)
    }

    /// Finds the paths outside anew after the network may have changed under the tunnel.
    pub(super) fn refresh_outside(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        self.forget_vanished(netlink)?;
        let wanted = self.outside_routes(netlink)?;
        self.replace_routes(netlink, &wanted, |route, tunnel| route.device != tunnel)
    }

    /// Routes outside that went with their interface or next hop are ours no more.
    fn forget_vanished(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let table = read_routes(netlink)?;
        let vanished = self
            .owned_routes()
            .filter(|route| route.device != self.device.device && !table.contains(route))
            .cloned()
            .collect();
        self.delete_routes(netlink, vanished)
    }

    /// A network of this machine with a prefix of the tunnel keeps winning by its smaller metric: a home network with
    /// the same numbers as one at work.
    fn warn_about_hidden(&self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let device = self.device.device;
        for route in read_routes(netlink)? {
            let hides = route.device != device && route.metric < self.metric;
            if hides && self.plan.tunnel.contains(&route.destination) {
                let net = route.destination;
                tracing::warn!(%net, "a local route has the same prefix; this part of the VPN is not reachable");
            }
        }
        Ok(())
    }

    fn set_link(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let wanted = LinkState {
            device: self.device.device,
            mtu: self.interface.mtu.into(),
            up: true,
            queue_len: self.device.queue_len.max(QUEUE_LEN),
        };
        let step = |error| {
            SetupError::from_io(
                format!("cannot set MTU {} on {}", wanted.mtu, self.interface.name),
                error,
            )
        };
        let before = netlink.link(&self.interface.name).map_err(step)?;
        if before == wanted {
            return Ok(());
        }
        // Only the state found first counts; a second change of the MTU needs no second undo.
        let undo = Undo::RestoreLink { before: self.device };
        if self.log.holds(&undo) {
            return netlink.set_link(wanted).map_err(step);
        }
        self.log.make(undo, || netlink.set_link(wanted)).map_err(step)
    }

    fn set_address(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let device = self.device.device;
        let (address, metric) = (self.plan.address, self.metric);
        let step = |error| {
            SetupError::from_io(
                format!("cannot give {} the address {address}", self.interface.name),
                error,
            )
        };
        let old: Vec<Undo> = self
            .log
            .steps()
            .iter()
            .filter(|undo| matches!(undo, Undo::DeleteAddress { address: held, .. } if *held != address))
            .cloned()
            .collect();
        if !netlink.addresses(device).map_err(step)?.contains(&address) {
            let undo = Undo::DeleteAddress { device, address };
            self.log
                .make(undo, || netlink.add_address(device, address, metric))
                .map_err(step)?;
        }
        old.iter()
            .try_for_each(|undo| self.log.take_back(undo, netlink))
            .map_err(step)
    }

    /// The routes that must not lead into the tunnel: the gateway's own and the excludes.
    fn outside_routes(&self, netlink: &mut Netlink) -> Result<Vec<Route>, SetupError> {
        let table: Vec<Route> = read_routes(netlink)?
            .into_iter()
            .filter(|route| route.device != self.device.device && !self.owns(route))
            .collect();
        let mut wanted = Vec::new();
        if let Some(gateway) = ipv4(self.interface.gateway).filter(|_| self.plan.gateway_covered) {
            let host = Ipv4Net::from(gateway);
            let hop = self.path_to_gateway(netlink, gateway, &table)?;
            wanted.extend(self.outside_route(host, hop, &table));
        }
        let host = ipv4(self.interface.gateway).map(Ipv4Net::from);
        for exclude in self.plan.outside.iter().filter(|net| Some(**net) != host) {
            wanted.extend(self.outside_route(*exclude, self.path(&table, *exclude), &table));
        }
        Ok(wanted)
    }

    /// The kernel knows all the rules of this machine, but once our routes are in, it only gives them back.
    fn path_to_gateway(
        &self,
        netlink: &mut Netlink,
        gateway: Ipv4Addr,
        table: &[Route],
    ) -> Result<Option<NextHop>, SetupError> {
        let from_table = self.path(table, gateway.into());
        if !self.log.steps().is_empty() {
            return Ok(from_table);
        }
        match netlink.route_to(gateway) {
            Ok(hop) if hop.device == self.device.device => Ok(from_table),
            Ok(hop) => Ok(Some(hop)),
            Err(error) => {
                let action = format!("cannot find the route to the gateway {gateway}");
                Err(SetupError::from_io(action, error))
            }
        }
    }

    /// The path for a prefix. Where another run of ours keeps it outside too, that run's routes do not count if there
    /// are others: its route outside goes when it ends and knows a new network no sooner than we do, and what leads into
    /// its tunnel is what that route leads past.
    fn path(&self, table: &[Route], net: Ipv4Net) -> Option<NextHop> {
        let theirs = |route: &Route| route.destination == net && may_be_of_another_run(route);
        let lasting = |route: &&Route| !theirs(route) && route.metric != self.metric;
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
    fn outside_metric(&self, destination: Ipv4Net, table: &[Route]) -> Option<u32> {
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
    fn outside_route(&self, destination: Ipv4Net, hop: Option<NextHop>, table: &[Route]) -> Option<Route> {
        let Some(hop) = hop else {
            let held = self
                .owned_routes()
                .find(|route| route.destination == destination && route.device != self.device.device);
            if held.is_none() && self.log.steps().is_empty() {
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

    /// Makes our routes on one side (in the tunnel or outside) exactly these.
    fn replace_routes(
        &mut self,
        netlink: &mut Netlink,
        wanted: &[Route],
        side: fn(&Route, u32) -> bool,
    ) -> Result<(), SetupError> {
        let device = self.device.device;
        let obsolete: Vec<Route> = self
            .owned_routes()
            .filter(|route| side(route, device) && !wanted.contains(route))
            .cloned()
            .collect();
        // Equal prefixes cannot stand beside each other with one metric: those give way first, the others go last.
        let (replaced, removed): (Vec<_>, Vec<_>) = obsolete
            .into_iter()
            .partition(|old| wanted.iter().any(|new| new.destination == old.destination));
        self.delete_routes(netlink, replaced)?;
        let table = read_routes(netlink)?;
        for route in wanted.iter().filter(|route| !table.contains(route)) {
            self.add_route(netlink, route)?;
        }
        self.delete_routes(netlink, removed)
    }

    fn add_route(&mut self, netlink: &mut Netlink, route: &Route) -> Result<(), SetupError> {
        let undo = Undo::DeleteRoute { route: route.clone() };
        let Err(error) = self.log.make(undo, || netlink.add_route(route)) else {
            return Ok(());
        };
        let action = self.describe("cannot add route", route);
        let key = (route.destination, route.metric);
        match (error.raw_os_error(), read_routes(netlink)) {
            (Some(libc::EEXIST), Ok(table)) => Err(table
                .iter()
                .find(|other| (other.destination, other.metric) == key)
                .and_then(|other| interface_name(other.device))
                .map(|device| SetupError::RouteTaken {
                    action: action.clone(),
                    destination: route.destination,
                    metric: route.metric,
                    device,
                })
                .unwrap_or_else(|| SetupError::from_io(action, error))),
            _ => Err(SetupError::from_io(action, error)),
        }
    }

    fn delete_routes(&mut self, netlink: &mut Netlink, routes: Vec<Route>) -> Result<(), SetupError> {
        for route in routes {
            let text = self.describe("cannot delete route", &route);
            self.log
                .take_back(&Undo::DeleteRoute { route }, netlink)
                .map_err(|error| SetupError::from_io(text, error))?;
        }
        Ok(())
    }

    fn describe(&self, action: &str, route: &Route) -> String {
        let to = match route.via {
            Some(via) => format!("via {via}"),
            None if route.device == self.device.device => format!("to {}", self.interface.name),
            None => "outside the tunnel".to_owned(),
        };
        format!("{action} {} {to}", route.destination)
    }

    fn owns(&self, route: &Route) -> bool {
        self.owned_routes().any(|own| own == route)
    }

    fn owned_routes(&self) -> impl Iterator<Item = &Route> {
        self.log.steps().iter().filter_map(|undo| match undo {
            Undo::DeleteRoute { route } => Some(route),
            Undo::RestoreLink { .. } | Undo::DeleteAddress { .. } | Undo::Script { .. } => None,
        })
    }
}

/// The best route that holds all of `net`: longest prefix, then smallest metric. A route inside `net` is no path for
/// the whole of it, and keeps winning for its own part by itself.
fn widest<'a>(routes: impl Iterator<Item = &'a Route>, net: Ipv4Net) -> Option<&'a Route> {
    routes
        .filter(|route| route.destination.contains(&net))
        .max_by_key(|route| (route.destination.prefix_len(), std::cmp::Reverse(route.metric)))
}

/// Told by the metric alone: hardly anybody else uses these, and to take a stranger's route for one of ours costs no
/// more than a second route beside it. A routing protocol number of our own would tell no better, since a route of the
/// user may have any.
fn may_be_of_another_run(route: &Route) -> bool {
    OUTSIDE_METRICS.contains(&route.metric)
}

fn read_routes(netlink: &mut Netlink) -> Result<Vec<Route>, SetupError> {
    let result = netlink.routes();
    result.map_err(|error| SetupError::from_io("cannot read the routing table".to_owned(), error))
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

/// Send queue of the device in packets. The kernel's 500 overflow in one burst of a fast sender (`libraries.md`).
const QUEUE_LEN: u32 = 1000;
