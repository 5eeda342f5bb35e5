//! A tiny vocabulary: run the program with nothing inherited, look at what it did.

use std::io::Write;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A run in the making: an empty environment, an empty standard input.
pub(crate) struct Run {
    command: Command,
    input: Vec<u8>,
}

/// The program with a command line, split at blanks.
pub(crate) fn vpnc(line: &str) -> Run {
    vpnc_args(&line.split_whitespace().collect::<Vec<_>>())
}

/// The program with arguments that may hold blanks.
pub(crate) fn vpnc_args(args: &[&str]) -> Run {
    program(PROGRAM, args)
}

/// The same by another path.
pub(crate) fn program(path: &str, args: &[&str]) -> Run {
    let mut command = Command::new(path);
    command.args(args);
    Run::of(command)
}

/// A line for the shell, which finds the program as `$VPNC`.
pub(crate) fn shell(line: &str) -> Run {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]);
    let mut run = Run::of(command);
    run.command.env("VPNC", PROGRAM).env("PATH", "/bin:/usr/bin");
    run
}

impl Run {
    fn of(mut command: Command) -> Self {
        command.env_clear();
        Self {
            command,
            input: Vec::new(),
        }
    }

    /// With a variable in the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// As another user than root, with a copy of the program in a folder that user can enter.
    pub(crate) fn by_nobody(mut self, folder: &Path) -> Self {
        if !rustix::process::geteuid().is_root() {
            return self;
        }
        let copy = folder.join("vpnc-cli");
        if !copy.exists() {
            std::fs::copy(PROGRAM, &copy).expect("a copy");
        }
        let mut command = Command::new(copy);
        command.args(self.command.get_args()).env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.uid(NOBODY).gid(NOBODY);
        self.command = command;
        self
    }

    /// With text on standard input.
    pub(crate) fn input(mut self, text: impl AsRef<[u8]>) -> Self {
        self.input = text.as_ref().to_vec();
        self
    }

    /// Runs `connect` with a cookie that cannot be used, which is found out last: all else was understood.
    #[track_caller]
    pub(crate) fn understood(self) -> Outcome {
        let run = self.env("VPNC_COOKIE", "bad=1");
        run.exits(BAD_DATA).says("the session cookie cannot be used")
    }

    /// Runs it and expects an exit status, and of a failure nothing on standard output.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Outcome {
        let outcome = self.exits_with_output(status);
        if status != 0 {
            assert_eq!(outcome.stdout, "", "standard output of a failure");
        }
        outcome
    }

    /// Runs it and expects an exit status.
    #[track_caller]
    pub(crate) fn exits_with_output(mut self, status: i32) -> Outcome {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // The program may end without reading; then the pipe is broken and that is fine.
        drop(stdin.write_all(&self.input));
        drop(stdin);
        let output = child.wait_with_output().expect("the program ends");
        let outcome = Outcome::of(&output);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{:?}\n{}",
            self.command,
            outcome.stderr
        );
        outcome
    }
}

/// What a run wrote.
pub(crate) struct Outcome {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("UTF-8");
        Self {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Standard error has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in:\n{}", self.stderr);
        self
    }

    /// This text is nowhere.
    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        let all = format!("{}{}", self.stdout, self.stderr);
        assert!(!all.contains(text), "{text:?} in:\n{all}");
        self
    }

    /// Standard output begins with this text.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.starts_with(text), "not {text:?}:\n{}", self.stdout);
        self
    }
}

/// The built program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_vpnc-cli");

/// On Debian, the user and the group without rights.
const NOBODY: u32 = 65534;

/// The cookie is missing, or another answer nobody can be asked for.
pub(crate) const NO_COOKIE: i32 = 4;
/// The command line is wrong.
pub(crate) const USAGE: i32 = 64;
/// The cookie cannot be used.
pub(crate) const BAD_DATA: i32 = 65;
/// A file is missing.
pub(crate) const NO_INPUT: i32 = 66;
/// A file cannot be made.
pub(crate) const CANNOT_CREATE: i32 = 73;
