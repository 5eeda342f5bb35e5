//! Keys and PKCS#12 files that only OpenSSL can open.

use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::key::Locked;
use super::pkcs12::{Bundle, in_order};
use crate::secret::Secret;

/// PBES1 and whatever else the library was built with. `problem` is what our own reader had against it.
pub(super) fn open_pkcs8(
    der: &[u8],
    password: &Secret,
    problem: String,
) -> Result<PrivateKeyDer<'static>, Locked> {
    PKey::private_key_from_pkcs8_passphrase(der, password.expose().as_bytes())
        .and_then(|key| plain(&key))
        .map_err(|error| {
            // now and then a wrong passphrase leaves right padding, and no key behind it
            if has_reason(&error, &[NO_KEY]) {
                Locked::WrongPassword
            } else {
                locked(&error, Locked::Unreadable(problem))
            }
        })
}

/// BER instead of DER, unusual ciphers, no passphrase in place of an empty one.
pub(super) fn open_pkcs12(data: &[u8], password: &Secret, locked_before: Locked) -> Result<Bundle, Locked> {
    read_pkcs12(data, password).map_err(|error| locked(&error, locked_before))
}

fn read_pkcs12(data: &[u8], password: &Secret) -> Result<Bundle, ErrorStack> {
    let parsed = Pkcs12::from_der(data)?.parse2(password.expose())?;
    let leaf = match &parsed.cert {
        Some(certificate) => Some(CertificateDer::from(certificate.to_der()?)),
        None => None,
    };
    let mut certificates: Vec<CertificateDer<'static>> = leaf.iter().cloned().collect();
    for issuer in parsed.ca.iter().flatten() {
        certificates.push(issuer.to_der()?.into());
    }
    Ok(Bundle {
        chain: in_order(leaf, certificates),
        key: parsed.pkey.as_ref().map(plain).transpose()?,
    })
}

fn plain(key: &PKey<Private>) -> Result<PrivateKeyDer<'static>, ErrorStack> {
    Ok(PrivatePkcs8KeyDer::from(key.private_key_to_pkcs8()?).into())
}

/// What OpenSSL has against it, if it is the passphrase; else what was known before.
fn locked(error: &ErrorStack, before: Locked) -> Locked {
    if has_reason(error, &WRONG_PASSWORD) {
        Locked::WrongPassword
    } else {
        before
    }
}

fn has_reason(error: &ErrorStack, reasons: &[&str]) -> bool {
    let mut found = error.errors().iter().filter_map(|error| error.reason());
    found.any(|reason| reasons.contains(&reason))
}

/// Of `EVP_R_BAD_DECRYPT`, `PKCS12_R_PKCS12_CIPHERFINAL_ERROR` and `PKCS12_R_MAC_VERIFY_FAILURE`; their numbers
/// belong to different parts of the library and mean other things in others.
const WRONG_PASSWORD: [&str; 3] = ["bad decrypt", "pkcs12 cipherfinal error", "mac verify failure"];
/// `PKCS12_R_DECODE_ERROR`: what was decrypted is not what it should be.
const NO_KEY: &str = "decode error";
