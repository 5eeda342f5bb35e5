//! An external host checker as a process: its account, what it inherits, and its end.

mod output;

use std::io::{self, PipeWriter};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::Child;

use self::output::Output;
use super::account::Account;
use super::process;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege::effective_user;

/// What to start, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapperProgram {
    /// The program; without a slash it is looked for as a shell does.
    pub path: PathBuf,
    /// Account to run it under, by name or number; our own without it.
    pub user: Option<String>,
}

/// Why a wrapper does not run.
#[derive(Debug, Error)]
pub enum WrapperStartError {
    /// We are root and nobody said that the wrapper may be, too.
    #[error("{} is not run as root unasked", path.display())]
    RootUnasked {
        /// The program.
        path: PathBuf,
    },
    /// No such account.
    #[error("there is no user {user}")]
    UnknownUser {
        /// As given.
        user: String,
    },
    /// Only root becomes somebody else.
    #[error("cannot run {} as {user}: operation not permitted", path.display())]
    NotPermitted {
        /// The program.
        path: PathBuf,
        /// As given.
        user: String,
    },
    /// The system does not start it.
    #[error("cannot run {}: {}", path.display(), plain_io(source))]
    CannotRun {
        /// The program.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A wrapper that runs. It is ended when this is dropped.
#[derive(Debug)]
pub struct WrapperProcess {
    /// `None` only while it is being dropped.
    stream: Option<UnixStream>,
    child: Child,
    output: Output,
}

impl WrapperProgram {
    /// Finds out whether it may be run as it should, before anything is sent to a gateway.
    ///
    /// # Errors
    /// All but [`WrapperStartError::CannotRun`].
    pub fn check(&self) -> Result<(), WrapperStartError> {
        self.account(effective_user()).map(drop)
    }

    /// Starts it with the gateway's host as its only argument (`juniper-nc.md §5.2`).
    ///
    /// Standard input is a socket for both directions, all output comes to us and becomes messages. It has a
    /// process group of its own and nothing else of ours: no other descriptor, no variable with a secret.
    ///
    /// # Errors
    /// See [`WrapperStartError`].
    pub fn start(
        &self,
        host: &str,
        variables: &[(&str, String)],
    ) -> Result<WrapperProcess, WrapperStartError> {
        let account = self.account(effective_user())?;
        let cannot_run = |source| WrapperStartError::CannotRun {
            path: self.path.clone(),
            source,
        };
        let (ours, theirs) = Pair::pair().map_err(cannot_run)?;
        let stream = ours
            .set_nonblocking(true)
            .and_then(|()| UnixStream::from_std(ours))
            .map_err(cannot_run)?;
        let (output, writer) = Output::new().map_err(cannot_run)?;
        let mut command = command(&self.path, theirs, writer).map_err(cannot_run)?;
        command
            .arg(host)
            .envs(variables.iter().map(|(name, value)| (name, value)));
        if let Some(account) = account {
            command.envs(account.variables());
            prepare(&mut command, Some(account));
        } else {
            prepare(&mut command, None);
        }
        let child = tokio::process::Command::from(command)
            .spawn()
            .map_err(cannot_run)?;
        Ok(WrapperProcess {
            stream: Some(stream),
            child,
            output,
        })
    }

    /// The account to change to; `None` when it is our own.
    fn account(&self, own: u32) -> Result<Option<Account>, WrapperStartError> {
        let Some(user) = &self.user else {
            return match own {
                ROOT => Err(WrapperStartError::RootUnasked {
                    path: self.path.clone(),
                }),
                _ => Ok(None),
            };
        };
        let account =
            Account::find(user).ok_or_else(|| WrapperStartError::UnknownUser { user: user.clone() })?;
        if account.user == own {
            return Ok(None);
        }
        if own != ROOT {
            return Err(WrapperStartError::NotPermitted {
                path: self.path.clone(),
                user: user.clone(),
            });
        }
        Ok(Some(account))
    }
}

impl WrapperProcess {
    /// Sends octets.
    ///
    /// # Errors
    /// When it has closed its end.
    pub async fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.open()?.write_all(octets).await
    }

    /// Receives some octets; none when it has closed its end. Nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// What the system said.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.open()?.read(buffer).await {
            // it ended without having read all we said
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(0),
            outcome => outcome,
        }
    }

    /// Waits until it has closed its end, and throws away what it says until then. It may be dropped at any time.
    pub async fn closed(&mut self) {
        let Self { stream, child, .. } = self;
        let Some(stream) = stream else { return };
        let mut surplus = [0; 256];
        loop {
            tokio::select! {
                // its process may end and leave the work to a child of its own
                _ = child.wait(), if child.id().is_some() => {}
                read = stream.read(&mut surplus) => if !matches!(read, Ok(1..)) {
                    return;
                },
            }
        }
    }

    /// Its process number while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    fn open(&mut self) -> io::Result<&mut UnixStream> {
        self.stream
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn is_gone_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() >= deadline {
                return false;
            }
            // it may want to say something before it ends
            self.output.drain();
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

