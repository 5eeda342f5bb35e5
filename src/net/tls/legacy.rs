//! The legacy back end: OpenSSL, for gateways that rustls leaves out.
//!
//! OpenSSL does the handshake, with the gateway's key proving itself in it; whether that key is the gateway's is
//! decided by the same `Trust` as for rustls, before the first octet is sent.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey};
use openssl::ssl::{
    self, ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};
use openssl::x509::X509;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::identity::Identity;
use super::{Backend, Failure, Refusal, TlsClient, TlsInfo, chain};
use crate::net::connect::Stream;
use crate::net::error::NetError;

/// OpenSSL, ready to connect.
#[derive(Clone)]
pub(super) struct Legacy {
    context: SslContext,
}

impl Legacy {
    /// Fails when OpenSSL cannot use the client certificate or its key.
    pub(super) fn new(insecure: bool, identity: Option<&Identity>) -> Result<Self, NetError> {
        let mut builder = builder(insecure).map_err(|error| NetError::Unusable {
            problem: format!("the legacy TLS back end cannot be set up: {error}"),
        })?;
        if let Some(identity) = identity {
            show(&mut builder, identity).map_err(|error| identity.unusable(&error))?;
        }
        Ok(Self {
            context: builder.build(),
        })
    }

    pub(super) async fn handshake(
        &self,
        client: &TlsClient,
        tcp: TcpStream,
    ) -> Result<(Stream, TlsInfo), Failure> {
        let accepted = Arc::new(OnceLock::new());
        let session = self.session(client, accepted.clone());
        let mut stream = session
            .and_then(|ssl| SslStream::new(ssl, tcp))
            .map_err(|error| client.broken(io::Error::other(error), true))?;
        if let Err(error) = Pin::new(&mut stream).connect().await {
            let certificate_seen = stream.ssl().peer_certificate().is_some();
            return Err(failure(client, error, certificate_seen));
        }
        let info = info(client, &stream, &accepted)?;
        Ok((Box::new(stream), info))
    }

    /// One connection. `accepted` will hold the certificate that `Trust` has passed: in a renegotiation, which old
    /// gateways use to ask for a client certificate, no other is taken.
    fn session(&self, client: &TlsClient, accepted: Arc<OnceLock<Vec<u8>>>) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        if let ServerName::DnsName(name) = &client.name {
            ssl.set_hostname(name.as_ref())?;
        }
        ssl.set_verify_callback(SslVerifyMode::PEER, move |_, chain| match accepted.get() {
            None => true,
            Some(certificate) => chain
                .chain()
                .and_then(|chain| chain.get(0))
                .and_then(|leaf| leaf.to_der().ok())
                .is_some_and(|leaf| leaf == *certificate),
        });
        Ok(ssl)
    }
}

/// The alert inside an OpenSSL error that came out of a read.
pub(super) fn alert_in(error: &(dyn StdError + Send + Sync + 'static)) -> Option<u8> {
    let stack = match error.downcast_ref::<ssl::Error>() {
        Some(error) => error.ssl_error()?,
        None => error.downcast_ref::<ErrorStack>()?,
    };
    alert(reason(stack))
}

/// Not by `SslConnector`, which would read the system's roots: they are `Trust`'s business.
fn builder(insecure: bool) -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    // tokio hands over a buffer of its own at each try.
    builder
        .set_mode(SslMode::AUTO_RETRY | SslMode::ACCEPT_MOVING_WRITE_BUFFER | SslMode::ENABLE_PARTIAL_WRITE);
    // Level 0 is needed for SHA-1 under the key exchange. What else it would let in is shut out by the lists below,
    // by OpenSSL itself (DH under 1024 bits) and by `too_weak`.
    builder.set_security_level(0);
    builder.set_min_proto_version(Some(if insecure {
        SslVersion::TLS1
    } else {
        SslVersion::TLS1_2
    }))?;
    builder.set_max_proto_version(None)?;
    let weak = if insecure { WEAK_SUITES } else { "!3DES:!RC4" };
    builder.set_cipher_list(&format!("{SUITES}:{weak}:{NEVER}"))?;
    builder.set_sigalgs_list(SIGNATURES)?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    // Gateways leave without close_notify (juniper-nc.md §2, R2): an end like any other.
    builder.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    // `ALL` works around bugs of old peers; the flag taken out of it would leave TLS 1.0 open to BEAST.
    builder.set_options(SslOptions::ALL & !SslOptions::DONT_INSERT_EMPTY_FRAGMENTS);
    builder.set_options(SslOptions::NO_COMPRESSION | SslOptions::NO_TICKET);
    if insecure {
        builder.set_options(LEGACY_SERVER_CONNECT);
    }
    Ok(builder)
}

fn show(builder: &mut SslContextBuilder, identity: &Identity) -> Result<(), ErrorStack> {
    let mut chain = identity.chain.iter();
    if let Some(leaf) = chain.next() {
        builder.set_certificate(&*X509::from_der(leaf)?)?;
    }
    for issuer in chain {
        builder.add_extra_chain_cert(X509::from_der(issuer)?)?;
    }
    builder.set_private_key(&*PKey::private_key_from_der(identity.key.secret_der())?)?;
    builder.check_private_key()
}

