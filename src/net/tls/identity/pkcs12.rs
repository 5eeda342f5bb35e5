//! PKCS#12 files: a key, its certificate and the issuers in one.

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as P12Error;
use pkcs8::pkcs5;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::der_parser::der::parse_der_sequence;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::key::Locked;
use crate::secret::Secret;

/// What a file held.
pub(super) struct Bundle {
    /// The certificate of the key first, then its issuers.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The key, if there is one.
    pub(super) key: Option<PrivateKeyDer<'static>>,
}

/// True for what cannot be PEM and may be PKCS#12: a DER SEQUENCE.
pub(super) fn looks_like_one(data: &[u8]) -> bool {
    data.first() == Some(&0x30)
}

/// Opens a file with the passphrase, or without any, as some programs write them.
pub(super) fn open(data: &[u8], password: Option<&Secret>) -> Result<Bundle, Locked> {
    let none = Secret::default();
    let first = open_with(data, password.unwrap_or(&none));
    match (first, password) {
        (Err(Locked::WrongPassword), None) => Err(Locked::NeedsPassword),
        (Err(Locked::WrongPassword), Some(given)) if !given.is_empty() => {
            // a passphrase for a file that has none is as harmless as it is with PEM
            open_with(data, &none).map_err(|_| Locked::WrongPassword)
        }
        (outcome, _) => outcome,
    }
}

fn open_with(data: &[u8], password: &Secret) -> Result<Bundle, Locked> {
    let locked = match Pkcs12Archive::from_pkcs12(data, password.expose()) {
        Ok(archive) => return Ok(bundle(archive)),
        // a passphrase stretched without measure: OpenSSL would try
        Err(error @ P12Error::InvalidParameters) => return Err(locked(&error, data)),
        Err(error) => locked(&error, data),
    };
    // OpenSSL knows BER, further ciphers, and the difference between an empty passphrase and none
    #[cfg(feature = "legacy-tls")]
    return super::openssl::open_pkcs12(data, password, locked);
    #[cfg(not(feature = "legacy-tls"))]
    Err(locked)
}

fn locked(error: &P12Error, data: &[u8]) -> Locked {
    let is_password = match error {
        P12Error::MacError(_) | P12Error::UnpadError => true,
        P12Error::Pkcs5Error(text) => *text == pkcs5::Error::DecryptFailed.to_string(),
        // now and then a wrong passphrase leaves right padding; without MAC only the content shows it
        P12Error::DerError(_) | P12Error::X509Error(_) | P12Error::InvalidPrivateKey => has_no_mac(data),
        P12Error::IoError(_)
        | P12Error::InvalidVersion
        | P12Error::UnsupportedContentType
        | P12Error::UnsupportedCertificateType
        | P12Error::InvalidLength
        | P12Error::InvalidParameters
        | P12Error::InvalidData
        | P12Error::UnsupportedEncryptionScheme
        | P12Error::UnsupportedMacAlgorithm => false,
    };
    if is_password {
        Locked::WrongPassword
    } else {
        Locked::Unreadable(error.to_string())
    }
}

/// RFC 7292 §4: version, content and perhaps a MAC.
fn has_no_mac(data: &[u8]) -> bool {
    parse_der_sequence(data).is_ok_and(|(rest, pfx)| {
        let parts = pfx.as_sequence().map_or(0, |parts| parts.len());
        rest.is_empty() && parts == 2
    })
}

fn bundle(archive: Pkcs12Archive) -> Bundle {
    let key = archive.keys.into_iter().next();
    let id = key.as_ref().and_then(|key| key.local_key_id.as_ref());
    let leaf = archive
        .certs
        .iter()
        .find(|bag| id.is_some() && bag.local_key_id.as_deref() == id.map(AsRef::as_ref))
        .map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()));
    let certificates = archive
        .certs
        .iter()
        .map(|bag| CertificateDer::from(bag.cert.as_der().to_vec()))
        .collect();
    Bundle {
        chain: in_order(leaf, certificates),
        key: key.map(|bag| PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()).into()),
    }
}

/// The leaf, then each issuer that is there. Without a leaf to begin with, it is the one that has issued no other.
pub(super) fn in_order(
    leaf: Option<CertificateDer<'static>>,
    certificates: Vec<CertificateDer<'static>>,
) -> Vec<CertificateDer<'static>> {
    let issues_another = |candidate: &CertificateDer<'_>| {
        certificates
            .iter()
            .any(|other| other != candidate && has_issued(candidate, other))
    };
    let leaf = leaf.or_else(|| {
        let last_in_line = certificates.iter().find(|candidate| !issues_another(candidate));
        last_in_line.or(certificates.first()).cloned()
    });
    let mut chain: Vec<CertificateDer<'static>> = leaf.into_iter().collect();
    while let Some(last) = chain.last() {
        let next = certificates
            .iter()
            .find(|candidate| !chain.contains(candidate) && has_issued(candidate, last));
        match next {
            Some(next) => chain.push(next.clone()),
            None => break,
        }
    }
    chain
}

/// By name only; the gateway checks the signatures.
fn has_issued(issuer: &[u8], issued: &[u8]) -> bool {
    let (Ok((_, issuer)), Ok((_, issued))) = (
        X509Certificate::from_der(issuer),
        X509Certificate::from_der(issued),
    ) else {
        return false;
    };
    issuer.subject().as_raw() == issued.issuer().as_raw()
}
