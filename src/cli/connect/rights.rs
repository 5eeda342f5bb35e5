//! Who has which rights while a tunnel runs: one process that gives up what it no longer needs, or with `--setuid` two.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::machine;
use super::running::lock;
use crate::cli::settings::{Connection, DeviceKind, MachineSettings};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::platform::linux::journal;
use crate::platform::linux::keeper::{self, Charge, Keeper};
use crate::platform::privilege::effective_user;
use crate::platform::privilege::rights::{Need, Rights, Successor};
use crate::platform::{DnsChoice, NetworkSetup};

/// The process that keeps the rights, and whom this one becomes.
pub(in crate::cli) struct Separated {
    keeper: Keeper,
    user: Successor,
    rights: Rights,
}

/// With `--setuid`, starts the process that keeps the rights.
///
/// Must be called while there is one thread and no runtime.
pub(in crate::cli) fn separate(settings: Connection) -> Result<(Connection, Option<Separated>), Error> {
    let Some(name) = &settings.process.user else {
        return Ok((settings, None));
    };
    let Some(user) = Successor::find(name)? else {
        return Ok((settings, None));
    };
    check(&settings, name)?;
    super::harden();
    let (settings, keeper) = keeper::start(settings, charge)?;
    user.announce();
    let rights = Rights::for_all(without_root(&settings));
    Ok((settings, Some(Separated { keeper, user, rights })))
}

impl Separated {
    /// Gives this process to the user, now that the device is open, and leaves the set-up to the other one.
    pub(super) fn become_user(self, device: &str) -> Result<Box<dyn NetworkSetup>, Error> {
        let setup = self.keeper.into_setup(device).map_err(|error| {
            let text = format!("cannot talk to the process that keeps the rights: {error}");
            Error::new(ExitStatus::System, text)
        })?;
        self.user.become_it(self.rights)?;
        Ok(Box::new(setup))
    }
}

/// What one process without another has to keep.
pub(super) fn of_one_process(settings: &Connection) -> Rights {
    let (tunnel, process) = (&settings.tunnel, &settings.process);
    let mut needs = for_setup(&settings.machine, tunnel);
    needs.extend(for_sockets(tunnel));
    // the program of the host check may have to be ended
    let wrapper_user = settings
        .login
        .as_ref()
        .and_then(|login| login.host_check.wrapper_user.as_ref());
    needs.extend(wrapper_user.map(|_| Need::OtherUser));
    if process.relogin {
        // passwords come from files and commands of the user again, and a counter is written back
        needs.extend([Need::Children, Need::OtherFiles]);
    }
    let foreign = |file: &&PathBuf| !is_in_own_folder(file);
    needs.extend(process.pid_file.iter().find(foreign).map(|_| Need::OtherFiles));
    Rights::for_all(needs)
}

/// An ordinary user needs little: the other process does the rest.
fn without_root(settings: &Connection) -> Vec<Need> {
    let tunnel = &settings.tunnel;
    let sockets = for_sockets(tunnel);
    // unlike the others, to bind to an interface needs a right on old kernels only, and that right shows all traffic
    sockets.filter(|need| *need != Need::BindInterface).collect()
}

fn for_setup(machine: &MachineSettings, tunnel: &ConnectSettings) -> Vec<Need> {
    let mut needs = Vec::new();
    match tunnel.network {
        NetworkMode::Builtin => needs.push(Need::Network),
        NetworkMode::Script(_) => needs.push(Need::Children),
        NetworkMode::None => {}
    }
    match machine.device {
        DeviceKind::TunIn(_) => needs.push(Need::OtherNamespace),
        DeviceKind::Script => needs.push(Need::Children),
        DeviceKind::Tun | DeviceKind::Socks(_) => {}
    }
    if machine.hooks != crate::cli::settings::Hooks::default() || may_call_resolvconf(machine.dns, tunnel) {
        needs.push(Need::Children);
    }
    needs
}

/// What each new socket needs.
fn for_sockets(tunnel: &ConnectSettings) -> impl Iterator<Item = Need> {
    let outer = &tunnel.gateway.outer;
    let low = (1..FIRST_FREE_PORT).contains(&tunnel.esp_local_port);
    [
        outer.mark.map(|_| Need::Mark),
        outer.interface.as_ref().map(|_| Need::BindInterface),
        low.then_some(Need::LowPort),
    ]
    .into_iter()
    .flatten()
}

fn may_call_resolvconf(dns: DnsChoice, tunnel: &ConnectSettings) -> bool {
    match dns {
        _ if tunnel.network != NetworkMode::Builtin => false,
        DnsChoice::Resolvconf => true,
        DnsChoice::Auto => RESOLVCONF.iter().any(|program| Path::new(program).exists()),
        DnsChoice::Resolved | DnsChoice::File | DnsChoice::None => false,
    }
}

/// What cannot be done as another user is told before anything is sent.
fn check(settings: &Connection, name: &str) -> Result<(), Error> {
    let wrapper_user = settings
        .login
        .as_ref()
        .and_then(|login| login.host_check.wrapper_user.as_ref());
    match wrapper_user {
        Some(other) if other != name => Err(Error::new(
            ExitStatus::Usage,
            format!("--csd-user {other} is impossible with --setuid {name}: a user cannot become another"),
        )
        .hint("leave one of them out; without --csd-user the program runs as the user of --setuid")),
        _ => Ok(()),
    }
}

/// What the other process works with. The rest of the settings, secrets among it, goes with the end of this function.
fn charge(settings: Connection) -> Result<Charge, Error> {
    let (tunnel, machine) = (&settings.tunnel, &settings.machine);
    let lock = lock(&tunnel.name)?;
    let rights = Rights::for_all(for_setup(machine, tunnel));
    let socket = journal::default_dir().map(|dir| journal::state_file(&dir, &tunnel.name, "sock"));
    Ok(Charge {
        setup: machine::local_setup(machine, tunnel, rights)?,
        lock,
        background: settings.process.background,
        litter: socket
            .into_iter()
            .chain(settings.process.pid_file.clone())
            .collect(),
    })
}

/// True when a file there can be removed by its owner without a right over other users' files.
fn is_in_own_folder(file: &Path) -> bool {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    folder
        .metadata()
        .is_ok_and(|metadata| metadata.uid() == effective_user())
}

/// Ports below it are for root.
const FIRST_FREE_PORT: u16 = 1024;

/// Where distributions install it.
const RESOLVCONF: [&str; 4] = [
    "/sbin/resolvconf",
    "/usr/sbin/resolvconf",
    "/usr/bin/resolvconf",
    "/usr/local/sbin/resolvconf",
];
