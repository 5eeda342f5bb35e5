//! `Call`: the program with arguments, standard input and a time limit, and what became of it.

use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A call in the making: nothing is inherited.
pub(crate) struct Call {
    command: Command,
    input: String,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit status; `None` when a signal or the time limit ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Call {
    /// A program whose files go into `folder`.
    pub(crate) fn of(program: impl AsRef<Path>, folder: &Path) -> Self {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("HOME", folder)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        Self {
            command,
            input: String::new(),
        }
    }

    /// With more arguments.
    pub(crate) fn args<T: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.command.args(args);
        self
    }

    /// With one more argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// With text on standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.input.push_str(text);
        self
    }

    /// In a folder.
    pub(crate) fn at(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs it, whatever comes of it.
    pub(crate) fn end(mut self) -> Ended {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program starts");
        let stdout = reader(child.stdout.take().expect("a pipe"));
        let stderr = reader(child.stderr.take().expect("a pipe"));
        let mut stdin = child.stdin.take().expect("a pipe");
        // one that ends without reading breaks the pipe
        drop(stdin.write_all(self.input.as_bytes()));
        drop(stdin);
        let status = wait(&mut child);
        Ended {
            status,
            stdout: stdout.join().expect("no panic"),
            stderr: stderr.join().expect("no panic"),
        }
    }

    /// Runs it and expects an exit status; a failure leaves standard output empty.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Ended {
        let ended = self.end();
        assert_eq!(ended.status, Some(status), "{}", ended.stderr);
        if status != 0 {
            assert_eq!(ended.stdout, "", "standard output of a failure");
        }
        ended
    }
}

impl Ended {
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

    /// The value of one of the lines `NAME='VALUE'`.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut lines = self.stdout.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix("='")?.strip_suffix('\''))
    }
}

fn reader(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut octets = Vec::new();
        // a pipe that breaks has given what there was
        drop(pipe.read_to_end(&mut octets));
        String::from_utf8_lossy(&octets).into_owned()
    })
}

fn wait(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + LIMIT;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        thread::sleep(Duration::from_millis(5));
    }
    // it may have ended in this very moment
    drop(child.kill());
    drop(child.wait());
    None
}

/// The next code of a time-based token comes after half a minute at most.
const LIMIT: Duration = Duration::from_secs(45);
