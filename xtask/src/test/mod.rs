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
        if rows.iter().any(Row::is_failure) {
            rows.push(Row::not_run(step));
            continue;
        }
        say::heading(step.title);
        let row = Row::of(step);
        say::note(&row.verdict());
        rows.push(row);
    }
    say::heading("summary");
    say::line(&table(&rows));
    let (passed, failed) = totals(&rows);
    say::line(&format!("\n{passed} passed, {failed} failed"));
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

impl Row {
    fn of(step: &Step) -> Self {
        let start = Instant::now();
        let mut tally = Tally::default();
        let result = (step.action)(&mut tally).and_then(|()| tally.check());
        let time = start.elapsed();
        let outcome = match result {
            Ok(()) => Outcome::Good(tally),
            Err(error) => Outcome::Bad(tally, format!("{error:#}")),
        };
        Self {
            title: step.title,
            time,
            outcome,
        }
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

/// One line for each step, and one for the time of all.
fn table(rows: &[Row]) -> String {
    let widest = rows.iter().map(|row| row.title.len()).max().unwrap_or(0);
    let line = |title: &str, text: String| format!("   {title:widest$}  {text}");
    let total: Duration = rows.iter().map(|row| row.time).sum();
    // further lines of a reason stand where the step failed
    let verdict = |row: &Row| row.verdict().lines().next().unwrap_or_default().to_owned();
    let lines = rows.iter().map(|row| line(row.title, verdict(row)));
    let lines: Vec<String> = lines.chain([line("all", say::seconds(total))]).collect();
    lines.join("\n")
}

/// Tests passed and failed in all steps.
fn totals(rows: &[Row]) -> (u64, u64) {
    let counts = rows.iter().map(Row::counts);
    counts.fold((0, 0), |sum, (passed, failed)| (sum.0 + passed, sum.1 + failed))
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
        assert!(table(&[row]).contains("no tool"));
    }

    #[test]
    fn tests_of_all_steps_are_added_up() {
        let action: steps::Action = |tally| {
            tally.take("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
            Ok(())
        };
        let rows = [row(action), row(action)];
        assert_eq!(totals(&rows), (6, 0));
    }
}
