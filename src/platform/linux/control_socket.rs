//! The control socket as a file: where it lies, who may open it, and who is on the other side.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::journal::{file_name, private_dir, state_error};
use crate::platform::{SetupError, privilege};

/// A socket that listens; its file goes with it.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl ControlSocket {
    /// Makes the socket of instance `name` in `dir`. Whoever calls must hold the lock of that name: a socket that lies
    /// there already is then known to be dead, and replaced.
    ///
    /// Only this user may open it; when root makes it and there is a group `vpnc`, its members too.
    pub fn bind(dir: &Path, name: &str) -> Result<Self, SetupError> {
        let fail = |error| state_error(dir, "cannot make the control socket", error);
        private_dir(dir).map_err(fail)?;
        let path = socket_path(dir, name);
        remove_dead(&path).map_err(fail)?;
        let listener = UnixListener::bind(&path).map_err(fail)?;
        let socket = Self { listener, path };
        socket.set_rights(dir).map_err(fail)?;
        Ok(socket)
    }

    /// The socket, to accept from.
    pub fn listener(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }

    fn set_rights(&self, dir: &Path) -> io::Result<()> {
        fs::set_permissions(&self.path, Permissions::from_mode(0o600))?;
        if privilege::effective_user() == 0
            && let Some(group) = vpnc_group()
            && let Err(error) = self.open_to(group, dir)
        {
            tracing::warn!(%error, "the group {GROUP} cannot use the control socket");
        }
        Ok(())
    }

    /// The other files of the folder have rights of their own.
    fn open_to(&self, group: u32, dir: &Path) -> io::Result<()> {
        chown(dir, None, Some(group))?;
        fs::set_permissions(dir, Permissions::from_mode(0o750))?;
        chown(&self.path, None, Some(group))?;
        fs::set_permissions(&self.path, Permissions::from_mode(0o660))
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // What cannot be removed is a dead socket, which the next one replaces.
        let _ = fs::remove_file(&self.path);
    }
}

/// Where the socket of an instance lies in a folder.
pub fn socket_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{}.sock", file_name(name)))
}

fn remove_dead(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something else lies in its place",
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether who is behind a connection may ask: root, this user, and with root's sockets the group `vpnc`.
pub fn admits(stream: BorrowedFd<'_>) -> bool {
    let Ok(peer) = peer(stream) else { return false };
    let own = privilege::effective_user();
    if peer.uid == 0 || peer.uid == own {
        return true;
    }
    own == 0 && vpnc_group().is_some_and(|group| peer.gid == group || groups(stream).contains(&group))
}

/// The process on the other side of a connection, as far as it can be seen from here.
pub fn peer_process(stream: &UnixStream) -> Option<u32> {
    let peer = peer(std::os::fd::AsFd::as_fd(stream)).ok()?;
    u32::try_from(peer.pid).ok().filter(|pid| *pid > 0)
}

#[expect(unsafe_code, reason = "std knows no options of sockets")]
fn peer(stream: BorrowedFd<'_>) -> io::Result<libc::ucred> {
    let mut peer = libc::ucred {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
    let mut size = u32::try_from(size_of::<libc::ucred>()).map_err(io::Error::other)?;
    // SAFETY: `peer` is writable in the given size and outlives the call.
    let result = unsafe {
        let place = (&raw mut peer).cast();
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            place,
            &raw mut size,
        )
    };
    match result {
        0 => Ok(peer),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Further groups of the other side.
#[expect(unsafe_code, reason = "std knows no options of sockets")]
fn groups(stream: BorrowedFd<'_>) -> Vec<u32> {
    let mut groups = vec![u32::MAX; MAX_GROUPS];
    let Ok(mut size) = u32::try_from(size_of_val(groups.as_slice())) else {
        return Vec::new();
    };
    // SAFETY: `groups` is writable in the given size and outlives the call.
    let result = unsafe {
        let place = groups.as_mut_ptr().cast();
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERGROUPS,
            place,
            &raw mut size,
        )
    };
    let filled = usize::try_from(size).unwrap_or_default() / size_of::<u32>();
    groups.truncate(if result == 0 { filled } else { 0 });
    groups
}

/// Number of the group that may use root's sockets, if it exists.
fn vpnc_group() -> Option<u32> {
    number_in_group_file(&fs::read_to_string("/etc/group").ok()?)
}

fn number_in_group_file(text: &str) -> Option<u32> {
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == GROUP).then(|| fields.nth(1)?.parse().ok())?
    })
}

/// Members of this group may ask and order (`cli.md §14`).
const GROUP: &str = "vpnc";

/// NGROUPS_MAX of Linux.
const MAX_GROUPS: usize = 65536;

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn the_socket_replaces_a_dead_one_and_goes_at_the_end() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("work_1.sock");
        drop(UnixListener::bind(&path).expect("a socket whose process is gone"));
        let socket = ControlSocket::bind(dir.path(), "work/1").expect("bound");
        UnixStream::connect(&path).expect("it listens");
        if vpnc_group().is_none() {
            assert_eq!(mode(&path), 0o600);
        }
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("work.sock");
        fs::write(&path, "mine").expect("a file");
        ControlSocket::bind(dir.path(), "work").expect_err("a file is in its place");
        assert_eq!(fs::read(&path).expect("a file"), b"mine");
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).expect("a mode");
        let error = ControlSocket::bind(dir.path(), "home").expect_err("an open folder");
        assert!(error.to_string().ends_with("that only its owner can write"));
    }

    #[test]
    fn a_name_that_is_too_long_is_an_error() {
        let dir = tempfile::tempdir().expect("a folder");
        ControlSocket::bind(dir.path(), &"x".repeat(150)).expect_err("no place in the address");
    }

    #[test]
    fn both_sides_are_known() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        assert!(admits(theirs.as_fd()));
        assert_eq!(peer_process(&ours), Some(std::process::id()));
        let file = fs::File::open("/dev/null").expect("a file");
        assert!(!admits(file.as_fd()));
    }

    #[test]
    fn the_group_is_found_by_its_name() {
        let text = "root:x:0:\nvpncx:x:7:\nvpnc:x:998:joe,ann\nvpnc:x:9:\n";
        assert_eq!(number_in_group_file(text), Some(998));
        for text in ["", "vpnc", "vpnc:x:", "vpnc:x:no:", "a:vpnc:x:7:"] {
            assert_eq!(number_in_group_file(text), None, "{text}");
        }
    }
}
