//! The lines of `auth` in shells: `eval "$(vpnc-cli auth …)"`.

use crate::left_out::has;
use crate::scene::{PROGRAM, Scene};

/// Takes the lines in and shows what became of them.
const TAKE: &str = r#"set -u; COOKIE= HOST= CONNECT_URL= FINGERPRINT= RESOLVE=
eval "$("$@")" || exit
printf '%s\n' "$COOKIE" "$HOST" "$CONNECT_URL" "$FINGERPRINT" "$RESOLVE""#;

/// Takes the cookie in and hands it to another program, as to `connect --cookie-on-stdin`.
const HAND_ON: &str =
    r#"eval "$("$@")"; printf '%s\n' "$COOKIE" | { IFS= read -r line; printf '[%s]' "$line"; }"#;

#[track_caller]
fn in_shell(shell: &[&str], flow: &str, script: &str, password: &str) -> (Scene, String) {
    let scene = Scene::of(flow);
    let port = scene.gateway.tcp_addr().port();
    let ca = scene.folder().join("ca.pem");
    let call = scene
        .program(shell[0])
        .args(&shell[1..])
        .args(["-c", script, "shell", PROGRAM]);
    let call = call.args([
        "auth",
        "--non-inter",
        "-u",
        "joe",
        "--passwd-on-stdin",
        "--resolve",
    ]);
    let call = call.arg("vpn.example.com:127.0.0.1").arg("--cafile").arg(ca);
    let call = call
        .arg(format!("vpn.example.com:{port}"))
        .input(&format!("{password}\n"));
    let output = call.exits(0).stdout;
    (scene, output)
}

#[track_caller]
fn takes_the_lines(shell: &[&str]) {
    if !has(shell[0]) {
        return;
    }
    let (scene, output) = in_shell(shell, "pcs-8/primary", TAKE, "secret");
    let address = scene.gateway.tcp_addr();
    let lines: Vec<&str> = output.lines().collect();
    let dsid = lines[0]
        .split("; ")
        .next()
        .unwrap()
        .strip_prefix("DSID=")
        .unwrap();
    assert!(scene.gateway.is_session(dsid));
    assert_eq!(
        lines[1..],
        [
            address.to_string(),
            format!("https://vpn.example.com:{}/", address.port()),
            scene.gateway.pin(),
            "vpn.example.com:127.0.0.1".to_owned(),
        ]
    );
    let (_, output) = in_shell(shell, "pcs-8/primary", HAND_ON, "secret");
    assert!(output.starts_with("[DSID=") && output.ends_with(']'), "{output}");
    let (_, output) = in_shell(shell, "pcs-8/wrong-password", TAKE, "mistaken");
    assert_eq!(output, "\n\n\n\n\n");
}

#[test]
fn dash_takes_the_lines() {
    takes_the_lines(&["dash"]);
}

#[test]
fn bash_takes_the_lines() {
    takes_the_lines(&["bash"]);
    takes_the_lines(&["bash", "--posix"]);
}

#[test]
fn busybox_takes_the_lines() {
    takes_the_lines(&["busybox", "sh"]);
}
