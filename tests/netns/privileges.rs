//! What a running client may still do, in one process or in two.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::client::Client;
use crate::lab::{GATEWAY, INSIDE, Lab, SOON, TUNNEL, wait_until};
use crate::ping;
use crate::rights::{as_nobody, lab_for_nobody};
use crate::snapshot::Snapshot;
use crate::transfer::seen_from;

#[test]
fn one_process_keeps_only_the_right_to_undo() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("--dns none");
    let status = Status::of(client.pid());
    assert_eq!(status.sets(), [NET_ADMIN, NET_ADMIN, 0, 0, 0]);
    assert_eq!((status.text("NoNewPrivs"), status.user()), ("1", 0));
    assert!(is_unreadable(client.pid()), "memory is open to others");
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, SOON);
    assert_eq!(seen_from(&lab, INSIDE).to_string(), TUNNEL);
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn nothing_is_kept_for_what_is_left_to_others() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.connected("--network none");
    assert_eq!(Status::of(client.pid()).sets(), [0; 5]);
    client.interrupt();
}

#[test]
fn sockets_opened_later_have_what_they_need() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("--network none --fwmark 7 --esp-local-port 1001 --bind-interface lan");
    let kept = NET_RAW | NET_BIND_SERVICE;
    let [effective, permitted, rest @ ..] = Status::of(client.pid()).sets();
    // before Linux 5.17 a mark needs another right
    assert_eq!(
        (effective & !NET_ADMIN, permitted, rest),
        (kept, effective, [0; 3])
    );
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    client.interrupt();
}

#[test]
fn programs_of_the_user_have_all_rights_and_the_client_has_not() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let notes = lab.file("status");
    let hook = format!("cat~/proc/self/status~>{}", notes.display());
    let client = lab.connected(&format!("--dns none --on-down {hook}"));
    let status = Status::of(client.pid());
    let own = Status::of(std::process::id());
    assert_eq!(status.sets()[..3], [NET_ADMIN, NET_ADMIN, 0]);
    assert_eq!(
        (status.set("CapBnd"), status.text("NoNewPrivs")),
        (own.set("CapBnd"), "0")
    );
    client.interrupt();
    assert_eq!(Status::read(&notes).set("CapEff"), own.set("CapBnd"));
    before.assert_restored(&lab);
}

#[test]
fn with_another_user_the_rights_are_in_a_second_process() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    for user in ["nobody", "65534"] {
        let client = lab.over_esp(&format!("--no-logout --dns none --setuid {user}"));
        let keeper = keeper_of(&client);
        let status = Status::of(client.pid());
        assert_eq!(status.sets(), [0; 5]);
        assert_eq!(status.text("NoNewPrivs"), "1");
        for line in ["Uid", "Gid"] {
            assert_eq!(status.text(line), "65534\t65534\t65534\t65534", "{line}");
        }
        assert!(status.text("Groups").split(' ').all(|group| group != "0"));
        assert!(is_unreadable(client.pid()), "memory is open to others");
        let keeper_status = Status::of(keeper);
        assert_eq!(keeper_status.sets(), [NET_ADMIN, NET_ADMIN, 0, 0, 0]);
        assert_eq!((keeper_status.text("NoNewPrivs"), keeper_status.user()), ("1", 0));
        // what ends the others does not end it: it would leave everything behind
        for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            signal(keeper, number);
        }
        lab.order("close tcp");
        client.wait_for("connection to the gateway is back");
        client.wait_for_count("data goes over ESP", 2, SOON);
        assert_eq!(seen_from(&lab, INSIDE).to_string(), TUNNEL);
        client.interrupt();
        assert!(!is_there(keeper), "it is waited for");
        before.assert_restored(&lab);
    }
}

#[test]
fn another_user_can_mark_and_bind_new_sockets() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("--setuid nobody --fwmark 7 --bind-interface lan");
    let status = Status::of(client.pid());
    assert_ne!(status.user(), 0);
    assert_eq!(status.sets()[2..], [0; 3]);
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, SOON);
    client.interrupt();
}

#[test]
fn the_second_process_undoes_everything_when_the_first_is_killed() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("--setuid nobody");
    let keeper = keeper_of(&client);
    client.kill();
    before.assert_restored(&lab);
    wait_until("the end of the second process", SOON, || !is_there(keeper));
}

