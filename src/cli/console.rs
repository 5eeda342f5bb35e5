//! Standard error, shared by log, progress and the final error, with a copy in a file.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

use super::args::{ColorChoice, MessageArgs};
use super::environment::Environment;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

/// The place all messages go to. Clones share it.
#[derive(Clone)]
pub struct Console(Arc<Shared>);

struct Shared {
    spinner: Mutex<Option<ProgressBar>>,
    log_file: Option<File>,
    /// It was told that the log is not whole.
    log_failed: AtomicBool,
    timestamp: bool,
    colors: bool,
    animated: bool,
    /// What is no error goes to standard output, as OpenConnect has it.
    stdout: bool,
}

/// What a message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Error,
    Warning,
    /// A warning nobody may overlook.
    Alarm,
    Plain,
    Debug,
}

impl Console {
    /// The console as the options and the environment want it.
    pub fn open(args: &MessageArgs, environment: &Environment) -> Result<Self, Error> {
        let dumb = environment.text("TERM").is_none_or(|term| term == "dumb");
        let terminal = io::stderr().is_terminal();
        let colors = match args.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !dumb && environment.var("NO_COLOR").is_none(),
        };
        let log_file = args.log_file.as_deref().map(open_log).transpose()?;
        Ok(Self(Arc::new(Shared {
            spinner: Mutex::new(None),
            log_file,
            log_failed: AtomicBool::new(false),
            timestamp: args.timestamp,
            colors,
            stdout: args.like_openconnect == Some(false),
            animated: args.like_openconnect.is_none()
                && terminal
                && !dumb
                && !args.quiet
                && args.verbosity() == 0,
        })))
    }

    /// Prints the error that ends the program.
    pub fn error(&self, error: &Error) {
        let text = error.to_string();
        self.print(Label::Error, text.strip_prefix("error: ").unwrap_or(&text));
    }

    /// Whether a spinner may be shown.
    pub(super) fn is_animated(&self) -> bool {
        self.0.animated
    }

    /// Prints a message; a spinner on the screen makes room for it.
    pub(super) fn print(&self, label: Label, text: &str) {
        self.copy(label, text);
        let time = if self.0.timestamp { now() } else { String::new() };
        let lines = lines(&time, label.styled(self.0.colors), text);
        let spinner = self.0.spinner.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to be told when standard error is closed.
        let write = || match (label, self.0.stdout) {
            (Label::Plain | Label::Debug, true) => {
                let mut output = io::stdout().lock();
                drop(output.write_all(lines.as_bytes()).and_then(|()| output.flush()));
            }
            _ => drop(io::stderr().lock().write_all(lines.as_bytes())),
        };
        match spinner.as_ref() {
            Some(spinner) => spinner.suspend(write),
            None => write(),
        }
    }

    /// Writes a message to the log file only.
    pub(super) fn copy(&self, label: Label, text: &str) {
        if let Some(mut file) = self.0.log_file.as_ref() {
            // A full disk must not end the tunnel.
            let written = file.write_all(lines(&now(), label.styled(false), text).as_bytes());
            if let Err(error) = written
                && !self.0.log_failed.swap(true, Ordering::Relaxed)
            {
                let text = format!("the log file is not whole: {}", plain_io(&error));
                self.print(Label::Warning, &text);
            }
        }
    }

    /// Makes messages pass above this spinner, or none.
    pub(super) fn set_spinner(&self, spinner: Option<ProgressBar>) {
        *self.0.spinner.lock().unwrap_or_else(PoisonError::into_inner) = spinner;
    }
}

impl Label {
    fn styled(self, colors: bool) -> &'static str {
        match (self, colors) {
            (Self::Error, false) => "error: ",
            (Self::Error, true) => "\x1b[1;31merror:\x1b[0m ",
            (Self::Warning | Self::Alarm, false) => "warning: ",
            (Self::Alarm, true) => "\x1b[1;31mwarning:\x1b[0m ",
            (Self::Warning, true) => "\x1b[1;33mwarning:\x1b[0m ",
            (Self::Debug, false) => "debug ",
            (Self::Debug, true) => "\x1b[2mdebug\x1b[0m ",
            (Self::Plain, _) => "",
        }
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Console")
    }
}

/// The label goes before the first line, the time before each.
fn lines(time: &str, label: &str, text: &str) -> String {
    let mut whole = String::with_capacity(time.len() + label.len() + text.len() + 1);
    for (index, line) in text.split('\n').enumerate() {
        whole.extend([time, if index == 0 { label } else { "" }, line, "\n"]);
    }
    whole
}

fn now() -> String {
    jiff::Zoned::now().strftime("[%Y-%m-%d %H:%M:%S] ").to_string()
}

fn open_log(path: &Path) -> Result<File, Error> {
    let open = || {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(LOG_MODE)
            // a FIFO without a reader would hold up the opening, a full one the program
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(path)?;
        if file.metadata()?.is_file() {
            file.set_permissions(Permissions::from_mode(LOG_MODE))?;
        }
        Ok(file)
    };
    open().map_err(|error: io::Error| {
        Error::new(
            ExitStatus::CannotCreate,
            format!("cannot write the log file: {}", plain_io(&error)),
        )
        .at(path.display().to_string())
        .hint("--log-file FILE in a folder that exists and that you may write to")
    })
}

/// A log names hosts, addresses and users.
const LOG_MODE: u32 = 0o600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_time_and_the_first_the_label() {
        assert_eq!(
            lines("[t] ", "error: ", "a\n  try: b"),
            "[t] error: a\n[t]   try: b\n"
        );
        assert_eq!(lines("", "", "a"), "a\n");
    }

    #[test]
    fn time_has_a_fixed_shape() {
        let shape: String = now()
            .chars()
            .map(|character| {
                if character.is_ascii_digit() {
                    '0'
                } else {
                    character
                }
            })
            .collect();
        assert_eq!(shape, "[0000-00-00 00:00:00] ");
    }

    #[test]
    fn the_log_file_is_private_and_never_coloured() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, "before\n").expect("a file");
        let args = MessageArgs {
            log_file: Some(path.clone()),
            color: ColorChoice::Always,
            ..MessageArgs::default()
        };
        let console = Console::open(&args, &Environment::default()).expect("a console");
        console.copy(Label::Warning, "text");
        let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).expect("the file");
        assert!(
            text.starts_with("before\n[") && text.ends_with("] warning: text\n"),
            "{text}"
        );
    }

    #[test]
    fn a_log_that_cannot_be_written_is_told_once() {
        let args = MessageArgs {
            log_file: Some("/dev/full".into()),
            ..MessageArgs::default()
        };
        let console = Console::open(&args, &Environment::default()).expect("a console");
        assert!(!console.0.log_failed.load(Ordering::Relaxed));
        console.copy(Label::Plain, "text");
        assert!(console.0.log_failed.load(Ordering::Relaxed));
    }

    #[test]
    fn a_log_file_that_cannot_be_made_has_its_own_status() {
        let args = MessageArgs {
            log_file: Some("/nonexistent/log".into()),
            ..MessageArgs::default()
        };
        let error = Console::open(&args, &Environment::default()).expect_err("no folder");
        assert_eq!(error.status, ExitStatus::CannotCreate);
    }
}
