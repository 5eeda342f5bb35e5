//! The client of a sign-in: requests to any host, on connections that are kept and used again.

#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use tokio::task::yield_now;
use tokio::time::Instant;
use url::Url;

use super::open::OpenConnection;
use super::{Limits, Peer, request_to};
use crate::auth::exchange;
use crate::net::connect::{Connector, place};
use crate::net::dump::Dump;
use crate::net::error::NetError;
use crate::net::tls::TlsInfo;
use crate::secret::Secret;

/// Carries out the requests of a sign-in, one after the other, to the gateway and to other hosts.
///
/// No task runs behind it: connections live in here and move only while a request is on its way. Redirects and
/// cookies are not its business.
pub struct HttpClient {
    gateway: Connector,
    gateway_origin: Option<Origin>,
    /// The oldest first.
    others: Vec<Other>,
    /// The one unused for longest first.
    idle: Vec<Idle>,
    tls: Option<TlsInfo>,
    dump: Option<Dump>,
    limits: Limits,
    idle_limit: Duration,
}

/// Whom a connection is to. The scheme is always HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    host: String,
    port: u16,
}

/// A host that is not the gateway.
struct Other {
    origin: Origin,
    connector: Connector,
    tls: Option<TlsInfo>,
}

/// A connection between two requests.
struct Idle {
    origin: Origin,
    connection: OpenConnection,
    since: Instant,
}

impl HttpClient {
    /// A client that reaches the gateway by this connector. With a dump, everything it sends and gets is logged.
    pub fn new(gateway: Connector, dump: Option<Dump>) -> Self {
        Self {
            gateway_origin: Origin::of(gateway.url()),
            gateway,
            others: Vec::new(),
            idle: Vec::new(),
            tls: None,
            dump,
            limits: Limits::default(),
            idle_limit: IDLE_LIMIT,
        }
    }

