//! One run of the script: its process, its limits, what it inherits.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::platform::SetupError;
use crate::platform::linux::process;

/// A command with the variables of its environment. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCall {
    command: String,
    environment: BTreeMap<String, String>,
}

impl ScriptCall {
    /// A call of `command`, which `/bin/sh -c` runs, with the variable `reason` beside those of `environment`.
    pub fn new(command: &str, reason: &str, mut environment: BTreeMap<String, String>) -> Self {
        environment.insert("reason".to_owned(), reason.to_owned());
        Self {
            command: command.to_owned(),
            environment,
        }
    }

    /// Fails when the environment, ours and the inherited one, is more than a process may be given.
    pub fn check_size(&self) -> Result<(), SetupError> {
        let inherited = std::env::vars_os().map(|(name, value)| name.len() + value.len());
        let own = self
            .environment
            .iter()
            .map(|(name, value)| name.len() + value.len());
        // "=", the NUL and a pointer to each
        let size: usize = inherited.chain(own).map(|len| len + 10).sum();
        if size <= ENVIRONMENT_LIMIT {
            return Ok(());
        }
        Err(SetupError::TooMuch { size })
    }

    /// The `reason` it is called with.
    pub fn reason(&self) -> &str {
        self.environment.get("reason").map_or("", String::as_str)
    }

    /// Runs it and waits, at most `limit`; then its process group is killed. Fails with [`SetupError::Script`] when the
    /// script does, and with another error when it cannot be run at all.
    pub fn run_blocking(&self, limit: Duration) -> Result<(), SetupError> {
        let mut child = self
            .build()
            .and_then(|mut command| command.spawn())
            .map_err(|error| self.cannot_run(error))?;
        let deadline = Instant::now() + limit;
        let status = loop {
            match child.try_wait().map_err(|error| self.cannot_run(error))? {
                Some(status) => break Some(status),
                None if Instant::now() >= deadline => break None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        if status.is_none() {
            process::kill_group(child.id());
            child.wait().map_err(|error| self.cannot_run(error))?;
        }
        self.judge(status, limit)
    }

    /// As [`ScriptCall::run_blocking`], leaving the thread free meanwhile. When the future is dropped before its end,
    /// the script's process group is killed.
    pub async fn run(&self, limit: Duration) -> Result<(), SetupError> {
        let child = self
            .build()
            .and_then(|command| tokio::process::Command::from(command).spawn())
            .map_err(|error| self.cannot_run(error))?;
        let mut running = Running(child);
        let status = match tokio::time::timeout(limit, running.0.wait()).await {
            Ok(status) => Some(status.map_err(|error| self.cannot_run(error))?),
            Err(_) => {
                running.kill();
                running.0.wait().await.map_err(|error| self.cannot_run(error))?;
                None
            }
        };
        self.judge(status, limit)
    }

    fn build(&self) -> io::Result<Command> {
        shell(&self.command, &self.environment)
    }

    fn cannot_run(&self, error: io::Error) -> SetupError {
        SetupError::from_io(
            format!("cannot run the script at reason={}", self.reason()),
            error,
        )
    }

    fn judge(&self, status: Option<ExitStatus>, limit: Duration) -> Result<(), SetupError> {
        let ran = !status.is_some_and(|status| matches!(status.code(), Some(CANNOT_START | NOT_FOUND)));
        let status = match status {
            Some(status) if status.success() => return Ok(()),
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => format!("exit status {code}"),
                (None, signal) => format!("signal {}", signal.unwrap_or_default()),
            },
            None => format!("SIGKILL after {} s", limit.as_secs_f32()),
        };
        Err(SetupError::Script {
            reason: self.reason().to_owned(),
            status,
            ran,
        })
    }
}

/// A command line to start by the shell: own group, no stdin, all output to our stderr. Descriptors of ours are all
/// close-on-exec.
pub(in crate::platform) fn shell(line: &str, environment: &BTreeMap<String, String>) -> io::Result<Command> {
    let stderr = || io::stderr().as_fd().try_clone_to_owned().map(Stdio::from);
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(line)
        .stdin(Stdio::null())
        .stdout(stderr()?)
        .stderr(stderr()?)
        .process_group(0);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_ours) {
            command.env_remove(name);
        }
    }
    command.envs(environment);
    Ok(command)
}

/// A script that does not outlive its future.
struct Running(tokio::process::Child);

