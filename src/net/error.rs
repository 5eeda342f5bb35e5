//! `NetError`: what can go wrong between us and an answer of the gateway, and what the user is told.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::proxy::ProxyError;
use super::tls::{Backends, Refusal};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

/// A failure on the way to the gateway. `place` is always `HOST:PORT`.
#[derive(Debug, Error)]
pub enum NetError {
    /// No resolver knows the name of the gateway or proxy.
    #[error("host name {host} is unknown")]
    UnknownHost {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// Refused, no route, or reset before TLS began, at all addresses.
    #[error("{place} cannot be reached")]
    Unreachable {
        /// Gateway or proxy.
        place: String,
        /// The last address tried.
        source: io::Error,
    },
    /// A time limit ended a step.
    #[error("{step} {place} took longer than {limit:?}")]
    TimedOut {
        /// Gateway or proxy.
        place: String,
        /// Which step.
        step: Step,
        /// The limit that was reached.
        limit: Duration,
    },
    /// The proxy did not let us through.
    #[error("the proxy {proxy} did not connect us")]
    Proxy {
        /// Proxy as `HOST:PORT`, never with its password.
        proxy: String,
        /// The gateway that should have been reached.
        place: String,
        /// What the proxy did.
        source: ProxyError,
    },
    /// The two sides have no way of TLS in common.
    #[error("TLS handshake with {place} failed: {refusal}")]
    Handshake {
        /// The gateway.
        place: String,
        /// How it was refused.
        refusal: Refusal,
        /// What was tried, for the advice.
        tried: Backends,
    },
    /// The octets that came are no TLS.
    #[error("{place} does not speak TLS")]
    NotTls {
        /// The gateway.
        place: String,
    },
    /// No trusted chain, wrong name or wrong time.
    #[error("the certificate of {host} is not trusted ({reason})")]
    Untrusted {
        /// The gateway's name.
        host: String,
        /// Plain words.
        reason: String,
        /// Pin of the key that was seen.
        pin: String,
        /// The user took the gateway's own certificate for its authority's.
        given_as_authority: bool,
        /// Not the gateway: pins are the gateway's only.
        is_other_host: bool,
    },
    /// Pins were given and none is that of the gateway's key.
    #[error("the public key of {host} matches none of the given pins")]
    PinMismatch {
        /// The gateway's name.
        host: String,
        /// Pin of the key that was seen.
        seen: String,
    },
    /// A certificate or key file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate or key file does not hold what it should.
    #[error("{path} cannot be used: {problem}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// How to make it right.
        remedy: Option<&'static str>,
    },
    /// The key of the client certificate is encrypted, and its passphrase is missing or wrong.
    #[error("the key in {path} needs its passphrase")]
    KeyPassword {
        /// The file of the key.
        path: PathBuf,
        /// There was a passphrase, and it is not the one.
        wrong: bool,
    },
    /// Settings that this build cannot follow.
    #[error("{problem}")]
    Unusable {
        /// What and why.
        problem: String,
    },
    /// The answer is not HTTP or longer than allowed.
    #[error("unexpected HTTP answer from {place}: {problem}")]
    BadAnswer {
        /// The gateway.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The gateway closed or reset the connection instead of answering.
    #[error("{place} closed the connection without an answer")]
    Closed {
        /// The gateway.
        place: String,
    },
    /// A request could not be formed.
    #[error("the {what} cannot be sent in an HTTP request")]
    BadRequest {
        /// The part of the request.
        what: &'static str,
    },
    /// The gateway did not confirm the end of the login.
    #[error("{place} answered the logout with status {status}")]
    LogoutRefused {
        /// The gateway.
        place: String,
        /// HTTP status.
        status: u16,
    },
}

/// What was being done when a time limit struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Asking the resolver.
    Resolve,
    /// Waiting for the TCP connection.
    Connect,
    /// Talking to the proxy.
    Proxy,
    /// Waiting for TLS to be set up.
    Handshake,
    /// Waiting for an HTTP answer.
    Exchange,
    /// The whole of a logout.
    Logout,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Resolve => "looking up",
            Self::Connect => "connecting to",
            Self::Proxy => "asking the proxy",
            Self::Handshake => "the TLS handshake with",
            Self::Exchange => "an answer from",
            Self::Logout => "the logout at",
        })
    }
}

