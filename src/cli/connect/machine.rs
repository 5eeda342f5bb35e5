//! What a tunnel uses of this machine: the device, who sets up the network, and what tells of changes.

use super::rights::{self, Separated};
use crate::cli::settings::{Connection, MachineSettings};
use crate::error::Error;
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::platform::hooks::{HookCommands, Hooked};
use crate::platform::linux::dns::RESOLVER_FILE;
use crate::platform::linux::journal;
use crate::platform::linux::setup::{NativeOptions, NativeSetup};
use crate::platform::linux::tun::LinuxTun;
use crate::platform::none::NoSetup;
use crate::platform::privilege::limited::Limited;
use crate::platform::privilege::rights::Rights;
use crate::platform::script::{ScriptOptions, ScriptSetup};
use crate::platform::{NetworkSetup, NetworkWatch, TunDevice};

/// The parts of this machine.
pub(super) struct Machine {
    pub(super) device: Box<dyn TunDevice>,
    pub(super) setup: Box<dyn NetworkSetup>,
    pub(super) watch: Option<Box<dyn NetworkWatch>>,
}

impl Machine {
    /// Opens what the tunnel needs, before anybody signs in for nothing. From then on this process belongs to the user
    /// of `--setuid`, if there is one.
    pub(super) fn open(
        settings: &MachineSettings,
        tunnel: &ConnectSettings,
        owner: Owner,
    ) -> Result<Self, Error> {
        let device = Box::new(LinuxTun::open(tunnel.interface.as_deref())?);
        let setup = match owner {
            Owner::Other(separated) => separated.become_user(device.name())?,
            Owner::Us(rights) => local_setup(settings, tunnel, rights)?,
        };
        Ok(Self {
            device,
            setup,
            watch: None,
        })
    }
}

/// Who sets up the network.
pub(super) enum Owner {
    /// This process, which then keeps these rights.
    Us(Rights),
    /// Another one.
    Other(Box<Separated>),
}

impl Owner {
    pub(super) fn new(separated: Option<Separated>, settings: &Connection) -> Self {
        match separated {
            Some(separated) => Self::Other(Box::new(separated)),
            None => Self::Us(rights::of_one_process(settings)),
        }
    }
}

/// The set-up in the process that has the rights for it, with the hooks of the user around it. After setting up it keeps
/// only `rights`.
pub(super) fn local_setup(
    settings: &MachineSettings,
    tunnel: &ConnectSettings,
    rights: Rights,
) -> Result<Box<dyn NetworkSetup>, Error> {
    let limited = Box::new(Limited::new(setup(settings, tunnel)?, rights));
    let hooks = &settings.hooks;
    let commands = HookCommands {
        up: hooks.up.clone(),
        down: hooks.down.clone(),
        reconnect: hooks.reconnect.clone(),
    };
    Ok(match commands.is_empty() {
        true => limited,
        false => Box::new(Hooked::new(limited, commands, log_level())),
    })
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
        })),
        NetworkMode::Builtin => Box::new(NativeSetup::new(NativeOptions {
            name: tunnel.name.clone(),
            journal_dir,
            metric: settings.metric,
            fail_closed: settings.fail_closed,
            ipv6_guard: settings.ipv6_guard,
            dns: settings.dns,
            resolver_file: RESOLVER_FILE.into(),
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
