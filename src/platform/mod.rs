//! What the operating system does for us: the tunnel device and the network set-up.
//!
//! The event loop knows only the two traits here. [`TunDevice`] moves batches of packets; [`NetworkSetup`] reacts to
//! the configuration of the gateway and is reverted on every way out.

pub mod fake;
pub mod hooks;
pub mod linux;
pub mod none;
pub mod privilege;
pub mod script;
pub mod standard_output;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::config::NetworkConfig;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::packet::{Batch, Received};

pub use linux::wrapper::{WrapperProcess, WrapperProgram, WrapperStartError};

/// A layer-3 device. Reading and writing never block.
pub trait TunDevice {
    /// Interface name as the system knows it.
    fn name(&self) -> &str;

    /// Ready when a packet can be read.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads what is ready now, at most one batch, appended to `batch`. Returns the number of packets, 0 when there
    /// is none.
    fn read_batch(&mut self, batch: &mut Batch) -> io::Result<usize>;

    /// Writes all packets of `received`. A packet the system refuses is counted and dropped, it does not end the
    /// batch.
    fn write_batch(&mut self, received: &Received) -> io::Result<Written>;
}

/// What took the place of a device has ended, and the tunnel with it: the error inside that of
/// [`TunDevice::poll_readable`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeviceEnded(pub String);

/// Result of writing one batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Packets the system took.
    pub packets: usize,
    /// Packets it refused.
    pub dropped: usize,
}

/// What a set-up needs to know beside the gateway's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Interface name.
    pub name: String,
    /// Outer address of the gateway: its host route stays outside the tunnel.
    pub gateway: IpAddr,
    /// MTU to set, already capped by the user's option.
    pub mtu: u16,
}

/// Result of a set-up step.
pub type SetupFuture<'a> = Pin<Box<dyn Future<Output = Result<(), SetupError>> + 'a>>;

/// Makes the machine use the tunnel, and undoes it.
///
/// A future that is dropped before its end kills the script it runs.
pub trait NetworkSetup {
    /// Before the device is configured (vpnc-script's `pre-init`).
    fn prepare(&mut self) -> SetupFuture<'_>;

    /// The tunnel is up with this configuration. Called again with a new one after a reconnect that changed it.
    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a>;

    /// The channel was lost and is being rebuilt.
    fn attempt_reconnect(&mut self) -> SetupFuture<'_>;

    /// The channel is back.
    fn reconnected(&mut self) -> SetupFuture<'_>;

    /// The network of this machine has changed under the tunnel: what leads past it may have to lead elsewhere.
    fn network_changed(&mut self) -> SetupFuture<'_>;

    /// Puts back what was changed, newest first. Safe to call twice and after a failed `apply`; must succeed as far
    /// as it can.
    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_>;
}

/// How a tunnel ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Farewell {
    /// The user wants it to end.
    Requested,
    /// It ended otherwise. With `--fail-closed` the prefixes of the VPN stay blocked.
    Failed,
}

/// Tells of changes around the tunnel that its sockets learn of late or never.
pub trait NetworkWatch {
    /// Ready after a change; several at a time are one. Pending for ever when nothing can be told.
    fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Change>;

    /// Whether an interface with this address of ours can send: it is up, and its cable or radio is connected. True
    /// when that is not known.
    fn carries(&mut self, _address: IpAddr) -> bool {
        true
    }
}

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Links, addresses or routes of this machine.
    Network,
    /// The machine has slept, or its clock has jumped.
    Resumed,
}

/// Who sets up name servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DnsChoice {
    /// The first that is there of those below.
    #[default]
    Auto,
    /// systemd-resolved, over D-Bus.
    Resolved,
    /// The program `resolvconf`.
    Resolvconf,
    /// `/etc/resolv.conf` itself.
    File,
    /// Nobody.
    None,
}

