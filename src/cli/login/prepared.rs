//! Secrets that are there before a question comes: lines of a file or of standard input, and a command.

use std::collections::VecDeque;
use std::io;

use crate::cli::secret_source::command;
use crate::cli::settings::{PASSWORD, SecretSources};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The prepared secrets of one sign-in; each is used once.
pub(super) struct Prepared {
    lines: VecDeque<Secret>,
    stdin: Option<ReadLine>,
    command: Option<String>,
}

/// Reads the next line, `None` at the end. May block, but not for the event loop.
pub(super) type ReadLine = fn() -> Result<Option<Secret>, Error>;

impl Prepared {
    pub(super) fn new(sources: &SecretSources, read_line: ReadLine) -> Self {
        Self {
            lines: sources.lines.iter().cloned().collect(),
            stdin: sources.stdin.then_some(read_line),
            command: sources.command.clone(),
        }
    }

    /// The next line.
    pub(super) async fn line(&mut self) -> Result<Option<Secret>, Error> {
        if let Some(line) = self.lines.pop_front() {
            return Ok(Some(line));
        }
        let Some(read_line) = self.stdin else {
            return Ok(None);
        };
        let line = apart(read_line).await?;
        if line.is_none() {
            self.stdin = None;
        }
        Ok(line)
    }

    /// The next password: a line, else what the command prints, once.
    pub(super) async fn password(&mut self) -> Result<Option<Secret>, Error> {
        if let Some(line) = self.line().await? {
            return Ok(Some(line));
        }
        match self.command.take() {
            Some(command) => {
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
}
