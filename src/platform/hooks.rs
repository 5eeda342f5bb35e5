//! Commands of the user at turns of the tunnel's life, around any set-up.
//!
//! `up` and `reconnect` run beside the tunnel, one after another, so that no packet waits for them. `down` runs before
//! anything is undone, and the end waits for it. A command that fails is told and changes nothing. After a kill `down`
//! is not made up for: it is no part of the undo journal.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::script::{self, SCRIPT_LIMIT, ScriptCall};
use super::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture};
use crate::config::NetworkConfig;

/// The commands, for `/bin/sh -c`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HookCommands {
    /// After the tunnel was set up for the first time.
    pub up: Option<String>,
    /// Before it is taken down.
    pub down: Option<String>,
    /// After each reconnect.
    pub reconnect: Option<String>,
}

/// A set-up with commands of the user around it. They find what a vpnc-script finds in its environment.
pub struct Hooked {
    inner: Box<dyn NetworkSetup>,
    commands: HookCommands,
    log_level: u8,
    /// Of the configuration in use, once the tunnel is up.
    environment: Option<BTreeMap<String, String>>,
    beside: Option<Beside>,
}

/// Commands that run beside the tunnel.
struct Beside {
    calls: Sender<ScriptCall>,
    runner: JoinHandle<()>,
}

impl HookCommands {
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Hooked {
    /// Puts the commands around a set-up. `log_level` is that of scripts: 0 error, 1 info, 2 debug, 3 trace.
    pub fn new(inner: Box<dyn NetworkSetup>, commands: HookCommands, log_level: u8) -> Self {
        Self {
            inner,
            commands,
            log_level,
            environment: None,
            beside: None,
        }
    }

    async fn apply_inner(&mut self, interface: &Interface, config: &NetworkConfig) -> Result<(), SetupError> {
        self.inner.apply(interface, config).await?;
        let environment = script::environment(interface, config, self.log_level);
        if self.environment.replace(environment).is_none() {
            self.run_beside("connect", self.commands.up.clone());
        }
        Ok(())
    }

    async fn reconnected_inner(&mut self) -> Result<(), SetupError> {
        self.inner.reconnected().await?;
        self.run_beside("reconnect", self.commands.reconnect.clone());
        Ok(())
    }

    async fn revert_inner(&mut self, farewell: Farewell) -> Result<(), SetupError> {
        // taken first: when this is cut short and called again, the set-up is reverted at once
        let environment = self.environment.take();
        if let Some(beside) = self.beside.take() {
            beside.end().await;
        }
        if let (Some(environment), Some(command)) = (environment, &self.commands.down) {
            let call = ScriptCall::new(command, "disconnect", environment);
            report(&call, call.run(DOWN_LIMIT).await);
        }
        self.inner.revert(farewell).await
    }

    fn run_beside(&mut self, reason: &str, command: Option<String>) {
        let (Some(command), Some(environment)) = (command, &self.environment) else {
            return;
        };
        let call = ScriptCall::new(&command, reason, environment.clone());
        let beside = self.beside.get_or_insert_with(Beside::new);
        if beside.calls.try_send(call).is_err() {
            tracing::warn!("{}: the one before still runs, left out", option(reason));
        }
    }
}

impl Beside {
    /// One runs and one waits; more would only be late.
    fn new() -> Self {
        let (calls, mut waiting) = mpsc::channel::<ScriptCall>(1);
        let runner = tokio::spawn(async move {
            while let Some(call) = waiting.recv().await {
                report(&call, call.run(SCRIPT_LIMIT).await);
            }
        });
        Self { calls, runner }
    }

    /// Leaves the one that runs a moment, then kills it.
    async fn end(self) {
        let Self { calls, mut runner } = self;
        drop(calls);
        if timeout(PATIENCE, &mut runner).await.is_err() {
            tracing::warn!("a hook still runs at the end of the tunnel and is killed");
            runner.abort();
            // it is cancelled then, which is no news
            let _ = runner.await;
        }
    }
}

impl NetworkSetup for Hooked {
    fn prepare(&mut self) -> SetupFuture<'_> {
        self.inner.prepare()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(self.apply_inner(interface, config))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.inner.attempt_reconnect()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(self.reconnected_inner())
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.inner.network_changed()
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        Box::pin(self.revert_inner(farewell))
    }
}

fn report(call: &ScriptCall, result: Result<(), SetupError>) {
    let option = option(call.reason());
    match result {
        Ok(()) => tracing::debug!("{option} is done"),
        Err(SetupError::Script { status, .. }) => tracing::warn!("{option} ended with {status}"),
        Err(error) => tracing::warn!("{option}: {error}"),
    }
}

