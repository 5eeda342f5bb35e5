//! TLS against servers in the process: trust, pins, client certificates, refusals, fall-back.

mod probe;

use rcgen::{BasicConstraints, IsCa, KeyPair};

use crate::exit::ExitStatus;
use crate::net::settings::{GatewaySettings, Pin, TlsMode};
use crate::net::testing::{
    Authority, Folder, Gateway, Leaf, NAME, Script, connect, connector, params, ping, refusal, settings,
};

fn trusting(port: u16, folder: &Folder, authority: &Authority) -> GatewaySettings {
    let mut settings = settings(port);
    settings.tls.ca_files = vec![folder.write("root.pem", &authority.pem)];
    settings
}

fn pinned(port: u16, pin: Pin) -> GatewaySettings {
    let mut settings = settings(port);
    settings.tls.pins = vec![pin];
    settings
}

#[tokio::test]
async fn a_chain_to_a_root_of_a_cafile_is_trusted() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let leaf = authority.leaf(NAME);
    let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
    let mut connector = connector(&trusting(gateway.port, &folder, &authority)).unwrap();
    assert_eq!(connector.address(), None);
    let mut connection = connector.connect().await.unwrap();
    ping(&mut connection).await;
    assert_eq!(connection.tls.version, "TLS 1.3");
    assert_eq!(connection.tls.pin, leaf.pin().to_string());
    assert!(
        connection.tls.suite.starts_with("TLS_"),
        "{}",
        connection.tls.suite
    );
    assert!(!connection.tls.legacy);
    assert_eq!(
        connector.address().map(|address| address.port()),
        Some(gateway.port)
    );
}

#[tokio::test]
async fn an_unknown_issuer_is_named_and_the_pin_shown() {
    let leaf = Authority::new().leaf(NAME);
    let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
    let (folder, other) = (Folder::new(), Authority::new());
    let error = refusal(&trusting(gateway.port, &folder, &other)).await;
    assert_eq!(error.status, ExitStatus::Untrusted);
    assert_eq!(
        error.to_string(),
        format!(
            "error: the certificate of {NAME} is not trusted (unknown issuer)\n  where: public key {pin}\n  \
             try: compare that pin with your administrator's, then --servercert {pin}",
            pin = leaf.pin()
        )
    );
}

#[tokio::test]
async fn a_self_signed_certificate_is_called_so_with_and_without_the_ca_flag() {
    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let mut params = params(NAME);
        params.is_ca = is_ca;
        let leaf = Leaf::self_signed(&params, KeyPair::generate().unwrap());
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        let error = refusal(&settings(gateway.port)).await;
        assert_eq!(error.status, ExitStatus::Untrusted);
        assert!(error.message.ends_with("(self-signed)"), "{error}");
        ping(&mut connect(&pinned(gateway.port, leaf.pin())).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_self_signed_certificate_can_be_its_own_cafile() {
    let folder = Folder::new();
    let leaf = Leaf::self_signed(&params(NAME), KeyPair::generate().unwrap());
    let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
    let mut settings = settings(gateway.port);
    settings.tls.ca_files = vec![folder.write("gateway.pem", &leaf.pem)];
    ping(&mut connect(&settings).await.unwrap()).await;
}

#[tokio::test]
async fn a_gateways_certificate_that_is_no_authority_for_itself_is_told_as_cafile() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let mut own_authority = params(NAME);
    own_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for leaf in [
        Leaf::self_signed(&own_authority, KeyPair::generate().unwrap()),
        authority.leaf(NAME),
    ] {
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        let mut settings = settings(gateway.port);
        settings.tls.ca_files = vec![folder.write("other.pem", &Authority::new().pem)];
        assert_eq!(refusal(&settings).await.note, None);
        settings.tls.ca_files.push(folder.write("gateway.pem", &leaf.pem));
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Untrusted);
        let note = error.note.expect("an explanation");
        assert!(
            note.contains("no authority") && note.contains("--servercert"),
            "{note}"
        );
    }
}

#[tokio::test]
async fn a_wrong_name_is_told_with_the_right_ones() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let gateway = Gateway::modern(authority.leaf("other.test").server(), Script::Echo).await;
    let error = refusal(&trusting(gateway.port, &folder, &authority)).await;
    assert_eq!(error.status, ExitStatus::Untrusted);
    assert!(
        error.message.ends_with("(wrong name, it is for other.test)"),
        "{error}"
    );
}

