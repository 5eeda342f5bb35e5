//! What a run shows of itself to the machine: its claim on a name, its number, its control socket, its service manager.

use std::time::Duration;

use tracing::{info, warn};

use crate::cli::background::Report;
use crate::cli::environment::Environment;
use crate::cli::pid_file::PidFile;
use crate::cli::progress::Progress;
use crate::cli::service::{Following, Service};
use crate::cli::settings::Connection;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::control::{Control, Orders, WithOrders};
use crate::net::driver::{Companion, Observer};
use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::net::signals::Signals;
use crate::net::status::Board;
use crate::platform::linux::control_socket::{ControlSocket, admits};
use crate::platform::linux::instance::{Lock, LockError};
use crate::platform::linux::journal;

/// Where requests to a tunnel come from.
pub(super) type AllRequests = WithOrders<Signals>;

/// A run others can see. What comes last here goes last.
pub(super) struct Running {
    board: Board,
    service: Service,
    following: Option<Following>,
    control: Option<Control>,
    socket: Option<ControlSocket>,
    pid_file: Option<PidFile>,
    _lock: Option<Lock>,
}

impl Running {
    /// Claims the name, puts right what an earlier run has left behind, and listens to whoever has something to say.
    pub(super) fn start(
        settings: &Connection,
        environment: &Environment,
        board: &Board,
        has_keeper: bool,
    ) -> Result<(Self, AllRequests), Error> {
        let name = &settings.tunnel.name;
        // the process that keeps the rights also holds the name
        let lock = match has_keeper {
            true => None,
            false => lock(name)?,
        };
        let pid_file = settings.process.pid_file.as_deref();
        let pid_file = pid_file.map(PidFile::create).transpose()?;
        repair(&settings.tunnel);
        // from here on nothing blocks, so that signals are heard
        let signals = super::signals()?;
        let (socket, control, orders) = control(name, board)?;
        let service = Service::of(environment);
        let running = Self {
            board: board.clone(),
            following: service.follow(board),
            service,
            control,
            socket,
            pid_file,
            _lock: lock,
        };
        Ok((running, WithOrders::new(signals, orders)))
    }

    /// Where it is written down how things stand.
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// The front end of the tunnel, which also tells those who wait for it to be up.
    pub(super) fn observer(&self, progress: Progress, report: Option<Report>) -> Box<dyn Observer> {
        Box::new(Announcer {
            progress,
            waiting: Some(Waiting {
                report,
                service: self.service.clone(),
                board: self.board.clone(),
            }),
        })
    }

    /// Signs of life for the service manager.
    pub(super) fn companion(&self) -> Companion<'static> {
        Box::pin(self.service.clone().signs_of_life())
    }

    /// The end, told to all who listen.
    pub(super) async fn end(mut self, result: &Result<(), Error>) {
        self.board.end(result);
        if let Some(control) = self.control.take() {
            control.close(LAST_WORDS).await;
        }
        drop(self.following.take());
        drop(self.socket.take());
        drop(self.pid_file.take());
    }
}

/// Tells those who wait for the tunnel, once.
struct Announcer {
    progress: Progress,
    waiting: Option<Waiting>,
}

struct Waiting {
    report: Option<Report>,
    service: Service,
    board: Board,
}

impl Observer for Announcer {
    fn step(&mut self, text: String) {
        self.progress.step(text);
    }

    fn up(&mut self) {
        self.progress.finish();
        if let Some(Waiting {
            report,
            service,
            board,
        }) = self.waiting.take()
        {
            service.ready(&board, report.is_some());
            if let Some(report) = report {
                report.up();
            }
        }
    }

    fn show(&mut self, text: String) {
        self.progress.notice(&text);
    }
}

type ControlParts = (Option<ControlSocket>, Option<Control>, Orders);

/// Without a place for state files there is no socket.
fn control(name: &str, board: &Board) -> Result<ControlParts, Error> {
    let Some(dir) = journal::default_dir() else {
        warn!(
            "no place for a control socket, XDG_RUNTIME_DIR is not set: status and disconnect will not find this tunnel"
        );
        return Ok((None, None, Orders::none()));
    };
    let socket = ControlSocket::bind(&dir, name)?;
    let opened = socket
        .listener()
        .and_then(|listener| Control::open(listener, board.clone(), Box::new(admits)));
    let (control, orders) = opened.map_err(|error| {
        Error::new(
            ExitStatus::System,
            format!("cannot listen on the control socket: {}", plain_io(&error)),
        )
    })?;
    Ok((Some(socket), Some(control), orders))
}

/// Claims the name for the life of the run. Without a place for state files there is nothing to claim.
pub(super) fn lock(name: &str) -> Result<Option<Lock>, Error> {
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
                "end it with  vpnc-cli disconnect {name}   or give this one another name with --name NAME"
            )))
        }
    }
}

/// What an earlier run left behind because it was killed is put right first.
fn repair(tunnel: &ConnectSettings) {
    let Some(dir) = journal::default_dir() else { return };
    let mut repaired = journal::repair(&dir);
    for name in repaired.blocked.iter().filter(|name| **name != tunnel.name) {
        warn!(
            "what the tunnel {name} carried is still blocked; free it with  vpnc-cli disconnect --repair {name}"
        );
    }
    if repaired.blocked.contains(&tunnel.name) {
        if tunnel.network == NetworkMode::Builtin {
            info!("what the last run carried stays blocked until the tunnel is up");
        } else {
            // nobody else would know what to do with it
            let freed = journal::repair_named(&dir, Some(&tunnel.name));
            repaired.undone += freed.undone;
            repaired.failures.extend(freed.failures);
        }
    }
    if repaired.undone > 0 {
        info!(
            changes = repaired.undone,
            "an earlier run had ended without cleaning up; its changes are undone"
        );
    }
    for failure in repaired.failures {
        warn!("left by an earlier run: {failure}");
    }
}

/// What listeners may take to hear the end. Undoing, logout and this must stay under the 1.8 s that NetworkManager
/// leaves us (`cli.md §9`).
const LAST_WORDS: Duration = Duration::from_millis(200);
