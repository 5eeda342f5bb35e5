//! The difference between what is set up and what is wanted, made step by step.

use std::io;

use ipnet::IpNet;

use super::deletion::interface_name;
use super::netlink::{LinkState, Netlink, Route};
use super::plan::Plan;
use super::undo::{Step, Undo, UndoLog};
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
    /// The tunnel's prefixes are blocked while it is not up.
    pub(super) fail_closed: bool,
    /// IPv6 is blocked when the tunnel takes the default route.
    pub(super) ipv6_guard: bool,
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
    /// packet of the tunnel's own is ever routed into the tunnel. What is blocked is blocked before the tunnel's routes
    /// come, and freed after.
    pub(super) fn reconcile(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let outside = self.outside_routes(netlink)?;
        let device = self.device.device;
        self.replace_routes(netlink, &outside, |route, tunnel| route.device != tunnel)?;
        let blocks = self.block(netlink)?;
        self.set_link(netlink)?;
        self.set_address(netlink)?;
        let metric = self.metric;
        let tunnel: Vec<Route> = self
            .plan
            .tunnel
            .iter()
            .map(|destination| Route {
                destination: (*destination).into(),
                device,
                via: None,
                metric,
            })
            .collect();
        self.replace_routes(netlink, &tunnel, |route, tunnel| route.device == tunnel)?;
        self.unblock(netlink, &blocks)?;
        if !self.fail_closed {
            self.log.let_nothing_last().map_err(journal_error)?;
        }
        Ok(())
    }

    /// A network of this machine with a prefix of the tunnel keeps winning by its smaller metric: a home network with
    /// the same numbers as one at work.
    pub(super) fn warn_about_hidden(&self, netlink: &mut Netlink) -> Result<(), SetupError> {
        let device = self.device.device;
        let tunnel: Vec<IpNet> = self.plan.tunnel.iter().copied().map(IpNet::from).collect();
        for route in read_routes(netlink)? {
            let hides = route.device != device && route.metric < self.metric;
            if hides && tunnel.contains(&route.destination) {
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
            .undos()
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
        let step = Step {
            undo: Undo::DeleteRoute { route: route.clone() },
            lasting: self.fail_closed && route.device != self.device.device,
        };
        let held = self.log.holds(&step.undo);
        let Err(error) = self.log.make(step, || netlink.add_route(route)) else {
            return Ok(());
        };
        if held {
            // It went with its network, which is not back yet. To know of it matters still: what stays blocked needs
            // the ways past it, and the next change of the network may bring one.
            tracing::debug!(destination = %route.destination, %error, "no way outside now");
            return Ok(());
        }
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

    pub(super) fn owns(&self, route: &Route) -> bool {
        self.owned_routes().any(|own| own == route)
    }

    pub(super) fn owned_routes(&self) -> impl Iterator<Item = &Route> {
        self.log.undos().filter_map(Undo::route)
    }
}

fn journal_error(error: io::Error) -> SetupError {
    SetupError::from_io("cannot write the undo journal".to_owned(), error)
}

pub(super) fn read_routes(netlink: &mut Netlink) -> Result<Vec<Route>, SetupError> {
    let result = netlink.routes();
    result.map_err(|error| SetupError::from_io("cannot read the routing table".to_owned(), error))
}

/// Send queue of the device in packets. The kernel's 500 overflow in one burst of a fast sender (`libraries.md`).
const QUEUE_LEN: u32 = 1000;
