//! Changes that know how to be taken back.

use std::fmt;
use std::io;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::dns::undo::DnsUndo;
use super::journal::Journal;
use super::netlink::{Block, LinkState, Netlink, Route, prefix};
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
    /// Let packets for a prefix pass again.
    DeleteBlock {
        /// The prefix as it was blocked.
        block: Block,
    },
    /// Run the script with `reason=disconnect`.
    Script {
        /// Command and environment.
        call: ScriptCall,
    },
    /// Take back a change of the name set-up.
    Dns(DnsUndo),
}

/// A change made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What takes it back.
    #[serde(flatten)]
    pub undo: Undo,
    /// It outlives the process unless the user ends that: what `--fail-closed` blocks, and the ways past it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lasting: bool,
}

impl From<Undo> for Step {
    fn from(undo: Undo) -> Self {
        Self { undo, lasting: false }
    }
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
            Self::DeleteBlock { block } => netlink.delete_block(*block),
        };
        match result {
            Ok(()) => Ok(Undone::Done),
            Err(error) if is_gone(&error) => Ok(Undone::Gone),
            Err(error) => Err(error),
        }
    }

    /// The route it deletes.
    pub fn route(&self) -> Option<&Route> {
        let Self::DeleteRoute { route } = self else {
            return None;
        };
        Some(route)
    }

    /// The prefix it frees.
    pub fn block(&self) -> Option<Block> {
        let Self::DeleteBlock { block } = self else {
            return None;
        };
        Some(*block)
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
            Self::DeleteBlock { block } => write!(f, "block of {}", block.destination),
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
    steps: Vec<Step>,
}

impl UndoLog {
    /// An empty log; without a journal a killed process leaves its changes behind.
    pub fn new(journal: Option<Journal>) -> Self {
        Self {
            journal,
            steps: Vec::new(),
        }
    }

    /// The log of a run that goes on where a dead one ended. The journal holds these steps already.
    pub fn taken_over(journal: Journal, steps: Vec<Step>) -> Self {
        Self {
            journal: Some(journal),
            steps,
        }
    }

    /// Makes one change that `undo` takes back. When the change fails nothing is remembered. What is held already is
    /// made again without a second entry: somebody else has taken it back meanwhile.
    pub fn make(&mut self, undo: impl Into<Step>, change: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let step = undo.into();
        if self.holds(&step.undo) {
            return change();
        }
        self.keep_journal_short();
        if let Some(journal) = &mut self.journal {
            journal.record(&step)?;
        }
        may_die_here();
        if let Err(error) = change() {
            if let Some(journal) = &mut self.journal {
                journal.void()?;
            }
            return Err(error);
        }
        self.steps.push(step);
        may_die_here();
        Ok(())
    }

    /// True when `undo` is among the changes made.
    pub fn holds(&self, undo: &Undo) -> bool {
        self.undos().any(|held| held == undo)
    }

    /// What takes the changes back, oldest first.
    pub fn undos(&self) -> impl DoubleEndedIterator<Item = &Undo> {
        self.steps.iter().map(|step| &step.undo)
    }

    /// True when there is nothing to take back.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Takes one change back before its time.
    pub fn take_back(&mut self, undo: &Undo, netlink: &mut Netlink) -> io::Result<()> {
        undo.perform(netlink)?;
        self.steps.retain(|step| step.undo != *undo);
        if let Some(journal) = &mut self.journal {
            journal.taken_back(undo)?;
        }
        self.keep_journal_short();
        Ok(())
    }

    /// From now on nothing is to outlive the process.
    pub fn let_nothing_last(&mut self) -> io::Result<()> {
        if !self.steps.iter().any(|step| step.lasting) {
            return Ok(());
        }
        for step in &mut self.steps {
            step.lasting = false;
        }
        self.rewrite_journal()
    }

    /// Notes that one change was taken back by other means.
    pub(super) fn is_taken_back(&mut self, undo: &Undo) -> io::Result<()> {
        self.steps.retain(|step| step.undo != *undo);
        match &mut self.journal {
            Some(journal) => journal.taken_back(undo),
            None => Ok(()),
        }
    }

    /// Takes everything back, newest first, going on after failures. The journal is removed only if all went well,
    /// so that the next start can try again. Gives the first failure.
    pub fn take_all_back(&mut self, netlink: &mut Netlink) -> io::Result<()> {
        self.take_back_where(|_| true, netlink)
    }

