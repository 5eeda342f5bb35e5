//! Tests of the client against gateways on loopback that follow a script.

mod hosts;
mod reuse;

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

/// Keeps the events with the target `http`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        let metadata = event.metadata();
        if metadata.target() == "http" && *metadata.level() == tracing::Level::DEBUG {
            self.0.lock().unwrap().push(line.0);
        }
    }
}

struct Line(String);

impl tracing::field::Visit for Line {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0 = format!("{value:?}");
    }
}

#[tokio::test]
async fn a_dump_shows_both_directions_and_no_secret() {
    use tracing_subscriber::layer::SubscriberExt as _;
    let log = Log::default();
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    for shown in [false, true] {
        let mut scene = Scene::new(&[&[Act::Say(
            "HTTP/1.1 200 OK\r\nSet-Cookie: DSID=9876543210\r\nContent-Length: 10\r\n\r\n<p>p@ss</p>",
        )]])
        .await;
        scene.client.dump = Some(Dump::with_secrets(shown));
        scene.post().await.unwrap();
        let lines = std::mem::take(&mut *log.0.lock().unwrap());
        let url = scene.url();
        assert_eq!(lines[0], format!("> POST {url}"));
        assert!(lines.contains(&"> ncp-version: 3".to_owned()), "{lines:?}");
        assert!(lines.contains(&"< HTTP/1.1 200 OK".to_owned()), "{lines:?}");
        for secret in ["p%40ss", "p@ss", "9876543210", "joe"] {
            let found = lines.iter().any(|line| line.contains(secret));
            assert_eq!(found, shown, "{secret}: {lines:?}");
        }
    }
    drop(guard);
}

const PROVIDER: &str = "login.example";
const FORM: &str = "realm=1&username=joe&password=p%40ss";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const FOUND: &str = "HTTP/1.1 302 Found\r\nlocation: /next\r\nContent-Length: 0\r\n\r\n";
const CHUNKED: &str =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n2;x\r\nab\r\n0\r\nX: 1\r\n\r\n";
