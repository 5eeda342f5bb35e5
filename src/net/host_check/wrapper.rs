//! An external host checker and what is said to it (`juniper-nc.md §5.2`).

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;
use tracing::warn;
use url::Url;
use zeroize::Zeroizing;

use super::{CheckFailure, HostCheckSettings, WrapperFailure};
use crate::auth::host_check::check::effective_interval;
use crate::auth::host_check::reply::{Reply, ReplyReader};
use crate::auth::host_check::{CheckCookies, Passed};
use crate::net::http;
use crate::platform::{WrapperProcess, WrapperProgram};
use crate::secret::Secret;

/// A program that checks this host in our place.
#[derive(Debug)]
pub(super) struct Wrapper {
    program: WrapperProgram,
    limits: Limits,
    /// The user's.
    interval: Option<Duration>,
    hostname: String,
    /// Base64 alone.
    pin: Option<String>,
    /// `None` before the check, and once it has ended.
    process: Option<WrapperProcess>,
}

/// How long an answer may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Without an octet.
    pub(super) silence: Duration,
    /// All of it.
    pub(super) whole: Duration,
}

impl Wrapper {
    pub(super) fn new(program: WrapperProgram, settings: &HostCheckSettings) -> Self {
        Self {
            program,
            limits: LIMITS,
            interval: settings.interval,
            hostname: settings.local_hostname.clone(),
            pin: None,
            process: None,
        }
    }

    pub(super) fn set_pin(&mut self, pin: &str) {
        self.pin = Some(pin.trim_start_matches("pin-sha256:").to_owned());
    }

    #[cfg(test)]
    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Starts the program anew and lets it check. It goes on running afterwards.
    pub(super) async fn check(
        &mut self,
        page: &Url,
        cookies: &mut CheckCookies,
    ) -> Result<Passed, CheckFailure> {
        self.process = None;
        let host = http::host(page);
        let mut process = self.program.start(&host, &self.variables())?;
        let signin = cookies.signin.as_ref().map_or(NO_SIGNIN, Secret::expose);
        let question = Zeroizing::new(format!(
            "start\nIC={host}\nCookie={}\nDSSIGNIN={signin}\n",
            cookies.preauth.expose()
        ));
        let asked = ask(&mut process, &question, self.limits.silence);
        let failed = |failure| CheckFailure::Wrapper {
            path: self.path(),
            failure,
        };
        let reply = match timeout(self.limits.whole, asked).await {
            Ok(outcome) => outcome.map_err(failed)?,
            Err(_) => return Err(failed(WrapperFailure::Silent(self.limits.whole))),
        };
        self.process = Some(process);
        cookies.preauth = reply.preauth.clone();
        Ok(Passed {
            preauth: reply.preauth,
            interval: effective_interval(reply.interval, self.interval),
            policies: Vec::new(),
            missing_certificates: Vec::new(),
        })
    }

    /// Tells it the newest cookie. One that has ended is only warned about; false then.
    pub(super) async fn tell(&mut self, preauth: &Secret) -> bool {
        let Some(process) = &mut self.process else {
            return false;
        };
        let command = Zeroizing::new(format!("setcookie\nCookie={}\n", preauth.expose()));
        let told = timeout(self.limits.silence, process.write(command.as_bytes())).await;
        if matches!(told, Ok(Ok(()))) {
            return true;
        }
        self.lost();
        false
    }

    /// Waits until it ends, which it should not; for ever when it has ended before.
    pub(super) async fn ended(&mut self) {
        match &mut self.process {
            Some(process) => process.closed().await,
            None => std::future::pending().await,
        }
        self.lost();
    }

    /// R40: the tunnel stays.
    fn lost(&mut self) {
        self.process = None;
        warn!(
            program = %self.path().display(),
            "the host checker has ended; the gateway may end the session when it misses the next check"
        );
    }

    fn path(&self) -> PathBuf {
        self.program.path.clone()
    }

    /// `juniper-nc.md §5.3`; those that the user set are inherited.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("TNCC_HOSTNAME", self.hostname.clone())];
        if let Some(pin) = &self.pin {
            variables.push(("TNCC_SHA256", pin.clone()));
        }
        let seconds = self.interval.map_or(0, |interval| interval.as_secs());
        if seconds > 0 {
            variables.push(("TNCC_INTERVAL", seconds.to_string()));
        }
        variables
    }
}

async fn ask(
    process: &mut WrapperProcess,
    question: &str,
    silence: Duration,
) -> Result<Reply, WrapperFailure> {
    // one that does not wait for the question may have refused and ended by now
    let _ = process.write(question.as_bytes()).await;
    let mut reader = ReplyReader::default();
    let mut buffer = Zeroizing::new([0; 1024]);
    loop {
        let count = match timeout(silence, process.read(buffer.as_mut())).await {
            Ok(Ok(count @ 1..)) => count,
            Ok(Ok(0) | Err(_)) => return Err(WrapperFailure::Died),
            Err(_) => return Err(WrapperFailure::Silent(silence)),
        };
        let octets = buffer.get(..count).unwrap_or_default();
        if let Some(reply) = reader.push(octets)? {
            return Ok(reply);
        }
    }
}

/// `juniper-nc.md §5.2`, `cli.md §13`.
const LIMITS: Limits = Limits {
    silence: Duration::from_secs(30),
    whole: Duration::from_secs(60),
};
/// What stands for a missing `DSSIGNIN`.
const NO_SIGNIN: &str = "null";
