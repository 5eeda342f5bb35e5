//! Started under the name `openconnect`: the argument lists other programs send, statuses, places of output.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use crate::program::{PROGRAM, Run, program};

const PIN: &str = "pin-sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A link of that name in a folder.
fn link() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openconnect");
    symlink(PROGRAM, &path).expect("a link");
    let path = path.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

fn openconnect(words: &[&str]) -> (TempDir, Run) {
    let (folder, path) = link();
    (folder, program(&path, words))
}

/// Everything was understood: the cookie, which cannot be used, is looked at last.
#[track_caller]
fn understood(words: &[&str]) {
    let (_folder, run) = openconnect(words);
    run.env("VPNC_COOKIE", "bad=1")
        .exits_with_output(1)
        .says("the session cookie cannot be used");
}

#[test]
fn lists_of_other_programs_are_understood() {
    let plugin = format!(
        "--protocol nc --servercert {PIN} --mtu 1380 --proxy http://proxy:3128 --syslog --cookie-on-stdin \
         --script /usr/lib/helper --interface vpn0"
    );
    let table = [
        format!("{plugin} gw.example"),
        format!("{plugin} --no-dtls gw.example --resolve gw.example:192.0.2.1 --verbose --verbose"),
        "--protocol nc --cafile /dev/null --cookie-on-stdin --script x --interface vpn0 gw --resolve gw:2001:db8::1"
            .to_owned(),
        "--juniper --script vpn-slice --background --pid-file /nonexistent/x --reconnect-timeout 60 gw".to_owned(),
        "--protocol=nc --setuid nobody --passtos --script-tun -s x gw".to_owned(),
        "--prot=nc -bqlS -s x gw/path".to_owned(),
        "--juniper --libproxy --no-xmlpost --no-http-keepalive --pfs --http-auth=Basic --proxy-auth=NTLM \
         --gnutls-priority=X --dtls-ciphers=X --dtls12-ciphers=X --xmlconfig=x --disable-ipv6 -d -D --compression=all \
         --queue-len=10 --base-mtu=1500 --printcookie gw"
            .to_owned(),
    ];
    for line in table {
        understood(&line.split_whitespace().collect::<Vec<_>>());
    }
    understood(&["--juniper", "--authgroup", "NAME WITH SPACES", "gw"]);
    understood(&["--juniper", "--script", "vpn-slice 10.0.0.0/8", "gw"]);
}

/// They end where the certificate, which is no file, is missed: all before it was understood.
#[test]
fn lists_of_newer_nmcli_are_understood() {
    let line = "--authenticate gw.example --certificate /nonexistent --cafile /dev/null --sslkey /dev/null \
                --key-password x --protocol nc --proxy http://proxy:3128 --useragent X --os linux-64 \
                --mca-certificate x --mca-key x --mca-key-password x --key-password-from-fsid --csd-wrapper x \
                --token-mode totp --token-secret base32:AAAAAAAA";
    for line in [line, "--authenticate gw.example -c /nonexistent"] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_folder, run) = openconnect(&words);
        run.exits(1).says("cannot read the file of --certificate");
    }
}

#[test]
fn without_a_protocol_it_is_explained_that_there_is_one_only() {
    let (_folder, run) = openconnect(&["gw.example"]);
    run.exits(1).says("AnyConnect").says("try: --protocol=nc");
    for protocol in ["anyconnect", "gp", "pulse"] {
        let (_folder, run) = openconnect(&["--protocol", protocol, "gw.example"]);
        run.exits(1).says(protocol);
    }
}

#[test]
fn usage_errors_exit_1() {
    for words in [
        &["--juniper", "--realm", "x", "gw"][..],
        &["--juniper", "--mtu", "big", "gw"],
        &["--juniper", "--bogus", "gw"],
        &["--juniper", "gw", "extra"],
        &["--juniper", "--no-cert-check", "gw"],
        &["--juniper"],
        &["--protocol=nc", "--network=none", "gw"],
    ] {
        let (_folder, run) = openconnect(words);
        let outcome = run.exits(1);
        assert!(!outcome.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn there_are_no_commands() {
    for host in ["auth", "probe", "completions"] {
        understood(&["--juniper", host]);
    }
}

#[test]
fn help_and_version_tell_who_is_there() {
    let (_folder, run) = openconnect(&["--help"]);
    let help = run.exits_with_output(1);
    assert!(help.stdout.starts_with("Usage: openconnect"), "{}", help.stdout);
    for option in ["-V", "--version"] {
        let (_folder, run) = openconnect(&[option]);
        run.exits(0).prints("vpnc-cli ");
    }
}

#[test]
fn only_the_file_that_is_named_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("oc.conf");
    std::fs::write(
        &path,
        "protocol=nc\nservercert sha1:0000000000000000000000000000000000000000\n",
    )
    .expect("a file");
    let path = path.to_str().expect("UTF-8");
    let (_folder, run) = openconnect(&["--config", path, "gw"]);
    let run = run.env("VPNC_COOKIE", "bad=1").env("VPNC_PROFILE", "nowhere");
    run.exits_with_output(1).says("a sha1: pin");
}

#[test]
fn messages_go_to_standard_output_unless_a_result_does() {
    let debug = "--libproxy changes nothing";
    let (_folder, run) = openconnect(&["--juniper", "-v", "--libproxy", "gw"]);
    let outcome = run.env("VPNC_COOKIE", "bad=1").exits_with_output(1);
    assert!(outcome.stdout.contains(debug), "{}", outcome.stdout);
    assert!(outcome.stderr.starts_with("error: "), "{}", outcome.stderr);
    let words = [
        "--juniper",
        "-v",
        "--libproxy",
        "--authenticate",
        "-c",
        "/nonexistent",
        "gw",
    ];
    let (_folder, run) = openconnect(&words);
    run.exits(1).says(debug);
}
