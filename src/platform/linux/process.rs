//! Processes by number: who is alive, when it started, and how to end a group.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number others know this run by: that of this process, unless it acts for another.
pub fn run_id() -> u32 {
    match ACTS_FOR.load(Ordering::Relaxed) {
        0 => std::process::id(),
        other => other,
    }
}

/// This process acts for another from now on.
pub(super) fn act_for(pid: u32) {
    ACTS_FOR.store(pid, Ordering::Relaxed);
}

static ACTS_FOR: AtomicU32 = AtomicU32::new(0);

/// Start time of process `pid` in clock ticks since boot; `None` when there is no such process or it may not be
/// looked at. Together with the pid it names a process for good, although pids are used again.
pub fn start_time(pid: u32) -> Option<u64> {
    stat_field(&stat(pid)?, 22)
}

fn stat(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/stat")).ok()
}

/// True for a process that has ended and that nobody has waited for.
fn is_zombie(stat: &str) -> bool {
    let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start());
    state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

/// Field `number` of a `/proc/PID/stat` line, counted from 1 as in proc_pid_stat(5); only those behind the name.
pub(crate) fn stat_field(line: &str, number: usize) -> Option<u64> {
    // The name (field 2) may hold blanks and brackets itself, so everything is counted from its last bracket.
    let (_, rest) = line.rsplit_once(')')?;
    rest.split_ascii_whitespace()
        .nth(number.checked_sub(3)?)?
        .parse()
        .ok()
}

/// True while the process with this pid and start time runs.
pub fn is_alive(pid: u32, start: u64) -> bool {
    match stat(pid) {
        Some(stat) => !is_zombie(&stat) && stat_field(&stat, 22) == Some(start),
        // With /proc mounted hidepid=2 a live process may be invisible: better to call it alive.
        None => i32::try_from(pid).is_ok_and(|pid| pid > 0 && send(pid, 0)),
    }
}

/// Ends the process group led by `pid` at once. A group that is gone already is fine.
pub fn kill_group(pid: u32) {
    signal_group(pid, libc::SIGKILL);
}

/// Asks the process group led by `pid` to end. A group that is gone already is fine.
pub fn terminate_group(pid: u32) {
    signal_group(pid, libc::SIGTERM);
}

/// Dies as if killed from outside. For tests of what is left then.
#[cfg(debug_assertions)]
pub(super) fn kill_self() {
    if let Ok(pid) = i32::try_from(std::process::id()) {
        send(pid, libc::SIGKILL);
    }
}

/// Tells the process group led by `pid` that its other side has gone. A group that is gone already is fine.
pub fn hang_up_group(pid: u32) {
    signal_group(pid, libc::SIGHUP);
}

fn signal_group(pid: u32, signal: i32) {
    if let Ok(group) = i32::try_from(pid)
        && group > 1
    {
        send(-group, signal);
    }
}

/// True when the target exists, also when it may not be signalled.
#[expect(unsafe_code, reason = "kill(2) has no safe form in std")]
fn send(target: i32, number: i32) -> bool {
    // SAFETY: kill takes two numbers and touches no memory of ours.
    let result = unsafe { libc::kill(target, number) };
    result == 0 || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

/// The network namespace of the calling thread, as the kernel names it (`net:[4026531840]`).
pub(crate) fn network_namespace() -> Option<String> {
    let link = fs::read_link("/proc/thread-self/ns/net").ok()?;
    Some(link.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let line = "7 (a) b) (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99";
        assert_eq!(stat_field(line, 4), Some(1));
        assert_eq!(stat_field(line, 22), Some(4711));
        assert_eq!(stat_field(line, 60), None);
        assert_eq!(stat_field("no brackets", 22), None);
    }

    #[test]
    fn a_process_that_nobody_waits_for_is_dead() {
        let mut child = std::process::Command::new("true").spawn().expect("a child");
        let start = start_time(child.id()).expect("visible");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_alive(child.id(), start) {
            assert!(std::time::Instant::now() < deadline, "still alive");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(start_time(child.id()), Some(start), "the number is still its");
        child.wait().expect("ended");
        assert!(is_zombie("7 (a) Z) Z 1 7") && !is_zombie("7 (a) Z) S 1 7"));
    }

    #[test]
    fn a_pid_used_again_is_not_the_old_process() {
        let pid = std::process::id();
        let start = start_time(pid).expect("own process is visible");
        assert!(is_alive(pid, start));
        assert!(!is_alive(pid, start + 1));
        assert!(!is_alive(u32::MAX, 1));
    }
}
