//! A run of the program and all it leaves behind: output, log, and what the system shows of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::stage::Stage;

/// All that a run leaves behind.
pub(crate) struct Traces {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) log: String,
    /// Arguments, environment and limits while it ran.
    pub(crate) process: String,
}

impl Traces {
    /// Runs it to its end, which is to be a good one, and looks at it when the first form has come.
    #[track_caller]
    pub(crate) fn of(mut command: Command, input: &str, folder: &TempDir, stage: &Stage) -> Self {
        command.arg("--log-file").arg(folder.path().join("log"));
        let mut child = start(command);
        child.say(input);
        let place = format!("/proc/{}", child.process.id());
        until("a form", || {
            !stage.forms().is_empty() || !Path::new(&place).exists()
        });
        let read = |file: &str| fs::read(format!("{place}/{file}")).unwrap_or_default();
        let process = ["cmdline", "environ", "limits"].map(read).concat();
        let process = String::from_utf8_lossy(&process).into_owned();
        let traces = child.end(folder);
        assert!(
            process.contains("VPNC_TEST=kept") && process.contains("--log-file"),
            "{process}"
        );
        assert_eq!(no_core_dumps(&process), 1, "{process}");
        Self { process, ..traces }
    }
}

/// A run whose output is read.
pub(crate) struct Running {
    pub(crate) process: Child,
    folder: TempDir,
}

pub(crate) fn start(mut command: Command) -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| fs::File::create(folder.path().join(name)).expect("a file");
    command.env("VPNC_TEST", "kept");
    command
        .stdin(Stdio::piped())
        .stdout(file("stdout"))
        .stderr(file("stderr"));
    let process = command.spawn().expect("the program starts");
    Running { process, folder }
}

impl Running {
    pub(crate) fn say(&mut self, text: &str) {
        let mut stdin = self.process.stdin.take().expect("a pipe");
        stdin.write_all(text.as_bytes()).expect("a reader");
    }

    fn text(&self, name: &str) -> String {
        let mut text = Vec::new();
        let file = fs::File::open(self.folder.path().join(name));
        file.expect("a file").read_to_end(&mut text).expect("a file");
        String::from_utf8_lossy(&text).into_owned()
    }

    pub(crate) fn stderr_has(&self, text: &str) -> bool {
        self.text("stderr").contains(text)
    }

    #[track_caller]
    pub(crate) fn end(mut self, folder: &TempDir) -> Traces {
        let mut status = None;
        until("the end", || {
            status = self.process.try_wait().expect("a child");
            status.is_some()
        });
        let (stdout, stderr) = (self.text("stdout"), self.text("stderr"));
        assert_eq!(status.and_then(|status| status.code()), Some(0), "{stderr}");
        Traces {
            stdout,
            stderr,
            log: fs::read_to_string(folder.path().join("log")).expect("a log"),
            process: String::new(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// How many times a list of limits says that there are no core dumps.
pub(crate) fn no_core_dumps(text: &str) -> usize {
    let lines = text.lines().filter(|line| line.starts_with("Max core file size"));
    lines
        .filter(|line| line.split_whitespace().skip(4).take(2).eq(["0", "0"]))
        .count()
}

#[track_caller]
pub(crate) fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < SOON, "waited {SOON:?} for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Ample for anything that is tested with it.
const SOON: Duration = Duration::from_secs(20);
