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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;
    use crate::net::testing::{Authority, Gateway, NAME, Script, connector, settings};

    async fn run(script: Script) -> (Result<(), NetError>, Option<String>) {
        let leaf = Authority::new().leaf(NAME);
        let gateway = Gateway::modern(leaf.server(), script).await;
        let mut settings = settings(gateway.port);
        settings.tls.pins = vec![leaf.pin()];
        let mut connector = connector(&settings).unwrap();
        let limit = Duration::from_millis(700);
        let outcome = logout(&mut connector, &Secret::new("DSID=0123"), limit).await;
        (outcome, gateway.request(0))
    }

    #[tokio::test]
    async fn ok_a_redirect_and_a_bare_close_are_success() {
        for answer in [
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>bye",
            "HTTP/1.1 302 Found\r\nlocation: /dana-na/auth/welcome.cgi\r\nContent-Length: 0\r\n\r\n",
            "",
        ] {
            let (outcome, request) = run(Script::Answer(answer)).await;
            outcome.unwrap();
            let request = request.unwrap();
            assert!(
                request.starts_with("GET /dana-na/auth/logout.cgi HTTP/1.1\r\n"),
                "{request}"
            );
            assert!(request.contains("\r\nCookie: DSID=0123\r\n"), "{request}");
        }
    }

    #[tokio::test]
    async fn other_answers_are_told() {
        let answer = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
        let error = run(Script::Answer(answer)).await.0.unwrap_err().user_error();
        assert_eq!(error.status, ExitStatus::Protocol);
        assert!(error.message.ends_with("status 503"), "{error}");
    }

    #[tokio::test]
    async fn silence_ends_at_the_limit() {
        let error = run(Script::Silence).await.0.unwrap_err();
        assert!(matches!(error, NetError::TimedOut { .. }), "{error:?}");
        assert_eq!(error.user_error().status, ExitStatus::Unavailable);
    }
}
