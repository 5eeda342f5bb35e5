//! The sign-in as the user meets it: who answers its questions, what is missing, what it yields.

mod browser;
pub mod codes;
mod front_end;
pub(super) mod generator;
pub mod missing;
mod prepared;
mod question;
pub mod result;
mod terminal;

use std::future::{Future, poll_fn};

pub use self::codes::CodeSource;
pub use self::front_end::FrontEnd;
use self::missing::Silence;
pub use self::result::SignedIn;
use super::settings::LoginSettings;
use crate::auth::flow::FlowError;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::login::{self, Login, LoginError};
use crate::net::settings::GatewaySettings;
use crate::net::signals::{Request, Requests};
use crate::net::{Connector, NetError};

/// Signs in: the flow's requests over HTTPS, its questions to the front end.
pub async fn sign_in(settings: &LoginSettings, front_end: &mut FrontEnd) -> Result<Login, Error> {
    let connector = connector(&settings.gateway, &settings.user_agent, front_end).await?;
    sign_in_by(connector, settings, front_end).await
}

/// The same with a way to the gateway.
pub async fn sign_in_by(
    connector: Connector,
    settings: &LoginSettings,
    front_end: &mut FrontEnd,
) -> Result<Login, Error> {
    let login = login::LoginSettings {
        flow: settings.flow.clone(),
        host_check: settings.host_check.resolve(&settings.local_hostname)?,
        dump: settings.dump.sink(),
    };
    let result = login::sign_in(connector, login, front_end).await;
    result.map_err(|error| match error {
        LoginError::Flow(FlowError::Input { form, fields }) => {
            let silence = match front_end.is_alone() {
                true => Silence::Alone,
                false => Silence::of(settings, &form, &fields),
            };
            missing::error(&form, &fields, silence)
        }
        error @ (LoginError::Flow(_)
        | LoginError::Net(_)
        | LoginError::HostCheck(_)
        | LoginError::Told(_)) => error.user_error(),
    })
}

/// The way to the gateway. Asks for the passphrase of the client certificate's key when it has one.
pub async fn connector(
    gateway: &GatewaySettings,
    user_agent: &str,
    front_end: &mut FrontEnd,
) -> Result<Connector, Error> {
    let mut gateway = gateway.clone();
    for _ in 0..PASSPHRASES {
        match Connector::new(gateway.clone(), user_agent.to_owned()) {
            Ok(connector) => return Ok(connector),
            Err(error @ NetError::KeyPassword { .. }) => match front_end.passphrase(&error).await? {
                Some(passphrase) => gateway.tls.key_password = Some(passphrase),
                None => return Err(error.user_error()),
            },
            Err(error) => return Err(error.user_error()),
        }
    }
    Connector::new(gateway, user_agent.to_owned()).map_err(|error| error.user_error())
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

/// How often a passphrase is asked for.
const PASSPHRASES: u32 = 3;

#[cfg(test)]
mod tests;