    /// As [`UndoLog::take_all_back`], but what is to outlive the process stays, and the journal with it.
    pub fn take_passing_back(&mut self, netlink: &mut Netlink) -> io::Result<()> {
        self.take_back_where(|step| !step.lasting, netlink)
    }

    fn take_back_where(&mut self, fits: fn(&Step) -> bool, netlink: &mut Netlink) -> io::Result<()> {
        let (going, staying) = std::mem::take(&mut self.steps).into_iter().partition(fits);
        self.steps = staying;
        let going: Vec<Step> = going;
        let mut outcome = Ok(());
        for Step { undo, .. } in going.into_iter().rev() {
            if let Err(error) = undo.perform(netlink) {
                tracing::warn!(%error, "{undo} cannot be taken back");
                outcome = outcome.and(Err(error));
            }
        }
        outcome?;
        if self.steps.is_empty() {
            self.forget();
            return Ok(());
        }
        self.rewrite_journal()
    }

    /// Forgets the changes without taking them back and removes the journal: somebody else did it.
    pub fn forget(&mut self) {
        self.steps.clear();
        if let Some(journal) = self.journal.take() {
            journal.remove();
        }
    }

    fn rewrite_journal(&mut self) -> io::Result<()> {
        match &mut self.journal {
            Some(journal) => journal.rewrite(&self.steps),
            None => Ok(()),
        }
    }

    /// A tunnel lives for weeks and sees many networks: what is gone from the log must not pile up in the journal.
    fn keep_journal_short(&mut self) {
        let lines = self.journal.as_ref().map_or(0, Journal::lines);
        if lines > 2 * self.steps.len() + LINES_TO_SPARE
            && let Err(error) = self.rewrite_journal()
        {
            // it only grows a little more
            tracing::debug!(%error, "undo journal not rewritten");
        }
    }
}

/// Where a test can kill the process: `VPNC_TEST_KILL_AT=3` dies when this is called the third time.
#[cfg(debug_assertions)]
fn may_die_here() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
    let wanted = std::env::var("VPNC_TEST_KILL_AT").ok();
    if wanted.and_then(|number| number.parse().ok()) == Some(call) {
        super::process::kill_self();
    }
}

#[cfg(not(debug_assertions))]
fn may_die_here() {}

/// Lines of a journal beyond two for each change, before it is written anew.
const LINES_TO_SPARE: usize = 64;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_change_made_again_is_taken_back_once() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let journal = Journal::create(dir.path(), "work").expect("journal");
        let mut log = UndoLog::new(Some(journal));
        for _ in 0..3 {
            log.make(block(1), || Ok(())).expect("made");
        }
        log.make(block(2), || Err(io::ErrorKind::Other.into()))
            .expect_err("not made");
        assert_eq!(log.undos().collect::<Vec<_>>(), [&block(1)]);
        let text = fs::read_to_string(dir.path().join("work.journal")).expect("journal");
        assert_eq!(text.lines().count(), 4, "owner, step, step, void: {text}");
    }

    #[test]
    fn the_journal_of_a_long_life_stays_short() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let journal = Journal::create(dir.path(), "work").expect("journal");
        let mut log = UndoLog::new(Some(journal));
        let script = Undo::Script {
            call: ScriptCall::new("true", "disconnect", std::collections::BTreeMap::new()),
        };
        log.make(block(9), || Ok(())).expect("made");
        let path = dir.path().join("work.journal");
        let mut netlink = Netlink::open().expect("netlink");
        for _ in 0..300 {
            log.make(script.clone(), || Ok(())).expect("made");
            log.steps.retain(|step| step.undo != script);
            let journal = log.journal.as_mut().expect("journal");
            journal.taken_back(&script).expect("written");
            log.keep_journal_short();
            let text = fs::read_to_string(&path).expect("journal");
            assert!(text.lines().count() <= LINES_TO_SPARE + 6, "{text}");
            assert!(text.contains("::/9"), "{text}");
        }
        assert_eq!(fs::read_dir(dir.path()).expect("folder").count(), 1, "no drafts");
        log.forget();
        log.take_all_back(&mut netlink).expect("nothing left");
        assert!(!path.exists());
    }

    fn block(prefix_len: u8) -> Undo {
        Undo::DeleteBlock {
            block: Block {
                destination: format!("::/{prefix_len}").parse().expect("prefix"),
                metric: 1,
            },
        }
    }
}
