//! Values of options taken apart, and secrets read from where they are.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::*;

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
        assert_eq!(
            SecretSource::parse(&TOKEN, &Secret::new(value)),
            Ok(source),
            "{value}"
        );
    }
    let file = SecretSource::File("/token".into());
    assert_eq!(
        SecretSource::parse_token(&Secret::new("/token")),
        Ok(file.clone())
    );
    assert_eq!(SecretSource::parse_token(&Secret::new("@/token")), Ok(file));
    for bad in ["@", "fd:", "fd:x", "fd:-1", "cmd:", "cmd: "] {
        let error = SecretSource::parse(&KEY_PASSWORD, &Secret::new(bad)).expect_err(bad);
        assert_eq!(error.status, ExitStatus::Usage, "{bad}");
    }
    let source = SecretSource::parse(&TOKEN, &Secret::new("cmd:echo hunter2"));
    assert!(!format!("{source:?}").contains("hunter2"));
}

#[test]
fn secrets_come_from_files_commands_and_the_value_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    fs::write(&path, "hunter2\r\nmore\n").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    let command = format!("cat {}; echo {}", path.display(), "x".repeat(100));
    for source in [
        SecretSource::File(path.clone()),
        SecretSource::Command(Secret::new(command)),
        SecretSource::Command(Secret::new("echo hunter2; exec yes '' | head -c 1000000")),
        SecretSource::Literal(Secret::new("hunter2")),
    ] {
        let text = source.read(&TOKEN, &Environment::default()).expect("a secret");
        assert_eq!(text.expose(), "hunter2", "{source:?}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    let open = SecretSource::File(path).read(&TOKEN, &Environment::default());
    assert_eq!(open.expect_err("open to others").status, ExitStatus::BadData);
    let closed = SecretSource::Descriptor(9_999).read(&KEY_PASSWORD, &Environment::default());
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
        ("cat", "printed nothing"),
        ("exit 0", "printed nothing"),
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
