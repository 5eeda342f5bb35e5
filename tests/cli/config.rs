//! Configuration files and profiles, as the built program meets them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use tempfile::TempDir;

use crate::program::{BAD_DATA, CANNOT_CREATE, NO_INPUT, Run, USAGE, vpnc_args};

/// The configuration file is wrong.
const CONFIG: i32 = 78;

/// Is warned about as soon as it is looked at.
const OLD_PIN: &str = "sha1:0000000000000000000000000000000000000000";

fn file(name: &str, text: impl AsRef<[u8]>, mode: u32) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(folder.path(), name, text, mode);
    (folder, path)
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>, mode: u32) -> String {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    path.to_str().expect("UTF-8").to_owned()
}

fn connect(config: &str) -> Run {
    vpnc_args(&["connect", "--config", config])
}

#[test]
fn settings_of_a_file_are_understood() {
    let text =
        "server = 'gw.example'\nmtu = 100\nservercert = ['sha1:0000000000000000000000000000000000000000']\n";
    let (_folder, path) = file("x.toml", text, 0o644);
    connect(&path).understood().says("a sha1: pin");
    let newer = format!("--servercert=sha256:{}", "0".repeat(64));
    vpnc_args(&["connect", "--config", &path, &newer])
        .understood()
        .hides("a sha1: pin");
    vpnc_args(&["-v", "--config", &path, "gw.example"])
        .understood()
        .says(&format!("settings of {path} were read"));
}

#[test]
fn files_of_openconnect_are_understood() {
    let (_folder, path) = file(
        "oc.conf",
        format!(
            "# work
server=gw.example

 servercert {OLD_PIN}
no-dtls
"
        ),
        0o644,
    );
    connect(&path).understood().says("a sha1: pin");
    vpnc_args(&["--config", &path, "gw.example"]).understood();
}

#[test]
fn what_is_wrong_has_file_line_and_column() {
    for (name, text, place, says) in [
        (
            "x.toml",
            "server = 'gw'\n  reaml = 'x'",
            ":2:3: unknown key \"reaml\"",
            "try: realm",
        ),
        ("x.toml", "server = 'gw", ":1:", ""),
        ("x.toml", "mtu = true", ":1:7: \"mtu\" wants", ""),
        ("x.toml", "mtu = 'big'", ":1:1: invalid value 'big'", ""),
        (
            "x.toml",
            "password = 'hunter2'",
            ":1:1: a password is not kept",
            "try: password-file",
        ),
        ("x.toml", "config = 'x'", ":1:1: ", "command line"),
        ("x.conf", "\nreaml x", ":2:1: unknown key \"reaml\"", "try: realm"),
        ("x.conf", "no-dtls x", ":1:1: \"no-dtls\" takes no value", ""),
    ] {
        let (_folder, path) = file(name, text, 0o600);
        connect(&path)
            .exits(CONFIG)
            .says(&format!("error: {path}{place}"))
            .says(says)
            .hides("hunter2");
    }
}

#[test]
fn settings_that_do_not_go_together_name_their_files() {
    let (_folder, path) = file("x.toml", "server = 'gw'\ncookie-file = 'a'\ncookie-fd = 3", 0o600);
    connect(&path).exits(CONFIG).says(&format!("where: {path}"));
    vpnc_args(&["connect", "--config", &path, "-C", "bad=1"]).exits(BAD_DATA);
}

#[test]
fn a_secret_in_a_file_of_everybody_is_refused_with_the_reason() {
    for (key, value) in [
        ("cookie", "'DSID=hunter2'"),
        ("token-secret", "'hunter2'"),
        ("form-entry", "['a:password=hunter2']"),
        ("proxy", "'http://joe:hunter2@proxy'"),
    ] {
        let (_folder, path) = file("x.toml", format!("server = 'gw'\n{key} = {value}"), 0o640);
        connect(&path)
            .exits(CONFIG)
            .says(&format!("{path}:2:1: \"{key}\" is a secret"))
            .says(&format!("try: chmod 600 {path}"))
            .hides("hunter2");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
        connect(&path).understood().hides("hunter2").hides("process list");
    }
}

#[test]
fn a_cookie_of_a_file_is_used_and_not_warned_about() {
    let (_folder, path) = file("x.toml", "server = 'gw'\ncookie = 'hunter2=1'", 0o600);
    connect(&path)
        .exits(BAD_DATA)
        .says("the session cookie cannot be used")
        .hides("process list")
        .hides("hunter2");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    symlink(name("loop.toml"), name("loop.toml")).expect("a link");
    for path in [name("none.toml"), name("loop.toml"), name("")] {
        connect(&path)
            .exits(NO_INPUT)
            .says("cannot read the configuration file");
    }
    for (content, says) in [
        (&b"# \xff"[..], ":1:3: not UTF-8 text"),
        (&[b' '; 70_000], "at most 64 KiB"),
    ] {
        let path = write(folder.path(), "x.toml", content, 0o600);
        connect(&path).exits(CONFIG).says(says);
    }
    connect("/dev/zero").exits(CONFIG).says("at most 64 KiB");
    let path = write(folder.path(), "x.toml", "", 0o666);
    connect(&path).exits(CONFIG).says("can write");
}

