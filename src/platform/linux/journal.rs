//! The undo journal: what a killed process would have taken back, written before each change.
//!
//! One file per run, JSON lines. The first line names the run, its process and its network namespace; each further line
//! is a [`Step`], or voids the one before it because the change failed, or tells that one was taken back. [`repair`]
//! reads the journals of dead processes.

mod repair;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::repair::{Elsewhere, Repaired, repair, repair_named};
use super::namespace::{Namespace, inside, joined_owner};
use super::netlink::Netlink;
use super::process;
use super::undo::{Step, Undo};
use crate::platform::{SetupError, privilege};

/// The journal of this process.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    owner: Owner,
    /// Lines in the file beside the first.
    lines: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    pid: u32,
    start: u64,
    namespace: Option<String>,
    /// Name of the run.
    #[serde(default)]
    name: String,
    /// Where that namespace is found, when it is not the process's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<PathBuf>,
}

impl Owner {
    /// This process under that name, with changes in that namespace or in its own.
    fn ours(name: &str, namespace: Option<&Namespace>) -> Self {
        let pid = std::process::id();
        Self {
            pid,
            start: process::start_time(pid).unwrap_or_default(),
            namespace: namespace.map_or_else(process::network_namespace, Namespace::id),
            name: name.to_owned(),
            place: namespace.map(|namespace| namespace.path().to_owned()),
        }
    }

    fn is_alive(&self) -> bool {
        process::is_alive(self.pid, self.start)
    }

    /// A way to the changes; `None` when they are in a namespace that is not ours and cannot be found from here.
    fn netlink(&self) -> Option<io::Result<Netlink>> {
        if self.namespace.is_none() || self.namespace == process::network_namespace() {
            return Some(Netlink::open());
        }
        let namespace = Namespace::open(self.place.as_ref()?).ok()?;
        (namespace.id() == self.namespace).then(|| inside(Some(&namespace), Netlink::open))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Void { void: bool },
    TakenBack { taken_back: Undo },
    Step(Step),
}

impl Journal {
    /// As [`Journal::create`], with the words for the user; no journal without a folder.
    pub fn start(dir: Option<&Path>, name: &str) -> Result<Option<Self>, SetupError> {
        let Some(dir) = dir else {
            return Ok(None);
        };
        Self::create(dir, name)
            .map(Some)
            .map_err(|error| state_error(dir, "cannot write the undo journal", error))
    }

    /// As [`Journal::start`]; what a dead run of that name left to last is taken over with the duty to take it back.
    pub fn take_over(
        dir: Option<&Path>,
        name: &str,
        namespace: Option<&Namespace>,
    ) -> Result<Option<(Self, Vec<Step>)>, SetupError> {
        let Some(dir) = dir else {
            return Ok(None);
        };
        let start = || {
            let owner = Owner::ours(name, namespace);
            let mut journal = Self::create_for(dir, owner.clone())?;
            let mut steps = Vec::new();
            let _alone = repair::alone(dir);
            for (path, left) in repair::left_to_last(dir, &owner) {
                for step in &left {
                    journal.record(step)?;
                }
                steps.extend(left);
                // in one step, so that somebody has the duty at any time
                fs::rename(&journal.path, &path)?;
                journal.path = path;
            }
            Ok((journal, steps))
        };
        start()
            .map(Some)
            .map_err(|error| state_error(dir, "cannot write the undo journal", error))
    }

    /// Starts the journal of instance `name` in `dir`, which is made if needed (mode 0700; the file has 0600). When
    /// the journal of another run lies there under that name, the pid is added to ours.
    pub fn create(dir: &Path, name: &str) -> io::Result<Self> {
        Self::create_for(dir, Owner::ours(name, None))
    }

    fn create_for(dir: &Path, owner: Owner) -> io::Result<Self> {
        private_dir(dir)?;
        let name = file_name(&owner.name);
        let pid = owner.pid;
        // The first line must be in the file from the moment it is seen, so the file gets its name afterwards.
        let draft = dir.join(format!(".{name}.{pid}.new"));
        let written = write_draft(&draft, &owner, &[]);
        let started = written.and_then(|file| {
            let path = dir.join(format!("{name}.journal"));
            let path = match fs::hard_link(&draft, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    further_file(&draft, dir, &name, pid)?
                }
                Err(error) => return Err(error),
                Ok(()) => path,
            };
            Ok((path, file))
        });
        let _ = fs::remove_file(&draft);
        started.map(|(path, file)| Self {
            path,
            file,
            owner,
            lines: 0,
        })
    }

