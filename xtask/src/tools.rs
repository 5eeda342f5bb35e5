//! Programs and headers the chores need, and how to get them.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::say;

/// A Debian package and how to see that what we need of it is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    package: &'static str,
    check: Check,
}

#[derive(Debug, Clone, Copy)]
enum Check {
    /// A program that this argument makes end with success, or at least start.
    Program(&'static str, &'static str),
    /// A library known to `pkg-config`.
    Library(&'static str),
    /// A file.
    File(&'static str),
}

/// What the build needs for the second TLS back end.
pub(crate) const BUILD: &[Tool] = &[
    Tool::new("pkg-config", Check::Program("pkg-config", "--version")),
    Tool::new("libssl-dev", Check::Library("openssl")),
];

/// What the demo runs.
pub(crate) const DEMO: &[Tool] = &[
    Tool::new("iproute2", Check::Program("ip", "-V")),
    Tool::new("iputils-ping", Check::Program("ping", "-V")),
    Tool::new("util-linux", Check::Program("unshare", "--version")),
    Tool::new("mount", Check::Program("mount", "--version")),
];

/// What the tests run in addition.
pub(crate) const TEST: &[Tool] = &[
    Tool::new("openssl", Check::Program("openssl", "version")),
    Tool::new("bash", Check::Program("bash", "--version")),
    Tool::new("dash", Check::File("/usr/bin/dash")),
    Tool::new("busybox", Check::Program("busybox", "true")),
    Tool::new("openconnect", Check::Program("openconnect", "--version")),
    Tool::new("vpnc-scripts", Check::File("/usr/share/vpnc-scripts/vpnc-script")),
    Tool::new("iperf3", Check::Program("iperf3", "--version")),
    Tool::new("dbus-daemon", Check::Program("dbus-daemon", "--version")),
    Tool::new("procps", Check::Program("ps", "--version")),
];

impl Tool {
    const fn new(package: &'static str, check: Check) -> Self {
        Self { package, check }
    }

    fn is_there(self) -> bool {
        match self.check {
            Check::Program(program, argument) => starts(program, &[argument]),
            Check::Library(library) => {
                // how the build of the crate `openssl-sys` is told where the library is
                std::env::var_os("OPENSSL_DIR").is_some() || starts("pkg-config", &["--exists", library])
            }
            Check::File(path) => std::path::Path::new(path).exists(),
        }
    }
}

/// The packages that are not there.
pub(crate) fn missing(tools: &[Tool]) -> Vec<&'static str> {
    let lacking = tools.iter().filter(|tool| !tool.is_there());
    lacking.map(|tool| tool.package).collect()
}

/// Installs what is missing when we may; gives what is still missing after that.
pub(crate) fn install(tools: &[Tool]) -> Vec<&'static str> {
    let packages = missing(tools);
    if packages.is_empty() {
        return packages;
    }
    let list = packages.join(" ");
    if !is_root() || !starts("apt-get", &["--version"]) {
        return packages;
    }
    say::note(&format!("installing with apt: {list}"));
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&packages);
    for arguments in [&["update"][..], &install] {
        if let Err(error) = apt(arguments) {
            say::note(&format!("{error:#}"));
            return missing(tools);
        }
    }
    missing(tools)
}

/// True for the user 0.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn apt(arguments: &[&str]) -> Result<()> {
    let output = Command::new("apt-get")
        .args(["-q", "-o", "Dpkg::Use-Pty=0"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    say::line(&String::from_utf8_lossy(&output.stdout));
    say::line(&String::from_utf8_lossy(&output.stderr));
    bail!("apt-get {} failed", arguments.join(" "))
}

/// True when the program runs and succeeds.
fn starts(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
