//! `disconnect --repair`: what killed runs have left behind.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tracing::{info, warn};

use super::find::sockets;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::platform::linux::instance::Lock;
use crate::platform::linux::journal::{self, Elsewhere, Repaired};

/// Works the journals of killed runs off and removes their sockets.
pub(super) fn repair(name: Option<&str>) -> Result<ExitStatus, Error> {
    let Some(folder) = journal::default_dir() else {
        info!("nothing to repair");
        return Ok(ExitStatus::Success);
    };
    let Repaired {
        journals,
        undone,
        gone,
        failures,
        running,
        elsewhere,
        blocked: _,
    } = journal::repair_named(&folder, name);
    for (name, pid) in running {
        info!("{name} is running (process {pid}) and takes its changes back itself");
    }
    for run in elsewhere {
        warn!("{}", hint_elsewhere(&run));
    }
    let sockets = remove_dead_sockets(&folder, name);
    match journals + sockets {
        0 if failures.is_empty() => info!("nothing to repair"),
        _ => info!(journals, undone, gone, sockets, "repaired"),
    }
    for failure in &failures {
        warn!("cannot be undone: {failure}");
    }
    match failures.first() {
        None => Ok(ExitStatus::Success),
        Some(failure) => Err(Error::new(
            ExitStatus::Failure,
            "not everything that a killed run has left behind could be undone",
        )
        .at(failure.clone())
        .hint("sudo, when the run was root's")),
    }
}

/// How to get at the changes of a run in another network namespace.
fn hint_elsewhere(run: &Elsewhere) -> String {
    let Elsewhere {
        name,
        namespace,
        known_as,
    } = run;
    match known_as {
        Some(known_as) => format!(
            "{name} has left changes in the network namespace {known_as}; try  ip netns exec {known_as} vpnc-cli \
             disconnect --repair {name}"
        ),
        None => format!("{name} has left changes in the network namespace {namespace}; repair it there"),
    }
}

/// Whoever holds the lock of a name is the only one who may use its socket.
fn remove_dead_sockets(folder: &Path, name: Option<&str>) -> usize {
    let mut removed = 0;
    for (owner, path) in sockets(folder) {
        if name.is_some_and(|name| name != owner) || UnixStream::connect(&path).is_ok() {
            continue;
        }
        if let Ok(_lock) = Lock::acquire(folder, &owner)
            && fs::remove_file(&path).is_ok()
        {
            removed += 1;
        }
    }
    removed
}
