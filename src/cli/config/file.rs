//! Reading a configuration file: who may have written it, who can read it, how long it may be.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::entry::{Entry, Fault, Problem};
use super::secrets::is_secret;
use super::vocabulary::Vocabulary;
use super::{Form, parse};
use crate::cli::environment::Environment;
use crate::cli::private_file::{self, Privacy};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege;

/// A file that has been read.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its name.
    pub path: PathBuf,
    /// What it says.
    pub entries: Vec<Entry>,
}

/// Who named a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The user, on the command line. It must be there, and may be a pipe.
    ByUser,
    /// Nobody: it is in a usual place. It need not be there.
    ByPlace,
}

/// Reads a file; `None` when nobody named it and it is not there.
pub fn load(
    path: &Path,
    named: Named,
    keys: &Vocabulary,
    environment: &Environment,
) -> Result<Option<Loaded>, Error> {
    let Some((file, metadata)) = open(path, named)? else {
        return Ok(None);
    };
    let caller = Caller::of(environment);
    if let Some(why) = caller.distrusts(&metadata, named) {
        return Err(distrusted(path, &why));
    }
    let text = read(file, path)?;
    let entries = parse(&text, Form::of(path), keys).map_err(|problem| at(path, problem))?;
    let private = !metadata.is_file()
        || metadata.mode() & 0o077 == 0
        || Privacy::of(path, environment) == Privacy::Systemd;
    if let Some(exposed) = entries.iter().find(|entry| !private && is_secret(entry)) {
        let fault = Fault::Exposed(exposed.option.clone());
        let problem = Problem {
            at: exposed.at,
            fault,
        };
        return Err(at(path, problem).hint(format!("chmod 600 {}   and a new secret", path.display())));
    }
    let path = path.to_owned();
    Ok(Some(Loaded { path, entries }))
}

