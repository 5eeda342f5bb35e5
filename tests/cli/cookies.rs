//! Sources of the session cookie, and cookies that cannot be used. Nothing is sent anywhere.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{BAD_DATA, NO_COOKIE, NO_INPUT, PROGRAM, USAGE, shell, vpnc, vpnc_args};

/// Part of the bad cookies; must not be shown.
const SECRET: &str = "hunter2";

const MALFORMED: &[&str] = &[
    "DSID=",
    "DSFirst=hunter2",
    "dsid=hunter2",
    "DSID=hunter2\u{7}x",
    "DSID=hunter2\tx",
    "DSID=\"hunter2\"",
    "DSID=hunter2 hunter2",
    "Cookie: DSID=hunter2",
    "DSID=hünter2",
    ";",
];

fn file(folder: &Path, contents: &[u8], mode: u32) -> String {
    let path = folder.join("cookie");
    fs::write(&path, contents).expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn without_a_cookie_logout_names_the_ways_to_give_one() {
    let outcome = vpnc("logout gw").exits(NO_COOKIE).says("vpnc-cli auth");
    let ways = [
        "--cookie-on-stdin",
        "--cookie-file",
        "--cookie-fd",
        "-C",
        "VPNC_COOKIE",
    ];
    ways.into_iter().fold(outcome, super::program::Outcome::says);
}

#[test]
fn malformed_cookies_are_refused_from_every_source() {
    let folder = tempfile::tempdir().expect("a folder");
    for cookie in MALFORMED {
        let path = file(folder.path(), cookie.as_bytes(), 0o600);
        let line = format!("{cookie}\n");
        for run in [
            vpnc_args(&["connect", "gw", "-C", cookie]),
            vpnc("connect gw --cookie-on-stdin").input(&line),
            vpnc_args(&["connect", "gw", "--cookie-file", &path]),
            shell("exec \"$VPNC\" connect gw --cookie-fd 3 3< \"$COOKIE\"").env("COOKIE", &path),
            vpnc("connect gw").env("VPNC_COOKIE", cookie),
            vpnc("connect gw").env("VPNC_COOKIE_FILE", &path),
            vpnc("logout gw --cookie-on-stdin").input(&line),
        ] {
            run.exits(BAD_DATA).says("DSID=0123456789abcdef").hides(SECRET);
        }
    }
}

#[test]
fn empty_cookies() {
    let folder = tempfile::tempdir().expect("a folder");
    vpnc_args(&["connect", "gw", "-C", ""]).exits(BAD_DATA);
    vpnc_args(&["connect", "gw", "--cookie-file", &file(folder.path(), b"", 0o600)]).exits(BAD_DATA);
    vpnc("logout gw --cookie-on-stdin")
        .input("\nDSID=1\n")
        .exits(NO_COOKIE);
    vpnc("connect gw --hostcheck /nonexistent --cookie-on-stdin")
        .input("\n")
        .exits(NO_INPUT)
        .says("warning: no cookie came on standard input; signing in instead");
    vpnc("logout gw").env("VPNC_COOKIE", "").exits(NO_COOKIE);
}

#[test]
fn input_without_end_is_not_read_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), &[b'a'; 100_000], 0o600);
    vpnc_args(&["connect", "gw", "--cookie-file", &path])
        .exits(BAD_DATA)
        .says("64 KiB");
    vpnc("connect gw --cookie-file /dev/zero")
        .exits(BAD_DATA)
        .says("64 KiB");
    vpnc("connect gw --cookie-on-stdin")
        .input([0xff, b'\n'])
        .exits(BAD_DATA)
        .says("plain text");
}

#[test]
fn standard_input_may_stay_open() {
    let mut child = Command::new(PROGRAM)
        .args(["connect", "gw", "--cookie-on-stdin"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"bad=1\n").expect("a reader");
    assert_eq!(child.wait().expect("the program ends").code(), Some(BAD_DATA));
    drop(stdin);
}

#[test]
fn files_must_be_private() {
    let folder = tempfile::tempdir().expect("a folder");
    for mode in [0o644, 0o640, 0o604, 0o660] {
        let path = file(folder.path(), b"DSID=hunter2", mode);
        let run = vpnc_args(&["connect", "gw", "--cookie-file", &path]);
        run.exits(BAD_DATA)
            .says(&format!("chmod 600 {path}"))
            .hides(SECRET);
    }
}

#[test]
fn systemd_guards_its_folder_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("vpnc.cookie");
    fs::write(&path, "bad=hunter2").expect("a file");
    fs::set_permissions(&path, Permissions::from_mode(0o440)).expect("a mode");
    let (folder, path) = (
        folder.path().to_str().expect("UTF-8"),
        path.to_str().expect("UTF-8"),
    );
    let run = vpnc("connect gw").env("CREDENTIALS_DIRECTORY", folder);
    run.exits(BAD_DATA).says("no DSID");
    let run = vpnc_args(&["connect", "gw", "--cookie-file", path]).env("CREDENTIALS_DIRECTORY", folder);
    run.exits(BAD_DATA).says("no DSID");
    vpnc("logout gw")
        .env("CREDENTIALS_DIRECTORY", "/nonexistent")
        .exits(NO_COOKIE);
}

