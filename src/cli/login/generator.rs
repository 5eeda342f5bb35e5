//! The generator of one-time codes: its secret from wherever it is, its counter back to where it was.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::CodeSource;
use crate::auth::token::{TokenError, TokenGenerator, TokenMode};
use crate::cli::environment::Environment;
use crate::cli::secret_source::{SecretSource, TOKEN};
use crate::cli::settings::TokenSettings;
use crate::cli::token_file;
use crate::error::Error;
use crate::secret::Secret;

/// A generator made from what the user said about it. The secret has been read and understood.
pub(in crate::cli) fn source(
    settings: &TokenSettings,
    environment: &Environment,
) -> Result<Box<dyn CodeSource>, Error> {
    let text = settings.secret.read(&TOKEN, environment)?;
    let mode = settings.mode.unwrap_or_else(|| mode_of(text.expose()));
    let generator = TokenGenerator::new(mode, &text).map_err(|error| unusable(&error))?;
    Ok(match (&settings.secret, mode) {
        (SecretSource::File(path), TokenMode::Hotp) => Box::new(InFile {
            path: path.clone(),
            environment: environment.clone(),
        }),
        (_, TokenMode::Hotp) => {
            tracing::warn!(
                "the counter of this one-time password is not kept: with --token-secret @FILE it is written back"
            );
            Box::new(InMemory(generator))
        }
        (_, TokenMode::Totp) => Box::new(InMemory(generator)),
    })
}

/// A generator that is forgotten with the program.
struct InMemory(TokenGenerator);

impl CodeSource for InMemory {
    fn code(&mut self, _: bool) -> Result<Option<Secret>, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Some(self.0.code(now.as_secs())))
    }

    fn wait(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.wait_for_next(now.as_secs())
    }
}

/// A counter in a file. It is raised there before the code is used: a code used twice is refused, and may lock the
/// account.
struct InFile {
    path: PathBuf,
    environment: Environment,
}

impl CodeSource for InFile {
    fn code(&mut self, _: bool) -> Result<Option<Secret>, Error> {
        token_file::update(&self.path, &self.environment, |text| {
            let mut generator =
                TokenGenerator::new(TokenMode::Hotp, text).map_err(|error| unusable(&error))?;
            let code = generator.code(0);
            Ok((Some(code), generator.rendered_with_counter()))
        })
    }
}

/// What kind of codes a secret is for, when no option says.
fn mode_of(secret: &str) -> TokenMode {
    let counter = secret.rsplit_once(',').map(|(_, counter)| counter.trim());
    match counter {
        _ if secret.starts_with("otpauth://hotp/") => TokenMode::Hotp,
        _ if secret.starts_with("otpauth://") => TokenMode::Totp,
        Some(counter) if counter.parse::<u64>().is_ok() => TokenMode::Hotp,
        _ => TokenMode::Totp,
    }
}

fn unusable(error: &TokenError) -> Error {
    (TOKEN.refused)(&error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::exit::ExitStatus;

    fn settings(secret: &str) -> TokenSettings {
        TokenSettings {
            mode: None,
            secret: SecretSource::parse_token(&Secret::new(secret)).expect("a source"),
        }
    }

    #[test]
    fn a_counter_in_a_file_is_raised_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("token");
        // RFC 4226, appendix D
        fs::write(&path, "12345678901234567890,1\n").expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
        let environment = Environment::default();
        let mut source =
            source(&settings(&format!("@{}", path.display())), &environment).expect("a generator");
        let mut code = || {
            source
                .code(false)
                .expect("a code")
                .expect("a code")
                .expose()
                .to_owned()
        };
        assert_eq!([code(), code()], ["287082", "359152"]);
        assert_eq!(
            fs::read_to_string(&path).expect("the file"),
            "12345678901234567890,3\n"
        );
    }

    #[test]
    fn the_text_tells_what_it_counts() {
        for (secret, mode) in [
            ("base32:GEZDGNBV", TokenMode::Totp),
            ("base32:GEZDGNBV,7", TokenMode::Hotp),
            ("base32:GEZDGNBV, 7 ", TokenMode::Hotp),
            ("a,b", TokenMode::Totp),
            ("otpauth://hotp/x?secret=GEZDGNBV&counter=1", TokenMode::Hotp),
            ("otpauth://totp/x,1?secret=GEZDGNBV", TokenMode::Totp),
        ] {
            assert_eq!(mode_of(secret), mode, "{secret}");
        }
    }

    #[test]
    fn a_token_that_is_none_is_refused_unseen() {
        let error = source(&settings("base32:hunter2!"), &Environment::default())
            .err()
            .expect("no token");
        assert_eq!(error.status, ExitStatus::BadData);
        assert!(!error.to_string().contains("hunter2"));
    }
}
