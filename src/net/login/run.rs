//! One sign-in, from the first request to the session.

use thiserror::Error;

use super::prompter::{Prompter, Unanswered};
use crate::auth::exchange::Request;
use crate::auth::flow::{Flow, FlowError, FlowSettings, HostCheckDemand, Notice, Outcome, Step};
use crate::error::{Clean, Error};
use crate::net::connect::Connector;
use crate::net::dump::Dump;
use crate::net::error::NetError;
use crate::net::host_check::{
    CheckCookies, CheckFailure, Exchange, Exchanged, HostCheckSettings, HostChecker, PolicyVerdict, Recheck,
    unsatisfied,
};
use crate::net::http::HttpClient;
use crate::net::tls::TlsInfo;

/// What a sign-in needs to know beside the gateway.
pub struct LoginSettings {
    /// Answers known beforehand, and rules.
    pub flow: FlowSettings,
    /// What the gateway is told about this machine.
    pub host_check: HostCheckSettings,
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
    /// The host checker, if the gateway asked for it.
    checker: Option<HostChecker>,
    dump: Option<Dump>,
}

impl Login {
    /// Work that keeps the session alive while the tunnel is up; `None` when there is none.
    pub fn recheck(&mut self) -> Option<Recheck<'static>> {
        let client = HttpClient::new(self.connector.clone(), self.dump.clone());
        self.checker.take()?.into_recheck(Box::new(client))
    }
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
    /// In the host check.
    #[error(transparent)]
    HostCheck(#[from] CheckFailure),
    /// While asking the user, or before anything was sent.
    #[error("{}", .0.message)]
    Told(Error),
}

impl LoginError {
    /// The same in the user's terms.
    pub fn user_error(self) -> Error {
        match self {
            Self::Flow(error) => error.user_error(),
            Self::Net(error) => error.user_error(),
            Self::HostCheck(error) => error.user_error(),
            Self::Told(error) => error,
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
    let mut checker = HostChecker::new(&settings.host_check).map_err(LoginError::Told)?;
    let mut policies = None;
    let mut client = HttpClient::new(connector, settings.dump.clone());
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
                let next = flow.handle_response(&response);
                client.move_gateway(flow.gateway())?;
                next.map_err(|error| verdict_on(error, policies.as_deref()))?
            }
            Step::Ask(form) => match prompter.ask(&form).await {
                Ok(answers) => flow.handle_answers(&answers)?,
                Err(error) => return Err(unanswered(&mut flow, error)),
            },
            Step::CheckHost(demand) => {
                prompter.step("host check".to_owned());
                let pin = client.tls().map(|tls| tls.pin.clone()).unwrap_or_default();
                checker.set_pin(&pin);
                let HostCheckDemand {
                    gateway,
                    preauth,
                    signin,
                } = demand;
                let cookies = CheckCookies { preauth, signin };
                let passed = checker.check(&mut client, &gateway, cookies).await?;
                report(&passed.policies, &passed.missing_certificates);
                policies = Some(passed.policies);
                flow.handle_host_checked(&passed.preauth)?
            }
            Step::Browse(url) => match prompter.browse(&url).await {
                Ok(cookie) => flow.handle_browser(&cookie)?,
                Err(error) => return Err(unanswered(&mut flow, error)),
            },
            Step::Done(outcome) => {
                let checker = policies.is_some().then_some(checker);
                return Ok(finish(outcome, client, checker, settings.dump).await);
            }
        };
    }
}

async fn finish(
    outcome: Outcome,
    client: HttpClient,
    mut checker: Option<HostChecker>,
    dump: Option<Dump>,
) -> Login {
    if let Some(checker) = &mut checker {
        checker.session_arrived(outcome.preauth()).await;
    }
    Login {
        outcome,
        tls: client.tls().cloned(),
        connector: client.into_gateway(),
        checker,
        dump,
    }
}

/// A gateway that is not content after a check has its reasons in what it was told.
fn verdict_on(error: FlowError, policies: Option<&[PolicyVerdict]>) -> LoginError {
    match (&error, policies) {
        (FlowError::HostCheck { .. }, Some(policies)) => {
            let page = error.user_error();
            let told = unsatisfied(policies);
            LoginError::Told(match page.note {
                Some(text) => told.at(text),
                None => told,
            })
        }
        _ => error.into(),
    }
}

/// What was claimed is the user's business, so it is said.
fn report(policies: &[PolicyVerdict], missing_certificates: &[String]) {
    for policy in policies {
        let answer = if policy.met { "met" } else { "not met" };
        tracing::info!(
            "host check: the gateway asks for policy {}, told: {answer}",
            Clean(&policy.name)
        );
    }
    for id in missing_certificates {
        tracing::warn!(
            "host check: no certificate fits what the gateway asks for as {}; --hostcheck-certificate FILE gives one",
            Clean(id)
        );
    }
}

impl Exchange for HttpClient {
    fn send<'a>(&'a mut self, request: &'a Request) -> Exchanged<'a> {
        Box::pin(Self::send(self, request))
    }
}

fn unanswered(flow: &mut Flow, error: Unanswered) -> LoginError {
    match error {
        Unanswered::Nobody { fields } => flow.unanswered(&fields).into(),
        Unanswered::Failed(error) => LoginError::Told(error),
    }
}

fn tell(notice: &Notice, prompter: &mut dyn Prompter) {
    match notice {
        Notice::Info(text) => tracing::info!("{}", Clean(text)),
        Notice::Warning(text) => tracing::warn!("{}", Clean(text)),
        Notice::Banner(text) => prompter.show(text),
    }
}
