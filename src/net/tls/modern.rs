//! The modern back end: rustls with the ring provider, TLS 1.2 and 1.3.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, PeerIncompatible, PeerMisbehaved,
    ProtocolVersion, SignatureScheme,
};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::identity::Identity;
use super::trust::{Distrust, Trust};
use super::{Backend, Failure, Refusal, TlsClient, TlsInfo, chain};
use crate::net::connect::Stream;
use crate::net::error::NetError;

/// rustls, ready to connect.
#[derive(Clone)]
pub(super) struct Modern {
    config: ClientConfig,
    trust: Arc<Trust>,
}

impl Modern {
    /// Fails when the client certificate and its key do not fit together or cannot be used by the provider.
    pub(super) fn new(trust: Arc<Trust>, identity: Option<&Identity>) -> Result<Self, NetError> {
        // Two providers compiled in make `ClientConfig::builder` panic; this one is named.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| NetError::Unusable {
                problem: format!("the modern TLS back end cannot be set up: {error}"),
            })?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(trust.clone())));
        let mut config = match identity {
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(|error| identity.unusable(&error))?,
            None => builder.with_no_client_auth(),
        };
        // Connections are rare; each one checks the certificate anew. No ALPN: HTTP/2 must never be chosen
        // (juniper-nc.md §2).
        config.resumption = Resumption::disabled();
        Ok(Self { config, trust })
    }

    pub(super) async fn handshake(
        &self,
        client: &TlsClient,
        tcp: TcpStream,
    ) -> Result<(Stream, TlsInfo), Failure> {
        let verifier = Arc::new(Verifier::new(self.trust.clone()));
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(verifier.clone());
        let connector = TlsConnector::from(Arc::new(config));
        let stream = connector
            .connect(client.name.clone(), tcp)
            .await
            .map_err(|error| failure(client, error, verifier.asked.load(Ordering::Relaxed)))?;
        let info = info(client, &stream).map_err(Failure::Fatal)?;
        Ok((Box::new(stream), info))
    }
}

fn info(client: &TlsClient, stream: &TlsStream<TcpStream>) -> Result<TlsInfo, NetError> {
    let connection = stream.get_ref().1;
    let (leaf, rest) = connection
        .peer_certificates()
        .and_then(<[CertificateDer<'_>]>::split_first)
        .ok_or_else(|| NetError::NotTls {
            place: client.place.clone(),
        })?;
    let judgement = client.judge(leaf, rest)?;
    Ok(TlsInfo {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
            other => format!("{other:?}"),
        },
        suite: connection
            .negotiated_cipher_suite()
            .map_or_else(String::new, |suite| {
                // rustls writes TLS13_AES_…; IANA writes TLS_AES_….
                format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1)
            }),
        pin: judgement.pin,
        legacy: false,
        chain: chain(leaf, rest),
        verdict: judgement.verdict,
    })
}

fn failure(client: &TlsClient, error: io::Error, certificate_seen: bool) -> Failure {
    use rustls::Error;

    let Some(tls) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
        .cloned()
    else {
        return client.broken(error, certificate_seen);
    };
    if let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = &tls
        && let Some(Distrusted(distrust)) = inner.downcast_ref()
    {
        return Failure::Fatal(client.distrusted(distrust.clone()));
    }
    if let Error::InvalidCertificate(_) = tls {
        // The certificate has passed by now; what is left is the signature under the key exchange. An RSA key under
        // 2048 bits ends here as well.
        let cause = "its key is too weak, or its signature in the handshake is wrong".to_owned();
        return Failure::Fatal(client.refused(Backend::Modern, Refusal::Parameters(cause)));
    }
    if let Error::AlertReceived(alert) = tls {
        return Failure::Refused(Refusal::of_alert(u8::from(alert), certificate_seen));
    }
    if matches!(tls, Error::InvalidMessage(_)) && !certificate_seen {
        return client.not_tls();
    }
    if is_too_old(&tls) {
        return Failure::Refused(Refusal::Version {
            cause: "it answered with one before TLS 1.2",
        });
    }
    if is_unoffered(&tls) {
        return Failure::Refused(Refusal::Parameters(tls.to_string()));
    }
    Failure::Fatal(NetError::BadAnswer {
        place: client.place.clone(),
        problem: format!("in the TLS handshake: {tls}"),
    })
}

fn is_too_old(error: &rustls::Error) -> bool {
    use PeerIncompatible::{ServerDoesNotSupportTls12Or13, ServerTlsVersionIsDisabledByOurConfig};

    matches!(
        error,
        rustls::Error::PeerIncompatible(
            ServerDoesNotSupportTls12Or13 | ServerTlsVersionIsDisabledByOurConfig
        )
    )
}

/// Some old gateways take no notice of what was offered.
fn is_unoffered(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::PeerIncompatible(_)
            | rustls::Error::PeerMisbehaved(
                PeerMisbehaved::SelectedUnofferedCipherSuite
                    | PeerMisbehaved::SelectedUnofferedKxGroup
                    | PeerMisbehaved::SignedKxWithWrongAlgorithm
                    | PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme,
            )
    )
}

/// Hands the certificate to `Trust` and all signatures to the provider: a pin without the signature under the key
/// exchange would prove nothing.
#[derive(Debug)]
struct Verifier {
    trust: Arc<Trust>,
    /// The gateway has shown its certificate, so the suites are agreed.
    asked: AtomicBool,
}

/// Carries the verdict through rustls.
#[derive(Debug, Error)]
#[error("certificate not trusted")]
struct Distrusted(Distrust);

impl Verifier {
    fn new(trust: Arc<Trust>) -> Self {
        Self {
            trust,
            asked: AtomicBool::new(false),
        }
    }
}

impl ServerCertVerifier for Verifier {
    /// The name is the one of the settings, not the one sent: `--sni` changes only the latter.
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.asked.store(true, Ordering::Relaxed);
        match self.trust.judge(leaf, rest, now) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(distrust) => Err(CertificateError::Other(OtherError(Arc::new(Distrusted(distrust)))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, self.trust.algorithms())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, self.trust.algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms().supported_schemes()
    }
}