#[test]
fn missing_files_exit_66() {
    for line in [
        "connect gw --cookie-file /nonexistent",
        "connect gw --cookie-file /",
        "connect gw --cookie-fd 77",
        "connect gw --cafile /nonexistent",
        "connect gw --certificate /nonexistent",
        "connect gw --certificate /dev/null --sslkey /nonexistent",
    ] {
        vpnc(line).exits(NO_INPUT).hides("os error").hides(": No ");
    }
    vpnc("connect gw")
        .env("VPNC_COOKIE_FILE", "/nonexistent")
        .exits(NO_INPUT);
}

#[test]
fn pipes_have_descriptors_too() {
    shell("echo bad=1 | \"$VPNC\" connect gw --cookie-fd 7 7<&0 </dev/null")
        .exits(BAD_DATA)
        .says("no DSID");
}

#[test]
fn descriptors_are_marked_before_anything_else() {
    let line = "exec \"$VPNC\" logout gw --cookie-on-stdin 7</dev/null";
    let mut child = Command::new("/bin/sh")
        .args(["-c", line])
        .env_clear()
        .env("VPNC", PROGRAM)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the shell starts");
    let path = format!("/proc/{}/fdinfo/7", child.id());
    let is_marked = || {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u64::from_str_radix(flags.trim(), 8).ok());
        flags.is_some_and(|flags| flags & 0o2_000_000 != 0)
    };
    let marked = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        is_marked()
    });
    drop(child.stdin.take());
    assert_eq!(child.wait().expect("the program ends").code(), Some(NO_COOKIE));
    assert!(marked, "a script would inherit the descriptor");
}

#[test]
fn two_sources_on_the_command_line_are_one_too_many() {
    let sources = [
        "-CDSID=hunter2",
        "--cookie-on-stdin",
        "--cookie-file=x",
        "--cookie-fd=3",
    ];
    for first in sources {
        for second in sources.into_iter().filter(|second| *second != first) {
            vpnc_args(&["connect", "gw", first, second])
                .exits(USAGE)
                .hides(SECRET);
        }
    }
}

#[test]
fn the_command_line_beats_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(folder.path(), b"DSID=1", 0o600);
    let run = vpnc("connect gw -C bad=1")
        .env("VPNC_COOKIE", "DSID=1")
        .env("VPNC_COOKIE_FILE", &good);
    run.exits(BAD_DATA);
    let run = vpnc("connect gw")
        .env("VPNC_COOKIE", "bad=1")
        .env("VPNC_COOKIE_FILE", &good);
    run.exits(BAD_DATA);
}

#[test]
fn a_cookie_after_the_option_is_warned_about_once() {
    let warning = "visible to other users in the process list";
    let outcome = vpnc("connect gw -C bad=1")
        .exits(BAD_DATA)
        .says(warning)
        .says("--cookie-on-stdin");
    assert_eq!(outcome.stderr.matches(warning).count(), 1);
    vpnc("connect gw -C bad=1 -q").exits(BAD_DATA).hides(warning);
}

#[test]
fn a_password_after_form_entry_is_warned_about() {
    let warning = "visible to other users in the process list";
    let line = "connect gw --hostcheck /nonexistent -F";
    vpnc(&format!("{line} frmLogin:Password#2=hunter2"))
        .exits(NO_INPUT)
        .says(warning)
        .says("--passwd-on-stdin")
        .hides(SECRET);
    vpnc(&format!("{line} frmLogin:email=joe"))
        .exits(NO_INPUT)
        .hides(warning);
}

#[test]
fn a_cookie_in_the_wrong_place_is_not_shown() {
    vpnc("connect gw DSID=hunter2").exits(USAGE).hides(SECRET);
    vpnc("connect gw 0123456789abcdef0123456789abcdef")
        .exits(USAGE)
        .hides("0123456789abcdef");
    let digits = "01234567890123456789012345678901";
    vpnc(&format!("connect gw {digits}")).exits(USAGE).hides(digits);
    vpnc("connect gw --mtu 99999999999999999999")
        .exits(USAGE)
        .says("'99999999999999999999'");
}

#[test]
fn nothing_is_read_for_a_wrong_command_line() {
    vpnc("connect http://gw --cookie-on-stdin")
        .input("bad=1\n")
        .exits(USAGE);
}
