//! `probe`: what a gateway is and wants.

mod shown;

use std::net::IpAddr;

use serde::Serialize;
use url::Position;

pub use self::shown::{json, text};
use super::progress::Progress;
use super::settings::ProbeSettings;
use super::shell::quoted;
use crate::auth::page::{ControlKind, PageForm};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::probe::{self, Begins, Probe};
use crate::net::settings::GatewaySettings;
use crate::net::tls::Refusal;
use crate::net::tls::describe::describe;
use crate::net::{Connector, NetError};

/// What was found out. Texts may be in the gateway's words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProbeReport {
    /// Name or address as typed.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The address that answered; `None` behind a proxy.
    pub address: Option<IpAddr>,
    /// For example `1.3`.
    pub tls_version: String,
    /// Cipher suite.
    pub suite: String,
    /// The legacy library was needed.
    pub legacy: bool,
    /// The certificates the gateway sent, its own first.
    pub chain: Vec<ProbedCertificate>,
    /// Why the certificate is not trusted; `None` when it is.
    pub untrusted: Option<String>,
    /// `--servercert` was given, and nothing else counts.
    #[serde(skip)]
    pub pinned: bool,
    /// Pin of the public key: `pin-sha256:…`.
    pub pin: String,
    /// Protocols the gateway answers, for example `nc`.
    pub protocols: Vec<String>,
    /// The sign-in page, redirects followed.
    pub sign_in_url: String,
    /// That page is at another host: an identity provider.
    pub sign_in_elsewhere: bool,
    /// Name or id of the first form.
    pub form: Option<String>,
    /// Its visible fields, by their labels.
    pub fields: Vec<String>,
    /// Realms to choose from.
    pub realms: Vec<String>,
    /// A host check is demanded before the sign-in.
    pub host_check: bool,
    /// The sign-in needs a browser.
    pub browser_needed: bool,
    /// A client certificate is demanded.
    pub certificate_needed: bool,
    /// There is a session without any sign-in.
    pub signed_in_at_once: bool,
    /// Why the sign-in page could not be read.
    pub problem: Option<String>,
    /// What to do about that.
    pub advice: Option<String>,
    /// Only `--allow-insecure-crypto` lets us speak to it.
    pub insecure: bool,
    /// The gateway as it was typed, with the path of its sign-in.
    #[serde(skip)]
    pub typed: String,
    /// The options given that `connect` needs to reach and trust it as `probe` did, each with its value.
    #[serde(skip)]
    pub repeated: Vec<(&'static str, String)>,
}

/// A certificate of the chain.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProbedCertificate {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Host names and addresses it is for.
    pub names: Vec<String>,
    /// First day, for example `2026-01-31`.
    pub not_before: String,
    /// Last day.
    pub not_after: String,
    /// Kind and size of its key.
    pub key: String,
    /// SHA-256 of it.
    pub fingerprint: String,
}

/// Asks the gateway.
pub async fn run(settings: &ProbeSettings, progress: &mut Progress) -> Result<ProbeReport, Error> {
    let mut gateway = settings.gateway.clone();
    // nothing secret is at hand, and the certificate is what people want to see
    gateway.tls.accept_untrusted_for_probe = true;
    let connector =
        Connector::new(gateway, settings.user_agent.clone()).map_err(|error| error.user_error())?;
    progress.step(format!("look at {}", connector.place()));
    let probed = probe::probe(connector, settings.path.clone(), settings.dump.sink()).await;
    let probed = probed.map_err(|error| match wants_certificate(&error) {
        // probe has none to show, so that more options would not help it
        true => error.user_error().hint(format!(
            "sudo vpnc-cli connect {} --certificate FILE --sslkey FILE -u NAME",
            quoted(&typed(settings))
        )),
        false => error.user_error(),
    })?;
    if let Some(error) = foreign(settings, &probed) {
        return Err(error);
    }
    progress.finish();
    Ok(report(settings, probed))
}

/// Whoever answers, it is no gateway of the kinds we know: what was seen instead.
///
/// A page of another host stays a report, for it may be the identity provider of a gateway that has sent us there at
/// once; so does a connection that failed, which says nothing about the kind.
fn foreign(settings: &ProbeSettings, probed: &Probe) -> Option<Error> {
    if probed.network_connect || probed.pulse == Some(true) {
        return None;
    }
    let seen = match &probed.begins {
        Begins::Failed(error) => error.user_error().message,
        Begins::Broken(error @ NetError::BadAnswer { .. }) if !probed.elsewhere => error.user_error().message,
        Begins::Form if !probed.elsewhere => "its page has a form that is none of such a gateway".to_owned(),
        Begins::Browser if !probed.elsewhere => "its page is for browsers only".to_owned(),
        Begins::Form | Begins::Browser | Begins::Broken(_) | Begins::HostCheck | Begins::Session => {
            return None;
        }
    };
    let host = &settings.gateway.host;
    let error = Error::new(
        ExitStatus::Protocol,
        format!("{host} does not look like such a gateway: {seen}"),
    )
    .hint("check host, port and path; an administrator knows the address to sign in at");
    Some(match &probed.tls {
        Some(tls) => error.note(format!("TLS works: {} {}, {}", tls.version, tls.suite, tls.pin)),
        None => error,
    })
}

