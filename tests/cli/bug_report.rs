//! `bug-report`: what it tells, and above all what not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::program::{CANNOT_CREATE, NO_INPUT, vpnc, vpnc_args};

#[test]
fn it_tells_about_program_and_machine() {
    let report = vpnc("bug-report").exits(0).stdout;
    let version = format!("vpnc-cli {}", env!("CARGO_PKG_VERSION"));
    for text in [
        "[program]",
        &version,
        "[system]\nkernel: ",
        "distribution: ",
        "[rights]\nroot: ",
        "/dev/net/tun: ",
        "[network]\ninterfaces: ",
        "/etc/resolv.conf: ",
        "[environment]\nnothing of ours",
        "[instances]\n",
    ] {
        assert!(report.contains(text), "no {text:?} in\n{report}");
    }
}

#[test]
fn secrets_and_names_are_in_none_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let lines = [
        "[2026-01-31 13:37:00] connect to gw.secretcorp.example:443",
        "[2026-01-31 13:37:00] connected: tun0, 10.66.7.8, gateway 198.51.100.1",
        "[2026-01-31 13:37:01] debug http: GET /dana/home/plantedpath HTTP/1.1",
        "[2026-01-31 13:37:01] warning: the gateway says \"hello plantedname , go on\"",
        "[2026-01-31 13:37:02] cookie DSID=00112233445566778899aabbccddeeff",
        "plantedsecret",
    ];
    fs::write(&log, lines.join("\n")).expect("a file");
    let line = [
        "bug-report",
        "--log",
        &log.to_string_lossy(),
        "--",
        "vpnc-cli",
        "-v",
        "connect",
        "https://gw.secretcorp.example/plantedpath",
        "-u",
        "plantedname",
        "-C",
        "DSID=00112233445566778899aabbccddeeff",
        "--form-entry",
        "frmLogin:plantedfield=plantedsecret",
        "--proxy",
        "http://plantedname:plantedsecret@proxy.secretcorp.example:3128",
        "--on-up",
        "plantedcommand",
        "--useragent",
        "plantedagent",
        "--mtu",
        "1300",
        "--no-esp",
    ];
    let outcome = vpnc_args(&line)
        .env("VPNC_COOKIE", "DSID=plantedcookie")
        .env("VPNC_PASSWORD", "plantedpassword")
        .env("VPNC_USER", "plantedname")
        .env(
            "https_proxy",
            "http://plantedname:plantedsecret@proxy.secretcorp.example",
        )
        .exits(0);
    let report = &outcome.stdout;
    for text in [
        "\nconnect\n",
        "\n--user <name fp=",
        "\n--cookie <given>",
        "\n--form-entry <given>",
        "\n--mtu 1300\n",
        "\n--no-esp\n",
        "\n--verbose\n",
        "VPNC_COOKIE",
        "VPNC_PASSWORD",
        "VPNC_USER",
        "] connect to <host fp=",
        "] connected: tun0, <host fp=",
        "<a line of --dump-http-traffic>",
        "] warning: the gateway says <text>",
    ] {
        assert!(report.contains(text), "no {text:?} in\n{report}");
    }
    for secret in ["planted", "secretcorp", "0011223344", "198.51.100.1", "10.66.7.8"] {
        assert!(!report.contains(secret), "{secret} in\n{report}");
    }
    assert_eq!(outcome.stderr, "");
}

#[test]
fn hosts_are_shown_when_that_is_wanted_and_nothing_else_then() {
    let line = "bug-report --show-hosts -- gw.example.com -u plantedname --passwd-command plantedsecret";
    let outcome = vpnc(line).exits(0).hides("plantedname").hides("plantedsecret");
    assert!(
        outcome.stdout.contains("\nURL gw.example.com\n"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_file_for_it_is_new_and_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report");
    let line = format!("bug-report --output {}", file.display());
    let outcome = vpnc(&line).exits(0);
    assert_eq!(outcome.stdout, "");
    let mode = fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    vpnc(&line)
        .exits(CANNOT_CREATE)
        .says("cannot write the report: file exists");
    vpnc("bug-report --log /nonexistent/log")
        .exits(NO_INPUT)
        .says("cannot read the file of --log");
}
