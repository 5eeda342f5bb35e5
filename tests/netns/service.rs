//! What a service manager and the system log are told.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::client::Client;
use crate::instances::inside;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, SOON, has, wait_until};

fn next(socket: &UnixDatagram) -> String {
    let mut text = [0; 4096];
    let length = socket.recv(&mut text).expect("a message in time");
    String::from_utf8(text[..length].to_vec()).expect("UTF-8")
}

fn listen(path: PathBuf) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).expect("a socket");
    socket.set_read_timeout(Some(SOON)).expect("a limit");
    socket
}

#[test]
fn a_service_manager_is_told_from_the_start_to_the_end() {
    let Some(lab) = Lab::start("") else { return };
    let notify = lab.file("notify");
    let socket = listen(notify.clone());
    let seen = lab.file("seen");
    let script = format!("env >> {}", seen.display());
    let mut command = lab.program(&[CLIENT, "connect", "--cookie-on-stdin", GATEWAY]);
    command.args(["--servercert", &lab.pin, "-s", &script]);
    command
        .env("NOTIFY_SOCKET", &notify)
        .env("WATCHDOG_USEC", "300000");
    let client = Client::start(command, COOKIE);
    let mut told = Vec::new();
    while !told
        .iter()
        .any(|text: &String| text.starts_with("STATUS=connected, ESP, 10.66.7.8"))
        || told.iter().filter(|text| *text == "WATCHDOG=1").count() < 3
    {
        told.push(next(&socket));
    }
    let ready: Vec<&String> = told.iter().filter(|text| text.starts_with("READY=1")).collect();
    assert_eq!(ready, ["READY=1\nSTATUS=connected, TLS, 10.66.7.8"], "{told:?}");
    assert!(told.contains(&"STATUS=opening the tunnel".to_owned()), "{told:?}");
    let environment = fs::read_to_string(&seen).expect("the script ran");
    assert!(environment.contains("reason=connect"), "{environment}");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC"] {
        assert!(!environment.contains(name), "{environment}");
    }
    client.signal(libc::SIGTERM);
    while next(&socket) != "STOPPING=1" {}
    client.exits(0);
    socket.set_nonblocking(true).expect("a mode");
    let mut last = String::new();
    let mut text = [0; 4096];
    while let Ok(length) = socket.recv(&mut text) {
        last = String::from_utf8_lossy(&text[..length]).into_owned();
    }
    assert_eq!(last, "STATUS=disconnected");
}

/// A folder of devices with what the client needs.
fn devices(lab: &Lab) -> PathBuf {
    let folder = lab.file("dev");
    fs::create_dir_all(folder.join("net")).expect("a folder");
    for (name, major, minor) in [
        ("null", "1", "3"),
        ("urandom", "1", "9"),
        ("net/tun", "10", "200"),
    ] {
        let path = folder.join(name);
        let made = std::process::Command::new("mknod")
            .arg(&path)
            .args(["c", major, minor])
            .status();
        assert!(made.expect("coreutils").success(), "{name}");
        fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("a mode");
    }
    folder
}

#[test]
fn messages_go_to_the_system_log_or_are_not_lost() {
    if !has("mknod") {
        return;
    }
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    let devices = devices(&lab);
    let start = |pin: &str| {
        let line = [
            CLIENT,
            "connect",
            "--syslog",
            "--cookie-on-stdin",
            GATEWAY,
            "--servercert",
            pin,
        ];
        Client::start(inside(&lab, &line, &[(&devices, "/dev")]), COOKIE)
    };
    let client = start(&lab.pin);
    // there is no log yet
    client.wait_connected();
    let log = listen(devices.join("log"));
    let exit = client.interrupt();
    assert!(!exit.stderr.contains("logged out"), "{}", exit.stderr);
    let mut text = next(&log);
    while !text.contains("disconnected: ") {
        assert!(text.starts_with("<30>"), "{text}");
        text = next(&log);
    }
    let client = start("pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let pid = client.pid();
    let exit = client.exits(6);
    assert_eq!(exit.stderr, "", "no terminal, so the log is all");
    let mut errors = Vec::new();
    log.set_read_timeout(Some(Duration::from_millis(200)))
        .expect("a limit");
    let mut message = [0; 4096];
    while let Ok(length) = log.recv(&mut message) {
        errors.push(String::from_utf8_lossy(&message[..length]).into_owned());
    }
    let ours = format!(" vpnc-cli[{pid}]: ");
    let errors: Vec<&String> = errors.iter().filter(|text| text.starts_with("<27>")).collect();
    assert!(
        errors.len() > 1 && errors.iter().all(|text| text.contains(&ours)),
        "{errors:?}"
    );
}

#[test]
fn a_question_nobody_may_be_asked_is_an_object() {
    let Some(lab) = Lab::start("") else { return };
    let mut command = lab.program(&[CLIENT, "connect", "--json", GATEWAY, "--servercert", &lab.pin]);
    command.args(["-u", "joe", "--name", "work"]);
    let exit = Client::start(command, "").exits(4);
    let objects: Vec<Value> = exit
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let last = objects.last().expect("an error");
    assert_eq!(
        (&last["code"], &last["exit"]),
        (&"input_needed".into(), &4.into())
    );
    let hint = last["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("--passwd-on-stdin"), "{last}");
    wait_until("the end", SOON, || !lab.file("run/vpnc-cli/work.sock").exists());
}
