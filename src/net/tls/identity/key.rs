//! Private keys, plain and under a passphrase.

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2::{Kdf, ScryptParams};
use pkcs8::pkcs5::{self, EncryptionScheme};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use zeroize::Zeroizing;

use super::dek;
use super::pem::{PemProblem, Section};
use crate::secret::Secret;

/// What keeps a key or a PKCS#12 file shut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Locked {
    /// It is encrypted and there is no passphrase.
    NeedsPassword,
    /// The passphrase is not the one.
    WrongPassword,
    /// Damaged, or encrypted in a way that nothing here understands.
    Unreadable(String),
}

impl From<PemProblem> for Locked {
    fn from(problem: PemProblem) -> Self {
        Self::Unreadable(problem.to_string())
    }
}

/// True for the sections [`open`] understands.
pub(super) fn is_key(section: &Section<'_>) -> bool {
    Kind::of(section).is_some()
}

/// The key in a section, decrypted if it must be.
pub(super) fn open(
    section: &Section<'_>,
    password: Option<&Secret>,
) -> Result<PrivateKeyDer<'static>, Locked> {
    let Some(kind) = Kind::of(section) else {
        return Err(Locked::Unreadable("it is no private key".to_owned()));
    };
    let der = section.der()?;
    if kind == Kind::EncryptedPkcs8 {
        return open_pkcs8(&der, password.ok_or(Locked::NeedsPassword)?);
    }
    let der = match section.header("DEK-Info") {
        Some(info) => dek::open(info, &der, password.ok_or(Locked::NeedsPassword)?)?,
        None => der,
    };
    Ok(match kind {
        Kind::Rsa => PrivatePkcs1KeyDer::from(der.to_vec()).into(),
        Kind::Ec => PrivateSec1KeyDer::from(der.to_vec()).into(),
        Kind::Pkcs8 | Kind::EncryptedPkcs8 => PrivatePkcs8KeyDer::from(der.to_vec()).into(),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pkcs8,
    EncryptedPkcs8,
    Rsa,
    Ec,
}

impl Kind {
    fn of(section: &Section<'_>) -> Option<Self> {
        Some(match section.label {
            b"PRIVATE KEY" => Self::Pkcs8,
            b"ENCRYPTED PRIVATE KEY" => Self::EncryptedPkcs8,
            b"RSA PRIVATE KEY" => Self::Rsa,
            b"EC PRIVATE KEY" => Self::Ec,
            _ => return None,
        })
    }
}

/// `ENCRYPTED PRIVATE KEY`: PBES2 here; what is older is left to OpenSSL where that is built in.
fn open_pkcs8(der: &[u8], password: &Secret) -> Result<PrivateKeyDer<'static>, Locked> {
    let opened = match EncryptedPrivateKeyInfoRef::try_from(der) {
        Ok(info) if is_endless(&info.encryption_algorithm) => {
            let problem = "its passphrase is stretched without measure";
            return Err(Locked::Unreadable(problem.to_owned()));
        }
        Ok(info) => decrypt_pkcs8(&info, password),
        Err(error) => Err(Locked::Unreadable(error.to_string())),
    };
    let problem = match opened {
        Ok(key) => return Ok(PrivatePkcs8KeyDer::from(key.to_vec()).into()),
        Err(Locked::Unreadable(problem)) => problem,
        Err(locked) => return Err(locked),
    };
    #[cfg(feature = "legacy-tls")]
    return super::openssl::open_pkcs8(der, password, problem);
    #[cfg(not(feature = "legacy-tls"))]
    Err(Locked::Unreadable(problem))
}

fn decrypt_pkcs8(
    info: &EncryptedPrivateKeyInfoRef<'_>,
    password: &Secret,
) -> Result<Zeroizing<Vec<u8>>, Locked> {
    match info.decrypt(password.expose()) {
        Ok(key) => Ok(key.to_bytes()),
        // a wrong passphrase leaves wrong padding, or, now and then, right padding and no key
        Err(
            pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed)
            | pkcs8::Error::Asn1(_)
            | pkcs8::Error::KeyMalformed(_),
        ) => Err(Locked::WrongPassword),
        Err(error) => Err(Locked::Unreadable(error.to_string())),
    }
}

/// Minutes of work, or more memory than machines have.
fn is_endless(scheme: &EncryptionScheme) -> bool {
    let Some(parameters) = scheme.pbes2() else {
        return false;
    };
    match &parameters.kdf {
        Kdf::Pbkdf2(kdf) => kdf.iteration_count > MAX_ITERATIONS,
        Kdf::Scrypt(kdf) => scrypt_memory(kdf).is_none_or(|octets| octets > MAX_SCRYPT_MEMORY),
        _ => true,
    }
}

/// RFC 7914 §2: 128 × r octets in N blocks, done p times.
fn scrypt_memory(kdf: &ScryptParams) -> Option<u64> {
    (128_u64)
        .checked_mul(kdf.cost_parameter)?
        .checked_mul(kdf.block_size.into())?
        .checked_mul(kdf.parallelization.into())
}

/// OpenSSL writes 2048, careful people a million.
const MAX_ITERATIONS: u32 = 5_000_000;
const MAX_SCRYPT_MEMORY: u64 = 1 << 30;
