//! Looks at a gateway without an account: its TLS, its certificate, its protocols, and what its sign-in begins with.

use http::Method;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, UPGRADE};
use url::Url;

use super::connect::Connector;
use super::dump::Dump;
use super::error::NetError;
use super::http::{self as http_client, HttpClient, Limits};
use super::tls::TlsInfo;
use crate::auth::flow::{Flow, FlowError, FlowSettings, Step};
use crate::auth::page::PageForm;
use crate::secret::Secret;

/// What was seen.
pub struct Probe {
    /// Makes connections to the address that answered.
    pub connector: Connector,
    /// What was negotiated, the certificates and whether they are trusted.
    pub tls: Option<TlsInfo>,
    /// The page that asks first.
    pub page: Url,
    /// That page is at another host than the gateway.
    pub elsewhere: bool,
    /// Its form, as it stands there.
    pub form: Option<PageForm>,
    /// What a sign-in begins with.
    pub begins: Begins,
    /// It answers to the request of Network Connect clients with pages of such a gateway.
    pub network_connect: bool,
    /// It switches to the Pulse protocol on request; `None` when it could not be asked.
    pub pulse: Option<bool>,
}

/// What a sign-in begins with.
#[derive(Debug)]
pub enum Begins {
    /// A form to be answered.
    Form,
    /// The host checker.
    HostCheck,
    /// A page only a browser can show.
    Browser,
    /// An error.
    Failed(FlowError),
    /// A connection that failed, after a first one to the gateway.
    Broken(NetError),
    /// Nothing: there is a session at once, by the client certificate.
    Session,
}

/// Goes as far as the first question. Nothing is filled in, so nothing secret can be sent, whoever answers.
///
/// # Errors
/// The gateway cannot be reached, or TLS fails.
pub async fn probe(connector: Connector, path: String, dump: Option<Dump>) -> Result<Probe, NetError> {
    let settings = FlowSettings {
        path,
        ..FlowSettings::default()
    };
    let mut flow = Flow::new(settings, connector.url());
    let mut client = HttpClient::new(connector, dump);
    let mut step = flow.start();
    let begins = loop {
        step = match step {
            Ok(Step::Send(request)) => {
                let response = match client.send(&request).await {
                    Ok(response) => response,
                    // what is known of the gateway by now is worth telling
                    Err(error) if client.tls().is_some() => break Begins::Broken(error),
                    Err(error) => return Err(error),
                };
                let next = flow.handle_response(&response);
                client.move_gateway(flow.gateway())?;
                next
            }
            Ok(Step::Ask(_)) => break Begins::Form,
            Ok(Step::CheckHost(_)) => break Begins::HostCheck,
            Ok(Step::Browse(_)) => break Begins::Browser,
            Ok(Step::Done(_)) => break Begins::Session,
            Err(error) => break Begins::Failed(error),
        };
    };
    let tls = client.tls().cloned();
    let mut connector = client.into_gateway();
    let pulse = match matches!(begins, Begins::Broken(_)) {
        true => None,
        false => speaks_pulse(&mut connector).await,
    };
    Ok(Probe {
        connector,
        tls,
        page: flow.url().clone(),
        elsewhere: flow.url().origin() != flow.gateway().origin(),
        form: flow.last_form().cloned(),
        network_connect: flow.saw_gateway_page(),
        begins,
        pulse,
    })
}

/// A gateway that does answers 101 to the upgrade (`pulse-ift.md §2`).
async fn speaks_pulse(connector: &mut Connector) -> Option<bool> {
    let agent = connector.user_agent();
    let none = Secret::default();
    let mut request =
        http_client::request(Method::GET, connector.url(), agent, &none, bytes::Bytes::new()).ok()?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("EAP"));
    headers.insert(UPGRADE, HeaderValue::from_static("IF-T/TLS 1.0"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    let connection = connector.connect().await.ok()?;
    let limits = Limits {
        time: PULSE_LIMIT,
        ..Limits::default()
    };
    let response = http_client::send(connection.stream, request, limits).await.ok()?;
    Some(response.status() == 101)
}

/// Whoever knows the protocol answers at once.
const PULSE_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::testing::{Authority, Gateway, NAME, Script, connector, settings};

    #[tokio::test]
    async fn a_provider_that_cannot_be_reached_leaves_the_gateway_known() {
        let leaf = Authority::new().leaf(NAME);
        // nobody listens on port 1
        let answer = "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/sso\r\nContent-Length: 0\r\n\r\n";
        let gateway = Gateway::modern(leaf.server(), Script::Answer(answer)).await;
        let mut settings = settings(gateway.port);
        settings.tls.accept_untrusted_for_probe = true;
        let probed = probe(connector(&settings).unwrap(), "/".to_owned(), None).await;
        let probed = probed.unwrap_or_else(|error| panic!("{error:?}"));
        assert!(
            matches!(probed.begins, Begins::Broken(NetError::Unreachable { .. })),
            "{:?}",
            probed.begins
        );
        assert_eq!(probed.tls.unwrap().pin, leaf.pin().to_string());
        assert!(probed.elsewhere && !probed.network_connect);
    }
}