/// The error for a problem in a file.
pub fn at(path: &Path, problem: Problem) -> Error {
    let Problem { at, fault } = problem;
    let place = format!("{}:{}:{}", path.display(), at.line, at.column);
    let error = Error::new(ExitStatus::Config, format!("{place}: {fault}"));
    match fault.hint() {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn open(path: &Path, named: Named) -> Result<Option<(File, Metadata)>, Error> {
    // a FIFO without a writer would hold up the opening
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let open = || {
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            if named == Named::ByPlace {
                return Err(io::Error::other("it is not a file"));
            }
            private_file::await_writer(&file, &metadata)?;
        }
        Ok((file, metadata))
    };
    match open() {
        Ok(found) => Ok(Some(found)),
        Err(error) if named == Named::ByPlace && is_absent(&error) => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let message = format!("cannot read the configuration file: {}", plain_io(error));
    Error::new(ExitStatus::NoInput, message).at(path.display().to_string())
}

fn read(file: File, path: &Path) -> Result<Zeroizing<String>, Error> {
    let mut octets = Zeroizing::new(Vec::with_capacity(LIMIT + 1));
    let read = file.take(LIMIT as u64 + 1).read_to_end(&mut octets);
    read.map_err(|error| unreadable(path, &error))?;
    let refused = |message: &str| {
        let message = format!("{}: {message}", path.display());
        Error::new(ExitStatus::Config, message)
    };
    if octets.len() > LIMIT {
        return Err(refused("a configuration file has at most 64 KiB"));
    }
    match str::from_utf8(&octets) {
        // an editor of another system puts a mark in front
        Ok(text) => Ok(Zeroizing::new(
            text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        )),
        Err(error) => {
            let before = octets.get(..error.valid_up_to()).unwrap_or_default();
            let text = String::from_utf8_lossy(before);
            let position = super::entry::Position::of(&text, text.len());
            let (line, column) = (position.line, position.column);
            Err(Error::new(
                ExitStatus::Config,
                format!("{}:{line}:{column}: not UTF-8 text", path.display()),
            ))
        }
    }
}

fn distrusted(path: &Path, why: &str) -> Error {
    let name = path.display();
    Error::new(ExitStatus::Config, format!("{name}: {why}"))
        .note("such a file can name commands, which would run with your rights")
        .hint(format!(
            "look at it, then  chown $(id -u) {name} && chmod go-w {name}"
        ))
}

/// Who runs this program.
struct Caller {
    user: u32,
    /// Who became root by `sudo`.
    before: Option<u32>,
}

impl Caller {
    fn of(environment: &Environment) -> Self {
        let before = environment
            .text("SUDO_UID")
            .and_then(|number| number.parse().ok());
        Self {
            user: privilege::effective_user(),
            before,
        }
    }

    /// Why a file is not to be followed. Root follows nobody else, but for the user of `sudo` who names the file.
    fn distrusts(&self, metadata: &Metadata, named: Named) -> Option<String> {
        if !metadata.is_file() {
            return None;
        }
        let owner = metadata.uid();
        let is_own = owner == 0
            || owner == self.user
            || named == Named::ByUser && self.user == 0 && self.before == Some(owner);
        let everybody = metadata.mode() & 0o002 != 0;
        let group = metadata.mode() & 0o020 != 0 && metadata.gid() != 0;
        match (is_own, self.user) {
            (false, 0) => Some(format!("root does not follow a file of user {owner}")),
            (false, _) if named == Named::ByPlace => Some(format!("this file belongs to user {owner}")),
            (_, 0) if everybody || group => {
                Some("root does not follow a file that others can write".to_owned())
            }
            _ if everybody => Some("every user can write this file".to_owned()),
            _ => None,
        }
    }
}

/// Ample: a long profile has 2 KiB.
const LIMIT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn outcome(path: &Path, named: Named) -> Result<Option<usize>, (ExitStatus, String)> {
        let keys = Vocabulary::of_program();
        load(path, named, &keys, &Environment::default())
            .map(|loaded| loaded.map(|loaded| loaded.entries.len()))
            .map_err(|error| (error.status, error.message))
    }

    #[test]
    fn a_file_that_is_not_there_matters_only_when_it_was_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.toml");
        assert_eq!(outcome(&path, Named::ByPlace), Ok(None));
        assert_eq!(
            outcome(&path, Named::ByUser).expect_err("missing").0,
            ExitStatus::NoInput
        );
        fs::write(&path, "user = 'joe'").expect("a file");
        assert_eq!(outcome(&path, Named::ByPlace), Ok(Some(1)));
        assert_eq!(outcome(&path.join("below"), Named::ByPlace), Ok(None));
    }

    #[test]
    fn what_is_no_plain_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        symlink(path("loop"), path("loop")).expect("a link");
        fs::create_dir(path("folder")).expect("a folder");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path("pipe"), kind, mode, 0).expect("a pipe");
        for name in ["loop", "folder", "pipe"] {
            let (status, _) = outcome(&path(name), Named::ByPlace).expect_err(name);
            assert_eq!(status, ExitStatus::NoInput, "{name}");
        }
    }

    #[test]
    fn long_files_and_other_encodings_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.toml");
        for (content, expected) in [
            (vec![b'\n'; LIMIT + 1], "at most 64 KiB"),
            (b"user = 'joe'\n# \xff".to_vec(), "x.toml:2:3: not UTF-8 text"),
        ] {
            fs::write(&path, content).expect("a file");
            let (status, message) = outcome(&path, Named::ByUser).expect_err(expected);
            assert_eq!(status, ExitStatus::Config);
            assert!(message.contains(expected), "{message}");
        }
        fs::write(&path, vec![b'\n'; LIMIT]).expect("a file");
        assert_eq!(outcome(&path, Named::ByUser), Ok(Some(0)));
        fs::write(&path, "\u{feff}user = 'joe'").expect("a file");
        assert_eq!(outcome(&path, Named::ByUser), Ok(Some(1)));
    }

    #[test]
    fn a_secret_needs_a_private_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.toml");
        fs::write(&path, "user = 'joe'\ncookie = 'DSID=hunter2'\n").expect("a file");
        for (mode, is_read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            match outcome(&path, Named::ByUser) {
                Ok(_) => assert!(is_read, "{mode:o}"),
                Err((status, message)) => {
                    assert!(!is_read, "{mode:o}: {message}");
                    assert_eq!(status, ExitStatus::Config);
                    assert!(
                        message.ends_with(
                            "x.toml:2:1: \"cookie\" is a secret, and other users can read this file"
                        )
                    );
                }
            }
        }
        fs::write(&path, "user = 'joe'\n").expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("a mode");
        assert_eq!(outcome(&path, Named::ByUser), Ok(Some(1)));
    }

    #[test]
    fn root_follows_root_and_the_user_of_sudo() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.toml");
        fs::write(&path, "").expect("a file");
        let owner = fs::metadata(&path).expect("a file").uid();
        let trusts = |user: u32, before: Option<u32>, mode: u32, named: Named| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
            let metadata = fs::metadata(&path).expect("a file");
            Caller { user, before }.distrusts(&metadata, named).is_none()
        };
        assert!(trusts(owner, None, 0o644, Named::ByPlace));
        assert!(!trusts(owner, None, 0o666, Named::ByUser));
        if owner != 0 {
            assert!(!trusts(0, None, 0o644, Named::ByUser));
            assert!(trusts(0, Some(owner), 0o644, Named::ByUser));
            assert!(!trusts(0, Some(owner), 0o644, Named::ByPlace));
            return;
        }
        std::os::unix::fs::chown(&path, Some(4711), Some(4711)).expect("root may");
        assert!(!trusts(0, None, 0o644, Named::ByUser));
        assert!(trusts(0, Some(4711), 0o644, Named::ByUser));
        assert!(!trusts(0, Some(4711), 0o664, Named::ByUser));
        assert!(!trusts(0, Some(4711), 0o644, Named::ByPlace));
        assert!(trusts(4712, None, 0o644, Named::ByUser));
        assert!(!trusts(4712, None, 0o644, Named::ByPlace));
    }
}
