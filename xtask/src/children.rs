//! Processes we start, none of which outlives us.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::say;

/// A process that is killed when its owner goes out of scope.
#[derive(Debug)]
pub(crate) struct Owned {
    child: Child,
    pid: Pid,
    name: String,
}

impl Owned {
    /// Starts a process.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        // Under the lock, so that no process is started behind the back of `stop`.
        let mut running = running();
        if STOPPING.load(Ordering::SeqCst) {
            bail!("stopping");
        }
        let child = command
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let pid = Pid::from_child(&child);
        running.push(pid);
        Ok(Self { child, pid, name })
    }

    /// The pipes of the process.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid, signal).with_context(|| format!("signal to {}", self.name))
    }

    /// Waits for the end as long as it takes.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().with_context(|| self.name.clone())?;
        self.forget();
        Ok(status)
    }

    /// Waits for the end, or fails after the time limit.
    pub(crate) fn wait_within(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
        bail!("{} did not end within {} s", self.name, limit.as_secs())
    }

    /// How it ended, if it has.
    pub(crate) fn try_wait(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.child.try_wait().with_context(|| self.name.clone())?;
        if status.is_some() {
            self.forget();
        }
        Ok(status)
    }

    fn forget(&mut self) {
        running().retain(|pid| *pid != self.pid);
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.forget();
    }
}

/// Lines of a pipe as they come.
pub(crate) fn lines(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                // Nobody listens any more: read on, so that the writer is not held up.
                let _ = sender.send(line);
            }
        });
    }
    receiver
}

/// On SIGINT, SIGTERM and SIGHUP, ends all our processes and then this one.
pub(crate) fn end_with_us() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            stop(128 + signal);
        }
    });
}

/// Ends this process when whoever holds the other end of standard input is gone.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        stop(INTERRUPTED);
    });
}

/// This process is the one the user started, and has the last word when it is interrupted.
pub(crate) fn say_when_interrupted() {
    OUTERMOST.store(true, Ordering::SeqCst);
}

/// Keeps the writing end of a child's standard input: the child ends when we do.
pub(crate) fn hold_leash(pipe: Option<ChildStdin>) {
    *leash() = pipe;
}

/// While a signal is being worked off the main thread has nothing more to say.
pub(crate) fn park_when_stopping() {
    while STOPPING.load(Ordering::SeqCst) {
        thread::park();
    }
}

fn stop(code: i32) -> ! {
    say::mute();
    let pids = {
        let running = running();
        STOPPING.store(true, Ordering::SeqCst);
        running.clone()
    };
    drop(leash().take());
    for pid in &pids {
        // It may have ended just now; then nothing else has its number before its owner asks for the status.
        let _ = kill_process(*pid, Signal::TERM);
    }
    let deadline = Instant::now() + GRACE;
    while !running().is_empty() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
    for pid in running().iter() {
        let _ = kill_process(*pid, Signal::KILL);
    }
    if OUTERMOST.load(Ordering::SeqCst) {
        say::last_words("\ninterrupted, nothing left behind");
    }
    std::process::exit(code)
}

fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn leash() -> MutexGuard<'static, Option<ChildStdin>> {
    LEASH.lock().unwrap_or_else(PoisonError::into_inner)
}

static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());
static LEASH: Mutex<Option<ChildStdin>> = Mutex::new(None);
static STOPPING: AtomicBool = AtomicBool::new(false);
static OUTERMOST: AtomicBool = AtomicBool::new(false);
/// Between two looks at a process.
const POLL: Duration = Duration::from_millis(5);
/// What processes get to end by themselves.
const GRACE: Duration = Duration::from_secs(3);
/// Exit status of a process ended by SIGINT.
const INTERRUPTED: i32 = 130;
