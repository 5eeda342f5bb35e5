//! From settings to an open TLS stream: resolve, TCP or proxy, TLS, each step with its time limit.

mod race;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use url::Url;

use self::race::race;
use super::error::{NetError, Step};
use super::proxy::{Proxy, ProxyError, Target};
use super::settings::GatewaySettings;
use super::tls::{Failure, TlsClient, TlsInfo};

/// A byte stream to the gateway, whichever TLS back end is under it.
pub trait AsyncStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> AsyncStream for T {}

/// The decrypted stream. The gateway's end shows as a read of nothing or as `UnexpectedEof`: gateways leave without
/// `close_notify` (`juniper-nc.md §2`), and the back ends differ in what they make of it.
pub type Stream = Box<dyn AsyncStream>;

/// An open TLS connection.
pub struct Connection {
    /// The decrypted stream.
    pub stream: Stream,
    /// What was negotiated.
    pub tls: TlsInfo,
    /// The other end of the TCP connection: the gateway, or the proxy.
    pub peer: SocketAddr,
    /// Our end.
    pub local: IpAddr,
    /// Another node than the one before: it may not know the session (`juniper-nc.md §3.6`).
    pub stranger: bool,
}

/// Makes connections to one gateway, always to the same address and with the same TLS back end after the first.
///
/// A name may stand for several nodes. The one that served the first connection serves all of a login, its tunnel and its
/// logout. Only when the tunnel has to be opened again and that node could not be reached twice, the others are tried
/// beside it ([`Connector::reconnect`]). What another node says about the session counts only when it takes it over,
/// and from then on it is the one: `settle`. One that refuses is not asked again (`pass_over`) until the tunnel is back.
#[derive(Clone)]
pub struct Connector {
    settings: GatewaySettings,
    user_agent: String,
    place: String,
    url: Url,
    proxy: Option<Proxy>,
    tls: TlsClient,
    address: Option<SocketAddr>,
    /// All that the name stood for at the first connection.
    nodes: Vec<SocketAddr>,
    /// Nodes that do not know the session.
    passed_over: Vec<SocketAddr>,
    /// How often in a row the node could not be reached.
    misses: u32,
}

impl Connector {
    /// Reads roots, CA files and the client certificate. Touches no network.
    ///
    /// # Errors
    /// Files that are missing or hold no usable certificate or key, a host that is neither name nor address, a proxy
    /// of an unknown kind, TLS settings that contradict each other or this build.
    pub fn new(settings: GatewaySettings, user_agent: String) -> Result<Self, NetError> {
        let tls = TlsClient::new(&settings, &place(&settings.host, settings.port))?;
        Self::with_tls(settings, user_agent, tls)
    }

    /// A connector for another host than the gateway, such as an identity provider: same proxy, addresses, time
    /// limits, authorities and TLS back ends, but without what belongs to the gateway alone
    /// ([`TlsSettings::for_other_host`](super::settings::TlsSettings::for_other_host)). Touches no network.
    ///
    /// # Errors
    /// As [`Connector::new`].
    pub fn for_host(&self, host: &str, port: u16) -> Result<Self, NetError> {
        let settings = GatewaySettings {
            host: host.to_owned(),
            port,
            tls: self.settings.tls.for_other_host(),
            ..self.settings.clone()
        };
        let tls = TlsClient::for_other_host(&settings, &place(host, port))?;
        Self::with_tls(settings, self.user_agent.clone(), tls)
    }

    fn with_tls(settings: GatewaySettings, user_agent: String, tls: TlsClient) -> Result<Self, NetError> {
        let place = place(&settings.host, settings.port);
        let url = Url::parse(&format!("https://{place}/")).map_err(|_| NetError::Unusable {
            problem: format!("{} is neither a host name nor an address", settings.host),
        })?;
        let proxy = settings
            .proxy
            .as_ref()
            .map(|url| Proxy::new(url, &place))
            .transpose()?;
        Ok(Self {
            settings,
            user_agent,
            place,
            url,
            proxy,
            tls,
            address: None,
            nodes: Vec::new(),
            passed_over: Vec::new(),
            misses: 0,
        })
    }

