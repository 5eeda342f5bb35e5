//! Becoming two processes, and leaving the terminal.

use std::fs::{self, File};
use std::io;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, setsid, waitpid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

/// Which of the two a process is.
#[derive(Debug)]
pub enum Side {
    /// The first one.
    Parent(Child),
    /// The new one.
    Child,
}

/// The new process, seen from the first.
#[derive(Debug)]
pub struct Child(pub(super) Pid);

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Status(u8),
    /// By this signal.
    Signal(u8),
}

/// Makes a second process that goes on from here. Refused when there are several threads: only one of them would live
/// on, and whatever the others hold would be held for good.
#[expect(unsafe_code, reason = "fork has no safe form in std")]
pub fn fork() -> io::Result<Side> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("the program has several threads"));
    }
    // SAFETY: there is one thread, which lives on in both processes.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        number => Ok(Pid::from_raw(number).map_or(Side::Child, |pid| Side::Parent(Child(pid)))),
    }
}

/// Leaves terminal and session; standard input, output and error lead nowhere from now on. The folder is left too
/// unless it is still needed.
pub fn detach(keep_folder: bool) -> io::Result<()> {
    setsid()?;
    if !keep_folder {
        std::env::set_current_dir("/")?;
    }
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nowhere)?;
    dup2_stdout(&nowhere)?;
    dup2_stderr(&nowhere)?;
    Ok(())
}

impl Child {
    /// Its number.
    pub fn number(&self) -> i32 {
        self.0.as_raw_nonzero().get()
    }

    /// Asks it to end. One that has ended does not mind.
    pub fn terminate(&self) {
        let _: rustix::io::Result<()> = kill_process(self.0, Signal::TERM);
    }

    /// Tells it that the terminal has gone.
    pub fn hang_up(&self) {
        let _: rustix::io::Result<()> = kill_process(self.0, Signal::HUP);
    }

    /// How it ended; `None` while it lives.
    pub fn ended(&self) -> io::Result<Option<Ended>> {
        let Some((_, status)) = waitpid(Some(self.0), WaitOptions::NOHANG)? else {
            return Ok(None);
        };
        let number = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
        Ok(match (status.exit_status(), status.terminating_signal()) {
            (Some(status), _) => Some(Ended::Status(number(status))),
            (None, Some(signal)) => Some(Ended::Signal(number(signal))),
            (None, None) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_threads_are_refused() {
        let other = std::thread::spawn(std::thread::park);
        let error = fork().expect_err("two threads at least");
        assert_eq!(error.to_string(), "the program has several threads");
        other.thread().unpark();
        other.join().expect("no panic");
    }
}