#[tokio::test]
async fn expired_and_future_certificates_are_told_with_their_day() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let mut expired = params(NAME);
    expired.not_before = rcgen::date_time_ymd(2019, 1, 1);
    expired.not_after = rcgen::date_time_ymd(2020, 2, 3);
    let mut future = params(NAME);
    future.not_before = rcgen::date_time_ymd(2190, 1, 1);
    future.not_after = rcgen::date_time_ymd(2199, 1, 1);
    for (params, reason) in [
        (expired, "(expired on 2020-02-03)"),
        (future, "(not valid before 2190-01-01)"),
    ] {
        let leaf = authority.leaf_with(&params, KeyPair::generate().unwrap());
        let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
        let error = refusal(&trusting(gateway.port, &folder, &authority)).await;
        assert_eq!(error.status, ExitStatus::Untrusted);
        assert!(error.message.ends_with(reason), "{error}");
    }
}

#[tokio::test]
async fn with_pins_only_the_pins_count() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let leaf = authority.leaf("whatever.test");
    let gateway = Gateway::modern(leaf.server(), Script::Echo).await;
    ping(&mut connect(&pinned(gateway.port, leaf.pin())).await.unwrap()).await;

    let good = authority.leaf(NAME);
    let gateway = Gateway::modern(good.server(), Script::Echo).await;
    let mut settings = trusting(gateway.port, &folder, &authority);
    settings.tls.pins = vec![leaf.pin()];
    let error = refusal(&settings).await;
    assert_eq!(error.status, ExitStatus::Untrusted);
    assert_eq!(error.place, Some(format!("public key {}", good.pin())));
    let hint = error.hint.expect("advice");
    assert!(
        !hint.contains("--servercert"),
        "a stranger's pin is not ready to paste: {hint}"
    );
    settings.tls.pins.push(good.pin());
    ping(&mut connect(&settings).await.unwrap()).await;
}

#[tokio::test]
async fn sni_changes_the_name_sent_but_not_the_name_checked() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let gateway = Gateway::modern(authority.leaf("front.test").server(), Script::Echo).await;
    let mut settings = trusting(gateway.port, &folder, &authority);
    settings.tls.sni = Some("front.test".to_owned());
    assert_eq!(refusal(&settings).await.status, ExitStatus::Untrusted);
}

#[tokio::test]
async fn the_roots_of_the_system_follow_ssl_cert_file() {
    // Setting a variable of one's own process is unsafe, so the same test in another process makes the connection.
    if let Ok(port) = std::env::var(GATEWAY_PORT) {
        return connect_with_system_roots(port.parse().unwrap()).await;
    }
    let (folder, authority) = (Folder::new(), Authority::new());
    let gateway = Gateway::modern(authority.leaf(NAME).server(), Script::Echo).await;
    for (authority, trusted) in [(&authority, true), (&Authority::new(), false)] {
        let child = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "net::tls::tests::the_roots_of_the_system_follow_ssl_cert_file",
            ])
            .env("SSL_CERT_FILE", folder.write("system.pem", &authority.pem))
            .env_remove("SSL_CERT_DIR")
            .env(GATEWAY_PORT, gateway.port.to_string())
            .kill_on_drop(true)
            .output();
        let limit = std::time::Duration::from_secs(20);
        let output = tokio::time::timeout(limit, child).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        assert_eq!(output.status.success(), trusted, "{text}");
    }
}

async fn connect_with_system_roots(port: u16) {
    let mut settings = settings(port);
    settings.tls.no_system_trust = false;
    ping(&mut connect(&settings).await.unwrap()).await;
    settings.tls.no_system_trust = true;
    assert_eq!(refusal(&settings).await.status, ExitStatus::Untrusted);
}

/// Tells the other process where the gateway is.
const GATEWAY_PORT: &str = "VPNC_TEST_GATEWAY_PORT";

