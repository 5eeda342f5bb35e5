//! `/etc/resolv.conf` itself: where it really lies, and how it is changed so that nobody ever reads half of it.

use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{Access, access};

use super::super::undo::{Undo, UndoLog, Undone};
use super::content::{self, Former, Origin};
use super::undo::DnsUndo;
use super::wanted::Wanted;
use crate::platform::{SetupError, privilege};

/// Makes the resolver file say what is wanted, and tells whether that was needed. To be called again whenever somebody
/// may have changed it.
pub(super) fn put(path: &Path, tag: &str, wanted: &Wanted, log: &mut UndoLog) -> Result<bool, SetupError> {
    let _alone = alone(path);
    let place = Place::find(path).map_err(|error| failure(path, error))?;
    let text = content::with(&place.content, tag, wanted, place.origin()).ok_or_else(|| {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "odd target of a symbolic link");
        failure(path, error)
    })?;
    let undo = Undo::Dns(DnsUndo::ResolverFile {
        path: place.path.clone(),
        tag: tag.to_owned(),
        servers: wanted.servers.clone(),
    });
    let is_there = text == place.content && place.replaces.is_none();
    if is_there && log.holds(&undo) {
        return Ok(false);
    }
    // what a run has left that lost its power is as good as ours, and has to go with us
    let change = || match is_there {
        true => Ok(()),
        false => write(&place.path, &text, place.like.as_ref()),
    };
    log.make(undo, change).map_err(|error| failure(path, error))?;
    tracing::debug!(path = %place.path.display(), "resolver file written");
    Ok(true)
}

/// Fails when the file cannot be written, as far as this can be known without doing so.
pub(super) fn check(path: &Path) -> Result<(), SetupError> {
    let place = Place::find(path).map_err(|error| failure(path, error))?;
    let parent = place.path.parent().filter(|parent| parent.exists());
    let writable = |path: &Path| access(path, Access::WRITE_OK).map_err(io::Error::from);
    let by_itself = || match place.like {
        Some(_) if place.replaces.is_none() => writable(&place.path),
        Some(_) | None => Err(io::ErrorKind::PermissionDenied.into()),
    };
    match parent.map(writable) {
        Some(Ok(())) | None => Ok(()),
        Some(Err(_)) => by_itself().map_err(|error| failure(path, error)),
    }
}

/// Takes the part of `tag` out of the file. What others have written meanwhile stays.
pub(super) fn take_out(path: &Path, tag: &str, servers: &[Ipv4Addr]) -> io::Result<Undone> {
    let _alone = alone(path);
    let (content, like) = match read(path) {
        Ok(found) => found,
        // gone, or a link again: somebody else has set the place up anew
        Err(error) if is_replaced(&error) => return Ok(Undone::Gone),
        Err(error) => return Err(error),
    };
    match content::former(&content, tag) {
        None => {
            if content::names_any(&content, servers, false) {
                tracing::warn!(
                    path = %path.display(),
                    "another program has rewritten the resolver file and kept name servers of the VPN in it"
                );
            }
            return Ok(Undone::Gone);
        }
        Some(Former::File(former)) => write(path, &former, Some(&like))?,
        Some(Former::Link(target)) => relink(path, &target)?,
        Some(Former::Nothing) => fs::remove_file(path)?,
    }
    Ok(Undone::Done)
}

/// Keeps other runs from the file until it is dropped: of two that change it at a time, one would put back what the other
/// has taken out. One that takes too long is not waited for.
fn alone(path: &Path) -> Option<File> {
    let folder = File::open(path.parent()?).ok()?;
    for _ in 0..TRIES {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(_)) => break,
        }
    }
    tracing::debug!(path = %path.display(), "not locked");
    None
}

/// How often, and how long apart, the file is tried to be locked.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// The file as it is, for whoever wants to know what it says; `None` when it cannot be read.
pub(super) fn current(path: &Path) -> Option<Vec<u8>> {
    let path = fs::canonicalize(path).ok()?;
    read(&path).ok().map(|(content, _)| content)
}

/// Where a change is made, and what is there.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    content: Vec<u8>,
    /// What is written over, for its mode and owner.
    like: Option<Metadata>,
    /// The link that the file will stand in the place of.
    replaces: Option<PathBuf>,
}

