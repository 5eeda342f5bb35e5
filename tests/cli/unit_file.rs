//! The unit file for systemd says what the program does.

use std::collections::BTreeMap;
use std::process::Command;

const UNIT: &str = include_str!("../../dist/systemd/vpnc-cli@.service");

/// Sections, their keys and the values.
fn parsed() -> BTreeMap<(String, String), String> {
    let mut section = String::new();
    let mut entries = BTreeMap::new();
    for line in UNIT
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
        assert!(key.bytes().all(|octet| octet.is_ascii_alphanumeric()), "{line}");
        assert!(!section.is_empty() && !value.is_empty(), "{line}");
        let before = entries.insert((section.clone(), key.to_owned()), value.to_owned());
        assert_eq!(before, None, "{key} twice");
    }
    entries
}

#[test]
fn the_unit_file_fits_the_program() {
    let entries = parsed();
    let value = |key: &str| entries[&("Service".to_owned(), key.to_owned())].as_str();
    assert_eq!(value("Type"), "notify");
    let start = value("ExecStart").replace("%i", "gw.example");
    let (program, line) = start.split_once(' ').expect("arguments");
    assert!(program.ends_with("/vpnc-cli"));
    crate::program::vpnc(line).understood();
    assert_eq!(value("RestartPreventExitStatus"), "2 3 4 5 6 8 64 65 66 77 78");
    assert_eq!(value("RuntimeDirectory"), "vpnc-cli");
    assert_eq!(value("RuntimeDirectoryPreserve"), "yes");
    assert_eq!(value("DeviceAllow"), "/dev/net/tun rw");
    assert!(value("CapabilityBoundingSet").contains("CAP_NET_ADMIN"));
    assert!(value("RestrictAddressFamilies").contains("AF_NETLINK"));
}

/// Where systemd is installed it has a word too; elsewhere the test above is all there is.
#[test]
fn systemd_understands_the_unit_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vpnc-cli@gw.service");
    let unit = UNIT.replace("/usr/local/bin/vpnc-cli", crate::program::PROGRAM);
    std::fs::write(&path, unit).expect("a file");
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(&path)
        .output();
    let Ok(output) = verify else { return };
    let text = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = text.lines().filter(|line| line.contains("vpnc-cli@")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}
