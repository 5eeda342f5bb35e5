//! `--netns`: the device is in another namespace, and what is started there uses the VPN and nothing else does.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::data::amount;
use crate::inner::{Page, digest, serve_pages};
use crate::lab::{INSIDE, Lab, SOON, end, has, left_out, wait_until, within_time};
use crate::ping;
use crate::rights::{as_nobody, command_as_nobody, lab_for_nobody_with};
use crate::snapshot::Snapshot;
use crate::space::Space;

#[test]
fn programs_in_the_namespace_use_the_vpn_and_others_do_not() {
    let Some((lab, space)) = lab_with_space() else {
        return;
    };
    if !has("curl") {
        return;
    }
    let before = Snapshot::of(&lab);
    let outside = || lab.machine.ip("address show") + &lab.machine.ip("route show table all");
    let untouched = outside();
    serve_pages(&lab);
    let client = lab.over_esp("--netns inner");
    assert_eq!(outside(), untouched);
    assert!(!ping::answers(&lab, Duration::from_millis(200)), "from outside");
    let command = |arguments: &[&str]| {
        let mut command = space.command("curl", &[]);
        command.args(CURL).args(arguments);
        command
    };
    move_both_ways(&lab, command, amount());
    client.interrupt();
    before.assert_restored(&lab);
    assert_eq!(space.ip("-4 route show"), "");
}

#[test]
fn what_a_killed_run_left_in_the_namespace_is_undone_there() {
    let Some((lab, space)) = lab_with_space() else {
        return;
    };
    space.ip("tuntap add dev vpn7 mode tun");
    space.ip("link set vpn7 addrgenmode none");
    let state = || space.ip("-4 address show") + &space.ip("-4 route show");
    let before = state();
    let client = lab.connected("--netns inner -i vpn7");
    assert!(state().contains("10.66.7.8"), "{}", state());
    client.kill();
    assert!(state().contains("10.66.7.8"), "{}", state());
    // the next start needs not be for that namespace
    lab.connected("")
        .interrupt()
        .says("an earlier run had ended without cleaning up");
    assert_eq!(state(), before);
}

#[test]
fn a_journal_of_a_namespace_that_is_gone_is_no_burden() {
    let Some((lab, space)) = lab_with_space() else {
        return;
    };
    lab.connected("--netns inner").kill();
    fs::remove_file(lab.file("run/netns/inner")).expect("a link");
    drop(space);
    let journals = || {
        let entries = fs::read_dir(lab.file("run/vpnc-cli"))
            .expect("a folder")
            .flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.ends_with(".journal")).count()
    };
    assert_eq!(journals(), 1);
    lab.client("--netns inner")
        .exits(66)
        .says("error: no network namespace /run/netns/inner: ")
        .says("try: ip netns add inner");
    lab.connected("").interrupt();
    assert_eq!(journals(), 0);
}

#[test]
fn a_script_has_no_business_in_another_namespace() {
    let Some((lab, _space)) = lab_with_space() else {
        return;
    };
    lab.client("--netns inner -s true")
        .exits(64)
        .says("-s would set up this machine");
}

#[test]
fn a_user_without_any_right_has_the_vpn_in_a_namespace_of_his_own() {
    if !has("curl") || !has("unshare") || !has("nsenter") {
        return;
    }
    let Some((lab, program)) = lab_for_nobody_with("") else {
        return;
    };
    let mut holder = Holder(
        command_as_nobody(&lab, &["unshare", "-Urn", "sleep", "600"])
            .spawn()
            .expect("it starts"),
    );
    let pid = holder.0.id();
    let map = || fs::read_to_string(format!("/proc/{pid}/uid_map")).unwrap_or_default();
    let ready = || map().split_whitespace().nth(2) == Some("1");
    wait_until("the namespace", SOON, || {
        ready() || holder.0.try_wait().expect("a child").is_some()
    });
    if !ready() {
        left_out("this kernel gives users no namespaces of their own");
        return;
    }
    let before = Snapshot::of(&lab);
    serve_pages(&lab);
    let client = as_nobody(&lab, &program, &format!("--netns /proc/{pid}/ns/net"));
    client.wait_for("data goes over ESP");
    before.assert_restored(&lab);
    let target = pid.to_string();
    let command = |arguments: &[&str]| {
        let enter = [
            "nsenter",
            "-t",
            &target,
            "-U",
            "-n",
            "--preserve-credentials",
            "curl",
        ];
        command_as_nobody(&lab, &[&enter[..], &CURL, arguments].concat())
    };
    move_both_ways(&lab, command, amount());
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn a_namespace_of_somebody_else_is_refused_before_any_connection() {
    let Some((lab, program)) = lab_for_nobody_with("") else {
        return;
    };
    let space = Space::new().expect("a namespace");
    as_nobody(&lab, &program, &format!("--netns {}", space.path()))
        .exits(77)
        .says("error: cannot enter the network namespace /proc/")
        .says("try: sudo, or a namespace of your own:  unshare -Urn");
    assert_eq!(lab.count("tcp_connections"), 0);
}

/// Down and up by curl, compared.
#[track_caller]
fn move_both_ways(lab: &Lab, command: impl Fn(&[&str]) -> Command, amount: u64) {
    let page = digest(Page::new(amount));
    let mut child = command(&[&format!("http://{INSIDE}/{amount}")])
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl starts");
    let output = child.stdout.take().expect("a pipe");
    let got = within_time("curl", Duration::from_secs(100), move || digest(output));
    assert!(child.wait().expect("a child").success());
    assert_eq!(got, page, "down");

    let file = lab.file("page");
    let mut upload = fs::File::create(&file).expect("a file");
    std::io::copy(&mut Page::new(amount), &mut upload).expect("room");
    let output = command(&["-T", &file.to_string_lossy(), &format!("http://{INSIDE}/")])
        .output()
        .expect("curl runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), page, "up");
}

/// A lab, and a namespace that the client's machine knows as `inner`.
fn lab_with_space() -> Option<(Lab, Space)> {
    let lab = Lab::start("")?;
    let space = Space::new().expect("a namespace");
    let folder = lab.file("run/netns");
    fs::create_dir(&folder).expect("a folder");
    symlink(space.path(), folder.join("inner")).expect("a link");
    Some((lab, space))
}

/// Killed when dropped.
struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        end(&mut self.0);
    }
}

const CURL: [&str; 3] = ["-sS", "--max-time", "90"];
