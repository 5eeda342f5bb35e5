//! Tests of the client against gateways on loopback that follow a script.

use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::net::proxy::ProxyError;
use crate::net::settings::GatewaySettings;
use crate::net::testing::{Authority, Folder, Gateway, Leaf, NAME, connector, params, settings};

/// What a gateway does after it has read a whole request.
#[derive(Clone, Copy)]
enum Act {
    /// Writes this and waits for the next request; after the last act it closes.
    Say(&'static str),
    /// Writes this and waits until the client has gone.
    Stay(&'static str),
}

/// Plays one list of acts per connection; more connections than lists are closed at once.
async fn gateway(config: ServerConfig, connections: &'static [&'static [Act]]) -> Gateway {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let accepted = Arc::new(Mutex::new(0));
    Gateway::new(move |tcp, seen| {
        let acceptor = acceptor.clone();
        let index = {
            let mut accepted = accepted.lock().unwrap();
            *accepted += 1;
            *accepted - 1
        };
        async move {
            let Ok(mut stream) = acceptor.accept(tcp).await else {
                return;
            };
            for act in connections.get(index).copied().unwrap_or_default() {
                let Some(request) = read_request(&mut stream).await else {
                    return;
                };
                let client = match stream.get_ref().1.peer_certificates() {
                    Some(_) => " with certificate",
                    None => "",
                };
                seen.lock().unwrap().push(format!("#{index}{client} {request}"));
                let (Act::Say(answer) | Act::Stay(answer)) = act;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.flush().await;
                if let Act::Stay(_) = act {
                    let _ = stream.read(&mut [0; 1]).await;
                }
            }
        }
    })
    .await
}

/// Head and body.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut octets = Vec::new();
    while !octets.ends_with(b"\r\n\r\n") {
        octets.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(octets).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// A gateway, a client for it that trusts only its pin, and how to speak to it.
struct Scene {
    gateway: Gateway,
    client: HttpClient,
}

impl Scene {
    async fn new(connections: &'static [&'static [Act]]) -> Self {
        let leaf = Authority::new().leaf(NAME);
        let gateway = gateway(leaf.server(), connections).await;
        let mut settings = settings(gateway.port);
        settings.tls.pins = vec![leaf.pin()];
        let client = client(&settings);
        Self { gateway, client }
    }

    fn url(&self) -> Url {
        self.client.gateway().url().join("/page").unwrap()
    }

    async fn get(&mut self) -> Result<exchange::Response, NetError> {
        let request = exchange::Request::get(self.url(), Secret::default());
        self.client.send(&request).await
    }

    async fn post(&mut self) -> Result<exchange::Response, NetError> {
        let request = exchange::Request::post(self.url(), Secret::new("DSFirst=1"), Secret::new(FORM));
        self.client.send(&request).await
    }

    /// Number of the connection, method and body of each request that came.
    fn seen(&self) -> Vec<String> {
        let requests = self.gateway.requests.lock().unwrap();
        let short = |request: &String| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            let method = head.split(" /").next().unwrap();
            format!("{method} {body}").trim_end().to_owned()
        };
        requests.iter().map(short).collect()
    }
}

fn client(settings: &GatewaySettings) -> HttpClient {
    HttpClient::new(connector(settings).unwrap(), None)
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let mut scene = Scene::new(&[&[Act::Say(FOUND), Act::Say(PAGE), Act::Stay(CHUNKED)]]).await;
    let first = scene.post().await.unwrap();
    assert_eq!((first.status, first.header("Location")), (302, Some("/next")));
    assert_eq!(scene.get().await.unwrap().body, "hello");
    assert_eq!(scene.get().await.unwrap().body, "0123456789ab");
    assert_eq!(
        scene.seen(),
        [format!("#0 POST {FORM}"), "#0 GET".into(), "#0 GET".into()]
    );
    let tls = scene.client.tls().unwrap();
    assert!(tls.version.starts_with("TLS 1."), "{tls:?}");
    let port = scene.gateway.port;
    let connector = scene.client.into_gateway();
    assert_eq!(connector.address().unwrap().port(), port);
}