impl Drop for WrapperProcess {
    /// It is meant to end when the socket is closed. One that does not is told, then killed.
    ///
    /// The signals go to its group. A leader that was waited for has no number any more, which may belong to somebody
    /// else by now: then nothing is sent.
    fn drop(&mut self) {
        drop(self.stream.take());
        for signal in [process::terminate_group, process::kill_group] {
            if self.is_gone_within(PATIENCE) {
                return;
            }
            if let Some(id) = self.child.id() {
                signal(id);
            }
        }
        if !self.is_gone_within(PATIENCE) {
            tracing::debug!("the host checker's process does not end");
        }
    }
}

impl From<WrapperStartError> for Error {
    fn from(error: WrapperStartError) -> Self {
        let (status, hint) = match &error {
            WrapperStartError::RootUnasked { .. } => (
                ExitStatus::Usage,
                "--csd-user NAME for another user, or --csd-user root if it must be root",
            ),
            WrapperStartError::UnknownUser { .. } => {
                (ExitStatus::Usage, "--csd-user NAME with a user of this machine")
            }
            WrapperStartError::NotPermitted { .. } => {
                (ExitStatus::NoPermission, "sudo, or leave out --csd-user")
            }
            WrapperStartError::CannotRun { source, .. } => {
                let of_the_file = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied];
                let status = if of_the_file.contains(&source.kind()) {
                    ExitStatus::NoInput
                } else {
                    ExitStatus::System
                };
                (
                    status,
                    "check the path after --csd-wrapper and that it is executable",
                )
            }
        };
        Self::new(status, error.to_string()).hint(hint)
    }
}

/// The process without its account.
fn command(path: &Path, socket: Pair, output: PipeWriter) -> io::Result<Command> {
    let mut command = Command::new(path);
    command
        .stdin(OwnedFd::from(socket))
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0);
    for name in SECRETS {
        command.env_remove(name);
    }
    Ok(command)
}

#[expect(
    unsafe_code,
    reason = "std cannot set the groups of a child, nor close what is not its own"
)]
fn prepare(command: &mut Command, account: Option<Account>) {
    let prepare = move || {
        close_all_but_three()?;
        account.as_ref().map_or(Ok(()), Account::become_it)
    };
    // SAFETY: between fork and exec the closure only makes system calls; it reads memory that was there before, takes
    // no lock and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Marks them; the exec that follows closes them. Before Linux 5.11 only those of ours are closed, which are all marked
/// already.
#[expect(unsafe_code, reason = "close_range has no safe form in std")]
fn close_all_but_three() -> io::Result<()> {
    // SAFETY: the call takes numbers only and marks descriptors, without closing any.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        );
    }
    Ok(())
}

const ROOT: u32 = 0;
/// Variables of ours that must not be inherited, in case they are still there.
const SECRETS: [&str; 3] = ["VPNC_COOKIE", "VPNC_PASSWORD", "VPNC_TOKEN_SECRET"];
/// How long each step of its end may take. Together they must stay under what NetworkManager leaves us beside the
/// logout (`cli.md §9`).
const PATIENCE: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests;