    /// Opens a new connection. Dropping the future at any point leaves nothing behind.
    ///
    /// # Errors
    /// Any `NetError` but those of HTTP.
    pub async fn connect(&mut self) -> Result<Connection, NetError> {
        let limit = self.settings.connect_timeout;
        if self.proxy.is_some() {
            return self.secure(None, None, limit).await;
        }
        if let Some(address) = self.address {
            return self.secure(Some(address), None, limit).await;
        }
        let candidates = self.resolve(&self.settings.host, self.settings.port).await?;
        let connection = self.first_of(candidates.clone()).await?;
        self.address = Some(connection.peer);
        self.nodes = candidates;
        Ok(connection)
    }

    /// Opens a connection for a tunnel that was up: to the same node, or, when that could not be reached several times,
    /// to another one, which may not know the session.
    ///
    /// # Errors
    /// As [`Connector::connect`].
    pub async fn reconnect(&mut self) -> Result<Connection, NetError> {
        let Some(home) = self.address else {
            return self.connect().await;
        };
        let others = self.others();
        if others.is_empty() {
            return self.connect().await;
        }
        let result = if self.misses < PATIENCE {
            let limit = self.settings.connect_timeout.min(NODE_LIMIT);
            self.secure(Some(home), None, limit).await
        } else {
            let nodes = [vec![home], others].concat();
            self.first_of(nodes).await
        };
        match result {
            Ok(connection) => {
                let stranger = connection.peer != home;
                if !stranger {
                    self.misses = 0;
                }
                Ok(Connection {
                    stranger,
                    ..connection
                })
            }
            Err(error) => {
                self.misses = self.misses.saturating_add(u32::from(is_out_of_order(&error)));
                Err(error)
            }
        }
    }

    /// The tunnel is open at this node. True when that is another one than before.
    pub fn settle(&mut self, node: IpAddr) -> bool {
        self.misses = 0;
        self.passed_over.clear();
        let moved = self.nodes.iter().find(|known| known.ip() == node);
        match moved.filter(|known| self.address.is_some_and(|home| home != **known)) {
            Some(moved) => {
                self.address = Some(*moved);
                true
            }
            None => false,
        }
    }

    /// This node does not know the session.
    pub fn pass_over(&mut self, node: IpAddr) {
        let known = self.nodes.iter().find(|known| known.ip() == node);
        self.passed_over.extend(known);
    }

    /// The nodes that could take over.
    pub fn other_nodes(&self) -> impl Iterator<Item = IpAddr> {
        let home = self.address;
        let others = self.nodes.iter().filter(move |node| Some(**node) != home);
        others.map(SocketAddr::ip)
    }

    fn others(&self) -> Vec<SocketAddr> {
        let others = self.nodes.iter().filter(|node| Some(**node) != self.address);
        others
            .filter(|node| !self.passed_over.contains(node))
            .copied()
            .collect()
    }

    /// The first of several nodes that completes a handshake.
    async fn first_of(&mut self, mut candidates: Vec<SocketAddr>) -> Result<Connection, NetError> {
        let limit = self.settings.connect_timeout;
        let each = share(limit, candidates.len());
        let mut last = NetError::UnknownHost {
            host: self.settings.host.clone(),
            source: io::Error::from(io::ErrorKind::NotFound),
        };
        while !candidates.is_empty() {
            let connecting = |address| self.open(address, &self.place, limit);
            let (address, tcp) = race(&candidates, connecting).await?;
            match self.secure(Some(address), Some(tcp), each).await {
                // The next node of a cluster may be alive; all else is the same everywhere, unless one was in order before.
                Err(error) if is_dead(&error) || self.address.is_some() && is_out_of_order(&error) => {
                    tracing::debug!(%address, %error, "address passed over");
                    candidates.retain(|candidate| *candidate != address);
                    last = error;
                }
                other => return other,
            }
        }
        Err(last)
    }

