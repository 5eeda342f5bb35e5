//! The client certificate and its key, read from PEM or PKCS#12 files.

mod dek;
mod expiry;
mod key;
#[cfg(feature = "legacy-tls")]
mod openssl;
pub(super) mod pem;
mod pkcs12;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::{Zeroize as _, Zeroizing};

use self::key::Locked;
use self::pem::PemProblem;
use self::pkcs12::Bundle;
use crate::net::error::NetError;
use crate::net::settings::TlsSettings;
use crate::secret::Secret;

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

impl Drop for Identity {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// Reads the files the settings name; `None` when there is no client certificate.
///
/// [`NetError::KeyPassword`] means: ask for the passphrase of the key and come again with it in the settings.
pub(super) fn load(settings: &TlsSettings) -> Result<Option<Identity>, NetError> {
    let Some(path) = &settings.certificate else {
        return match &settings.key {
            Some(_) => Err(NetError::Unusable {
                problem: "a key without a certificate: --sslkey needs --certificate".to_owned(),
            }),
            None => Ok(None),
        };
    };
    let password = settings.key_password.as_ref();
    let text = Zeroizing::new(read_file(path)?);
    let bundle = read_bundle(path, &text, Wanted::certificate(settings.key.is_none()), password)?;
    let key = match &settings.key {
        Some(path) => {
            let text = Zeroizing::new(read_file(path)?);
            key_of(path, read_bundle(path, &text, Wanted::KEY, password)?.key)?
        }
        None => key_of(path, bundle.key)?,
    };
    let Some(own) = bundle.chain.first() else {
        return Err(NetError::BadFile {
            path: path.clone(),
            problem: "it holds no certificate in PEM or PKCS#12 form".to_owned(),
            remedy: Some("openssl x509 -inform DER -in FILE -out FILE.pem   makes PEM of a DER file"),
        });
    };
    expiry::warn(path, own, settings.cert_expire_warning);
    Ok(Some(Identity {
        chain: bundle.chain,
        key,
        path: path.clone(),
    }))
}

/// What a file is read for; the rest of it is left alone.
#[derive(Clone, Copy)]
struct Wanted {
    certificates: bool,
    key: bool,
}

impl Wanted {
    const KEY: Self = Self {
        certificates: false,
        key: true,
    };

    fn certificate(and_key: bool) -> Self {
        Self {
            certificates: true,
            key: and_key,
        }
    }
}

fn read_bundle(
    path: &Path,
    text: &[u8],
    wanted: Wanted,
    password: Option<&Secret>,
) -> Result<Bundle, NetError> {
    if pkcs12::looks_like_one(text) {
        return pkcs12::open(text, password).map_err(|locked| match locked {
            Locked::Unreadable(problem) => NetError::BadFile {
                path: path.to_owned(),
                problem: format!("it is neither PEM nor PKCS#12 that this program can read ({problem})"),
                remedy: Some("openssl pkcs12 -in FILE -out FILE.pem   makes PEM of a PKCS#12 file"),
            },
            locked @ (Locked::NeedsPassword | Locked::WrongPassword) => locked_key(path, locked),
        });
    }
    let bad_pem = |problem: PemProblem| NetError::BadFile {
        path: path.to_owned(),
        problem: format!("it is no proper PEM file: {problem}"),
        remedy: None,
    };
    let sections = pem::sections(text).map_err(bad_pem)?;
    let mut bundle = Bundle {
        chain: Vec::new(),
        key: None,
    };
    if wanted.certificates {
        for section in sections.iter().filter(|section| section.label == b"CERTIFICATE") {
            let der = section.der().map_err(bad_pem)?;
            bundle.chain.push(CertificateDer::from(der.to_vec()));
        }
    }
    if wanted.key
        && let Some(section) = sections.iter().find(|section| key::is_key(section))
    {
        let opened = key::open(section, password).map_err(|locked| locked_key(path, locked))?;
        bundle.key = Some(opened);
    }
    Ok(bundle)
}

fn key_of(path: &Path, key: Option<PrivateKeyDer<'static>>) -> Result<PrivateKeyDer<'static>, NetError> {
    key.ok_or_else(|| NetError::BadFile {
        path: path.to_owned(),
        problem: "it holds no private key in PEM or PKCS#12 form".to_owned(),
        remedy: Some("--sslkey FILE names the key when it is in another file"),
    })
}

fn locked_key(path: &Path, locked: Locked) -> NetError {
    let path = path.to_owned();
    match locked {
        Locked::NeedsPassword => NetError::KeyPassword { path, wrong: false },
        Locked::WrongPassword => NetError::KeyPassword { path, wrong: true },
        Locked::Unreadable(problem) => NetError::BadFile {
            path,
            problem: format!("its key cannot be opened: {problem}"),
            remedy: Some("openssl pkey -in FILE -out KEY.pem   and  --sslkey KEY.pem"),
        },
    }
}

/// A file of certificates or keys, whole. What has no end, or may never begin, is refused: nobody could interrupt us.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, NetError> {
    let failed = |source| NetError::File {
        path: path.to_owned(),
        source,
    };
    // a FIFO without a writer would hold up the opening
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let opened = File::options().read(true).custom_flags(flags).open(path);
    let file = opened.map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if !metadata.is_file() {
        return Err(NetError::BadFile {
            path: path.to_owned(),
            problem: "it is a pipe or a device, not a regular file".to_owned(),
            remedy: Some("write certificate or key to a file that only you can read (chmod 600)"),
        });
    }
    // room for all of it at once: a key must not stay behind in memory that was outgrown
    let room = metadata.len().min(MAX_FILE) + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(room).unwrap_or_default()));
    file.take(MAX_FILE + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_FILE {
        return Err(NetError::BadFile {
            path: path.to_owned(),
            problem: "larger than 1 MiB, no file of certificates or keys".to_owned(),
            remedy: None,
        });
    }
    Ok(std::mem::take(&mut *text))
}

/// A file of authorities that is no proper PEM.
pub(super) fn pem_problem(path: &Path, error: &rustls::pki_types::pem::Error) -> NetError {
    NetError::BadFile {
        path: path.to_owned(),
        problem: format!("it is no proper PEM file: {error}"),
        remedy: None,
    }
}

/// Five times the largest set of certificate authorities in use.
const MAX_FILE: u64 = 1 << 20;
