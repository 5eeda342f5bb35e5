//! The client certificate and its key, read from PEM files.

use std::fmt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::net::error::NetError;
use crate::net::settings::TlsSettings;

/// What we show to a gateway that asks who we are.
pub(super) struct Identity {
    /// Our certificate, then its issuers.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// Its key: PKCS#8, PKCS#1 or SEC1.
    pub(super) key: PrivateKeyDer<'static>,
    path: PathBuf,
}

impl Identity {
    /// A TLS back end cannot use certificate and key as they are.
    pub(super) fn unusable(&self, problem: &dyn fmt::Display) -> NetError {
        NetError::BadFile {
            path: self.path.clone(),
            problem: format!(
                "certificate and key do not fit together or are of a kind we cannot use: {problem}"
            ),
            remedy: None,
        }
    }
}

/// Reads the files the settings name; `None` when there is no client certificate.
pub(super) fn load(settings: &TlsSettings) -> Result<Option<Identity>, NetError> {
    let Some(path) = &settings.certificate else {
        return match &settings.key {
            Some(_) => Err(NetError::Unusable {
                problem: "a key without a certificate: --sslkey needs --certificate".to_owned(),
            }),
            None => Ok(None),
        };
    };
    let text = Zeroizing::new(read_file(path)?);
    let chain = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| pem_problem(path, &error))?;
    if chain.is_empty() {
        return Err(NetError::BadFile {
            path: path.clone(),
            problem: "it holds no certificate in PEM form".to_owned(),
            remedy: Some("openssl pkcs12 -in FILE -nodes -out FILE.pem   makes PEM of a PKCS#12 file"),
        });
    }
    let key = match &settings.key {
        Some(path) => load_key(path, &read_file(path).map(Zeroizing::new)?)?,
        None => load_key(path, &text)?,
    };
    Ok(Some(Identity {
        chain,
        key,
        path: path.clone(),
    }))
}

/// A file of certificates or keys.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, NetError> {
    std::fs::read(path).map_err(|source| NetError::File {
        path: path.to_owned(),
        source,
    })
}

/// A file that is no proper PEM.
pub(super) fn pem_problem(path: &Path, error: &pem::Error) -> NetError {
    NetError::BadFile {
        path: path.to_owned(),
        problem: format!("it is no proper PEM file: {error}"),
        remedy: None,
    }
}

fn load_key(path: &Path, text: &[u8]) -> Result<PrivateKeyDer<'static>, NetError> {
    if text.windows(ENCRYPTED.len()).any(|window| window == ENCRYPTED) {
        return Err(NetError::BadFile {
            path: path.to_owned(),
            problem: "its key is encrypted, which is not supported yet".to_owned(),
            remedy: Some("openssl pkey -in FILE -out KEY.pem   and  --sslkey KEY.pem"),
        });
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|error| {
        if matches!(error, pem::Error::NoItemsFound) {
            NetError::BadFile {
                path: path.to_owned(),
                problem: "it holds no private key in PEM form".to_owned(),
                remedy: Some("--sslkey FILE names the key when it is in another file"),
            }
        } else {
            pem_problem(path, &error)
        }
    })
}

/// In `BEGIN ENCRYPTED PRIVATE KEY` (PKCS#8) and `Proc-Type: 4,ENCRYPTED` (older).
const ENCRYPTED: &[u8] = b"ENCRYPTED";
