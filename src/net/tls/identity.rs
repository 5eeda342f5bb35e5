//! The client certificate and its key, read from PEM files.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
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
    let room = metadata.len().min(MAX_PEM) + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(room).unwrap_or_default()));
    file.take(MAX_PEM + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_PEM {
        return Err(NetError::BadFile {
            path: path.to_owned(),
            problem: "larger than 1 MiB, not a PEM file".to_owned(),
            remedy: None,
        });
    }
    Ok(std::mem::take(&mut *text))
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

/// Five times the largest set of certificate authorities in use.
const MAX_PEM: u64 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;

    fn refused(path: &Path) -> crate::error::Error {
        let error = read_file(path).expect_err("nothing to read").user_error();
        assert_eq!(error.status, ExitStatus::BadData, "{error}");
        error
    }

    #[test]
    fn files_without_an_end_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        for path in [Path::new("/dev/zero"), &fifo] {
            assert!(refused(path).message.ends_with("not a regular file"));
        }
    }

    #[test]
    fn files_are_read_up_to_one_mebibyte() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(MAX_PEM).unwrap();
        assert_eq!(read_file(file.path()).unwrap().len() as u64, MAX_PEM);
        file.as_file().set_len(MAX_PEM + 1).unwrap();
        let error = refused(file.path());
        assert!(
            error.message.ends_with("larger than 1 MiB, not a PEM file"),
            "{error}"
        );
    }
}
