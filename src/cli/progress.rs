//! Steps on the way to the tunnel: a spinner on a terminal, else one line for each finished step.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::console::{Console, Label};
use crate::error::Clean;
use crate::net::status::{Board, News};

/// Shows which step is being taken. Dropping it takes the spinner away; an unfinished step leaves no line.
#[derive(Debug)]
pub struct Progress {
    console: Console,
    board: Option<Board>,
    spinner: Option<ProgressBar>,
    step: Option<String>,
}

impl Progress {
    /// Nothing is shown before the first step.
    pub fn new(console: Console) -> Self {
        Self {
            console,
            board: None,
            spinner: None,
            step: None,
        }
    }

    /// Another one on the same console.
    pub fn another(&self) -> Self {
        let mut another = Self::new(self.console.clone());
        another.board.clone_from(&self.board);
        another
    }

    /// Steps and questions are told there, too.
    #[must_use]
    pub fn telling(mut self, board: &Board) -> Self {
        self.board = Some(board.clone());
        self
    }

    /// The user is about to be asked.
    pub fn asking(&mut self, what_for: &str) {
        self.pause();
        if let Some(board) = &self.board {
            board.tell(News::Prompt {
                text: Clean(what_for).to_string(),
            });
        }
    }

    /// Ends the step before, if any, and begins this one, for example `TLS handshake with vpn.example.com`.
    pub fn step(&mut self, text: impl Into<String>) {
        self.end_step();
        let text = Clean(&text.into()).to_string();
        if let Some(board) = &self.board {
            board.tell(News::Step { text: text.clone() });
        }
        if self.console.is_animated() {
            let spinner = self.spinner.get_or_insert_with(|| new_spinner(&self.console));
            spinner.set_message(text.clone());
        }
        self.step = Some(text);
    }

    /// Ends the last step and clears the line. A later step shows it again.
    pub fn finish(&mut self) {
        self.end_step();
        self.clear();
    }

    /// Takes the spinner away while the user is asked; the step goes on.
    pub fn pause(&mut self) {
        self.clear();
    }

    /// Shows the spinner again after a pause.
    pub fn resume(&mut self) {
        if let Some(step) = &self.step
            && self.spinner.is_none()
            && self.console.is_animated()
        {
            let spinner = new_spinner(&self.console);
            spinner.set_message(step.clone());
            self.spinner = Some(spinner);
        }
    }

    /// Shows what the user asked for, whatever the verbosity.
    pub fn notice(&self, text: &str) {
        self.console.print(Label::Plain, text);
    }

    fn end_step(&mut self) {
        let Some(step) = self.step.take() else {
            return;
        };
        match self.console.is_animated() {
            true => self.console.copy(Label::Plain, &step),
            false => tracing::info!("{step}"),
        }
    }

    fn clear(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            self.console.set_spinner(None);
            spinner.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn new_spinner(console: &Console) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    spinner.enable_steady_tick(TICK);
    console.set_spinner(Some(spinner.clone()));
    spinner
}

/// Fast enough to look alive.
const TICK: Duration = Duration::from_millis(120);

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::cli::args::MessageArgs;
    use crate::cli::environment::Environment;
    use crate::cli::log::tests::Collected;

    #[test]
    fn without_a_terminal_each_finished_step_is_a_line() {
        let lines = Collected::default();
        let console = Console::open(&MessageArgs::default(), &Environment::default()).expect("a console");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines.clone()), || {
            let mut progress = Progress::new(console);
            progress.step("name lookup");
            progress.step("TLS handshake");
            assert_eq!(lines.texts(), ["name lookup"]);
            progress.finish();
            assert_eq!(lines.texts(), ["name lookup", "TLS handshake"]);
            progress.step("reconnect");
        });
        assert_eq!(lines.texts().len(), 2, "an unfinished step leaves no line");
    }
}
