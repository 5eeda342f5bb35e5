//! Processes by number: who is alive, when it started, and how to end a group.

use std::fs;
use std::io;

/// Start time of process `pid` in clock ticks since boot; `None` when there is no such process or it may not be
/// looked at. Together with the pid it names a process for good, although pids are used again.
pub fn start_time(pid: u32) -> Option<u64> {
    stat_field(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?, 22)
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
    match start_time(pid) {
        Some(now) => now == start,
        // With /proc mounted hidepid=2 a live process may be invisible: better to call it alive.
        None => i32::try_from(pid).is_ok_and(|pid| pid > 0 && send(pid, 0)),
    }
}

/// True when the process with this pid and start time has ended, also when nobody has asked how.
pub fn has_ended(pid: u32, start: u64) -> bool {
    let line = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let is_zombie = line
        .rsplit_once(')')
        .is_some_and(|(_, rest)| rest.starts_with(" Z"));
    is_zombie || !is_alive(pid, start)
}

/// Ends the process group led by `pid` at once. A group that is gone already is fine.
pub fn kill_group(pid: u32) {
    signal_group(pid, libc::SIGKILL);
}

/// Asks the process group led by `pid` to end. A group that is gone already is fine.
pub fn terminate_group(pid: u32) {
    signal_group(pid, libc::SIGTERM);
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
    fn a_pid_used_again_is_not_the_old_process() {
        let pid = std::process::id();
        let start = start_time(pid).expect("own process is visible");
        assert!(is_alive(pid, start));
        assert!(!is_alive(pid, start + 1));
        assert!(!is_alive(u32::MAX, 1));
        assert!(!has_ended(pid, start));
        assert!(has_ended(pid, start + 1));
    }

    #[test]
    fn a_zombie_has_ended() {
        let mut child = std::process::Command::new("true").spawn().expect("a child");
        let start = start_time(child.id()).expect("its time");
        while !has_ended(child.id(), start) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(is_alive(child.id(), start));
        child.wait().expect("ended");
    }
}
