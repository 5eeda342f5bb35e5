//! The counter of a one-time password on its way back into the file of `--token-secret`.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::environment::Environment;
use super::private_file::{LIMIT, Privacy};
use super::secret_source::TOKEN;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// Reads the token in a file, lets `change` make something of it, and writes the text that `change` yields beside its
/// result in place of its line, the first that is no comment. All under a lock, so that two runs never use one counter. The new text is in the
/// file before this returns.
///
/// Mode, owner and the other lines are kept, a symbolic link is followed. When anything fails, the file is as it was.
///
/// # Errors
/// A file that is missing, that others can read, or that another run does not let go; a folder that may not be written
/// to; what `change` says.
pub fn update<T>(
    path: &Path,
    environment: &Environment,
    change: impl FnOnce(&Secret) -> Result<(T, Option<Secret>), Error>,
) -> Result<T, Error> {
    let privacy = Privacy::of(path, environment);
    let (file, metadata) = TOKEN.open(path, privacy)?;
    if !metadata.is_file() {
        let text = TOKEN.first_line(&mut io::BufReader::new(file), &path.display().to_string())?;
        let (result, new) = change(&text)?;
        if new.is_some() {
            tracing::warn!(path = %path.display(), "the counter cannot be written back: this is no regular file");
        }
        return Ok(result);
    }
    drop(file);
    let target = fs::canonicalize(path).map_err(|error| unwritable(path, &error))?;
    let locked = Locked::acquire(&target, privacy, LOCK_LIMIT)?;
    let content = locked.content()?;
    let text = str::from_utf8(&content)
        .map_err(|_| (TOKEN.refused)("it is not plain text").at(path.display().to_string()))?;
    let (comments, line, rest) = parts(text);
    let (result, new) = change(&Secret::new(line.trim()))?;
    if let Some(new) = new {
        // a carriage return belongs to the end of the line
        let rest_with_return = if line.ends_with('\r') { "\r" } else { "" };
        locked.replace(&[comments, new.expose(), rest_with_return, rest])?;
    }
    Ok(result)
}

/// What stands before the line of the token, the line without its end, and the rest.
fn parts(text: &str) -> (&str, &str, &str) {
    let comments = text
        .split_inclusive('\n')
        .take_while(|line| TOKEN.is_comment(line));
    let start = comments.map(str::len).sum();
    let (comments, text) = text.split_at_checked(start).unwrap_or(("", text));
    let end = text.find('\n').unwrap_or(text.len());
    let (line, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (comments, line, rest)
}

/// The claim on a token file: no other run reads or writes it.
struct Locked {
    file: File,
    metadata: Metadata,
    target: PathBuf,
}

impl Locked {
    /// Waits for the others, at most so long.
    fn acquire(target: &Path, privacy: Privacy, limit: Duration) -> Result<Self, Error> {
        let deadline = Instant::now() + limit;
        loop {
            let (file, metadata) = TOKEN.open(target, privacy)?;
            match file.try_lock() {
                // the run before may have put a new file in its place between our opening and our locking
                Ok(()) if is_at(&metadata, target) => {
                    return Ok(Self {
                        file,
                        metadata,
                        target: target.to_owned(),
                    });
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(unwritable(target, &error)),
            }
            if Instant::now() >= deadline {
                return Err(Error::new(
                    ExitStatus::Failure,
                    "another run does not let go of the token file",
                )
                .at(target.display().to_string())
                .hint("a token file for each connection that runs at the same time"));
            }
            sleep(PAUSE);
        }
    }

    fn content(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let name = self.target.display();
        let mut content = Zeroizing::new(Vec::with_capacity(LIMIT));
        let mut source = (&self.file).take(LIMIT as u64);
        source.read_to_end(&mut content).map_err(|error| {
            Error::new(
                ExitStatus::NoInput,
                format!("cannot read the token file: {}", plain_io(&error)),
            )
            .at(name.to_string())
        })?;
        if content.len() == LIMIT {
            return Err((TOKEN.refused)("it is longer than 64 KiB").at(name.to_string()));
        }
        Ok(content)
    }

    /// Puts a new file in the place of the old one: there is never half a file.
    fn replace(&self, parts: &[&str]) -> Result<(), Error> {
        self.try_replace(parts)
            .map_err(|error| unwritable(&self.target, &error))
    }

    fn try_replace(&self, parts: &[&str]) -> io::Result<()> {
        let (Some(folder), Some(name)) = (self.target.parent(), self.target.file_name()) else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        let mut new_name = std::ffi::OsString::from(".");
        new_name.push(name);
        new_name.push(".new");
        let new = folder.join(new_name);
        // under the lock it can only be what a run left that was killed
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let written = self
            .write_new(&new, parts)
            .and_then(|()| fs::rename(&new, &self.target));
        if written.is_err() {
            // the first failure is the one to tell
            drop(fs::remove_file(&new));
        } else if let Ok(folder) = File::open(folder) {
            // a file system that cannot do this has done what it can
            drop(folder.sync_all());
        }
        written
    }

    fn write_new(&self, path: &Path, parts: &[&str]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        for part in parts {
            file.write_all(part.as_bytes())?;
        }
        let made = file.metadata()?;
        let (user, group) = (self.metadata.uid(), self.metadata.gid());
        if (made.uid(), made.gid()) != (user, group) {
            fchown(&file, Some(user), Some(group))?;
        }
        // after the owner: a change of that takes bits away
        file.set_permissions(fs::Permissions::from_mode(self.metadata.mode() & 0o7777))?;
        file.sync_all()
    }
}

/// Whether the open file is still the one under that name.
fn is_at(opened: &Metadata, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|named| (named.dev(), named.ino()) == (opened.dev(), opened.ino()))
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ExitStatus::CannotCreate,
        format!(
            "cannot write the new counter to the token file: {}",
            plain_io(error)
        ),
    )
    .at(path.display().to_string())
    .note("the file is as it was, and no code was sent")
    .hint("a folder you may write to: the file is replaced by a new one")
}

/// Another run holds the file for the time of one write.
const LOCK_LIMIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests;