/// The option that gave the command with this reason.
fn option(reason: &str) -> &'static str {
    match reason {
        "connect" => "--on-up",
        "disconnect" => "--on-down",
        _ => "--on-reconnect",
    }
}

/// What a command beside the tunnel gets when that ends.
const PATIENCE: Duration = Duration::from_millis(500);

/// `--on-down` holds up the undoing; whoever asked for the end waits.
const DOWN_LIMIT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Instant;

    use super::*;
    use crate::config::testing::config;
    use crate::platform::fake::{Call, RecordingSetup};

    fn interface() -> Interface {
        Interface {
            name: "tun7".to_owned(),
            gateway: [203, 0, 113, 5].into(),
            mtu: 1390,
        }
    }

    fn noting(file: &Path, word: &str) -> Option<String> {
        Some(format!("echo {word} $reason $TUNDEV >> {}", file.display()))
    }

    async fn wait_for(file: &Path, lines: usize) -> String {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let text = fs::read_to_string(file).unwrap_or_default();
            if text.lines().count() >= lines || Instant::now() > deadline {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn commands_run_after_setting_up_after_a_reconnect_and_before_undoing() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("notes");
        let record = RecordingSetup::new();
        let commands = HookCommands {
            up: noting(&file, "up"),
            down: noting(&file, "down"),
            reconnect: noting(&file, "again"),
        };
        let mut setup = Hooked::new(Box::new(record.clone()), commands, 1);
        let config = config(&["10.0.0.0/8"], &[]);
        setup.prepare().await.expect("recorded");
        setup.apply(&interface(), &config).await.expect("recorded");
        assert_eq!(wait_for(&file, 1).await, "up connect tun7\n");
        setup.apply(&interface(), &config).await.expect("recorded");
        setup.attempt_reconnect().await.expect("recorded");
        setup.reconnected().await.expect("recorded");
        let before = wait_for(&file, 2).await;
        assert_eq!(before, "up connect tun7\nagain reconnect tun7\n");
        setup.revert(Farewell::Requested).await.expect("recorded");
        let all = fs::read_to_string(&file).expect("notes");
        assert_eq!(all, format!("{before}down disconnect tun7\n"));
        setup.revert(Farewell::Requested).await.expect("recorded");
        assert_eq!(fs::read_to_string(&file).expect("notes"), all, "once");
        let calls = record.calls();
        assert_eq!(calls.iter().filter(|call| **call == Call::Revert).count(), 2);
    }

    #[tokio::test]
    async fn nothing_runs_for_a_tunnel_that_was_never_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("notes");
        let commands = HookCommands {
            up: noting(&file, "up"),
            down: noting(&file, "down"),
            reconnect: noting(&file, "again"),
        };
        let mut setup = Hooked::new(Box::new(RecordingSetup::refusing()), commands, 1);
        let config = config(&[], &[]);
        setup.apply(&interface(), &config).await.expect_err("refused");
        setup.revert(Farewell::Failed).await.expect("recorded");
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn failing_and_hanging_commands_hold_up_neither_tunnel_nor_end() {
        let record = RecordingSetup::new();
        let commands = HookCommands {
            up: Some("sleep 60".to_owned()),
            down: Some("exit 3".to_owned()),
            reconnect: Some("exit 4".to_owned()),
        };
        let mut setup = Hooked::new(Box::new(record.clone()), commands, 1);
        let config = config(&[], &[]);
        let begun = Instant::now();
        setup.apply(&interface(), &config).await.expect("goes on");
        for _ in 0..3 {
            setup.reconnected().await.expect("goes on");
        }
        setup.revert(Farewell::Requested).await.expect("goes on");
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(record.calls().last(), Some(&Call::Revert));
    }

    #[tokio::test]
    async fn undoing_cut_short_by_a_command_is_taken_up_without_it() {
        let record = RecordingSetup::new();
        let commands = HookCommands {
            down: Some("sleep 60".to_owned()),
            ..HookCommands::default()
        };
        let mut setup = Hooked::new(Box::new(record.clone()), commands, 1);
        let config = config(&[], &[]);
        setup.apply(&interface(), &config).await.expect("recorded");
        let cut = timeout(Duration::from_millis(50), setup.revert(Farewell::Requested)).await;
        assert!(cut.is_err());
        assert_ne!(record.calls().last(), Some(&Call::Revert));
        let begun = Instant::now();
        setup.revert(Farewell::Requested).await.expect("recorded");
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(record.calls().last(), Some(&Call::Revert));
    }
}
