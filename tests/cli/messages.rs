//! Messages: levels, colours, times, the copy in a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::program::{CANNOT_CREATE, USAGE, vpnc, vpnc_args};

/// An ignored option leaves a message at level debug, a pin of the old kind a warning.
fn line(more: &str) -> String {
    format!("connect gw --libproxy --servercert=sha1:0000000000000000000000000000000000000000 {more}")
}

#[test]
fn levels_follow_the_options() {
    let debug = "--libproxy changes nothing";
    vpnc(&line(""))
        .understood()
        .says("warning: a sha1: pin")
        .hides(debug);
    vpnc(&line("-v"))
        .understood()
        .says(&format!("debug cli::settings: {debug}"));
    vpnc(&line("-q")).understood().hides("warning").says("error: ");
}

#[test]
fn levels_follow_the_variable() {
    let run = |filter: &str, more: &str| vpnc(&line(more)).env("VPNC_LOG", filter).understood();
    run("warn,cli=debug", "").says("--libproxy");
    run("warn,esp=debug", "").hides("--libproxy");
    run("error", "").hides("warning");
    run("error", "-v").says("--libproxy");
    run("cli=loud", "")
        .says("VPNC_LOG is ignored")
        .says("a sha1: pin");
}

#[test]
fn colours_only_when_asked_for() {
    vpnc(&line("")).env("TERM", "xterm").understood().hides("\x1b");
    vpnc(&line("--color=always"))
        .understood()
        .says("\x1b[1;31merror:\x1b[0m the session");
    vpnc(&line("--color=never")).understood().hides("\x1b");
}

#[test]
fn a_dump_implies_more_messages_and_secrets_in_it_are_warned_about() {
    let warning = "never pass these messages on";
    vpnc(&line("--dump-http-traffic"))
        .understood()
        .says("debug cli::")
        .hides(warning);
    vpnc(&line("--dump-http-traffic --dump-secrets --color=always"))
        .understood()
        .says("\x1b[1;31mwarning:\x1b[0m --dump-secrets")
        .says(warning);
    vpnc(&line("--dump-secrets"))
        .exits(USAGE)
        .says("--dump-http-traffic");
}

#[test]
fn times_stand_before_each_line() {
    let outcome = vpnc(&line("--timestamp")).env("TZ", "UTC").understood();
    let shape = |text: &str| -> String {
        let head = text.chars().take("[2026-01-31 13:37:00] ".len());
        head.map(|character| {
            if character.is_ascii_digit() {
                '0'
            } else {
                character
            }
        })
        .collect()
    };
    assert!(outcome.stderr.lines().count() > 2);
    for text in outcome.stderr.lines() {
        assert_eq!(shape(text), "[0000-00-00 00:00:00] ", "{text}");
    }
}

#[test]
fn the_log_file_is_private_and_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let run = || vpnc_args(&["--log-file", path.to_str().expect("UTF-8"), "connect", "gw"]).understood();
    run();
    run();
    let text = fs::read_to_string(&path).expect("the log");
    assert_eq!(
        text.matches("] error: the session cookie cannot be used").count(),
        2,
        "{text}"
    );
    let mode = fs::metadata(&path).expect("the log").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_file_that_cannot_be_made_exits_73() {
    vpnc("--log-file /nonexistent/log connect gw")
        .exits(CANNOT_CREATE)
        .says("  try: --log-file");
}
