//! Network set-up by a vpnc-script: a command line that finds everything in its environment.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::linux::journal::Journal;
use super::linux::process;
use super::linux::undo::{Undo, UndoLog};
use crate::config::NetworkConfig;
use crate::platform::{Link, NetworkSetup, SetupError, SetupFuture};

/// A command with the variables of its environment. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCall {
    command: String,
    environment: BTreeMap<String, String>,
}

impl ScriptCall {
    /// A call of `command`, which `/bin/sh -c` runs.
    pub fn new<'a>(command: &str, environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            command: command.to_owned(),
            environment: environment.into_iter().map(owned).collect(),
        }
    }

    /// Variables that are set beside the inherited ones.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Runs it and waits, at most [`SCRIPT_LIMIT`]. A failing script is logged, not an error.
    pub fn run_blocking(&self) -> io::Result<()> {
        let mut child = self.build()?.spawn()?;
        let deadline = Instant::now() + SCRIPT_LIMIT;
        let status = loop {
            match child.try_wait()? {
                Some(status) => break Some(status),
                None if Instant::now() >= deadline => break None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        if status.is_none() {
            process::kill_group(child.id());
            child.wait()?;
        }
        if let Err(error) = judge(&self.reason(), status) {
            tracing::warn!("{error}");
        }
        Ok(())
    }

    async fn run(&self, limit: Duration) -> Result<(), SetupError> {
        let spawn = |command| tokio::process::Command::from(command).spawn();
        let mut child = self.build().and_then(spawn).map_err(|error| {
            SetupError::from_io(
                format!("cannot run the script at reason={}", self.reason()),
                error,
            )
        })?;
        let id = child.id();
        let status = match tokio::time::timeout(limit, child.wait()).await {
            Ok(status) => Some(
                status
                    .map_err(|error| SetupError::from_io("cannot wait for the script".to_owned(), error))?,
            ),
            Err(_) => {
                if let Some(id) = id {
                    process::kill_group(id);
                }
                let _ = child.wait().await;
                None
            }
        };
        judge(&self.reason(), status)
    }

    /// The process to start: own group, no stdin, all output to our stderr. Descriptors of ours are all close-on-exec.
    fn build(&self) -> io::Result<Command> {
        let stderr = || io::stderr().as_fd().try_clone_to_owned().map(Stdio::from);
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(&self.command)
            .stdin(Stdio::null())
            .stdout(stderr()?)
            .stderr(stderr()?)
            .process_group(0);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_ours) {
                command.env_remove(name);
            }
        }
        command.envs(&self.environment);
        Ok(command)
    }

    fn reason(&self) -> String {
        self.environment.get("reason").cloned().unwrap_or_default()
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

fn judge(reason: &str, status: Option<ExitStatus>) -> Result<(), SetupError> {
    let status = match status {
        Some(status) if status.success() => return Ok(()),
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or_default()),
        },
        None => format!("no end within {} s", SCRIPT_LIMIT.as_secs()),
    };
    Err(SetupError::Script {
        reason: reason.to_owned(),
        status,
    })
}

/// Settings of the set-up by script.
#[derive(Debug, Clone)]
pub struct ScriptOptions {
    /// Command line for `/bin/sh -c`.
    pub command: String,
    /// Outer address of the gateway for `pre-init`, if known by then.
    pub gateway: Option<IpAddr>,
    /// Interface chosen by option, for `pre-init`.
    pub interface: Option<String>,
    /// Verbosity for the script: 0 error, 1 info, 2 debug, 3 trace.
    pub log_level: u8,
    /// Name of this instance; names the undo journal.
    pub name: String,
    /// Folder of the undo journal. With it the next start runs `disconnect` for a process that was killed.
    pub journal_dir: Option<PathBuf>,
}

/// Sets the machine up by a vpnc-script. A script that fails is logged and the tunnel goes on.
#[derive(Debug)]
pub struct ScriptSetup {
    options: ScriptOptions,
    connected: Option<Connected>,
}

#[derive(Debug)]
struct Connected {
    environment: BTreeMap<String, String>,
    log: UndoLog,
}

impl ScriptSetup {
    /// A set-up that has not run the script yet.
    pub fn new(options: ScriptOptions) -> Self {
        Self {
            options,
            connected: None,
        }
    }

    async fn call(
        &self,
        reason: &'static str,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), SetupError> {
        let call = self.script_call(reason, environment);
        tracing::debug!(reason, command = %call.command, "script starts");
        match call.run(SCRIPT_LIMIT).await {
            Err(error @ SetupError::Script { .. }) => {
                tracing::warn!("{error}");
                Ok(())
            }
            other => other,
        }
    }

    fn script_call(&self, reason: &'static str, environment: &BTreeMap<String, String>) -> ScriptCall {
        let mut environment = environment.clone();
        environment.insert("reason".to_owned(), reason.to_owned());
        ScriptCall {
            command: self.options.command.clone(),
            environment,
        }
    }

    async fn connect(&mut self, environment: BTreeMap<String, String>) -> Result<(), SetupError> {
        if self
            .connected
            .as_ref()
            .is_some_and(|connected| connected.environment == environment)
        {
            return Ok(());
        }
        // The contract knows no "changed": the old state is undone with its own environment first.
        self.disconnect().await?;
        let mut log = UndoLog::new(self.journal()?);
        let call = self.script_call("disconnect", &environment);
        log.make(Undo::Script { call }, || Ok(()))
            .map_err(|error| SetupError::from_io("cannot write the undo journal".to_owned(), error))?;
        self.connected = Some(Connected {
            environment: environment.clone(),
            log,
        });
        self.call("connect", &environment).await
    }

