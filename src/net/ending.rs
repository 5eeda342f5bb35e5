//! Ends of a session as the user is told about them.

use crate::engine::{End, Loss};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::settings::ConnectSettings;
use crate::net::signals::Request;
use crate::platform::Farewell;
use crate::protocol::LinkError;

/// Why the event loop stopped.
#[derive(Debug)]
pub(super) enum Ending {
    /// The user asked for it.
    Requested {
        /// How.
        request: Request,
        /// Whether the tunnel was up by then.
        was_up: bool,
        /// Whether the network set-up had begun.
        set_up_begun: bool,
    },
    /// The engine says so.
    Engine(End),
    /// A step of ours failed.
    Failed(Error),
}

impl Ending {
    /// Whether the login is to be ended on the gateway too. A session that the gateway has ended needs none, and
    /// one that never came up may be meant for the next attempt.
    pub(super) fn ends_login(&self) -> bool {
        match self {
            Self::Requested { request, was_up, .. } => *was_up && *request != Request::Hangup,
            Self::Engine(End::AddressChanged { .. }) => true,
            Self::Engine(End::Link(_) | End::Failed(_) | End::NetworkLost { .. }) | Self::Failed(_) => false,
        }
    }

    /// How the network set-up is to see it.
    pub(super) fn farewell(&self) -> Farewell {
        match self {
            Self::Requested { .. } => Farewell::Requested,
            Self::Engine(_) | Self::Failed(_) => Farewell::Failed,
        }
    }

    /// The result of the run.
    pub(super) fn into_result(self, settings: &ConnectSettings) -> Result<(), Error> {
        match self {
            Self::Requested { was_up: true, .. } => Ok(()),
            Self::Requested {
                request,
                set_up_begun,
                ..
            } => Err(interrupted(request, set_up_begun)),
            Self::Engine(end) => Err(ended(end, settings)),
            Self::Failed(error) => Err(error),
        }
    }
}

/// A loss of the channel in words.
pub(super) fn loss_text(loss: &Loss) -> String {
    match loss {
        Loss::Link(error) => error.to_string(),
        Loss::Transport(text) => text.clone(),
        Loss::SetUpTime => "the gateway did not finish the set-up in 30 s".to_owned(),
        Loss::Requested => "on request".to_owned(),
        Loss::NetworkChanged => "the network of this machine has changed".to_owned(),
        Loss::Resumed => "what was open before the sleep may be dead".to_owned(),
    }
}

fn interrupted(request: Request, set_up_begun: bool) -> Error {
    let (status, name) = match request {
        Request::Terminate => (ExitStatus::Terminated, "SIGTERM"),
        Request::Hangup => (ExitStatus::Hangup, "SIGHUP"),
        Request::Interrupt | Request::Statistics | Request::Reconnect => (ExitStatus::Interrupted, "SIGINT"),
    };
    Error::new(status, format!("interrupted by {name} before the tunnel was up")).note(if set_up_begun {
        "what had been set up by then was undone, and the cookie was not logged out"
    } else {
        "nothing was changed on this machine, and the cookie was not logged out"
    })
}

/// An end by the engine in the user's terms.
pub(super) fn ended(end: End, settings: &ConnectSettings) -> Error {
    let place = format!("{} port {}", settings.gateway.host, settings.gateway.port);
    match end {
        End::Link(error) => refused(&error).at(place),
        End::Failed(loss) => Error::new(ExitStatus::Unavailable, loss_text(&loss))
            .at(place)
            .hint(TRY_VERBOSE),
        End::AddressChanged { old, new } => Error::new(
            ExitStatus::CookieRefused,
            format!("the gateway gave another inner address after the reconnect: {new} instead of {old}"),
        )
        .at(place)
        .hint("connect again, or let it go on with --reconfigure; connections through the tunnel have to be made anew"),
        End::NetworkLost { lost_for, cause } => Error::new(
            ExitStatus::NetworkLost,
            format!(
                "the gateway could not be reached again for {} s: {}",
                lost_for.as_secs(),
                loss_text(&cause)
            ),
        )
        .at(place)
        .hint("try later, or allow more time with --reconnect-timeout SECONDS"),
    }
}

fn refused(error: &LinkError) -> Error {
    let of = |status| Error::new(status, error.to_string());
    match error {
        LinkError::CookieRefused { .. } | LinkError::SessionRejected { .. } => of(ExitStatus::CookieRefused)
            .note("the session has expired, was ended, or belongs to another source address")
            .hint(SIGN_IN_AGAIN),
        LinkError::Refused { code: 8 } => of(ExitStatus::Protocol)
            .note(
                "known causes: the old protocol is switched off in favour of Pulse; NCP auto-select is off; the role \
                 has no VPN tunnelling policy or connection profile; no free address",
            )
            .hint("ask the administrator which of these it is; another computer with the same account may work"),
        LinkError::Refused { .. } => of(ExitStatus::Protocol).hint(TRY_VERBOSE),
        LinkError::Terminated { reason } => {
            let why = match reason {
                1 => "the session has expired",
                8 => "idle for too long",
                _ => "no reason known for this code; an administrator or another session may have ended it",
            };
            of(ExitStatus::EndedByGateway).note(why).hint(SIGN_IN_AGAIN)
        }
        LinkError::NotAGateway(_) => of(ExitStatus::Protocol).hint("check host and port"),
        LinkError::HttpStatus { .. }
        | LinkError::Malformed(_)
        | LinkError::UnexpectedMessage { .. }
        | LinkError::BadAttribute { .. }
        | LinkError::Missing { .. }
        | LinkError::UnusableAddress { .. }
        | LinkError::Closed { .. } => of(ExitStatus::Protocol).hint(TRY_VERBOSE),
    }
}

/// Whether the cookie came from a sign-in of ours or from a browser.
const SIGN_IN_AGAIN: &str = "sign in again; a cookie of a browser has to be copied anew";
const TRY_VERBOSE: &str = "-vv shows the exchange";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status() {
        let table = [
            (
                LinkError::CookieRefused { status: 302 },
                ExitStatus::CookieRefused,
            ),
            (
                LinkError::SessionRejected { reason: 1 },
                ExitStatus::CookieRefused,
            ),
            (LinkError::Refused { code: 8 }, ExitStatus::Protocol),
            (LinkError::Terminated { reason: 8 }, ExitStatus::EndedByGateway),
            (
                LinkError::NotAGateway(crate::wire::http_head::HeadError::NotHttp),
                ExitStatus::Protocol,
            ),
        ];
        for (error, status) in table {
            assert_eq!(refused(&error).status, status, "{error}");
        }
    }

    #[test]
    fn refusal_08_names_its_causes() {
        let text = refused(&LinkError::Refused { code: 8 }).to_string();
        for cause in ["Pulse", "auto-select", "profile", "address"] {
            assert!(text.contains(cause), "{text}");
        }
    }
}
