//! What a tunnel uses of this machine: the device, who sets up the network, and what tells of changes.

use std::path::PathBuf;

use super::rights::{self, Separated};
use crate::cli::settings::{Connection, DeviceKind, MachineSettings};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::driver::Companion;
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::net::socks::Proxy;
use crate::platform::hooks::{HookCommands, Hooked};
use crate::platform::linux::dns::RESOLVER_FILE;
use crate::platform::linux::journal;
use crate::platform::linux::namespace::Namespace;
use crate::platform::linux::script_tun;
use crate::platform::linux::setup::{NativeOptions, NativeSetup};
use crate::platform::linux::tun::LinuxTun;
use crate::platform::linux::watch::LinuxWatch;
use crate::platform::none::NoSetup;
use crate::platform::privilege::limited::Limited;
use crate::platform::privilege::rights::Rights;
use crate::platform::script::{ScriptOptions, ScriptSetup};
use crate::platform::{DnsChoice, NetworkSetup, NetworkWatch, TunDevice};

/// The parts of this machine.
pub(super) struct Machine {
    pub(super) device: Box<dyn TunDevice>,
    pub(super) setup: Box<dyn NetworkSetup>,
    pub(super) watch: Option<Box<dyn NetworkWatch>>,
    /// What serves programs in place of a device.
    pub(super) companion: Option<Companion<'static>>,
    /// The process that keeps the rights where it has nothing else to do.
    pub(super) keeper: Option<Box<dyn NetworkSetup>>,
}

impl Machine {
    /// Opens what the tunnel needs, before anybody signs in for nothing. From then on this process belongs to the user
    /// of `--setuid`, if there is one.
    pub(super) fn open(
        settings: &MachineSettings,
        tunnel: &ConnectSettings,
        owner: Owner,
    ) -> Result<Self, Error> {
        let (device, own_setup, companion): Parts = match &settings.device {
            DeviceKind::Tun | DeviceKind::TunIn(_) => {
                let namespace = namespace(settings, tunnel)?;
                let device = LinuxTun::open_in(tunnel.interface.as_deref(), namespace.as_ref())?;
                (Box::new(device), None, None)
            }
            DeviceKind::Script => {
                let (device, setup) = script_tun::open(packet_command(tunnel)?, log_level())?;
                (Box::new(device), Some(Box::new(setup)), None)
            }
            DeviceKind::Socks(address) => {
                check_no_script(tunnel, "with --socks nothing on it is changed")?;
                let Proxy {
                    device,
                    setup,
                    server,
                } = Proxy::open(*address)?;
                (device, Some(setup), Some(server))
            }
        };
        let (setup, keeper) = match (owner, own_setup) {
            (Owner::Us(rights), None) => (local_setup(settings, tunnel, rights)?, None),
            (Owner::Us(rights), Some(setup)) => (around(setup, settings, rights), None),
            (Owner::Other(separated), None) => (separated.become_user(device.name())?, None),
            (Owner::Other(separated), Some(setup)) => (setup, Some(separated.become_user(device.name())?)),
        };
        Ok(Self {
            device,
            setup,
            companion,
            watch: watch(),
            keeper,
        })
    }
}

/// Device, its own set-up if it brings one, and what has to run beside it.
type Parts = (
    Box<dyn TunDevice>,
    Option<Box<dyn NetworkSetup>>,
    Option<Companion<'static>>,
);

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
    Ok(around(setup(settings, tunnel)?, settings, rights))
}

/// A set-up with the limits and the hooks of the user around it.
fn around(setup: Box<dyn NetworkSetup>, settings: &MachineSettings, rights: Rights) -> Box<dyn NetworkSetup> {
    let limited = Box::new(Limited::new(setup, rights));
    let hooks = &settings.hooks;
    let commands = HookCommands {
        up: hooks.up.clone(),
        down: hooks.down.clone(),
        reconnect: hooks.reconnect.clone(),
    };
    match commands.is_empty() {
        true => limited,
        false => Box::new(Hooked::new(limited, commands, log_level())),
    }
}

/// Where the device is to be, unless it is here.
fn namespace(settings: &MachineSettings, tunnel: &ConnectSettings) -> Result<Option<Namespace>, Error> {
    let DeviceKind::TunIn(place) = &settings.device else {
        return Ok(None);
    };
    check_no_script(tunnel, "the device is in another network namespace")?;
    let namespace = Namespace::open(place)?;
    Ok(Some(namespace).filter(|namespace| !namespace.is_ours()))
}

/// A script would change the network of this machine, where the tunnel is not.
fn check_no_script(tunnel: &ConnectSettings, why: &str) -> Result<(), Error> {
    match &tunnel.network {
        NetworkMode::Script(_) => Err(Error::new(
            ExitStatus::Usage,
            format!("-s would set up this machine, but {why}"),
        )
        .hint("leave out -s and --network=script")),
        NetworkMode::Builtin | NetworkMode::None => Ok(()),
    }
}

/// The command that packets are exchanged with.
fn packet_command(tunnel: &ConnectSettings) -> Result<&str, Error> {
    match &tunnel.network {
        NetworkMode::Script(command) => Ok(command),
        NetworkMode::Builtin | NetworkMode::None => {
            Err(Error::new(ExitStatus::Usage, "--script-tun needs the command")
                .hint("-s COMMAND with it, and no --network"))
        }
    }
}

/// What is watched is the network outside, whatever the device.
fn watch() -> Option<Box<dyn NetworkWatch>> {
    match LinuxWatch::new() {
        Ok(watch) => Some(Box::new(watch)),
        Err(error) => {
            tracing::warn!(%error, "changes of the network will be noticed late");
            None
        }
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
        NetworkMode::Builtin => {
            let namespace = namespace(settings, tunnel)?;
            let (dns, resolver_file) = names(settings.dns, namespace.as_ref());
            Box::new(NativeSetup::new(NativeOptions {
                name: tunnel.name.clone(),
                journal_dir,
                metric: settings.metric,
                fail_closed: settings.fail_closed,
                ipv6_guard: settings.ipv6_guard,
                dns,
                resolver_file,
                namespace,
            })?)
        }
    })
}

/// Who is told the name servers. Programs in a namespace that `ip netns` knows find them in a file of its own; those in
/// another one share the machine's, which must not be changed for them.
fn names(wanted: DnsChoice, namespace: Option<&Namespace>) -> (DnsChoice, PathBuf) {
    match namespace.map(Namespace::resolver_file) {
        None => (wanted, RESOLVER_FILE.into()),
        Some(Some(file)) => (wanted, file),
        Some(None) => (DnsChoice::None, RESOLVER_FILE.into()),
    }
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