#[tokio::test]
async fn answers_that_end_the_connection_are_followed_by_a_fresh_one() {
    let table = [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        // more than was announced: nobody knows what the next octets would belong to
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world",
    ];
    for answer in table {
        let connections: &[&[Act]] = &*vec![&*vec![Act::Stay(answer)].leak(), &[Act::Say(PAGE)]].leak();
        let mut scene = Scene::new(connections).await;
        for _ in 0..2 {
            assert_eq!(scene.get().await.unwrap().body, "hello", "{answer}");
        }
        assert_eq!(scene.seen(), ["#0 GET", "#1 GET"], "{answer}");
    }
}

#[tokio::test]
async fn a_body_ends_with_the_close_that_no_tls_message_announces() {
    let mut scene = Scene::new(&[
        &[Act::Say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello")],
        &[Act::Say("HTTP/1.1 200 OK\r\n\r\nhello")],
        &[Act::Say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")],
    ])
    .await;
    assert_eq!(scene.get().await.unwrap().body, "hello");
    assert_eq!(scene.get().await.unwrap().body, "hello");
    let short = scene.get().await.unwrap_err();
    assert!(matches!(short, NetError::Closed { .. }), "{short:?}");
    assert_eq!(scene.seen(), ["#0 GET", "#1 GET", "#2 GET"]);
}

#[tokio::test]
async fn odd_answers_are_read() {
    let table = [
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;x=\"y\";z\r\n0123456789\r\n1\r\na\r\n0\r\nX: 1\r\n\r\n",
            "0123456789a",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000A\r\n0123456789\r\n0\r\n\r\n",
            "0123456789",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Again\r\nX: y\r\n\r\nHTTP/1.1 401 Who\r\nwww-authenticate: NTLM\r\nX: a\r\n b\r\nno colon\r\nContent-Length: 4\r\n\r\nbody",
            "body",
        ),
        ("HTTP/1.1 204 None\r\n\r\n", ""),
    ];
    for (answer, body) in table {
        let connections: &[&[Act]] = &*vec![&*vec![Act::Say(answer), Act::Say(PAGE)].leak()].leak();
        let mut scene = Scene::new(connections).await;
        assert_eq!(scene.get().await.unwrap().body, body, "{answer}");
        assert_eq!(scene.get().await.unwrap().body, "hello", "{answer}");
        assert_eq!(scene.seen(), ["#0 GET", "#0 GET"], "{answer}");
    }
}

#[tokio::test]
async fn a_close_between_requests_is_seen_before_the_next() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE)], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    // until the close has arrived
    for _ in 0..200 {
        if !scene.client.idle[0].connection.is_usable().await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let origin = Origin::of(&scene.url()).unwrap();
    assert!(scene.client.kept(&origin).await.is_none());
    scene.post().await.unwrap();
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#1 POST {FORM}")]);
}

#[tokio::test]
async fn a_request_lost_on_a_kept_connection_is_repeated_once_and_whole() {
    let lost: &[Act] = &[Act::Say(PAGE), Act::Say("")];
    let mut scene = Scene::new(Box::leak(Box::new([lost, &[Act::Say(PAGE)]]))).await;
    scene.get().await.unwrap();
    assert_eq!(scene.post().await.unwrap().body, "hello");
    let post = |index| format!("#{index} POST {FORM}");
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), post(0), post(1)]);

    let mut scene = Scene::new(Box::leak(Box::new([lost, &[Act::Say("")], &[Act::Say(PAGE)]]))).await;
    scene.get().await.unwrap();
    let error = scene.post().await.unwrap_err();
    assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), post(0), post(1)]);
}

