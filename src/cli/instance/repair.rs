//! `disconnect --repair`: what killed runs have left behind.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;

use tracing::{info, warn};

use super::find::sockets;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::platform::linux::instance::Lock;
use crate::platform::linux::journal::{self, Repaired};

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
    } = work_off(&folder, name);
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

/// Journals lie in one folder and are worked off together, whatever the name.
fn work_off(folder: &Path, _name: Option<&str>) -> Repaired {
    journal::repair(folder)
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
