//! Which tunnels are there.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::call::Call;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::control_socket::socket_path;
use crate::platform::linux::journal;
use crate::platform::privilege;

/// What is there.
pub(super) enum Found {
    /// A tunnel that answers.
    Running(Call),
    /// A socket nobody listens on, with the name of its tunnel.
    Stale(String),
    /// No tunnel of that name, or none at all.
    Nothing,
}

/// The tunnel of that name, or the only one. `everywhere` lets root see those of other users as well.
pub(super) fn find(name: Option<&str>, everywhere: bool) -> Result<Found, Error> {
    let folders = folders(everywhere);
    match name {
        Some(name) => by_name(&folders, name),
        None => the_only_one(&folders),
    }
}

/// A tunnel that runs, or the words why there is none.
pub(super) fn running(name: Option<&str>) -> Result<Call, Error> {
    match find(name, false)? {
        Found::Running(call) => Ok(call),
        Found::Stale(name) => Err(none(Some(&name)).hint(format!(
            "it was killed: vpnc-cli disconnect --repair {name}   undoes what it has left behind"
        ))),
        Found::Nothing => Err(none(name)),
    }
}

/// All tunnels of this user that run.
pub(super) fn all() -> Result<Vec<Call>, Error> {
    let (calls, _) = calls(&folders(false))?;
    Ok(calls)
}

/// No such tunnel.
pub(super) fn none(name: Option<&str>) -> Error {
    let error = match name {
        Some(name) => Error::new(
            ExitStatus::Instance,
            format!("no tunnel with the name {name} is running"),
        ),
        None => Error::new(ExitStatus::Instance, "no tunnel is running"),
    };
    match privilege::effective_user() {
        0 => error,
        _ => error.note("tunnels of root are for root and the group vpnc"),
    }
}

/// The sockets of a folder, by the names of their tunnels.
pub(super) fn sockets(folder: &Path) -> BTreeSet<(String, PathBuf)> {
    // a folder that is missing or not for us has none to show
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sockets = entries.filter_map(|entry| {
        let path = entry.path();
        let name = path.file_stem()?.to_str()?.to_owned();
        (path.extension()? == "sock").then_some((name, path))
    });
    sockets.collect()
}

fn by_name(folders: &[PathBuf], name: &str) -> Result<Found, Error> {
    let mut stale = false;
    for folder in folders {
        let path = socket_path(folder, name);
        match Call::open(name, &path) {
            Ok(call) => return Ok(Found::Running(call)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => stale = true,
            // in a folder we cannot look into, nothing can be told to be there
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && path.exists() => {
                return Err(foreign(name, &path));
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(unusable(&path, &error)),
        }
    }
    Ok(match stale {
        true => Found::Stale(name.to_owned()),
        false => Found::Nothing,
    })
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory
    )
}

fn the_only_one(folders: &[PathBuf]) -> Result<Found, Error> {
    let (mut calls, mut stale) = calls(folders)?;
    match (calls.len(), stale.len()) {
        (1, _) => Ok(calls.pop().map_or(Found::Nothing, Found::Running)),
        (0, 0) => Ok(Found::Nothing),
        (0, 1) => Ok(stale.pop().map_or(Found::Nothing, Found::Stale)),
        (0, _) => Err(several("several tunnels were killed", &stale)),
        _ => {
            let names: Vec<String> = calls.iter().map(|call| call.name().to_owned()).collect();
            Err(several("several tunnels are running", &names))
        }
    }
}

/// Those that run, and the names of those that were killed.
fn calls(folders: &[PathBuf]) -> Result<(Vec<Call>, Vec<String>), Error> {
    let (mut calls, mut stale) = (Vec::new(), Vec::new());
    for (name, path) in folders.iter().flat_map(|folder| sockets(folder)) {
        match Call::open(&name, &path) {
            Ok(call) => calls.push(call),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => stale.push(name),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(unusable(&path, &error)),
        }
    }
    Ok((calls, stale))
}

/// Where sockets of tunnels may lie.
fn folders(everywhere: bool) -> Vec<PathBuf> {
    let roots = PathBuf::from(ROOTS);
    let mut folders: Vec<PathBuf> = journal::default_dir().into_iter().collect();
    if !folders.contains(&roots) {
        folders.push(roots);
    }
    if everywhere && privilege::effective_user() == 0 {
        let users = fs::read_dir(USERS).into_iter().flatten().flatten();
        folders.extend(users.map(|user| user.path().join(FOLDER)));
    }
    folders
}

fn several(what: &str, names: &[String]) -> Error {
    Error::new(ExitStatus::Instance, format!("{what} and none is named"))
        .at(names.join(", "))
        .hint("name one of them")
}

fn foreign(name: &str, path: &Path) -> Error {
    Error::new(
        ExitStatus::NoPermission,
        format!("the tunnel {name} belongs to another user"),
    )
    .at(path.display().to_string())
    .hint("sudo, or become a member of the group vpnc")
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ExitStatus::Io,
        format!("cannot use the control socket: {}", plain_io(error)),
    )
    .at(path.display().to_string())
}

/// Sockets of root lie there, and its group may use them.
const ROOTS: &str = "/run/vpnc-cli";

/// Folders of users, by their numbers.
const USERS: &str = "/run/user";
const FOLDER: &str = "vpnc-cli";

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn listen(folder: &Path, name: &str) -> UnixListener {
        UnixListener::bind(socket_path(folder, name)).expect("a socket")
    }

    #[test]
    fn a_name_may_be_left_out_when_there_is_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let folders = [folder.path().to_owned(), folder.path().join("missing")];
        let found = |name: Option<&str>| match name {
            Some(name) => by_name(&folders, name),
            None => the_only_one(&folders),
        };
        assert!(matches!(found(None), Ok(Found::Nothing)));
        drop(listen(folder.path(), "old"));
        fs::write(folder.path().join("work.lock"), "1").expect("a file");
        assert!(matches!(found(None), Ok(Found::Stale(name)) if name == "old"));
        let _work = listen(folder.path(), "work");
        assert!(matches!(found(None), Ok(Found::Running(call)) if call.name() == "work"));
        let _home = listen(folder.path(), "home");
        let error = found(None).err().expect("two");
        assert_eq!(error.status, ExitStatus::Instance);
        assert_eq!(error.place.as_deref(), Some("home, work"));
        assert!(matches!(found(Some("home")), Ok(Found::Running(_))));
        assert!(matches!(found(Some("old")), Ok(Found::Stale(_))));
        assert!(matches!(found(Some("other")), Ok(Found::Nothing)));
    }
}