    /// Sends the request and reads the whole response, whatever its status.
    ///
    /// When a kept connection breaks before the first octet of the answer, the request is repeated once on a fresh
    /// one (R5). Dropping the future closes the connection in use and leaves the client as usable as before.
    ///
    /// # Errors
    /// All of `NetError` but `LogoutRefused`; `BadRequest` for a URL that is not HTTPS.
    pub async fn send(&mut self, request: &exchange::Request) -> Result<exchange::Response, NetError> {
        let origin = Origin::of(&request.url).ok_or(NetError::BadRequest { what: "URL" })?;
        let message = self.message(&origin, request)?;
        if let Some(dump) = &self.dump {
            dump.request(&request.url, &message);
        }
        let response = self.carry_out(&origin, message).await?;
        if let Some(dump) = &self.dump {
            dump.response(request, &response);
        }
        let (head, body) = response.into_parts();
        Ok(exchange::Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        })
    }

    /// The gateway's connector. It knows the address and the TLS back end that worked.
    pub fn gateway(&self) -> &Connector {
        &self.gateway
    }

    /// The gateway's connector, for the tunnel: it goes to the address that served the sign-in
    /// (`juniper-nc.md §3.6`). All connections are closed.
    pub fn into_gateway(self) -> Connector {
        self.gateway
    }

    /// From now on the host of this URL is the gateway: the one named first sent us on to it.
    ///
    /// # Errors
    /// As [`Connector::for_host`].
    pub fn move_gateway(&mut self, url: &Url) -> Result<(), NetError> {
        let origin = Origin::of(url).ok_or(NetError::BadRequest { what: "URL" })?;
        if self.is_gateway(&origin) {
            return Ok(());
        }
        let other = other(&mut self.others, &self.gateway, &origin)?;
        self.gateway = other.connector.clone();
        self.tls = other.tls.take();
        self.gateway_origin = Some(origin);
        Ok(())
    }

    /// What was negotiated on the last connection to the gateway.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.as_ref()
    }

    /// The request as it is sent.
    fn message(&self, origin: &Origin, request: &exchange::Request) -> Result<Request<Bytes>, NetError> {
        let peer = if self.is_gateway(origin) {
            Peer::Gateway
        } else {
            Peer::Other
        };
        let agent = request.user_agent.as_deref();
        let agent = agent.unwrap_or(self.gateway.user_agent());
        let (method, body) = match &request.form {
            Some(form) => (Method::POST, Bytes::from_owner(FormText(form.text.clone()))),
            None => (Method::GET, Bytes::new()),
        };
        let length = body.len();
        let mut message = request_to(peer, method, &request.url, agent, &request.cookies, body)?;
        if let Some(form) = &request.form {
            let headers = message.headers_mut();
            if form.padded {
                headers.insert(X_PAD, padding(length)?);
            }
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM_TYPE));
            headers.insert(CONTENT_LENGTH, length.into());
        }
        Ok(message)
    }

    async fn carry_out(
        &mut self,
        origin: &Origin,
        message: Request<Bytes>,
    ) -> Result<Response<Bytes>, NetError> {
        if let Some(mut connection) = self.kept(origin).await {
            match connection.exchange(message.clone(), self.limits).await {
                Ok(response) => {
                    self.keep(origin, connection).await;
                    return Ok(response);
                }
                Err(failure) if connection.was_heard() || failure.is_slow() => {
                    return Err(failure.at(origin.place()));
                }
                Err(_) => tracing::debug!("the kept connection was closed, the request is repeated"),
            }
        }
        let mut connection = self.open(origin).await?;
        let outcome = connection.exchange(message, self.limits).await;
        let response = outcome.map_err(|failure| failure.at(origin.place()))?;
        self.keep(origin, connection).await;
        Ok(response)
    }

    /// A kept connection to this peer that is still good.
    async fn kept(&mut self, origin: &Origin) -> Option<OpenConnection> {
        self.idle.retain(|idle| idle.since.elapsed() < self.idle_limit);
        let index = self.idle.iter().position(|idle| idle.origin == *origin)?;
        let mut connection = self.idle.remove(index).connection;
        // lets the runtime look at the sockets: a close that has come must show at the next poll
        yield_now().await;
        connection.is_usable().await.then_some(connection)
    }

    async fn keep(&mut self, origin: &Origin, mut connection: OpenConnection) {
        if connection.is_usable().await {
            self.idle.push(Idle {
                origin: origin.clone(),
                connection,
                since: Instant::now(),
            });
        }
    }

    async fn open(&mut self, origin: &Origin) -> Result<OpenConnection, NetError> {
        while self.idle.len() >= MAX_OPEN {
            self.idle.remove(0);
        }
        let is_gateway = self.is_gateway(origin);
        let (connector, tls) = if is_gateway {
            (&mut self.gateway, &mut self.tls)
        } else {
            let other = other(&mut self.others, &self.gateway, origin)?;
            (&mut other.connector, &mut other.tls)
        };
        let connection = connector.connect().await?;
        *tls = Some(connection.tls);
        let opened = OpenConnection::new(connection.stream).await;
        opened.map_err(|failure| failure.at(origin.place()))
    }

    fn is_gateway(&self, origin: &Origin) -> bool {
        self.gateway_origin.as_ref() == Some(origin)
    }
}

/// The connector for a host that is not the gateway.
fn other<'a>(
    others: &'a mut Vec<Other>,
    gateway: &Connector,
    origin: &Origin,
) -> Result<&'a mut Other, NetError> {
    let known = others.iter().position(|known| known.origin == *origin);
    let entry = match known {
        Some(index) => others.remove(index),
        None => Other {
            origin: origin.clone(),
            connector: gateway.for_host(&origin.host, origin.port)?,
            tls: None,
        },
    };
    if others.len() >= MAX_OTHERS {
        others.remove(0);
    }
    others.push(entry);
    Ok(others.last_mut().expect("one was pushed just now"))
}

impl Origin {
    /// `None` when the URL is not HTTPS.
    fn of(url: &Url) -> Option<Self> {
        if url.scheme() != "https" {
            return None;
        }
        Some(Self {
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
        })
    }

    fn place(&self) -> String {
        place(&self.host, self.port)
    }
}

/// Zeros that hide the length of a form (`juniper-nc.md §3.1`).
fn padding(length: usize) -> Result<HeaderValue, NetError> {
    let zeros = PAD_UNIT - length % PAD_UNIT;
    HeaderValue::from_str(&"0".repeat(zeros)).map_err(|_| NetError::BadRequest { what: "form" })
}

/// Body of a form, wiped when it has been sent.
struct FormText(Secret);

impl AsRef<[u8]> for FormText {
    fn as_ref(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

const X_PAD: HeaderName = HeaderName::from_static("x-pad");
const PAD_UNIT: usize = 64;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";
/// With the one in use.
const MAX_OPEN: usize = 4;
const MAX_OTHERS: usize = 16;
/// While a person looks for a code, firewalls forget connections and say nothing. A request lost in one of them could
/// not be repeated: nobody knows whether the gateway has seen it.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
