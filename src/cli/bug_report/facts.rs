//! Facts about program and machine that are the same on thousands of machines.

use std::fs;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::scrub::Scrubber;
use crate::cli::args;
use crate::cli::environment::Environment;
use crate::platform::linux::journal;
use crate::platform::privilege::{can_configure_network, effective_user};

pub(super) fn program() -> Vec<String> {
    let mut lines: Vec<String> = format!("vpnc-cli {}", args::VERSION)
        .lines()
        .map(str::to_owned)
        .collect();
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    lines.push(format!("built for: {machine} {system}"));
    lines.push("TLS: rustls".to_owned());
    #[cfg(feature = "legacy-tls")]
    lines.push(format!("legacy TLS: {}", openssl::version::version()));
    lines
}

pub(super) fn system() -> Vec<String> {
    let kernel = first_line("/proc/sys/kernel/osrelease");
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let field = |name: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or("unknown").trim_matches('"').to_owned()
    };
    vec![
        format!("kernel: {kernel}"),
        format!("distribution: {} {}", field("ID"), field("VERSION_ID")),
        format!("systemd: {}", yes(Path::new("/run/systemd/system").is_dir())),
        format!("container: {}", yes(is_container())),
    ]
}

pub(super) fn rights() -> Vec<String> {
    vec![
        format!("root: {}", yes(effective_user() == 0)),
        format!("CAP_NET_ADMIN: {}", yes(can_configure_network())),
        format!("/dev/net/tun: {}", tun()),
    ]
}

pub(super) fn network() -> Vec<String> {
    let routes = fs::read_to_string("/proc/net/route").unwrap_or_default();
    let default = |line: &&str| {
        let mut fields = line.split_whitespace();
        fields.nth(1) == Some("00000000") && fields.nth(5) == Some("00000000")
    };
    let interfaces = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let count = interfaces.lines().count().saturating_sub(2);
    let there = |path: &str| yes(Path::new(path).exists());
    vec![
        format!("interfaces: {count}"),
        format!(
            "default routes: {}",
            routes.lines().skip(1).filter(default).count()
        ),
        format!("IPv6: {}", there("/proc/net/if_inet6")),
        format!("/etc/resolv.conf: {}", resolver()),
        format!("systemd-resolved: {}", there("/run/systemd/resolve")),
        format!("resolvconf: {}", yes(has_program("resolvconf"))),
        format!("system bus: {}", there("/run/dbus/system_bus_socket")),
        format!("NetworkManager: {}", there("/run/NetworkManager")),
        format!("vpnc-script: {}", there("/usr/share/vpnc-scripts/vpnc-script")),
    ]
}

/// Which variables that count are set; their values are nobody's business.
pub(super) fn environment(environment: &Environment) -> Vec<String> {
    let secrets = [
        ("VPNC_COOKIE", environment.cookie.is_some()),
        ("VPNC_PASSWORD", environment.password.is_some()),
        ("VPNC_TOKEN_SECRET", environment.token_secret.is_some()),
    ];
    let secrets = secrets.into_iter().filter_map(|(name, set)| set.then_some(name));
    let mut names: Vec<String> = environment.names().chain(secrets).map(str::to_owned).collect();
    names.sort_unstable();
    match names.is_empty() {
        true => vec!["nothing of ours".to_owned()],
        false => vec![names.join(" ")],
    }
}

/// The files of the state, by kind. Names are mostly those of gateways.
pub(super) fn instances(scrubber: &Scrubber) -> Vec<String> {
    let Some(folder) = journal::default_dir() else {
        return vec!["no folder for state".to_owned()];
    };
    let Ok(entries) = fs::read_dir(&folder) else {
        return vec!["none".to_owned()];
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut lines: Vec<String> = paths.filter_map(|path| state_file(&path, scrubber)).collect();
    lines.sort_unstable();
    if lines.is_empty() {
        lines.push("none".to_owned());
    }
    lines
}

fn state_file(path: &Path, scrubber: &Scrubber) -> Option<String> {
    let kind = path.extension()?.to_str()?;
    let name = scrubber.host(path.file_stem()?.to_str()?);
    match kind {
        "lock" | "journal" => Some(format!("{kind}: {name}")),
        "sock" => {
            let answers = std::os::unix::net::UnixStream::connect(path).is_ok();
            Some(format!("{kind}: {name}, listened to: {}", yes(answers)))
        }
        _ => None,
    }
}

/// What the resolver file is, by where it leads.
fn resolver() -> String {
    let path = Path::new("/etc/resolv.conf");
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return "missing".to_owned();
    };
    if !metadata.is_symlink() {
        return "a file".to_owned();
    }
    let target = fs::read_link(path).unwrap_or_default();
    let target = target.to_string_lossy();
    let known = [
        "stub-resolv.conf",
        "systemd/resolve",
        "resolvconf",
        "NetworkManager",
    ];
    match known.iter().find(|part| target.contains(**part)) {
        Some(part) => format!("a link to that of {part}"),
        None => "a link elsewhere".to_owned(),
    }
}

fn tun() -> String {
    match fs::metadata("/dev/net/tun") {
        Err(error) => crate::error::plain_io(&error),
        Ok(metadata) if !metadata.file_type().is_char_device() => "not a device".to_owned(),
        Ok(_) => match fs::OpenOptions::new().read(true).write(true).open("/dev/net/tun") {
            Ok(_) => "can be opened".to_owned(),
            Err(error) => crate::error::plain_io(&error),
        },
    }
}

fn is_container() -> bool {
    ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"]
        .iter()
        .any(|file| Path::new(file).exists())
}

fn has_program(name: &str) -> bool {
    let folders = ["/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/sbin"];
    folders
        .iter()
        .any(|folder| PathBuf::from(folder).join(name).exists())
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

fn yes(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}
