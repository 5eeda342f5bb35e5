//! The rule of trust: a pin matches, or a chain leads to a root and name and time are right.

use std::path::Path;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};

use super::describe::date;
use super::identity::{pem_problem, read_file};
use crate::net::error::NetError;
use crate::net::settings::{Pin, TlsSettings};

/// Decides whether a certificate is the gateway's. One for both back ends, so they cannot differ in rigour.
#[derive(Debug)]
pub(super) struct Trust {
    host: ServerName<'static>,
    pins: Vec<Pin>,
    roots: RootCertStore,
    /// What the user's own files hold, for the advice.
    given: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
    /// Distrust is told, not acted upon.
    accept_untrusted: bool,
}

/// What came of a certificate that the handshake may go on with.
#[derive(Debug)]
pub(super) struct Judgement {
    /// Pin of the key.
    pub(super) pin: String,
    /// Why it would not be trusted.
    pub(super) verdict: Option<String>,
}

/// A certificate that is not the gateway's, as far as we can tell.
#[derive(Debug, Clone)]
pub(super) enum Distrust {
    Untrusted {
        reason: String,
        pin: String,
        given_as_authority: bool,
    },
    PinMismatch {
        seen: String,
    },
}

impl Distrust {
    fn into_judgement(self) -> Judgement {
        let (pin, verdict) = match self {
            Self::Untrusted { reason, pin, .. } => (pin, reason),
            Self::PinMismatch { seen } => (seen, "its public key matches none of the given pins".to_owned()),
        };
        Judgement {
            pin,
            verdict: Some(verdict),
        }
    }
}

impl Trust {
    /// Reads the roots that the settings call for. With pins none are read: only the pins count.
    pub(super) fn load(settings: &TlsSettings, host: ServerName<'static>) -> Result<Self, NetError> {
        let mut roots = RootCertStore::empty();
        let mut given = Vec::new();
        for path in &settings.ca_files {
            given.append(&mut add_file(&mut roots, path)?);
        }
        if settings.pins.is_empty() && !settings.no_system_trust {
            let system = rustls_native_certs::load_native_certs();
            for error in &system.errors {
                tracing::debug!(%error, "system root not read");
            }
            let (added, ignored) = roots.add_parsable_certificates(system.certs);
            tracing::debug!(added, ignored, "system roots");
        }
        Ok(Self {
            host,
            pins: settings.pins.clone(),
            roots,
            given,
            algorithms: default_provider().signature_verification_algorithms,
            accept_untrusted: settings.accept_untrusted_for_probe,
        })
    }

    /// The algorithms for signatures inside the handshake.
    pub(super) fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.algorithms
    }

    /// Whether to go on with this certificate.
    pub(super) fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Judgement, Distrust> {
        match self.check(leaf, rest, now) {
            Ok(pin) => Ok(Judgement { pin, verdict: None }),
            Err(distrust) if self.accept_untrusted => Ok(distrust.into_judgement()),
            Err(distrust) => Err(distrust),
        }
    }

    /// Yields the pin of the gateway's key when the certificate is trusted.
    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<String, Distrust> {
        let Ok(parsed) = ParsedCertificate::try_from(leaf) else {
            return Err(Distrust::Untrusted {
                reason: "it cannot be read".to_owned(),
                pin: "unknown".to_owned(),
                given_as_authority: false,
            });
        };
        let key = parsed.subject_public_key_info();
        let pin = Pin::of_key(&key).to_string();
        if !self.pins.is_empty() {
            return if self.pins.iter().any(|known| known.matches(&key)) {
                Ok(pin)
            } else {
                Err(Distrust::PinMismatch { seen: pin })
            };
        }
        let signed =
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, rest, now, self.algorithms.all);
        let given_as_authority = signed.as_ref().is_err_and(is_about_the_issuer) && self.given.contains(leaf);
        match signed.and_then(|()| verify_server_name(&parsed, &self.host)) {
            Ok(()) => Ok(pin),
            Err(error) => Err(Distrust::Untrusted {
                reason: self.reason(&error, leaf),
                pin,
                given_as_authority,
            }),
        }
    }

    fn reason(&self, error: &rustls::Error, leaf: &CertificateDer<'_>) -> String {
        let rustls::Error::InvalidCertificate(error) = error else {
            return error.to_string();
        };
        use CertificateError as E;

        if let E::ExpiredContext { not_after, .. } = error {
            format!("expired on {}", day(*not_after))
        } else if let E::NotValidYetContext { not_before, .. } = error {
            format!("not valid before {}", day(*not_before))
        } else if let E::NotValidForNameContext { presented, .. } = error {
            wrong_name(presented)
        } else if is_self_issued(leaf) == Some(true) {
            "self-signed".to_owned()
        } else if *error == E::UnknownIssuer && self.roots.is_empty() {
            "unknown issuer, and there is no root to check it with".to_owned()
        } else if *error == E::UnknownIssuer {
            "unknown issuer".to_owned()
        } else if *error == E::BadSignature {
            "the issuer's signature in it is wrong".to_owned()
        } else if matches!(error, E::InvalidPurpose | E::InvalidPurposeContext { .. }) {
            "it is not meant for servers".to_owned()
        } else if matches!(
            error,
            E::UnsupportedSignatureAlgorithmContext { .. }
                | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
        ) {
            "signed with an algorithm or key that is no longer safe".to_owned()
        } else {
            error.to_string()
        }
    }
}

