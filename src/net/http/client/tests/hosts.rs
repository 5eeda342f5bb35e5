//! Hosts beside the gateway, and proxies.

use super::*;

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
    let kept: Vec<&str> = client.others.iter().map(|other| &*other.origin.host).collect();
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
