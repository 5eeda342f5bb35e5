//! One sign-in, from the first request to the session.

use thiserror::Error;

use super::prompter::{Prompter, Unanswered};
use crate::auth::flow::{Flow, FlowError, FlowSettings, Notice, Outcome, Step};
use crate::error::Error;
use crate::net::connect::Connector;
use crate::net::dump::Dump;
use crate::net::error::NetError;
use crate::net::http::HttpClient;
use crate::net::tls::TlsInfo;

/// What a sign-in needs to know beside the gateway.
pub struct LoginSettings {
    /// Answers known beforehand, and rules.
    pub flow: FlowSettings,
    /// Log all traffic.
    pub dump: Option<Dump>,
}

/// A session, and the way to the gateway that has it.
pub struct Login {
    /// Cookies, gateway, account.
    pub outcome: Outcome,
    /// Makes connections to the address that served the sign-in.
    pub connector: Connector,
    /// What was negotiated with it.
    pub tls: Option<TlsInfo>,
}

/// Why a sign-in failed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// By what the gateway's pages say.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// On the way to the gateway.
    #[error(transparent)]
    Net(#[from] NetError),
    /// While asking the user.
    #[error("{}", .0.message)]
    Asking(Error),
}

impl LoginError {
    /// The same in the user's terms.
    pub fn user_error(&self) -> Error {
        match self {
            Self::Flow(error) => error.user_error(),
            Self::Net(error) => error.user_error(),
            Self::Asking(error) => error.clone(),
        }
    }
}

/// Signs in. Dropping the future at any point ends it and leaves nothing behind.
///
/// # Errors
/// Any; nothing is repeated by itself.
pub async fn sign_in(
    connector: Connector,
    settings: LoginSettings,
    prompter: &mut dyn Prompter,
) -> Result<Login, LoginError> {
    let mut flow = Flow::new(settings.flow, connector.url());
    let mut client = HttpClient::new(connector, settings.dump);
    let mut host = String::new();
    let mut step = flow.start()?;
    loop {
        for notice in flow.take_notices() {
            tell(&notice, prompter);
        }
        step = match step {
            Step::Send(request) => {
                let now = request.url.host_str().unwrap_or_default();
                if host != now {
                    now.clone_into(&mut host);
                    prompter.step(format!("sign in at {host}"));
                }
                let response = client.send(&request).await?;
                let next = flow.handle_response(&response)?;
                client.move_gateway(flow.gateway())?;
                next
            }
            Step::Ask(form) => match prompter.ask(&form).await {
                Ok(answers) => flow.handle_answers(&answers)?,
                Err(error) => return Err(unanswered(&mut flow, error)),
            },
            Step::CheckHost(_) => return Err(FlowError::HostCheckCookie.into()),
            Step::Browse(url) => match prompter.browse(&url).await {
                Ok(cookie) => flow.handle_browser(&cookie)?,
                Err(error) => return Err(unanswered(&mut flow, error)),
            },
            Step::Done(outcome) => return Ok(finish(outcome, client)),
        };
    }
}

fn finish(outcome: Outcome, client: HttpClient) -> Login {
    Login {
        outcome,
        tls: client.tls().cloned(),
        connector: client.into_gateway(),
    }
}

fn unanswered(flow: &mut Flow, error: Unanswered) -> LoginError {
    match error {
        Unanswered::Nobody { fields } => flow.unanswered(&fields).into(),
        Unanswered::Failed(error) => LoginError::Asking(error),
    }
}

fn tell(notice: &Notice, prompter: &mut dyn Prompter) {
    match notice {
        Notice::Info(text) => tracing::info!("{}", crate::error::Clean(text)),
        Notice::Warning(text) => tracing::warn!("{}", crate::error::Clean(text)),
        Notice::Banner(text) => prompter.show(text),
    }
}
