//! Another network namespace: where it is, and what is done in it while our sockets stay outside.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::process;
use crate::platform::{SetupError, privilege};

/// A network namespace, kept open.
#[derive(Debug, Clone)]
pub struct Namespace {
    file: Arc<File>,
    path: PathBuf,
    name: Option<String>,
}

impl Namespace {
    /// By its name, as `ip netns` has it, or by a path, which is told by a slash.
    ///
    /// # Errors
    /// [`SetupError::NoNamespace`] when there is none, [`SetupError::NotPermitted`] when its file may not be opened.
    pub fn open(place: &Path) -> Result<Self, SetupError> {
        let name = place
            .to_str()
            .filter(|text| !text.contains('/'))
            .map(str::to_owned);
        let path = match &name {
            Some(name) => Path::new(NAMED).join(name),
            None => place.to_owned(),
        };
        let opened = match name.as_deref() {
            Some("" | "." | "..") => Err(io::ErrorKind::NotFound.into()),
            // a FIFO without a writer would hold up the opening
            _ => File::options()
                .read(true)
                .custom_flags(libc::O_NONBLOCK)
                .open(&path),
        };
        let file = opened
            .and_then(|file| is_network_namespace(&file).map(|()| file))
            .map_err(|source| match source.kind() == io::ErrorKind::PermissionDenied {
                true => cannot_enter(&path, source),
                false => SetupError::NoNamespace {
                    path: path.clone(),
                    name: name.clone(),
                    source,
                },
            })?;
        Ok(Self {
            file: Arc::new(file),
            path,
            name,
        })
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// True when it is the one we are in.
    pub fn is_ours(&self) -> bool {
        self.id()
            .is_some_and(|id| process::network_namespace() == Some(id))
    }

    /// The resolver file that programs started with `ip netns exec` see; none for a namespace without a name.
    pub fn resolver_file(&self) -> Option<PathBuf> {
        let name = self.name.as_ref()?;
        Some(Path::new("/etc/netns").join(name).join("resolv.conf"))
    }

    /// As the kernel names it (`net:[4026531840]`).
    pub(super) fn id(&self) -> Option<String> {
        let inode = self.file.metadata().ok()?.ino();
        Some(format!("net:[{inode}]"))
    }

    /// Runs a piece of code inside. Sockets and devices that it opens belong there for good.
    ///
    /// The code runs in a thread of its own, which ends with it: the way back of a thread that has left its namespace
    /// could be barred.
    ///
    /// # Errors
    /// The kernel's when the namespace may not be entered.
    pub fn within<T: Send>(&self, code: impl FnOnce() -> T + Send) -> io::Result<T> {
        let inside = || {
            enter(&self.file, libc::CLONE_NEWNET)?;
            Ok(code())
        };
        thread::scope(|scope| {
            thread::Builder::new()
                .spawn_scoped(scope, inside)?
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn owner(&self) -> io::Result<File> {
        ioctl(&self.file, NS_GET_USERNS).map(file_of)
    }
}

/// Runs a piece of code in a namespace, or here when there is none.
///
/// # Errors
/// As [`Namespace::within`].
pub(super) fn inside<T: Send>(
    namespace: Option<&Namespace>,
    code: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    match namespace {
        Some(namespace) => namespace.within(code)?,
        None => code(),
    }
}

/// What the user is told when a namespace stays closed.
pub(super) fn cannot_enter(path: &Path, source: io::Error) -> SetupError {
    let action = format!("cannot enter the network namespace {}", path.display());
    if source.kind() == io::ErrorKind::PermissionDenied {
        return SetupError::NotPermitted {
            action,
            place: Some(format!("running as {}", privilege::user_name())),
            hint: Some(OWN_HINT.to_owned()),
        };
    }
    SetupError::System { action, source }
}

/// Takes the rights that a user has over a network namespace of his own, as `unshare -Urn` makes one: the process
/// becomes a member of the user namespace that owns it. Nothing happens when that is ours already, or when we have the
/// rights without.
///
/// Must be called while the process has one thread.
///
/// # Errors
/// [`SetupError::NoNamespace`] when there is none. Being refused is no error yet: what needs the rights will tell.
pub fn join_owner(place: &Path) -> Result<(), SetupError> {
    let namespace = Namespace::open(place)?;
    if privilege::can_administer() {
        return Ok(());
    }
    let joined = namespace.owner().and_then(|owner| {
        let ours = File::open("/proc/self/ns/user")?.metadata()?.ino();
        if owner.metadata()?.ino() == ours {
            return Ok(false);
        }
        enter(&owner, libc::CLONE_NEWUSER).map(|()| true)
    });
    match joined {
        Ok(joined) => JOINED.store(joined, Ordering::Relaxed),
        Err(error) => tracing::debug!(%error, path = %namespace.path.display(), "not ours to enter"),
    }
    Ok(())
}

/// True when [`join_owner`] has made us root of a user namespace: on this machine we are none.
pub(super) fn joined_owner() -> bool {
    JOINED.load(Ordering::Relaxed)
}

static JOINED: AtomicBool = AtomicBool::new(false);

fn is_network_namespace(file: &File) -> io::Result<()> {
    match ioctl(file, NS_GET_NSTYPE) {
        Ok(libc::CLONE_NEWNET) => Ok(()),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a network namespace",
        )),
    }
}

#[expect(unsafe_code, reason = "ioctl has no safe form in std")]
fn ioctl(file: &File, request: libc::c_ulong) -> io::Result<i32> {
    // SAFETY: these requests take no argument and touch no memory.
    match unsafe { libc::ioctl(file.as_raw_fd(), request) } {
        -1 => Err(io::Error::last_os_error()),
        answer => Ok(answer),
    }
}

#[expect(unsafe_code, reason = "std makes files of numbers only so")]
fn file_of(number: i32) -> File {
    // SAFETY: the kernel has just made this descriptor for us, so nobody else owns it.
    File::from(unsafe { OwnedFd::from_raw_fd(number) })
}

#[expect(unsafe_code, reason = "setns has no safe form in std")]
fn enter(namespace: &File, kind: i32) -> io::Result<()> {
    // SAFETY: takes numbers. A network namespace changes for the calling thread alone; for a user namespace the kernel
    // refuses a process with more than one thread.
    match unsafe { libc::setns(namespace.as_raw_fd(), kind) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The way out without rights.
const OWN_HINT: &str =
    "sudo, or a namespace of your own:  unshare -Urn sleep 9d &   then  --netns /proc/$!/ns/net";

/// Where `ip netns` keeps names.
const NAMED: &str = "/run/netns";
/// `ioctl_ns(2)`: the user namespace that owns this one, as a new descriptor.
const NS_GET_USERNS: libc::c_ulong = 0xb701;
/// `ioctl_ns(2)`: the kind of a namespace.
const NS_GET_NSTYPE: libc::c_ulong = 0xb703;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::exit::ExitStatus;

    #[test]
    fn a_missing_namespace_is_told_with_the_way_to_make_it() {
        let error = Error::from(Namespace::open(Path::new("no-such-space")).expect_err("missing"));
        assert_eq!(error.status, ExitStatus::NoInput);
        assert!(error.message.contains("no-such-space"), "{error}");
        assert_eq!(error.hint.as_deref(), Some("ip netns add no-such-space"));
        for place in [
            "",
            ".",
            "..",
            "/proc/self/ns/user",
            "/dev/null",
            "/proc/self",
            "/no/such",
        ] {
            let error = Error::from(Namespace::open(Path::new(place)).expect_err(place));
            assert_eq!(error.status, ExitStatus::NoInput, "{place}");
        }
    }

    #[test]
    fn our_own_namespace_is_known_by_its_number() {
        let namespace = Namespace::open(Path::new("/proc/self/ns/net")).expect("always there");
        assert!(namespace.is_ours());
        assert_eq!(namespace.resolver_file(), None);
        assert!(join_owner(Path::new("/proc/self/ns/net")).is_ok());
        assert!(!joined_owner());
    }
}