    /// Writes down what takes the next change back.
    pub fn record(&mut self, step: &Step) -> io::Result<()> {
        self.write(step)
    }

    /// The change announced last was not made.
    pub fn void(&mut self) -> io::Result<()> {
        self.write(&Line::Void { void: true })
    }

    /// This change was taken back.
    pub fn taken_back(&mut self, undo: &Undo) -> io::Result<()> {
        let taken_back = undo.clone();
        self.write(&Line::TakenBack { taken_back })
    }

    /// Writes the journal anew with these steps alone. A process killed meanwhile leaves the old or the new one.
    pub fn rewrite(&mut self, steps: &[Step]) -> io::Result<()> {
        self.file = replace(&self.path, &self.owner, steps)?;
        self.lines = steps.len();
        Ok(())
    }

    /// How many lines were written since it was begun or rewritten.
    pub fn lines(&self) -> usize {
        self.lines
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        write_line(&mut self.file, line)?;
        self.lines += 1;
        Ok(())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Everything is taken back: the journal is not needed any more.
    pub fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove the undo journal");
        }
    }
}

/// Names `draft` beside the journals that are there: a run can leave one whose script failed and begin another.
fn further_file(draft: &Path, dir: &Path, name: &str, pid: u32) -> io::Result<PathBuf> {
    let mut path = dir.join(format!("{name}-{pid}.journal"));
    let mut number = 2_u32;
    loop {
        match fs::hard_link(draft, &path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                path = dir.join(format!("{name}-{pid}-{number}.journal"));
                number += 1;
            }
            other => return other.map(|()| path),
        }
    }
}

/// Folder of the journals: `/run/vpnc-cli` for root, `$XDG_RUNTIME_DIR/vpnc-cli` for others; `None` when there is no
/// such place.
pub fn default_dir() -> Option<PathBuf> {
    if privilege::effective_user() == 0 && !joined_owner() {
        return Some(PathBuf::from("/run/vpnc-cli"));
    }
    let named = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    // su, cron and sudo -u do not set it
    let usual = || {
        Some(PathBuf::from(format!(
            "/run/user/{}",
            privilege::effective_user()
        )))
    };
    let base = named.or_else(|| usual().filter(|folder| check_private(folder).is_ok()))?;
    base.is_absolute().then(|| base.join("vpnc-cli"))
}

/// Reads a file that only we can have written. Opening never waits, as a FIFO would make it.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    check_own_file(&file)?;
    let mut bytes = Vec::new();
    file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIZE_LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "file too large"));
    }
    Ok(bytes)
}

/// Fails unless this is a regular file of ours that nobody else can write.
pub(super) fn check_own_file(file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    if metadata.is_file() && is_ours(&metadata) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "not a regular file that only its owner can write",
    ))
}

/// Of a journal. One with the environment of a script can have 2 MiB.
const SIZE_LIMIT: u64 = 4 << 20;

/// Reads a journal; what cannot be read is left out.
fn parse(bytes: &[u8]) -> (Option<Owner>, Vec<Step>) {
    let (owner, steps, _) = read_all(bytes);
    (owner, steps)
}

/// Reads a journal, with the number of lines that are none of it.
fn read_all(bytes: &[u8]) -> (Option<Owner>, Vec<Step>, usize) {
    let mut odd = 0;
    // a line that was cut by the end was not followed by its change
    let whole = bytes.iter().rposition(|octet| *octet == b'\n').unwrap_or(0);
    let mut lines = bytes[..whole]
        .split(|octet| *octet == b'\n')
        .filter(|line| !line.is_empty());
    let owner = lines.next().and_then(|line| serde_json::from_slice(line).ok());
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        match serde_json::from_slice(line) {
            Ok(Line::Step(step)) => steps.push(step),
            Ok(Line::TakenBack { taken_back }) => steps.retain(|step| step.undo != taken_back),
            Ok(Line::Void { .. }) => {
                steps.pop();
            }
            Err(_) => odd += 1,
        }
    }
    (owner, steps, odd)
}