impl NetError {
    /// The same failure in the user's terms, with its exit status.
    pub fn user_error(&self) -> Error {
        match self {
            Self::UnknownHost { host, source } => {
                Error::new(ExitStatus::NoHost, format!("unknown host name {host}"))
                    .note(format!("the resolver says: {}", plain_io(source)))
                    .hint("check the spelling and the network; --resolve HOST:IP gives the address by hand")
            }
            Self::Unreachable { place, source } => Error::new(
                ExitStatus::Unavailable,
                format!("cannot reach {place}: {}", plain_io(source)),
            )
            .hint("check host, port and network; behind a proxy: --proxy URL"),
            Self::TimedOut { place, step, limit } => {
                let limit = limit.as_secs_f32();
                Error::new(
                    ExitStatus::Unavailable,
                    format!("time limit reached: {step} {place} took longer than {limit} s"),
                )
                .hint(match step {
                    Step::Resolve | Step::Connect | Step::Proxy | Step::Handshake => {
                        "check host, port and network; --connect-timeout SECONDS allows more"
                    }
                    Step::Exchange | Step::Logout => "try again later; -v shows each step",
                })
            }
            Self::Proxy { proxy, place, source } => proxy_error(proxy, place, source),
            Self::Handshake {
                place,
                refusal,
                tried,
            } => handshake_error(place, refusal, *tried),
            Self::NotTls { place } => Error::new(ExitStatus::Protocol, format!("{place} does not speak TLS"))
                .hint("check host and port; the gateway usually listens on 443"),
            Self::Untrusted {
                host,
                reason,
                pin,
                given_as_authority,
                is_other_host,
            } => {
                let error = Error::new(
                    ExitStatus::Untrusted,
                    format!("the certificate of {host} is not trusted ({reason})"),
                )
                .at(format!("public key {pin}"));
                if *is_other_host {
                    error.note("--servercert is for the gateway alone").hint(
                        "--cafile FILE   with the certificate of its authority, which your administrator has",
                    )
                } else {
                    untrusted_gateway(error, pin, *given_as_authority)
                }
            }
            Self::PinMismatch { host, seen } => Error::new(
                ExitStatus::Untrusted,
                format!("the public key of {host} matches none of the given pins"),
            )
            .at(format!("public key {seen}"))
            .note("either the gateway has a new key, or somebody else answers in its place")
            .hint("ask your administrator for the pin of the key before you trust another"),
            Self::File { path, source } => Error::new(
                ExitStatus::NoInput,
                format!("cannot read {}: {}", path.display(), plain_io(source)),
            )
            .hint("check the name of the file and who may read it"),
            Self::BadFile {
                path,
                problem,
                remedy,
            } => {
                let error = Error::new(
                    ExitStatus::BadData,
                    format!("{} cannot be used: {problem}", path.display()),
                );
                match remedy {
                    Some(remedy) => error.hint(*remedy),
                    None => error,
                }
            }
            Self::KeyPassword { path, wrong } => key_password_error(path, *wrong),
            Self::Unusable { problem } => Error::new(ExitStatus::Usage, problem.clone()),
            Self::BadAnswer { place, problem } => Error::new(
                ExitStatus::Protocol,
                format!("unexpected answer from {place}: {problem}"),
            )
            .hint("check host and port; -v shows each step"),
            Self::Closed { place } => Error::new(
                ExitStatus::Unavailable,
                format!("{place} closed the connection without an answer"),
            )
            .hint("check host and port, and try again; -v shows each step"),
            Self::BadRequest { what } => Error::new(
                ExitStatus::BadData,
                format!("the {what} holds characters that cannot be sent"),
            )
            .hint("give it without quotes and line breaks"),
            Self::LogoutRefused { place, status } => Error::new(
                ExitStatus::Protocol,
                format!("{place} answered the logout with status {status}"),
            )
            .note("the session may stay valid until its idle limit")
            .hint("sign in with a browser and sign out there, if it must end now"),
        }
    }
}

fn untrusted_gateway(error: Error, pin: &str, given_as_authority: bool) -> Error {
    let error = error.hint(format!(
        "compare that pin with your administrator's, then --servercert {pin}"
    ));
    if given_as_authority {
        error.note(
            "the file of --cafile holds this very certificate, which is no authority for it; --servercert trusts its \
             one key",
        )
    } else {
        error
    }
}

fn key_password_error(path: &Path, wrong: bool) -> Error {
    let path = path.display();
    let error = if wrong {
        Error::new(
            ExitStatus::BadData,
            format!("the passphrase is not that of the key in {path}"),
        )
    } else {
        Error::new(
            ExitStatus::InputNeeded,
            format!("the key in {path} is encrypted and its passphrase is needed"),
        )
    };
    error
        .note("this is the passphrase the file was written with, not your password at the gateway")
        .hint("--key-password @FILE   with the passphrase in FILE")
}