impl Place {
    /// A link is followed when the file behind it is one for everybody to write. One of a service is not: the service
    /// would write it again, and reads it perhaps.
    fn find(path: &Path) -> io::Result<Self> {
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            found => Some(found?),
        };
        let Some(found) = found else {
            return Ok(Self {
                path: path.to_owned(),
                content: Vec::new(),
                like: None,
                replaces: None,
            });
        };
        if !found.is_symlink() {
            let (content, like) = read(path)?;
            return Ok(Self {
                path: path.to_owned(),
                content,
                like: Some(like),
                replaces: None,
            });
        }
        let link = fs::read_link(path)?;
        match fs::canonicalize(path).and_then(|target| Ok((read(&target)?, target))) {
            Ok(((content, like), target)) => {
                let common = is_common(&target);
                Ok(Self {
                    path: if common { target } else { path.to_owned() },
                    content,
                    like: Some(like),
                    replaces: (!common).then_some(link),
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self {
                path: path.to_owned(),
                content: Vec::new(),
                like: None,
                replaces: Some(link),
            }),
            Err(error) => Err(error),
        }
    }

    fn origin(&self) -> Origin<'_> {
        match (&self.replaces, &self.like) {
            (Some(link), _) => Origin::Link(link),
            (None, Some(_)) => Origin::File,
            (None, None) => Origin::Nothing,
        }
    }
}

/// True unless a service keeps the file for itself, or it cannot be written.
fn is_common(target: &Path) -> bool {
    let kept = SERVICES.iter().any(|folder| target.starts_with(folder));
    !kept && access(target, Access::WRITE_OK).is_ok()
}

/// Reads a regular file, not through a link, and never waits as a FIFO would make us.
fn read(path: &Path) -> io::Result<(Vec<u8>, Metadata)> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut content = Vec::new();
    file.take(SIZE_LIMIT + 1).read_to_end(&mut content)?;
    if content.len() as u64 > SIZE_LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "file too large"));
    }
    Ok((content, metadata))
}

/// Puts a new file in the place of the old one, or writes over the old one where that cannot be: a bind mount, as
/// containers have, cannot be replaced, and the folder may be read-only.
fn write(path: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    if like.is_none()
        && let Some(parent) = path.parent()
    {
        fs::create_dir_all(parent)?;
    }
    match replace(path, content, like) {
        Err(error) if like.is_some() && cannot_replace(&error) => write_over(path, content),
        result => result,
    }
}

fn replace(path: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    let draft = draft_of(path)?;
    let written = new_file(&draft, content, like).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn new_file(draft: &Path, content: &[u8], like: Option<&Metadata>) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    if let Some(like) = like {
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (like.uid(), like.gid()) {
            fchown(&file, Some(like.uid()), Some(like.gid()))?;
        }
    }
    let mode = like.map_or(0o644, |like| like.mode() & 0o7777);
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(content)?;
    file.sync_all()
}

/// The old octets are cut off last, so that the first lines, ours, are whole at any time.
fn write_over(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)?;
    File::sync_all(&file)
}

fn relink(path: &Path, target: &Path) -> io::Result<()> {
    let draft = draft_of(path)?;
    let linked = symlink(target, &draft).and_then(|()| fs::rename(&draft, path));
    if linked.is_err() {
        let _ = fs::remove_file(&draft);
    }
    linked
}

/// A name beside the file. What an earlier run of the same number left there is in the way.
fn draft_of(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let draft = format!(".{}.vpnc-cli-{}", name.to_string_lossy(), std::process::id());
    let draft = path.with_file_name(draft);
    // a failure is said better by the attempt to make it
    let _ = fs::remove_file(&draft);
    Ok(draft)
}

fn cannot_replace(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::EBUSY | libc::EROFS | libc::EACCES | libc::EPERM | libc::EXDEV)
    )
}

fn is_replaced(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ELOOP)
}

fn failure(path: &Path, source: io::Error) -> SetupError {
    let action = format!("cannot write the name servers into {}", path.display());
    if source.kind() != io::ErrorKind::PermissionDenied {
        return SetupError::from_io(action, source);
    }
    SetupError::NotPermitted {
        action,
        place: Some(format!("running as {}", privilege::user_name())),
        hint: Some("sudo, or leave the name servers as they are with --dns none".to_owned()),
    }
}

/// Where services keep resolver files of their own. NetworkManager's is not among them: it takes no harm.
const SERVICES: [&str; 3] = ["/run/systemd/resolve", "/usr/lib/systemd", "/run/resolvconf"];

/// Far more than any resolver file has.
const SIZE_LIMIT: u64 = 64 << 10;

#[cfg(test)]
mod tests;
