//! Profiles of the machine, which root uses.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

use crate::client::Client;
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, TUNNEL};
use crate::ping;
use crate::snapshot::Snapshot;

#[test]
fn root_connects_by_a_profile_of_the_machine_and_not_by_files_of_its_own() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    make_profile(&lab);
    write(&lab, "own/.config/vpnc-cli/config.toml", "this is no TOML");
    write(&lab, "own/.config/vpnc-cli/profiles/work.toml", "this is no TOML");
    let client = connect_by_profile(&lab);
    client.wait_connected();
    assert!(lab.machine.ip("address show dev vpn9").contains(TUNNEL));
    ping::ping(&lab, [60, 1000].into_iter());
    let names = fs::read_dir(lab.file("run/vpnc-cli")).expect("state of the tunnel");
    let is_named = |name: &str| name == "work" || name.starts_with("work.");
    assert!(
        names
            .flatten()
            .any(|file| file.file_name().to_str().is_some_and(is_named))
    );
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn root_follows_no_profile_that_another_user_owns_or_can_write() {
    let Some(lab) = Lab::start("") else { return };
    let profile = make_profile(&lab);
    chown(&profile, Some(4711), None).expect("root may");
    connect_by_profile(&lab)
        .exits(78)
        .says("/etc/vpnc-cli/profiles/work.toml: root does not follow a file of user 4711");
    chown(&profile, Some(0), None).expect("root may");
    fs::set_permissions(&profile, Permissions::from_mode(0o646)).expect("a mode");
    connect_by_profile(&lab).exits(78).says("that others can write");
    assert_eq!(lab.count("tcp_connections"), 0);
}

/// Puts a profile where [`connect_by_profile`] makes it appear in `/etc`.
fn make_profile(lab: &Lab) -> std::path::PathBuf {
    let cookie = write(lab, "cookie", COOKIE);
    let text = format!(
        "server = \"https://{GATEWAY}/\"\nservercert = [\"{}\"]\ncookie-file = \"{}\"\ninterface = \"vpn9\"\n",
        lab.pin,
        cookie.display()
    );
    write(lab, "config/profiles/work.toml", &text)
}

fn write(lab: &Lab, name: &str, text: &str) -> std::path::PathBuf {
    let path = lab.file(name);
    fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder");
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
    path
}

fn connect_by_profile(lab: &Lab) -> Client {
    let mut command = lab.program(&["unshare", "--mount", "--", "sh", "-c", WITH_ETC, "sh"]);
    command
        .arg(lab.file(""))
        .arg(CLIENT)
        .env("HOME", lab.file("own"))
        .env("XDG_CONFIG_HOME", lab.file("own/.config"));
    Client::start(command, "")
}

/// `$1` is the folder of the test, `$2` the program.
const WITH_ETC: &str = r#"
rm -rf "$1/etc" && mkdir "$1/etc" && cp -r /etc/. "$1/etc" 2>/dev/null
mkdir -p "$1/etc/vpnc-cli" && mount --bind "$1/etc" /etc && mount --bind "$1/config" /etc/vpnc-cli || exit
exec "$2" connect work"#;
