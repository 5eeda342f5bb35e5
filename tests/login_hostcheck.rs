//! What the built program tells a gateway about this machine, and what it tells the user about that.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

mod stage;

use std::fs;
use std::io::Write as _;
use std::process::{Output, Stdio};

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
