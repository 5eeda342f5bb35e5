//! The built-in network set-up: address, MTU and routes over netlink, each change with its undo.

use std::path::PathBuf;

use super::applied::{Applied, OUTSIDE_METRICS, ipv4};
use super::journal::Journal;
use super::namespace::{Namespace, inside};
use super::netlink::{LinkState, Netlink};
use super::plan::Plan;
use super::undo::UndoLog;
use crate::config::NetworkConfig;
use crate::platform::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture, privilege};

/// Settings of the built-in set-up.
#[derive(Debug, Clone)]
pub struct NativeOptions {
    /// Name of this instance; names the undo journal.
    pub name: String,
    /// Folder of the undo journal, usually [`default_dir`](super::journal::default_dir). Without one a killed process
    /// leaves routes outside the tunnel behind.
    pub journal_dir: Option<PathBuf>,
    /// Metric of the routes into the tunnel, at least 10; [`DEFAULT_METRIC`] by default.
    pub metric: u32,
    /// Where the device is, unless it is here.
    pub namespace: Option<Namespace>,
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
    /// Begun by `prepare`, until there are changes to write down.
    journal: Option<Journal>,
    applied: Option<Applied>,
}

impl NativeSetup {
    /// A set-up that has changed nothing yet.
    ///
    /// # Errors
    /// [`SetupError::NotPermitted`] without CAP_NET_ADMIN, so that nobody signs in for nothing.
    pub fn new(options: NativeOptions) -> Result<Self, SetupError> {
        if !privilege::can_configure_network() {
            return Err(SetupError::NotPermitted {
                action: "cannot set addresses and routes".to_owned(),
                place: Some(format!(
                    "running as {} without CAP_NET_ADMIN",
                    privilege::user_name()
                )),
                hint: Some("sudo, or leave the set-up to others with --network none or -s SCRIPT, or have no device:  --socks 1080".to_owned()),
            });
        }
        Ok(Self {
            options,
            journal: None,
            applied: None,
        })
    }

    fn apply_now(&mut self, interface: &Interface, config: &NetworkConfig) -> Result<(), SetupError> {
        let mut netlink = self.open()?;
        // in another namespace there is no way to the gateway, and none is needed
        let gateway = ipv4(interface.gateway).filter(|_| self.options.namespace.is_none());
        let plan = Plan::new(config, gateway);
        for warning in &plan.warnings {
            tracing::warn!("{warning}");
        }
        let device = netlink.link(&interface.name).map_err(|error| {
            SetupError::from_io(format!("cannot find interface {}", interface.name), error)
        })?;
        // The index tells a device apart from a new one of the same name.
        let same = |applied: &mut Applied| applied.device.device == device.device;
        let mut applied = match self.applied.take_if(same) {
            Some(before) => before.with(interface, plan),
            None => {
                if self.applied.is_some() {
                    self.revert_now()?;
                }
                self.begin(device, interface, plan)?
            }
        };
        let result = applied.reconcile(&mut netlink);
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

    fn begin(&mut self, device: LinkState, interface: &Interface, plan: Plan) -> Result<Applied, SetupError> {
        let journal = match self.journal.take() {
            None => self.start_journal()?,
            ready => ready,
        };
        Ok(Applied {
            interface: interface.clone(),
            plan,
            device,
            metric: self.options.metric.max(OUTSIDE_METRICS.end() + 1),
            log: UndoLog::new(journal),
        })
    }

    fn open(&self) -> Result<Netlink, SetupError> {
        inside(self.options.namespace.as_ref(), Netlink::open)
            .map_err(|error| SetupError::from_io("cannot open netlink".to_owned(), error))
    }

    fn start_journal(&self) -> Result<Option<Journal>, SetupError> {
        let dir = self.options.journal_dir.as_deref();
        Journal::start_in(dir, &self.options.name, self.options.namespace.as_ref())
    }

    /// Finds out what can fail before the tunnel is asked for: the place of the journal.
    fn prepare_now(&mut self) -> Result<(), SetupError> {
        if self.journal.is_none() && self.applied.is_none() {
            self.journal = self.start_journal()?;
            if self.journal.is_none() {
                tracing::warn!("no place for an undo journal: if killed, routes stay behind");
            }
        }
        Ok(())
    }

    fn revert_now(&mut self) -> Result<(), SetupError> {
        if let Some(unused) = self.journal.take() {
            unused.remove();
        }
        if self.applied.is_none() {
            return Ok(());
        }
        let mut netlink = self.open()?;
        let Some(applied) = &mut self.applied else {
            return Ok(());
        };
        let result = applied.log.take_all_back(&mut netlink);
        self.applied = None;
        result.map_err(|error| SetupError::from_io("cannot restore the network".to_owned(), error))
    }

    /// The network may have changed under the tunnel: finds the paths outside anew. Failures are for the log only, the
    /// next try comes with the next reconnect.
    fn refresh_outside(&mut self) {
        let netlink = self.open();
        let Some(applied) = &mut self.applied else {
            return;
        };
        let result = netlink.and_then(|mut netlink| applied.refresh_outside(&mut netlink));
        if let Err(error) = result {
            tracing::warn!(%error, "routes outside the tunnel not refreshed");
        }
    }
}

impl NetworkSetup for NativeSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(async move { self.prepare_now() })
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(async move { self.apply_now(interface, config) })
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.refresh_outside();
        Box::pin(std::future::ready(Ok(())))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.refresh_outside();
        Box::pin(std::future::ready(Ok(())))
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        Box::pin(async move { self.revert_now() })
    }
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
