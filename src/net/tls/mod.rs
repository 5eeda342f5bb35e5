//! TLS to the gateway: two back ends behind one face, one rule of trust for both.
//!
//! The modern back end is rustls. It leaves out what many old gateways insist on (static RSA key exchange, CBC,
//! DHE: `juniper-nc.md §2`), so a second one, OpenSSL, stands in when the gateway refuses the first. It offers the
//! modern suites too and prefers them: whoever forges a refusal on the way gains no weaker handshake by it.

pub mod describe;
mod identity;
#[cfg(feature = "legacy-tls")]
mod legacy;
mod modern;
pub mod pin;
#[cfg(test)]
mod tests;
mod trust;

use std::io;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use thiserror::Error;
use tokio::net::TcpStream;

use self::trust::{Distrust, Judgement, Trust};
use super::connect::Stream;
use super::error::NetError;
use super::settings::{GatewaySettings, TlsMode};

/// What was negotiated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLS 1.2`.
    pub version: String,
    /// IANA name of the cipher suite.
    pub suite: String,
    /// `pin-sha256:…` of the gateway's public key.
    pub pin: String,
    /// The legacy back end was needed.
    pub legacy: bool,
    /// The certificates the gateway has shown, DER, its own first.
    pub chain: Vec<Vec<u8>>,
    /// Why the gateway would not be trusted. Always `None` but with
    /// [`TlsSettings::accept_untrusted_for_probe`](super::settings::TlsSettings::accept_untrusted_for_probe).
    pub verdict: Option<String>,
}

/// How the two sides failed to agree, before any certificate was in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The gateway likes none of our suites, groups or signatures.
    #[error("the gateway refused the handshake (alert {alert})")]
    Suites {
        /// Name of the alert.
        alert: &'static str,
    },
    /// The gateway has none of our versions.
    #[error("the gateway refused the TLS version ({cause})")]
    Version {
        /// Alert or version seen.
        cause: &'static str,
    },
    /// Closed or reset after our first message.
    #[error("the gateway closed the connection directly after our first message")]
    Closed,
    /// The gateway chose something that was not offered or that is too weak.
    #[error("the gateway insists on something this program refuses: {0}")]
    Parameters(String),
    /// The gateway wants a client certificate, or another one.
    #[error("the gateway does not accept our client certificate, or misses one (alert {alert})")]
    ClientCertificate {
        /// Name of the alert.
        alert: &'static str,
    },
    /// Any other alert.
    #[error("the gateway sent alert {0}")]
    Alert(&'static str),
}

/// Which back ends had their try when a handshake failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backends {
    /// rustls, because the user wants no other.
    Modern,
    /// rustls, because this build has no other.
    ModernWithoutLegacy,
    /// OpenSSL was the last to try.
    Legacy,
    /// OpenSSL with all that it still can.
    LegacyInsecure,
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    Modern,
    Legacy,
}

/// Why a handshake did not succeed.
pub(super) enum Failure {
    /// No common ground; the other back end may have it.
    Refused(Refusal),
    /// Final.
    Fatal(NetError),
}

/// Both back ends, set up from the settings, and what was learnt about the gateway.
#[derive(Clone)]
pub(super) struct TlsClient {
    place: String,
    host: String,
    name: ServerName<'static>,
    trust: Arc<Trust>,
    modern: Option<modern::Modern>,
    #[cfg(feature = "legacy-tls")]
    legacy: Option<legacy::Legacy>,
    mode: TlsMode,
    allow_insecure_crypto: bool,
    is_other_host: bool,
    /// The back end of the first success; from then on the only one.
    chosen: Option<Backend>,
}

