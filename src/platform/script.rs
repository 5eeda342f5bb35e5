//! Network set-up by a vpnc-script: a command line that finds everything in its environment.

mod call;
mod environment;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(super) use self::call::shell;
pub use self::call::{DISCONNECT_LIMIT, SCRIPT_LIMIT, ScriptCall};
use self::environment::{base, take_oversized, variables};
use super::linux::journal::Journal;
use super::linux::undo::{Undo, UndoLog};
use crate::config::NetworkConfig;
use crate::platform::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture};

/// What a command finds in its environment once the configuration is known. What is too long for a variable is left out
/// with a warning.
pub(super) fn environment(
    interface: &Interface,
    config: &NetworkConfig,
    log_level: u8,
) -> BTreeMap<String, String> {
    let mut environment = base(log_level);
    environment.extend(variables(interface, config));
    warn_about(&take_oversized(&mut environment));
    environment
}

fn warn_about(oversized: &[String]) {
    if !oversized.is_empty() {
        tracing::warn!(
            "too many routes for one variable: the script does not get {}",
            oversized.join(", ")
        );
    }
}

/// Settings of the set-up by script.
#[derive(Debug, Clone)]
pub struct ScriptOptions {
    /// Command line for `/bin/sh -c`.
    pub command: String,
    /// Interface chosen by option, for `pre-init`.
    pub interface: Option<String>,
    /// Verbosity for the script: 0 error, 1 info, 2 debug, 3 trace.
    pub log_level: u8,
    /// Name of this instance; names the undo journal.
    pub name: String,
    /// Folder of the undo journal. With it the next start runs `disconnect` for a process that was killed.
    pub journal_dir: Option<PathBuf>,
    /// How long the gateway keeps a session without traffic, if that is known.
    pub idle_timeout: Option<Duration>,
}

/// Sets the machine up by a vpnc-script. A script that fails is logged and the tunnel goes on; one that cannot be run is
/// noticed at `pre-init`, before anything is sent.
#[derive(Debug)]
pub struct ScriptSetup {
    options: ScriptOptions,
    /// Begun by `prepare`, until there is something to write down.
    journal: Option<Journal>,
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
            journal: None,
            connected: None,
        }
    }

    /// A failure of the script itself is only logged.
    async fn call(
        &self,
        reason: &'static str,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), SetupError> {
        match self.run(reason, environment).await {
            Err(error @ SetupError::Script { .. }) => {
                tracing::warn!("{error}");
                Ok(())
            }
            other => other,
        }
    }

    async fn run(
        &self,
        reason: &'static str,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), SetupError> {
        tracing::debug!(reason, command = %self.options.command, "script starts");
        let limit = if reason == "disconnect" {
            DISCONNECT_LIMIT
        } else {
            SCRIPT_LIMIT
        };
        self.script_call(reason, environment).run(limit).await
    }

    async fn pre_init(&mut self, environment: &BTreeMap<String, String>) -> Result<(), SetupError> {
        if self.journal.is_none() && self.connected.is_none() {
            self.journal = self.start_journal()?;
        }
        match self.run("pre-init", environment).await {
            Err(error @ SetupError::Script { ran: true, .. }) => {
                tracing::warn!("{error}");
                Ok(())
            }
            Err(error) => {
                if let Some(unused) = self.journal.take() {
                    unused.remove();
                }
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn script_call(&self, reason: &'static str, environment: &BTreeMap<String, String>) -> ScriptCall {
        ScriptCall::new(&self.options.command, reason, environment.clone())
    }

    async fn connect(&mut self, mut environment: BTreeMap<String, String>) -> Result<(), SetupError> {
        let oversized = take_oversized(&mut environment);
        if self
            .connected
            .as_ref()
            .is_some_and(|connected| connected.environment == environment)
        {
            return Ok(());
        }
        warn_about(&oversized);
        let call = self.script_call("disconnect", &environment);
        call.check_size()?;
        // The contract knows no "changed": the old state is undone with its own environment first.
        if self.connected.is_some() {
            self.disconnect().await?;
        }
        let journal = match self.journal.take() {
            None => self.start_journal()?,
            ready => ready,
        };
        let mut log = UndoLog::new(journal);
        log.make(Undo::Script { call }, || Ok(()))
            .map_err(|error| SetupError::from_io("cannot write the undo journal".to_owned(), error))?;
        self.connected = Some(Connected {
            environment: environment.clone(),
            log,
        });
        self.call("connect", &environment).await
    }

    async fn disconnect(&mut self) -> Result<(), SetupError> {
        if let Some(unused) = self.journal.take() {
            unused.remove();
        }
        let Some(mut connected) = self.connected.take() else {
            return Ok(());
        };
        match self.run("disconnect", &connected.environment).await {
            // the journal stays, for the next start
            Err(error @ SetupError::Script { ran: true, .. }) => {
                tracing::warn!("{error}; it is run again at the next start");
                return Ok(());
            }
            Err(error @ SetupError::Script { .. }) => tracing::warn!("{error}"),
            other => other?,
        }
        connected.log.forget();
        Ok(())
    }

    async fn again(&self, reason: &'static str) -> Result<(), SetupError> {
        match &self.connected {
            Some(connected) => self.call(reason, &connected.environment).await,
            None => Ok(()),
        }
    }

    fn start_journal(&self) -> Result<Option<Journal>, SetupError> {
        Journal::start(self.options.journal_dir.as_deref(), &self.options.name)
    }
}

impl NetworkSetup for ScriptSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        let mut environment = base(self.options.log_level);
        if let Some(interface) = &self.options.interface {
            environment.insert("TUNDEV".to_owned(), interface.clone());
        }
        Box::pin(async move { self.pre_init(&environment).await })
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        let mut environment = base(self.options.log_level);
        environment.extend(variables(interface, config));
        let idle = self.options.idle_timeout;
        environment.extend(idle.map(|idle| ("IDLE_TIMEOUT".to_owned(), idle.as_secs().to_string())));
        Box::pin(self.connect(environment))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        Box::pin(self.again("attempt-reconnect"))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(self.again("reconnect"))
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        Box::pin(self.disconnect())
    }
}

#[cfg(test)]
mod tests;
