//! Where the secrets of a sign-in come from: passwords, the generator of codes, the key of a certificate.

use std::path::Path;
use std::time::Duration;

use super::usage;
use crate::cli::args::{LoginArgs, TokenMode, TrustArgs};
use crate::cli::environment::Environment;
use crate::cli::secret_source::{Kind, credential};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// Where passwords come from, in the order they are tried.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    /// From file, environment or credential.
    pub lines: Vec<Secret>,
    /// Further lines from standard input.
    pub stdin: bool,
    /// A command that prints the password.
    pub command: Option<String>,
    /// Password fields stay without an answer (`--no-passwd`).
    pub none: bool,
}

/// The generator of one-time codes.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `None`: the secret tells, see [`mode_of`].
    pub mode: Option<TokenMode>,
    /// As given: the secret, or `@FILE`, `fd:N`, `cmd:COMMAND`.
    pub secret: Secret,
}

/// The key of the client certificate.
#[derive(Debug, Clone, Default)]
pub struct KeySettings {
    /// Its passphrase.
    pub password: Option<Secret>,
    /// A certificate that expires within this time is warned about.
    pub expiry_warning: Duration,
}

/// The sources of passwords, files read.
pub(super) fn secrets(args: &LoginArgs, environment: &Environment) -> Result<SecretSources, Error> {
    Ok(SecretSources {
        lines: match args.no_passwd {
            true => Vec::new(),
            false => password_lines(args, environment)?,
        },
        stdin: args.passwd_on_stdin,
        command: args.passwd_command.clone(),
        none: args.no_passwd,
    })
}

fn password_lines(args: &LoginArgs, environment: &Environment) -> Result<Vec<Secret>, Error> {
    if let (None, Some(password)) = (&args.passwd_file, &environment.password) {
        return PASSWORD.lines(&mut password.expose().as_bytes(), "VPNC_PASSWORD");
    }
    let path = args.passwd_file.clone();
    let path = path
        .or_else(|| environment.path("VPNC_PASSWORD_FILE"))
        .or_else(|| credential(environment, "vpnc.password"));
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let lines = PASSWORD.lines(
        &mut PASSWORD.open(&path, environment)?,
        &path.display().to_string(),
    )?;
    match lines.first() {
        Some(first) if !first.is_empty() => Ok(lines),
        _ => Err(refused_password("its first line is empty").at(path.display().to_string())),
    }
}

/// The generator, if one is described.
pub(super) fn token(args: &LoginArgs, environment: &Environment) -> Result<Option<TokenSettings>, Error> {
    let secret = match args
        .token_secret
        .clone()
        .or_else(|| environment.token_secret.clone())
    {
        Some(secret) => Some(secret),
        None => credential(environment, "vpnc.token-secret")
            .map(|path| TOKEN.line_of_file(&path, environment))
            .transpose()?,
    };
    let Some(secret) = secret else {
        return match args.token_mode {
            None => Ok(None),
            Some(_) => Err(usage("--token-mode needs the secret of the generator").hint(
                "--token-secret base32:…, @FILE, fd:N or cmd:COMMAND; or VPNC_TOKEN_SECRET in the environment",
            )),
        };
    };
    if secret.expose().trim().is_empty() {
        return Err((TOKEN.refused)("it is empty"));
    }
    let mode = args.token_mode.or_else(|| mode_of(secret.expose()));
    Ok(Some(TokenSettings { mode, secret }))
}

/// What kind of codes a secret as typed is for, when no option says. `None`: it is elsewhere, or an `otpauth:` URI,
/// which says it itself.
pub fn mode_of(secret: &str) -> Option<TokenMode> {
    let elsewhere = ["otpauth:", "@", "fd:", "cmd:"];
    if elsewhere.iter().any(|start| secret.starts_with(start)) {
        return None;
    }
    let counter = secret.rsplit_once(',').map(|(_, counter)| counter);
    match counter {
        Some(counter) if counter.parse::<u64>().is_ok() => Some(TokenMode::Hotp),
        _ => Some(TokenMode::Totp),
    }
}

/// The passphrase of the key, and how long before its end a certificate is warned about.
pub(super) fn key(
    args: &LoginArgs,
    trust: &TrustArgs,
    environment: &Environment,
) -> Result<KeySettings, Error> {
    let password = args.key_password.as_ref();
    if password.is_some() && trust.certificate.is_none() {
        return Err(usage(
            "--key-password is the passphrase of a private key, and there is no --certificate",
        )
        .note("it is not the password of the account")
        .hint("--passwd-on-stdin, --passwd-file FILE or --passwd-command COMMAND for that one"));
    }
    Ok(KeySettings {
        password: password.map(|text| key_password(text, environment)).transpose()?,
        expiry_warning: Duration::from_secs(u64::from(args.cert_expire_warning) * SECONDS_PER_DAY),
    })
}

fn key_password(text: &Secret, environment: &Environment) -> Result<Secret, Error> {
    if let Some(path) = text.expose().strip_prefix('@') {
        return KEY_PASSWORD.line_of_file(Path::new(path), environment);
    }
    match text.expose().strip_prefix("fd:").map(str::parse) {
        None => Ok(text.clone()),
        Some(Ok(number)) => KEY_PASSWORD.line_of_descriptor(number),
        Some(Err(_)) => {
            Err(usage("no number behind fd: in --key-password").hint(KEY_PASSWORD.descriptor_form))
        }
    }
}

fn refused_password(why: &str) -> Error {
    Error::new(ExitStatus::BadData, format!("the password cannot be used: {why}"))
}

/// Passwords, in files and lines.
pub(in crate::cli) const PASSWORD: Kind = Kind {
    name: "password",
    descriptor_form: "--passwd-on-stdin, or --passwd-file /dev/fd/3   with   3< FILE   in a shell",
    refused: refused_password,
};

const TOKEN: Kind = Kind {
    name: "token secret",
    descriptor_form: "--token-secret fd:3   with   3< FILE   in a shell",
    refused: |why| {
        Error::new(
            ExitStatus::BadData,
            format!("the token secret cannot be used: {why}"),
        )
    },
};

const KEY_PASSWORD: Kind = Kind {
    name: "key password",
    descriptor_form: "--key-password fd:3   with   3< FILE   in a shell",
    refused: |why| {
        Error::new(
            ExitStatus::BadData,
            format!("the key's passphrase cannot be used: {why}"),
        )
    },
};

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
