//! Namespaces of our own: network, mounts, and for other users than root a user namespace.
//!
//! What is changed in them is gone when the last process in them ends, however it ends.

use std::ffi::OsStr;
use std::fmt;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::children::{self, Owned};
use crate::{say, tools};

/// How to get namespaces on this machine.
#[derive(Debug)]
pub(crate) struct Sandbox {
    options: Vec<&'static str>,
}

/// Hidden chore: run a command inside.
pub(crate) const INSIDE: &str = "inside-sandbox";

impl Sandbox {
    /// Finds out what is allowed. With `alone`, processes inside see no others and all end with the first of them,
    /// where that is possible.
    pub(crate) fn probe(alone: bool) -> Result<Self> {
        let mut refusals = Vec::new();
        for user in [&[][..], USER] {
            if user.is_empty() && !tools::is_root() {
                continue;
            }
            for own_processes in [PROCESSES, &[]] {
                if !alone && !own_processes.is_empty() {
                    continue;
                }
                let options: Vec<_> = [user, NETWORK, own_processes].concat();
                match attempt(&options) {
                    Ok(()) => return Ok(Self { options }),
                    Err(error) => refusals.push(format!("unshare {}: {error:#}", options.join(" "))),
                }
            }
        }
        bail!(
            "no network namespaces can be made here, which needs root (CAP_SYS_ADMIN) or user namespaces\n  {}\n\
             try: run it as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian), \
             sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)",
            refusals.join("\n  ")
        )
    }

    /// A chore of this program, to be run inside.
    pub(crate) fn command(&self, arguments: &[&OsStr]) -> Result<Command> {
        let ourselves = std::env::current_exe().context("this program cannot be found")?;
        let mut command = Command::new("unshare");
        command
            .args(&self.options)
            .arg("--")
            .arg(ourselves)
            .args(arguments);
        Ok(command)
    }

    /// Another program, to be run inside, with what is set for it.
    pub(crate) fn enclose(&self, command: &Command) -> Result<Command> {
        let mut arguments = vec![OsStr::new(INSIDE), command.get_program()];
        arguments.extend(command.get_args());
        let mut enclosed = self.command(&arguments)?;
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => enclosed.env(name, value),
                None => enclosed.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            enclosed.current_dir(folder);
        }
        Ok(enclosed)
    }
}

impl fmt::Display for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unshare {}", self.options.join(" "))
    }
}

/// Starts what [`Sandbox`] made. It ends when we do.
pub(crate) fn spawn(command: &mut Command) -> Result<Owned> {
    let mut inside = Owned::spawn(command.stdin(Stdio::piped()))?;
    children::hold_leash(inside.child().stdin.take());
    Ok(inside)
}

/// Makes the inside fit to live in. To be called first thing in a chore that runs there.
pub(crate) fn settle() -> Result<()> {
    children::end_with_parent();
    // /run of the machine belongs to others; names of namespaces and state of the client go to this one.
    run("mount", &["-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])?;
    run("ip", &["link", "set", "lo", "up"])?;
    Ok(())
}

/// The chore behind [`INSIDE`].
pub(crate) fn inside(arguments: &[String]) -> Result<ExitCode> {
    settle()?;
    let (program, rest) = arguments.split_first().context("what is to be run?")?;
    let status = Owned::spawn(Command::new(program).args(rest).stdin(Stdio::null()))?.wait()?;
    if status.code().is_none() {
        say::note(&format!("{program}: {status}"));
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

/// Runs a program that must succeed and gives what it prints.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be started"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{program} {}: {}", arguments.join(" "), complaint.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn attempt(options: &[&str]) -> Result<()> {
    let script = "mount -t tmpfs tmpfs /run && ip link set lo up";
    let arguments = [options, &["--", "sh", "-c", script]].concat();
    run("unshare", &arguments).map(drop)
}

/// The child of `unshare` must not outlive it.
const NETWORK: &[&str] = &["--net", "--mount", "--fork", "--kill-child"];
const PROCESSES: &[&str] = &["--pid", "--mount-proc"];
const USER: &[&str] = &["--user", "--map-root-user"];