impl Running {
    /// Kills the group. A child that was waited for has no number any more: its group may go on, and the number may
    /// belong to somebody else by now.
    fn kill(&self) {
        if let Some(id) = self.0.id() {
            process::kill_group(id);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.id().is_none() {
            return;
        }
        self.kill();
        // Death by SIGKILL takes a moment, unless the kernel holds the process; then tokio reaps it later.
        let deadline = Instant::now() + REAP_LIMIT;
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Variables that must not be inherited: those of the contract, because "unset" has a meaning there, and secrets.
fn is_ours(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "reason",
        "VPNGATEWAY",
        "VPNPID",
        "TUNDEV",
        "TUNIDX",
        "LOG_LEVEL",
        "IDLE_TIMEOUT",
        "VPNFD",
        "VPNC_COOKIE",
        "VPNC_PASSWORD",
        "VPNC_TOKEN_SECRET",
    ];
    NAMES.contains(&name) || name.starts_with("INTERNAL_IP") || name.starts_with("CISCO_")
}

/// How a shell ends when it may not start the command.
const CANNOT_START: i32 = 126;

/// How a shell ends when there is no such command.
const NOT_FOUND: i32 = 127;

/// How long one call of a script may take before its process group is killed.
pub const SCRIPT_LIMIT: Duration = Duration::from_secs(60);

/// The same for `disconnect`, where the user waits for the end.
pub const DISCONNECT_LIMIT: Duration = Duration::from_secs(20);

/// Octets of a whole environment. The kernel takes a quarter of the stack limit, usually 2 MiB, arguments included.
const ENVIRONMENT_LIMIT: usize = 1536 * 1024;

/// How long a dropped future waits for its killed script to be gone.
const REAP_LIMIT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_without_end_is_killed_with_its_children() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let file = dir.path().join("alive");
        let command = format!("(sleep 1; touch {}) & sleep 20", file.display());
        let call = ScriptCall::new(&command, "connect", BTreeMap::new());
        let started = Instant::now();
        let error = call.run_blocking(Duration::from_millis(200)).expect_err("killed");
        assert_eq!(
            error.to_string(),
            "script ended with SIGKILL after 0.2 s at reason=connect"
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let limited = call.run(Duration::from_millis(200));
        runtime.expect("runtime").block_on(limited).expect_err("killed");
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(1500));
        assert!(!file.exists(), "the child in the background lives on");
    }

    #[test]
    fn a_dropped_future_takes_its_script_along() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = |name| dir.path().join(name);
        let command = format!(
            "(sleep 1; touch {}) & echo $$ > {}; sleep 30",
            path("alive").display(),
            path("pid").display()
        );
        let call = ScriptCall::new(&command, "disconnect", BTreeMap::new());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let pid = runtime.expect("runtime").block_on(async {
            let started = async {
                loop {
                    let text = std::fs::read_to_string(path("pid")).unwrap_or_default();
                    if let Ok(pid) = text.trim().parse::<u32>() {
                        return pid;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                result = call.run(SCRIPT_LIMIT) => panic!("the script ended by itself: {result:?}"),
                pid = started => pid,
            }
        });
        assert_eq!(process::start_time(pid), None, "killed and reaped");
        std::thread::sleep(Duration::from_millis(1300));
        assert!(!path("alive").exists(), "the whole group");
    }

    #[test]
    fn failures_are_told_in_words() {
        let run = |command| {
            ScriptCall::new(command, "reconnect", BTreeMap::new())
                .run_blocking(SCRIPT_LIMIT)
                .expect_err("fails")
                .to_string()
        };
        assert_eq!(
            run("exit 3"),
            "script ended with exit status 3 at reason=reconnect"
        );
        assert_eq!(
            run("kill -9 $$"),
            "script ended with signal 9 at reason=reconnect"
        );
    }

    #[test]
    fn the_script_gets_no_descriptor_of_ours_and_no_stdin() {
        use std::os::fd::AsRawFd;
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
        let name = std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).expect("name");
        let command = format!(
            "test -z \"$(cat)\" && ! ls -l /proc/$$/fd | grep -F '{}'",
            name.display()
        );
        ScriptCall::new(&command, "connect", BTreeMap::new())
            .run_blocking(SCRIPT_LIMIT)
            .expect("nothing inherited");
    }

    #[test]
    fn variables_of_the_contract_and_secrets_are_not_inherited() {
        for name in [
            "reason",
            "CISCO_SPLIT_INC",
            "CISCO_BANNER",
            "INTERNAL_IP6_ADDRESS",
            "VPNFD",
        ] {
            assert!(is_ours(name), "{name}");
        }
        assert!(is_ours("VPNC_COOKIE") && is_ours("VPNC_PASSWORD") && is_ours("VPNC_TOKEN_SECRET"));
        assert!(!is_ours("PATH") && !is_ours("HOME") && !is_ours("LANG"));
    }
}
