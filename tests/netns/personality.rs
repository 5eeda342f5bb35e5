//! Started as `openconnect`, the way wrappers and the plugin of NetworkManager do.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use crate::client::{Client, Exit};
use crate::lab::{CLIENT, COOKIE, GATEWAY, INSIDE, Lab, SOON, TUNNEL, wait_until};
use crate::ping;
use crate::snapshot::Snapshot;

#[test]
fn the_list_of_the_plugin_runs_a_tunnel_and_ends_in_time() {
    let Some(lab) = Lab::start("--dns 10.20.0.53 --domains corp.example,lab.example") else {
        return;
    };
    let (script, notes) = (lab.file("script"), lab.file("notes"));
    let text = format!(
        "#!/bin/sh\n[ $reason = connect ] || exit 0\n\
         ip address add $INTERNAL_IP4_ADDRESS/32 dev $TUNDEV\nip link set $TUNDEV mtu $INTERNAL_IP4_MTU up\n\
         ip route add 10.20.0.0/16 dev $TUNDEV\nenv > {0}.new && mv {0}.new {0}\n",
        notes.display()
    );
    fs::write(&script, text).expect("a file");
    lab.machine.ip("tuntap add dev vpn0 mode tun");
    let line = format!(
        "--protocol nc --servercert {} --mtu 1380 --syslog --cookie-on-stdin --script sh~{} --interface vpn0 {GATEWAY} \
         --resolve gw.example:{GATEWAY} --verbose",
        lab.pin,
        script.display()
    );
    let client = openconnect(&lab, &line, COOKIE);
    wait_until("the script", SOON, || notes.exists());
    let notes = fs::read_to_string(notes).expect("notes");
    for variable in [
        "TUNDEV=vpn0".to_owned(),
        format!("VPNGATEWAY={GATEWAY}"),
        format!("INTERNAL_IP4_ADDRESS={TUNNEL}"),
        "INTERNAL_IP4_DNS=10.20.0.53".to_owned(),
        "CISCO_DEF_DOMAIN=corp.example lab.example".to_owned(),
        "CISCO_SPLIT_INC_0_ADDR=10.20.0.0".to_owned(),
        "INTERNAL_IP4_MTU=1380".to_owned(),
    ] {
        assert!(
            notes.lines().any(|line| line == variable),
            "no {variable} in\n{notes}"
        );
    }
    assert!(!notes.contains("DSID"), "{notes}");
    ping::ping(&lab, [28, 1380].into_iter());
    let (exit, took) = client.end_by(libc::SIGINT);
    assert_eq!(exit.status, 0, "{}", exit.stderr);
    assert!(took < Duration::from_millis(1800), "{took:?}");
    assert!(exit.stdout.contains("connected: "), "{}", exit.stdout);
    assert_eq!(lab.count("logouts"), 1);
}

#[test]
fn without_a_script_the_built_in_set_up_is_used() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let line = format!("--juniper --servercert {} -i vpn3 -C {COOKIE} {GATEWAY}", lab.pin);
    let client = openconnect(&lab, &line, "");
    wait_until("an address", SOON, || {
        lab.machine.ip("-o address").contains(TUNNEL)
    });
    wait_until("a route", SOON, || {
        lab.machine.ip("route").contains("10.20.0.0/16")
    });
    lab.machine.run(&format!("ping -n -q -c 1 -W 5 {INSIDE}"));
    let exit = client.end_by(libc::SIGTERM).0;
    assert_eq!(exit.status, 0, "{}", exit.stderr);
    before.assert_restored(&lab);
}

#[test]
fn statuses_are_those_a_wrapper_knows() {
    let Some(lab) = Lab::start("") else { return };
    let pin = format!("--juniper --servercert {} --cookie-on-stdin {GATEWAY}", lab.pin);
    for (line, cookie, status) in [
        (pin.as_str(), "DSID=00000000000000000000000000000000", 2),
        ("--juniper --cookie-on-stdin 198.51.100.1", COOKIE, 1),
        ("--juniper --cookie-on-stdin 198.51.100.1:9", COOKIE, 1),
        (pin.as_str(), "bad=1", 1),
    ] {
        let exit: Exit = openconnect(&lab, line, cookie).end_without_check();
        assert_eq!(exit.status, status, "{line}: {}", exit.stderr);
        assert!(exit.stderr.starts_with("error: "), "{line}: {}", exit.stderr);
    }
}

/// What nmcli starts, with the options that answer for the user.
#[test]
fn a_sign_in_alone_prints_what_nmcli_reads() {
    let Some(lab) = Lab::start("") else { return };
    let line = format!(
        "--authenticate {GATEWAY} --servercert {} -u joe --passwd-on-stdin --non-inter -v",
        lab.pin
    );
    let exit = openconnect(&lab, &line, "secret").end_without_check();
    assert_eq!(exit.status, 0, "{}", exit.stderr);
    let names: Vec<&str> = exit
        .stdout
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    assert_eq!(names, ["COOKIE", "HOST", "CONNECT_URL", "FINGERPRINT", "RESOLVE"]);
    assert!(exit.stdout.starts_with("COOKIE='DSID="), "{}", exit.stdout);
    assert!(exit.stderr.contains("debug "), "{}", exit.stderr);
    let exit = openconnect(&lab, &line, "mistaken").end_without_check();
    assert_eq!((exit.status, exit.stdout.as_str()), (2, ""), "{}", exit.stderr);
}

/// The client by a link of that name.
fn openconnect(lab: &Lab, line: &str, input: &str) -> Client {
    let link = lab.file("openconnect");
    if !link.exists() {
        symlink(CLIENT, &link).expect("a link");
    }
    let mut command = lab.program(&[link.to_str().expect("UTF-8")]);
    command.args(line.split_whitespace().map(|word| word.replace('~', " ")));
    Client::start(command, input)
}