fn proxy_error(proxy: &str, place: &str, source: &ProxyError) -> Error {
    let status = match source {
        ProxyError::Settings(_) => ExitStatus::Usage,
        ProxyError::Malformed(_) | ProxyError::HeadTooLong | ProxyError::Version { .. } => {
            ExitStatus::Protocol
        }
        ProxyError::Unreachable(_)
        | ProxyError::Io(_)
        | ProxyError::Closed
        | ProxyError::Authentication
        | ProxyError::Status { .. }
        | ProxyError::Refused(_) => ExitStatus::Unavailable,
    };
    let error = Error::new(
        status,
        format!("the proxy {proxy} did not connect us to {place}: {source}"),
    );
    match source {
        ProxyError::Authentication => error.hint("--proxy SCHEME://USER:PASSWORD@HOST:PORT"),
        ProxyError::Malformed(_) | ProxyError::HeadTooLong | ProxyError::Version { .. } => {
            error.hint("check scheme and port of --proxy: http, socks5 or socks5h")
        }
        ProxyError::Unreachable(_)
        | ProxyError::Io(_)
        | ProxyError::Closed
        | ProxyError::Settings(_)
        | ProxyError::Status { .. }
        | ProxyError::Refused(_) => {
            error.hint("check --proxy, or https_proxy in the environment; --no-proxy goes without")
        }
    }
}

fn handshake_error(place: &str, refusal: &Refusal, tried: Backends) -> Error {
    let summary = match refusal {
        Refusal::Suites { .. } => "no cipher suite in common".to_owned(),
        Refusal::Version { .. } => "no TLS version in common".to_owned(),
        Refusal::Closed => "the gateway closed the connection at our first message".to_owned(),
        Refusal::ClientCertificate { .. } => {
            "the gateway wants a client certificate, or another one".to_owned()
        }
        Refusal::Alert(_) | Refusal::Parameters(_) => refusal.to_string(),
    };
    let error = Error::new(
        ExitStatus::Protocol,
        format!("TLS handshake with {place} failed, {summary}"),
    );
    let ask = "ask the administrator to enable ECDHE suites; see OLD GATEWAYS in the manual page";
    match refusal {
        Refusal::ClientCertificate { alert } => {
            return error
                .at(format!("the gateway sent alert {alert}"))
                .hint("--certificate FILE, and --sslkey FILE for its key, with a certificate that the gateway knows");
        }
        Refusal::Alert(_) => {
            return error.hint(
                "check host and port, and --sni NAME if the gateway has several names; -v shows each step",
            );
        }
        Refusal::Suites { .. } | Refusal::Version { .. } | Refusal::Closed | Refusal::Parameters(_) => {}
    }
    match tried {
        Backends::Modern => error
            .at(format!(
                "{refusal}; it probably offers only TLS 1.2 with RSA key exchange or older"
            ))
            .hint(format!("--tls auto, or {ask}")),
        Backends::ModernWithoutLegacy => error
            .at(format!(
                "{refusal}; it probably offers only TLS 1.2 with RSA key exchange or older"
            ))
            .note("this build has no legacy TLS back end (feature legacy-tls)")
            .hint(format!("a build with legacy-tls, or {ask}")),
        Backends::Legacy => error
            .at(format!(
                "{refusal}; it probably offers only TLS before 1.2, 3DES or RC4"
            ))
            .hint("--allow-insecure-crypto, or ask the administrator to enable TLS 1.2"),
        Backends::LegacyInsecure => error
            .at(refusal.to_string())
            .hint("ask the administrator to enable TLS 1.2 or newer"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_limit_that_an_option_sets_is_told_with_it() {
        for (step, has_option) in [
            (Step::Connect, true),
            (Step::Handshake, true),
            (Step::Exchange, false),
            (Step::Logout, false),
        ] {
            let error = NetError::TimedOut {
                place: "gateway.test:443".to_owned(),
                step,
                limit: Duration::from_secs(60),
            };
            let hint = error.user_error().hint.unwrap_or_default();
            assert_eq!(hint.contains("--connect-timeout"), has_option, "{hint}");
        }
    }

    #[test]
    fn causes_are_told_in_plain_words() {
        let source = || io::Error::from_raw_os_error(libc::ECONNRESET);
        let place = "gateway.test:443".to_owned();
        let host = "gateway.test".to_owned();
        let failures = [
            NetError::UnknownHost {
                host,
                source: source(),
            },
            NetError::Unreachable {
                place: place.clone(),
                source: source(),
            },
            NetError::File {
                path: "key.pem".into(),
                source: source(),
            },
            NetError::Proxy {
                proxy: place.clone(),
                place,
                source: ProxyError::Io(source()),
            },
        ];
        for failure in failures {
            let text = failure.user_error().to_string();
            assert!(text.contains(": connection reset by peer"), "{text}");
            assert!(!text.contains("os error"), "{text}");
        }
    }
}
