//! Running tunnels: asked, told to end, seen by others.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::client::Client;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, SOON, has, wait_until};
use crate::snapshot::Snapshot;

#[test]
fn a_tunnel_tells_its_state_from_the_sign_in_to_the_end() {
    let Some(lab) = Lab::start("") else { return };
    assert_eq!(text(&lab, 3, &["status"]), "no tunnel: not running\n");
    assert_eq!(state(&lab, 3), "stopped");
    let (client, go) = signing_in(&lab);
    wait_until("the sign-in", SOON, || state_now(&lab) == "login");
    assert!(text(&lab, 4, &["status", "work"]).starts_with("work: signing in since "));
    fs::write(go, "").expect("a file");
    client.wait_for("data goes over ESP");
    let status = object(&lab, 0);
    for (pointer, value) in [
        ("/name", "work"),
        ("/state", "connected"),
        ("/user", "joe"),
        ("/interface", "tun0"),
        ("/ipv4/0", "10.66.7.9/32"),
        ("/routes/0", "10.20.0.0/16"),
        ("/server/url", "https://198.51.100.1/"),
        ("/server/address", GATEWAY),
        ("/server/pin", &lab.pin),
        ("/transport/active", "esp"),
        ("/transport/esp/state", "active"),
        ("/transport/esp/cipher", "aes-128-cbc"),
    ] {
        assert_eq!(
            status.pointer(pointer).and_then(Value::as_str),
            Some(value),
            "{pointer} {status}"
        );
    }
    assert_eq!(status["pid"], client.pid());
    let shown = text(&lab, 0, &["status", "work"]);
    assert!(
        shown.contains("\n  interface   tun0, 10.66.7.9/32, MTU "),
        "{shown}"
    );
    client.interrupt();
    assert_eq!(state(&lab, 3), "stopped");
    assert_eq!(
        fs::read_dir(lab.file("run/vpnc-cli")).expect("a folder").count(),
        0
    );
}

#[test]
fn a_lost_gateway_is_told_and_its_return_can_be_waited_for() {
    let Some(mut lab) = Lab::start("--keep-cookie") else {
        return;
    };
    let client = lab.connected("--name work");
    lab.stop_gateway();
    call(&lab, &["reconnect"]);
    wait_until("the loss", SOON, || state_now(&lab) == "reconnecting");
    assert!(object(&lab, 4)["last_error"].is_string());
    lab.start_gateway();
    text(
        &lab,
        0,
        &["status", "work", "--wait-for", "connected", "--timeout", "20"],
    );
    client.interrupt();
}

#[test]
fn waiting_for_a_state_has_a_limit() {
    let Some(lab) = Lab::start("") else { return };
    let line = ["status", "work", "--wait-for", "connected", "--timeout", "0"];
    let output = call(&lab, &line);
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(75), &b""[..])
    );
    let client = lab.connected("--name work");
    let line = ["status", "--wait-for", "down", "--timeout", "0"];
    assert_eq!(call(&lab, &line).status.code(), Some(75));
    let waiting = program(&lab, &["status", "--wait-for", "down"]).spawn();
    client.interrupt();
    let ended = waiting.expect("it starts").wait().expect("it ends");
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_tunnel_is_ended_with_or_without_its_login() {
    for (options, logouts) in [(&["down"][..], 1), (&["disconnect", "--keep-login"], 0)] {
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let client = lab.connected("--name work");
        let output = call(&lab, options);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        // it was waited for
        before.assert_restored(&lab);
        client.exits(0);
        assert_eq!(lab.count("logouts"), logouts, "{options:?}");
    }
}

#[test]
fn a_sign_in_is_ended_as_by_a_signal() {
    let Some(lab) = Lab::start("") else { return };
    let (client, go) = signing_in(&lab);
    wait_until("the sign-in", SOON, || state_now(&lab) == "login");
    assert_eq!(
        call(&lab, &["reconnect"]).status.code(),
        Some(1),
        "there is nothing to connect again"
    );
    assert_eq!(call(&lab, &["disconnect", "work"]).status.code(), Some(0));
    // ends the command that waits for it
    fs::write(go, "").expect("a file");
    client.exits(143);
}

#[test]
fn of_two_tunnels_one_must_be_named() {
    let Some(lab) = Lab::start("") else { return };
    let work = lab.connected("--name work");
    let home = second(&lab);
    for command in ["status", "events", "reconnect", "disconnect"] {
        let output = call(&lab, &[command]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(8), "{command}: {errors}");
        assert!(errors.contains("where: home, work"), "{errors}");
    }
    text(&lab, 0, &["status", "home"]);
    assert_eq!(call(&lab, &["disconnect", "home"]).status.code(), Some(0));
    home.exits(0);
    let home = second(&lab);
    assert_eq!(call(&lab, &["disconnect", "--all"]).status.code(), Some(0));
    home.exits(0);
    work.exits(0);
    assert_eq!(call(&lab, &["disconnect", "--all"]).status.code(), Some(0));
}

