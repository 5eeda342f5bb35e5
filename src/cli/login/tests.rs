//! What ends a sign-in: signals, and what Ctrl-C and a panic leave behind on the terminal.

use std::fs::File;
use std::future::pending;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::front_end::tests::front_end;
use super::question::tests::{field, form};
use super::unless_ended;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::form::{FieldKind, Purpose};
use crate::net::login::Prompter as _;
use crate::net::signals::{Request, Requests, Signals};

/// Needs `setsid` of util-linux; without it says so, or fails with `VPNC_TEST_REQUIRE_ALL=1`.
#[test]
fn the_echo_comes_back_after_ctrl_c_a_signal_and_a_panic() {
    for (ending, status) in [("ctrl-c", 130), ("terminate", 143), ("panic", 101)] {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&user).expect("a terminal");
        unlockpt(&user).expect("a terminal");
        let name = ptsname(&user, Vec::new()).expect("a name");
        let name = name.to_str().expect("UTF-8");
        let open = || {
            File::options()
                .read(true)
                .write(true)
                .open(name)
                .expect("the other side")
        };
        let child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(std::env::current_exe().expect("own path"))
            .args(["--exact", "--nocapture", "cli::login::tests::alone"])
            .env(ALONE, ending)
            .stdin(open())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else {
            return left_out("there is no setsid");
        };
        let mut screen = File::from(user);
        let mut seen = String::new();
        // again after the stop
        while seen.matches("Password: ").count() < 2 {
            let mut octets = [0; 256];
            let read = screen.read(&mut octets).expect("a question");
            seen.push_str(&String::from_utf8_lossy(&octets[..read]));
        }
        // not earlier: without anybody on the other side the reading above ends
        let program = open();
        let is_shown = || {
            tcgetattr(&program)
                .expect("a mode")
                .local_modes
                .contains(LocalModes::ECHO)
        };
        assert!(!is_shown(), "what is typed is seen");
        // as the user would, so that it comes by the terminal; what ends the other two is sent by the process itself
        screen
            .write_all(if ending == "ctrl-c" { b"half\x03" } else { b"half" })
            .expect("a keyboard");
        let ended = child.wait().expect("the process ends");
        assert_eq!(ended.code(), Some(status), "{ending}: {seen}");
        assert!(is_shown(), "{ending} leaves the echo off");
    }
}

struct Scripted(Vec<Request>);

impl Requests for Scripted {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Request> {
        self.0.pop().map_or(Poll::Pending, Poll::Ready)
    }
}

#[tokio::test]
async fn signals_end_a_sign_in_with_their_own_status() {
    for (request, status) in [
        (Request::Interrupt, ExitStatus::Interrupted),
        (Request::Terminate, ExitStatus::Terminated),
        (Request::Hangup, ExitStatus::Hangup),
    ] {
        let mut requests = Scripted(vec![request, Request::Reconnect, Request::Statistics]);
        let error = unless_ended(&mut requests, pending::<Result<(), Error>>()).await;
        assert_eq!(error.expect_err("ended").status, status);
    }
    let mut requests = Scripted(vec![Request::Statistics]);
    assert_eq!(unless_ended(&mut requests, async { Ok(1) }).await, Ok(1));
}

/// The process on the other side.
#[test]
fn alone() {
    let Ok(ending) = std::env::var(ALONE) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let status = runtime.expect("an event loop").block_on(async {
        let mut signals = Signals::new().expect("signals");
        let mut front_end = front_end(&[], "");
        front_end.ask_on_the_terminal();
        let form = form(vec![field("Password", FieldKind::Secret, Purpose::Password)]);
        let trouble = async {
            let terminal = File::open("/dev/tty").expect("a terminal");
            until_hidden(&terminal).await;
            // as after Ctrl-Z and fg
            shell("stty echo < /dev/tty; kill -CONT $PPID");
            until_hidden(&terminal).await;
            match ending.as_str() {
                "panic" => panic!("in the middle of a question"),
                "terminate" => shell("kill -TERM $PPID"),
                _ => {}
            }
            pending::<()>().await;
        };
        let work = async {
            tokio::select! {
                _ = front_end.ask(&form) => Ok(()),
                () = trouble => Ok(()),
            }
        };
        unless_ended(&mut signals, work)
            .await
            .expect_err("a signal")
            .status
    });
    std::process::exit(status as i32);
}

async fn until_hidden(terminal: &File) {
    for _ in 0..500 {
        if !tcgetattr(terminal)
            .expect("a mode")
            .local_modes
            .contains(LocalModes::ECHO)
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    std::process::exit(NOT_HIDDEN);
}

fn shell(line: &str) {
    let status = Command::new("/bin/sh").args(["-c", line]).status();
    assert!(status.expect("a shell").success());
}

fn left_out(why: &str) {
    drop(writeln!(std::io::stderr(), "LEFT OUT: {why}"));
    let all = std::env::var_os("VPNC_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!all, "{why}");
}

/// Status of the process whose question was to be seen.
const NOT_HIDDEN: i32 = 99;
/// Set in the process of its own: what ends it.
const ALONE: &str = "VPNC_TEST_TERMINAL";
