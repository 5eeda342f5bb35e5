//! `--token-secret` and `--key-password`: `@FILE`, `fd:N`, `cmd:COMMAND` or the text itself.

pub(super) mod command;

use std::path::PathBuf;

use super::environment::Environment;
use super::private_file::Kind;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// `@FILE`: its first line.
    File(PathBuf),
    /// `fd:N`: the first line of what is open there.
    Descriptor(u32),
    /// `cmd:COMMAND`: the first line of what `/bin/sh -c COMMAND` prints. Not shown by `Debug`: it may hold a secret.
    Command(Secret),
    /// The text itself.
    Literal(Secret),
}

impl SecretSource {
    /// Takes the value of an option apart.
    ///
    /// # Errors
    /// `@` or `cmd:` with nothing behind, `fd:` without a number.
    pub fn parse(kind: &Kind, value: &Secret) -> Result<Self, Error> {
        let usage = |text: &str| {
            let message = format!("{text} for the {}", kind.name);
            Err(Error::new(ExitStatus::Usage, message))
        };
        let text = value.expose();
        if let Some(path) = text.strip_prefix('@') {
            if path.is_empty() {
                return usage("no file is named after @");
            }
            return Ok(Self::File(path.into()));
        }
        if let Some(number) = text.strip_prefix("fd:") {
            return match number.parse() {
                Ok(number) => Ok(Self::Descriptor(number)),
                Err(_) => {
                    usage("no number stands after fd:").map_err(|error: Error| error.hint(kind.descriptor))
                }
            };
        }
        if let Some(command) = text.strip_prefix("cmd:") {
            if command.trim().is_empty() {
                return usage("no command stands after cmd:");
            }
            return Ok(Self::Command(Secret::new(command)));
        }
        Ok(Self::Literal(value.clone()))
    }

    /// Like [`Self::parse`] for a token: OpenConnect takes a path that begins with `/` for a file also without `@`.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_token(value: &Secret) -> Result<Self, Error> {
        if value.expose().starts_with('/') {
            return Ok(Self::File(value.expose().into()));
        }
        Self::parse(&TOKEN, value)
    }

    /// Reads the secret. A command may take a minute; meanwhile nothing else happens.
    ///
    /// # Errors
    /// A file that is missing or that others can read, a descriptor that is not open, a command that fails.
    pub fn read(&self, kind: &Kind, environment: &Environment) -> Result<Secret, Error> {
        match self {
            Self::File(path) => kind.line_of_file(path, environment),
            Self::Descriptor(number) => kind.line_of_descriptor(*number),
            Self::Command(command) => command::first_line(kind, command, command::LIMIT),
            Self::Literal(text) => Ok(text.clone()),
        }
    }
}

/// The words for `--token-secret`.
pub const TOKEN: Kind = Kind {
    name: "token",
    exposed: "have a new token made if the file was like this for long",
    descriptor: "--token-secret fd:3   with   3< FILE   in a shell",
    has_comments: true,
    refused: refused_token,
};

/// The words for `--key-password`.
pub const KEY_PASSWORD: Kind = Kind {
    name: "passphrase",
    exposed: "change the passphrase if the file was like this for long",
    descriptor: "--key-password fd:3   with   3< FILE   in a shell",
    has_comments: false,
    refused: refused_key_password,
};

fn refused_token(why: &str) -> Error {
    Error::new(ExitStatus::BadData, format!("the token cannot be used: {why}"))
        .hint("--token-secret base32:SECRET, 0xHEX, an otpauth:// link, or @FILE with one of them")
}

fn refused_key_password(why: &str) -> Error {
    Error::new(
        ExitStatus::BadData,
        format!("the passphrase of the key cannot be used: {why}"),
    )
    .hint("--key-password @FILE   with the passphrase as its first line")
}

#[cfg(test)]
mod tests;
