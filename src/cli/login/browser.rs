//! A sign-in that needs a browser: what the user is told, and the program that is started.

use std::io;
use std::os::fd::AsFd as _;
use std::process::Stdio;

use tokio::process::Command;
use url::Url;

use crate::cli::settings::Browser;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

/// Starts the program with the URL. It outlives the sign-in: it may be the browser the user works in.
pub(super) fn start(program: &str, url: &Url) -> Result<(), Error> {
    let failed = |error: &io::Error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot start the browser: {}", plain_io(error)),
        )
        .at(program.to_owned())
        .hint("--external-browser print")
    };
    // standard output is for the result
    let output = io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| failed(&error))?;
    let child = Command::new(program)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(output)
        .process_group(0)
        .spawn();
    child.map(drop).map_err(|error| failed(&error))
}

/// What to do in the browser.
pub(super) fn instructions(browser: Option<&Browser>, url: &Url) -> String {
    let first = match browser {
        Some(Browser::Program(_)) => "sign in with the browser that has been started, at",
        Some(Browser::Print) | None => "open this page in a browser and sign in there:",
    };
    format!(
        "{first}\n  {url}\nthen copy the value of the cookie DSID (F12, Storage or Application, Cookies) and paste it here"
    )
}

/// Somebody would have to sign in there, and nobody may be asked to.
pub(super) fn forbidden(url: &Url) -> Error {
    Error::new(
        ExitStatus::InputNeeded,
        "this sign-in needs a browser and asking is not allowed (--non-inter)",
    )
    .at(place(url))
    .hint("leave out --non-inter; or sign in there and pass the value of DSID to vpnc-cli connect --cookie-on-stdin")
}

/// The sign-in came by itself.
pub(super) fn alone(url: &Url) -> Error {
    Error::new(
        ExitStatus::InputNeeded,
        "this sign-in needs a browser and --relogin asks nobody",
    )
    .at(place(url))
    .hint("leave out --relogin, and connect again when the session has ended")
}

/// Without the query, which may identify the user.
fn place(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path())
}

/// The browser has been pointed at, and then no cookie came.
pub(super) fn no_cookie() -> Error {
    Error::new(
        ExitStatus::InputNeeded,
        "no cookie came back from the sign-in in a browser",
    )
    .note("it is pasted on the terminal, or is a line of standard input without --passwd-on-stdin")
    .hint("sign in there first and pass the value of DSID to vpnc-cli connect --cookie-on-stdin")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_browser_gets_the_url_and_a_group_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("browser");
        let seen = folder.path().join("seen");
        let text = format!(
            "#!/bin/sh\nread -r pid _ _ _ group _ < /proc/$$/stat\n\
             echo \"$1 $((pid == group))\" > {0}.new\nmv {0}.new {0}\n",
            seen.display()
        );
        // by another process: a copy of an open descriptor in a child of another test would make the file busy
        let written = std::process::Command::new("/bin/sh")
            .args(["-c", "printf %s \"$2\" > \"$1\" && chmod 700 \"$1\"", "sh"])
            .arg(&program)
            .arg(text)
            .status();
        assert!(written.expect("a shell").success());
        let url = Url::parse("https://idp.example/a?b=c;d").expect("a URL");
        start(program.to_str().expect("UTF-8"), &url).expect("started");
        for _ in 0..500 {
            if seen.exists() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(
            std::fs::read_to_string(&seen).expect("started"),
            format!("{url} 1\n")
        );
    }

    #[tokio::test]
    async fn a_browser_that_is_not_there_is_an_error() {
        let url = Url::parse("https://idp.example/").expect("a URL");
        let error = start("/nonexistent/browser", &url).expect_err("not there");
        assert_eq!(error.status, ExitStatus::NoInput);
    }

    #[test]
    fn errors_leave_the_query_out() {
        let url = Url::parse("https://idp.example/sso?SAMLRequest=hunter2").expect("a URL");
        for error in [forbidden(&url), alone(&url)] {
            let text = error.to_string();
            assert!(
                text.contains("idp.example/sso") && !text.contains("hunter2"),
                "{text}"
            );
        }
    }
}
