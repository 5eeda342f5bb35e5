//! The steps, in order. All of them use one profile, so that dependencies are built once.

use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::Tally;
use crate::cargo::cargo;
use crate::children::{self, Owned};
use crate::sandbox::{self, Needs, Sandbox};
use crate::{say, tools};

/// One step.
#[derive(Debug)]
pub(super) struct Step {
    /// Its heading.
    pub(super) title: &'static str,
    /// What it does.
    pub(super) action: Action,
}

/// Does the work and counts tests.
pub(super) type Action = fn(&mut Tally) -> Result<()>;

/// All steps.
pub(super) const STEPS: &[Step] = &[
    Step {
        title: "tools and rights",
        action: |_| tools_and_rights(),
    },
    Step {
        title: "format",
        action: |_| plain(&["fmt", "--all", "--check"]),
    },
    Step {
        title: "lints",
        action: |_| plain(LINTS),
    },
    Step {
        title: "lints without default features",
        action: |_| plain(LINTS_WITHOUT_FEATURES),
    },
    Step {
        title: "build of programs and tests",
        action: |_| plain(BUILD),
    },
    Step {
        title: "tests",
        action: tests,
    },
    Step {
        title: "examples in the documentation",
        action: |tally| counted(&mut cargo(DOC_TESTS), tally),
    },
    Step {
        title: "documentation",
        action: |_| finish(cargo(DOCS).env("RUSTDOCFLAGS", "-D warnings")),
    },
];

fn tools_and_rights() -> Result<()> {
    let needed = [tools::BUILD, tools::DEMO, tools::TEST].concat();
    let lacking = tools::install(&needed);
    if !lacking.is_empty() {
        bail!(
            "not installed: {0}; try: sudo apt-get install {0}",
            lacking.join(" ")
        );
    }
    tools::unpack_parts()?;
    for (part, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        let output = cargo(&[part, "--version"]).output();
        if !output.is_ok_and(|output| output.status.success()) {
            bail!("cargo {part} does not run; try: rustup component add {component}");
        }
    }
    if !std::path::Path::new("/dev/net/tun").exists() {
        bail!("there is no /dev/net/tun; try: modprobe tun");
    }
    let sandbox = Sandbox::probe(Needs::ManyUsers)?;
    say::note(&format!("tests run in {sandbox}"));
    Ok(())
}

/// Tests run in namespaces of their own: what they do to the network does not reach the machine, and a user who is
/// not root has the rights they need.
fn tests(tally: &mut Tally) -> Result<()> {
    let mut tests = cargo(TESTS);
    tests
        .env("VPNC_TEST_REQUIRE_ALL", "1")
        .env("VPNC_TEST_PARTS", tools::parts_folder())
        // there is no way out of the namespace, and nothing to fetch after the build
        .env("CARGO_NET_OFFLINE", "true");
    counted(&mut Sandbox::probe(Needs::ManyUsers)?.enclose(&tests)?, tally)
}

fn plain(arguments: &[&str]) -> Result<()> {
    finish(&mut cargo(arguments))
}

/// Runs cargo, which says what it does.
fn finish(command: &mut Command) -> Result<()> {
    let status = Owned::spawn(command)?.wait_within(LIMIT)?;
    if !status.success() {
        bail!("{status}, see above");
    }
    Ok(())
}

/// Runs cargo and reads what the tests print.
fn counted(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut run = sandbox::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let deadline = Instant::now() + LIMIT;
    let errors = children::lines(run.child().stderr.take());
    let output = children::lines(run.child().stdout.take());
    let errors = std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in errors {
            say::line(&line);
            lines.push(line);
        }
        lines
    });
    loop {
        match output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                tally.take(&line);
                say::line(&line);
            }
            Err(RecvTimeoutError::Timeout) => bail!("not ready after {}", say::seconds(LIMIT)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = run.wait_within(LIMIT)?;
    for line in errors.join().ok().context("reading messages")? {
        tally.take(&line);
    }
    if !status.success() {
        bail!("{status}, {} tests failed, see above", tally.failed);
    }
    Ok(())
}

const LINTS: &[&str] = &[
    "clippy",
    "--profile",
    "ci",
    "--workspace",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];
const LINTS_WITHOUT_FEATURES: &[&str] = &[
    "clippy",
    "--profile",
    "ci",
    "--package",
    "vpnc-cli",
    "--no-default-features",
    "--all-targets",
    "--",
    "-D",
    "warnings",
];
/// Programs and tests in one go, so that both have the same features of the dependencies. Tests find the gateway
/// beside the client.
const BUILD: &[&str] = &["build", "--profile", "ci", "--workspace", "--bins", "--tests"];
const TESTS: &[&str] = &[
    "test",
    "--profile",
    "ci",
    "--workspace",
    "--tests",
    "--no-fail-fast",
];
const DOC_TESTS: &[&str] = &[
    "test",
    "--profile",
    "ci",
    "--workspace",
    "--doc",
    "--no-fail-fast",
];
const DOCS: &[&str] = &["doc", "--profile", "ci", "--workspace", "--no-deps"];
/// A step that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20 * 60);
