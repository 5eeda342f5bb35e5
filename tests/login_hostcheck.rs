//! What the built program tells a gateway about this machine, and what it tells the user about that.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

mod stage;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use vpnc_gateway::EventKind;

use crate::stage::Stage;

/// Policies and results the gateway is to see.
type Told<'a> = &'a [(&'a str, bool)];

#[test]
fn claims_are_the_users() {
    // flow, claims, exit status, what the gateway is told
    let table: [(&str, &str, i32, Told<'_>); 7] = [
        ("before", "accept", 0, &[("AV", true), ("Firewall", true)]),
        ("before", "report", 5, &[("AV", false), ("Firewall", false)]),
        ("after", "accept", 0, &[("Required-AV", true)]),
        ("after", "report", 5, &[("Required-AV", false)]),
        (
            "failed",
            "Unsupported-Patch = ok\n",
            0,
            &[("AV", false), ("Unsupported-Patch", true)],
        ),
        (
            "failed",
            "Unsupported-Patch = notok\n* = ok\n",
            5,
            &[("AV", true), ("Unsupported-Patch", false)],
        ),
        (
            "not-required",
            "# ours\n\nAV = ok\n",
            0,
            &[("AV", true), ("Unsupported-Patch", false)],
        ),
    ];
    for (flow, claims, status, told) in table {
        let stage = Stage::play(&format!("hostcheck/{flow}"));
        let output = sign_in(&stage, claims);
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{flow} {claims}: {messages}");
        assert_eq!(output.stdout.is_empty(), status != 0, "{flow} {claims}");
        let told: Vec<_> = told
            .iter()
            .map(|(name, met)| ((*name).to_owned(), *met))
            .collect();
        let seen = stage.saw().into_iter().find_map(|kind| match kind {
            EventKind::HostCheck { policies, .. } => Some(policies),
            _ => None,
        });
        assert_eq!(seen, Some(told.clone()), "{flow} {claims}: {messages}");
        for (name, met) in told {
            let line = format!("policy {name}, told: {}", if met { "met" } else { "not met" });
            assert!(messages.contains(&line), "no {line:?}: {messages}");
        }
        assert_eq!(stage.faults(), [""; 0], "{flow} {claims}");
    }
}

#[test]
fn a_refusal_names_the_policies_and_sends_no_password() {
    let stage = Stage::play("hostcheck/before");
    let output = sign_in(&stage, "report");
    let messages = String::from_utf8_lossy(&output.stderr);
    let error = messages.split_once("error: ").expect("an error").1;
    for part in ["AV", "Firewall", "--hostcheck"] {
        assert!(error.contains(part), "no {part}: {error}");
    }
    let forms = stage.forms();
    assert!(!forms.iter().any(|form| form.contains("password=")), "{forms:?}");
}

#[test]
fn a_file_of_claims_that_cannot_be_used_ends_the_run_before_anything_is_sent() {
    for (claims, text) in [
        ("AV\n", "line 1"),
        ("AV = ok\nAV = notok\n", "line 2"),
        ("AV = perhaps\n", "perhaps"),
    ] {
        let stage = Stage::play("hostcheck/before");
        let output = sign_in(&stage, claims);
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(65), "{messages}");
        assert!(messages.contains(text), "no {text:?}: {messages}");
        assert_eq!(stage.saw(), []);
    }
}

#[test]
fn the_cookie_alone_is_a_line() {
    let stage = Stage::play("hostcheck/after");
    let output = run(&stage, &["--hostcheck=accept", "--cookieonly"]);
    let line = String::from_utf8(output.stdout).expect("text");
    assert!(line.starts_with("DSID=") && line.ends_with('\n'), "{line:?}");
    assert_eq!(line.lines().count(), 1, "{line:?}");
}

/// With `accept`, `report` or the lines of a file.
fn sign_in(stage: &Stage, claims: &str) -> Output {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), claims).expect("a file");
    let path = file.path().to_string_lossy();
    let claims = if claims.contains('=') || claims.contains('\n') {
        &path
    } else {
        claims
    };
    run(stage, &["--hostcheck", claims])
}

fn run(stage: &Stage, options: &[&str]) -> Output {
    let mut command = stage.auth(&[], options);
    command.args(["-u", "joe", "--passwd-on-stdin", "--non-inter"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("setsid of util-linux");
    let mut stdin = child.stdin.take().expect("a pipe");
    // one that does not read has broken the pipe
    drop(stdin.write_all(b"secret\n"));
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

/// It prints without end, escapes among it, and does not end by itself.
#[test]
fn a_noisy_external_checker_is_bounded_and_ends_with_the_client() {
    for signal in [Signal::TERM, Signal::INT] {
        let stage = Stage::play("hostcheck/before");
        let folder = tempfile::tempdir().expect("a folder");
        let wrapper = folder.path().join("wrapper");
        let number = folder.path().join("number");
        let text = format!(
            "#!/bin/sh\necho $$ > {0}.new; mv {0}.new {0}\nprintf '\\033[2J\\n'\nexec yes noise\n",
            number.display()
        );
        fs::write(&wrapper, text).expect("a file");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("a mode");
        let mut command = stage.auth(&[], &["-u", "joe", "--non-inter", "--passwd-on-stdin"]);
        if rustix::process::geteuid().is_root() {
            command.args(["--csd-user", "root"]);
        }
        let mut client = command
            .arg("--csd-wrapper")
            .arg(&wrapper)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = client.stdin.take().expect("a pipe");
        stdin.write_all(b"secret\n").expect("a reader");
        drop(stdin);
        let mut messages = BufReader::new(client.stderr.take().expect("a pipe"));
        let mut seen = String::new();
        while !seen.contains("prints more than is shown") {
            let count = messages.read_line(&mut seen).expect("text");
            assert_ne!(count, 0, "{seen}");
        }
        assert!(
            seen.contains("host checker: ?[2J\n") && !seen.contains('\x1b'),
            "{seen}"
        );
        let id = i32::try_from(client.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a number");
        kill_process(id, signal).expect("a process");
        let mut rest = String::new();
        messages.read_to_string(&mut rest).expect("text");
        assert!(!client.wait().expect("an end").success());
        assert!(!rest.contains("noise"), "{rest}");
        let number = fs::read_to_string(number).expect("a number");
        assert!(!Path::new("/proc").join(number.trim()).exists(), "{rest}");
    }
}