    /// The gateway's address of the first success, used for all later connections: the nodes behind one name may
    /// share no sessions (`juniper-nc.md §3.6`). `None` before, and behind a proxy.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// True when a proxy stands between: no ESP then (`juniper-nc.md §3.5`).
    pub fn through_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// `https://HOST[:PORT]/` of the gateway.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `HOST:PORT` of the gateway, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// `User-Agent` of every request.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// TLS on this TCP connection, or on one opened for it; a second time with the other back end when the first is
    /// refused.
    async fn secure(
        &mut self,
        address: Option<SocketAddr>,
        mut ready: Option<TcpStream>,
        limit: Duration,
    ) -> Result<Connection, NetError> {
        let mut backend = self.tls.first();
        loop {
            let tcp = match (ready.take(), address) {
                (Some(tcp), _) => tcp,
                (None, Some(address)) => self.open(address, &self.place, limit).await?,
                (None, None) => self.open_proxied(limit).await?,
            };
            let ends = tcp
                .peer_addr()
                .and_then(|peer| Ok((peer, tcp.local_addr()?.ip())));
            let (peer, local) = ends.map_err(|source| NetError::Unreachable {
                place: self.place.clone(),
                source,
            })?;
            let handshake = self.tls.handshake(backend, tcp);
            let Ok(outcome) = timeout(limit, handshake).await else {
                return Err(timed_out(&self.place, Step::Handshake, limit));
            };
            match outcome {
                Ok((stream, tls)) => {
                    self.tls.remember(backend, &tls);
                    tracing::debug!(version = %tls.version, suite = %tls.suite, pin = %tls.pin, "TLS is up");
                    return Ok(Connection {
                        stream,
                        tls,
                        peer,
                        local,
                        stranger: false,
                    });
                }
                Err(Failure::Fatal(error)) => return Err(error),
                Err(Failure::Refused(refusal)) => match self.tls.after(backend, &refusal) {
                    Some(next) => {
                        tracing::debug!(%refusal, "trying the legacy TLS back end");
                        backend = next;
                    }
                    None => return Err(self.tls.refused(backend, refusal)),
                },
            }
        }
    }

    async fn open_proxied(&self, limit: Duration) -> Result<TcpStream, NetError> {
        let Some(proxy) = &self.proxy else {
            return Err(NetError::Unusable {
                problem: "there is no proxy".to_owned(),
            });
        };
        let candidates = self.resolve(proxy.host(), proxy.port()).await?;
        let each = share(limit, candidates.len());
        let mut outcome = Err(NetError::UnknownHost {
            host: proxy.host().to_owned(),
            source: io::Error::from(io::ErrorKind::NotFound),
        });
        for address in candidates {
            outcome = self.open(address, proxy.place(), each).await;
            if outcome.is_ok() {
                break;
            }
        }
        let mut tcp = match outcome {
            Ok(tcp) => tcp,
            Err(NetError::Unreachable { source, .. }) => {
                return Err(NetError::Proxy {
                    proxy: proxy.place().to_owned(),
                    place: self.place.clone(),
                    source: ProxyError::Unreachable(source),
                });
            }
            Err(NetError::TimedOut { place, step, limit }) => {
                return Err(timed_out(&format!("the proxy {place}"), step, limit));
            }
            Err(error) => return Err(error),
        };
        let target = Target {
            // An address the user or an earlier login has fixed goes to the proxy instead of the name.
            host: match self.fixed(&self.settings.host).first() {
                Some(address) => address.to_string(),
                None => self.settings.host.clone(),
            },
            port: self.settings.port,
            user_agent: &self.user_agent,
        };
        match timeout(limit, proxy.connect(&mut tcp, &target)).await {
            Ok(Ok(())) => Ok(tcp),
            Ok(Err(source)) => Err(NetError::Proxy {
                proxy: proxy.place().to_owned(),
                place: self.place.clone(),
                source,
            }),
            Err(_) => Err(timed_out(proxy.place(), Step::Proxy, limit)),
        }
    }

    /// A TCP connection to the gateway or the proxy.
    async fn open(&self, address: SocketAddr, place: &str, limit: Duration) -> Result<TcpStream, NetError> {
        let unreachable = |source| NetError::Unreachable {
            place: place.to_owned(),
            source,
        };
        let tcp = match timeout(limit, self.settings.outer.connect(address)).await {
            Ok(outcome) => outcome.map_err(unreachable)?,
            Err(_) => return Err(timed_out(place, Step::Connect, limit)),
        };
        tune(&tcp).map_err(unreachable)?;
        Ok(tcp)
    }

