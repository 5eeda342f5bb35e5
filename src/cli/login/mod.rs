//! The sign-in as the user meets it: who answers its questions, what is missing, what it yields.

mod browser;
pub mod codes;
mod command;
mod front_end;
pub mod missing;
mod prepared;
mod question;
pub mod result;
mod terminal;

use std::future::{Future, poll_fn};

pub use self::codes::CodeSource;
pub use self::front_end::FrontEnd;
pub use self::result::SignedIn;
use super::settings::LoginSettings;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::signals::{Request, Requests};

/// Signs in: the flow's requests over HTTPS, its questions to the front end.
#[expect(clippy::unused_async, reason = "the flow is joined to it by its own change")]
pub async fn sign_in(settings: &LoginSettings, front_end: &mut FrontEnd) -> Result<SignedIn, Error> {
    let _ = front_end;
    Err(
        Error::new(ExitStatus::Internal, "the sign-in is not part of this build")
            .at(settings.gateway.host.clone())
            .hint("sign in with a browser and pass its cookie DSID: --cookie-on-stdin"),
    )
}

/// Carries out work that the user may end by a signal; the other signals do nothing yet.
pub async fn unless_ended<T>(
    requests: &mut impl Requests,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let ended = async {
        loop {
            match poll_fn(|cx| requests.poll_next(cx)).await {
                Request::Statistics | Request::Reconnect => {}
                Request::Interrupt => return (ExitStatus::Interrupted, "SIGINT"),
                Request::Terminate => return (ExitStatus::Terminated, "SIGTERM"),
                Request::Hangup => return (ExitStatus::Hangup, "SIGHUP"),
            }
        }
    };
    tokio::select! {
        biased;
        (status, name) = ended => Err(Error::new(status, format!("interrupted by {name} while signing in"))),
        result = work => result,
    }
}

#[cfg(test)]
mod tests;
