//! `connect` and `logout`: the parts of the machine put together for the driver.

mod machine;
mod repair;

use std::time::Duration;

use tracing::{info, warn};

use self::machine::Machine;
use super::environment::Environment;
use super::login::{self, CodeSource, FrontEnd, SignedIn};
use super::output;
use super::probe::{self, ProbeReport};
use super::progress::Progress;
use super::settings::{Connection, LoginSettings, ProbeSettings};
use crate::auth::cookies::Jar;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::driver::{self, Companion, Observer, Parts};
use crate::net::logout;
use crate::net::settings::LogoutSettings;
use crate::net::signals::Signals;
use crate::net::status::{Board, News, State};
use crate::net::{Connector, NetError};
use crate::platform::linux::instance::{Lock, LockError};
use crate::platform::linux::journal;
use crate::platform::privilege;
use crate::secret::Secret;

/// Opens the tunnel and keeps it until it is ended; signs in first when there is no cookie.
///
/// What can be checked without the network is checked before anything is asked or sent: cookie, files, rights.
pub(super) async fn connect(
    settings: Connection,
    environment: &Environment,
    progress: Progress,
) -> Result<(), Error> {
    harden();
    let Connection {
        mut tunnel,
        login,
        key,
        machine,
        process: _,
        interactive,
        print_cookie,
    } = settings;
    let board = Board::new(&tunnel.name);
    let _lock = lock(&tunnel.name)?;
    repair::repair(&tunnel);
    // from here on nothing blocks, so that signals are heard
    let mut signals = signals()?;
    let parts;
    let (connector, jar, companion, progress) = match login {
        Some(login) => {
            let codes = codes(&login, environment)?;
            parts = Machine::open(&machine, &tunnel)?;
            board.enter(State::Login);
            let mut front_end = FrontEnd::new(&login, progress, codes);
            let sign_in = login::sign_in(&login, &mut front_end);
            let mut login = login::unless_ended(&mut signals, sign_in).await?;
            board.tell(News::LoginOk);
            if print_cookie {
                let line = output::cookie_line(&SignedIn::of(&login))?;
                super::write_result(line.expose().as_bytes())?;
            }
            let recheck = login.recheck();
            let companion = recheck.map(|recheck| -> Companion { Box::pin(recheck.run()) });
            (
                login.connector,
                login.outcome.jar,
                companion,
                front_end.into_progress(),
            )
        }
        None => {
            let mut front_end = FrontEnd::for_user(progress, interactive);
            let connector = login::connector(&tunnel.gateway, &key, &tunnel.user_agent, &mut front_end);
            let connector = login::unless_ended(&mut signals, connector).await?;
            let jar = jar(&connector, &tunnel.cookie)?;
            parts = Machine::open(&machine, &tunnel)?;
            (connector, jar, None, front_end.into_progress())
        }
    };
    if let Some(host) = connector.url().host_str() {
        host.trim_matches(['[', ']']).clone_into(&mut tunnel.gateway.host);
    }
    board.enter(State::Connecting);
    let Machine { device, setup, watch } = parts;
    let parts = Parts {
        device,
        setup,
        observer: Box::new(progress),
        requests: Box::new(signals),
        watch,
        board,
        companions: companion.into_iter().collect(),
    };
    driver::run(tunnel, jar, connector, parts).await
}

/// The generator of one-time codes, if there is one; its secret is read before anything is sent.
fn codes(login: &LoginSettings, environment: &Environment) -> Result<Option<Box<dyn CodeSource>>, Error> {
    let token = login.token.as_ref();
    token
        .map(|token| login::generator::source(token, environment))
        .transpose()
}

/// Signs in and does no more.
pub(super) async fn sign_in(
    settings: LoginSettings,
    environment: &Environment,
    progress: Progress,
) -> Result<SignedIn, Error> {
    harden();
    let codes = codes(&settings, environment)?;
    let mut signals = signals()?;
    let mut front_end = FrontEnd::new(&settings, progress, codes);
    let sign_in = login::sign_in(&settings, &mut front_end);
    let login = login::unless_ended(&mut signals, sign_in).await?;
    front_end.into_progress().finish();
    Ok(SignedIn::of(&login))
}

/// Looks at a gateway.
pub(super) async fn probe(settings: ProbeSettings, mut progress: Progress) -> Result<ProbeReport, Error> {
    let mut signals = signals()?;
    login::unless_ended(&mut signals, probe::run(&settings, &mut progress)).await
}

/// Ends a login on the gateway.
pub(super) async fn log_out(settings: LogoutSettings, mut progress: Progress) -> Result<(), Error> {
    harden();
    let connector = Connector::new(settings.gateway.clone(), settings.user_agent.clone());
    let mut connector = connector.map_err(|error| error.user_error())?;
    let jar = jar(&connector, &settings.cookie)?;
    progress.step(format!("log out at {}", connector.place()));
    let cookie = jar.header(connector.url());
    let limit = settings.gateway.connect_timeout + LOGOUT_EXTRA;
    logout::logout(&mut connector, &cookie, limit)
        .await
        .map_err(|error: NetError| error.user_error())?;
    progress.finish();
    info!("logged out");
    Ok(())
}

fn jar(connector: &Connector, cookie: &Secret) -> Result<Jar, Error> {
    let mut jar = Jar::new(connector.url());
    jar.insert_option(cookie)
        .map_err(|error| Error::new(ExitStatus::BadData, error.to_string()))?;
    Ok(jar)
}

/// Claims the name for the life of the run. Without a place for state files there is nothing to claim.
fn lock(name: &str) -> Result<Option<Lock>, Error> {
    let Some(dir) = journal::default_dir() else {
        return Ok(None);
    };
    match Lock::acquire(&dir, name) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Setup(error)) => Err(error.into()),
        Err(LockError::Busy { pid }) => {
            let process = pid.map_or_else(|| "its process".to_owned(), |pid| pid.to_string());
            Err(Error::new(
                ExitStatus::Instance,
                format!("a tunnel with the name {name} is running already"),
            )
            .at(format!("process {process}"))
            .hint(format!(
                "end it with  kill -INT {process}   or give this one another name with --name NAME"
            )))
        }
    }
}

fn harden() {
    if let Err(error) = privilege::harden() {
        warn!(%error, "core dumps cannot be switched off");
    }
}

fn signals() -> Result<Signals, Error> {
    Signals::new()
        .map_err(|error| Error::new(ExitStatus::System, format!("cannot listen to signals: {error}")))
}

impl Observer for Progress {
    fn step(&mut self, text: String) {
        Self::step(self, text);
    }

    fn up(&mut self) {
        self.finish();
    }

    fn show(&mut self, text: String) {
        self.notice(&text);
    }
}

/// What a logout may take beyond the connection.
const LOGOUT_EXTRA: Duration = Duration::from_secs(5);