    /// Address literals as they are, then `--resolve`, then the system.
    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.fixed(host),
        };
        if !addresses.is_empty() {
            return Ok(addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect());
        }
        let limit = self.settings.connect_timeout;
        let unknown = |source| NetError::UnknownHost {
            host: host.to_owned(),
            source,
        };
        let found = match timeout(limit, lookup_host((host, port))).await {
            Ok(found) => found.map_err(unknown)?,
            Err(_) => return Err(timed_out(host, Step::Resolve, limit)),
        };
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found {
            if !addresses.contains(&address) && addresses.len() < MAX_ADDRESSES {
                addresses.push(address);
            }
        }
        tracing::debug!(host, ?addresses, "resolved");
        Ok(addresses)
    }

    fn fixed(&self, host: &str) -> Vec<IpAddr> {
        self.settings
            .resolve
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(host))
            .map(|(_, address)| *address)
            .collect()
    }
}

/// `HOST:PORT`, IPv6 in brackets.
pub(super) fn place(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn timed_out(place: &str, step: Step, limit: Duration) -> NetError {
    NetError::TimedOut {
        place: place.to_owned(),
        step,
        limit,
    }
}

/// Whether another node of the cluster may do better.
fn is_dead(error: &NetError) -> bool {
    matches!(error, NetError::Unreachable { .. } | NetError::TimedOut { .. })
}

/// Whether a node that was in order before is not any more. One that is on its way down may still take connections.
fn is_out_of_order(error: &NetError) -> bool {
    is_dead(error) || matches!(error, NetError::Handshake { .. } | NetError::NotTls { .. })
}

/// What one of several addresses may use of the limit: a dead first one must not eat it all.
fn share(limit: Duration, candidates: usize) -> Duration {
    let count = u32::try_from(candidates.max(1)).unwrap_or(u32::MAX);
    (limit / count).max(MIN_SHARE).min(limit)
}

/// No delay for small records; keepalive because oNCP has none of its own (`juniper-nc.md §14.6`).
fn tune(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let socket = SockRef::from(tcp);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_PROBES);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(Some(KEEPALIVE_IDLE + KEEPALIVE_INTERVAL * KEEPALIVE_PROBES))?;
    Ok(())
}