#[test]
fn what_both_leave_behind_is_repaired_by_the_next_start() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("--setuid nobody");
    let keeper = keeper_of(&client);
    signal(keeper, libc::SIGKILL);
    client.kill();
    assert!(before.is_changed(&lab), "nothing was left behind");
    let again = lab.over_esp("--setuid nobody");
    again.wait_for("an earlier run had ended without cleaning up");
    again.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn scripts_and_hooks_keep_the_rights_when_the_client_has_another_user() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let (notes, script) = (lab.file("notes"), lab.file("script"));
    let text = format!("echo $1 $reason $(id -u) $VPNPID >> {}\n", notes.display());
    fs::write(&script, text).expect("a file");
    let command = |word: &str| format!("sh~{}~{word}", script.display());
    let client = lab.connected(&format!(
        "--setuid nobody -s {} --on-down {}",
        command("script"),
        command("hook")
    ));
    assert_eq!(Status::of(client.pid()).sets(), [0; 5]);
    let pid = client.pid();
    client.interrupt();
    let notes = fs::read_to_string(notes).expect("notes");
    let expected = [
        ("script", "pre-init"),
        ("script", "connect"),
        ("hook", "disconnect"),
        ("script", "disconnect"),
    ];
    let expected: String = expected
        .iter()
        .map(|(who, reason)| format!("{who} {reason} 0 {pid}\n"))
        .collect();
    assert_eq!(notes, expected);
    before.assert_restored(&lab);
}

#[test]
fn the_name_is_taken_while_the_second_process_lives() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.connected("--no-logout --setuid nobody");
    lab.client("--setuid nobody")
        .exits(8)
        .says(&format!("vpnc-cli disconnect {GATEWAY}"));
    client.interrupt();
    lab.connected("").interrupt();
}

#[test]
fn users_that_cannot_be_become_are_told_before_any_connection() {
    let Some((lab, program)) = lab_for_nobody() else {
        return;
    };
    lab.client("--setuid no-such-user")
        .exits(64)
        .says("error: there is no user no-such-user")
        .says("try: --setuid NAME");
    as_nobody(&lab, &program, "--setuid root --network none")
        .exits(77)
        .says("error: cannot become root: operation not permitted")
        .says("where: running as nobody")
        .says("leave out --setuid");
    assert_eq!(lab.count("tcp_connections"), 0);
    assert!(!ping::answers(&lab, Duration::from_millis(100)));
}

/// `/proc/PID/status`.
struct Status(HashMap<String, String>);

impl Status {
    fn of(pid: u32) -> Self {
        Self::read(Path::new(&format!("/proc/{pid}/status")))
    }

    fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a status");
        let lines = text.lines().filter_map(|line| line.split_once(':'));
        Self(
            lines
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
        )
    }

    fn text(&self, name: &str) -> &str {
        &self.0[name]
    }

    fn set(&self, name: &str) -> u64 {
        u64::from_str_radix(self.text(name), 16).expect("a number")
    }

    /// Effective, permitted, inheritable, ambient and bounding.
    fn sets(&self) -> [u64; 5] {
        ["CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"].map(|name| self.set(name))
    }

    fn user(&self) -> u32 {
        let first = self.text("Uid").split('\t').next().expect("a user");
        first.parse().expect("a number")
    }
}

/// The other process of a client.
fn keeper_of(client: &Client) -> u32 {
    let parent = client.pid().to_string();
    let processes = fs::read_dir("/proc").expect("processes");
    let pids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| {
            line.strip_prefix("PPid:")
                .is_some_and(|value| value.trim() == parent)
        })
    };
    let keepers: Vec<u32> = pids.filter(is_child).collect();
    let [keeper] = keepers[..] else {
        panic!("children of {parent}: {keepers:?}")
    };
    assert_eq!(Status::of(keeper).text("Name"), "vpnc-keeper");
    keeper
}

/// Only root owns the files of a process that may not be dumped.
fn is_unreadable(pid: u32) -> bool {
    let metadata = fs::metadata(format!("/proc/{pid}/environ")).expect("a process");
    std::os::unix::fs::MetadataExt::uid(&metadata) == 0
}

fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[expect(unsafe_code, reason = "std only knows children")]
fn signal(pid: u32, number: i32) {
    let pid = pid.try_into().expect("a pid");
    // SAFETY: takes numbers; the process is a child of a client that nobody has waited for.
    assert_eq!(unsafe { libc::kill(pid, number) }, 0, "signal {number}");
}

const NET_BIND_SERVICE: u64 = 1 << 10;
const NET_ADMIN: u64 = 1 << 12;
const NET_RAW: u64 = 1 << 13;
