//! A terminal with somebody in front of it, and the program on its other side.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

/// The program on a terminal of its own. All it writes there is kept; its standard output is a pipe.
pub(crate) struct Screen {
    process: Child,
    keyboard: File,
    /// The program's side: keeps the terminal from vanishing with the program.
    other_side: File,
    seen: Arc<Mutex<String>>,
    /// How much of it was there when the last line was typed.
    answered: usize,
}

/// How a program ended.
pub(crate) struct End {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    /// All that could be seen on the terminal.
    pub(crate) screen: String,
}

impl Screen {
    /// Starts a command that takes its standard input for its terminal: `setsid --ctty`.
    pub(crate) fn start(mut command: Command) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).expect("a terminal");
        unlockpt(&keyboard).expect("a terminal");
        let name = ptsname(&keyboard, Vec::new()).expect("a name");
        let open = || {
            let mut options = File::options();
            let flags = libc::O_NOCTTY;
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
            options
                .read(true)
                .write(true)
                .open(name.to_str().expect("UTF-8"))
                .expect("the other side")
        };
        let other_side = open();
        command.stdin(open()).stdout(Stdio::piped()).stderr(open());
        let process = command.spawn().expect("setsid of util-linux");
        let keyboard = File::from(keyboard);
        let seen = Arc::<Mutex<String>>::default();
        let mut screen = keyboard.try_clone().expect("a terminal");
        let shown = Arc::clone(&seen);
        // ends when both sides are closed
        thread::spawn(move || {
            let mut octets = [0; 1024];
            while let Ok(read @ 1..) = screen.read(&mut octets) {
                let text = String::from_utf8_lossy(&octets[..read]).into_owned();
                shown.lock().expect("no panic").push_str(&text);
            }
        });
        Self {
            process,
            keyboard,
            other_side,
            seen,
            answered: 0,
        }
    }

    /// Waits until a text stands there for the n-th time.
    #[track_caller]
    pub(crate) fn wait(&self, text: &str, count: usize) -> &Self {
        let start = Instant::now();
        while self.seen().matches(text).count() < count {
            assert!(start.elapsed() < SOON, "no {text:?} ({count}):\n{}", self.seen());
            thread::sleep(Duration::from_millis(2));
        }
        self
    }

    /// Types a line once this question is the last thing that has come since the line before.
    #[track_caller]
    pub(crate) fn answer(&mut self, question: &str, line: &str) -> &mut Self {
        let start = Instant::now();
        while !self.seen()[self.answered..].ends_with(question) {
            assert!(start.elapsed() < SOON, "not asked {question:?}:\n{}", self.seen());
            thread::sleep(Duration::from_millis(2));
        }
        self.answered = self.seen().len();
        self.press(&format!("{line}\r"))
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).expect("a keyboard");
        self
    }

    /// What is typed is shown.
    pub(crate) fn echoes(&self) -> bool {
        let mode = tcgetattr(&self.other_side).expect("a mode");
        mode.local_modes.contains(LocalModes::ECHO)
    }

    pub(crate) fn seen(&self) -> String {
        self.seen.lock().expect("no panic").clone()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> End {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("a child") {
                break status;
            }
            assert!(start.elapsed() < SOON, "no end:\n{}", self.seen());
            thread::sleep(Duration::from_millis(2));
        };
        assert!(self.echoes(), "what is typed is not shown any more");
        let mut stdout = String::new();
        let mut pipe = self.process.stdout.take().expect("a pipe");
        pipe.read_to_string(&mut stdout).expect("text");
        // the reader has seen all that was written before this
        self.other_side.write_all(b"[end]").expect("a terminal");
        self.wait("[end]", 1);
        End {
            status: status.code().unwrap_or(-1),
            stdout,
            screen: self.seen(),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl End {
    /// It came to a session.
    #[track_caller]
    pub(crate) fn signed_in(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.screen);
        assert!(self.stdout.starts_with("COOKIE='DSID="), "{}", self.stdout);
        self
    }

    /// It failed with this status, and standard output is empty.
    #[track_caller]
    pub(crate) fn failed(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.screen);
        assert_eq!(self.stdout, "");
        self
    }

    /// This text is on the screen.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.screen.contains(text), "no {text:?}:\n{}", self.screen);
        self
    }
}

/// Ample for anything that is tested with it.
const SOON: Duration = Duration::from_secs(20);
