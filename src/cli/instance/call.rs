//! A conversation with a running tunnel over its control socket.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::control_socket::peer_process;

/// A conversation.
#[derive(Debug)]
pub(super) struct Call {
    name: String,
    path: PathBuf,
    stream: BufReader<UnixStream>,
}

impl Call {
    /// Calls the tunnel with this socket.
    pub(super) fn open(name: &str, path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    /// Name of the tunnel, as far as its file tells.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The process that listens.
    pub(super) fn process(&self) -> Option<u32> {
        peer_process(self.stream.get_ref())
    }

    /// True when nobody listens any more.
    pub(super) fn is_deserted(&self) -> bool {
        UnixStream::connect(&self.path).is_err()
    }

    /// Sends a request.
    pub(super) fn ask(&mut self, request: &Value) -> Result<(), Error> {
        let line = format!("{request}\n");
        let sent = self.stream.get_mut().write_all(line.as_bytes());
        // one that hangs up at once may have said why
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    /// The next answer; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Value>, Error> {
        let mut line = Vec::new();
        let mut limited = self.stream.by_ref().take(LONGEST);
        let read = limited.read_until(b'\n', &mut line);
        if let Err(error) = read {
            return match error.kind() == io::ErrorKind::ConnectionReset {
                true => Ok(None),
                false => Err(self.failed(&error)),
            };
        }
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        serde_json::from_slice(&line).map(Some).map_err(|_| {
            Error::new(
                ExitStatus::Protocol,
                format!("{} answers in no language of ours", self.name),
            )
            .at(self.path.display().to_string())
        })
    }

    /// Sends a request that is to be carried out.
    pub(super) fn order(&mut self, request: &Value) -> Result<(), Error> {
        self.ask(request)?;
        match self.next()? {
            Some(answer) => refusal(&answer),
            // it ended just now
            None => Err(super::find::none(Some(&self.name))),
        }
    }

    /// From now on an answer may take any time.
    pub(super) fn wait_without_limit(&self) -> Result<(), Error> {
        let set = self.stream.get_ref().set_read_timeout(None);
        set.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Error {
        let is_late = matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
        let why = match is_late {
            true => "it does not answer".to_owned(),
            false => plain_io(error),
        };
        Error::new(ExitStatus::Io, format!("cannot talk to {}: {why}", self.name))
            .at(self.path.display().to_string())
    }
}

/// What the other side does not want.
pub(super) fn refusal(answer: &Value) -> Result<(), Error> {
    let Some(error) = answer.get("error").filter(|error| error.is_object()) else {
        return Ok(());
    };
    let message = error["message"].as_str().unwrap_or("refused");
    let status = match error["code"].as_str() {
        Some("not_allowed") => ExitStatus::NoPermission,
        _ => ExitStatus::Failure,
    };
    Err(Error::new(status, message))
}

/// A tunnel that runs answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Octets of an answer; a configuration may have thousands of routes.
const LONGEST: u64 = 4 << 20;
