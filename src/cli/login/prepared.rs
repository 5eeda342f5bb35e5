//! Secrets that are there before a question comes: lines of a file or of standard input, and a command.

use std::collections::VecDeque;
use std::io;

use crate::cli::secret_source::command;
use crate::cli::settings::{PASSWORD, SecretSources};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The prepared secrets of a sign-in, each used once in it, and of those that follow by themselves.
pub(super) struct Prepared {
    /// Passwords that may be given again.
    again: VecDeque<Secret>,
    lines: VecDeque<Secret>,
    stdin: Option<ReadLine>,
    /// The next line of standard input is its first one.
    at_first_line: bool,
    command: Option<String>,
    /// The command has been run for this sign-in.
    has_run: bool,
    /// Passwords that were given, as far as a later sign-in may give them again.
    given: Vec<Secret>,
}

/// A line, and whether a later sign-in may use it again.
struct Line {
    text: Secret,
    is_lasting: bool,
}

/// Reads the next line, `None` at the end. May block, but not for the event loop.
pub(super) type ReadLine = fn() -> Result<Option<Secret>, Error>;

impl Prepared {
    pub(super) fn new(sources: &SecretSources, read_line: ReadLine) -> Self {
        Self {
            again: VecDeque::new(),
            lines: sources.lines.iter().cloned().collect(),
            stdin: sources.stdin.then_some(read_line),
            at_first_line: true,
            command: sources.command.clone(),
            has_run: false,
            given: Vec::new(),
        }
    }

    /// Another sign-in begins. Passwords of a file, and the first line of standard input, are there again; what answered
    /// a question for a code is not, and no further line of standard input, for it may have been one.
    pub(super) fn begin_again(&mut self) {
        self.again = self.given.iter().cloned().collect();
        self.has_run = false;
    }

    /// The next line, for whatever is no password.
    pub(super) async fn line(&mut self) -> Result<Option<Secret>, Error> {
        Ok(self.fresh_line().await?.map(|line| line.text))
    }

    async fn fresh_line(&mut self) -> Result<Option<Line>, Error> {
        if let Some(text) = self.lines.pop_front() {
            return Ok(Some(Line {
                text,
                is_lasting: true,
            }));
        }
        let Some(read_line) = self.stdin else {
            return Ok(None);
        };
        let line = apart(read_line).await?;
        if line.is_none() {
            self.stdin = None;
        }
        let is_lasting = std::mem::replace(&mut self.at_first_line, false);
        Ok(line.map(|text| Line { text, is_lasting }))
    }

    /// The next password: a line, else what the command prints, once.
    pub(super) async fn password(&mut self) -> Result<Option<Secret>, Error> {
        if let Some(password) = self.again.pop_front() {
            return Ok(Some(password));
        }
        if let Some(line) = self.fresh_line().await? {
            if line.is_lasting {
                self.given.push(line.text.clone());
            }
            return Ok(Some(line.text));
        }
        match self.command.clone().filter(|_| !self.has_run) {
            Some(command) => {
                self.has_run = true;
                let run = move || command::first_line(&PASSWORD, &Secret::new(command), command::LIMIT);
                apart(|| run().map(Some)).await
            }
            None => Ok(None),
        }
    }
}

/// On a thread of its own, which keeps waiting when nobody wants the line any more.
pub(super) async fn apart(
    read: impl FnOnce() -> Result<Option<Secret>, Error> + Send + 'static,
) -> Result<Option<Secret>, Error> {
    let result = tokio::task::spawn_blocking(read).await;
    result.unwrap_or_else(|error| Err(Error::new(ExitStatus::Internal, error.to_string())))
}

/// The next line of standard input, and no more than that.
pub(super) fn line_of_standard_input() -> Result<Option<Secret>, Error> {
    PASSWORD.next_line(&mut io::stdin().lock(), "standard input")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn lines_come_before_standard_input_and_that_before_the_command() {
        static READ: AtomicU32 = AtomicU32::new(0);
        let read_line = || match READ.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(Some(Secret::new("stdin"))),
            1 => Ok(None),
            _ => panic!("read again after the end"),
        };
        let sources = SecretSources {
            lines: vec![Secret::new("first"), Secret::new("second")],
            stdin: true,
            command: Some("echo command".to_owned()),
            none: false,
        };
        let mut prepared = Prepared::new(&sources, read_line);
        let mut texts = Vec::new();
        while let Some(secret) = prepared.password().await.expect("a secret") {
            texts.push(secret.expose().to_owned());
        }
        assert_eq!(texts, ["first", "second", "stdin", "command"]);
        assert_eq!(prepared.line().await, Ok(None));
    }

    async fn text(line: impl Future<Output = Result<Option<Secret>, Error>>) -> String {
        let line = line.await.expect("a line");
        line.map_or_else(|| "-".to_owned(), |line| line.expose().to_owned())
    }

    #[tokio::test]
    async fn a_later_sign_in_gets_passwords_again_and_codes_never() {
        static READ: AtomicU32 = AtomicU32::new(0);
        let read_line = || {
            let line =
                ["password", "code 1", "second", "code 2"].get(READ.fetch_add(1, Ordering::Relaxed) as usize);
            Ok(line.map(|line| Secret::new(*line)))
        };
        let sources = SecretSources {
            stdin: true,
            ..SecretSources::default()
        };
        let mut prepared = Prepared::new(&sources, read_line);
        assert_eq!(text(prepared.password()).await, "password");
        assert_eq!(text(prepared.line()).await, "code 1");
        // not the first line: it may have been a code in a password field
        assert_eq!(text(prepared.password()).await, "second");
        for code in ["code 2", "-"] {
            prepared.begin_again();
            assert_eq!(text(prepared.password()).await, "password");
            assert_eq!(text(prepared.line()).await, code);
            assert_eq!(text(prepared.password()).await, "-");
        }
    }

    #[tokio::test]
    async fn a_later_sign_in_reads_on_in_the_file_and_runs_the_command_again() {
        let sources = SecretSources {
            lines: ["first", "code", "second"].map(Secret::new).to_vec(),
            command: Some("echo command".to_owned()),
            ..SecretSources::default()
        };
        let mut prepared = Prepared::new(&sources, || Ok(None));
        assert_eq!(text(prepared.password()).await, "first");
        assert_eq!(text(prepared.line()).await, "code");
        assert_eq!(text(prepared.password()).await, "second");
        assert_eq!(text(prepared.password()).await, "command");
        prepared.begin_again();
        for password in ["first", "second", "command", "-"] {
            assert_eq!(text(prepared.password()).await, password);
        }
        assert_eq!(text(prepared.line()).await, "-");
    }
}
