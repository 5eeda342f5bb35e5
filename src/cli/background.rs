//! `--background`: the caller waits until the tunnel is up, and the tunnel goes on without it.
//!
//! The process divides before the event loop and its threads are there. The second one does all the work; until the
//! tunnel is up it stays where the user is, and asks on the terminal. The first one only waits.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::background::{Child, Ended, Side, detach, fork};

/// In the process that works: the way to tell the one that waits.
#[derive(Debug)]
pub(super) struct Report {
    pipe: OwnedFd,
    keep_folder: bool,
}

/// Divides the process. Returns in the one that works; the other one waits, and ends as it is told.
///
/// With `keep_folder` the one that works stays in its folder, because commands of the user may count on it.
pub(super) fn divide(keep_folder: bool) -> Result<Report, Error> {
    let (reader, pipe) = pipe_with(PipeFlags::CLOEXEC).map_err(|error| failed(&error.into()))?;
    match fork().map_err(|error| failed(&error))? {
        Side::Child => {
            drop(reader);
            Ok(Report { pipe, keep_folder })
        }
        Side::Parent(child) => {
            drop(pipe);
            match wait(reader, &child) {
                Ok(status) => std::process::exit(status.into()),
                Err(error) => Err(failed(&error)),
            }
        }
    }
}

impl Report {
    /// The tunnel is up: leaves the terminal and lets the caller go on.
    pub(super) fn up(self) {
        if let Err(error) = detach(self.keep_folder) {
            tracing::warn!(%error, "cannot leave the terminal");
        }
        // whoever waited may have been killed
        let _: rustix::io::Result<usize> = rustix::io::write(&self.pipe, UP);
    }
}

fn wait(reader: OwnedFd, child: &Child) -> io::Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut report = Receiver::from_owned_fd(reader)?;
        // Ctrl-C reaches the child by itself, and we have to see what comes of it
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut octet = [0; UP.len()];
        loop {
            tokio::select! {
                read = report.read(&mut octet) => match read {
                    Ok(1..) => return Ok(0),
                    Ok(0) | Err(_) => break,
                },
                () = next(&mut interrupt) => {}
                () = next(&mut terminate) => child.terminate(),
                () = next(&mut hang_up) => child.hang_up(),
            }
        }
        loop {
            match child.ended()? {
                Some(Ended::Status(status)) => return Ok(status),
                Some(Ended::Signal(number)) => return Ok(SIGNAL + number),
                None => {}
            }
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = next(&mut interrupt) => {}
                () = next(&mut terminate) => child.terminate(),
                () = next(&mut hang_up) => child.hang_up(),
            }
        }
    })
}

async fn next(signal: &mut Signal) {
    if signal.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

fn failed(error: &io::Error) -> Error {
    Error::new(
        ExitStatus::System,
        format!("cannot go to the background: {}", plain_io(error)),
    )
    .hint("leave out --background; a shell does it with  vpnc-cli … &")
}

/// What is written when the tunnel is up.
const UP: &[u8] = b"+";

/// How shells tell of an end by a signal.
const SIGNAL: u8 = 128;

/// Between the end of the report and that of the process there is hardly any time.
const PAUSE: Duration = Duration::from_millis(5);
