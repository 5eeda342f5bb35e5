//! The built-in network set-up: address, MTU and routes over netlink, each change with its undo.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use ipnet::Ipv4Net;

use super::journal::Journal;
use super::netlink::{LinkState, Netlink, NextHop, Route};
use super::plan::Plan;
use super::undo::{Undo, UndoLog};
use crate::config::NetworkConfig;
use crate::platform::{Link, NetworkSetup, SetupError, SetupFuture, privilege};

/// Settings of the built-in set-up.
#[derive(Debug, Clone)]
pub struct NativeOptions {
    /// Name of this instance; names the undo journal.
    pub name: String,
    /// Folder of the undo journal, usually [`default_dir`](super::journal::default_dir). Without one a killed process
    /// leaves routes outside the tunnel behind.
    pub journal_dir: Option<PathBuf>,
    /// Metric of the routes into the tunnel, at least 2; [`DEFAULT_METRIC`] by default.
    pub metric: u32,
}

/// Metric of tunnel routes; the value NetworkManager uses for VPNs.
pub const DEFAULT_METRIC: u32 = 50;

/// Sets the machine up over netlink.
///
/// Nothing that belongs to others is changed or replaced, so taking our own changes back restores the former state
/// exactly. A route that is there already is used as it is and stays.
#[derive(Debug)]
pub struct NativeSetup {
    options: NativeOptions,
    applied: Option<Applied>,
}

#[derive(Debug)]
struct Applied {
    link: Link,
    plan: Plan,
    device: LinkState,
    log: UndoLog,
}

impl NativeSetup {
    /// A set-up that has changed nothing yet.
    pub fn new(options: NativeOptions) -> Self {
        Self {
            options,
            applied: None,
        }
    }

    fn apply_now(&mut self, link: &Link, config: &NetworkConfig) -> Result<(), SetupError> {
        let mut netlink = open()?;
        let plan = Plan::new(config, ipv4(link.gateway));
        for warning in &plan.warnings {
            tracing::warn!("{warning}");
        }
        let metric = self.options.metric.max(OUTSIDE_METRIC + 1);
        let mut applied = match self.applied.take() {
            Some(before) if before.link.interface == link.interface => before.with(link, plan),
            other => {
                self.applied = other;
                self.revert_now()?;
                self.begin(&mut netlink, link, plan)?
            }
        };
        let result = applied.reconcile(&mut netlink, metric);
        if result.is_err() {
            // The first failure is the one to report; what cannot be taken back is logged.
            let _ = applied.log.take_all_back(&mut netlink);
        } else {
            self.applied = Some(applied);
        }
        result?;
        warn_about_dns(config);
        Ok(())
    }

    fn begin(&self, netlink: &mut Netlink, link: &Link, plan: Plan) -> Result<Applied, SetupError> {
        let device = netlink.link(&link.interface).map_err(|error| {
            SetupError::from_io(format!("cannot find interface {}", link.interface), error)
        })?;
        let journal = match &self.options.journal_dir {
            Some(dir) => Some(Journal::create(dir, &self.options.name).map_err(|error| {
                SetupError::from_io(
                    format!("cannot write the undo journal in {}", dir.display()),
                    error,
                )
            })?),
            None => {
                tracing::warn!("no place for an undo journal: if killed, routes stay behind");
                None
            }
        };
        Ok(Applied {
            link: link.clone(),
            plan,
            device,
            log: UndoLog::new(journal),
        })
    }

    fn revert_now(&mut self) -> Result<(), SetupError> {
        let Some(mut applied) = self.applied.take() else {
            return Ok(());
        };
        let mut netlink = open()?;
        applied
            .log
            .take_all_back(&mut netlink)
            .map_err(|error| SetupError::from_io("cannot restore the network".to_owned(), error))
    }

    /// The network may have changed under the tunnel: finds the paths outside anew. Failures are for the log only, the
    /// next try comes with the next reconnect.
    fn refresh_outside(&mut self) {
        let Some(applied) = &mut self.applied else {
            return;
        };
        let result = open().and_then(|mut netlink| {
            let wanted = applied.outside_routes(&mut netlink)?;
            applied.replace_routes(&mut netlink, &wanted, |route, device| route.device != device)
        });
        if let Err(error) = result {
            tracing::warn!(%error, "routes outside the tunnel not refreshed");
        }
    }
}

impl NetworkSetup for NativeSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(if privilege::can_configure_network() {
            Ok(())
        } else {
            Err(SetupError::NotPermitted {
                action: "cannot set addresses and routes".to_owned(),
                place: Some(format!("running as {}", privilege::user_name())),
                hint: Some("sudo, or --network none, or -s 'sudo -E …/vpnc-script'".to_owned()),
            })
        }))
    }

    fn apply<'a>(&'a mut self, link: &'a Link, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(async move { self.apply_now(link, config) })
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.refresh_outside();
        Box::pin(std::future::ready(Ok(())))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn revert(&mut self) -> SetupFuture<'_> {
        Box::pin(async move { self.revert_now() })
    }
}

impl Applied {
    fn with(self, link: &Link, plan: Plan) -> Self {
        Self {
            link: link.clone(),
            plan,
            ..self
        }
    }

