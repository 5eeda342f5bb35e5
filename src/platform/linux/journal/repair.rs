//! What dead processes left behind: taken back, or kept where it is to last.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::{Owner, check_private, file_name, parse, read, read_all, replace};
use crate::platform::linux::netlink::Netlink;
use crate::platform::linux::outside;
use crate::platform::linux::undo::{Step, Undo, Undone};

/// What [`repair`] or [`repair_named`] found and did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Journals of dead processes that were worked off and removed.
    pub journals: usize,
    /// Changes taken back.
    pub undone: usize,
    /// Changes that were gone already.
    pub gone: usize,
    /// What could not be taken back, in words. These journals stay for the next time.
    pub failures: Vec<String>,
    /// Names of dead runs whose prefixes stay blocked, since they were told to fail closed.
    pub blocked: Vec<String>,
    /// Names and process numbers of runs that live, and whose changes are theirs.
    pub running: Vec<(String, u32)>,
    /// Runs of other network namespaces, which can only be repaired there.
    pub elsewhere: Vec<Elsewhere>,
}

/// A dead run of another network namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its name.
    pub name: String,
    /// The namespace as the kernel names it (`net:[4026531840]`).
    pub namespace: String,
    /// The name it has for `ip netns`, if any.
    pub known_as: Option<String>,
}

/// Takes back what dead processes left in this network namespace, newest change first, and removes their journals. What
/// was blocked to last stays so, and the ways past it are mended where the network has changed.
///
/// Never fails: what cannot be read or done is logged and counted. A script gets at most its usual time.
pub fn repair(dir: &Path) -> Repaired {
    repair_where(dir, None, false)
}

/// As [`repair`], but what was blocked to last is taken back too; of one run, or of all that are dead.
pub fn repair_named(dir: &Path, name: Option<&str>) -> Repaired {
    repair_where(dir, name, true)
}

fn repair_where(dir: &Path, name: Option<&str>, everything: bool) -> Repaired {
    let mut repaired = Repaired::default();
    let _alone = alone(dir);
    for path in journals(dir) {
        repair_one(&path, name, everything, &mut repaired);
    }
    repaired
}

/// What dead runs of this name left to last in the same network namespace, and nothing else, with the files it stands in.
pub(super) fn left_to_last(dir: &Path, heir: &Owner) -> Vec<(PathBuf, Vec<Step>)> {
    let mut found = Vec::new();
    for path in journals(dir) {
        let Ok(bytes) = read(&path) else { continue };
        let (Some(owner), steps) = parse(&bytes) else {
            continue;
        };
        let is_there = owner.namespace == heir.namespace;
        let ours = is_named(&path, &owner, &heir.name) && is_there && !owner.is_alive();
        if ours && steps.iter().all(|step| step.lasting) && blocks_something(&steps) {
            found.push((path, steps));
        }
    }
    found
}

/// Keeps other processes from the journals of the dead until it is dropped: of two that start at a time, one could write
/// a journal back that the other has taken over. One that takes too long is not waited for.
pub(super) fn alone(dir: &Path) -> Option<File> {
    check_private(dir).ok()?;
    let folder = File::open(dir).ok()?;
    for _ in 0..ATTEMPTS {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(_)) => break,
        }
    }
    tracing::debug!("undo journals are not locked");
    None
}

fn journals(dir: &Path) -> Vec<PathBuf> {
    if check_private(dir).is_err() {
        return Vec::new();
    }
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "journal"))
        .collect();
    paths.sort();
    paths
}

fn repair_one(path: &Path, name: Option<&str>, everything: bool, repaired: &mut Repaired) {
    let bytes = match read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "undo journal is passed over");
            return;
        }
    };
    let (owner, steps, odd) = read_all(&bytes);
    if let Some(owner) = owner {
        if name.is_some_and(|name| !is_named(path, &owner, name)) {
            return;
        }
        if owner.is_alive() {
            repaired.running.push((shown_name(path, &owner), owner.pid));
            return;
        }
        match owner.netlink() {
            Some(netlink) => match work_off(path, netlink, &owner, steps, everything, repaired) {
                Outcome::Done => {}
                Outcome::Stays => return,
            },
            // one that the device was put into: both are gone
            None if owner.place.is_some() => repaired.gone += steps.len(),
            None => {
                repaired.elsewhere.push(elsewhere(path, &owner));
                return;
            }
        }
        if odd > 0 {
            return set_aside(path, odd, repaired);
        }
    } else if name.is_none_or(|name| {
        path.file_stem()
            .is_some_and(|stem| stem == file_name(name).as_str())
    }) {
        return set_aside(path, odd + 1, repaired);
    } else {
        return;
    }
    if fs::remove_file(path).is_ok() {
        repaired.journals += 1;
    }
}