#[tokio::test]
async fn a_request_lost_on_a_fresh_connection_is_not_repeated() {
    let mut scene = Scene::new(&[&[Act::Say("")], &[Act::Say(PAGE)]]).await;
    let error = scene.post().await.unwrap_err();
    assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
    assert_eq!(scene.seen(), [format!("#0 POST {FORM}")]);
}

#[tokio::test]
async fn a_request_is_not_repeated_when_its_answer_has_begun() {
    for begun in [
        "H",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell",
        "SSH-2.0\r\n\r\n",
    ] {
        let connections: &[&[Act]] =
            &*vec![&*vec![Act::Say(PAGE), Act::Say(begun)].leak(), &[Act::Say(PAGE)]].leak();
        let mut scene = Scene::new(connections).await;
        scene.get().await.unwrap();
        scene.post().await.unwrap_err();
        assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#0 POST {FORM}")]);
    }
}

#[tokio::test]
async fn a_request_that_took_too_long_is_not_repeated() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE), Act::Stay("")], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    scene.client.limits.time = Duration::from_millis(100);
    let error = scene.post().await.unwrap_err();
    let place = format!("{NAME}:{}", scene.gateway.port);
    assert_eq!(
        error.to_string(),
        format!("an answer from {place} took longer than 100ms")
    );
    assert_eq!(scene.seen(), ["#0 GET".to_owned(), format!("#0 POST {FORM}")]);
    scene.get().await.unwrap();
    assert_eq!(scene.seen().last().unwrap(), "#1 GET");
}

#[tokio::test]
async fn a_connection_that_rested_too_long_is_not_used_again() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE), Act::Say(PAGE)], &[Act::Say(PAGE)]]).await;
    scene.get().await.unwrap();
    scene.client.idle_limit = Duration::ZERO;
    scene.get().await.unwrap();
    assert_eq!(scene.seen(), ["#0 GET", "#1 GET"]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_an_error_and_ends_the_connection() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n3\r\n890\r\n0\r\n\r\n",
    ] {
        let connections: &[&[Act]] = &*vec![&*vec![Act::Stay(answer)].leak(), &[Act::Say(PAGE)]].leak();
        let mut scene = Scene::new(connections).await;
        scene.client.limits.body = 10;
        let error = scene.get().await.unwrap_err();
        assert!(error.to_string().ends_with("longer than allowed"), "{error}");
        assert_eq!(scene.get().await.unwrap().body, "hello");
    }
}

#[tokio::test]
async fn a_request_given_up_leaves_the_client_usable() {
    let mut scene = Scene::new(&[&[Act::Stay("HTTP/1.1 200 OK\r\n")], &[Act::Say(PAGE)]]).await;
    let given_up = tokio::time::timeout(Duration::from_millis(100), scene.get()).await;
    assert!(given_up.is_err());
    assert_eq!(scene.get().await.unwrap().body, "hello");
}

#[tokio::test]
async fn headers_come_in_the_documented_order() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE), Act::Say(PAGE), Act::Say(PAGE)]]).await;
    let url = scene.client.gateway().url().join("/a?b=c#d").unwrap();
    let cookies = Secret::new("DSID=1; b=2");
    let post = exchange::Request::post(url.clone(), cookies.clone(), Secret::new("realm=1&b"));
    scene.client.send(&post).await.unwrap();
    let mut plain = post.clone();
    plain.user_agent = Some("Neoteris HC Http".to_owned());
    plain.form.as_mut().unwrap().padded = false;
    scene.client.send(&plain).await.unwrap();
    let get = exchange::Request::get(url, Secret::default());
    scene.client.send(&get).await.unwrap();
    let host = format!("{NAME}:{}", scene.gateway.port);
    let expected = [
        format!(
            "#0 POST /a?b=c HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test agent\r\nCookie: DSID=1; b=2\r\n\
             Ncp-Version: 3\r\nAccept-Encoding: identity\r\nX-Pad: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nrealm=1&b",
            "0".repeat(55)
        ),
        format!(
            "#0 POST /a?b=c HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Neoteris HC Http\r\nCookie: DSID=1; b=2\r\n\
             Ncp-Version: 3\r\nAccept-Encoding: identity\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nrealm=1&b"
        ),
        format!(
            "#0 GET /a?b=c HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test agent\r\nNcp-Version: 3\r\n\
             Accept-Encoding: identity\r\n\r\n"
        ),
    ];
    assert_eq!(*scene.gateway.requests.lock().unwrap(), expected);
}

