//! Secrets in files and descriptors: who else may read them, and their first line.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::environment::Environment;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege;
use crate::secret::Secret;

/// What a secret is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// `cookie`, `passphrase`.
    pub name: &'static str,
    /// What to do when others may have read it.
    pub exposed: &'static str,
    /// The option for descriptors, ready to paste.
    pub descriptor: &'static str,
    /// The error for one that cannot be used, with the reason.
    pub refused: fn(&str) -> Error,
}

/// Whether the mode of a file says who can read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// The mode is checked.
    Checked,
    /// systemd guards the folder; its access lists show up as group bits.
    Systemd,
}

impl Privacy {
    /// That of the folder of credentials, or of any other place.
    pub fn of(path: &Path, environment: &Environment) -> Self {
        match environment.path(CREDENTIALS) {
            Some(folder) if path.starts_with(&folder) => Self::Systemd,
            _ => Self::Checked,
        }
    }
}

impl Kind {
    /// Opens a file that nobody else can read.
    pub fn open(&self, path: &Path, privacy: Privacy) -> Result<(File, Metadata), Error> {
        let name = path.display();
        let unreadable = |error: io::Error| {
            Error::new(
                ExitStatus::NoInput,
                format!("cannot read the {} file: {}", self.name, plain_io(&error)),
            )
            .at(name.to_string())
        };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if privacy == Privacy::Checked && is_open_to_others(&metadata) {
            return Err(Error::new(
                ExitStatus::BadData,
                format!("other users can read the {} file", self.name),
            )
            .at(name.to_string())
            .hint(format!("chmod 600 {name}   and {}", self.exposed)));
        }
        if metadata.is_dir() {
            return Err(unreadable(io::ErrorKind::IsADirectory.into()));
        }
        Ok((file, metadata))
    }

    /// The first line of a file that nobody else can read.
    pub fn from_file(&self, path: &Path, privacy: Privacy) -> Result<Secret, Error> {
        let (file, _) = self.open(path, privacy)?;
        self.first_line(BufReader::new(file), &path.display().to_string())
    }

    /// The first line of what is open under that number: files, pipes and sockets alike.
    pub fn from_descriptor(&self, number: u32) -> Result<Secret, Error> {
        let name = format!("file descriptor {number}");
        match number {
            0 => return self.first_line(io::stdin().lock(), &name),
            1 | 2 => {
                return Err(
                    Error::new(ExitStatus::Usage, "output goes to file descriptors 1 and 2")
                        .hint(self.descriptor),
                );
            }
            _ => {}
        }
        let file = privilege::inherited_descriptor(number).map_err(|_| {
            Error::new(
                ExitStatus::NoInput,
                format!("cannot read the {}: nothing is open there", self.name),
            )
            .at(&name)
            .hint(self.descriptor)
        })?;
        self.first_line(BufReader::new(file), &name)
    }

    /// Reads up to the end of the first line and no further than it must.
    pub fn first_line(&self, source: impl BufRead, name: &str) -> Result<Secret, Error> {
        let mut line = Zeroizing::new(Vec::with_capacity(LIMIT));
        let mut source = source.take(LIMIT as u64);
        source.read_until(b'\n', &mut line).map_err(|error| {
            Error::new(
                ExitStatus::NoInput,
                format!("cannot read the {}: {}", self.name, plain_io(&error)),
            )
            .at(name)
        })?;
        if line.len() == LIMIT {
            return Err((self.refused)("it is longer than 64 KiB").at(name));
        }
        let text = str::from_utf8(&line).map_err(|_| (self.refused)("it is not plain text").at(name))?;
        Ok(Secret::new(trimmed(text)))
    }
}

/// Without the white space around a line.
pub fn trimmed(line: &str) -> &str {
    line.trim_matches([' ', '\t', '\r', '\n'])
}

/// Pipes and the like (`<(command)` in a shell) have no mode that means anything.
fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

/// Folder of the credentials systemd hands to a service.
pub const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Longest input that is read.
pub const LIMIT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};

    use super::*;

    const TEST: Kind = Kind {
        name: "test",
        exposed: "make a new one",
        descriptor: "--test-fd 3",
        refused: |why| Error::new(ExitStatus::BadData, why),
    };

    #[test]
    fn only_the_first_line_counts() {
        let text = TEST
            .first_line(&b" DSID=1\r\npassword\n"[..], "x")
            .expect("a line");
        assert_eq!(text.expose(), "DSID=1");
        for empty in [&b"\nDSID=1\n"[..], b""] {
            assert!(TEST.first_line(empty, "x").expect("a line").is_empty());
        }
    }

    #[test]
    fn input_is_bounded() {
        for bad in [&[b'a'; 2 * LIMIT][..], b"\xff\xfe"] {
            let error = TEST.first_line(bad, "x").expect_err("no line");
            assert_eq!(error.status, ExitStatus::BadData);
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_unless_systemd_guards_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        write(&path, "hunter2\n").expect("a file");
        for (mode, privacy, is_read) in [
            (0o600, Privacy::Checked, true),
            (0o400, Privacy::Checked, true),
            (0o640, Privacy::Checked, false),
            (0o604, Privacy::Checked, false),
            (0o440, Privacy::Systemd, true),
        ] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            let outcome = TEST.from_file(&path, privacy);
            assert_eq!(outcome.is_ok(), is_read, "{mode:o}");
            if let Err(error) = outcome {
                assert_eq!(error.status, ExitStatus::BadData);
                assert!(error.hint.expect("advice").starts_with("chmod 600"));
            }
        }
        let missing = TEST.from_file(&folder.path().join("none"), Privacy::Checked);
        assert_eq!(missing.expect_err("no file").status, ExitStatus::NoInput);
        set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("a mode");
        let folder = TEST.from_file(folder.path(), Privacy::Checked);
        assert_eq!(folder.expect_err("a folder").status, ExitStatus::NoInput);
    }
}
