//! Host checks: the built-in one and an external program, at the login and while the tunnel lives.

mod builtin;
mod error;
mod recheck;
mod settings;
mod wrapper;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use url::Url;

pub use error::{CheckFailure, WrapperFailure, unsatisfied};
pub use recheck::Recheck;
pub use settings::{DEFAULT_USER_AGENT, HostCheckSettings, Machine};

pub use crate::auth::host_check::{CheckCookies, Passed, PolicyVerdict};

use self::wrapper::Wrapper;
use super::error::NetError;
use crate::auth::exchange::{Request, Response};
use crate::auth::host_check::CheckSettings;
use crate::error::Error;
use crate::secret::Secret;

/// Whoever carries a request to the gateway and its response back, without following redirects.
pub trait Exchange {
    /// One request.
    fn send<'a>(&'a mut self, request: &'a Request) -> Exchanged<'a>;
}

/// What becomes of a request.
pub type Exchanged<'a> = Pin<Box<dyn Future<Output = Result<Response, NetError>> + 'a>>;

/// The host checker of one login. An external one runs from the check until this is dropped.
#[derive(Debug)]
pub struct HostChecker {
    means: Means,
    /// From the last check that passed.
    latest: Option<Latest>,
}

#[derive(Debug)]
enum Means {
    BuiltIn(CheckSettings),
    Wrapper(Box<Wrapper>),
}

#[derive(Debug)]
struct Latest {
    gateway: Url,
    cookies: CheckCookies,
    interval: Option<Duration>,
}

impl HostChecker {
    /// Reads the files that are named, and sees whether the external program may be started as it should.
    ///
    /// # Errors
    /// A file that cannot be used, an account that cannot be had.
    pub fn new(settings: &HostCheckSettings) -> Result<Self, Error> {
        let means = match settings.wrapper() {
            Some(program) => {
                program.check()?;
                Means::Wrapper(Box::new(Wrapper::new(program, settings)))
            }
            None => Means::BuiltIn(settings.built_in()?),
        };
        Ok(Self { means, latest: None })
    }

    /// Tells an external program the pin of the gateway's key, with or without `pin-sha256:`. Comes before the check.
    pub fn set_pin(&mut self, pin: &str) {
        if let Means::Wrapper(wrapper) = &mut self.means {
            wrapper.set_pin(pin);
        }
    }

    /// Checks this host for the gateway that has the page at this URL.
    ///
    /// # Errors
    /// See [`CheckFailure`].
    pub async fn check(
        &mut self,
        exchange: &mut dyn Exchange,
        page: &Url,
        mut cookies: CheckCookies,
    ) -> Result<Passed, CheckFailure> {
        let passed = match &mut self.means {
            Means::BuiltIn(settings) => builtin::check(exchange, settings, page, &mut cookies).await?,
            Means::Wrapper(wrapper) => wrapper.check(page, &mut cookies).await?,
        };
        self.latest = Some(Latest {
            gateway: page.clone(),
            cookies,
            interval: passed.interval,
        });
        Ok(passed)
    }

    /// The session cookie has come. `preauth` is what the jar now holds as `DSPREAUTH`, if it holds one.
    pub async fn session_arrived(&mut self, preauth: Option<Secret>) {
        let Some(latest) = &mut self.latest else { return };
        if let Some(preauth) = preauth {
            latest.cookies.preauth = preauth;
        }
        if let Means::Wrapper(wrapper) = &mut self.means {
            wrapper.tell(&latest.cookies.preauth).await;
        }
    }

    /// What keeps the session alive; `None` when no check was made, or the gateway wants no other.
    pub fn into_recheck<'a>(self, exchange: Box<dyn Exchange + 'a>) -> Option<Recheck<'a>> {
        let latest = self.latest?;
        match (&self.means, latest.interval) {
            (Means::BuiltIn(_), None) => None,
            // it stays even when there is nothing to tell it
            (Means::Wrapper(_), _) | (Means::BuiltIn(_), Some(_)) => {
                Some(Recheck::new(self.means, latest, exchange))
            }
        }
    }
}

#[cfg(test)]
mod tests;