#[tokio::test]
async fn an_address_literal_is_checked_against_the_addresses_of_the_certificate() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let gateway = Gateway::modern(authority.leaf("127.0.0.1").server(), Script::Echo).await;
    let mut settings = trusting(gateway.port, &folder, &authority);
    assert_eq!(refusal(&settings).await.status, ExitStatus::Untrusted);
    settings.host = "127.0.0.1".to_owned();
    ping(&mut connect(&settings).await.unwrap()).await;
}

#[tokio::test]
async fn a_client_certificate_is_shown_when_the_gateway_asks() {
    let (folder, authority, clients) = (Folder::new(), Authority::new(), Authority::new());
    let leaf = authority.leaf(NAME);
    let gateway = Gateway::modern(leaf.server_for(Some(&clients)), Script::Echo).await;
    let client = clients.leaf("joe");
    let mut settings = trusting(gateway.port, &folder, &authority);

    settings.tls.certificate = Some(folder.write("joe.pem", &client.pem));
    settings.tls.key = Some(folder.write("joe.key", &client.key.serialize_pem()));
    ping(&mut connect(&settings).await.unwrap()).await;

    let both = format!("{}{}", client.key.serialize_pem(), client.pem);
    settings.tls.certificate = Some(folder.write("both.pem", &both));
    settings.tls.key = None;
    ping(&mut connect(&settings).await.unwrap()).await;
}

#[tokio::test]
async fn a_missing_client_certificate_is_told_at_the_first_exchange() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let config = authority.leaf(NAME).server_for(Some(&Authority::new()));
    let gateway = Gateway::modern(config, Script::Echo).await;
    let connector = connector(&trusting(gateway.port, &folder, &authority));
    let error = crate::net::http::tests::fetch(&mut connector.unwrap()).await;
    let error = error.unwrap_err().user_error();
    assert_eq!(error.status, ExitStatus::Protocol);
    assert_eq!(
        error.place.as_deref(),
        Some("the gateway sent alert certificate_required"),
        "{error}"
    );
}

