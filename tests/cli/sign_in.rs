//! Options of `auth` and `probe`, the lists other programs send to sign in, and secrets among the arguments. Nothing is
//! sent anywhere: a colour that does not exist ends each run when all else was understood.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{NO_INPUT, PROGRAM, USAGE, shell, vpnc, vpnc_args};

/// Options of `auth` with a value they take.
const VALUES: &[(&str, &str)] = &[
    ("--user", "joe"),
    ("-u", "joe"),
    ("--passwd-file", "x"),
    ("--passwd-command", "pass show vpn"),
    ("--realm", "Staff"),
    ("--role", "Developers"),
    ("--authgroup", "NAME WITH SPACES"),
    ("--usergroup", "admins"),
    ("-g", "admins"),
    ("--form-entry", "frmLogin:email=joe@example.com"),
    ("-F", "*:dept=A"),
    ("--token-mode", "hotp"),
    ("--token-secret", "sha256:base32:ABCDEFGH,5"),
    ("--external-browser", "print"),
    ("--certificate", "x"),
    ("-c", "x"),
    ("--key-password", "@x"),
    ("-p", "fd:3"),
    ("--cert-expire-warning", "30"),
    ("-e", "30"),
    ("--csd-wrapper", "tncc"),
    ("--csd-user", "nobody"),
    ("--force-trojan", "300"),
    ("--hostcheck-interval", "300"),
    ("--hostcheck", "accept"),
    ("--hostcheck-useragent", "x"),
    ("--hostcheck-certificate", "x"),
    ("--device-id", "0123456789abcdef0123456789abcdef"),
    (
        "--servercert",
        "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    ),
    ("--cafile", "x"),
    ("--sni", "other.example"),
    ("--proxy", "http://proxy:3128"),
    ("-P", "socks5://proxy:1080"),
    ("--resolve", "gw:2001:db8::1"),
    ("--connect-timeout", "5"),
    ("--protocol", "nc"),
    ("--useragent", "Mozilla/5.0"),
    ("--version-string", "9.1"),
    ("--os", "win"),
    ("--local-hostname", "laptop"),
    ("--mca-certificate", "x"),
    ("--mca-key", "x"),
    ("--mca-key-password", "x"),
    ("--format", "json"),
    ("--server", "other"),
];

/// Options of `auth` without a value.
const FLAGS: &[&str] = &[
    "--passwd-on-stdin",
    "--no-passwd",
    "--accept-banner",
    "--no-takeover",
    "--non-inter",
    "--non-interactive",
    "--no-system-trust",
    "--allow-insecure-crypto",
    "--no-proxy",
    "--juniper",
    "--dump-http-traffic",
    "--cookieonly",
    "--authenticate",
    "--key-password-from-fsid",
    "--no-xmlpost",
    "-v",
    "-q",
];

/// The arguments are understood, those before `auth` left out.
#[track_caller]
fn understood(args: &[&str]) {
    let outcome = vpnc_args(&[args, &["--color=bogus"]].concat()).exits(USAGE);
    outcome.says("invalid value 'bogus'");
}

#[test]
fn options_of_a_sign_in_take_their_value_in_both_forms() {
    for &(option, value) in VALUES {
        let url: &[&str] = if option == "--server" { &[] } else { &["gw"] };
        let joined = match option.starts_with("--") {
            true => format!("{option}={value}"),
            false => format!("{option}{value}"),
        };
        understood(&[&["auth"], url, &[joined.as_str()]].concat());
        understood(&[&["auth", option, value], url].concat());
    }
}

#[test]
fn flags_of_a_sign_in_stand_before_and_after_the_url() {
    for flag in FLAGS {
        understood(&["auth", flag, "gw"]);
        understood(&["login", "gw", flag]);
    }
}

#[test]
fn a_sign_in_has_three_names_and_abbreviations() {
    for line in [
        "authenticate gw --real Staff",
        "login gw --passwd-on",
        "auth gw --token-m totp --token-s x",
        "auth gw --forma=json --cookieo",
        "info gw --js",
        "probe --json --server gw",
    ] {
        understood(&line.split(' ').collect::<Vec<_>>());
    }
}

/// The argument lists nmcli and scripts send to sign in.
#[test]
fn lists_of_other_programs_that_sign_in_are_taken() {
    for line in [
        "--authenticate gw.example",
        "--authenticate gw.example --certificate c --cafile f --sslkey k --key-password p --protocol nc --proxy p:1 \
         --useragent x --os win --mca-certificate m --mca-key n --mca-key-password o --key-password-from-fsid \
         --csd-wrapper w --token-mode totp --token-secret s",
        "--cookieonly gw.example",
        "--juniper --printcookie --passwd-on-stdin --user joe gw.example",
        "-C x --script y --no-passwd gw",
    ] {
        understood(&line.split_whitespace().collect::<Vec<_>>());
    }
    understood(&[
        "--juniper",
        "--passwd-on-stdin",
        "--authgroup",
        "NAME WITH SPACES",
        "gw",
    ]);
}

#[test]
fn what_cannot_be_combined_is_explained() {
    for (line, text) in [
        (
            "connect gw --passwd-on-stdin --cookie-on-stdin",
            "both want the first line",
        ),
        (
            "auth gw --passwd-on-stdin --token-secret fd:0",
            "--passwd-on-stdin and --token-secret both",
        ),
        (
            "auth gw --token-secret fd:0 -c x.pem -p fd:0",
            "--token-secret and --key-password both",
        ),
        (
            "connect gw --cookie-fd 0 --token-secret fd:0",
            "--token-secret and --cookie-fd both",
        ),
        (
            "connect gw --passwd-on-stdin --cookie-fd 0",
            "--passwd-on-stdin and --cookie-fd both",
        ),
        (
            "auth gw --passwd-file /dev/stdin -c x.pem -p @/dev/fd/0",
            "--passwd-file and --key-password both",
        ),
        ("auth gw -p hunter2", "not the password of the account"),
        ("auth gw --token-mode rsa", "not supported"),
        ("auth gw --token-mode totp", "--token-secret base32:"),
        (
            "auth gw --no-passwd --passwd-command hunter2",
            "--passwd-command gives a password",
        ),
        ("auth gw -F hunter2", "--form-entry FORM:FIELD=VALUE"),
    ] {
        vpnc(line).exits(USAGE).says(text).hides("hunter2");
    }
    vpnc("auth gw --passwd-file /nonexistent")
        .exits(NO_INPUT)
        .says("password file");
    vpnc("auth gw")
        .env("VPNC_PASSWORD_FILE", "/nonexistent")
        .exits(NO_INPUT);
}

#[test]
fn secrets_leave_the_list_of_processes() {
    let mut child = Command::new(PROGRAM)
        .args([
            "connect",
            "gw",
            "--cookie-on-stdin",
            "--token-secret=hunter2",
            "-p",
            "hunter3",
        ])
        .args([
            "-c",
            "/dev/null",
            "-Ffrm:a=hunter4",
            "--form-entry",
            "frm:b=hunter5",
            "--mca-key-password",
            "hunter6",
        ])
        .args(["--proxy", "http://joe:hunter7@proxy"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let path = format!("/proc/{}/cmdline", child.id());
    let mut left = String::new();
    let wiped = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        left = fs::read_to_string(&path).unwrap_or_default();
        left.contains(PROGRAM) && !left.contains("hunter")
    });
    assert!(wiped && left.contains("frm:a=*"), "{left}");
    drop(child.kill());
    drop(child.wait());
    let mut messages = String::new();
    child
        .stderr
        .expect("a pipe")
        .read_to_string(&mut messages)
        .expect("text");
    assert!(!messages.contains("hunter"), "{messages}");
}

#[test]
fn a_result_that_nobody_could_get_is_not_asked_for() {
    for command in [
        "auth gw",
        "connect --authenticate gw",
        "connect --printcookie gw",
        "probe gw",
        "completions bash",
    ] {
        shell(&format!("exec \"$VPNC\" {command} >&-"))
            .exits(74)
            .says("standard output is closed");
    }
    // thrown away on purpose
    shell("exec \"$VPNC\" completions bash 1<>/dev/null").exits(0);
}
