//! Where the session cookie comes from, and whether it looks like one.

use std::io;

use url::Url;

use super::args::CookieArgs;
use super::environment::Environment;
use super::private_file::{Kind, credential};
use crate::auth::Jar;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The session cookie from the option, standard input, file or descriptor (clap lets only one of them through), else
/// from the environment. It has been checked. `None`: sign in.
pub fn obtain(args: &CookieArgs, environment: &Environment) -> Result<Option<Secret>, Error> {
    let cookie = match given(args, environment)? {
        Some(cookie) => Some(cookie),
        None => from_environment(environment)?,
    };
    let cookie = cookie.map(|cookie| Secret::new(cookie.expose().trim()));
    cookie.as_ref().map_or(Ok(()), check)?;
    Ok(cookie)
}

/// The session cookie, for a command that cannot do without.
pub fn demand(args: &CookieArgs, environment: &Environment) -> Result<Secret, Error> {
    obtain(args, environment)?.ok_or_else(missing)
}

/// The cookie named on the command line. An empty line on standard input means "none", as in OpenConnect.
fn given(args: &CookieArgs, environment: &Environment) -> Result<Option<Secret>, Error> {
    if let Some(cookie) = &args.cookie {
        if !args.is_private {
            tracing::warn!(
                "a cookie after -C is visible to other users in the process list until it is wiped there; \
                 use --cookie-on-stdin"
            );
        }
        return Ok(Some(cookie.clone()));
    }
    if args.cookie_on_stdin {
        let cookie = COOKIE.line(&mut io::stdin().lock(), "standard input")?;
        return Ok(Some(cookie).filter(|cookie| !cookie.expose().trim().is_empty()));
    }
    if let Some(path) = &args.cookie_file {
        return COOKIE.line_of_file(path, environment).map(Some);
    }
    args.cookie_fd
        .map(|number| COOKIE.line_of_descriptor(number))
        .transpose()
}

fn from_environment(environment: &Environment) -> Result<Option<Secret>, Error> {
    if let Some(cookie) = &environment.cookie {
        return Ok(Some(cookie.clone()));
    }
    let path = environment
        .path("VPNC_COOKIE_FILE")
        .or_else(|| credential(environment, "vpnc.cookie"));
    path.map(|path| COOKIE.line_of_file(&path, environment))
        .transpose()
}

/// Refuses what cannot be a session, before anything is sent. The cookie is never part of the message.
fn check(cookie: &Secret) -> Result<(), Error> {
    // which gateway it is for does not matter here
    let gateway = Url::parse("https://gateway.invalid/")
        .map_err(|error| Error::new(ExitStatus::Internal, error.to_string()))?;
    Jar::new(&gateway)
        .insert_option(cookie)
        .map_err(|error| refused(&error.to_string()))
}

fn refused(why: &str) -> Error {
    Error::new(
        ExitStatus::BadData,
        format!("the session cookie cannot be used: {why}"),
    )
    .note("a cookie looks like  DSID=0123456789abcdef0123456789abcdef  or is that value alone")
    .hint("copy the value of the cookie DSID from the browser again")
}

fn missing() -> Error {
    Error::new(
        ExitStatus::InputNeeded,
        "the session cookie of the session to end is needed",
    )
    .note("vpnc-cli auth prints it; of a sign-in in a browser it is the value of the cookie DSID")
    .hint(
        "--cookie-on-stdin, --cookie-file FILE, --cookie-fd N, -C DSID=…, or VPNC_COOKIE in the environment",
    )
}

const COOKIE: Kind = Kind {
    name: "cookie",
    exposed: "sign in again if the file was like this for long",
    descriptor: "--cookie-fd 3   with   3< FILE   in a shell",
    has_comments: false,
    refused,
};

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn cookies_as_users_give_them() {
        for good in [
            "0123456789abcdef",
            "DSID=0123",
            "DSID=0123; DSFirst=1; DSLast=2; DSSignInUrl=/",
            "DSFirst=1;DSID=0123;",
            "DSFirst=1; 0123",
            "DSID=x; DSID=",
        ] {
            assert_eq!(check(&Secret::new(good)), Ok(()), "{good}");
        }
    }

    #[test]
    fn malformed_cookies_are_refused_unseen() {
        for bad in [
            "",
            ";",
            " ; ; ",
            "DSID=",
            "DSID=; DSID=hunter2",
            "DSFirst=hunter2",
            "dsid=hunter2",
            "DSID=hunter2\r\nX: y",
            "DSID=hunter2\0",
            "DSID=hunter2\u{7f}",
            "DSID=\"hunter2\"",
            "Cookie: DSID=hunter2",
            "DSID=hünter2",
        ] {
            let error = check(&Secret::new(bad)).expect_err(bad);
            assert_eq!(error.status, ExitStatus::BadData, "{bad:?}");
            assert!(!error.to_string().contains("nter2"), "{error}");
        }
    }

    #[test]
    fn the_environment_counts_in_its_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("vpnc.cookie");
        std::fs::write(&path, "DSID=credential\n").expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).expect("a mode");
        let lookup = |name: &str| match name {
            "CREDENTIALS_DIRECTORY" => Some(folder.path().into()),
            _ => None,
        };
        let mut environment = Environment::from_lookup(lookup);
        let cookie = demand(&CookieArgs::default(), &environment).expect("the credential");
        assert_eq!(cookie.expose(), "DSID=credential");
        environment.cookie = Some(Secret::new("DSID=variable"));
        let cookie = demand(&CookieArgs::default(), &environment).expect("the variable");
        assert_eq!(cookie.expose(), "DSID=variable");
    }
}