impl TlsClient {
    /// Reads roots, CA files and the client certificate.
    pub(super) fn new(settings: &GatewaySettings, place: &str) -> Result<Self, NetError> {
        let tls = &settings.tls;
        let legacy_only = tls.mode == TlsMode::Legacy;
        if !cfg!(feature = "legacy-tls") && (legacy_only || tls.allow_insecure_crypto) {
            return Err(NetError::Unusable {
                problem: "old TLS suites and versions need the legacy TLS back end, which this build has not"
                    .to_owned(),
            });
        }
        if tls.mode == TlsMode::Modern && tls.allow_insecure_crypto {
            return Err(NetError::Unusable {
                problem: "--allow-insecure-crypto has no meaning with --tls modern, which has no weak suites"
                    .to_owned(),
            });
        }
        let host = server_name(&settings.host)?;
        let name = match &tls.sni {
            Some(sni) => server_name(sni)?,
            None => host.clone(),
        };
        let identity = if tls.accept_untrusted_for_probe {
            None
        } else {
            identity::load(tls)?
        };
        let trust = Arc::new(Trust::load(tls, host)?);
        Ok(Self {
            place: place.to_owned(),
            host: settings.host.clone(),
            name,
            modern: if legacy_only {
                None
            } else {
                Some(modern::Modern::new(trust.clone(), identity.as_ref())?)
            },
            #[cfg(feature = "legacy-tls")]
            legacy: if tls.mode == TlsMode::Modern {
                None
            } else {
                Some(legacy::Legacy::new(tls.allow_insecure_crypto, identity.as_ref())?)
            },
            trust,
            mode: tls.mode,
            allow_insecure_crypto: tls.allow_insecure_crypto,
            is_other_host: false,
            chosen: None,
        })
    }

    /// The same for a host that is not the gateway, so that nobody is told to pin its key.
    pub(super) fn for_other_host(settings: &GatewaySettings, place: &str) -> Result<Self, NetError> {
        Ok(Self {
            is_other_host: true,
            ..Self::new(settings, place)?
        })
    }

    /// The back end to begin with.
    pub(super) fn first(&self) -> Backend {
        match (self.chosen, self.mode) {
            (Some(backend), _) => backend,
            (None, TlsMode::Legacy) => Backend::Legacy,
            (None, TlsMode::Auto | TlsMode::Modern) => Backend::Modern,
        }
    }

    /// The back end to try after this one was refused so, if any.
    ///
    /// After a first success there is none: a gateway that could do better does not get worse by itself.
    pub(super) fn after(&self, backend: Backend, refusal: &Refusal) -> Option<Backend> {
        let may_be_old = match refusal {
            Refusal::Suites { .. } | Refusal::Version { .. } | Refusal::Closed | Refusal::Parameters(_) => {
                true
            }
            Refusal::ClientCertificate { .. } | Refusal::Alert(_) => false,
        };
        let open = self.mode == TlsMode::Auto && self.chosen.is_none() && backend == Backend::Modern;
        (may_be_old && open && cfg!(feature = "legacy-tls")).then_some(Backend::Legacy)
    }

    /// Remembers the back end that worked; says so when the old one had to stand in.
    pub(super) fn remember(&mut self, backend: Backend, info: &TlsInfo) {
        let is_first = self.chosen.replace(backend).is_none();
        if is_first && backend == Backend::Legacy && self.mode == TlsMode::Auto {
            tracing::warn!(
                gateway = %self.place,
                version = %info.version,
                suite = %info.suite,
                "the gateway speaks old TLS only; ask the administrator to enable ECDHE suites"
            );
        }
    }

    /// The error for a refusal that nothing more can be done about.
    pub(super) fn refused(&self, backend: Backend, refusal: Refusal) -> NetError {
        let tried = match backend {
            Backend::Modern if cfg!(feature = "legacy-tls") => Backends::Modern,
            Backend::Modern => Backends::ModernWithoutLegacy,
            Backend::Legacy if self.allow_insecure_crypto => Backends::LegacyInsecure,
            Backend::Legacy => Backends::Legacy,
        };
        NetError::Handshake {
            place: self.place.clone(),
            refusal,
            tried,
        }
    }

    /// One handshake with one back end. The caller sets the time limit.
    pub(super) async fn handshake(
        &self,
        backend: Backend,
        tcp: TcpStream,
    ) -> Result<(Stream, TlsInfo), Failure> {
        match (backend, &self.modern) {
            (Backend::Modern, Some(modern)) => modern.handshake(self, tcp).await,
            (Backend::Legacy, _) | (Backend::Modern, None) => self.legacy_handshake(tcp).await,
        }
    }

