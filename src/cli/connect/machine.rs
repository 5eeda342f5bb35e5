//! What a tunnel uses of this machine: the device, who sets up the network, and what tells of changes.

use crate::cli::settings::{DeviceKind, MachineSettings};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::driver::Companion;
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::net::socks::Proxy;
use crate::platform::linux::journal;
use crate::platform::linux::namespace::Namespace;
use crate::platform::linux::script_tun;
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
    /// What serves programs in place of a device.
    pub(super) companion: Option<Companion<'static>>,
}

impl Machine {
    /// Opens what the tunnel needs, before anybody signs in for nothing.
    pub(super) fn open(settings: &MachineSettings, tunnel: &ConnectSettings) -> Result<Self, Error> {
        match &settings.device {
            DeviceKind::Tun => Self::with_tun(settings, tunnel, None),
            DeviceKind::TunIn(place) => {
                check_no_script(tunnel, "the device is in another network namespace")?;
                let namespace = Namespace::open(place)?;
                Self::with_tun(
                    settings,
                    tunnel,
                    Some(namespace).filter(|namespace| !namespace.is_ours()),
                )
            }
            DeviceKind::Script => Self::with_command(tunnel),
            DeviceKind::Socks(address) => {
                check_no_script(tunnel, "with --socks nothing on it is changed")?;
                let Proxy {
                    device,
                    setup,
                    server,
                } = Proxy::open(*address)?;
                Ok(Self {
                    device,
                    setup,
                    watch: None,
                    companion: Some(server),
                })
            }
        }
    }

    fn with_tun(
        settings: &MachineSettings,
        tunnel: &ConnectSettings,
        namespace: Option<Namespace>,
    ) -> Result<Self, Error> {
        let device = LinuxTun::open_in(tunnel.interface.as_deref(), namespace.as_ref())?;
        Ok(Self {
            device: Box::new(device),
            setup: setup(settings, tunnel, namespace)?,
            watch: None,
            companion: None,
        })
    }

    fn with_command(tunnel: &ConnectSettings) -> Result<Self, Error> {
        let NetworkMode::Script(command) = &tunnel.network else {
            return Err(Error::new(ExitStatus::Usage, "--script-tun needs the command")
                .hint("-s COMMAND with it, and no --network"));
        };
        let (device, setup) = script_tun::open(command, log_level())?;
        Ok(Self {
            device: Box::new(device),
            setup: Box::new(setup),
            watch: None,
            companion: None,
        })
    }
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

fn setup(
    settings: &MachineSettings,
    tunnel: &ConnectSettings,
    namespace: Option<Namespace>,
) -> Result<Box<dyn NetworkSetup>, Error> {
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
            namespace,
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
