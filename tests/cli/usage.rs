//! Help, version, and what is wrong with a command line.

use std::process::{Command, Stdio};

use crate::program::{PROGRAM, USAGE, vpnc, vpnc_args};

#[test]
fn help_and_version_go_to_standard_output() {
    for line in [
        "-h",
        "--help",
        "--hel",
        "connect -h",
        "up --help",
        "logout --help",
        "auth --help",
        "login -h",
        "authenticate -h",
        "probe --help",
        "info -h",
        "connect gw --help",
    ] {
        let outcome = vpnc(line).exits(0);
        assert!(outcome.stdout.contains("Usage: vpnc-cli"), "{line}");
        assert_eq!(outcome.stderr, "", "{line}");
    }
    for line in ["-V", "--version", "connect -V"] {
        let outcome = vpnc(line).exits(0).prints("vpnc-cli");
        assert!(outcome.stdout.contains("\nfeatures: "), "{line}");
        assert!(outcome.stdout.contains("\nprotocols: nc"), "{line}");
    }
}

#[test]
fn long_help_teaches() {
    let help = vpnc("connect --help").exits(0).stdout;
    for heading in [
        "Sign-in:",
        "One-time codes:",
        "Client certificate:",
        "Host checker:",
        "Session cookie",
        "Trust in the gateway:",
        "Reaching the gateway:",
        "Tunnel:",
        "Messages:",
        "Examples:",
        "Environment:",
        "Signals:",
        "Exit status:",
    ] {
        assert!(help.contains(&format!("\n{heading}")), "{heading}");
    }
}

#[test]
fn each_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = vpnc(&format!("completions {shell}")).exits(0);
        assert!(outcome.stdout.contains("cookie-on-stdin"), "{shell}");
        assert_eq!(outcome.stderr, "", "{shell}");
    }
    vpnc("completions csh").exits(USAGE);
}

#[test]
fn a_closed_output_ends_quietly() {
    for line in [&["completions", "bash"][..], &["--help"]] {
        let mut child = Command::new(PROGRAM)
            .args(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert!(output.status.success(), "{line:?} {:?}", output.status);
        assert!(output.stderr.is_empty(), "{line:?}");
    }
}

#[test]
fn wrong_command_lines_exit_64() {
    for line in [
        "",
        "-v",
        "conect gw",
        "auth",
        "probe",
        "connect",
        "auth gw --mtu 1400",
        "auth gw -C DSID=1",
        "auth gw --format xml",
        "auth gw --cookieonly --format json",
        "auth gw --cookieonly --json",
        "connect gw --printcookie --json",
        "status ../x",
        "status work --wait-for up",
        "status work --timeout 3",
        "status work home",
        "events --name work",
        "disconnect work --all",
        "disconnect --repair --keep-login",
        "disconnect --wait soon",
        "auth gw --token-mode rsa --token-secret x",
        "auth gw --token-mode yubioath",
        "auth gw --token-mode totp",
        "auth gw --device-id 0123",
        "auth gw --os amiga",
        "auth gw --hostcheck-interval 0",
        "auth gw -F email=joe",
        "auth gw --no-passwd --passwd-on-stdin",
        "auth gw --usergroup https://gw/x",
        "auth gw -p phrase",
        "probe gw -u joe",
        "connect gw --authenticate --cookie-on-stdin",
        "connect gw --passwd-on-stdin --cookie-on-stdin",
        "connect gw extra",
        "connect gw --bogus",
        "connect gw --cookie",
        "connect gw --no-",
        "connect gw --use joe",
        "connect gw --cookie-",
        "connect gw --no-esp=yes",
        "connect gw --mtu big",
        "connect gw --mtu 65536",
        "connect gw --connect-timeout 0",
        "connect gw --reconnect-timeout -1",
        "connect gw --tls old",
        "connect gw --network magic",
        "connect gw --protocol pulse",
        "connect gw --protocol anyconnect",
        "connect gw --servercert 6mVW",
        "connect gw --servercert pin-sha256:6mVW",
        "connect gw --resolve gw",
        "connect gw --interface a/b",
        "connect gw --interface interface-name-of-twenty",
        "connect gw --name ../x",
        "connect gw --sslkey key.pem",
        "connect gw --certificate pkcs11:token=x",
        "connect gw --no-system-trust",
        "connect gw --server other",
        "connect gw --network none -s true",
        "connect gw --proxy ftp://proxy",
        "connect gw --cookie-fd 1",
        "connect gw --color sometimes",
        "connect -- gw --mtu",
        "logout",
        "logout gw --mtu 1400",
        "completions",
    ] {
        let outcome = vpnc(line).exits(USAGE);
        assert!(!outcome.stderr.is_empty(), "{line}");
    }
    vpnc_args(&["connect", "gw", "--local-hostname", "a\nb"]).exits(USAGE);
    vpnc_args(&["connect", "gw", "--useragent", "a\r\nb"]).exits(USAGE);
    vpnc_args(&["connect", "gw", "--script", ""]).exits(USAGE);
}

#[test]
fn numbers_below_zero_are_out_of_range() {
    for option in [
        "--mtu",
        "-m",
        "--force-dpd",
        "--reconnect-timeout",
        "--connect-timeout",
        "--esp-local-port",
        "--dtls-local-port",
        "--cookie-fd",
    ] {
        vpnc(&format!("connect gw {option} -1"))
            .exits(USAGE)
            .says("invalid value '-1'")
            .says("-1 is not in ");
    }
}

#[test]
fn unknown_options_are_not_taken_for_arguments() {
    for line in [
        "connect gw --xx",
        "connect gw -Z",
        "connect gw -1",
        "logout gw --mtu 1",
    ] {
        vpnc(line)
            .exits(USAGE)
            .says("unexpected argument")
            .hides("as a value");
    }
    vpnc("connect gw --cokie x").exits(USAGE).says("'--cookie'");
    vpnc("connect gw --esp-local-port 70000")
        .exits(USAGE)
        .says("--esp-local-port");
}

#[test]
fn bad_urls_exit_64() {
    vpnc("connect http://gw -C DSID=1")
        .exits(USAGE)
        .says("in the clear");
    vpnc("connect https://joe:hunter2@gw -C DSID=1")
        .exits(USAGE)
        .hides("hunter2");
    vpnc("connect 2001:db8::1").exits(USAGE).says("[2001:db8::1]");
    for url in [
        "ftp://gw", "gw:0", "gw:99999", "https://", "[::1", "...", "-", " ",
    ] {
        vpnc_args(&["connect", url]).exits(USAGE).says("  try: ");
    }
}

#[test]
fn good_urls_are_taken() {
    for url in [
        "gw",
        "gw:8443",
        "https://gw",
        "HTTPS://gw/admins",
        "192.0.2.1",
        "[2001:db8::1]:444",
        "gw/dana-na/auth/url_5/welcome.cgi",
    ] {
        vpnc_args(&["connect", url]).understood();
        vpnc_args(&["connect", "--server", url]).understood();
        vpnc("connect").env("VPNC_SERVER", url).understood();
    }
}

#[test]
fn a_missing_gateway_is_answered_with_the_same_command() {
    for command in ["connect", "auth", "probe", "logout"] {
        let example = format!("try: vpnc-cli {command} vpn.example.com");
        vpnc(command).exits(USAGE).says(&example);
    }
}

#[test]
fn no_cert_check_is_answered_with_the_pin() {
    for line in [
        "connect gw --no-cert-check",
        "connect gw --no-cert",
        "--no-cert-check gw",
    ] {
        vpnc(line).exits(USAGE).says("--servercert pin-sha256:");
    }
}
