//! Counting tests by what the test programs print.

use anyhow::{Result, bail};

/// Tests seen so far.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
    ignored: u64,
    left_out: Vec<String>,
}

impl Tally {
    /// Takes a line of output.
    pub(super) fn take(&mut self, line: &str) {
        if let Some((_, counts)) = line.split_once("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
            self.ignored += count(counts, "ignored");
        } else if line.starts_with(LEFT_OUT) {
            self.left_out.push(line.to_owned());
        }
    }

    /// Nothing may be left out.
    pub(super) fn check(&self) -> Result<()> {
        if self.ignored > 0 {
            bail!("{} tests are marked to be ignored", self.ignored);
        }
        if let Some(line) = self.left_out.first() {
            bail!("{line}");
        }
        Ok(())
    }
}

/// `ok. 3 passed; 0 failed; …`
fn count(text: &str, word: &str) -> u64 {
    let mut words = text.split([' ', ';']).filter(|part| !part.is_empty());
    let mut before = "";
    words
        .find_map(|part| {
            let number = before;
            before = part;
            (part == word).then(|| number.parse().ok()).flatten()
        })
        .unwrap_or(0)
}

/// How a test says that it did nothing.
const LEFT_OUT: &str = "LEFT OUT: ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_test_programs_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 12 tests",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            tally.take(line);
        }
        assert_eq!((tally.passed, tally.failed), (13, 2));
        assert!(tally.check().is_ok());
    }

    #[test]
    fn ignored_and_left_out_tests_are_failures() {
        let mut tally = Tally::default();
        tally.take("test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        assert!(tally.check().is_err());
        let mut tally = Tally::default();
        tally.take("LEFT OUT: routes: no right to make namespaces");
        assert!(tally.check().is_err());
    }
}
