//! Programs a test needs: without one it is left out and says so, or fails when all tests must run.

use std::io::{self, Write as _};
use std::path::Path;
use std::thread;

/// True when a program is installed.
pub(crate) fn has(program: &str) -> bool {
    let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let found = folders
        .iter()
        .any(|folder| Path::new(folder).join(program).is_file());
    if !found {
        say(&format!("LEFT OUT: {program} is not installed"));
        let all = std::env::var_os("VPNC_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
        assert!(!all, "all tests must run: {program} is not installed");
    }
    found
}

/// Writes a line past the test harness, which swallows what a test that passes prints.
fn say(line: &str) {
    let test = thread::current().name().unwrap_or("?").to_owned();
    drop(io::stderr().write_all(format!("{test}: {line}\n").as_bytes()));
}
