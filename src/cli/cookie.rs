//! Where the session cookie comes from, and whether it looks like one.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use url::Url;
use zeroize::Zeroizing;

use super::args::CookieArgs;
use super::environment::Environment;
use crate::auth::Jar;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege;
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
        let cookie = first_line(io::stdin().lock(), "standard input")?;
        return Ok(Some(cookie).filter(|cookie| !cookie.is_empty()));
    }
    if let Some(path) = &args.cookie_file {
        return from_file(path, Privacy::of(path, environment)).map(Some);
    }
    args.cookie_fd.map(from_descriptor).transpose()
}

fn from_environment(environment: &Environment) -> Result<Option<Secret>, Error> {
    if let Some(cookie) = &environment.cookie {
        return Ok(Some(Secret::new(cookie.expose().trim())));
    }
    if let Some(path) = environment.path("VPNC_COOKIE_FILE") {
        return from_file(&path, Privacy::of(&path, environment)).map(Some);
    }
    let credential = environment
        .path(CREDENTIALS)
        .map(|folder| folder.join("vpnc.cookie"));
    match credential {
        Some(path) if path.exists() => from_file(&path, Privacy::Systemd).map(Some),
        _ => Ok(None),
    }
}

/// Whether the mode of a file says who can read it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Privacy {
    /// The mode is checked.
    Checked,
    /// systemd guards the folder; its access lists show up as group bits.
    Systemd,
}

impl Privacy {
    fn of(path: &Path, environment: &Environment) -> Self {
        match environment.path(CREDENTIALS) {
            Some(folder) if path.starts_with(&folder) => Self::Systemd,
            _ => Self::Checked,
        }
    }
}

fn from_file(path: &Path, privacy: Privacy) -> Result<Secret, Error> {
    let name = path.display();
    let unreadable = |error: io::Error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot read the cookie file: {}", plain_io(&error)),
        )
        .at(name.to_string())
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if privacy == Privacy::Checked && is_open_to_others(&metadata) {
        return Err(
            Error::new(ExitStatus::BadData, "other users can read the cookie file")
                .at(name.to_string())
                .hint(format!(
                    "chmod 600 {name}   and sign in again if the file was like this for long"
                )),
        );
    }
    if metadata.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    first_line(BufReader::new(file), &name.to_string())
}

/// Pipes and the like (`<(command)` in a shell) have no mode that means anything.
fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o077 != 0
}

/// Files, pipes and sockets alike.
fn from_descriptor(number: u32) -> Result<Secret, Error> {
    let name = format!("file descriptor {number}");
    match number {
        0 => return first_line(io::stdin().lock(), &name),
        1 | 2 => {
            return Err(
                Error::new(ExitStatus::Usage, "output goes to file descriptors 1 and 2")
                    .hint(DESCRIPTOR_FORM),
            );
        }
        _ => {}
    }
    let file = privilege::inherited_descriptor(number).map_err(|_| {
        Error::new(
            ExitStatus::NoInput,
            "cannot read the cookie: nothing is open there",
        )
        .at(&name)
        .hint(DESCRIPTOR_FORM)
    })?;
    first_line(BufReader::new(file), &name)
}

/// Reads up to the end of the first line and no further than it must.
fn first_line(source: impl BufRead, name: &str) -> Result<Secret, Error> {
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT));
    let mut source = source.take(LIMIT as u64);
    source.read_until(b'\n', &mut line).map_err(|error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot read the cookie: {}", plain_io(&error)),
        )
        .at(name)
    })?;
    if line.len() == LIMIT {
        return Err(refused("it is longer than 64 KiB").at(name));
    }
    let text = str::from_utf8(&line).map_err(|_| refused("it is not plain text").at(name))?;
    Ok(Secret::new(text.trim_matches([' ', '\t', '\r', '\n'])))
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

const DESCRIPTOR_FORM: &str = "--cookie-fd 3   with   3< FILE   in a shell";

/// Folder of the credentials systemd hands to a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Longest input that is read.
const LIMIT: usize = 64 * 1024;

#[cfg(test)]
mod tests {
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
    fn only_the_first_line_counts() {
        let text = first_line(&b" DSID=1\r\npassword\n"[..], "test").expect("a line");
        assert_eq!(text.expose(), "DSID=1");
        assert!(first_line(&b"\nDSID=1\n"[..], "test").expect("a line").is_empty());
        assert!(first_line(&b""[..], "test").expect("nothing").is_empty());
    }

    #[test]
    fn input_is_bounded() {
        let error = first_line(&[b'a'; 2 * LIMIT][..], "test").expect_err("too long");
        assert_eq!(error.status, ExitStatus::BadData);
        let error = first_line(&b"\xff\xfe"[..], "test").expect_err("not text");
        assert_eq!(error.status, ExitStatus::BadData);
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