    async fn disconnect(&mut self) -> Result<(), SetupError> {
        let Some(mut connected) = self.connected.take() else {
            return Ok(());
        };
        self.call("disconnect", &connected.environment).await?;
        connected.log.forget();
        Ok(())
    }

    async fn again(&self, reason: &'static str) -> Result<(), SetupError> {
        match &self.connected {
            Some(connected) => self.call(reason, &connected.environment).await,
            None => Ok(()),
        }
    }

    fn journal(&self) -> Result<Option<Journal>, SetupError> {
        let Some(dir) = &self.options.journal_dir else {
            return Ok(None);
        };
        match Journal::create(dir, &self.options.name) {
            Ok(journal) => Ok(Some(journal)),
            Err(error) => Err(SetupError::from_io(
                format!("cannot write the undo journal in {}", dir.display()),
                error,
            )),
        }
    }
}

impl NetworkSetup for ScriptSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        let mut environment = base(self.options.log_level);
        if let Some(gateway) = self.options.gateway {
            environment.insert("VPNGATEWAY".to_owned(), gateway.to_string());
        }
        if let Some(interface) = &self.options.interface {
            environment.insert("TUNDEV".to_owned(), interface.clone());
        }
        Box::pin(async move { self.call("pre-init", &environment).await })
    }

    fn apply<'a>(&'a mut self, link: &'a Link, config: &'a NetworkConfig) -> SetupFuture<'a> {
        let mut environment = base(self.options.log_level);
        environment.extend(variables(link, config));
        Box::pin(self.connect(environment))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        Box::pin(self.again("attempt-reconnect"))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(self.again("reconnect"))
    }

    fn revert(&mut self) -> SetupFuture<'_> {
        Box::pin(self.disconnect())
    }
}

/// Variables that every call has, beside `reason`.
fn base(log_level: u8) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("VPNPID".to_owned(), std::process::id().to_string()),
        ("LOG_LEVEL".to_owned(), log_level.min(3).to_string()),
    ])
}

/// The configuration as the script reads it (`networkmanager.md §11`). What has no value is not there.
fn variables(link: &Link, config: &NetworkConfig) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| {
        if !value.is_empty() {
            all.insert(name.to_owned(), value);
        }
    };
    let domains = clean_domains(&config.domains);
    set("VPNGATEWAY", link.gateway.to_string());
    set("TUNDEV", link.interface.clone());
    set("INTERNAL_IP4_ADDRESS", config.address.to_string());
    set("INTERNAL_IP4_MTU", link.mtu.to_string());
    if let Some(net) = config
        .prefix_len
        .and_then(|len| Ipv4Net::new(config.address, len).ok())
    {
        set("INTERNAL_IP4_NETMASK", net.netmask().to_string());
        set("INTERNAL_IP4_NETMASKLEN", net.prefix_len().to_string());
        set("INTERNAL_IP4_NETADDR", net.network().to_string());
    }
    set("INTERNAL_IP4_DNS", first_three(&config.dns));
    set("INTERNAL_IP4_NBNS", first_three(&config.wins));
    set("CISCO_DEF_DOMAIN", domains.join(" "));
    set("CISCO_CSTP_OPTIONS", option_lines(config, &domains));
    for (prefix, nets) in [
        ("CISCO_SPLIT_INC", &config.include),
        ("CISCO_SPLIT_EXC", &config.exclude),
    ] {
        if !nets.is_empty() {
            set(prefix, nets.len().to_string());
        }
        for (index, net) in nets.iter().enumerate() {
            set(&format!("{prefix}_{index}_ADDR"), net.network().to_string());
            set(&format!("{prefix}_{index}_MASK"), net.netmask().to_string());
            set(&format!("{prefix}_{index}_MASKLEN"), net.prefix_len().to_string());
        }
    }
    all
}

/// The list for `CISCO_CSTP_OPTIONS`, one `key=value` a line, nothing left out (`juniper-nc.md §18.2`).
fn option_lines(config: &NetworkConfig, domains: &[&str]) -> String {
    let mut lines = vec![
        format!("ipaddr={}", config.address),
        format!("netmask={}", config.netmask),
    ];
    lines.extend(config.dns.iter().map(|server| format!("DNS={server}")));
    if !domains.is_empty() {
        lines.push(format!("search={}", domains.join(",")));
    }
    lines.extend(config.wins.iter().map(|server| format!("WINS={server}")));
    let nets = [
        ("split-include", &config.include),
        ("split-exclude", &config.exclude),
    ];
    for (key, nets) in nets {
        let line = |net: &Ipv4Net| format!("{key}={}/{}", net.network(), net.netmask());
        lines.extend(nets.iter().map(line));
    }
    lines.join("\n")
}

/// Scripts take three servers and get no more (R67).
fn first_three(servers: &[Ipv4Addr]) -> String {
    let words: Vec<_> = servers.iter().take(3).map(Ipv4Addr::to_string).collect();
    words.join(" ")
}

/// Domains that a shell script can read without harm. A leading `-` would look like an option.
fn clean_domains(domains: &[String]) -> Vec<&str> {
    let is_clean = |domain: &str| {
        !domain.is_empty()
            && !domain.starts_with('-')
            && domain
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    let (clean, odd): (Vec<&str>, Vec<&str>) = domains
        .iter()
        .map(String::as_str)
        .partition(|domain| is_clean(domain));
    for domain in odd {
        tracing::warn!(
            ?domain,
            "search domain with odd characters is not given to the script"
        );
    }
    clean
}

/// How long one call of a script may take before its process group is killed.
pub const SCRIPT_LIMIT: Duration = Duration::from_secs(60);
