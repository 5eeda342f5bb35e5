//! Commands for running tunnels: `status`, `events`, `disconnect`, `reconnect` (`cli.md §1, §7, §14`).

mod call;
mod find;
mod repair;
mod text;

use std::io::{self, Write as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::call::Call;
use self::find::Found;
use super::args::{Awaited, DisconnectArgs, NameArgs, StatusArgs};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::status::SCHEMA;
use crate::platform::linux::process;

/// Shows how a tunnel stands.
pub(super) fn status(args: &StatusArgs, as_object: bool) -> Result<ExitStatus, Error> {
    super::demand_output()?;
    let name = args.name.name.as_deref();
    let seen = match args.wait_for {
        Some(awaited) => wait_for(awaited, name, args.timeout)?,
        None => look(name)?,
    };
    let (object, status) = match seen {
        Seen::Running(object) => {
            let is_connected = object["state"] == "connected";
            (
                object,
                if is_connected {
                    ExitStatus::Success
                } else {
                    NOT_CONNECTED
                },
            )
        }
        Seen::Stale(name) => return Err(stale(&name)),
        Seen::Nothing => {
            let status = match args.wait_for {
                Some(_) => ExitStatus::Success,
                None => NOT_RUNNING,
            };
            (
                json!({ "schema": SCHEMA, "name": name, "state": "stopped" }),
                status,
            )
        }
    };
    let text = match as_object {
        true => format!("{object}\n"),
        false => text::status(&object),
    };
    Ok(if show(&text)? { status } else { ExitStatus::Io })
}

/// Shows what happens to a tunnel until it ends.
pub(super) fn events(args: &NameArgs) -> Result<ExitStatus, Error> {
    super::demand_output()?;
    let mut call = find::running(args.name.as_deref())?;
    call.ask(&json!({ "request": "events" }))?;
    while let Some(object) = call.next()? {
        call::refusal(&object)?;
        if !show(&format!("{object}\n"))? {
            return Ok(ExitStatus::Io);
        }
        // between two events any time may pass
        call.wait_without_limit()?;
    }
    Ok(ExitStatus::Success)
}

/// Drops the connection of a tunnel and makes a new one.
pub(super) fn reconnect(args: &NameArgs) -> Result<ExitStatus, Error> {
    let mut call = find::running(args.name.as_deref())?;
    call.order(&json!({ "request": "reconnect" }))?;
    Ok(ExitStatus::Success)
}

/// Ends tunnels, or puts right what killed runs have left behind.
pub(super) fn disconnect(args: &DisconnectArgs) -> Result<ExitStatus, Error> {
    let name = args.name.name.as_deref();
    if args.repair {
        return repair::repair(name);
    }
    let calls = match args.all {
        true => find::all()?,
        false => vec![find::running(name)?],
    };
    let request = json!({ "request": "disconnect", "keep_login": args.keep_login });
    let mut ending = Vec::new();
    for mut call in calls {
        let process = call.process().and_then(Process::of);
        call.order(&request)?;
        ending.push((call, process));
    }
    let deadline = Instant::now() + Duration::from_secs(args.wait.into());
    if args.wait > 0 {
        for (call, process) in &ending {
            wait_for_end(call, process.as_ref(), deadline)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// What was found out about a tunnel.
enum Seen {
    /// Its state.
    Running(Value),
    /// It was killed.
    Stale(String),
    /// There is none.
    Nothing,
}

fn look(name: Option<&str>) -> Result<Seen, Error> {
    match find::find(name, true)? {
        Found::Running(mut call) => {
            call.ask(&json!({ "request": "status" }))?;
            match call.next()? {
                Some(object) => {
                    call::refusal(&object)?;
                    Ok(Seen::Running(object))
                }
                // it ended just now
                None => Ok(Seen::Nothing),
            }
        }
        Found::Stale(name) => Ok(Seen::Stale(name)),
        Found::Nothing => Ok(Seen::Nothing),
    }
}

fn wait_for(awaited: Awaited, name: Option<&str>, seconds: Option<u32>) -> Result<Seen, Error> {
    let start = Instant::now();
    loop {
        let seen = look(name)?;
        let is_there = match (&seen, awaited) {
            (Seen::Running(object), Awaited::Connected) => object["state"] == "connected",
            (Seen::Nothing | Seen::Stale(_), Awaited::Connected) | (Seen::Running(_), Awaited::Down) => false,
            (Seen::Nothing | Seen::Stale(_), Awaited::Down) => true,
        };
        if is_there {
            return Ok(match awaited {
                Awaited::Connected => seen,
                Awaited::Down => Seen::Nothing,
            });
        }
        if let Some(seconds) = seconds
            && start.elapsed() >= Duration::from_secs(seconds.into())
        {
            let what = match awaited {
                Awaited::Connected => "not connected",
                Awaited::Down => "still running",
            };
            return Err(Error::new(
                ExitStatus::NetworkLost,
                format!("{what} after {seconds} s"),
            ));
        }
        sleep(LOOK_AGAIN);
    }
}

/// A process that cannot be mistaken for a later one of the same number.
struct Process {
    number: u32,
    start: u64,
}

impl Process {
    fn of(number: u32) -> Option<Self> {
        let start = process::start_time(number)?;
        Some(Self { number, start })
    }

    fn has_ended(&self) -> bool {
        !process::is_alive(self.number, self.start)
    }
}

/// The socket goes a little before the process, which has the name and the pid file to give back; in another container
/// the process cannot be seen.
fn wait_for_end(call: &Call, process: Option<&Process>, deadline: Instant) -> Result<(), Error> {
    let has_ended = || match process {
        Some(process) => process.has_ended(),
        None => call.is_deserted(),
    };
    while !has_ended() {
        if Instant::now() >= deadline {
            let number = process.map(|process| process.number);
            let error = Error::new(
                ExitStatus::NetworkLost,
                format!("{} has not ended yet", call.name()),
            );
            return Err(match number {
                Some(number) => error.at(format!("process {number}")).hint("--wait SECONDS"),
                None => error.hint("--wait SECONDS"),
            });
        }
        sleep(LOOK_AGAIN_SOON);
    }
    Ok(())
}

fn stale(name: &str) -> Error {
    Error::new(
        ExitStatus::Failure,
        format!("{name} is not running: it was killed and could not clean up"),
    )
    .hint(format!("vpnc-cli disconnect --repair {name}   or connect again"))
}

/// False when the reader has gone, which ends the command without a word (`cli.md §6`).
fn show(text: &str) -> Result<bool, Error> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::new(
            ExitStatus::Io,
            format!("cannot write to standard output: {}", plain_io(&error)),
        )),
    }
}

/// Statuses of `status` alone: 3 and 4 mean something else elsewhere (`cli.md §7`).
const NOT_RUNNING: ExitStatus = ExitStatus::LoginRefused;
const NOT_CONNECTED: ExitStatus = ExitStatus::InputNeeded;

/// While something is waited for that may take long.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// While an end is waited for.
const LOOK_AGAIN_SOON: Duration = Duration::from_millis(20);