#[test]
fn what_a_killed_run_left_is_told_repaired_and_replaced() {
    let Some(lab) = Lab::start("--include 0.0.0.0/0 --keep-cookie") else {
        return;
    };
    let before = Snapshot::of(&lab);
    lab.connected("--name work").kill();
    let socket = lab.file("run/vpnc-cli/work.sock");
    let output = call(&lab, &["status"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(call(&lab, &["disconnect"]).status.code(), Some(8));
    assert!(socket.exists() && before.is_changed(&lab));
    assert_eq!(call(&lab, &["disconnect", "--repair"]).status.code(), Some(0));
    assert!(!socket.exists());
    before.assert_restored(&lab);
    lab.connected("--name work").kill();
    let again = lab.connected("--name work");
    assert_eq!(object(&lab, 0)["pid"], again.pid());
    let second = lab.client("--name work").exits(8);
    second.says("vpnc-cli disconnect work");
    assert_eq!(
        object(&lab, 0)["pid"],
        again.pid(),
        "the second one has taken nothing away"
    );
    again.interrupt();
    assert!(!socket.exists());
}

#[test]
fn tunnels_of_root_are_not_for_others() {
    if !has("setpriv") {
        return;
    }
    let Some(lab) = Lab::start("") else { return };
    let program = open_copy(&lab);
    let client = lab.connected("--name work");
    let ask = |request: &str| {
        let program = program.to_string_lossy();
        let line = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            &program,
            request,
            "work",
        ];
        lab.program(&line).output().expect("it starts")
    };
    assert_eq!(ask("status").status.code(), Some(3));
    assert_eq!(ask("disconnect").status.code(), Some(8));
    // were the folder open, the tunnel itself would still refuse
    let folder = lab.file("run/vpnc-cli");
    let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
    open(&folder, 0o755);
    assert_eq!(ask("disconnect").status.code(), Some(77));
    open(&folder.join("work.sock"), 0o777);
    for request in ["status", "events", "disconnect", "reconnect"] {
        let output = ask(request);
        assert_eq!(output.status.code(), Some(77), "{output:?}");
    }
    assert_eq!(object(&lab, 0)["state"], "connected");
    client.interrupt();
}

#[test]
fn members_of_the_group_may_ask_and_order() {
    if !has("setpriv") {
        return;
    }
    let Some(lab) = Lab::start("") else { return };
    let copy = open_copy(&lab);
    let group = lab.file("group");
    fs::write(&group, "root:x:0:\nvpnc:x:4242:\n").expect("a file");
    let with_group = |line: &[&str]| inside(&lab, line, &[(&group, "/etc/group")]);
    let pin = lab.pin.clone();
    let line = [
        CLIENT,
        "connect",
        "--cookie-on-stdin",
        GATEWAY,
        "--servercert",
        &pin,
        "--name",
        "work",
    ];
    let client = Client::start(with_group(&line), COOKIE);
    client.wait_connected();
    let copy = copy.to_string_lossy();
    let member = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--groups=4242",
        &copy,
    ];
    let mut ask = with_group(&member);
    let output = ask.args(["status", "--json"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut end = with_group(&member);
    let output = end.arg("disconnect").output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    client.exits(0);
}

#[test]
fn all_that_happens_is_told() {
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    let (client, go) = signing_in(&lab);
    wait_until("the sign-in", SOON, || state_now(&lab) == "login");
    let events = Events::of(&lab);
    fs::write(go, "").expect("a file");
    client.wait_for("data goes over ESP");
    lab.order("rekey");
    assert_eq!(call(&lab, &["reconnect"]).status.code(), Some(0));
    client.wait_for("connection to the gateway is back");
    assert_eq!(call(&lab, &["disconnect"]).status.code(), Some(0));
    client.exits(0);
    let told = events.all(0);
    let kinds: Vec<&str> = told.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(told[0]["status"]["state"], "login");
    assert_eq!(
        (kinds.first(), kinds.last()),
        (Some(&"state"), Some(&"disconnected"))
    );
    for kind in [
        "step",
        "login_ok",
        "config",
        "connected",
        "transport",
        "rekey",
        "reconnecting",
        "reconnected",
    ] {
        assert!(kinds.contains(&kind), "no {kind} in {kinds:?}");
    }
}

#[test]
fn a_refused_sign_in_is_told_last() {
    let Some(lab) = Lab::start("") else { return };
    let (client, go) = signing_in(&lab);
    wait_until("the sign-in", SOON, || state_now(&lab) == "login");
    let events = Events::of(&lab);
    fs::write(&go, "mistaken").expect("a file");
    client.exits(3);
    let told = events.all(0);
    let last = told.last().expect("the end");
    assert_eq!(
        (&last["event"], &last["exit"]),
        (&"error".into(), &3.into()),
        "{told:?}"
    );
}

#[test]
fn a_reader_that_goes_ends_the_command_quietly() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.connected("--name work");
    for command in ["status", "events"] {
        let mut command = program(&lab, &[command]);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .expect("it starts");
        assert_eq!(output.status.code(), Some(74));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
    client.interrupt();
}

/// `connect` as `work`, whose password comes when there is a file: the password of joe, or what stands in it.
fn signing_in(lab: &Lab) -> (Client, PathBuf) {
    let go = lab.file("go");
    let wait = format!(
        "until test -e {0}; do sleep 0.02; done; if test -s {0}; then cat {0}; else echo secret; fi",
        go.display()
    );
    let mut command = lab.program(&[
        CLIENT,
        "connect",
        GATEWAY,
        "--servercert",
        &lab.pin,
        "--name",
        "work",
    ]);
    command.args(["-u", "joe", "--non-inter", "--passwd-command", &wait]);
    (Client::start(command, ""), go)
}

/// A tunnel `home` beside another one, with a session of its own.
fn second(lab: &Lab) -> Client {
    let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
    command.args("-u joe --passwd-on-stdin --non-inter --name home --network none".split(' '));
    let client = Client::start(command, "secret");
    client.wait_connected();
    client
}

/// The commands for running tunnels, on the client's machine.
fn program(lab: &Lab, line: &[&str]) -> Command {
    lab.program(&[&[CLIENT], line].concat())
}

fn call(lab: &Lab, line: &[&str]) -> Output {
    program(lab, line).output().expect("it starts")
}

#[track_caller]
fn text(lab: &Lab, status: i32, line: &[&str]) -> String {
    let output = call(lab, line);
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The state of `work`, which must fit its description.
#[track_caller]
fn object(lab: &Lab, status: i32) -> Value {
    let text = text(lab, status, &["status", "work", "--json"]);
    let object = serde_json::from_str(&text).expect("JSON");
    assert_fits(include_str!("../../fixtures/schema/status.json"), &object);
    object
}

#[track_caller]
fn state(lab: &Lab, status: i32) -> String {
    object(lab, status)["state"].as_str().expect("a state").to_owned()
}

fn state_now(lab: &Lab) -> String {
    let output = call(lab, &["status", "work", "--json"]);
    let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    object["state"].as_str().unwrap_or_default().to_owned()
}

#[track_caller]
pub(crate) fn assert_fits(schema: &str, object: &Value) {
    let schema = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator
        .iter_errors(object)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {object}");
}

/// `events`, running.
struct Events(Child, BufReader<std::process::ChildStdout>, Vec<Value>);

impl Events {
    /// Of `work`; the first line has come.
    fn of(lab: &Lab) -> Self {
        let mut command = program(lab, &["events", "work"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut first = String::new();
        lines.read_line(&mut first).expect("a line");
        Self(child, lines, vec![serde_json::from_str(&first).expect("JSON")])
    }

    /// Everything up to the end, which must have this status.
    #[track_caller]
    fn all(mut self, status: i32) -> Vec<Value> {
        for line in self.1.lines() {
            self.2
                .push(serde_json::from_str(&line.expect("a line")).expect("JSON"));
        }
        assert_eq!(self.0.wait().expect("it ends").code(), Some(status));
        for event in &self.2 {
            assert_fits(include_str!("../../fixtures/schema/event.json"), event);
            if let Some(status) = event.get("status") {
                assert_fits(include_str!("../../fixtures/schema/status.json"), status);
            }
        }
        self.2
    }
}

/// A program of the client's machine that sees more in other places than usual.
pub(crate) fn inside(lab: &Lab, line: &[&str], more: &[(&Path, &str)]) -> Command {
    let (run, resolver) = (lab.file("run"), lab.file("resolv.conf"));
    let usual = [(run.as_path(), "/run"), (resolver.as_path(), "/etc/resolv.conf")];
    let mut command = lab.machine.command(line[0], &[&usual, more].concat());
    command.args(&line[1..]).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// A copy of the program where everybody can reach it. Made by another process: with the file open for writing here, a
/// program that another test starts just now would hold it open, and it could not be run.
fn open_copy(lab: &Lab) -> PathBuf {
    let program = lab.file("client");
    let copied = Command::new("cp").arg(CLIENT).arg(&program).status();
    assert!(copied.expect("coreutils").success());
    for path in [program.as_path(), program.parent().expect("a folder")] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a mode");
    }
    program
}
