//! One run for each name: a lock file, held as long as the run lives.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::journal::{check_own_file, file_name, private_dir, state_error};
use super::process;
use crate::platform::SetupError;

/// The claim of this process on an instance name. It ends with the process at the latest, however that ends; the file
/// is removed when the claim is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// Why a name cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process runs under this name.
    #[error("already running{}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Busy {
        /// That process, if it has written its number by now.
        pid: Option<u32>,
    },
    /// The folder or the file cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl Lock {
    /// Claims `name` in `dir`, which is made if needed and must be ours alone. Does not wait.
    pub fn acquire(dir: &Path, name: &str) -> Result<Self, LockError> {
        let path = dir.join(format!("{}.lock", file_name(name)));
        let fail = |error| state_error(dir, "cannot lock the instance", error);
        private_dir(dir).map_err(fail)?;
        for _ in 0..ATTEMPTS {
            let mut file = open(&path).map_err(fail)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let pid = read_pid(&mut file);
                    return Err(LockError::Busy { pid });
                }
                Err(TryLockError::Error(error)) => return Err(fail(error).into()),
            }
            // The process before may have removed the file between our opening and our locking it: then a third one
            // could lock a new file beside ours.
            if is_at(&file, &path) {
                file.set_len(0)
                    .and_then(|()| writeln!(file, "{}", process::run_id()))
                    .map_err(fail)?;
                return Ok(Self { file, path });
            }
        }
        Err(LockError::Busy { pid: None })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is locked, so that nobody else's file is. What cannot be removed is only an empty claim.
        let _ = fs::remove_file(&self.path);
        // Closing is not enough: a process just being started by another thread may have the file for a moment more.
        let _ = self.file.unlock();
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    check_own_file(&file)?;
    Ok(file)
}

/// Whether the open file is still the one under that name.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |(ours, named): (Metadata, Metadata)| (ours.dev(), ours.ino()) == (named.dev(), named.ino());
    file.metadata()
        .and_then(|ours| Ok((ours, fs::symlink_metadata(path)?)))
        .is_ok_and(same)
}

/// How often the file may vanish while it is being locked; more often nobody ends.
const ATTEMPTS: usize = 100;

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    let read: io::Result<usize> = file.take(16).read_to_string(&mut text);
    read.ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_name_is_had_once_at_a_time() {
        let dir = tempfile::tempdir().expect("temporary folder");
        fs::write(dir.path().join("work.lock"), "4194999 of a run long gone").expect("stale file");
        let lock = Lock::acquire(dir.path(), "work").expect("free");
        let busy = Lock::acquire(dir.path(), "work").expect_err("held");
        let own = std::process::id();
        assert!(
            matches!(busy, LockError::Busy { pid } if pid == Some(own)),
            "{busy}"
        );
        assert_eq!(busy.to_string(), format!("already running (pid {own})"));
        let other = Lock::acquire(dir.path(), "home").expect("another name");
        drop(lock);
        Lock::acquire(dir.path(), "work").expect("free again");
        drop(other);
        assert_eq!(
            fs::read_dir(dir.path()).expect("folder").count(),
            0,
            "nothing is left behind"
        );
    }

    #[test]
    fn a_file_that_was_removed_under_the_lock_is_not_taken_for_it() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("work.lock");
        let file = open(&path).expect("file");
        assert!(is_at(&file, &path));
        fs::remove_file(&path).expect("removed");
        assert!(!is_at(&file, &path));
        let _other = open(&path).expect("a new file");
        assert!(!is_at(&file, &path));
    }

    #[test]
    fn the_lock_is_not_inherited() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let lock = Lock::acquire(dir.path(), "work").expect("free");
        let mut child = std::process::Command::new("sleep")
            .arg("5")
            .spawn()
            .expect("child");
        drop(lock);
        Lock::acquire(dir.path(), "work").expect("the child does not hold it");
        child.kill().expect("killed");
        child.wait().expect("ended");
    }

    #[test]
    fn odd_files_and_folders_are_refused() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let refused = |dir: &Path, name: &str| match Lock::acquire(dir, name) {
            Err(LockError::Setup(error)) => error.to_string(),
            other => panic!("{other:?}"),
        };
        symlink("/etc/passwd", dir.path().join("link.lock")).expect("symlink");
        refused(dir.path(), "link");
        let fifo = dir.path().join("fifo.lock");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.expect("mkfifo").success());
        refused(dir.path(), "fifo");
        let open = dir.path().join("open");
        fs::create_dir(&open).expect("folder");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).expect("chmod");
        assert!(refused(&open, "work").ends_with("must be a folder that only its owner can write"));
        let link = dir.path().join("link");
        symlink("/tmp", &link).expect("symlink");
        assert!(refused(&link, "work").ends_with("must be a folder that only its owner can write"));
    }
}
