//! Sources of secrets, and counters on their way back.

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
fn values_of_the_option_are_taken_apart() {
    let literal = |text: &str| SecretSource::Literal(Secret::new(text));
    for (value, source) in [
        ("@token", SecretSource::File("token".into())),
        ("fd:3", SecretSource::Descriptor(3)),
        ("cmd:pass vpn", SecretSource::Command(Secret::new("pass vpn"))),
        ("base32:MFRA,3", literal("base32:MFRA,3")),
        ("", literal("")),
        ("/token", literal("/token")),
    ] {
        assert_eq!(SecretSource::parse(value), Ok(source), "{value}");
    }
    let file = SecretSource::File("/token".into());
    assert_eq!(SecretSource::parse_token("/token"), Ok(file.clone()));
    assert_eq!(SecretSource::parse_token("@/token"), Ok(file));
    for bad in ["@", "fd:", "fd:x", "fd:-1", "cmd:", "cmd: "] {
        let error = SecretSource::parse(bad).expect_err(bad);
        assert_eq!(error.status, ExitStatus::Usage, "{bad}");
    }
    let source = SecretSource::parse("cmd:echo hunter2");
    assert!(!format!("{source:?}").contains("hunter2"));
}

#[test]
fn secrets_come_from_files_commands_and_the_value_itself() {
    let (_folder, path) = token_file(" hunter2 \nmore\n");
    let command = format!("cat {}; echo {}", path.display(), "x".repeat(100));
    for source in [
        SecretSource::File(path.clone()),
        SecretSource::Command(Secret::new(command)),
        SecretSource::Command(Secret::new("echo hunter2; exec yes '' | head -c 1000000")),
        SecretSource::Literal(Secret::new("hunter2")),
    ] {
        let text = source.read(&TOKEN, &environment()).expect("a secret");
        assert_eq!(text.expose(), "hunter2", "{source:?}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    let open = SecretSource::File(path).read(&TOKEN, &environment());
    assert_eq!(open.expect_err("open to others").status, ExitStatus::BadData);
    let closed = SecretSource::Descriptor(9_999).read(&KEY_PASSWORD, &environment());
    assert!(
        closed
            .expect_err("not open")
            .hint
            .expect("advice")
            .contains("--key-password fd:3")
    );
}

#[test]
fn commands_that_fail_are_told_without_what_they_were() {
    let limit = Duration::from_millis(300);
    for (command, text) in [
        ("echo hunter2; exit 3", "ended with exit status 3"),
        ("echo hunter2; kill -9 $$", "was ended by signal 9"),
        ("echo hunter2; sleep 20", "took longer than 0.3 s"),
        ("echo; echo hunter2", "printed nothing"),
        ("read word && echo hunter2", "exit status 1"),
        ("printf 'hunter2\\377'", "not plain text"),
        ("sleep 2 & printf hunter2", "still holds its output"),
    ] {
        let limit = if text.contains("0.3 s") || text.contains("holds") {
            limit
        } else {
            command::LIMIT
        };
        let error = command::first_line(&TOKEN, &Secret::new(command), limit).expect_err(command);
        assert!(error.message.contains(text), "{command}: {error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
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