/// Puts a journal with these steps in the place of the one at `path`.
fn replace(path: &Path, owner: &Owner, steps: &[Step]) -> io::Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let replaced = write_draft(&draft, owner, steps).and_then(|file| {
        fs::rename(&draft, path)?;
        Ok(file)
    });
    if replaced.is_err() {
        let _ = fs::remove_file(&draft);
    }
    replaced
}

fn write_draft(draft: &Path, owner: &Owner, steps: &[Step]) -> io::Result<File> {
    let _ = fs::remove_file(draft);
    let mut file = OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    write_line(&mut file, owner)?;
    steps.iter().try_for_each(|step| write_line(&mut file, step))?;
    Ok(file)
}

fn write_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}

pub(super) fn private_dir(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    check_private(dir)
}

/// Journals are instructions: nobody else may be able to write them.
fn check_private(dir: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(dir)?;
    if metadata.is_dir() && is_ours(&metadata) {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, UnsafeDir))
}

/// The folder is not ours alone.
#[derive(Debug, thiserror::Error)]
#[error("must be a folder that only its owner can write")]
struct UnsafeDir;

/// What the user is told when a file in `dir` cannot be made.
pub(super) fn state_error(dir: &Path, action: &str, source: io::Error) -> SetupError {
    if source.get_ref().is_some_and(|inner| inner.is::<UnsafeDir>()) {
        return SetupError::UnsafeDir { path: dir.to_owned() };
    }
    let action = format!("{action} in {}", dir.display());
    if source.kind() == io::ErrorKind::PermissionDenied {
        return SetupError::NotPermitted {
            action,
            place: source.get_ref().map(ToString::to_string),
            hint: None,
        };
    }
    SetupError::CannotCreate { action, source }
}

fn is_ours(metadata: &fs::Metadata) -> bool {
    metadata.uid() == privilege::effective_user() && metadata.mode() & 0o022 == 0
}

/// A further file of the state of instance `name`.
pub fn state_file(dir: &Path, name: &str, extension: &str) -> PathBuf {
    dir.join(format!("{}.{extension}", file_name(name)))
}

