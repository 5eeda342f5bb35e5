//! Where messages go: standard error, shared by log, progress and the final error, or the system log; with a copy in a
//! file.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::args::{ColorChoice, MessageArgs};
use super::environment::Environment;
use super::system_log::{Severity, SystemLog};
use crate::error::{Clean, Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::status;

/// The place all messages go to. Clones share it.
#[derive(Clone)]
pub struct Console(Arc<Shared>);

struct Shared {
    spinner: Mutex<Option<ProgressBar>>,
    log_file: Option<File>,
    /// It was told that the log is not whole.
    log_failed: AtomicBool,
    system_log: Option<SystemLog>,
    timestamp: bool,
    colors: bool,
    /// One object in a line instead of text.
    json: bool,
    terminal: bool,
    animated: AtomicBool,
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
        let plain = !args.quiet && !args.json && !args.syslog && args.verbosity() == 0;
        let animated = terminal && !dumb && plain;
        let log_file = args.log_file.as_deref().map(open_log).transpose()?;
        Ok(Self(Arc::new(Shared {
            spinner: Mutex::new(None),
            log_file,
            log_failed: AtomicBool::new(false),
            system_log: args.syslog.then(SystemLog::new),
            timestamp: args.timestamp,
            colors,
            json: args.json,
            terminal,
            animated: AtomicBool::new(animated && args.like_openconnect.is_none()),
            stdout: args.like_openconnect == Some(false),
        })))
    }

    /// Shows no spinner from now on: it would outlive the terminal, and its thread stays behind in another process.
    pub(super) fn keep_still(&self) {
        self.0.animated.store(false, Ordering::Relaxed);
    }

    /// Prints the error that ends the program. Whoever sits at the terminal sees it even when all else goes to the
    /// system log.
    pub fn error(&self, error: &Error) {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        self.copy(Label::Error, text);
        if !self.is_logged(Label::Error, text) || self.0.terminal {
            self.write(Label::Error, text, || error_object(error));
        }
    }

    /// Whether a spinner may be shown.
    pub(super) fn is_animated(&self) -> bool {
        self.0.animated.load(Ordering::Relaxed)
    }

    /// Prints a message; a spinner on the screen makes room for it.
    pub(super) fn print(&self, label: Label, text: &str) {
        self.print_or(label, text, || message_object(label, text));
    }

    /// The same, with another object where objects are wanted.
    pub(super) fn print_or(&self, label: Label, text: &str, object: impl FnOnce() -> Value) {
        self.copy(label, text);
        if !self.is_logged(label, text) {
            self.write(label, text, object);
        }
    }

    /// A log that takes nothing must not lose what was said.
    fn is_logged(&self, label: Label, text: &str) -> bool {
        let log = self.0.system_log.as_ref();
        log.is_some_and(|log| log.send(label.severity(), text).is_ok())
    }

    fn write(&self, label: Label, text: &str, object: impl FnOnce() -> Value) {
        let lines = match self.0.json {
            true => format!("{}\n", object()),
            false => {
                let time = if self.0.timestamp { now() } else { String::new() };
                lines(&time, label.styled(self.0.colors), text)
            }
        };
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
    fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning | Self::Alarm => Severity::Warning,
            Self::Plain => Severity::Info,
            Self::Debug => Severity::Debug,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning | Self::Alarm => "warning",
            Self::Plain => "info",
            Self::Debug => "debug",
        }
    }

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

/// A message as an object.
pub(super) fn message_object(label: Label, text: &str) -> Value {
    json!({
        "schema": status::SCHEMA,
        "time": status::now(),
        "level": label.word(),
        "message": text,
    })
}

/// The error that ends the program as an object (`cli.md §10`).
pub(super) fn error_object(error: &Error) -> Value {
    let clean = |text: &Option<String>| text.as_ref().map(|text| Clean(text).to_string());
    json!({
        "schema": status::SCHEMA,
        "time": status::now(),
        "level": "error",
        "code": error.status.code(),
        "exit": error.status as u8,
        "message": Clean(&error.message).to_string(),
        "where": clean(&error.place),
        "note": clean(&error.note),
        "hint": clean(&error.hint),
    })
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
    fn an_error_is_an_object_with_all_its_parts() {
        let error = Error::new(ExitStatus::LoginRefused, "refused\u{1b}")
            .at("there")
            .hint("-u");
        let object = error_object(&error);
        for (field, value) in [
            ("level", json!("error")),
            ("code", json!("login_refused")),
            ("exit", json!(3)),
            ("message", json!("refused?")),
            ("where", json!("there")),
            ("note", Value::Null),
            ("hint", json!("-u")),
        ] {
            assert_eq!(object[field], value, "{field}");
        }
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
