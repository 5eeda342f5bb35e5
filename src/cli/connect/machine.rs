//! What a tunnel uses of this machine: the device, who sets up the network, and what tells of changes.

use crate::cli::settings::MachineSettings;
use crate::error::Error;
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::platform::linux::journal;
use crate::platform::linux::setup::{NativeOptions, NativeSetup};
use crate::platform::linux::tun::LinuxTun;
use crate::platform::none::NoSetup;
use crate::platform::script::{ScriptOptions, ScriptSetup};
use crate::platform::{NetworkSetup, NetworkWatch, TunDevice};

/// The parts of this machine.
pub(super) struct Machine {
    pub(super) device: Box<dyn TunDevice>,
    pub(super) setup: Box<dyn NetworkSetup>,
    pub(super) watch: Option<Box<dyn NetworkWatch>>,
}

impl Machine {
    /// Opens what the tunnel needs, before anybody signs in for nothing.
    pub(super) fn open(settings: &MachineSettings, tunnel: &ConnectSettings) -> Result<Self, Error> {
        Ok(Self {
            device: Box::new(LinuxTun::open(tunnel.interface.as_deref())?),
            setup: setup(settings, tunnel)?,
            watch: None,
        })
    }
}

fn setup(settings: &MachineSettings, tunnel: &ConnectSettings) -> Result<Box<dyn NetworkSetup>, Error> {
    let journal_dir = journal::default_dir();
    Ok(match &tunnel.network {
        NetworkMode::None => Box::new(NoSetup),
        NetworkMode::Script(command) => Box::new(ScriptSetup::new(ScriptOptions {
            command: command.clone(),
            interface: tunnel.interface.clone(),
            log_level: log_level(),
            name: tunnel.name.clone(),
            journal_dir,
            idle_timeout: tunnel.limits.idle,
        })),
        NetworkMode::Builtin => Box::new(NativeSetup::new(NativeOptions {
            name: tunnel.name.clone(),
            journal_dir,
            metric: settings.metric,
        })?),
    })
}

fn log_level() -> u8 {
    if tracing::enabled!(tracing::Level::TRACE) {
        3
    } else if tracing::enabled!(tracing::Level::DEBUG) {
        2
    } else {
        u8::from(tracing::enabled!(tracing::Level::INFO))
    }
}