    /// Makes the machine agree with the plan, changing only the difference. Paths outside come first, so that no
    /// packet of the tunnel's own is ever routed into the tunnel.
    fn reconcile(&mut self, netlink: &mut Netlink, metric: u32) -> Result<(), SetupError> {
        let outside = self.outside_routes(netlink)?;
        let device = self.device.device;
        self.replace_routes(netlink, &outside, |route, tunnel| route.device != tunnel)?;
        self.set_link(netlink)?;
        self.set_address(netlink, metric)?;
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
        self.replace_routes(netlink, &tunnel, |route, tunnel| route.device == tunnel)
    }

    fn set_link(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let wanted = LinkState {
            device: self.device.device,
            mtu: self.link.mtu.into(),
            up: true,
            queue_len: self.device.queue_len.max(QUEUE_LEN),
        };
        let step = |error| {
            SetupError::from_io(
                format!("cannot set MTU {} on {}", wanted.mtu, self.link.interface),
                error,
            )
        };
        let before = netlink.link(&self.link.interface).map_err(step)?;
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

    fn set_address(&mut self, netlink: &mut Netlink, metric: u32) -> Result<(), SetupError> {
        let device = self.device.device;
        let address = self.plan.address;
        let step = |error| {
            SetupError::from_io(
                format!("cannot give {} the address {address}", self.link.interface),
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
        let find = |error| SetupError::from_io("cannot read the routing table".to_owned(), error);
        let table: Vec<Route> = netlink
            .routes()
            .map_err(find)?
            .into_iter()
            .filter(|route| route.device != self.device.device && !self.owns(route))
            .collect();
        let mut wanted = Vec::new();
        if let Some(gateway) = ipv4(self.link.gateway).filter(|_| self.plan.gateway_covered) {
            let host = Ipv4Net::from(gateway);
            // The kernel knows all the rules, but once our routes are in it only gives them back.
            let hop = if self.log.steps().is_empty() {
                Some(netlink.route_to(gateway).map_err(|error| {
                    SetupError::from_io(format!("cannot find the route to the gateway {gateway}"), error)
                })?)
            } else {
                widest_path(&table, host)
            };
            wanted.extend(self.outside_route(host, hop, &table));
        }
        let host = ipv4(self.link.gateway).map(Ipv4Net::from);
        for exclude in self.plan.outside.iter().filter(|net| Some(**net) != host) {
            wanted.extend(self.outside_route(*exclude, widest_path(&table, *exclude), &table));
        }
        Ok(wanted)
    }

    /// The route for a prefix outside; `None` when nothing needs to be added.
    fn outside_route(&self, destination: Ipv4Net, hop: Option<NextHop>, table: &[Route]) -> Option<Route> {
        let Some(hop) = hop else {
            let held = self
                .owned_routes()
                .find(|route| route.destination == destination && route.device != self.device.device);
            if held.is_none() {
                tracing::warn!(%destination, "excluded from the tunnel, but there is no other route");
            }
            return held.cloned();
        };
        let route = Route {
            destination,
            device: hop.device,
            via: hop.via,
            metric: OUTSIDE_METRIC,
        };
        let exists = table.iter().any(|other| {
            other.destination == destination
                && (other.device, other.via) == (route.device, route.via)
                && other.metric < DEFAULT_METRIC
        });
        (!exists && !hop.local).then_some(route)
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
        let table = netlink
            .routes()
            .map_err(|error| SetupError::from_io("cannot read the routing table".to_owned(), error))?;
        for route in wanted.iter().filter(|route| !table.contains(route)) {
            self.add_route(netlink, route)?;
        }
        self.delete_routes(netlink, removed)
    }

    fn add_route(&mut self, netlink: &mut Netlink, route: &Route) -> Result<(), SetupError> {
        let undo = Undo::DeleteRoute { route: route.clone() };
        let result = self.log.make(undo, || netlink.add_route(route));
        result.map_err(|error| SetupError::from_io(self.describe("cannot add route", route), error))
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
            None if route.device == self.device.device => format!("to {}", self.link.interface),
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
fn widest_path(table: &[Route], net: Ipv4Net) -> Option<NextHop> {
    table
        .iter()
        .filter(|route| route.destination.contains(&net))
        .max_by_key(|route| (route.destination.prefix_len(), std::cmp::Reverse(route.metric)))
        .map(|route| NextHop {
            device: route.device,
            via: route.via,
            local: false,
        })
}

fn warn_about_dns(config: &NetworkConfig) {
    if !config.dns.is_empty() {
        tracing::warn!(
            servers = ?config.dns,
            domains = ?config.domains,
            "the built-in set-up leaves DNS alone; try -s /usr/share/vpnc-scripts/vpnc-script"
        );
    }
}

fn ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(address) => address.to_ipv4_mapped(),
    }
}

fn open() -> Result<Netlink, SetupError> {
    Netlink::open().map_err(|error: io::Error| SetupError::from_io("cannot open netlink".to_owned(), error))
}

/// Metric of the routes outside. It beats an equal prefix in the tunnel. Not 0: when deleting, the kernel takes 0 for
/// "any", and could take a route of somebody else.
const OUTSIDE_METRIC: u32 = 1;

/// Send queue of the device in packets. The kernel's 500 overflow in one burst of a fast sender (`libraries.md`).
const QUEUE_LEN: u32 = 1000;