/// What a damaged journal does not tell has to be put right by hand, so it is kept to be looked at.
fn set_aside(path: &Path, odd: usize, repaired: &mut Repaired) {
    let aside = path.with_extension("broken");
    let kept = match fs::rename(path, &aside) {
        Ok(()) => aside,
        Err(_) => path.to_owned(),
    };
    repaired.failures.push(format!(
        "{odd} lines of an undo journal cannot be read, see {}",
        kept.display()
    ));
}

enum Outcome {
    Done,
    Stays,
}

fn work_off(
    path: &Path,
    netlink: io::Result<Netlink>,
    owner: &Owner,
    steps: Vec<Step>,
    everything: bool,
    repaired: &mut Repaired,
) -> Outcome {
    let mut netlink = match netlink {
        Ok(netlink) => netlink,
        Err(error) => {
            repaired.failures.push(format!("netlink: {error}"));
            return Outcome::Stays;
        }
    };
    // A way past what is not blocked is no use.
    let open = everything || !blocks_something(&steps);
    let (lasting, passing): (Vec<Step>, Vec<Step>) =
        steps.into_iter().partition(|step| step.lasting && !open);
    let failures = repaired.failures.len();
    undo_steps(&mut netlink, &passing, repaired);
    if repaired.failures.len() > failures {
        return Outcome::Stays;
    }
    if lasting.is_empty() {
        return Outcome::Done;
    }
    repaired.blocked.push(shown_name(path, owner));
    if let Err(error) = keep(&mut netlink, path, owner, lasting, !passing.is_empty()) {
        tracing::warn!(path = %path.display(), %error, "undo journal cannot be written");
    }
    Outcome::Stays
}

/// Leaves what is to last, and mends the ways past it. The journal tells of new ones before they are made.
fn keep(
    netlink: &mut Netlink,
    path: &Path,
    owner: &Owner,
    mut lasting: Vec<Step>,
    changed: bool,
) -> io::Result<()> {
    let moves = outside::moves(&netlink.routes()?, &lasting);
    for route in moves.iter().map(|(_, new)| new) {
        let undo = Undo::DeleteRoute { route: route.clone() };
        if !lasting.iter().any(|step| step.undo == undo) {
            lasting.push(Step { undo, lasting: true });
        }
    }
    if changed || !moves.is_empty() {
        replace(path, owner, &lasting)?;
    }
    for (old, new) in &moves {
        if old != new {
            // it is usually gone with its network
            let _ = netlink.delete_route(old);
            lasting.retain(|step| step.undo.route() != Some(old));
        }
        if let Err(error) = netlink.add_route(new) {
            tracing::warn!(destination = %new.destination, %error, "no way past what stays blocked");
        }
    }
    if !moves.is_empty() {
        replace(path, owner, &lasting)?;
    }
    Ok(())
}

fn blocks_something(steps: &[Step]) -> bool {
    let blocks = |step: &Step| step.lasting && step.undo.block().is_some();
    steps.iter().any(blocks)
}

fn undo_steps(netlink: &mut Netlink, steps: &[Step], repaired: &mut Repaired) {
    for Step { undo, .. } in steps.iter().rev() {
        match undo.perform(netlink) {
            Ok(Undone::Done) => repaired.undone += 1,
            Ok(Undone::Gone) => repaired.gone += 1,
            Err(error) => {
                tracing::warn!(%error, "{undo}, left behind by a killed process, cannot be taken back");
                repaired.failures.push(format!("{undo}: {error}"));
            }
        }
    }
}

fn is_named(path: &Path, owner: &Owner, name: &str) -> bool {
    match owner.name.is_empty() {
        true => shown_name(path, owner) == file_name(name),
        false => owner.name == name,
    }
}

/// The name in the journal, or that of the file.
fn shown_name(path: &Path, owner: &Owner) -> String {
    match owner.name.is_empty() {
        true => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        false => owner.name.clone(),
    }
}

fn elsewhere(path: &Path, owner: &Owner) -> Elsewhere {
    let namespace = owner.namespace.clone().unwrap_or_default();
    Elsewhere {
        name: shown_name(path, owner),
        known_as: name_of_namespace(&namespace),
        namespace,
    }
}

/// Finds the namespace among those that `ip netns` knows.
fn name_of_namespace(namespace: &str) -> Option<String> {
    let inode: u64 = namespace.strip_prefix("net:[")?.strip_suffix(']')?.parse().ok()?;
    let mut entries = fs::read_dir(NAMED_NAMESPACES).ok()?.flatten();
    let entry = entries.find(|entry| fs::metadata(entry.path()).is_ok_and(|file| file.ino() == inode))?;
    Some(entry.file_name().to_string_lossy().into_owned())
}

/// A repair may run scripts, each with its own limit.
const ATTEMPTS: u32 = 400;
const PAUSE: Duration = Duration::from_millis(25);

/// Where `ip netns` keeps its names.
const NAMED_NAMESPACES: &str = "/run/netns";
