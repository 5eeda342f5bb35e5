//! Where the session cookie comes from, and whether it looks like one.

use std::io;

use url::Url;

use super::args::CookieArgs;
use super::environment::Environment;
use super::private_file::{CREDENTIALS, Kind, Privacy};
use crate::auth::Jar;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::secret::Secret;

/// The session cookie from the option, standard input, file or descriptor (clap lets only one of them through), else
/// from the environment. It has been checked.
pub fn obtain(args: &CookieArgs, environment: &Environment) -> Result<Secret, Error> {
    let cookie = match given(args, environment)? {
        Some(cookie) => Some(cookie),
        None => from_environment(environment)?,
    };
    let Some(cookie) = cookie else {
        return Err(missing());
    };
    check(&cookie)?;
    Ok(cookie)
}

/// The cookie named on the command line. An empty line on standard input means "none", as in OpenConnect.
fn given(args: &CookieArgs, environment: &Environment) -> Result<Option<Secret>, Error> {
    if let Some(cookie) = &args.cookie {
        tracing::warn!(
            "a cookie after -C is visible to other users in the process list until it is wiped there; \
             use --cookie-on-stdin"
        );
        return Ok(Some(Secret::new(cookie.expose().trim())));
    }
    if args.cookie_on_stdin {
        let cookie = KIND.first_line(io::stdin().lock(), "standard input")?;
        return Ok(Some(cookie).filter(|cookie| !cookie.is_empty()));
    }
    if let Some(path) = &args.cookie_file {
        return KIND.from_file(path, Privacy::of(path, environment)).map(Some);
    }
    args.cookie_fd
        .map(|number| KIND.from_descriptor(number))
        .transpose()
}

fn from_environment(environment: &Environment) -> Result<Option<Secret>, Error> {
    if let Some(cookie) = &environment.cookie {
        return Ok(Some(Secret::new(cookie.expose().trim())));
    }
    if let Some(path) = environment.path("VPNC_COOKIE_FILE") {
        return KIND.from_file(&path, Privacy::of(&path, environment)).map(Some);
    }
    let credential = environment
        .path(CREDENTIALS)
        .map(|folder| folder.join("vpnc.cookie"));
    match credential {
        Some(path) if path.exists() => KIND.from_file(&path, Privacy::Systemd).map(Some),
        _ => Ok(None),
    }
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
        "a session cookie is needed: sign-in by name and password is not built yet",
    )
    .note(
        "sign in with a browser, open its developer tools (F12), and under Storage or Application, Cookies, \
         copy the value of DSID",
    )
    .hint(
        "--cookie-on-stdin, --cookie-file FILE, --cookie-fd N, -C DSID=…, or VPNC_COOKIE in the environment",
    )
}

const KIND: Kind = Kind {
    name: "cookie",
    exposed: "sign in again if the file was like this for long",
    descriptor: "--cookie-fd 3   with   3< FILE   in a shell",
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
        let cookie = obtain(&CookieArgs::default(), &environment).expect("the credential");
        assert_eq!(cookie.expose(), "DSID=credential");
        environment.cookie = Some(Secret::new("DSID=variable"));
        let cookie = obtain(&CookieArgs::default(), &environment).expect("the variable");
        assert_eq!(cookie.expose(), "DSID=variable");
    }
}