fn info(
    client: &TlsClient,
    stream: &SslStream<TcpStream>,
    accepted: &OnceLock<Vec<u8>>,
) -> Result<TlsInfo, Failure> {
    let ssl = stream.ssl();
    let leaf = ssl.peer_certificate().ok_or_else(|| {
        Failure::Fatal(client.refused(
            Backend::Legacy,
            Refusal::Parameters("a suite without certificate".to_owned()),
        ))
    })?;
    if too_weak(&leaf) {
        return Err(Failure::Fatal(client.refused(
            Backend::Legacy,
            Refusal::Parameters("an RSA key under 1024 bits".to_owned()),
        )));
    }
    let unreadable = |error: ErrorStack| client.broken(io::Error::other(error), true);
    let leaf = leaf.to_der().map_err(unreadable)?;
    let rest = ssl
        .peer_cert_chain()
        .into_iter()
        .flatten()
        .skip(1)
        .map(|certificate| certificate.to_der().map(CertificateDer::from))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    let shown = CertificateDer::from(leaf.as_slice());
    let judgement = client.judge(&shown, &rest).map_err(Failure::Fatal)?;
    let chain = chain(&shown, &rest);
    accepted.get_or_init(|| leaf);
    Ok(TlsInfo {
        version: match ssl.version_str() {
            "TLSv1" => "TLS 1.0".to_owned(),
            other => other.replacen("TLSv", "TLS ", 1),
        },
        suite: ssl
            .current_cipher()
            .map_or("", |suite| suite.standard_name().unwrap_or_else(|| suite.name()))
            .to_owned(),
        pin: judgement.pin,
        legacy: true,
        chain,
        verdict: judgement.verdict,
    })
}

fn too_weak(certificate: &X509) -> bool {
    certificate
        .public_key()
        .map_or(true, |key| key.id() == Id::RSA && key.bits() < 1024)
}

fn failure(client: &TlsClient, error: ssl::Error, certificate_seen: bool) -> Failure {
    let end = || client.broken(io::Error::from(io::ErrorKind::UnexpectedEof), certificate_seen);
    if error.code() == ErrorCode::ZERO_RETURN {
        return end();
    }
    let Some(stack) = error.ssl_error() else {
        return match error.into_io_error() {
            Ok(error) => client.broken(error, certificate_seen),
            Err(_) => end(),
        };
    };
    let code = reason(stack);
    if let Some(alert) = alert(code) {
        return Failure::Refused(Refusal::of_alert(alert, certificate_seen));
    }
    match code {
        UNEXPECTED_EOF => end(),
        WRONG_VERSION_NUMBER | HTTP_REQUEST | PACKET_LENGTH_TOO_LONG | BAD_RECORD_TYPE
            if !certificate_seen =>
        {
            client.not_tls()
        }
        UNSUPPORTED_PROTOCOL => Failure::Refused(Refusal::Version {
            cause: "it answered with one before TLS 1.2",
        }),
        _ => Failure::Refused(Refusal::Parameters(words(stack))),
    }
}

fn words(stack: &ErrorStack) -> String {
    stack
        .errors()
        .first()
        .and_then(|error| error.reason())
        .unwrap_or("an error without a name")
        .to_owned()
}

fn reason(stack: &ErrorStack) -> i32 {
    stack.errors().first().map_or(0, |error| error.reason_code())
}

/// OpenSSL numbers the alerts of the peer from 1000 (`SSL_AD_REASON_OFFSET`).
fn alert(reason: i32) -> Option<u8> {
    u8::try_from(reason.checked_sub(1000)?).ok()
}

/// Best first. `kRSA` is key exchange under the certificate's key, without forward secrecy: what old gateways want.
const SUITES: &str =
    "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20:ECDHE+AES:DHE+AES:kRSA+AESGCM:kRSA+AES";
/// Only on demand; OpenSSL as distributed has some of these no longer.
const WEAK_SUITES: &str = "kRSA+3DES:ECDHE+3DES:DHE+3DES:kRSA+RC4";
/// Nobody may ask for these.
const NEVER: &str = "!aNULL:!eNULL:!EXPORT:!LOW:!MD5:!PSK:!SRP:!DSS";
/// The usual ones, and SHA-1 at the end. No MD5, no DSA.
const SIGNATURES: &str = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:\
    rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA224:ECDSA+SHA1:RSA+SHA1";
/// `SSL_OP_LEGACY_SERVER_CONNECT`: gateways from before RFC 5746. The crate has no name for it.
const LEGACY_SERVER_CONNECT: SslOptions = SslOptions::from_bits_retain(0x4);

/// `SSL_R_…` of `openssl/sslerr.h`.
const HTTP_REQUEST: i32 = 156;
const PACKET_LENGTH_TOO_LONG: i32 = 198;
const UNSUPPORTED_PROTOCOL: i32 = 258;
const WRONG_VERSION_NUMBER: i32 = 267;
const UNEXPECTED_EOF: i32 = 294;
const BAD_RECORD_TYPE: i32 = 443;