#[test]
fn the_padding_makes_the_form_a_multiple_of_64() {
    // `juniper-nc.md §21.9` has the lengths 12, 59 and 64
    for (length, zeros) in [(0, 64), (1, 63), (12, 52), (59, 5), (63, 1), (64, 64), (65, 63)] {
        assert_eq!(padding(length).unwrap(), "0".repeat(zeros), "{length}");
    }
}

#[tokio::test]
async fn an_empty_form_has_a_length() {
    let mut scene = Scene::new(&[&[Act::Say(PAGE)]]).await;
    let request = exchange::Request::post(scene.url(), Secret::default(), Secret::default());
    scene.client.send(&request).await.unwrap();
    let sent = scene.gateway.request(0).unwrap();
    assert!(sent.ends_with("\r\nContent-Length: 0\r\n\r\n"), "{sent}");
}

#[tokio::test]
async fn only_https_is_spoken() {
    let mut scene = Scene::new(&[]).await;
    for url in ["http://gateway.test/", "ftp://gateway.test/", "data:,x"] {
        let request = exchange::Request::get(Url::parse(url).unwrap(), Secret::default());
        let error = scene.client.send(&request).await.unwrap_err();
        assert!(matches!(error, NetError::BadRequest { what: "URL" }), "{error:?}");
    }
}

/// A gateway that demands client certificates and a provider that would take one, and a client that has one.
struct TwoHosts {
    gateway: Gateway,
    provider: Gateway,
    settings: GatewaySettings,
    _folder: Folder,
}

impl TwoHosts {
    async fn new(provider: &Leaf, authority: &Authority) -> Self {
        let users = Authority::new();
        let user = users.leaf_with(&params("joe"), rcgen::KeyPair::generate().unwrap());
        let folder = Folder::new();
        let leaf = Authority::new().leaf(NAME);
        let gateway = gateway(
            leaf.server_for(Some(&users)),
            &[&[Act::Say(PAGE), Act::Say(PAGE)]],
        )
        .await;
        let provider = self::gateway(asking(provider, &users), &[&[Act::Say(PAGE), Act::Say(PAGE)]]).await;
        let mut settings = settings(gateway.port);
        settings
            .resolve
            .push((PROVIDER.to_owned(), [127, 0, 0, 1].into()));
        settings.tls.pins = vec![leaf.pin()];
        settings.tls.certificate = Some(folder.write("joe.pem", &user.pem));
        settings.tls.key = Some(folder.write("joe.key", &user.key.serialize_pem()));
        settings.tls.ca_files = vec![folder.write("roots.pem", &authority.pem)];
        Self {
            gateway,
            provider,
            settings,
            _folder: folder,
        }
    }

    fn provider_url(&self) -> Url {
        Url::parse(&format!("https://{PROVIDER}:{}/saml", self.provider.port)).unwrap()
    }
}

/// A server that asks for a client certificate and needs none.
fn asking(leaf: &Leaf, users: &Authority) -> ServerConfig {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
    let mut roots = rustls::RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(users.pem.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .allow_unauthenticated()
            .build()
            .unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.key.serialize_der()));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![leaf.der()], key)
        .unwrap()
}

