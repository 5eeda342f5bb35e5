//! Standard input has one reader: two would get each other's lines.

use std::path::Path;

use super::usage;
use crate::cli::args::{CookieArgs, LoginArgs};
use crate::cli::environment::Environment;
use crate::cli::secret_source::{KEY_PASSWORD, SecretSource};
use crate::error::Error;
use crate::secret::Secret;

/// Refuses a second option that reads standard input.
pub(super) fn check(
    cookie: Option<&CookieArgs>,
    login: &LoginArgs,
    environment: &Environment,
) -> Result<(), Error> {
    let token = login.token_secret.as_ref().or(environment.token_secret.as_ref());
    let options = [
        ("--passwd-on-stdin", login.passwd_on_stdin),
        (
            "--passwd-file",
            login.passwd_file.as_deref().is_some_and(is_stdin),
        ),
        (
            "--token-secret",
            token.is_some_and(|value| reads(SecretSource::parse_token(value))),
        ),
        (
            "--key-password",
            login.key_password.as_ref().is_some_and(is_of_key),
        ),
        (
            "--cookie-on-stdin",
            cookie.is_some_and(|cookie| cookie.cookie_on_stdin),
        ),
        (
            "--cookie-fd",
            cookie.is_some_and(|cookie| cookie.cookie_fd == Some(0)),
        ),
        (
            "--cookie-file",
            cookie.is_some_and(|cookie| cookie.cookie_file.as_deref().is_some_and(is_stdin)),
        ),
    ];
    let mut readers = options
        .into_iter()
        .filter_map(|(name, is_reader)| is_reader.then_some(name));
    let (Some(first), Some(second)) = (readers.next(), readers.next()) else {
        return Ok(());
    };
    let error = usage(&format!("{first} and {second} both want the first line"))
        .note("of standard input, which only one of them can have");
    Err(match second.starts_with("--cookie") {
        true => error.hint(
            "leave out --passwd-on-stdin when there is a cookie; --passwd-file /dev/fd/3 reads elsewhere",
        ),
        false => error.hint(
            "@FILE or fd:3 for one of them, with   3< FILE   in a shell; --passwd-file FILE for a password",
        ),
    })
}

fn is_of_key(value: &Secret) -> bool {
    reads(SecretSource::parse(&KEY_PASSWORD, value))
}

/// What cannot be understood is refused where it is read.
fn reads(source: Result<SecretSource, Error>) -> bool {
    match source {
        Ok(SecretSource::Descriptor(number)) => number == 0,
        Ok(SecretSource::File(path)) => is_stdin(&path),
        Ok(SecretSource::Command(_) | SecretSource::Literal(_)) | Err(_) => false,
    }
}

fn is_stdin(path: &Path) -> bool {
    ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]
        .iter()
        .any(|name| path == Path::new(name))
}
