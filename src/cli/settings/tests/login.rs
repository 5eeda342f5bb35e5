//! Settings of a sign-in.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;
use crate::auth::host_check::Claims;
use crate::auth::token::TokenMode;
use crate::cli::secret_source::SecretSource;

fn login_in(line: &[&str], variables: &[(&str, &str)]) -> Result<LoginSettings, Error> {
    let login = connection(line, variables)?
        .login
        .expect("no cookie, so a sign-in");
    Ok(*login)
}

fn login(line: &[&str]) -> Result<LoginSettings, Error> {
    login_in(line, &[])
}

fn refused(line: &[&str]) -> Error {
    login(line).expect_err("an error")
}

fn texts(secrets: &[Secret]) -> Vec<&str> {
    secrets.iter().map(Secret::expose).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("a mode");
        path
    }
}

#[test]
fn defaults_of_a_sign_in() {
    let login = login(&["gw"]).expect("settings");
    assert_eq!(
        login.flow,
        crate::auth::flow::FlowSettings {
            path: "/".to_owned(),
            takeover: true,
            ..Default::default()
        }
    );
    assert!(login.interactive && login.browser.is_none() && login.token.is_none());
    assert_eq!(login.host_check.claims, ClaimSource::Said(Claims::Report));
    assert_eq!(login.gateway.tls.cert_expire_warning, Some(60));
    assert_eq!(login.gateway.host, "gw");
}

#[test]
fn the_page_is_that_of_the_url_else_of_usergroup() {
    for (line, path) in [
        (&["gw/admins"][..], "/admins"),
        (
            &["gw/dana-na/auth/url_5/welcome.cgi?p=x"],
            "/dana-na/auth/url_5/welcome.cgi?p=x",
        ),
        (&["gw", "-g", "admins"], "/admins"),
        (&["gw/", "--usergroup=/admins"], "/admins"),
        (&["gw/staff", "--usergroup=admins"], "/staff"),
        (&["gw/?a=b", "--usergroup=admins"], "/?a=b"),
    ] {
        assert_eq!(login(line).expect("settings").flow.path, path, "{line:?}");
    }
}

#[test]
fn answers_come_from_options_else_from_the_environment() {
    let variables = [
        ("VPNC_USER", "user"),
        ("VPNC_REALM", "realm"),
        ("VPNC_ROLE", "role"),
        ("VPNC_AUTHGROUP", "group"),
    ];
    let flow = login_in(&["gw"], &variables).expect("settings").flow;
    let answers = [&flow.user, &flow.realm, &flow.role, &flow.authgroup];
    assert_eq!(
        answers.map(Option::as_deref),
        ["user", "realm", "role", "group"].map(Some)
    );
    let line = [
        "gw",
        "-u",
        "u",
        "--realm= r ",
        "--role=o",
        "--authgroup",
        "NAME WITH SPACES",
    ];
    let flow = login_in(&line, &variables).expect("settings").flow;
    let answers = [&flow.user, &flow.realm, &flow.role, &flow.authgroup];
    assert_eq!(
        answers.map(Option::as_deref),
        ["u", "r", "o", "NAME WITH SPACES"].map(Some)
    );
}

