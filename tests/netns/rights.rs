//! Without root: what works, and what is refused before the gateway hears of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::client::Client;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, has};
use crate::ping;
use crate::snapshot::Snapshot;
use crate::transfer::{Way, transfer};

#[test]
fn a_device_made_in_advance_works_without_root() {
    let Some((lab, program)) = lab_for_nobody() else {
        return;
    };
    lab.machine
        .ip(&format!("tuntap add dev vpn7 mode tun user {NOBODY}"));
    lab.machine.ip("link set vpn7 addrgenmode none mtu 1400 up");
    lab.machine.ip("address add 10.66.7.8/32 dev vpn7");
    lab.machine.ip("route add 10.20.0.0/16 dev vpn7");
    let before = Snapshot::of(&lab);
    let client = as_nobody(&lab, &program, "-i vpn7 --network none");
    client.wait_for("data goes over ESP");
    transfer(&lab, Way::Up, 1_000_000);
    transfer(&lab, Way::Down, 1_000_000);
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn missing_rights_are_told_before_any_connection() {
    let Some((lab, program)) = lab_for_nobody() else {
        return;
    };
    lab.machine.ip("tuntap add dev vpn8 mode tun user 12345");
    let before = Snapshot::of(&lab);
    for options in ["", "--network none", "-i vpn7", "-i vpn8 --network none"] {
        as_nobody(&lab, &program, options)
            .exits(77)
            .says("error: cannot create the tunnel device: operation not permitted")
            .says("where: /dev/net/tun, interface ")
            .says("running as nobody")
            .says("try: sudo, or a device made in advance:  ip tuntap add dev vpn0 mode tun user joe");
    }
    assert_eq!(lab.count("tcp_connections"), 0);
    before.assert_restored(&lab);
}

#[test]
fn an_own_device_without_the_right_to_set_routes_is_told_before_any_connection() {
    let Some((lab, program)) = lab_for_nobody() else {
        return;
    };
    lab.machine
        .ip(&format!("tuntap add dev vpn7 mode tun user {NOBODY}"));
    as_nobody(&lab, &program, "-i vpn7")
        .exits(77)
        .says("error: cannot set addresses and routes: operation not permitted")
        .says("where: running as nobody without CAP_NET_ADMIN")
        .says("--network none");
    assert_eq!(lab.count("tcp_connections"), 0);
    assert!(!ping::answers(&lab, Duration::from_millis(100)));
}

/// A lab, and a copy of the client where an ordinary user can reach it.
pub(crate) fn lab_for_nobody() -> Option<(Lab, PathBuf)> {
    if !has("setpriv") {
        return None;
    }
    let lab = Lab::start("")?;
    let program = lab.file("client");
    fs::copy(CLIENT, &program).expect("a copy");
    let open = |mode| Permissions::from_mode(mode);
    fs::set_permissions(&program, open(0o755)).expect("a mode");
    fs::set_permissions(program.parent().expect("a folder"), open(0o755)).expect("a mode");
    Some((lab, program))
}

pub(crate) fn as_nobody(lab: &Lab, program: &Path, options: &str) -> Client {
    let starter = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--no-new-privs",
    ];
    let mut command = lab.program(&[&starter[..], &[&program.to_string_lossy()]].concat());
    let line = format!(
        "connect --cookie-on-stdin {GATEWAY} --servercert {} {options}",
        lab.pin
    );
    command.args(line.split_whitespace());
    Client::start(command, COOKIE)
}

/// Name of that user on every distribution.
const NOBODY: &str = "nobody";
