//! `connect` and `logout`: the parts of the machine put together for the driver.

mod machine;
mod running;

use std::time::Duration;

use tracing::{info, warn};

use self::machine::Machine;
use self::running::{AllRequests, Running};
use super::background::Report;
use super::environment::Environment;
use super::login::{self, CodeSource, FrontEnd, SignedIn};
use super::output;
use super::probe::{self, ProbeReport};
use super::progress::Progress;
use super::settings::{Connection, LoginSettings, ProbeSettings};
use crate::auth::cookies::Jar;
use crate::auth::flow::Outcome;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::driver::{self, Companion, Parts};
use crate::net::logout;
use crate::net::settings::LogoutSettings;
use crate::net::signals::Signals;
use crate::net::status::{Board, News, State};
use crate::net::{Connector, NetError};
use crate::platform::privilege;
use crate::secret::Secret;

/// Opens the tunnel and keeps it until it is ended; signs in first when there is no cookie.
///
/// What can be checked without the network is checked before anything is asked or sent: cookie, files, rights.
pub(super) async fn connect(
    settings: Connection,
    environment: &Environment,
    progress: Progress,
    report: Option<Report>,
) -> Result<(), Error> {
    harden();
    let board = Board::new(&settings.tunnel.name);
    let server = url_of(&settings);
    board.update(|status| status.server.url = server);
    let progress = progress.telling(&board);
    let (running, requests) = Running::start(&settings, environment, &board)?;
    let result = tunnel(
        settings,
        environment,
        progress,
        requests,
        report,
        &running,
        &board,
    )
    .await;
    running.end(&result).await;
    result
}

/// The sign-in and the tunnel.
async fn tunnel(
    settings: Connection,
    environment: &Environment,
    progress: Progress,
    mut requests: AllRequests,
    report: Option<Report>,
    running: &Running,
    board: &Board,
) -> Result<(), Error> {
    let Connection {
        mut tunnel,
        login,
        key,
        machine,
        process: _,
        interactive,
        print_cookie,
    } = settings;
    let parts;
    let mut companions = vec![running.companion()];
    let (connector, jar, progress) = match login {
        Some(login) => {
            let codes = codes(&login, environment)?;
            parts = Machine::open(&machine, &tunnel)?;
            board.enter(State::Login);
            let mut front_end = FrontEnd::new(&login, progress, codes);
            let sign_in = login::sign_in(&login, &mut front_end);
            let mut login = login::unless_ended(&mut requests, sign_in).await?;
            signed_in(board, &login.outcome);
            if print_cookie {
                let line = output::cookie_line(&SignedIn::of(&login))?;
                super::write_result(line.expose().as_bytes())?;
            }
            let recheck = login.recheck();
            companions.extend(recheck.map(|recheck| -> Companion { Box::pin(recheck.run(board.clone())) }));
            (login.connector, login.outcome.jar, front_end.into_progress())
        }
        None => {
            let mut front_end = FrontEnd::for_user(progress, interactive);
            let connector = login::connector(&tunnel.gateway, &key, &tunnel.user_agent, &mut front_end);
            let connector = login::unless_ended(&mut requests, connector).await?;
            let jar = jar(&connector, &tunnel.cookie)?;
            parts = Machine::open(&machine, &tunnel)?;
            (connector, jar, front_end.into_progress())
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
        observer: running.observer(progress, report),
        requests: Box::new(requests),
        watch,
        board: board.clone(),
        companions,
    };
    driver::run(tunnel, jar, connector, parts).await
}

fn url_of(settings: &Connection) -> String {
    let gateway = &settings.tunnel.gateway;
    let host = match gateway.host.contains(':') {
        true => format!("[{}]", gateway.host),
        false => gateway.host.clone(),
    };
    let port = match gateway.port {
        443 => String::new(),
        port => format!(":{port}"),
    };
    let path = settings.login.as_ref().map_or("/", |login| &login.flow.path);
    format!("https://{host}{port}{path}")
}

fn signed_in(board: &Board, outcome: &Outcome) {
    board.update(|status| {
        status.user.clone_from(&outcome.user);
        status.realm.clone_from(&outcome.realm);
        status.role.clone_from(&outcome.role);
    });
    board.tell(News::LoginOk);
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

fn harden() {
    if let Err(error) = privilege::harden() {
        warn!(%error, "core dumps cannot be switched off");
    }
}

fn signals() -> Result<Signals, Error> {
    Signals::new()
        .map_err(|error| Error::new(ExitStatus::System, format!("cannot listen to signals: {error}")))
}

/// What a logout may take beyond the connection.
const LOGOUT_EXTRA: Duration = Duration::from_secs(5);
