//! Changes that know how to be taken back.

use std::fmt;
use std::io;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::dns::undo::DnsUndo;
use super::journal::Journal;
use super::netlink::{LinkState, Netlink, Route, prefix};
use crate::platform::SetupError;
use crate::platform::script::{DISCONNECT_LIMIT, ScriptCall};

/// What takes one change back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// Give an interface its old MTU, queue length and state.
    RestoreLink {
        /// As it was before.
        before: LinkState,
    },
    /// Take an address from an interface.
    DeleteAddress {
        /// Interface index.
        device: u32,
        /// Address with the length of its network.
        #[serde(with = "prefix")]
        address: Ipv4Net,
    },
    /// Delete a route.
    DeleteRoute {
        /// The route as it was added.
        route: Route,
    },
    /// Run the script with `reason=disconnect`.
    Script {
        /// Command and environment.
        call: ScriptCall,
    },
    /// Take back a change of the name set-up.
    Dns(DnsUndo),
}

/// What came of taking a change back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// It was there and is taken back.
    Done,
    /// Somebody else has taken it back before, or the device is gone and took it along.
    Gone,
}

impl Undo {
    /// Takes the change back. `netlink` must be in the namespace the change was made in.
    pub fn perform(&self, netlink: &mut Netlink) -> io::Result<Undone> {
        let result = match self {
            Self::Script { call } => return run_script(call),
            Self::Dns(undo) => return undo.perform_blocking(),
            Self::RestoreLink { before } => netlink.set_link(*before),
            Self::DeleteAddress { device, address } => netlink.delete_address(*device, *address),
            Self::DeleteRoute { route } => netlink.delete_route(route),
        };
        match result {
            Ok(()) => Ok(Undone::Done),
            Err(error) if is_gone(&error) => Ok(Undone::Gone),
            Err(error) => Err(error),
        }
    }

    /// The change of the name set-up, if it is one.
    pub(super) fn as_dns(&self) -> Option<&DnsUndo> {
        if let Self::Dns(undo) = self {
            Some(undo)
        } else {
            None
        }
    }
}

/// Names the change in a few words. The environment of a script is long, and is not for the log.
impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RestoreLink { before } => write!(f, "state of interface {}", before.device),
            Self::DeleteAddress { address, .. } => write!(f, "address {address}"),
            Self::DeleteRoute { route } => write!(f, "route {}", route.destination),
            Self::Script { call } => write!(f, "script with reason={}", call.reason()),
            Self::Dns(undo) => undo.fmt(f),
        }
    }
}

/// A script that fails was run all the same, and one that cannot be started as it was written down never will be:
/// trying again would not help either.
fn run_script(call: &ScriptCall) -> io::Result<Undone> {
    match call.run_blocking(DISCONNECT_LIMIT) {
        Err(SetupError::System { source, .. }) if never_starts(&source) => {
            tracing::warn!("script with reason={} cannot be started: {source}", call.reason());
            Ok(Undone::Gone)
        }
        Err(SetupError::System { source, .. }) => Err(source),
        Err(error @ SetupError::Script { ran: false, .. }) => {
            tracing::warn!("{error}");
            Ok(Undone::Gone)
        }
        Err(error) => {
            tracing::warn!("{error}");
            Ok(Undone::Done)
        }
        Ok(()) => Ok(Undone::Done),
    }
}

fn never_starts(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::E2BIG | libc::ENOENT | libc::ENOEXEC)
    ) || error.kind() == io::ErrorKind::InvalidInput
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(libc::ENODEV | libc::ESRCH | libc::EADDRNOTAVAIL | libc::ENXIO)
    )
}

/// Changes made so far, newest last, each one written to the journal before it is made.
#[derive(Debug, Default)]
pub struct UndoLog {
    journal: Option<Journal>,
    steps: Vec<Undo>,
}

impl UndoLog {
    /// An empty log; without a journal a killed process leaves its changes behind.
    pub fn new(journal: Option<Journal>) -> Self {
        Self {
            journal,
            steps: Vec::new(),
        }
    }

    /// Makes one change that `undo` takes back. When the change fails nothing is remembered.
    pub fn make(&mut self, undo: Undo, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.record(&undo)?;
        }
        if let Err(error) = change() {
            if let Some(journal) = &mut self.journal {
                journal.void()?;
            }
            return Err(error);
        }
        self.steps.push(undo);
        Ok(())
    }

    /// True when `undo` is among the changes made.
    pub fn holds(&self, undo: &Undo) -> bool {
        self.steps.contains(undo)
    }

    /// The changes made, oldest first.
    pub fn steps(&self) -> &[Undo] {
        &self.steps
    }

    /// Takes one change back before its time. The journal keeps it: taking back what is gone does no harm.
    pub fn take_back(&mut self, undo: &Undo, netlink: &mut Netlink) -> io::Result<()> {
        undo.perform(netlink)?;
        self.steps.retain(|step| step != undo);
        Ok(())
    }

    /// Notes that one change was taken back by other means.
    pub(super) fn is_taken_back(&mut self, undo: &Undo) {
        self.steps.retain(|step| step != undo);
    }

    /// Takes everything back, newest first, going on after failures. The journal is removed only if all went well,
    /// so that the next start can try again. Gives the first failure.
    pub fn take_all_back(&mut self, netlink: &mut Netlink) -> io::Result<()> {
        let mut outcome = Ok(());
        while let Some(undo) = self.steps.pop() {
            if let Err(error) = undo.perform(netlink) {
                tracing::warn!(%error, "{undo} cannot be taken back");
                outcome = outcome.and(Err(error));
            }
        }
        if outcome.is_ok()
            && let Some(journal) = self.journal.take()
        {
            journal.remove();
        }
        outcome
    }

    /// Forgets the changes without taking them back and removes the journal: somebody else did it.
    pub fn forget(&mut self) {
        self.steps.clear();
        if let Some(journal) = self.journal.take() {
            journal.remove();
        }
    }
}
