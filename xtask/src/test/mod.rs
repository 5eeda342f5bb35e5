//! `cargo xtask test`: everything that must hold, with nothing left out.

mod steps;
mod tally;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::say;
use steps::{STEPS, Step};
use tally::Tally;

/// How a step ended.
#[derive(Debug)]
struct Row {
    title: &'static str,
    time: Duration,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Good(Tally),
    Bad(Tally, String),
    NotRun,
}

/// The whole chore.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("unknown option {argument:?}: this chore has none");
    }
    let mut rows: Vec<Row> = Vec::new();
    for step in STEPS {
        let failed = rows.iter().any(|row| row.is_failure());
        rows.push(if failed { Row::not_run(step) } else { Row::of(step) });
    }
    Ok(summarise(&rows))
}

impl Row {
    fn of(step: &Step) -> Self {
        say::heading(step.title);
        let start = Instant::now();
        let mut tally = Tally::default();
        let result = (step.action)(&mut tally).and_then(|()| tally.check());
        let time = start.elapsed();
        let outcome = match result {
            Ok(()) => Outcome::Good(tally),
            Err(error) => Outcome::Bad(tally, format!("{error:#}")),
        };
        let row = Self {
            title: step.title,
            time,
            outcome,
        };
        say::note(&row.verdict());
        row
    }

    fn not_run(step: &Step) -> Self {
        Self {
            title: step.title,
            time: Duration::ZERO,
            outcome: Outcome::NotRun,
        }
    }

    fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Bad(..))
    }

    /// Tests of this step. A step that fails otherwise counts as one failure.
    fn counts(&self) -> (u64, u64) {
        match &self.outcome {
            Outcome::Good(tally) => (tally.passed, tally.failed),
            Outcome::Bad(tally, _) => (tally.passed, tally.failed.max(1)),
            Outcome::NotRun => (0, 0),
        }
    }

    fn verdict(&self) -> String {
        let time = say::seconds(self.time);
        match &self.outcome {
            Outcome::Good(tally) if tally.passed > 0 => format!("ok, {time}, {} tests", tally.passed),
            Outcome::Good(_) => format!("ok, {time}"),
            Outcome::Bad(_, why) => format!("FAILED, {time}: {why}"),
            Outcome::NotRun => "not run".to_owned(),
        }
    }
}

/// The table, the reason for a failure, and the last line.
fn summarise(rows: &[Row]) -> ExitCode {
    say::heading("summary");
    let widest = rows.iter().map(|row| row.title.len()).max().unwrap_or(0);
    for row in rows {
        say::note(&format!("{:widest$}  {}", row.title, row.verdict()));
    }
    let total: Duration = rows.iter().map(|row| row.time).sum();
    say::note(&format!("{:widest$}  {}", "all", say::seconds(total)));
    let (passed, failed) = rows
        .iter()
        .map(Row::counts)
        .fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
    say::line(&format!("\n{passed} passed, {failed} failed"));
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(action: steps::Action) -> Row {
        Row::of(&Step {
            title: "step",
            action,
        })
    }

    #[test]
    fn a_step_that_fails_without_tests_counts_as_one_failure() {
        let row = row(|_| bail!("no tool"));
        assert!(row.is_failure());
        assert_eq!(row.counts(), (0, 1));
        assert_eq!(summarise(&[row]), ExitCode::FAILURE);
    }

    #[test]
    fn tests_of_all_steps_are_added_up() {
        let action: steps::Action = |tally| {
            tally.take("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
            Ok(())
        };
        let rows = [row(action), row(action)];
        assert_eq!(rows[1].counts(), (3, 0));
        assert_eq!(summarise(&rows), ExitCode::SUCCESS);
    }
}
