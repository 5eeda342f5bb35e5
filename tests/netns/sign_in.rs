//! From a password to traffic: in one go, and in two as scripts do it.

use crate::client::Client;
use crate::lab::{CLIENT, GATEWAY, Lab, has};
use crate::ping;
use crate::snapshot::Snapshot;

#[test]
fn a_password_becomes_a_tunnel() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
    command.args(["-u", "joe", "--passwd-on-stdin", "--non-inter"]);
    let client = Client::start(command, "secret");
    client.wait_connected();
    ping::ping(&lab, [60, 1000].into_iter());
    assert_eq!(lab.count("logins"), 1);
    client.interrupt().says("logged out");
    assert_eq!(lab.count("logouts"), 1);
    before.assert_restored(&lab);
}

#[test]
fn a_refused_password_touches_nothing() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
    command.args(["-u", "joe", "--passwd-on-stdin", "--non-inter"]);
    let exit = Client::start(command, "mistaken").exits(3);
    assert!(!exit.stderr.contains("mistaken"), "{}", exit.stderr);
    assert_eq!(lab.count("refused_logins"), 1);
    before.assert_restored(&lab);
}

/// `auth` in one process, `connect` in another, with the cookie from hand to hand; `$1` is the program, `$2` the pin,
/// `$3` the gateway.
const IN_TWO: &str = r#"eval "$(printf 'secret\n' | "$1" auth "$3" --servercert "$2" -u joe --passwd-on-stdin --non-inter)" || exit
printf '%s\n' "$COOKIE" >cookie
exec "$1" connect --cookie-on-stdin "$CONNECT_URL" --servercert "$FINGERPRINT" <cookie"#;

#[test]
fn a_cookie_of_auth_becomes_a_tunnel() {
    for shell in [&["dash"][..], &["bash"], &["busybox", "sh"]] {
        if !has(shell[0]) {
            continue;
        }
        let Some(lab) = Lab::start("") else { return };
        let before = Snapshot::of(&lab);
        let line = [shell, &["-c", IN_TWO, "shell", CLIENT, &lab.pin, GATEWAY]].concat();
        let mut command = lab.program(&line);
        command.current_dir(lab.file(""));
        let client = Client::start(command, "");
        client.wait_connected();
        ping::ping(&lab, [60, 1000].into_iter());
        assert_eq!(lab.count("logins"), 1);
        client.interrupt().says("logged out");
        before.assert_restored(&lab);
    }
}
