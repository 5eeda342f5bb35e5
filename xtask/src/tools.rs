//! Programs and headers the chores need, and how to get them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::cargo::root;
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
    /// The package itself, whose files lie elsewhere on each kind of machine.
    Package,
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
    Tool::new("curl", Check::Program("curl", "--version")),
    Tool::new("busybox", Check::Program("busybox", "true")),
    Tool::new("ocproxy", Check::File("/usr/bin/ocproxy")),
    Tool::new("openconnect", Check::Program("openconnect", "--version")),
    Tool::new("vpnc-scripts", Check::File("/usr/share/vpnc-scripts/vpnc-script")),
    Tool::new("iperf3", Check::Program("iperf3", "--version")),
    Tool::new("dbus-daemon", Check::Program("dbus-daemon", "--version")),
    Tool::new("procps", Check::Program("ps", "--version")),
    Tool::new(
        "dbus-system-bus-common",
        Check::File("/usr/share/dbus-1/system.conf"),
    ),
    Tool::new("dbus-daemon", Check::Program("dbus-daemon", "--version")),
    Tool::new("dbus", Check::File("/usr/bin/dbus-send")),
    Tool::new("network-manager", Check::Program("NetworkManager", "--version")),
    Tool::new(
        "network-manager-openconnect",
        Check::File("/usr/lib/NetworkManager/nm-openconnect-service"),
    ),
    Tool::new("libsystemd-shared", Check::Package),
];

/// Packages that the tests need as files. Installed they would take over the name servers of this machine.
pub(crate) const PARTS: &[&str] = &["openresolv", "resolvconf", "systemd-resolved"];

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
            Check::File(path) => Path::new(path).exists(),
            Check::Package => starts("dpkg", &["--status", self.package]),
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

/// The folder of unpacked packages, for the variable `VPNC_TEST_PARTS`.
pub(crate) fn parts_folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target).join("test-parts")
}

/// Unpacks the packages of [`PARTS`] that are not there yet.
pub(crate) fn unpack_parts() -> Result<()> {
    let folder = parts_folder();
    for package in PARTS {
        if !folder.join(package).is_dir() {
            say::note(&format!("unpacking {package}"));
            unpack(package, &folder).with_context(|| {
                format!(
                    "the package {package} cannot be unpacked; try: apt-get download {package}, then dpkg-deb -x \
                     {package}_*.deb {}",
                    folder.join(package).display()
                )
            })?;
        }
    }
    Ok(())
}

/// The folder gets its name last, so that it is whole when it is there.
fn unpack(package: &str, folder: &Path) -> Result<()> {
    let draft = folder.join(format!(".{package}"));
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    fs::create_dir_all(draft.join("files"))?;
    if download(package, &draft).is_err() && is_root() {
        apt(&["update"])?;
    }
    let mut found = archive(&draft)?;
    if found.is_none() {
        download(package, &draft)?;
        found = archive(&draft)?;
    }
    let archive = found.context("nothing was downloaded")?;
    let files = draft.join("files");
    let status = Command::new("dpkg-deb")
        .arg("-x")
        .arg(archive)
        .arg(&files)
        .status()?;
    if !status.success() {
        bail!("dpkg-deb: {status}");
    }
    fs::rename(files, folder.join(package))?;
    fs::remove_dir_all(draft)?;
    Ok(())
}

fn download(package: &str, folder: &Path) -> Result<()> {
    // the user that apt becomes has no right to write here
    let arguments = ["-o", "APT::Sandbox::User=root", "download", package];
    finish_apt(apt_command(&arguments).current_dir(folder), &arguments)
}

fn archive(folder: &Path) -> Result<Option<PathBuf>> {
    let files = fs::read_dir(folder)?.flatten().map(|file| file.path());
    let mut archives = files.filter(|path| path.extension().is_some_and(|extension| extension == "deb"));
    Ok(archives.next())
}

/// True for the user 0.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn apt(arguments: &[&str]) -> Result<()> {
    finish_apt(&mut apt_command(arguments), arguments)
}

fn apt_command(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-q", "-o", "Dpkg::Use-Pty=0"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    command
}

fn finish_apt(command: &mut Command, arguments: &[&str]) -> Result<()> {
    let output = command.output()?;
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
