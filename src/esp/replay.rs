//! The replay window of an inbound security association (`juniper-nc.md §13.6`).

/// How a sequence number stands to those accepted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before, and not too far behind.
    Fresh,
    /// Accepted before.
    Duplicate,
    /// So far behind that nobody remembers.
    TooOld,
}

/// Which of the last numbers were accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayWindow {
    /// Highest number accepted, plus one. 64 bits, since it may reach 2^32.
    next: u64,
    /// Bit `i` is set when number `next - 2 - i` was not accepted yet.
    missing: u64,
}

impl ReplayWindow {
    /// Highest number accepted plus one; zero at the beginning.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Judges a number; changes nothing.
    pub fn check(&self, sequence: u32) -> Verdict {
        match self.next.checked_sub(u64::from(sequence)) {
            None | Some(0) => Verdict::Fresh,
            Some(1) => Verdict::Duplicate,
            Some(behind @ 2..=OLDEST) if self.missing >> (behind - 2) & 1 == 1 => Verdict::Fresh,
            Some(2..=OLDEST) => Verdict::Duplicate,
            Some(_) => Verdict::TooOld,
        }
    }

    /// Judges a number and remembers it. Only for packets that are authentic and whole.
    pub fn accept(&mut self, sequence: u32) -> Verdict {
        let verdict = self.check(sequence);
        let sequence = u64::from(sequence);
        if sequence >= self.next {
            self.advance(sequence);
        } else if verdict == Verdict::Fresh {
            self.missing &= !(1 << (self.next - 2 - sequence));
        }
        verdict
    }

    /// Moves the window up to a number at or above `next`.
    fn advance(&mut self, sequence: u64) {
        let skipped = sequence - self.next;
        // The highest number so far moves into the bit field as one that is there, the skipped ones as missing.
        // Before the very first packet there is no such number, but no packet can ask for it either.
        self.missing = match skipped {
            0 => self.missing << 1,
            1..63 => (self.missing << (skipped + 1)) | ((1 << skipped) - 1),
            63 => u64::MAX >> 1,
            _ => u64::MAX,
        };
        self.next = sequence + 1;
    }
}

/// Largest distance below `next` that the bit field covers.
const OLDEST: u64 = 65;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trace_of_the_notes() {
        let accepted = |text: &str| {
            text.split(", ")
                .map(|step| step.split_once(' ').expect("number and verdict"))
                .map(|(number, verdict)| (number.parse().expect("number"), verdict == "a"))
                .collect::<Vec<(u32, bool)>>()
        };
        let mut window = ReplayWindow::default();
        for (step, (sequence, fresh)) in accepted(TRACE).into_iter().enumerate() {
            let before = window.clone();
            let checked = window.check(sequence);
            assert_eq!(window, before, "check must not change the window");
            assert_eq!(checked == Verdict::Fresh, fresh, "step {step}: {sequence}");
            assert_eq!(window.accept(sequence), checked);
        }
    }

    #[test]
    fn the_first_number_may_be_zero() {
        assert_eq!(ReplayWindow::default().accept(0), Verdict::Fresh);
    }

    #[test]
    fn nothing_is_newer_than_the_last_number() {
        let mut window = ReplayWindow::default();
        assert_eq!(window.accept(u32::MAX), Verdict::Fresh);
        assert_eq!(window.next(), 1 << 32);
        assert_eq!(window.accept(u32::MAX), Verdict::Duplicate);
        assert_eq!(window.accept(0), Verdict::TooOld);
    }

    #[test]
    fn refusals_leave_the_window_unchanged() {
        let mut window = ReplayWindow::default();
        for sequence in [100, 60, 99] {
            window.accept(sequence);
        }
        let before = window.clone();
        assert_eq!(window.accept(60), Verdict::Duplicate);
        assert_eq!(window.accept(35), Verdict::TooOld);
        assert_eq!(window, before);
        assert_eq!(window.accept(36), Verdict::Fresh);
    }

    proptest! {
        #[test]
        fn agrees_with_a_set_of_all_seen_numbers(
            start in prop_oneof![Just(0u32), Just(u32::MAX - 300), any::<u32>()],
            steps in proptest::collection::vec(-80i64..80, 1..200),
        ) {
            let mut window = ReplayWindow::default();
            let mut seen = HashSet::new();
            let mut next = 0i64;
            let mut sequence = i64::from(start);
            for step in steps {
                sequence = (sequence + step).clamp(0, i64::from(u32::MAX));
                let verdict = window.accept(sequence as u32);
                let expected = if next - sequence > 65 {
                    Verdict::TooOld
                } else if !seen.insert(sequence) {
                    Verdict::Duplicate
                } else {
                    Verdict::Fresh
                };
                next = next.max(sequence + 1);
                prop_assert_eq!(verdict, expected);
                prop_assert_eq!(window.next(), next as u64);
            }
        }
    }

    const TRACE: &str = "0 a, 0 r, 1 a, 5 a, 3 a, 3 r, 4 a, 2 a, 2 r, 70 a, 6 a, 5 r, 71 a, 135 a, 71 r, 72 a, \
        136 a, 200 a, 137 a, 136 r, 300 a, 4294967280 a, 4294967295 a, 0 r, 4294967294 a, 4294967280 r, \
        4294967231 a, 4294967230 r";
}
