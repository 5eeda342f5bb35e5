//! Gateways, certificates and settings for the tests of this floor. All on loopback.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::connect::{Connection, Connector};
use super::error::NetError;
use super::settings::{GatewaySettings, OuterSettings, Pin, TlsSettings};
use crate::error::Error;

/// The name all test gateways have; `settings` sends it to 127.0.0.1.
pub(super) const NAME: &str = "gateway.test";

/// Settings for a gateway on loopback: no system roots, two seconds.
pub(super) fn settings(port: u16) -> GatewaySettings {
    GatewaySettings {
        host: NAME.to_owned(),
        port,
        resolve: vec![(NAME.to_owned(), IpAddr::V4(Ipv4Addr::LOCALHOST))],
        proxy: None,
        connect_timeout: Duration::from_secs(2),
        outer: OuterSettings::default(),
        tls: TlsSettings {
            no_system_trust: true,
            ..TlsSettings::default()
        },
    }
}

/// A connector for those settings.
pub(super) fn connector(settings: &GatewaySettings) -> Result<Connector, NetError> {
    Connector::new(settings.clone(), "test agent".to_owned())
}

/// One connection that must fail: what the user is told.
pub(super) async fn refusal(settings: &GatewaySettings) -> Error {
    match connect(settings).await {
        Ok(connection) => panic!("connected with {:?}", connection.tls),
        Err(error) => error.user_error(),
    }
}

/// One connection by a connector of its own.
pub(super) async fn connect(settings: &GatewaySettings) -> Result<Connection, NetError> {
    connector(settings)?.connect().await
}

/// What a test gateway does with each connection.
#[derive(Clone, Copy)]
pub(super) enum Script {
    /// Sends back what it gets.
    Echo,
    /// Reads a request head, writes this, closes without close_notify.
    Answer(&'static str),
    /// Reads a request head and then nothing more happens.
    Silence,
}

/// A listener on loopback; ends when dropped.
pub(super) struct Gateway {
    pub(super) port: u16,
    /// Heads of the requests that came, for `Script::Answer` and `Silence`.
    pub(super) requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Serves every connection, one after the other, with `serve`.
    pub(super) async fn new<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                tokio::spawn(serve(tcp, seen.clone()));
            }
        });
        Self { port, requests, task }
    }

    /// A TLS gateway on rustls.
    pub(super) async fn modern(config: ServerConfig, script: Script) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self::new(move |tcp, seen| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    play(stream, script, &seen).await;
                }
            }
        })
        .await
    }

    /// How many requests came.
    pub(super) fn request(&self, index: usize) -> Option<String> {
        self.requests.lock().unwrap().get(index).cloned()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Plays the script on an open stream.
pub(super) async fn play<S>(mut stream: S, script: Script, seen: &Mutex<Vec<String>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Script::Echo = script {
        let mut buffer = [0; 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            if stream.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
        return;
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => head.push(octet),
            Err(_) => return,
        }
    }
    seen.lock().unwrap().push(String::from_utf8(head).unwrap());
    match script {
        Script::Answer(answer) => {
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
        Script::Silence | Script::Echo => std::future::pending().await,
    }
}

/// Sends four octets through an echo gateway.
pub(super) async fn ping(connection: &mut Connection) {
    connection.stream.write_all(b"ping").await.unwrap();
    connection.stream.flush().await.unwrap();
    let mut back = [0; 4];
    connection.stream.read_exact(&mut back).await.unwrap();
    assert_eq!(&back, b"ping");
}

/// A folder for PEM files.
pub(super) struct Folder(TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// A root with its key.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(super) pem: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Roots are found by name, so each needs its own.
        let name = format!("test root {:?}", &key.public_key_raw()[..8]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// A certificate for this name on a P-256 key.
    pub(super) fn leaf(&self, name: &str) -> Leaf {
        self.leaf_with(&params(name), KeyPair::generate().unwrap())
    }

    pub(super) fn leaf_with(&self, params: &CertificateParams, key: KeyPair) -> Leaf {
        Leaf {
            pem: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key,
        }
    }
}

/// A certificate with its key.
pub(super) struct Leaf {
    pub(super) pem: String,
    pub(super) key: KeyPair,
}

impl Leaf {
    /// Signed by itself.
    pub(super) fn self_signed(params: &CertificateParams, key: KeyPair) -> Self {
        Self {
            pem: params.self_signed(&key).unwrap().pem(),
            key,
        }
    }

    pub(super) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()
    }

    pub(super) fn pin(&self) -> Pin {
        let der = self.der();
        let parsed = ParsedCertificate::try_from(&der).unwrap();
        Pin::of_key(&parsed.subject_public_key_info())
    }

    /// A rustls server with this certificate.
    pub(super) fn server(&self) -> ServerConfig {
        self.server_for(None)
    }

    /// The same, demanding client certificates of that authority when there is one.
    pub(super) fn server_for(&self, clients: Option<&Authority>) -> ServerConfig {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots
                    .add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap())
                    .unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        builder.with_single_cert(vec![self.der()], key).unwrap()
    }
}

pub(super) fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}
