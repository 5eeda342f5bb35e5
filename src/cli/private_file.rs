//! Secrets in files and descriptors: who else may read them, and their lines.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use zeroize::Zeroizing;

use super::environment::Environment;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege;
use crate::secret::Secret;

/// A kind of secret: how errors speak of it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// `cookie`, `passphrase`.
    pub name: &'static str,
    /// What to do when others may have read it.
    pub exposed: &'static str,
    /// How a descriptor for it is given, ready to paste.
    pub descriptor: &'static str,
    /// Empty lines and lines that begin with `#` may stand before the secret in a file.
    pub has_comments: bool,
    /// The error for contents that cannot be used, with the reason; the contents are never part of it.
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
            let message = format!("cannot read the {} file: {}", self.name, plain_io(&error));
            Error::new(ExitStatus::NoInput, message).at(name.to_string())
        };
        // a FIFO without a writer would hold up the opening
        let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
        let file = File::options()
            .read(true)
            .custom_flags(flags)
            .open(path)
            .map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if privacy == Privacy::Checked && is_open_to_others(&metadata) {
            let message = format!("other users can read the {} file", self.name);
            return Err(Error::new(ExitStatus::BadData, message)
                .at(name.to_string())
                .hint(format!("chmod 600 {name}   and {}", self.exposed)));
        }
        if metadata.is_dir() {
            return Err(unreadable(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            wait_for_writer(&file, &metadata, WRITER_LIMITS).map_err(unreadable)?;
        }
        Ok((file, metadata))
    }

    /// The first line of a file.
    pub fn line_of_file(&self, path: &Path, environment: &Environment) -> Result<Secret, Error> {
        let (file, _) = self.open(path, Privacy::of(path, environment))?;
        self.first_line(&mut BufReader::new(file), &path.display().to_string())
    }

    /// All lines of a file, a few at most.
    pub fn lines_of_file(&self, path: &Path, environment: &Environment) -> Result<Vec<Secret>, Error> {
        let (file, _) = self.open(path, Privacy::of(path, environment))?;
        self.lines(&mut BufReader::new(file), &path.display().to_string())
    }

    /// The first line of what is open under this number: files, pipes and sockets alike.
    pub fn line_of_descriptor(&self, number: u32) -> Result<Secret, Error> {
        let name = format!("file descriptor {number}");
        match number {
            0 => return self.line(&mut io::stdin().lock(), &name),
            1 | 2 => {
                let message = "output goes to file descriptors 1 and 2";
                return Err(Error::new(ExitStatus::Usage, message).hint(self.descriptor));
            }
            _ => {}
        }
        let file = privilege::inherited_descriptor(number).map_err(|_| {
            let message = format!("cannot read the {}: nothing is open there", self.name);
            Error::new(ExitStatus::NoInput, message)
                .at(&name)
                .hint(self.descriptor)
        })?;
        self.line(&mut BufReader::new(file), &name)
    }

    /// Reads up to the end of the first line and no further than it must. The end of the line is cut off.
    pub fn line(&self, source: &mut impl BufRead, name: &str) -> Result<Secret, Error> {
        self.next_line(source, name).map(Option::unwrap_or_default)
    }

    /// The first line of a file that is no comment.
    pub fn first_line(&self, source: &mut impl BufRead, name: &str) -> Result<Secret, Error> {
        for _ in 0..=MAX_LINES {
            match self.next_line(source, name)? {
                Some(line) if self.is_comment(line.expose()) => {}
                line => return Ok(line.unwrap_or_default()),
            }
        }
        Err((self.refused)("there are more than 64 lines").at(name))
    }

    /// True for a line of a file that only people read.
    pub fn is_comment(&self, line: &str) -> bool {
        let line = line.trim();
        self.has_comments && (line.is_empty() || line.starts_with('#'))
    }

    /// The next line; `None` at the end.
    pub fn next_line(&self, source: &mut impl BufRead, name: &str) -> Result<Option<Secret>, Error> {
        let mut line = Zeroizing::new(Vec::with_capacity(LIMIT));
        let read = source.take(LIMIT as u64).read_until(b'\n', &mut line);
        read.map_err(|error| {
            let message = format!("cannot read the {}: {}", self.name, plain_io(&error));
            Error::new(ExitStatus::NoInput, message).at(name)
        })?;
        if line.len() == LIMIT {
            return Err((self.refused)("it is longer than 64 KiB").at(name));
        }
        let text = str::from_utf8(&line).map_err(|_| (self.refused)("it is not plain text").at(name))?;
        Ok((!text.is_empty()).then(|| Secret::new(text.trim_end_matches(['\r', '\n']))))
    }

    /// All lines, a few at most.
    pub fn lines(&self, source: &mut impl BufRead, name: &str) -> Result<Vec<Secret>, Error> {
        let mut lines = Vec::new();
        while let Some(line) = self.next_line(source, name)? {
            if lines.len() == MAX_LINES {
                return Err((self.refused)("there are more than 64 lines").at(name));
            }
            lines.push(line);
        }
        Ok(lines)
    }
}

/// A file among the credentials systemd hands to a service.
pub fn credential(environment: &Environment, name: &str) -> Option<PathBuf> {
    let path = environment.path(CREDENTIALS)?.join(name);
    path.exists().then_some(path)
}

/// Pipes and the like (`<(command)` in a shell) have no mode that means anything.
fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