/// No root signed it, or it is a root itself, which `webpki` does not take for a server's.
fn is_about_the_issuer(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))
    )
}

/// Yields what was added.
fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let text = read_file(path)?;
    let mut added = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| pem_problem(path, &error))?;
        roots
            .add(certificate.clone())
            .map_err(|error| NetError::BadFile {
                path: path.to_owned(),
                problem: format!("one of its certificates is no root: {error}"),
                remedy: None,
            })?;
        added.push(certificate);
    }
    if added.is_empty() {
        return Err(NetError::BadFile {
            path: path.to_owned(),
            problem: "it holds no certificate in PEM form".to_owned(),
            remedy: Some("openssl x509 -inform DER -in FILE -out FILE.pem   makes PEM of a DER file"),
        });
    }
    Ok(added)
}

fn wrong_name(presented: &[String]) -> String {
    if presented.is_empty() {
        "it holds no host name or address".to_owned()
    } else {
        format!("wrong name, it is for {}", names(presented))
    }
}

/// `rustls` shows names as `DnsName("a")`; a person wants `a`.
fn names(presented: &[String]) -> String {
    let plain: Vec<&str> = presented
        .iter()
        .take(MAX_NAMES)
        .map(|name| name.split('"').nth(1).unwrap_or(name))
        .collect();
    let more = if presented.len() > MAX_NAMES { ", …" } else { "" };
    format!("{}{more}", plain.join(", "))
}

fn day(time: UnixTime) -> String {
    date(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// True when issuer and subject are the same octets. Only for the choice of words, never for trust.
///
/// TBSCertificate begins `[0] version OPTIONAL, serialNumber, signature, issuer, validity, subject` (RFC 5280 §4.1).
fn is_self_issued(certificate: &[u8]) -> Option<bool> {
    let (_, certificate, _) = der_element(certificate)?;
    let (_, mut rest, _) = der_element(certificate)?;
    if rest.first() == Some(&DER_VERSION) {
        rest = der_element(rest)?.2;
    }
    let (_, _, rest) = der_element(rest)?;
    let (_, _, rest) = der_element(rest)?;
    let (_, issuer, rest) = der_element(rest)?;
    let (_, _, rest) = der_element(rest)?;
    let (_, subject, _) = der_element(rest)?;
    Some(issuer == subject)
}

/// Splits off the first element: tag, content, what follows.
fn der_element(data: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, data) = data.split_first()?;
    let (&first, data) = data.split_first()?;
    let (length, data) = if first < 0x80 {
        (usize::from(first), data)
    } else {
        let (octets, data) = data.split_at_checked(usize::from(first & 0x7f))?;
        if octets.len() > 4 {
            return None;
        }
        (
            octets
                .iter()
                .fold(0, |length, octet| length << 8 | usize::from(*octet)),
            data,
        )
    };
    let (content, rest) = data.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Explicit context tag 0.
const DER_VERSION: u8 = 0xa0;
/// A certificate of a hosting company can hold a hundred names.
const MAX_NAMES: usize = 5;