#[tokio::test]
async fn another_host_gets_nothing_that_is_meant_for_the_gateway() {
    let authority = Authority::new();
    let hosts = TwoHosts::new(&authority.leaf(PROVIDER), &authority).await;
    let mut client = client(&hosts.settings);
    let to_gateway = exchange::Request::get(client.gateway().url().clone(), Secret::default());
    let to_provider = exchange::Request::get(hosts.provider_url(), Secret::new("esctx=1"));
    for _ in 0..2 {
        client.send(&to_gateway).await.unwrap();
        client.send(&to_provider).await.unwrap();
    }
    let head = hosts.gateway.request(1).unwrap();
    assert!(head.starts_with("#0 with certificate GET / "), "{head}");
    assert!(head.contains("\r\nNcp-Version: 3\r\n"), "{head}");
    let host = format!("{PROVIDER}:{}", hosts.provider.port);
    assert_eq!(
        hosts.provider.request(1).unwrap(),
        format!(
            "#0 GET /saml HTTP/1.1\r\nHost: {host}\r\nUser-Agent: test agent\r\nCookie: esctx=1\r\n\
             Accept: */*\r\nAccept-Encoding: identity\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn another_host_is_not_trusted_for_the_pin_of_the_gateway() {
    let authority = Authority::new();
    let provider = Authority::new().leaf(PROVIDER);
    let mut hosts = TwoHosts::new(&provider, &authority).await;
    hosts.settings.tls.pins.push(provider.pin());
    let mut client = client(&hosts.settings);
    let request = exchange::Request::get(hosts.provider_url(), Secret::default());
    let error = client.send(&request).await.unwrap_err();
    assert!(matches!(error, NetError::Untrusted { .. }), "{error:?}");
}

#[tokio::test]
async fn few_connections_and_hosts_are_kept() {
    let authority = Authority::new();
    let folder = Folder::new();
    let mut settings = settings(1);
    settings.tls.ca_files = vec![folder.write("roots.pem", &authority.pem)];
    let mut gateways = Vec::new();
    for index in 0..MAX_OTHERS + 2 {
        let name = format!("host{index}.test");
        let gateway = gateway(
            authority.leaf(&name).server(),
            &[&[Act::Say(PAGE), Act::Say(PAGE)]],
        )
        .await;
        settings.resolve.push((name.clone(), [127, 0, 0, 1].into()));
        gateways.push((name, gateway));
    }
    let mut client = client(&settings);
    for (name, gateway) in &gateways {
        let url = Url::parse(&format!("https://{name}:{}/", gateway.port)).unwrap();
        let request = exchange::Request::get(url, Secret::default());
        client.send(&request).await.unwrap();
        assert!(client.idle.len() <= MAX_OPEN);
    }
    assert_eq!(client.idle.len(), MAX_OPEN);
    let kept: Vec<&str> = client.others.iter().map(|(origin, _)| &*origin.host).collect();
    assert_eq!((kept.len(), kept[0]), (MAX_OTHERS, "host2.test"));
    assert!(client.tls().is_none());
}

#[tokio::test]
async fn a_proxy_that_wants_a_password_and_closes_is_named() {
    let proxy = Gateway::new(|mut tcp, _| async move {
        let mut head = vec![0; 1024];
        let _ = tcp.read(&mut head).await.unwrap();
        let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\
            Connection: close\r\n\r\n";
        tcp.write_all(answer).await.unwrap();
    })
    .await;
    let mut settings = settings(443);
    settings.proxy = Some(Url::parse(&format!("http://joe:secret@127.0.0.1:{}", proxy.port)).unwrap());
    let mut client = client(&settings);
    for host in [NAME, PROVIDER] {
        let url = Url::parse(&format!("https://{host}/")).unwrap();
        let request = exchange::Request::get(url, Secret::default());
        let error = client.send(&request).await.unwrap_err();
        let NetError::Proxy { place, source, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*place, format!("{host}:443"));
        assert!(matches!(source, ProxyError::Authentication), "{source:?}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

const PROVIDER: &str = "login.example";
const FORM: &str = "realm=1&username=joe&password=p%40ss";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const FOUND: &str = "HTTP/1.1 302 Found\r\nlocation: /next\r\nContent-Length: 0\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n2;x\r\nab\r\n0\r\nX: 1\r\n\r\n";
