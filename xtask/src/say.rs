//! What the chores print.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

/// One line on standard output. A reader that went away is no reason to stop cleaning up.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    if !MUTE.load(Ordering::SeqCst) {
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}

/// From now on what processes say while they are being ended is of no interest.
pub(crate) fn mute() {
    MUTE.store(true, Ordering::SeqCst);
}

/// The only line that is said after [`mute`].
pub(crate) fn last_words(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The heading of a part.
pub(crate) fn heading(text: &str) {
    line(&format!("\n== {text}"));
}

/// A detail below the heading.
pub(crate) fn note(text: &str) {
    line(&format!("   {text}"));
}

/// Does one slow thing under a heading and says how long it took.
pub(crate) fn timed<T>(what: &str, action: impl FnOnce() -> Result<T>) -> Result<T> {
    heading(what);
    let start = Instant::now();
    let result = action();
    let ending = if result.is_ok() { "done" } else { "failed" };
    note(&format!("{ending} after {}", seconds(start.elapsed())));
    result
}

/// A duration as people read it.
pub(crate) fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{} min {:02.0} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

static MUTE: AtomicBool = AtomicBool::new(false);
