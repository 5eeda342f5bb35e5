//! The built-in checker: two requests (`juniper-nc.md §5.4`).

use tracing::{debug, warn};
use url::Url;

use super::{CheckFailure, Exchange};
use crate::auth::host_check::{CheckCookies, CheckSettings, ExpectMessage, Passed};
use crate::error::Clean;

/// Leaves the newest cookie in `cookies`, also when it fails halfway.
pub(super) async fn check(
    exchange: &mut dyn Exchange,
    settings: &CheckSettings,
    page: &Url,
    cookies: &mut CheckCookies,
) -> Result<Passed, CheckFailure> {
    let (check, request) = ExpectMessage::start(settings, page, cookies.clone());
    let response = exchange.send(&request).await?;
    let (check, request) = check.handle(&response)?;
    cookies.preauth = check.preauth().clone();
    let response = exchange.send(&request).await?;
    let passed = check.handle(&response)?;
    cookies.preauth = passed.preauth.clone();
    for policy in &passed.policies {
        debug!(policy = %Clean(&policy.name), met = policy.met, "the gateway was told about a policy");
    }
    for id in &passed.missing_certificates {
        warn!(id = %Clean(id), "the gateway asks for a machine certificate that is not among those given");
    }
    Ok(passed)
}
