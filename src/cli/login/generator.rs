//! The generator of one-time codes: its secret from wherever it is, its counter back to where it was.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::CodeSource;
use crate::auth::token::{TokenError, TokenGenerator, TokenMode};
use crate::cli::args;
use crate::cli::environment::Environment;
use crate::cli::settings::{TokenSettings, mode_of};
use crate::cli::token_file::{self, SecretSource, TOKEN};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// A generator made from what the user said about it. The secret has been read and understood.
pub(in crate::cli) fn source(
    settings: &TokenSettings,
    environment: &Environment,
) -> Result<Box<dyn CodeSource>, Error> {
    let place = SecretSource::parse_token(settings.secret.expose())?;
    let text = place.read(&TOKEN, environment)?;
    let mode = mode(settings, &text)?;
    let generator = TokenGenerator::new(mode, &text).map_err(|error| unusable(&error))?;
    Ok(match (place, mode) {
        (SecretSource::File(path), TokenMode::Hotp) => Box::new(InFile {
            path,
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

/// As said, else by the text itself.
fn mode(settings: &TokenSettings, text: &Secret) -> Result<TokenMode, Error> {
    let said = settings.mode.or_else(|| mode_of(text.expose()));
    let link = || match text.expose().trim_start() {
        link if link.starts_with("otpauth://hotp/") => Some(TokenMode::Hotp),
        link if link.starts_with("otpauth://") => Some(TokenMode::Totp),
        _ => None,
    };
    said.map(counted).or_else(link).ok_or_else(|| {
        Error::new(
            ExitStatus::BadData,
            "the token cannot be used: it names another place",
        )
    })
}

fn counted(mode: args::TokenMode) -> TokenMode {
    match mode {
        args::TokenMode::Totp => TokenMode::Totp,
        args::TokenMode::Hotp => TokenMode::Hotp,
    }
}

fn unusable(error: &TokenError) -> Error {
    Error::new(ExitStatus::BadData, format!("the token cannot be used: {error}"))
        .hint("--token-secret base32:SECRET, 0xHEX, an otpauth:// link, or @FILE with one of them")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn settings(secret: &str) -> TokenSettings {
        TokenSettings {
            mode: None,
            secret: Secret::new(secret),
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
        let mode = |text: &str| mode(&settings(text), &Secret::new(text));
        assert_eq!(mode("base32:GEZDGNBV"), Ok(TokenMode::Totp));
        assert_eq!(mode("base32:GEZDGNBV,7"), Ok(TokenMode::Hotp));
        assert_eq!(
            mode("otpauth://hotp/x?secret=GEZDGNBV&counter=1"),
            Ok(TokenMode::Hotp)
        );
        assert_eq!(mode("otpauth://totp/x?secret=GEZDGNBV"), Ok(TokenMode::Totp));
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
