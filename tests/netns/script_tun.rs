//! `--script-tun`: a program made for OpenConnect takes the place of the device.

use std::fs;
use std::net::TcpStream;
use std::time::Duration;

use crate::inner::{Page, SERVER, digest, serve_names, serve_pages};
use crate::lab::{Lab, has, wait_until};
use crate::rights::{as_nobody, lab_for_nobody_with};
use crate::snapshot::Snapshot;

#[test]
fn ocproxy_works_as_with_openconnect() {
    if !has("ocproxy") || !has("curl") {
        return;
    }
    let options = format!("--dns {SERVER} --domains corp.example");
    let Some((lab, program)) = lab_for_nobody_with(&options) else {
        return;
    };
    let before = Snapshot::of(&lab);
    serve_names(&lab);
    serve_pages(&lab);
    let client = as_nobody(&lab, &program, &format!("--script-tun -s ocproxy~-D~{PORT}"));
    client.wait_for("data goes over ESP");
    let listens = || {
        lab.machine
            .within(|| TcpStream::connect(("127.0.0.1", PORT)))
            .is_ok()
    };
    wait_until("ocproxy", Duration::from_secs(10), listens);
    let mut command = lab.program(&["curl", "-sS", "--max-time", "20", "--socks5-hostname"]);
    command.arg(format!("127.0.0.1:{PORT}"));
    let output = command.arg(format!("http://wiki.corp.example/{AMOUNT}")).output();
    let output = output.expect("curl runs");
    assert_eq!(
        digest(&output.stdout[..]),
        digest(Page::new(AMOUNT)),
        "{} octets, {}",
        output.stdout.len(),
        String::from_utf8_lossy(&output.stderr)
    );
    client.interrupt();
    assert!(!listens(), "ocproxy goes on");
    before.assert_restored(&lab);
}

#[test]
fn the_end_of_the_command_ends_the_tunnel() {
    let Some(lab) = Lab::start("") else { return };
    let (script, told) = (lab.file("script"), lab.file("told"));
    let text = format!("set | grep -E '^(reason|TUNDEV)=' > {}\nexit 7\n", told.display());
    fs::write(&script, text).expect("a file");
    lab.client(&format!("--script-tun -s sh~{}", script.display()))
        .exits(1)
        .says("error: the command of --script-tun ended with exit status 7");
    assert_eq!(fs::read_to_string(told).expect("a file"), "");
}

const PORT: u16 = 1081;

/// Octets to move. The stack of ocproxy has small windows.
const AMOUNT: u64 = 3_000_000;