#[test]
fn unusable_certificate_files_are_told_with_the_way_out() {
    let folder = Folder::new();
    let client = Authority::new().leaf("joe");
    let stray = folder.write("stray.key", &KeyPair::generate().unwrap().serialize_pem());
    let failure = |certificate: Option<&std::path::Path>, key: Option<&std::path::Path>, ca: Option<&str>| {
        let mut settings = settings(443);
        settings.tls.certificate = certificate.map(ToOwned::to_owned);
        settings.tls.key = key.map(ToOwned::to_owned);
        settings.tls.ca_files = ca.into_iter().map(|text| folder.write("ca.pem", text)).collect();
        connector(&settings).err().unwrap().user_error()
    };
    let whole = folder.write("joe.pem", &client.pem);
    let none = failure(Some(&whole), None, None);
    assert_eq!(none.status, ExitStatus::BadData, "{none}");
    assert!(none.message.contains("no private key"), "{none}");
    let cut = folder.write("cut.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
    let cut = failure(Some(&whole), Some(&cut), None);
    assert!(cut.message.contains("no END line"), "{cut}");
    let missing = failure(Some("/nonexistent/joe.pem".as_ref()), None, None);
    assert_eq!(missing.status, ExitStatus::NoInput);
    let p12 = failure(Some(&folder.write("joe.p12", "\u{30}\u{2}")), None, None);
    assert!(p12.hint.unwrap().contains("pkcs12"));
    assert_eq!(
        failure(Some(&whole), Some(&stray), None).status,
        ExitStatus::BadData
    );
    assert_eq!(failure(None, Some(&stray), None).status, ExitStatus::Usage);
    assert_eq!(failure(None, None, Some("no pem")).status, ExitStatus::BadData);
}

#[tokio::test]
async fn plain_text_is_no_tls() {
    use tokio::io::AsyncWriteExt as _;

    for greeting in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let gateway = Gateway::new(move |mut tcp, _| async move {
            tcp.write_all(greeting.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        for mode in modes() {
            let mut settings = settings(gateway.port);
            settings.tls.mode = mode;
            let error = refusal(&settings).await;
            assert_eq!(error.status, ExitStatus::Protocol);
            assert_eq!(
                error.message,
                format!("{NAME}:{} does not speak TLS", gateway.port)
            );
        }
    }
}

#[tokio::test]
async fn a_gateway_that_says_nothing_meets_the_time_limit() {
    let gateway = Gateway::new(|tcp, _| async move {
        std::future::pending::<()>().await;
        drop(tcp);
    })
    .await;
    for mode in modes() {
        let mut settings = settings(gateway.port);
        settings.tls.mode = mode;
        settings.connect_timeout = std::time::Duration::from_millis(200);
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Unavailable);
        assert!(error.message.contains("TLS handshake"), "{error}");
    }
}

#[tokio::test]
async fn a_close_at_our_hello_is_told_as_such() {
    let gateway = Gateway::new(|mut tcp, _| async move {
        let mut hello = [0; 64];
        let _ = tokio::io::AsyncReadExt::read(&mut tcp, &mut hello).await;
    })
    .await;
    for mode in modes() {
        let mut settings = settings(gateway.port);
        settings.tls.mode = mode;
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Protocol);
        assert!(error.message.contains("closed the connection"), "{error}");
    }
}

#[cfg(not(feature = "legacy-tls"))]
fn modes() -> [TlsMode; 2] {
    [TlsMode::Auto, TlsMode::Modern]
}

#[cfg(feature = "legacy-tls")]
fn modes() -> [TlsMode; 3] {
    [TlsMode::Auto, TlsMode::Modern, TlsMode::Legacy]
}

#[cfg(not(feature = "legacy-tls"))]
#[tokio::test]
async fn a_build_without_legacy_tls_says_so() {
    use tokio::io::AsyncWriteExt as _;

    let gateway = Gateway::new(|mut tcp, _| async move {
        // A record with the fatal alert handshake_failure.
        tcp.write_all(&[21, 3, 3, 0, 2, 2, 40]).await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let error = refusal(&settings(gateway.port)).await;
    assert_eq!(error.status, ExitStatus::Protocol);
    assert!(error.note.unwrap().contains("no legacy TLS back end"));
    let mut settings = settings(gateway.port);
    settings.tls.mode = TlsMode::Legacy;
    assert_eq!(
        connector(&settings).err().unwrap().user_error().status,
        ExitStatus::Usage
    );
}

#[cfg(feature = "legacy-tls")]
mod old_gateways {
    use std::pin::Pin as Pinned;
    use std::process::Stdio;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use openssl::pkey::PKey;
    use openssl::rsa::Rsa;
    use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
    use openssl::x509::X509;
    use rcgen::PKCS_RSA_SHA256;
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::process::{Child, Command};
    use tokio::time::timeout;
    use tokio_openssl::SslStream;

    use super::*;
    use crate::net::testing::play;

    /// Static RSA key exchange and CBC, all that some gateways have (juniper-nc.md R1).
    const R1_SUITE: &str = "AES128-SHA256";

    fn rsa_key() -> KeyPair {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        KeyPair::from_pkcs8_pem_and_sign_algo(&pem, &PKCS_RSA_SHA256).unwrap()
    }

    fn rsa_leaf(authority: &Authority) -> Leaf {
        authority.leaf_with(&params(NAME), rsa_key())
    }

    fn server(leaf: &Leaf, suites: &str, version: SslVersion) -> SslContextBuilder {
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        builder.set_security_level(0);
        builder.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_cipher_list(&format!("{suites}:@SECLEVEL=0")).unwrap();
        builder
            .set_certificate(&X509::from_pem(leaf.pem.as_bytes()).unwrap())
            .unwrap();
        let key = PKey::private_key_from_pem(leaf.key.serialize_pem().as_bytes()).unwrap();
        builder.set_private_key(&key).unwrap();
        builder
    }

    async fn serve(builder: SslContextBuilder, script: Script) -> (Gateway, Arc<AtomicUsize>) {
        let context = builder.build();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let gateway = Gateway::new(move |tcp, seen| {
            count.fetch_add(1, Ordering::Relaxed);
            let ssl = Ssl::new(&context).unwrap();
            async move {
                let mut stream = SslStream::new(ssl, tcp).unwrap();
                if Pinned::new(&mut stream).accept().await.is_ok() {
                    play(stream, script, &seen).await;
                }
            }
        })
        .await;
        (gateway, connections)
    }

    async fn r1_gateway(leaf: &Leaf) -> (Gateway, Arc<AtomicUsize>) {
        serve(server(leaf, R1_SUITE, SslVersion::TLS1_2), Script::Echo).await
    }

    #[tokio::test]
    async fn static_rsa_is_reached_by_the_legacy_back_end_which_is_then_kept() {
        let (folder, authority) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&authority);
        let (gateway, connections) = r1_gateway(&leaf).await;
        let mut connector = connector(&trusting(gateway.port, &folder, &authority)).unwrap();
        let mut connection = connector.connect().await.unwrap();
        ping(&mut connection).await;
        assert!(connection.tls.legacy);
        assert_eq!(connection.tls.version, "TLS 1.2");
        assert_eq!(connection.tls.suite, "TLS_RSA_WITH_AES_128_CBC_SHA256");
        assert_eq!(connection.tls.pin, leaf.pin().to_string());
        assert_eq!(connections.load(Ordering::Relaxed), 2);
        ping(&mut connector.connect().await.unwrap()).await;
        assert_eq!(connections.load(Ordering::Relaxed), 3);
    }

    #[derive(Clone, Default)]
    struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn only_a_fall_back_is_warned_about() {
        let (folder, authority) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&authority);
        let (gateway, _) = r1_gateway(&leaf).await;
        for (mode, warnings) in [(TlsMode::Legacy, 0), (TlsMode::Auto, 1)] {
            let mut settings = trusting(gateway.port, &folder, &authority);
            settings.tls.mode = mode;
            let log = Log::default();
            let writer = log.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_writer(move || writer.clone())
                .finish();
            let _guard = tracing::subscriber::set_default(subscriber);
            ping(&mut connect(&settings).await.unwrap()).await;
            let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
            assert_eq!(log.matches("speaks old TLS only").count(), warnings, "{log}");
        }
    }

    #[tokio::test]
    async fn static_rsa_is_refused_by_modern_only_with_cause_and_way_out() {
        let leaf = rsa_leaf(&Authority::new());
        let (gateway, _) = r1_gateway(&leaf).await;
        let mut settings = pinned(gateway.port, leaf.pin());
        settings.tls.mode = TlsMode::Modern;
        let error = refusal(&settings).await;
        assert_eq!(error.status, ExitStatus::Protocol);
        assert_eq!(
            error.to_string(),
            format!(
                "error: TLS handshake with {NAME}:{} failed, no cipher suite in common\n  where: the gateway refused \
                 the handshake (alert handshake_failure); it probably offers only TLS 1.2 with RSA key exchange or \
                 older\n  try: --tls auto, or ask the administrator to enable ECDHE suites; see OLD GATEWAYS in the \
                 manual page",
                gateway.port
            )
        );
    }

    #[tokio::test]
    async fn the_legacy_back_end_is_as_strict() {
        let (folder, authority) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&authority);
        let (gateway, connections) = r1_gateway(&leaf).await;
        let table = [
            (
                pinned(gateway.port, Pin::of_key(b"another key")),
                "matches none of the given pins",
            ),
            (
                settings(gateway.port),
                "(unknown issuer, and there is no root to check it with)",
            ),
            (
                trusting(gateway.port, &folder, &Authority::new()),
                "(unknown issuer)",
            ),
        ];
        for (settings, text) in table {
            let error = refusal(&settings).await;
            assert_eq!(error.status, ExitStatus::Untrusted);
            assert!(error.message.ends_with(text), "{error}");
            assert_eq!(
                connections.swap(0, Ordering::Relaxed),
                2,
                "modern first, then legacy"
            );
        }
        let mut expired = params(NAME);
        expired.not_after = rcgen::date_time_ymd(2020, 2, 3);
        for (params, text) in [
            (params("other.test"), "(wrong name, it is for other.test)"),
            (expired, "(expired on 2020-02-03)"),
        ] {
            let leaf = authority.leaf_with(&params, rsa_key());
            let (gateway, _) = r1_gateway(&leaf).await;
            let error = refusal(&trusting(gateway.port, &folder, &authority)).await;
            assert_eq!(error.status, ExitStatus::Untrusted);
            assert!(error.message.ends_with(text), "{error}");
        }
    }

    #[tokio::test]
    async fn a_distrusted_certificate_never_calls_for_the_legacy_back_end() {
        let leaf = rsa_leaf(&Authority::new());
        let suites = "ECDHE-RSA-AES128-GCM-SHA256";
        let (gateway, connections) = serve(server(&leaf, suites, SslVersion::TLS1_2), Script::Echo).await;
        assert_eq!(
            refusal(&settings(gateway.port)).await.status,
            ExitStatus::Untrusted
        );
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn other_old_suites_are_reached_too() {
        let leaf = rsa_leaf(&Authority::new());
        for (suite, name) in [
            ("AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
            ("AES128-SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"),
            ("ECDHE-RSA-AES256-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
        ] {
            let (gateway, _) = serve(server(&leaf, suite, SslVersion::TLS1_2), Script::Echo).await;
            let mut connection = connect(&pinned(gateway.port, leaf.pin())).await.unwrap();
            ping(&mut connection).await;
            assert_eq!(connection.tls.suite, name);
        }
        let mut builder = server(&leaf, "ECDHE-RSA-AES128-GCM-SHA256", SslVersion::TLS1_2);
        builder.set_sigalgs_list("RSA+SHA1").unwrap();
        let (gateway, _) = serve(builder, Script::Echo).await;
        let mut connection = connect(&pinned(gateway.port, leaf.pin())).await.unwrap();
        ping(&mut connection).await;
        assert!(connection.tls.legacy);
    }

    #[tokio::test]
    async fn tls_before_1_2_needs_leave() {
        let leaf = rsa_leaf(&Authority::new());
        let (gateway, _) = serve(server(&leaf, "AES128-SHA", SslVersion::TLS1), Script::Echo).await;
        let mut settings = pinned(gateway.port, leaf.pin());
        for mode in modes() {
            settings.tls.mode = mode;
            let error = refusal(&settings).await;
            assert_eq!(error.status, ExitStatus::Protocol);
            assert!(error.message.ends_with("no TLS version in common"), "{error}");
            assert_eq!(
                mode != TlsMode::Modern,
                error.hint.unwrap().contains("--allow-insecure-crypto")
            );
        }
        settings.tls.mode = TlsMode::Auto;
        settings.tls.allow_insecure_crypto = true;
        let mut connection = connect(&settings).await.unwrap();
        ping(&mut connection).await;
        assert_eq!(connection.tls.version, "TLS 1.0");
    }

    #[tokio::test]
    async fn suites_without_certificate_or_cipher_are_never_offered() {
        let leaf = rsa_leaf(&Authority::new());
        for suites in ["aNULL", "eNULL", "PSK"] {
            let (gateway, _) = serve(server(&leaf, suites, SslVersion::TLS1_2), Script::Echo).await;
            let mut settings = pinned(gateway.port, leaf.pin());
            settings.tls.allow_insecure_crypto = true;
            let error = refusal(&settings).await;
            assert_eq!(error.status, ExitStatus::Protocol, "{suites}");
            assert!(
                error.message.ends_with("no cipher suite in common"),
                "{suites}: {error}"
            );
        }
    }

    #[tokio::test]
    async fn a_short_rsa_key_is_refused_even_when_pinned() {
        let key = PKey::from_rsa(Rsa::generate(768).unwrap()).unwrap();
        // rcgen signs with 2048 bits at least, so OpenSSL makes this one.
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder
            .set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap())
            .unwrap();
        builder
            .set_not_after(&openssl::asn1::Asn1Time::days_from_now(9).unwrap())
            .unwrap();
        builder
            .sign(&key, openssl::hash::MessageDigest::sha256())
            .unwrap();
        let certificate = builder.build();
        let mut server = SslContext::builder(SslMethod::tls_server()).unwrap();
        server.set_security_level(0);
        server.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        server.set_cipher_list("AES128-SHA256:@SECLEVEL=0").unwrap();
        server.set_certificate(&certificate).unwrap();
        server.set_private_key(&key).unwrap();
        let (gateway, _) = serve(server, Script::Echo).await;
        let pin = Pin::of_key(&key.public_key_to_der().unwrap());
        let error = refusal(&pinned(gateway.port, pin)).await;
        assert_eq!(error.status, ExitStatus::Protocol);
        assert!(error.message.contains("RSA key under 1024 bits"), "{error}");
    }

    #[tokio::test]
    async fn a_client_certificate_is_shown_on_the_legacy_back_end() {
        let (folder, clients) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&Authority::new());
        let mut builder = server(&leaf, R1_SUITE, SslVersion::TLS1_2);
        let root = X509::from_pem(clients.pem.as_bytes()).unwrap();
        builder.cert_store_mut().add_cert(root).unwrap();
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        let (gateway, _) = serve(builder, Script::Echo).await;

        let mut settings = pinned(gateway.port, leaf.pin());
        let error = refusal(&settings).await;
        assert!(error.hint.unwrap().contains("--certificate FILE"));

        let client = clients.leaf("joe");
        settings.tls.certificate = Some(folder.write("joe.pem", &client.pem));
        settings.tls.key = Some(folder.write("joe.key", &client.key.serialize_pem()));
        ping(&mut connect(&settings).await.unwrap()).await;
    }

    #[tokio::test]
    async fn an_end_without_close_notify_is_a_read_of_nothing() {
        let leaf = rsa_leaf(&Authority::new());
        let builder = server(&leaf, R1_SUITE, SslVersion::TLS1_2);
        let (gateway, _) = serve(builder, Script::Answer("HTTP/1.1 200 OK\r\n\r\nall of it")).await;
        let mut connector = connector(&pinned(gateway.port, leaf.pin())).unwrap();
        let response = crate::net::http::tests::fetch(&mut connector).await.unwrap();
        assert_eq!(response.body().as_ref(), b"all of it");
    }

    /// `openssl s_server`, a gateway nobody here has written. Dropping the child kills it.
    async fn s_server(folder: &Folder, leaf: &Leaf, options: &[&str]) -> (Child, u16) {
        let certificate = folder.write("server.pem", &leaf.pem);
        let key = folder.write("server.key", &leaf.key.serialize_pem());
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-tls1_2",
                "-cipher",
                R1_SUITE,
                "-cert",
            ])
            .arg(certificate)
            .arg("-key")
            .arg(key)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = timeout(Duration::from_secs(10), async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some(address) = line.strip_prefix("ACCEPT ") {
                    return address.rsplit_once(':').unwrap().1.parse().unwrap();
                }
            }
            panic!("s_server did not start");
        })
        .await
        .unwrap();
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        (child, port)
    }

    #[tokio::test]
    async fn openssl_s_server_with_static_rsa_answers_a_page() {
        let (folder, authority) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&authority);
        let (child, port) = s_server(&folder, &leaf, &["-www"]).await;
        let mut connector = connector(&trusting(port, &folder, &authority)).unwrap();
        let response = crate::net::http::tests::fetch(&mut connector).await.unwrap();
        let page = String::from_utf8_lossy(response.body()).into_owned();
        assert!(page.contains("AES128-SHA256"), "{page}");
        drop(child);
    }

    #[tokio::test]
    async fn openssl_s_server_may_ask_for_a_client_certificate_in_a_renegotiation() {
        let (folder, clients) = (Folder::new(), Authority::new());
        let leaf = rsa_leaf(&Authority::new());
        let (mut child, port) = s_server(&folder, &leaf, &["-no_ticket", "-no_cache"]).await;
        let client = clients.leaf("joe");
        let mut settings = pinned(port, leaf.pin());
        settings.tls.certificate = Some(folder.write("joe.pem", &client.pem));
        settings.tls.key = Some(folder.write("joe.key", &client.key.serialize_pem()));
        let mut stream = connect(&settings).await.unwrap().stream;
        let mut keyboard = child.stdin.take().unwrap();
        // Its commands: R renegotiates and asks for a certificate; any other line is sent.
        keyboard.write_all(b"R\n").await.unwrap();
        keyboard.flush().await.unwrap();
        let typing = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            keyboard.write_all(b"hello\n").await.unwrap();
            keyboard.flush().await.unwrap();
        };
        let mut text = [0; 6];
        let (read, ()) = tokio::join!(
            timeout(Duration::from_secs(10), stream.read_exact(&mut text)),
            typing
        );
        read.unwrap().unwrap();
        assert_eq!(&text, b"hello\n");
    }
}