    #[cfg(feature = "legacy-tls")]
    async fn legacy_handshake(&self, tcp: TcpStream) -> Result<(Stream, TlsInfo), Failure> {
        match &self.legacy {
            Some(legacy) => legacy.handshake(self, tcp).await,
            None => Err(self.no_backend()),
        }
    }

    #[cfg(not(feature = "legacy-tls"))]
    fn legacy_handshake(&self, _: TcpStream) -> std::future::Ready<Result<(Stream, TlsInfo), Failure>> {
        std::future::ready(Err(self.no_backend()))
    }

    fn no_backend(&self) -> Failure {
        Failure::Fatal(NetError::Unusable {
            problem: format!("no TLS back end may be used for {}", self.place),
        })
    }

    /// The one rule of trust, for both back ends.
    fn judge(&self, leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Result<Judgement, NetError> {
        self.trust
            .judge(leaf, rest, UnixTime::now())
            .map_err(|distrust| self.distrusted(distrust))
    }

    fn distrusted(&self, distrust: Distrust) -> NetError {
        let host = self.host.clone();
        match distrust {
            Distrust::Untrusted {
                reason,
                pin,
                given_as_authority,
            } => NetError::Untrusted {
                host,
                reason,
                pin,
                given_as_authority,
                is_other_host: self.is_other_host,
            },
            Distrust::PinMismatch { seen } => NetError::PinMismatch { host, seen },
        }
    }

    fn not_tls(&self) -> Failure {
        Failure::Fatal(NetError::NotTls {
            place: self.place.clone(),
        })
    }

    /// The connection under TLS broke. Before the gateway's certificate that may be its way of a refusal.
    fn broken(&self, source: io::Error, certificate_seen: bool) -> Failure {
        let closed = matches!(
            source.kind(),
            io::ErrorKind::UnexpectedEof
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
        );
        if closed && !certificate_seen {
            return Failure::Refused(Refusal::Closed);
        }
        Failure::Fatal(NetError::Unreachable {
            place: self.place.clone(),
            source,
        })
    }
}

/// All that the gateway has shown.
fn chain(leaf: &CertificateDer<'_>, rest: &[CertificateDer<'_>]) -> Vec<Vec<u8>> {
    std::iter::once(leaf)
        .chain(rest)
        .map(|certificate| certificate.to_vec())
        .collect()
}

impl Refusal {
    /// What an alert of the gateway means.
    ///
    /// Once we have seen its certificate the suites are agreed; a TLS 1.2 gateway that then sends
    /// `handshake_failure` misses our certificate (RFC 5246 §7.4.6).
    pub(super) fn of_alert(code: u8, certificate_seen: bool) -> Self {
        let alert = alert_name(code);
        match code {
            40 | 71 if !certificate_seen => Self::Suites { alert },
            70 if !certificate_seen => Self::Version { cause: alert },
            40..=46 | 48 | 49 | 116 => Self::ClientCertificate { alert },
            _ => Self::Alert(alert),
        }
    }

    /// The alert inside a read error of either back end: with TLS 1.3 a refused client certificate shows only at
    /// the first read.
    pub(super) fn in_io_error(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        if let Some(rustls::Error::AlertReceived(alert)) = inner.downcast_ref() {
            return Some(Self::of_alert(u8::from(*alert), true));
        }
        #[cfg(feature = "legacy-tls")]
        if let Some(code) = legacy::alert_in(inner) {
            return Some(Self::of_alert(code, true));
        }
        None
    }
}

/// A name or address as TLS takes it. A final dot is a matter of DNS only.
fn server_name(host: &str) -> Result<ServerName<'static>, NetError> {
    let bare = host.strip_suffix('.').unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| NetError::Unusable {
        problem: format!("{host} is neither a host name nor an address"),
    })
}

/// RFC 8446 §6 and RFC 5246 §7.2.
fn alert_name(code: u8) -> &'static str {
    match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => "of an unknown kind",
    }
}
