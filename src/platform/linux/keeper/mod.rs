//! A second process that keeps the rights of root, so that the one that talks to the gateway can be an ordinary user.
//!
//! It is forked before anything is sent and sets up the network on orders over a socket. What it runs comes from the
//! options, never from an order; an order carries the configuration of the gateway and no more, and is taken for
//! hostile. When the other end is closed, however that came about, everything is undone and the process ends.

mod kept;
mod order;
mod service;
mod wire;

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use self::kept::KeptSetup;
use self::order::Answer;
use super::background::{Child, Side, fork};
use super::instance::Lock;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::NetworkSetup;

/// What the process that keeps the rights works with.
pub struct Charge {
    /// The set-up that needs the rights.
    pub setup: Box<dyn NetworkSetup>,
    /// The claim on the name, held until everything is undone.
    pub lock: Option<Lock>,
    /// Files of the other process that it may not be able to remove: a socket, a file with its number in it.
    pub litter: Vec<PathBuf>,
    /// The other process leaves the terminal when the tunnel is up.
    pub background: bool,
}

/// The other end of a process that keeps the rights. When this is dropped it undoes everything, and is waited for.
#[derive(Debug)]
pub struct Keeper {
    stream: UnixStream,
    child: Child,
}

/// Forks the process that keeps the rights.
///
/// `seed` holds all that is known so far. Here it is given back; there `make` takes what is needed out of it, and the
/// rest, secrets among it, is wiped.
///
/// Must be called while there is one thread and no runtime.
///
/// # Errors
/// What `make` said, and what the system said about a second process.
pub fn start<T>(seed: T, make: impl FnOnce(T) -> Result<Charge, Error>) -> Result<(T, Keeper), Error> {
    let (ours, theirs) = match UnixStream::pair() {
        Ok(pair) => pair,
        Err(error) => return Err(cannot_start(&error)),
    };
    let client = std::process::id();
    match fork() {
        Err(error) => Err(cannot_start(&error)),
        Ok(Side::Child) => {
            drop(ours);
            service::run(theirs, client, move || make(seed));
        }
        Ok(Side::Parent(child)) => {
            drop(theirs);
            let keeper = Keeper { stream: ours, child };
            keeper.wait_until_ready()?;
            Ok((seed, keeper))
        }
    }
}

impl Keeper {
    /// The set-up as the process without rights sees it. From now on only this device is set up. Must be called inside
    /// a tokio runtime.
    ///
    /// # Errors
    /// The other process is gone.
    pub fn into_setup(self, device: &str) -> io::Result<KeptSetup> {
        KeptSetup::new(self, device)
    }

    fn wait_until_ready(&self) -> Result<(), Error> {
        let answer = self
            .stream
            .set_read_timeout(Some(START_LIMIT))
            .and_then(|()| wire::read_blocking::<Answer>(&self.stream));
        match answer {
            Ok(Answer { error: None, .. }) => Ok(()),
            Ok(Answer {
                error: Some(error), ..
            }) => Err(error),
            Err(error) => Err(cannot_start(&error)),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // it undoes what is left and ends; one that is gone needs no telling
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        let deadline = Instant::now() + END_LIMIT;
        while matches!(self.child.ended(), Ok(None)) {
            if Instant::now() >= deadline {
                tracing::warn!(
                    "the network is still being restored by process {}",
                    self.child.number()
                );
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn cannot_start(error: &io::Error) -> Error {
    Error::new(
        ExitStatus::System,
        format!(
            "cannot start the process that keeps the rights: {}",
            plain_io(error)
        ),
    )
    .hint("leave out --setuid")
}

/// It only reads options and opens a few files.
const START_LIMIT: Duration = Duration::from_secs(10);
/// How long its end is waited for: routes and name servers take milliseconds, a script that hangs is not worth waiting
/// for. With the logout it must stay under what NetworkManager leaves us (`cli.md §9`).
const END_LIMIT: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests;