/// Why the system did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A right is missing.
    #[error("{action}: operation not permitted")]
    NotPermitted {
        /// What was tried, for example `cannot add route 10.0.0.0/8 to tun0`.
        action: String,
        /// Where, for the `where:` line.
        place: Option<String>,
        /// A way out, for the `try:` line.
        hint: Option<String>,
    },
    /// The system refused for another reason.
    #[error("{action}: {}", plain_io(source))]
    System {
        /// What was tried.
        action: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The folder of our state could be written by others, or is none.
    #[error("{} must be a folder that only its owner can write", path.display())]
    UnsafeDir {
        /// The folder.
        path: PathBuf,
    },
    /// A file of our state cannot be made: disk full, read-only, or the like.
    #[error("{action}: {}", plain_io(source))]
    CannotCreate {
        /// What was tried.
        action: String,
        /// The system's answer.
        source: io::Error,
    },
    /// What was chosen for name servers cannot work here.
    #[error("name servers cannot be set with --dns {choice}: {why}")]
    Dns {
        /// The choice as it was given.
        choice: &'static str,
        /// What is missing.
        why: String,
    },
    /// No interface can have this name.
    #[error("interface name \"{name}\" {why}")]
    BadName {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process is attached to the device.
    #[error("tunnel device {name} is in use by another process")]
    Busy {
        /// Interface name.
        name: String,
    },
    /// The interface is there but not of our kind.
    #[error("{name} is not a tun device without packet information and with a single queue")]
    NotTun {
        /// Interface name.
        name: String,
    },
    /// There is no such network namespace.
    #[error("no network namespace {}: {}", path.display(), plain_io(source))]
    NoNamespace {
        /// Its file.
        path: PathBuf,
        /// Its name, if it was given by one.
        name: Option<String>,
        /// The system's answer.
        source: io::Error,
    },
    /// The gateway's configuration is more than a script can be told.
    #[error("the configuration of the gateway is too large for a script: {} KiB of environment", size / 1024)]
    TooMuch {
        /// Octets of the environment.
        size: usize,
    },
    /// Somebody else has a route with the prefix and the metric of ours. It is not passed by: which of the two networks
    /// is meant must be the user's choice.
    #[error("{action}: {device} already has a route with this prefix and metric {metric}")]
    RouteTaken {
        /// What was tried.
        action: String,
        /// The prefix.
        destination: IpNet,
        /// Metric of both routes.
        metric: u32,
        /// Interface of the other route.
        device: String,
    },
    /// The script ended with a failure. Not fatal by itself, unless it cannot be run.
    #[error("script ended with {status} at reason={reason}")]
    Script {
        /// The reason it was called with.
        reason: String,
        /// Exit status or signal, in words.
        status: String,
        /// False when the shell could not find or start it.
        ran: bool,
    },
    /// What the process that keeps the rights says.
    #[error("{}", .0.message)]
    Told(Box<Error>),
}

impl SetupError {
    /// Sorts a system error: lack of rights, or anything else.
    pub fn from_io(action: String, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::PermissionDenied {
            return Self::NotPermitted {
                action,
                place: None,
                hint: None,
            };
        }
        Self::System { action, source }
    }

    fn status(&self) -> ExitStatus {
        match self {
            Self::NotPermitted { .. } | Self::UnsafeDir { .. } => ExitStatus::NoPermission,
            Self::CannotCreate { .. } => ExitStatus::CannotCreate,
            Self::BadName { .. } => ExitStatus::Usage,
            Self::NoNamespace { .. } => ExitStatus::NoInput,
            Self::System { .. }
            | Self::Busy { .. }
            | Self::NotTun { .. }
            | Self::TooMuch { .. }
            | Self::Dns { .. }
            | Self::RouteTaken { .. } => ExitStatus::System,
            Self::Script { .. } => ExitStatus::Failure,
            Self::Told(error) => error.status,
        }
    }
}

impl From<SetupError> for Error {
    fn from(error: SetupError) -> Self {
        let mut user = Self::new(error.status(), error.to_string());
        match error {
            SetupError::NotPermitted { place, hint, .. } => {
                user.place = place;
                user.hint = hint;
            }
            SetupError::UnsafeDir { path } => {
                user.hint = Some(format!(
                    "ls -ld {0}, then remove {0} and connect again",
                    path.display()
                ));
            }
            SetupError::RouteTaken {
                destination,
                metric,
                device,
                ..
            } => {
                user.hint = Some(format!(
                    "end the other VPN on {device}, or ip route del {destination} dev {device} metric {metric}"
                ));
            }
            SetupError::Script { ran: false, .. } => {
                user.hint = Some(
                    "check the path and that it is executable; Debian's is /usr/share/vpnc-scripts/vpnc-script"
                        .to_owned(),
                );
            }
            SetupError::Dns { .. } => {
                user.hint = Some("leave out --dns for the first way that works, or --dns none".to_owned());
            }
            SetupError::Told(error) => user = *error,
            SetupError::NoNamespace { name: Some(name), .. } if !name.trim_matches('.').is_empty() => {
                user.hint = Some(format!("ip netns add {name}"));
            }
            SetupError::TooMuch { .. } => {
                user.hint = Some("the built-in set-up: leave out -s".to_owned());
            }
            SetupError::System { .. }
            | SetupError::CannotCreate { .. }
            | SetupError::BadName { .. }
            | SetupError::Busy { .. }
            | SetupError::NotTun { .. }
            | SetupError::NoNamespace { .. }
            | SetupError::Script { ran: true, .. } => {}
        }
        user
    }
}
