//! `--pid-file`: the number of the process in a file, for as long as it runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

/// The file; it goes with this, unless another process has put its number there by then.
#[derive(Debug)]
pub(super) struct PidFile(PathBuf);

impl PidFile {
    /// Writes the number of this process. One that stands there already is replaced, alive or not: numbers are used
    /// again, and the name of the tunnel is what two runs cannot share.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        write(path).map(Self).map_err(|error| {
            Error::new(
                ExitStatus::CannotCreate,
                format!("cannot write the pid file: {}", plain_io(&error)),
            )
            .at(path.display().to_string())
            .hint("--pid-file FILE in a folder that exists and that you may write to")
        })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        if fs::read_to_string(&self.0).is_ok_and(|text| text == own_line()) {
            // What cannot be removed names a process that is gone.
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// The file has its number from the moment it is seen, and a link or a device is never written to.
fn write(path: &Path) -> io::Result<PathBuf> {
    // the folder may be left before the end
    let path = std::path::absolute(path)?;
    if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "no plain file"));
    }
    if !holds_a_number(&path)? {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it holds something else than a number",
        ));
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::IsADirectory.into());
    };
    let draft = folder.join(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&draft)
        .and_then(|mut file| file.write_all(own_line().as_bytes()))
        .and_then(|()| fs::rename(&draft, &path));
    if written.is_err() {
        // it may never have been there
        let _ = fs::remove_file(&draft);
    }
    written.map(|()| path)
}

/// A slip of the keyboard must not cost a file: only what can be a pid file is written over.
fn holds_a_number(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        file => file?,
    };
    let mut octets = Vec::new();
    file.take(MOST_DIGITS + 1).read_to_end(&mut octets)?;
    Ok(octets.len() as u64 <= MOST_DIGITS && octets.trim_ascii().iter().all(u8::is_ascii_digit))
}

/// Ample for a number and the end of its line.
const MOST_DIGITS: u64 = 16;

fn own_line() -> String {
    format!("{}\n", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_there_until_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pid");
        fs::write(&path, "1\n").expect("of another run");
        let file = PidFile::create(&path).expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), own_line());
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_that_is_not_ours_any_more_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pid");
        let file = PidFile::create(&path).expect("written");
        fs::write(&path, "1\n").expect("of another run");
        drop(file);
        assert_eq!(fs::read_to_string(&path).expect("a file"), "1\n");
    }

    #[test]
    fn what_is_no_plain_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &link).expect("a link");
        for path in [
            folder.path(),
            &link,
            Path::new("/dev/null"),
            Path::new("/nonexistent/pid"),
        ] {
            let error = PidFile::create(path).expect_err("no place for it");
            assert_eq!(error.status, ExitStatus::CannotCreate, "{}", path.display());
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
