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

/// What must be possible in a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// All processes inside end with the first of them, where that is possible.
    Lonely,
    /// There is more than one user.
    ManyUsers,
}

/// Hidden chore: run a command inside.
pub(crate) const INSIDE: &str = "inside-sandbox";

impl Sandbox {
    /// Finds out what is allowed.
    pub(crate) fn probe(needs: Needs) -> Result<Self> {
        let mut refusals: Vec<String> = Vec::new();
        for options in needs.ways() {
            match attempt(&options) {
                Ok(()) => return Ok(Self { options }),
                Err(refusal) if refusals.contains(&refusal) => {}
                Err(refusal) => refusals.push(refusal),
            }
        }
        bail!(
            "the namespaces needed cannot be made here ({})\ntry: {}",
            refusals.join("; "),
            needs.advice()
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

impl Needs {
    /// Options of `unshare` that would do, best first.
    fn ways(self) -> Vec<Vec<&'static str>> {
        let mut ways = Vec::new();
        let users = match self {
            Self::Lonely => [&[][..], USER],
            Self::ManyUsers => [&[], USERS],
        };
        for user in users {
            // without a user namespace of our own only root may do any of it
            if user.is_empty() && !tools::is_root() {
                continue;
            }
            if self == Self::Lonely {
                // not in a container that does not let us mount /proc
                ways.push([user, NETWORK, PROCESSES].concat());
            }
            ways.push([user, NETWORK].concat());
        }
        ways
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Lonely => {
                "root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone must be 1 and \
                 user.max_user_namespaces above 0 (Ubuntu: kernel.apparmor_restrict_unprivileged_userns 0)"
            }
            Self::ManyUsers => {
                "root; or user namespaces with several users: sudo apt-get install uidmap, and \
                 sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER"
            }
        }
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

/// Fails with the complaint, without the command.
fn attempt(options: &[&str]) -> Result<(), String> {
    let script = "mount -t tmpfs tmpfs /run && ip link set lo up";
    let arguments = [options, &["--", "sh", "-c", script]].concat();
    run("unshare", &arguments).map(drop).map_err(|error| {
        let text = format!("{error:#}");
        let complaint = text.split_once(&format!("{script}: "));
        complaint.map_or(text.clone(), |(_, complaint)| complaint.replace('\n', ", "))
    })
}

/// The child of `unshare` must not outlive it.
const NETWORK: &[&str] = &["--net", "--mount", "--fork", "--kill-child"];
const PROCESSES: &[&str] = &["--pid", "--mount-proc"];
/// Needs a range of numbers for the user in `/etc/subuid` and `/etc/subgid`.
const USERS: &[&str] = &["--user", "--map-root-user", "--map-auto"];
const USER: &[&str] = &["--user", "--map-root-user"];
