//! Counters on their way back.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use super::*;
use crate::auth::{TokenGenerator, TokenMode};
use crate::platform::privilege::effective_user;

fn environment() -> Environment {
    Environment::from_lookup(|_| None)
}

fn token_file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    (folder, path)
}

/// What a front end does for each code.
fn next_code(path: &Path) -> Result<Secret, Error> {
    update(path, &environment(), |text| {
        let mut token = TokenGenerator::new(TokenMode::Hotp, text)
            .map_err(|error| (TOKEN.refused)(&error.to_string()))?;
        let code = token.code(0);
        Ok((code, token.rendered_with_counter()))
    })
}

fn only_file_in(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").count() == 1
}

#[test]
fn the_counter_is_in_the_file_when_the_code_is_there() {
    for (before, after) in [
        ("12345678901234567890\n", "12345678901234567890,1\n"),
        ("12345678901234567890,0", "12345678901234567890,1"),
        (
            "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ, 0x0\r\n# mine\r\n",
            "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,1\r\n# mine\r\n",
        ),
        (
            "# mine, 5\r\n\n12345678901234567890,0\r\nrest",
            "# mine, 5\r\n\n12345678901234567890,1\r\nrest",
        ),
    ] {
        let (folder, path) = token_file(before);
        // RFC 4226 appendix D
        assert_eq!(next_code(&path).expect("a code").expose(), "755224");
        assert_eq!(fs::read_to_string(&path).expect("a file"), after);
        assert_eq!(next_code(&path).expect("a code").expose(), "287082");
        assert!(only_file_in(folder.path()));
    }
}

#[test]
fn mode_and_owner_stay_and_a_link_is_followed() {
    let (folder, path) = token_file("secret,5\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("a mode");
    if effective_user() == 0 {
        std::os::unix::fs::chown(&path, Some(4242), Some(4343)).expect("an owner");
    }
    let before = fs::metadata(&path).expect("a file");
    let other = tempfile::tempdir().expect("a folder");
    let link = other.path().join("link");
    symlink(&path, &link).expect("a link");
    next_code(&link).expect("a code");
    let after = fs::metadata(&path).expect("a file");
    let owner = |metadata: &Metadata| (metadata.mode(), metadata.uid(), metadata.gid());
    assert_eq!(owner(&before), owner(&after));
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    assert_eq!(fs::read_to_string(&path).expect("a file"), "secret,6\n");
    assert!(only_file_in(folder.path()) && only_file_in(other.path()));
}

#[test]
fn a_failure_leaves_the_file_as_it_was() {
    let (folder, path) = token_file("secret,5\n");
    let same = || fs::read_to_string(&path).expect("a file") == "secret,5\n";
    // what stands in the way of the new file
    let obstacle = folder.path().join(".token.new");
    fs::create_dir(&obstacle).expect("a folder");
    let error = next_code(&path).expect_err("an obstacle");
    assert_eq!(error.status, ExitStatus::CannotCreate);
    assert!(same());
    fs::remove_dir(&obstacle).expect("a folder");
    // what a killed run leaves
    fs::write(&obstacle, "half").expect("a file");
    let refused: Result<(), Error> = update(&path, &environment(), |_| Err((TOKEN.refused)("a test")));
    assert!(refused.is_err() && same());
    next_code(&path).expect("a code");
    assert!(only_file_in(folder.path()));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    assert_eq!(
        next_code(&path).expect_err("open to others").status,
        ExitStatus::BadData
    );
    fs::write(&path, [0xff]).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    assert_eq!(next_code(&path).expect_err("no text").status, ExitStatus::BadData);
}

#[test]
fn a_counter_at_its_end_makes_no_code() {
    let text = "secret,9223372036854775807\n";
    let (_folder, path) = token_file(text);
    assert_eq!(next_code(&path).expect_err("no code").status, ExitStatus::BadData);
    assert_eq!(fs::read_to_string(&path).expect("a file"), text);
}

#[test]
fn two_runs_at_once_never_share_a_counter() {
    const EACH: usize = 25;
    let (folder, path) = token_file("12345678901234567890\n");
    let run = || -> Vec<String> {
        (0..EACH)
            .map(|_| next_code(&path).expect("a code").expose().to_owned())
            .collect()
    };
    let codes: BTreeSet<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        runs.into_iter()
            .flat_map(|run| run.join().expect("a run"))
            .collect()
    });
    assert_eq!(codes.len(), 4 * EACH);
    let text = fs::read_to_string(&path).expect("a file");
    assert_eq!(text, format!("12345678901234567890,{}\n", 4 * EACH));
    assert!(only_file_in(folder.path()));
}

#[test]
fn a_file_that_another_run_holds_is_waited_for_in_bounds() {
    let (_folder, path) = token_file("secret\n");
    let short = Duration::from_millis(50);
    let held = Locked::acquire(&path, Privacy::Checked, short).expect("a lock");
    let error = Locked::acquire(&path, Privacy::Checked, short)
        .err()
        .expect("no lock");
    assert_eq!(error.status, ExitStatus::Failure);
    drop(held);
    assert!(Locked::acquire(&path, Privacy::Checked, short).is_ok());
}
