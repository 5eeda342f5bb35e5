//! The process that keeps the rights: its life, and how it carries out orders.

use std::fs::{self, OpenOptions};
use std::future::Future;
use std::io;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::pin;

use rustix::process::setsid;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::thread::set_name;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Charge;
use super::order::{Answer, Order, Refusal, Request, checked, is_interface};
use super::wire::Wire;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::process;
use crate::platform::{Farewell, NetworkSetup};

/// Runs until the other end is closed and everything is undone. Never returns: what is above on the stack belongs to the
/// other process.
#[expect(
    unsafe_code,
    reason = "std has no way to end a process without its exit handlers"
)]
pub(super) fn run(stream: UnixStream, client: u32, make: impl FnOnce() -> Result<Charge, Error>) -> ! {
    process::act_for(client);
    // a panic leaves the undo journal, which the next start works off
    let ended = catch_unwind(AssertUnwindSafe(|| live(stream, client, make)));
    let status = match ended {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the process that keeps the rights");
            1
        }
        Err(_) => 1,
    };
    // SAFETY: takes a number and does not return; nothing here waits to be written out.
    unsafe { libc::_exit(status) }
}

fn live(stream: UnixStream, client: u32, make: impl FnOnce() -> Result<Charge, Error>) -> io::Result<()> {
    detach()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let _signals = outlive_signals()?;
        let mut wire = Wire::new(stream)?;
        match make() {
            Ok(charge) => serve(&mut wire, client, charge).await,
            Err(error) => {
                wire.put(&Answer {
                    number: 0,
                    error: Some(error),
                })?;
                wire.flush().await
            }
        }
    })
}

/// A session of its own: what is typed on the terminal is meant for the other process. Input and output are its, too.
fn detach() -> io::Result<()> {
    // fails only for a leader of a group, which a child just forked is not
    setsid()?;
    // for the list of processes
    let _ = set_name(c"vpnc-keeper");
    let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    Ok(())
}

/// Whoever reads standard error would wait for us otherwise.
fn leave_terminal() {
    let left = OpenOptions::new()
        .write(true)
        .open("/dev/null")
        .and_then(|nothing| Ok(dup2_stderr(&nothing)?));
    if let Err(error) = left {
        tracing::warn!(%error, "cannot leave the terminal");
    }
}

/// Signals to end are for the other process, whose end is ours. They are caught rather than ignored, because what is
/// ignored stays so in programs started from here.
fn outlive_signals() -> io::Result<Vec<Signal>> {
    [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::quit(),
        SignalKind::user_defined1(),
        SignalKind::user_defined2(),
    ]
    .into_iter()
    .map(signal)
    .collect()
}

pub(super) async fn serve(wire: &mut Wire, client: u32, charge: Charge) -> io::Result<()> {
    let Charge {
        mut setup,
        lock,
        litter,
        background,
    } = charge;
    wire.put(&Answer {
        number: 0,
        error: None,
    })?;
    let mut farewell = Farewell::Failed;
    let served = carry_out_all(wire, setup.as_mut(), background, &mut farewell).await;
    if let Err(error) = setup.revert(farewell).await {
        tracing::warn!(%error, "not everything of the network set-up could be undone");
    }
    for file in litter {
        remove(&file, client);
    }
    drop(lock);
    served
}

/// Until the other end is closed, or says something that it never would. `farewell` is then how it ended: as it was told
/// last, unless there was something new to undo since.
async fn carry_out_all(
    wire: &mut Wire,
    setup: &mut dyn NetworkSetup,
    mut background: bool,
    farewell: &mut Farewell,
) -> io::Result<()> {
    wire.flush().await?;
    let mut device = None;
    let mut next = wire.next::<Request>().await?;
    while let Some(Request { number, order }) = next {
        if let Order::Device { name } = order {
            name_device(&mut device, name).map_err(io::Error::other)?;
            next = wire.next().await?;
            continue;
        }
        let lasting = matches!(order, Order::Revert { .. });
        match order {
            Order::Revert { farewell: told } => *farewell = told,
            Order::Apply { .. } => *farewell = Farewell::Failed,
            Order::Device { .. }
            | Order::Prepare
            | Order::AttemptReconnect
            | Order::Reconnected
            | Order::NetworkChanged => {}
        }
        let is_left_then = background && matches!(order, Order::Apply { .. });
        let step = async {
            carry_out(setup, device.as_deref(), order).await?;
            if is_left_then {
                // with the other process, which has the news from here
                background = false;
                leave_terminal();
            }
            Ok(())
        };
        next = until_next(wire, number, lasting, step).await?;
    }
    Ok(())
}

/// Carries out a step, tells what came of it and waits for the next order. An order that comes earlier, or the end of
/// the other process, cuts the step short; but undoing goes on when there is nobody left who could order it again.
async fn until_next(
    wire: &mut Wire,
    number: u64,
    lasting: bool,
    step: impl Future<Output = Result<(), Error>>,
) -> io::Result<Option<Request>> {
    let mut step = pin!(step);
    let result = tokio::select! {
        result = &mut step => result,
        next = wire.next::<Request>() => match next? {
            None if lasting => {
                // nobody is left to be told
                let _ = step.await;
                return Ok(None);
            }
            next => return Ok(next),
        },
    };
    wire.put(&Answer {
        number,
        error: result.err(),
    })?;
    wire.flush().await?;
    wire.next().await
}

fn name_device(device: &mut Option<String>, name: String) -> Result<(), Refusal> {
    if device.is_some() {
        return Err(Refusal::SecondDevice);
    }
    if !is_interface(&name) {
        return Err(Refusal::BadName);
    }
    *device = Some(name);
    Ok(())
}

async fn carry_out(setup: &mut dyn NetworkSetup, device: Option<&str>, order: Order) -> Result<(), Error> {
    let result = match order {
        Order::Device { .. } => Ok(()),
        Order::Prepare => setup.prepare().await,
        Order::Apply { interface, config } => {
            let config = checked(device, &interface, config).map_err(|refusal| {
                Error::new(
                    ExitStatus::Internal,
                    format!("the network is not set up: {refusal}"),
                )
            })?;
            setup.apply(&interface, &config).await
        }
        Order::AttemptReconnect => setup.attempt_reconnect().await,
        Order::Reconnected => setup.reconnected().await,
        Order::NetworkChanged => setup.network_changed().await,
        Order::Revert { farewell } => setup.revert(farewell).await,
    };
    result.map_err(Error::from)
}

/// Removes a socket, or a file that still holds the number of the other process.
fn remove(file: &Path, client: u32) {
    let Ok(metadata) = fs::symlink_metadata(file) else {
        return;
    };
    let is_file = metadata.is_file() && metadata.len() <= LONGEST_NUMBER;
    let of_client = || {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.trim().parse() == Ok(client)
    };
    let is_theirs = is_socket(&metadata) || is_file && of_client();
    if is_theirs && let Err(error) = fs::remove_file(file) {
        tracing::debug!(file = %file.display(), error = plain_io(&error), "left behind");
    }
}

fn is_socket(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type())
}

/// Octets of a file with a process number in it.
const LONGEST_NUMBER: u64 = 32;