/// Waits until something is in a pipe, or its writers have gone; then reading waits as usual. A terminal has somebody
/// at it who may take any time.
fn wait_for_writer(file: &File, metadata: &Metadata, limits: [Duration; 2]) -> io::Result<()> {
    if metadata.file_type().is_fifo() && !is_written_within(file, limits[0])? {
        tracing::info!("waiting for somebody to write a secret into the pipe");
        if !is_written_within(file, limits[1])? {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "nobody writes into this pipe",
            ));
        }
    }
    let flags = fcntl_getfl(file)?;
    Ok(fcntl_setfl(file, flags - OFlags::NONBLOCK)?)
}

/// The same with the usual patience.
pub(super) fn await_writer(file: &File, metadata: &Metadata) -> io::Result<()> {
    wait_for_writer(file, metadata, WRITER_LIMITS)
}

fn is_written_within(file: &File, limit: Duration) -> io::Result<bool> {
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    let ready = poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&limit))?;
    Ok(ready > 0)
}

/// Nothing is said before the first has passed. Both together are a minute, as a command has: behind `<(command)`
/// somebody may have to unlock something.
const WRITER_LIMITS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(57)];
/// Longest line that is read.
pub(super) const LIMIT: usize = 64 * 1024;
/// Folder of the credentials systemd hands to a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// No sign-in has that many fields.
const MAX_LINES: usize = 64;

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, set_permissions, write};

    use super::*;

    const TEST: Kind = Kind {
        name: "test",
        exposed: "make a new one",
        descriptor: "",
        has_comments: false,
        refused: |why| Error::new(ExitStatus::BadData, why),
    };

    fn texts(input: &[u8]) -> Result<Vec<String>, ExitStatus> {
        let lines = TEST
            .lines(&mut &input[..], "test")
            .map_err(|error| error.status)?;
        Ok(lines.iter().map(|line| line.expose().to_owned()).collect())
    }

    #[test]
    fn ends_of_lines_are_cut_off_and_blanks_are_kept() {
        let table: [(&[u8], &[&str]); 5] = [
            (b"", &[]),
            (b"a", &["a"]),
            (b" a \r\nb\n", &[" a ", "b"]),
            (b"\nb", &["", "b"]),
            (b"a\n\n", &["a", ""]),
        ];
        for (input, expected) in table {
            let expected = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(texts(input), Ok(expected), "{input:?}");
        }
    }

    #[test]
    fn only_the_first_line_counts() {
        let mut source = &b"DSID=1\r\npassword\n"[..];
        assert_eq!(TEST.line(&mut source, "test").expect("a line").expose(), "DSID=1");
        assert_eq!(source, b"password\n");
        assert!(TEST.line(&mut &b""[..], "test").expect("nothing").is_empty());
    }

    #[test]
    fn comments_stand_before_a_secret_of_a_kind_that_has_them() {
        let kind = Kind {
            has_comments: true,
            ..TEST
        };
        let line = |kind: Kind, mut input: &[u8]| {
            let line = kind
                .first_line(&mut input, "test")
                .map_err(|error| error.status)?;
            Ok(line.expose().to_owned())
        };
        assert_eq!(
            line(kind, b"# c\n\r\n  # d\nsecret\n# e\n"),
            Ok("secret".to_owned())
        );
        assert_eq!(line(kind, b"# c\n"), Ok(String::new()));
        assert_eq!(line(TEST, b"# c\nx\n"), Ok("# c".to_owned()));
        assert_eq!(line(kind, &[b'\n'; 1000]), Err(ExitStatus::BadData));
    }

    #[test]
    fn input_is_bounded() {
        assert_eq!(texts(&[b'a'; 2 * LIMIT]), Err(ExitStatus::BadData));
        assert_eq!(texts(&[b'\n'; MAX_LINES + 1]), Err(ExitStatus::BadData));
        assert_eq!(texts(b"\xff\xfe"), Err(ExitStatus::BadData));
    }

    #[test]
    fn a_pipe_is_read_when_somebody_writes_and_refused_when_nobody_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .expect("a pipe");
        let file = File::options()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&path)
            .expect("opened");
        let metadata = file.metadata().expect("metadata");
        let short = [Duration::from_millis(10); 2];
        let error = wait_for_writer(&file, &metadata, short).expect_err("nobody");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(file);
        std::thread::scope(|scope| {
            scope.spawn(|| write(&path, "secret\n").expect("a reader"));
            let line = TEST.line_of_file(&path, &Environment::default());
            assert_eq!(line.expect("a line").expose(), "secret");
        });
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_unless_systemd_guards_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let nothing = Environment::default();
        let credentials =
            Environment::from_lookup(|name| (name == CREDENTIALS).then(|| folder.path().into()));
        let path = folder.path().join("secret");
        write(&path, "hunter2\n").expect("a file");
        for (mode, environment, is_read) in [
            (0o600, &nothing, true),
            (0o400, &nothing, true),
            (0o640, &nothing, false),
            (0o604, &nothing, false),
            (0o440, &credentials, true),
        ] {
            set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            let outcome = TEST.line_of_file(&path, environment);
            assert_eq!(outcome.is_ok(), is_read, "{mode:o}");
            if let Err(error) = outcome {
                assert_eq!(error.status, ExitStatus::BadData);
                assert!(error.hint.expect("advice").starts_with("chmod 600"));
            }
        }
        let missing = TEST.line_of_file(&folder.path().join("none"), &nothing);
        assert_eq!(missing.expect_err("no file").status, ExitStatus::NoInput);
        set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("a mode");
        let folder = TEST.line_of_file(folder.path(), &nothing);
        assert_eq!(folder.expect_err("a folder").status, ExitStatus::NoInput);
    }
}