/// An instance name as a file name: other characters than letters, digits, `.`, `_`, `-` become `_`.
pub(super) fn file_name(name: &str) -> String {
    let clean = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
        _ => '_',
    };
    // 255 is the limit of file systems; pid and suffix need room
    name.chars().take(200).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::linux::netlink::{Block, LinkState, Route};
    use crate::platform::script::ScriptCall;

    #[test]
    fn steps_come_back_as_written_and_a_void_takes_the_last_one_out() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let mut journal = Journal::create(dir.path(), "work/1").expect("journal");
        assert!(journal.path().ends_with("work_1.journal"));
        let steps = all_kinds();
        for undo in &steps {
            journal.record(undo).expect("write");
        }
        journal.record(&steps[0]).expect("write");
        journal.void().expect("write");
        let other = Step::from(Undo::DeleteAddress {
            device: 8,
            address: "10.20.1.3/32".parse().expect("prefix"),
        });
        journal.record(&other).expect("write");
        journal.taken_back(&other.undo).expect("write");
        let (owner, read) = parse(&fs::read(journal.path()).expect("read"));
        assert_eq!(owner.expect("first line").pid, std::process::id());
        assert_eq!(read, steps);
        journal.rewrite(&steps[1..]).expect("rewritten");
        journal.record(&steps[0]).expect("write");
        let (owner, read) = parse(&fs::read(journal.path()).expect("read"));
        assert_eq!(owner.expect("first line").name, "work/1");
        assert_eq!(read, [&steps[1..], &steps[..1]].concat());
        let mode = fs::metadata(journal.path()).expect("metadata").mode();
        assert_eq!(mode & 0o777, 0o600);
        let path = journal.path().to_owned();
        journal.remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_cut_line_and_garbage_are_left_out() {
        let step = serde_json::to_string(&all_kinds()[1]).expect("json");
        let owner = r#"{"pid":1,"start":2,"namespace":null}"#;
        let text = format!(
            "{owner}\n\u{0}\u{7f}rubbish\n{step}\n{{\"undo\":\"new_kind\"}}\n{step}\n{{\"undo\":\"dele"
        );
        let (read_owner, steps) = parse(text.as_bytes());
        assert_eq!(read_owner.expect("first line").start, 2);
        assert_eq!(steps, [all_kinds()[1].clone(), all_kinds()[1].clone()]);
        for cut in 0..text.len() {
            let _ = parse(&text.as_bytes()[..cut]);
        }
        assert_eq!(parse(b""), (None, Vec::new()));
    }

    #[test]
    fn live_and_foreign_journals_are_left_alone_and_garbage_is_set_aside() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let journal = Journal::create(dir.path(), "live").expect("journal");
        let elsewhere = Owner {
            pid: 1,
            start: u64::MAX,
            namespace: Some("net:[1]".to_owned()),
            name: "elsewhere".to_owned(),
            place: None,
        };
        let other = Journal::create_for(dir.path(), elsewhere).expect("journal");
        fs::write(dir.path().join("bad.journal"), b"rubbish\nmore").expect("write");
        let repaired = repair(dir.path());
        assert_eq!(
            (repaired.journals, repaired.undone, repaired.failures.len()),
            (0, 0, 1)
        );
        assert!(journal.path().exists() && other.path().exists());
        assert!(!dir.path().join("bad.journal").exists());
        assert!(dir.path().join("bad.broken").exists());
    }

    #[test]
    fn a_second_run_of_the_same_name_gets_its_own_file() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let first = Journal::create(dir.path(), "work").expect("journal");
        let second = Journal::create(dir.path(), "work").expect("journal");
        assert_ne!(first.path(), second.path());
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), 2);
    }

    #[test]
    fn a_folder_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("temporary folder");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("chmod");
        let error = Journal::create(dir.path(), "work").expect_err("unsafe folder");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(repair(dir.path()), Repaired::default());
    }

    #[test]
    fn only_plain_files_of_ours_are_read_and_a_fifo_does_not_hold_us_up() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = |name: &str| dir.path().join(name);
        let fifo = std::process::Command::new("mkfifo")
            .arg(path("fifo.journal"))
            .status();
        assert!(fifo.expect("mkfifo").success());
        fs::write(path("open.journal"), "rubbish").expect("write");
        fs::set_permissions(path("open.journal"), fs::Permissions::from_mode(0o666)).expect("chmod");
        fs::write(path("target"), "rubbish").expect("write");
        symlink(path("target"), path("link.journal")).expect("symlink");
        let large = File::create(path("large.journal")).expect("create");
        large.set_len(SIZE_LIMIT + 1).expect("size");
        fs::create_dir(path("folder.journal")).expect("folder");
        if privilege::effective_user() == 0 {
            fs::write(path("foreign.journal"), "rubbish").expect("write");
            std::os::unix::fs::chown(path("foreign.journal"), Some(65534), None).expect("chown");
        }
        let before = fs::read_dir(dir.path()).expect("list").count();
        assert_eq!(repair(dir.path()), Repaired::default());
        assert_eq!(fs::read_dir(dir.path()).expect("list").count(), before);
    }

    fn all_kinds() -> Vec<Step> {
        let link = LinkState {
            device: 7,
            mtu: 1500,
            up: false,
            queue_len: 500,
        };
        let undos = [
            Undo::RestoreLink { before: link },
            Undo::DeleteAddress {
                device: 7,
                address: "10.20.1.2/32".parse().expect("prefix"),
            },
            Undo::DeleteRoute {
                route: Route {
                    destination: "10.0.0.0/8".parse().expect("prefix"),
                    device: 7,
                    via: "fe80::1".parse().ok(),
                    metric: 50,
                },
            },
            Undo::DeleteBlock {
                block: Block {
                    destination: "2000::/3".parse().expect("prefix"),
                    metric: 1,
                },
            },
            Undo::Script {
                call: ScriptCall::new(
                    "true",
                    "disconnect",
                    [("TUNDEV".to_owned(), "tun0".to_owned())].into(),
                ),
            },
        ];
        let passing = undos.iter().cloned().map(Step::from);
        let lasting = undos.iter().cloned().map(|undo| Step { undo, lasting: true });
        passing.chain(lasting).collect()
    }
}
