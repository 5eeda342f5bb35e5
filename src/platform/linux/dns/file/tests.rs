//! Resolver files of all kinds in a folder of their own.

use tempfile::TempDir;

use super::super::wanted::testing::wanted;
use super::*;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        path
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    /// Every name that is there.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("folder").flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn vpn() -> Wanted {
    wanted(&["10.20.0.53"], &["corp.example"], false)
}

fn put_in(path: &Path, log: &mut UndoLog) -> bool {
    put(path, "tun0", &vpn(), log).expect("written")
}

/// Takes back as the log says, and gives what came of it.
fn take_back(log: &mut UndoLog) -> Vec<Undone> {
    let steps = log.undos().cloned().collect::<Vec<_>>();
    let undos = steps
        .iter()
        .rev()
        .map(|step| step.as_dns().expect("a change of names"));
    let results = undos
        .map(|undo| undo.perform_blocking().expect("taken back"))
        .collect();
    log.forget();
    results
}

#[test]
fn a_file_keeps_mode_and_owner_and_comes_back_to_the_octet() {
    let folder = Folder::new();
    let home = "search home.example\nnameserver 192.0.2.1";
    let path = folder.write("resolv.conf", home);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("mode");
    if privilege::effective_user() == 0 {
        std::os::unix::fs::chown(&path, Some(65534), Some(65533)).expect("owner");
    }
    let before = fs::metadata(&path).expect("metadata");
    let mut log = UndoLog::new(None);
    check(&path).expect("writable");
    assert!(put_in(&path, &mut log));
    assert!(!put_in(&path, &mut log), "it stands there already");
    assert!(
        folder
            .read("resolv.conf")
            .contains("\nnameserver 10.20.0.53\nsearch corp.example home.example\n")
    );
    // a DHCP client has come by
    folder.write("resolv.conf", "nameserver 192.0.2.9\n");
    assert!(put_in(&path, &mut log));
    folder.write("resolv.conf", home);
    assert!(put_in(&path, &mut log));
    assert_eq!(log.undos().count(), 1);
    assert_eq!(take_back(&mut log), [Undone::Done]);
    assert_eq!(folder.read("resolv.conf"), home);
    let after = fs::metadata(&path).expect("metadata");
    let state = |found: &Metadata| (found.mode(), found.uid(), found.gid());
    assert_eq!(state(&after), state(&before));
    assert_eq!(folder.names(), ["resolv.conf"]);
}

#[test]
fn a_file_of_somebody_else_is_left_to_them() {
    let folder = Folder::new();
    for theirs in ["nameserver 192.0.2.9\n", "nameserver 10.20.0.53\n"] {
        let path = folder.write("resolv.conf", "nameserver 192.0.2.1\n");
        let mut log = UndoLog::new(None);
        put_in(&path, &mut log);
        folder.write("resolv.conf", theirs);
        assert_eq!(take_back(&mut log), [Undone::Gone]);
        assert_eq!(folder.read("resolv.conf"), theirs);
    }
    let path = folder.path("resolv.conf");
    let mut log = UndoLog::new(None);
    put_in(&path, &mut log);
    fs::remove_file(&path).expect("removed");
    symlink("elsewhere", &path).expect("link");
    assert_eq!(take_back(&mut log), [Undone::Gone]);
    assert_eq!(fs::read_link(&path).expect("link"), Path::new("elsewhere"));
}

#[test]
fn a_link_is_followed_to_a_common_file() {
    let folder = Folder::new();
    folder.write("target", "nameserver 192.0.2.1\n");
    let path = folder.path("resolv.conf");
    symlink("target", &path).expect("link");
    let mut log = UndoLog::new(None);
    check(&path).expect("writable");
    put_in(&path, &mut log);
    assert!(path.is_symlink());
    assert!(folder.read("target").contains("10.20.0.53"));
    assert_eq!(take_back(&mut log), [Undone::Done]);
    assert_eq!(folder.read("target"), "nameserver 192.0.2.1\n");
    assert_eq!(folder.names(), ["resolv.conf", "target"]);
}

#[test]
fn a_link_that_leads_nowhere_is_replaced_and_put_back() {
    let folder = Folder::new();
    let path = folder.path("resolv.conf");
    symlink("../run/nobody", &path).expect("link");
    let mut log = UndoLog::new(None);
    put_in(&path, &mut log);
    assert!(!path.is_symlink());
    assert!(!put_in(&path, &mut log), "it stands there already");
    assert_eq!(take_back(&mut log), [Undone::Done]);
    assert_eq!(fs::read_link(&path).expect("link"), Path::new("../run/nobody"));
}

#[test]
fn a_file_that_is_not_there_is_made_with_its_folder_and_removed() {
    let folder = Folder::new();
    let path = folder.path("netns").join("work").join("resolv.conf");
    let mut log = UndoLog::new(None);
    check(&path).expect("writable");
    put_in(&path, &mut log);
    let mode = fs::metadata(&path).expect("metadata").mode();
    assert_eq!(mode & 0o777, 0o644);
    assert!(!put_in(&path, &mut log));
    assert_eq!(take_back(&mut log), [Undone::Done]);
    assert!(!path.exists());
}

#[test]
fn what_is_no_resolver_file_is_refused_and_left() {
    let folder = Folder::new();
    let large = folder.write("large", vec![b'#'; 10 << 20]);
    let fifo = folder.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let ring = folder.path("ring");
    symlink("ring", &ring).expect("link");
    for (path, why) in [
        (large.as_path(), "file too large"),
        (&fifo, "not a regular file"),
        (folder.0.path(), "not a regular file"),
        (&ring, "too many"),
    ] {
        let mut log = UndoLog::new(None);
        let error = put(path, "tun0", &vpn(), &mut log).expect_err("refused");
        assert!(error.to_string().to_lowercase().contains(why), "{error}");
        assert!(check(path).is_err() && log.is_empty());
    }
    assert_eq!(fs::metadata(&large).expect("metadata").len(), 10 << 20);
    let odd = folder.write("odd", b"\0\xff\nnameserver 192.0.2.1\0");
    let mut log = UndoLog::new(None);
    put_in(&odd, &mut log);
    take_back(&mut log);
    assert_eq!(fs::read(&odd).expect("file"), b"\0\xff\nnameserver 192.0.2.1\0");
}

#[test]
fn the_step_stands_in_the_journal_and_is_worked_off_from_there() {
    let folder = Folder::new();
    let path = folder.write("resolv.conf", "nameserver 192.0.2.1\n");
    let undo = DnsUndo::ResolverFile {
        path: path.clone(),
        tag: "tun0".to_owned(),
        servers: vec![Ipv4Addr::new(10, 20, 0, 53)],
    };
    let mut log = UndoLog::new(None);
    put_in(&path, &mut log);
    assert_eq!(log.undos().collect::<Vec<_>>(), [&Undo::Dns(undo.clone())]);
    for undo in [
        undo,
        DnsUndo::RevertLink {
            device: 7,
            name: "tun0".to_owned(),
        },
        DnsUndo::Resolvconf {
            program: "/sbin/resolvconf".into(),
            record: "tun.tun0".to_owned(),
        },
    ] {
        let step = Undo::Dns(undo);
        let line = serde_json::to_string(&step).expect("JSON");
        assert_eq!(serde_json::from_str::<Undo>(&line).expect(&line), step);
    }
    assert_eq!(take_back(&mut log), [Undone::Done]);
    assert_eq!(folder.read("resolv.conf"), "nameserver 192.0.2.1\n");
}
