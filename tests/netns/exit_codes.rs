//! Each exit status of `cli.md §7`, reached once by the built program.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::thread;

use vpnc_cli::exit::ExitStatus;

use crate::client::{Client, Exit};
use crate::errors::deny_all_names;
use crate::lab::{CLIENT, GATEWAY, Lab};
use crate::rights::{as_nobody, lab_for_nobody};

/// Something that ends with a status. `None` when it cannot be brought about here, which has been said aloud.
type Situation = fn(&Lab) -> Option<Exit>;

/// One has its place elsewhere: a bug is made in `tests/tunnel/relogin.rs`.
fn situation(status: ExitStatus) -> Option<Situation> {
    Some(match status {
        ExitStatus::Success => success,
        ExitStatus::Failure => script_missing,
        ExitStatus::CookieRefused => cookie_refused,
        ExitStatus::LoginRefused => password_refused,
        ExitStatus::InputNeeded => nobody_to_ask,
        ExitStatus::HostCheck => host_check_failed,
        ExitStatus::Untrusted => untrusted,
        ExitStatus::EndedByGateway => ended_by_gateway,
        ExitStatus::Instance => running_already,
        ExitStatus::Usage => no_gateway_named,
        ExitStatus::BadData => malformed_cookie,
        ExitStatus::NoInput => file_missing,
        ExitStatus::NoHost => unknown_host,
        ExitStatus::Unavailable => nobody_listens,
        ExitStatus::System => no_tun_device,
        ExitStatus::CannotCreate => no_place_for_the_log,
        ExitStatus::Io => device_taken_away,
        ExitStatus::NetworkLost => gateway_gone,
        ExitStatus::Protocol => no_gateway,
        ExitStatus::NoPermission => ordinary_user,
        ExitStatus::Hangup => hung_up,
        ExitStatus::Interrupted => interrupted,
        ExitStatus::Terminated => terminated,
        ExitStatus::Config => unknown_key,
        ExitStatus::Internal => return None,
    })
}

#[test]
fn each_exit_status_is_reached() {
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    for status in ExitStatus::ALL {
        let exit = situation(status).and_then(|reach| reach(&lab));
        if let Some(exit) = exit {
            let exit = exit.expect(status as i32);
            let is_told = exit.stderr.lines().any(|line| line.starts_with("error: "));
            assert_eq!(
                is_told,
                status != ExitStatus::Success,
                "{status:?}:\n{}",
                exit.stderr
            );
        }
    }
}

fn unknown_key(lab: &Lab) -> Option<Exit> {
    let file = lab.file("odd.toml");
    fs::write(&file, "usr = \"joe\"\n").expect("a file");
    ends(lab.client(&format!("--config {}", file.display())))
}

fn success(lab: &Lab) -> Option<Exit> {
    Some(lab.connected("").end_by(libc::SIGINT).0)
}

fn script_missing(lab: &Lab) -> Option<Exit> {
    ends(lab.client("-s /nonexistent/script"))
}

fn cookie_refused(lab: &Lab) -> Option<Exit> {
    with_mode(lab, "reject 403", "reject off", |lab| ends(lab.client("")))
}

fn password_refused(lab: &Lab) -> Option<Exit> {
    ends(run(lab, "auth -u joe --passwd-on-stdin --non-inter", "mistaken"))
}

fn nobody_to_ask(lab: &Lab) -> Option<Exit> {
    ends(run(lab, "auth -u joe --non-inter", ""))
}

fn host_check_failed(_: &Lab) -> Option<Exit> {
    let flow = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pages/hostcheck/failed.flow");
    let lab = Lab::start(&format!("--pages {}", flow.display()))?;
    let options = "auth -u joe --passwd-on-stdin --non-inter --hostcheck report";
    ends(run(&lab, options, "secret"))
}

fn untrusted(lab: &Lab) -> Option<Exit> {
    ends(lab.client_at(GATEWAY, ""))
}

fn ended_by_gateway(_: &Lab) -> Option<Exit> {
    let lab = Lab::start("")?;
    let client = lab.connected("");
    lab.order("terminate 8");
    ends(client)
}

fn running_already(lab: &Lab) -> Option<Exit> {
    let first = lab.connected("--name work");
    let exit = ends(lab.client("--name work"));
    first.interrupt();
    exit
}

fn no_gateway_named(lab: &Lab) -> Option<Exit> {
    ends(Client::start(lab.program(&[CLIENT, "connect"]), ""))
}

fn malformed_cookie(lab: &Lab) -> Option<Exit> {
    ends(run(lab, "connect --cookie-on-stdin", "DSID="))
}

fn file_missing(lab: &Lab) -> Option<Exit> {
    ends(lab.client("--cafile /nonexistent"))
}

fn unknown_host(lab: &Lab) -> Option<Exit> {
    let bind = || UdpSocket::bind("192.0.2.1:53");
    let socket = lab.beyond.within(bind).expect("a socket");
    thread::spawn(move || deny_all_names(&socket));
    ends(lab.client_at("vpn.invalid", ""))
}

fn nobody_listens(lab: &Lab) -> Option<Exit> {
    ends(lab.client_at(&format!("{GATEWAY}:444"), ""))
}

fn no_tun_device(lab: &Lab) -> Option<Exit> {
    ends(lab.client("-i lan"))
}

fn no_place_for_the_log(lab: &Lab) -> Option<Exit> {
    ends(lab.client("--log-file /nonexistent/log"))
}

fn device_taken_away(lab: &Lab) -> Option<Exit> {
    let client = lab.connected("-i vpn7");
    lab.machine.ip("link delete vpn7");
    ends(client)
}

fn gateway_gone(_: &Lab) -> Option<Exit> {
    let mut lab = Lab::start("")?;
    let client = lab.connected("--reconnect-timeout 1");
    lab.stop_gateway();
    ends(client)
}

fn no_gateway(lab: &Lab) -> Option<Exit> {
    with_mode(lab, "garbage on", "garbage off", |lab| ends(lab.client("")))
}

fn ordinary_user(_: &Lab) -> Option<Exit> {
    let (lab, program) = lab_for_nobody()?;
    ends(as_nobody(&lab, &program, ""))
}

fn hung_up(lab: &Lab) -> Option<Exit> {
    signalled(lab, libc::SIGHUP)
}

fn interrupted(lab: &Lab) -> Option<Exit> {
    signalled(lab, libc::SIGINT)
}

fn terminated(lab: &Lab) -> Option<Exit> {
    signalled(lab, libc::SIGTERM)
}

/// By a signal before the tunnel is up.
fn signalled(lab: &Lab, number: i32) -> Option<Exit> {
    with_mode(lab, "hang on", "hang off", |lab| {
        let client = lab.client("-v");
        client.wait_for("channel is open");
        Some(client.end_by(number).0)
    })
}

/// While the gateway behaves so.
fn with_mode(lab: &Lab, on: &str, off: &str, reach: impl FnOnce(&Lab) -> Option<Exit>) -> Option<Exit> {
    lab.order(on);
    let exit = reach(lab);
    lab.order(off);
    exit
}

/// The program with a command and its options, for the lab's gateway.
fn run(lab: &Lab, line: &str, input: &str) -> Client {
    let mut command: Command = lab.program(&[CLIENT]);
    command
        .args(line.split(' '))
        .args([GATEWAY, "--servercert", &lab.pin]);
    Client::start(command, input)
}

fn ends(client: Client) -> Option<Exit> {
    Some(client.end_without_check())
}
