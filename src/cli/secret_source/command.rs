//! The first line of what a command prints.

use std::io::{self, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cli::private_file::Kind;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus as OurStatus;
use crate::secret::Secret;

/// Runs `/bin/sh -c COMMAND` without standard input and kills it after `limit`. It stays in our process group: it may ask
/// for a passphrase on the terminal, and hears Ctrl-C there. Its messages go where ours go.
pub(in crate::cli) fn first_line(kind: &Kind, command: &Secret, limit: Duration) -> Result<Secret, Error> {
    let failed = |how: &str| {
        Error::new(
            OurStatus::Failure,
            format!("the command for the {} {how}", kind.name),
        )
        .hint("run it by hand: the first line it prints must be the secret")
    };
    let broken = |error: io::Error| failed(&format!("cannot be run: {}", plain_io(&error)));
    let mut child = Command::new("/bin/sh")
        .arg("-c")
        .arg(command.expose())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let deadline = Instant::now() + limit;
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        let kind = *kind;
        // a thread, because a pipe has no time limit; it ends when the pipe is closed
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let line = kind.line(&mut output, "standard output of the command");
            // whoever waited may have gone
            drop(sender.send(line));
            // a command that still writes would be stopped by a closed pipe
            drop(io::copy(&mut output, &mut io::sink()));
        });
    }
    let Some(status) = wait(&mut child, deadline).map_err(broken)? else {
        child.kill().and_then(|()| child.wait()).map_err(broken)?;
        return Err(failed(&format!("took longer than {} s", limit.as_secs_f32())));
    };
    if !status.success() {
        return Err(failed(&ending(status)));
    }
    let left = deadline.saturating_duration_since(Instant::now()).max(PAUSE);
    let line = receiver
        .recv_timeout(left)
        .map_err(|_| failed("has ended, but something it started still holds its output"))??;
    if line.is_empty() {
        return Err(failed("printed nothing in its first line"));
    }
    Ok(line)
}

fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(PAUSE);
    }
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit status {code}"),
        None => format!("was ended by signal {}", status.signal().unwrap_or_default()),
    }
}

/// A password manager that has to be unlocked takes its time.
pub(in crate::cli) const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