/// After so many failures in a row the other nodes are tried too.
const PATIENCE: u32 = 2;
/// Limit for the node of the login while there are others.
const NODE_LIMIT: Duration = Duration::from_secs(5);
/// Enough for a cluster; a hostile resolver answer shall not keep us busy.
const MAX_ADDRESSES: usize = 8;
/// One lost SYN (1 s) and its repetition fit in.
const MIN_SHARE: Duration = Duration::from_secs(3);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_PROBES: u32 = 3;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Instant;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
    use tokio::net::TcpListener;

    use super::*;
    use crate::exit::ExitStatus;
    use crate::net::testing::{
        Authority, Folder, Gateway, NAME, Script, connect, connector, ping, refusal, settings,
    };

    #[tokio::test]
    async fn an_unknown_name_is_told_as_such() {
        let mut settings = settings(443);
        // RFC 6761 keeps this name from ever existing.
        settings.host = "gateway.invalid".to_owned();
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::NoHost);
        assert_eq!(error.message, "unknown host name gateway.invalid");
    }

    #[tokio::test]
    async fn a_refused_connection_is_told_as_such() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = refusal(&settings(port)).await;
        assert_eq!(error.status, ExitStatus::Unavailable);
        assert_eq!(
            error.message,
            format!("cannot reach {NAME}:{port}: connection refused")
        );
    }

    #[tokio::test]
    async fn the_next_address_is_tried_and_then_kept() {
        let leaf = Authority::new().leaf(NAME);
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        let mut settings = settings(gateway.port);
        settings.tls.pins = vec![leaf.pin()];
        // Nothing listens on 127.0.0.2; the test gateway is bound to 127.0.0.1 only.
        settings
            .resolve
            .insert(0, (NAME.to_uppercase(), "127.0.0.2".parse().unwrap()));
        let mut connector = connector(&settings).unwrap();
        for _ in 0..2 {
            ping(&mut connector.connect().await.unwrap()).await;
            assert_eq!(
                connector.address().unwrap().ip(),
                IpAddr::from(Ipv4Addr::LOCALHOST)
            );
        }
        assert!(!connector.through_proxy());
        drop(gateway);
        tokio::task::yield_now().await;
        assert!(connector.connect().await.is_err());
        assert!(connector.address().is_some());
    }

    #[tokio::test]
    async fn a_silent_first_address_does_not_eat_all_the_time() {
        let leaf = Authority::new().leaf(NAME);
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        // Accepts by the kernel and never answers.
        let silent = TcpListener::bind(("127.0.0.3", gateway.port)).await.unwrap();
        let mut settings = settings(gateway.port);
        settings.tls.pins = vec![leaf.pin()];
        settings.connect_timeout = Duration::from_secs(4);
        settings
            .resolve
            .insert(0, (NAME.to_owned(), "127.0.0.3".parse().unwrap()));
        let start = Instant::now();
        ping(&mut connect(&settings).await.unwrap()).await;
        assert!(start.elapsed() < Duration::from_secs(4));
        drop(silent);
    }

    #[tokio::test]
    async fn another_host_is_reached_without_what_belongs_to_the_gateway() {
        let (folder, authority, clients) = (Folder::new(), Authority::new(), Authority::new());
        let client = clients.leaf("joe");
        let provider_leaf = authority.leaf("idp.test");
        // it would take our certificate, if we had one to show
        let provider = Gateway::modern(provider_leaf.server_for(Some(&clients)), Script::Echo).await;
        let open_provider = Gateway::modern(provider_leaf.server(), Script::Echo).await;
        let mut settings = settings(443);
        settings
            .resolve
            .push(("idp.test".to_owned(), Ipv4Addr::LOCALHOST.into()));
        settings.tls.pins = vec![Authority::new().leaf(NAME).pin()];
        settings.tls.sni = Some("front.test".to_owned());
        settings.tls.certificate = Some(folder.write("joe.pem", &client.pem));
        settings.tls.key = Some(folder.write("joe.key", &client.key.serialize_pem()));

        let mut untrusting = connector(&settings)
            .unwrap()
            .for_host("idp.test", open_provider.port)
            .unwrap();
        let error = untrusting.connect().await.err().expect("no root").user_error();
        assert_eq!(error.status, ExitStatus::Untrusted);
        let hint = error.hint.expect("advice");
        assert!(
            hint.contains("--cafile") && !hint.contains("--servercert"),
            "{hint}"
        );

        settings.tls.ca_files = vec![folder.write("root.pem", &authority.pem)];
        let gateway = connector(&settings).unwrap();
        let mut other = gateway.for_host("idp.test", open_provider.port).unwrap();
        ping(&mut other.connect().await.unwrap()).await;
        assert_eq!(other.url().host_str(), Some("idp.test"));
        assert_eq!(other.user_agent(), gateway.user_agent());
        let mut asking = gateway.for_host("idp.test", provider.port).unwrap();
        assert!(crate::net::http::tests::fetch(&mut asking).await.is_err());
    }

    #[test]
    fn the_limit_is_shared_by_the_addresses() {
        let seconds = Duration::from_secs;
        assert_eq!(share(seconds(30), 1), seconds(30));
        assert_eq!(share(seconds(30), 3), seconds(10));
        assert_eq!(share(seconds(30), 8), Duration::from_millis(3750));
        assert_eq!(share(seconds(8), 8), MIN_SHARE);
        assert_eq!(share(seconds(1), 8), seconds(1));
    }

    #[test]
    fn an_ipv6_literal_stands_in_brackets() {
        let mut settings = settings(4443);
        settings.host = "::1".to_owned();
        let connector = connector(&settings).unwrap();
        assert_eq!(connector.place(), "[::1]:4443");
        assert_eq!(connector.url().as_str(), "https://[::1]:4443/");
    }

    #[test]
    fn hosts_that_are_none_are_refused() {
        for host in ["", "a b", "a/b", "a@b"] {
            let mut settings = settings(443);
            settings.host = host.to_owned();
            let error = connector(&settings).err().unwrap().user_error();
            assert_eq!(error.status, ExitStatus::Usage, "{host}");
        }
    }

    /// A proxy that lets everything through to a port on loopback, whatever name it is asked for.
    async fn open_proxy(gateway: u16) -> Gateway {
        Gateway::new(move |mut tcp, seen| async move {
            let mut message = vec![0; 1024];
            let count = tcp.read(&mut message).await.unwrap();
            let answer: &[u8] = if message[0] == 5 {
                tcp.write_all(b"\x05\x00").await.unwrap();
                let _ = tcp.read(&mut message).await.unwrap();
                b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
            } else {
                b"HTTP/1.1 200 OK\r\n\r\n"
            };
            seen.lock()
                .unwrap()
                .push(String::from_utf8_lossy(&message[..count]).into_owned());
            let mut onward = TcpStream::connect((Ipv4Addr::LOCALHOST, gateway)).await.unwrap();
            tcp.write_all(answer).await.unwrap();
            let _ = copy_bidirectional(&mut tcp, &mut onward).await;
        })
        .await
    }

    #[tokio::test]
    async fn proxies_lead_to_the_gateway_whose_name_only_they_know() {
        let leaf = Authority::new().leaf(NAME);
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        let proxy = open_proxy(gateway.port).await;
        for scheme in ["http", "socks5", "socks5h"] {
            let mut settings = settings(gateway.port);
            settings.resolve.clear();
            settings.tls.pins = vec![leaf.pin()];
            let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
            settings.proxy = Some(Url::parse(&url).unwrap());
            let mut connector = connector(&settings).unwrap();
            assert!(connector.through_proxy());
            ping(&mut connector.connect().await.unwrap()).await;
            assert_eq!(connector.address(), None);
        }
        let head = proxy.request(0).unwrap();
        assert!(
            head.starts_with(&format!("CONNECT {NAME}:{} ", gateway.port)),
            "{head}"
        );
    }

    #[tokio::test]
    async fn a_proxy_that_cannot_be_reached_is_told_as_the_proxy() {
        let mut settings = settings(443);
        // nobody listens on port 1
        settings.proxy = Some(Url::parse("http://joe:secret@127.0.0.1:1").unwrap());
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Unavailable);
        assert_eq!(
            error.message,
            format!(
                "the proxy 127.0.0.1:1 did not connect us to {NAME}:443: it cannot be reached: connection refused"
            )
        );
        assert!(error.hint.is_some_and(|hint| hint.contains("--no-proxy")));
    }

    #[tokio::test]
    async fn a_proxy_that_wants_a_password_is_told_with_the_way_out() {
        let proxy = Gateway::new(|mut tcp, _| async move {
            let mut head = vec![0; 1024];
            let _ = tcp.read(&mut head).await.unwrap();
            let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
            tcp.write_all(answer).await.unwrap();
        })
        .await;
        let mut settings = settings(443);
        let url = format!("http://joe:secret@127.0.0.1:{}", proxy.port);
        settings.proxy = Some(Url::parse(&url).unwrap());
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Unavailable);
        assert!(
            error.message.contains("wants a user name and password"),
            "{error}"
        );
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn a_silent_proxy_meets_the_time_limit() {
        let proxy = Gateway::new(|tcp, _| async move {
            std::future::pending::<()>().await;
            drop(tcp);
        })
        .await;
        for scheme in ["http", "socks5"] {
            let mut settings = settings(443);
            settings.connect_timeout = Duration::from_millis(100);
            let url = format!("{scheme}://127.0.0.1:{}", proxy.port);
            settings.proxy = Some(Url::parse(&url).unwrap());
            let error = refusal(&settings).await;
            assert_eq!(error.status, ExitStatus::Unavailable);
            assert!(error.message.contains("asking the proxy"), "{error}");
        }
    }
}
