//! The built-in network set-up: address, MTU and routes over netlink, each change with its undo.

use std::io;
use std::path::PathBuf;

use super::applied::Applied;
use super::dns::{Dns, Link};
use super::journal::Journal;
use super::namespace::{Namespace, inside};
use super::netlink::{LinkState, Netlink};
use super::outside::{OUTSIDE_METRICS, ipv4};
use super::plan::Plan;
use super::undo::UndoLog;
use crate::config::NetworkConfig;
use crate::platform::{DnsChoice, Farewell, Interface, NetworkSetup, SetupError, SetupFuture, privilege};

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
    /// Block the tunnel's prefixes while it is not up, and leave them blocked unless the user ends it.
    pub fail_closed: bool,
    /// Block IPv6 when the tunnel takes the default route.
    pub ipv6_guard: bool,
    /// Who is told the name servers.
    pub dns: DnsChoice,
    /// The resolver file, [`RESOLVER_FILE`](super::dns::RESOLVER_FILE) unless a network namespace has its own. Only that
    /// file is written then, and no service of this machine is told anything.
    pub resolver_file: PathBuf,
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
    /// Begun by `prepare`, with what a dead run of that name has left blocked.
    begun: Option<UndoLog>,
    applied: Option<Applied>,
    dns: Dns,
}

impl NativeSetup {
    /// A set-up that has changed nothing yet.
    ///
    /// # Errors
    /// [`SetupError::NotPermitted`] without CAP_NET_ADMIN, and an error when the chosen way to set name servers cannot
    /// work, so that nobody signs in for nothing.
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
        let dns = Dns::new(options.dns, options.resolver_file.clone());
        dns.check()?;
        Ok(Self {
            options,
            begun: None,
            applied: None,
            dns,
        })
    }

    async fn apply_now(&mut self, interface: &Interface, config: &NetworkConfig) -> Result<(), SetupError> {
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
                self.leave_device(&mut netlink).await?;
                self.begin(device, interface, plan)?
            }
        };
        let mut result = applied.reconcile(&mut netlink);
        if result.is_ok() {
            result = applied.warn_about_hidden(&mut netlink);
        }
        // a future that is dropped here must not take the log along
        let applied = self.applied.insert(applied);
        if result.is_ok() {
            let link = Link {
                device: device.device,
                name: interface.name.clone(),
            };
            result = self.dns.apply(link, config, &mut applied.log).await;
        }
        if result.is_err() {
            // The first failure is the one to report; what cannot be taken back is logged.
            self.dns.forget();
            if let Some(mut applied) = self.applied.take() {
                let _ = applied.log.take_passing_back(&mut netlink);
                self.warn_about_blocked(&applied.log);
            }
        }
        result
    }

    fn begin(&mut self, device: LinkState, interface: &Interface, plan: Plan) -> Result<Applied, SetupError> {
        let log = match self.begun.take() {
            Some(log) => log,
            None => self.begin_log()?,
        };
        Ok(Applied {
            interface: interface.clone(),
            plan,
            device,
            metric: self.options.metric.max(OUTSIDE_METRICS.end() + 1),
            fail_closed: self.options.fail_closed,
            ipv6_guard: self.options.ipv6_guard,
            log,
        })
    }

    /// What is blocked stays while another device takes the place of the one that was set up.
    async fn leave_device(&mut self, netlink: &mut Netlink) -> Result<(), SetupError> {
        if let Some(applied) = &mut self.applied {
            self.dns.take_back(&mut applied.log).await;
        }
        let Some(mut applied) = self.applied.take() else {
            return Ok(());
        };
        let left = applied.log.take_passing_back(netlink);
        self.begun = Some(applied.log).filter(|log| !log.is_empty());
        left.map_err(not_restored)
    }

    fn begin_log(&self) -> Result<UndoLog, SetupError> {
        let begun = Journal::take_over(
            self.options.journal_dir.as_deref(),
            &self.options.name,
            self.options.namespace.as_ref(),
        )?;
        Ok(match begun {
            None => UndoLog::default(),
            Some((journal, steps)) => UndoLog::taken_over(journal, steps),
        })
    }

    fn open(&self) -> Result<Netlink, SetupError> {
        inside(self.options.namespace.as_ref(), Netlink::open)
            .map_err(|error| SetupError::from_io("cannot open netlink".to_owned(), error))
    }

    /// Finds out what can fail before the tunnel is asked for: the place of the journal.
    fn prepare_now(&mut self) -> Result<(), SetupError> {
        if self.begun.is_none() && self.applied.is_none() {
            self.begun = Some(self.begin_log()?);
            if self.options.journal_dir.is_none() {
                tracing::warn!("no place for an undo journal: if killed, routes stay behind");
            }
        }
        Ok(())
    }

    async fn revert_now(&mut self, farewell: Farewell) -> Result<(), SetupError> {
        if let Some(applied) = &mut self.applied {
            self.dns.take_back(&mut applied.log).await;
        }
        let applied = self.applied.take().map(|applied| applied.log);
        let Some(mut log) = applied.or(self.begun.take()) else {
            return Ok(());
        };
        if log.is_empty() {
            log.forget();
            return Ok(());
        }
        let mut netlink = self.open()?;
        let result = match farewell {
            Farewell::Requested => log.take_all_back(&mut netlink),
            Farewell::Failed => log.take_passing_back(&mut netlink),
        };
        self.warn_about_blocked(&log);
        result.map_err(not_restored)
    }

    /// What is left in the log is what lasts.
    fn warn_about_blocked(&self, log: &UndoLog) {
        if !log.is_empty() {
            let name = &self.options.name;
            tracing::warn!(
                "what the tunnel carried stays blocked; connect again, or free it with  vpnc-cli disconnect --repair {name}"
            );
        }
    }

    /// The network may have changed under the tunnel, and other programs take away what is not theirs: finds the paths
    /// outside anew, and makes again what is gone. Failures are for the log only, the next try comes with the next change.
    fn refresh(&mut self) {
        let netlink = self.open();
        let Some(applied) = &mut self.applied else {
            return;
        };
        let result = netlink.and_then(|mut netlink| applied.reconcile(&mut netlink));
        if let Err(error) = result {
            tracing::warn!(%error, "what others may have changed is not put right");
        }
    }

    /// Other programs write the name servers of a new network where ours are.
    async fn refresh_names(&mut self) -> Result<(), SetupError> {
        if let Some(applied) = &mut self.applied {
            self.dns.again(&mut applied.log).await;
        }
        Ok(())
    }
}

impl NetworkSetup for NativeSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(async move { self.prepare_now() })
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(self.apply_now(interface, config))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.refresh();
        Box::pin(std::future::ready(Ok(())))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(self.refresh_names())
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.refresh();
        Box::pin(self.refresh_names())
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        Box::pin(self.revert_now(farewell))
    }
}

fn not_restored(error: io::Error) -> SetupError {
    SetupError::from_io("cannot restore the network".to_owned(), error)
}