fn report(settings: &ProbeSettings, probed: Probe) -> ProbeReport {
    let (problem, advice) = problem(&probed).unzip();
    let tls = probed.tls;
    let chain = tls
        .iter()
        .flat_map(|tls| &tls.chain)
        .filter_map(|der| describe(der));
    let chain: Vec<ProbedCertificate> = chain
        .map(|certificate| ProbedCertificate {
            subject: certificate.subject,
            issuer: certificate.issuer,
            names: certificate.names,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: certificate.key,
            fingerprint: certificate.fingerprint,
        })
        .collect();
    let protocols = [
        (probed.network_connect, "nc (Network Connect)"),
        (probed.pulse == Some(true), "pulse (IF-T/TLS)"),
    ];
    let form = probed.form.as_ref();
    ProbeReport {
        typed: typed(settings),
        repeated: repeated(&settings.gateway),
        host: settings.gateway.host.clone(),
        port: settings.gateway.port,
        address: probed.connector.address().map(|address| address.ip()),
        pinned: !settings.gateway.tls.pins.is_empty(),
        untrusted: tls.as_ref().and_then(|tls| tls.verdict.clone()),
        legacy: tls.as_ref().is_some_and(|tls| tls.legacy),
        pin: tls.as_ref().map(|tls| tls.pin.clone()).unwrap_or_default(),
        insecure: settings.gateway.tls.allow_insecure_crypto && tls.as_ref().is_some_and(|tls| tls.legacy),
        tls_version: tls.as_ref().map_or_else(String::new, |tls| {
            tls.version.trim_start_matches("TLS ").to_owned()
        }),
        suite: tls.map(|tls| tls.suite).unwrap_or_default(),
        chain,
        protocols: protocols
            .into_iter()
            .filter(|(spoken, _)| *spoken)
            .map(|(_, name)| name.to_owned())
            .collect(),
        // the query may hold the state of this very sign-in
        sign_in_url: probed.page[..Position::AfterPath].to_owned(),
        form: form.map(|form| {
            if form.name.is_empty() {
                &form.id
            } else {
                &form.name
            }
            .clone()
        }),
        fields: form.map(fields).unwrap_or_default(),
        realms: form.map(realms).unwrap_or_default(),
        host_check: matches!(probed.begins, Begins::HostCheck),
        browser_needed: matches!(probed.begins, Begins::Browser),
        certificate_needed: matches!(&probed.begins, Begins::Broken(error) if wants_certificate(error)),
        signed_in_at_once: matches!(probed.begins, Begins::Session),
        sign_in_elsewhere: probed.elsewhere,
        problem,
        advice,
    }
}

/// What keeps us from seeing how the sign-in begins, and what to do about it.
fn problem(probed: &Probe) -> Option<(String, String)> {
    let error = match &probed.begins {
        Begins::Failed(error) => error.user_error(),
        Begins::Broken(error) if wants_certificate(error) => return None,
        Begins::Broken(error) => error.user_error(),
        Begins::Form | Begins::HostCheck | Begins::Browser | Begins::Session => return None,
    };
    let advice = match (probed.network_connect, probed.pulse, error.hint) {
        (false, Some(true), _) => "ask the administrator to allow Network Connect: this is Pulse only",
        (true, _, None) => "open the sign-in page in a browser to see what it shows",
        (true, _, Some(hint)) => return Some((error.message, hint)),
        (false, ..) => "check host, port and path: no gateway for Network Connect answers there",
    };
    Some((error.message, advice.to_owned()))
}

fn wants_certificate(error: &NetError) -> bool {
    let NetError::Handshake { refusal, .. } = error else {
        return false;
    };
    matches!(refusal, Refusal::ClientCertificate { .. })
}

fn typed(settings: &ProbeSettings) -> String {
    let GatewaySettings { host, port, .. } = &settings.gateway;
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    let port = if *port == 443 {
        String::new()
    } else {
        format!(":{port}")
    };
    let path = settings.path.trim_end_matches('/');
    format!("{host}{port}{path}")
}

/// Without the password of the proxy, which would stay on the screen.
fn repeated(gateway: &GatewaySettings) -> Vec<(&'static str, String)> {
    let resolve = gateway.resolve.iter();
    let resolve = resolve.map(|(host, address)| ("--resolve", format!("{host}:{address}")));
    let authorities = gateway.tls.ca_files.iter();
    let authorities = authorities.map(|path| ("--cafile", path.display().to_string()));
    let proxy = gateway.proxy.iter().map(|url| {
        let mut url = url.clone();
        // fails for URLs that have none
        let _: Result<(), ()> = url.set_password(None);
        ("--proxy", url.to_string())
    });
    let sni = gateway.tls.sni.iter().map(|name| ("--sni", name.clone()));
    resolve.chain(authorities).chain(proxy).chain(sni).collect()
}

/// What a person would see and fill in.
fn fields(form: &PageForm) -> Vec<String> {
    let controls = form.controls.iter().filter(|control| {
        !control.disabled && !control.invisible && !control.name.is_empty() && control.kind.is_field()
    });
    controls
        .map(
            |control| match control.label.is_empty() || control.label == control.name {
                true => control.name.clone(),
                false => format!("{} ({})", control.name, control.label),
            },
        )
        .collect()
}

/// The realms to choose from, or the only one.
fn realms(form: &PageForm) -> Vec<String> {
    let realm = form.controls.iter().find(|control| control.name == "realm");
    match realm.map(|control| (&control.kind, &control.value)) {
        Some((ControlKind::Select { options, .. }, _)) => {
            options.iter().map(|option| option.label.clone()).collect()
        }
        Some((_, value)) if !value.is_empty() => vec![value.clone()],
        _ => Vec::new(),
    }
}