#[test]
fn form_entries_are_taken_apart_and_never_repeated() {
    let flow = login(&["gw", "-F", "frmLogin:email=a=b:c", "--form-entry=*:x="])
        .expect("settings")
        .flow;
    let entries: Vec<_> = flow
        .entries
        .iter()
        .map(|entry| (entry.form.as_str(), entry.field.as_str(), entry.value.as_str()))
        .collect();
    assert_eq!(entries, [("frmLogin", "email", "a=b:c"), ("*", "x", "")]);
    for bad in [
        "hunter2",
        "a:hunter2",
        "a=hunter2",
        ":b=hunter2",
        "a:=hunter2",
        "",
    ] {
        let error = refused(&["gw", "-F", bad]);
        assert_eq!(error.status, ExitStatus::Usage);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn passwords_come_from_the_file_before_variables_and_credentials() {
    let folder = Folder::new();
    let file = folder.file("file", "one\ntwo\n", 0o600);
    let named = folder.file("named", "named\n", 0o600);
    folder.file("vpnc.password", "credential\n", 0o440);
    let (file, named) = (file.to_str().expect("UTF-8"), named.to_str().expect("UTF-8"));
    let mut variables = vec![
        ("VPNC_PASSWORD", "a\nb"),
        ("VPNC_PASSWORD_FILE", named),
        ("CREDENTIALS_DIRECTORY", folder.0.path().to_str().expect("UTF-8")),
    ];
    let lines = |line: &[&str], variables: &[(&str, &str)]| {
        login_in(line, variables)
            .map(|login| login.secrets.lines)
            .expect("settings")
    };
    assert_eq!(
        texts(&lines(&["gw", "--passwd-file", file], &variables)),
        ["one", "two"]
    );
    assert_eq!(texts(&lines(&["gw"], &variables)), ["a", "b"]);
    variables.remove(0);
    assert_eq!(texts(&lines(&["gw"], &variables)), ["named"]);
    variables.remove(0);
    assert_eq!(texts(&lines(&["gw"], &variables)), ["credential"]);
    assert_eq!(
        texts(&lines(&["gw", "--no-passwd"], &variables)),
        Vec::<&str>::new()
    );
}

#[test]
fn password_files_must_be_private_and_hold_something() {
    let folder = Folder::new();
    for (text, mode, status) in [
        ("secret", 0o644, ExitStatus::BadData),
        ("\n", 0o600, ExitStatus::BadData),
        ("", 0o600, ExitStatus::BadData),
    ] {
        let path = folder.file("file", text, mode);
        let error = refused(&["gw", "--passwd-file", path.to_str().expect("UTF-8")]);
        assert_eq!(error.status, status, "{error}");
    }
    assert_eq!(
        refused(&["gw", "--passwd-file=/nonexistent"]).status,
        ExitStatus::NoInput
    );
}

#[test]
fn options_that_exclude_each_other_are_told_apart() {
    for (line, text) in [
        (&["gw", "--no-passwd", "--passwd-on-stdin"][..], "--no-passwd"),
        (&["gw", "--no-passwd", "--passwd-command=x"], "--passwd-command"),
        (
            &["gw", "--passwd-on-stdin", "--cookie-on-stdin"],
            "--cookie-on-stdin",
        ),
        (&["gw", "--token-mode=totp"], "--token-secret"),
        (&["gw", "-p", "hunter2"], "not the password of the account"),
    ] {
        let error = refused(line);
        assert_eq!(error.status, ExitStatus::Usage, "{line:?}");
        assert!(error.to_string().contains(text), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn the_secret_of_codes_may_be_elsewhere() {
    let literal = |text: &str| SecretSource::Literal(Secret::new(text));
    let token = |line: &[&str], variables: &[(&'static str, &str)]| {
        let settings = login_in(line, variables).expect("settings");
        settings.token.expect("a token")
    };
    for (value, source) in [
        ("base32:ABCD,17", literal("base32:ABCD,17")),
        ("@token", SecretSource::File("token".into())),
        ("/token", SecretSource::File("/token".into())),
        ("fd:3", SecretSource::Descriptor(3)),
        ("cmd:pass otp", SecretSource::Command(Secret::new("pass otp"))),
    ] {
        let from_option = token(&["gw", "--token-secret", value], &[]);
        assert_eq!(
            (from_option.mode, &from_option.secret),
            (None, &source),
            "{value}"
        );
        let from_variable = token(&["gw"], &[("VPNC_TOKEN_SECRET", value)]);
        assert_eq!(from_variable.secret, source, "{value}");
    }
    let said = token(&["gw", "--token-secret=A", "--token-mode=hotp"], &[]);
    assert_eq!(said.mode, Some(TokenMode::Hotp));
}

#[test]
fn an_empty_token_secret_is_refused() {
    assert_eq!(refused(&["gw", "--token-secret="]).status, ExitStatus::BadData);
}

#[test]
fn token_secrets_may_be_credentials() {
    let folder = Folder::new();
    folder.file("vpnc.token-secret", "base32:ABCD\n", 0o440);
    let variables = [("CREDENTIALS_DIRECTORY", folder.0.path().to_str().expect("UTF-8"))];
    let token = login_in(&["gw"], &variables)
        .expect("settings")
        .token
        .expect("a token");
    assert_eq!(token.secret, SecretSource::Literal(Secret::new("base32:ABCD")));
}

#[test]
fn the_passphrase_of_the_key_has_four_forms() {
    let folder = Folder::new();
    let path = folder.file("pass", "phrase \n", 0o600);
    let from_file = format!("@{}", path.display());
    for (given, expected) in [
        ("plain", "plain"),
        (from_file.as_str(), "phrase "),
        ("cmd:echo from a command", "from a command"),
    ] {
        let settings = connection(
            &["gw", "-c", "/dev/null", "-p", given],
            &[("VPNC_COOKIE", "DSID=1")],
        );
        let tls = settings.expect("settings").tunnel.gateway.tls;
        assert_eq!(tls.key_password.expect("a passphrase").expose(), expected);
    }
    assert_eq!(
        refused(&["gw", "-c", "/dev/null", "-p", "fd:x"]).status,
        ExitStatus::Usage
    );
    assert_eq!(
        refused(&["gw", "-c", "/dev/null", "-p", "fd:77"]).status,
        ExitStatus::NoInput
    );
}

#[test]
fn claims_are_a_word_or_a_file() {
    let folder = Folder::new();
    let path = folder.file("policies", "av = yes\n", 0o644);
    let name = path.to_str().expect("UTF-8");
    let claims = |word: &str| login(&["gw", "--hostcheck", word]).map(|login| login.host_check.claims);
    assert_eq!(claims("report"), Ok(ClaimSource::Said(Claims::Report)));
    assert_eq!(claims("accept"), Ok(ClaimSource::Said(Claims::Accept)));
    let text = "av = yes\n".to_owned();
    assert_eq!(
        claims(name),
        Ok(ClaimSource::File {
            path: path.clone(),
            text
        })
    );
    assert_eq!(
        refused(&["gw", "--hostcheck=/nonexistent"]).status,
        ExitStatus::NoInput
    );
    fs::write(&path, vec![b'a'; 70_000]).expect("a file");
    assert_eq!(refused(&["gw", "--hostcheck", name]).status, ExitStatus::BadData);
}

#[test]
fn options_of_the_host_checker_reach_their_settings() {
    let id = "0123456789ABCDEF".repeat(2);
    let check = login(&[
        "gw",
        "--csd-wrapper=/bin/true",
        "--csd-user=nobody",
        "--hostcheck-interval=10",
        "--hostcheck-useragent=x",
        "--hostcheck-certificate=/dev/null",
        "--hostcheck-certificate=/dev/zero",
        "--device-id",
        &id,
    ])
    .expect("settings")
    .host_check;
    assert_eq!(check.wrapper.as_deref(), Some("/bin/true"));
    assert_eq!(check.wrapper_user.as_deref(), Some("nobody"));
    assert_eq!(check.interval, Some(Duration::from_secs(10)));
    assert_eq!(check.certificates.len(), 2);
    assert_eq!(check.device_id, Some(id.to_ascii_lowercase()));
    assert_eq!(
        refused(&["gw", "--csd-wrapper=/nonexistent", "--csd-user=x"]).status,
        ExitStatus::NoInput
    );
    let alone = login(&["gw", "--csd-wrapper=/bin/true"]);
    assert_eq!(
        alone.is_err(),
        crate::platform::privilege::effective_user() == 0,
        "root must be asked for"
    );
}

#[test]
fn with_a_cookie_nothing_of_the_sign_in_is_read() {
    let line = [
        "gw",
        "--passwd-file=/nonexistent",
        "--hostcheck=/nonexistent",
        "--csd-wrapper=/nonexistent",
    ];
    assert!(settings(&line).is_ok());
    assert_eq!(status(&["gw", "-F", "x"]), ExitStatus::Usage);
}

#[test]
fn browsers_and_silence() {
    let login_of = |line: &[&str]| login(line).expect("settings");
    assert_eq!(
        login_of(&["gw", "--external-browser=print"]).browser,
        Some(Browser::Print)
    );
    let program = Some(Browser::Program("firefox".to_owned()));
    assert_eq!(
        login_of(&["gw", "--external-browser", "firefox"]).browser,
        program
    );
    for word in ["--non-inter", "--non-interactive"] {
        assert!(!login_of(&["gw", word]).interactive);
    }
    let flow = login_of(&["gw", "--accept-banner", "--no-takeover"]).flow;
    assert!(flow.accept_banner && !flow.takeover);
}
