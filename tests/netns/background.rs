//! `--background` and `--pid-file`: the caller comes back when the tunnel is up, and not before.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::client::{Client, Exit};
use crate::lab::{CLIENT, COOKIE, GATEWAY, Lab, SOON, has, wait_until};
use crate::screen::Screen;
use crate::snapshot::Snapshot;

/// `$1` is the program, `$2` the pin, `$3` the gateway, the rest options.
const SCRIPT: &str = r#"program=$1 pin=$2 gateway=$3; shift 3
"$program" connect -b --name work --pid-file pid "$gateway" --servercert "$pin" "$@" && echo up"#;

/// Runs it in the folder of the lab, with a line on standard input.
fn script(lab: &Lab, pin: &str, options: &[&str], input: &str) -> Client {
    let line = [&["sh", "-c", SCRIPT, "sh", CLIENT, pin, GATEWAY][..], options].concat();
    let mut command = lab.program(&line);
    command.current_dir(lab.file(""));
    Client::start(command, input)
}

/// Ends what runs in the background, whatever becomes of the test.
struct Guard(PathBuf);

impl Guard {
    fn of(lab: &Lab) -> Self {
        Self(lab.file("pid"))
    }

    fn process(&self) -> String {
        let text = fs::read_to_string(&self.0).expect("a pid file");
        assert!(text.ends_with('\n'), "{text:?}");
        text.trim().to_owned()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Ok(process) = fs::read_to_string(&self.0) {
            drop(Command::new("kill").args(["-9", process.trim()]).status());
        }
    }
}

fn disconnect(lab: &Lab) {
    let output = lab.program(&[CLIENT, "disconnect", "work"]).output();
    let output = output.expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_script_goes_on_when_the_tunnel_is_up() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let guard = Guard::of(&lab);
    // that this comes to an end shows that the tunnel holds neither output nor messages of the script
    let exit = script(&lab, &lab.pin, &["--cookie-on-stdin"], COOKIE).end_without_check();
    assert_eq!(
        (exit.status, exit.stdout.as_str()),
        (0, "up\n"),
        "{}",
        exit.stderr
    );
    exit.says("connected: tun0 has ");
    let process = guard.process();
    let link = |name: &str| fs::read_link(format!("/proc/{process}/{name}")).expect("a link");
    for descriptor in 0..3 {
        assert_eq!(link(&format!("fd/{descriptor}")), PathBuf::from("/dev/null"));
    }
    assert_eq!(link("cwd"), PathBuf::from("/"));
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    let (_, fields) = stat.rsplit_once(')').expect("fields");
    let session = fields.split_whitespace().nth(3);
    assert_eq!(session, Some(process.as_str()), "a session of its own");
    let status = lab.program(&[CLIENT, "status", "work", "--json"]).output();
    let object: serde_json::Value = serde_json::from_slice(&status.expect("it starts").stdout).expect("JSON");
    assert_eq!(object["pid"].to_string(), process);
    disconnect(&lab);
    assert!(!lab.file("pid").exists());
    assert_eq!(lab.count("logouts"), 1);
    before.assert_restored(&lab);
}

#[test]
fn a_failure_before_is_the_failure_of_the_caller() {
    let Some(lab) = Lab::start("") else { return };
    let wrong = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let failed = |exit: Exit, status: i32| {
        let exit = exit.expect(status).says("error: ");
        assert_eq!(exit.stderr.matches("error: ").count(), 1, "{}", exit.stderr);
        assert!(!lab.file("pid").exists());
    };
    failed(
        script(&lab, wrong, &["--cookie-on-stdin"], COOKIE).end_without_check(),
        6,
    );
    let options = ["-u", "joe", "--passwd-on-stdin", "--non-inter"];
    failed(
        script(&lab, &lab.pin, &options, "mistaken").end_without_check(),
        3,
    );
    let pid_file = ["--cookie-on-stdin", "--pid-file", "/nonexistent/pid"];
    failed(script(&lab, &lab.pin, &pid_file, COOKIE).end_without_check(), 73);
}

#[test]
fn a_signal_to_the_caller_ends_the_sign_in() {
    let Some(lab) = Lab::start("") else { return };
    for (signal, status) in [(libc::SIGTERM, 143), (libc::SIGHUP, 129)] {
        let _guard = Guard::of(&lab);
        let go = lab.file("go");
        let wait = format!(
            "touch {0}.asked; until test -e {0}; do sleep 0.02; done",
            go.display()
        );
        let mut command = lab.program(&[CLIENT, "connect", "-b", GATEWAY, "--servercert", &lab.pin]);
        command.args([
            "--non-inter",
            "-u",
            "joe",
            "--passwd-command",
            &wait,
            "--pid-file",
        ]);
        let client = Client::start(
            {
                command.arg(lab.file("pid"));
                command
            },
            "",
        );
        wait_until("the sign-in", SOON, || lab.file("go.asked").exists());
        assert!(lab.file("pid").exists());
        client.signal(signal);
        wait_until("its end", SOON, || !lab.file("pid").exists());
        // the command still holds standard error
        fs::write(&go, "").expect("a file");
        client.exits(status);
        for name in ["go", "go.asked"] {
            fs::remove_file(lab.file(name)).expect("a file");
        }
    }
}

#[test]
fn the_child_asks_on_the_terminal_and_then_leaves_it() {
    if !has("setsid") {
        return;
    }
    let Some(lab) = Lab::start("") else { return };
    let guard = Guard::of(&lab);
    let line = [
        "setsid", "--ctty", "--wait", CLIENT, "connect", "-b", GATEWAY, "--name", "work",
    ];
    let mut command = lab.program(&line);
    command
        .args(["--servercert", &lab.pin, "-u", "joe", "--pid-file"])
        .arg(lab.file("pid"));
    let mut screen = Screen::start(command);
    screen.answer("password: ", "secret");
    let end = screen.end().says("connected: tun0 has ");
    assert_eq!((end.status, end.stdout.as_str()), (0, ""), "{}", end.screen);
    assert!(!end.screen.contains("secret"), "{}", end.screen);
    // the terminal has gone, the tunnel has not
    let process = guard.process();
    assert!(fs::read_to_string(format!("/proc/{process}/stat")).is_ok());
    disconnect(&lab);
}

#[test]
fn ctrl_c_at_a_question_ends_both() {
    if !has("setsid") {
        return;
    }
    let Some(lab) = Lab::start("") else { return };
    let _guard = Guard::of(&lab);
    let line = [
        "setsid", "--ctty", "--wait", CLIENT, "connect", "-b", GATEWAY, "--name", "work",
    ];
    let mut command = lab.program(&line);
    command
        .args(["--servercert", &lab.pin, "-u", "joe", "--pid-file"])
        .arg(lab.file("pid"));
    let mut screen = Screen::start(command);
    screen.wait("password: ", 1);
    screen.press("\x03");
    screen.end().failed(130);
    assert!(!lab.file("pid").exists());
}

#[test]
fn the_pid_file_names_a_run_in_the_foreground_too() {
    let Some(lab) = Lab::start("") else { return };
    let path = lab.file("pid");
    let client = lab.connected(&format!("--pid-file {}", path.display()));
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(text, format!("{}\n", client.pid()));
    client.interrupt();
    assert!(!path.exists());
}