#[test]
fn profiles_that_are_nowhere_are_named() {
    vpnc_args(&["connect", "--profile", "nowhere"])
        .exits(NO_INPUT)
        .says("there is no profile \"nowhere\"")
        .says("/etc/vpnc-cli/profiles/nowhere.toml");
    vpnc_args(&["connect", "gw.example"])
        .env("VPNC_PROFILE", "nowhere")
        .exits(NO_INPUT);
    vpnc_args(&["connect", "--profile", "../x"]).exits(USAGE);
    vpnc_args(&["profile", "show", "nowhere"]).exits(NO_INPUT);
}

#[test]
fn what_counts_is_shown_with_its_source_and_without_secrets() {
    let text =
        "server = 'gw.example'\nuser = 'joe'\ncookie = 'DSID=hunter2'\nroute = ['10.0.0.0/8']\nno-esp = true";
    let (_folder, path) = file("x.toml", text, 0o600);
    let shown = vpnc_args(&["profile", "show", "--config", &path])
        .env("VPNC_USER", "jim")
        .exits(0)
        .hides("hunter2")
        .stdout;
    for line in [
        "user = \"jim\"  # VPNC_USER".to_owned(),
        format!("server = \"gw.example\"  # {path}:1"),
        format!("cookie = \"***\"  # {path}:3"),
        format!("route = [\"10.0.0.0/8\"]  # {path}:4"),
        format!("no-esp = true  # {path}:5"),
    ] {
        assert!(shown.lines().any(|known| known == line), "no {line} in\n{shown}");
    }
    assert!(!shown.contains("joe"), "{shown}");
}

#[test]
fn option_files_become_profiles() {
    let text = "server=gw.example\nuser joe\ncookie DSID=hunter2\nno-dtls\nform-entry a:b=\"c\"\nform-entry a:password=hunter2\n";
    let (_folder, path) = file("oc.conf", text, 0o600);
    let outcome = vpnc_args(&["profile", "import", &path]).exits(0).hides("hunter2");
    for line in [
        "# cookie: a secret, not taken over",
        "server = \"gw.example\"",
        "user = \"joe\"",
        "no-esp = true",
        "form-entry = ['a:b=\"c\"']",
    ] {
        assert!(
            outcome.stdout.lines().any(|known| known == line),
            "no {line} in\n{}",
            outcome.stdout
        );
    }
    let (_folder, path) = file("work.toml", &outcome.stdout, 0o600);
    connect(&path).understood();
}

#[test]
fn connections_of_network_manager_become_profiles() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/work.nmconnection");
    let profile = vpnc_args(&["profile", "import", path])
        .exits(0)
        .hides("hunter2")
        .stdout;
    assert!(
        profile.contains("server = \"https://vpn.example.com/admins\""),
        "{profile}"
    );
    assert!(profile.contains("# cookie: a secret"), "{profile}");
    let (_folder, path) = file("work.toml", &profile, 0o600);
    connect(&path).understood();
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/config/other.nmconnection");
    vpnc_args(&["profile", "import", other])
        .exits(BAD_DATA)
        .says("not one of Network Connect")
        .says(other);
    vpnc_args(&["profile", "import", "/nonexistent"]).exits(NO_INPUT);
}

/// Root's profiles are the machine's, so this one is another user when it can be.
#[test]
fn profiles_of_a_user_are_made_listed_and_used() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("a mode");
    let options = write(
        folder.path(),
        "oc.conf",
        format!(
            "server=gw.example
servercert {OLD_PIN}
"
        ),
        0o644,
    );
    let home = folder.path().to_str().expect("UTF-8").to_owned();
    let run = |words: &[&str]| vpnc_args(words).env("HOME", &home).by_nobody(folder.path());
    run(&["profile", "list"]).exits(0).prints("");
    let made = run(&["profile", "import", &options, "--name", "work"])
        .exits(0)
        .stdout;
    let path = Path::new(made.trim());
    assert_eq!(path, folder.path().join(".config/vpnc-cli/profiles/work.toml"));
    let mode = fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    run(&["profile", "import", &options, "--name", "work"])
        .exits(CANNOT_CREATE)
        .says("--force");
    run(&["profile", "import", &options, "--name", "work", "--force"]).exits(0);
    run(&["profile", "list"]).exits(0).prints("work  gw.example\n");
    run(&["profile", "path", "work"]).exits(0).prints(made.trim());
    run(&["profile", "show", "work"])
        .exits(0)
        .prints(&format!("server = \"gw.example\"  # {}:", made.trim()));
    run(&["connect", "work"]).understood().says("a sha1: pin");
    run(&["connect", "--profile", "wrok"])
        .exits(NO_INPUT)
        .says("try: work instead");
    let beside = fs::read_dir(path.parent().expect("a folder"))
        .expect("a folder")
        .count();
    assert_eq!(beside, 1, "nothing is left beside it");
}
