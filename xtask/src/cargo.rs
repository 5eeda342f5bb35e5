//! Running cargo from a program that cargo runs.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::children::Owned;

/// Programs built for a chore.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// `vpnc-cli`
    pub(crate) client: PathBuf,
    /// `vpnc-gateway`
    pub(crate) gateway: PathBuf,
}

/// Cargo in the root of the project.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    // What cargo told us about ourselves would make build scripts run again that look at it.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if OURS.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Builds client and gateway for release and says where they are.
pub(crate) fn build_release(legacy_tls: bool) -> Result<Programs> {
    let mut command = cargo(&[
        "build",
        "--release",
        "-p",
        "vpnc-cli",
        "-p",
        "vpnc-gateway",
        "--bins",
    ]);
    if !legacy_tls {
        command.arg("--no-default-features");
    }
    command
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    let mut build = Owned::spawn(&mut command)?;
    let output = build.child().stdout.take().context("no output of cargo")?;
    let mut found = Vec::new();
    for line in BufReader::new(output).lines() {
        found.extend(executable(&line?));
    }
    if !build.wait()?.success() {
        bail!("the build failed, see above");
    }
    let named = |name: &str| {
        let program = found.iter().find(|path| path.ends_with(name));
        program.cloned().with_context(|| format!("cargo built no {name}"))
    };
    Ok(Programs {
        client: named("vpnc-cli")?,
        gateway: named("vpnc-gateway")?,
    })
}

/// Folder of the whole project.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

/// Variables cargo sets for the program it runs.
const OURS: &[&str] = &[
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_PRIMARY_",
    "OUT_DIR",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_are_found_in_messages_of_cargo() {
        let program = r#"{"reason":"compiler-artifact","executable":"/t/vpnc-cli"}"#;
        assert_eq!(executable(program), Some(PathBuf::from("/t/vpnc-cli")));
        assert_eq!(
            executable(r#"{"reason":"compiler-artifact","executable":null}"#),
            None
        );
        assert_eq!(executable("warning: text"), None);
    }
}
