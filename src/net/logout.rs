//! The end of a login on the gateway.

use std::time::Duration;

use ::http::Method;
use bytes::Bytes;
use tokio::time::timeout;

use super::connect::Connector;
use super::error::{NetError, Step};
use super::http::{self, Limits};
use crate::secret::Secret;

/// Ends the login that the cookies stand for (`juniper-nc.md §16.2`), on a new connection and within the limit.
///
/// 200, a redirect, and a close without an answer all count as done (R104).
///
/// # Errors
/// Anything that kept the request from being sent, another status, or the time limit.
pub async fn logout(connector: &mut Connector, cookies: &Secret, limit: Duration) -> Result<(), NetError> {
    match timeout(limit, attempt(connector, cookies, limit)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(NetError::TimedOut {
            place: connector.place().to_owned(),
            step: Step::Logout,
            limit,
        }),
    }
}

async fn attempt(connector: &mut Connector, cookies: &Secret, limit: Duration) -> Result<(), NetError> {
    let mut url = connector.url().clone();
    url.set_path(LOGOUT_PATH);
    let request = http::request(Method::GET, &url, connector.user_agent(), cookies, Bytes::new())?;
    let connection = connector.connect().await?;
    let limits = Limits {
        time: limit,
        ..Limits::default()
    };
    match http::send(connection.stream, request, limits).await {
        Ok(response) if response.status() == 200 || response.status().is_redirection() => Ok(()),
        Ok(response) => Err(NetError::LogoutRefused {
            place: connector.place().to_owned(),
            status: response.status().as_u16(),
        }),
        Err(NetError::Closed { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

const LOGOUT_PATH: &str = "/dana-na/auth/logout.cgi";
