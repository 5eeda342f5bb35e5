//! `probe`: what a gateway is and wants, as text or as an object.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde::Serialize;
use url::Position;

use super::progress::Progress;
use super::settings::ProbeSettings;
use super::shell::quoted;
use crate::auth::page::{ControlKind, PageForm};
use crate::error::{Clean, Error};
use crate::exit::ExitStatus;
use crate::net::Connector;
use crate::net::probe::{self, Begins, Probe};
use crate::net::settings::GatewaySettings;
use crate::net::tls::describe::describe;

/// What was found out. Texts may be in the gateway's words.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProbeReport {
    /// Name or address as typed.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The address that answered; `None` behind a proxy.
    pub address: Option<IpAddr>,
    /// For example `1.2`.
    pub tls_version: String,
    /// Cipher suite.
    pub suite: String,
    /// The legacy library was needed.
    pub legacy: bool,
    /// The certificates the gateway sent, its own first.
    pub chain: Vec<ProbedCertificate>,
    /// Why the certificate is not trusted; `None` when it is.
    pub untrusted: Option<String>,
    /// Pin of the public key: `pin-sha256:…`.
    pub pin: String,
    /// Protocols the gateway answers, for example `nc`.
    pub protocols: Vec<String>,
    /// The sign-in page, redirects followed.
    pub sign_in_url: String,
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
    /// Why the sign-in page could not be read.
    pub problem: Option<String>,
    /// The gateway as it was typed, with the path of its sign-in.
    #[serde(skip)]
    pub typed: String,
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
    let probed = probe::probe(connector, settings.path.clone(), settings.dump.sink())
        .await
        .map_err(|error| error.user_error())?;
    progress.finish();
    Ok(report(settings, probed))
}

fn report(settings: &ProbeSettings, probed: Probe) -> ProbeReport {
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
        host: settings.gateway.host.clone(),
        port: settings.gateway.port,
        address: probed.connector.address().map(|address| address.ip()),
        untrusted: tls.as_ref().and_then(|tls| tls.verdict.clone()),
        legacy: tls.as_ref().is_some_and(|tls| tls.legacy),
        pin: tls.as_ref().map(|tls| tls.pin.clone()).unwrap_or_default(),
        tls_version: tls.as_ref().map(|tls| tls.version.clone()).unwrap_or_default(),
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
        problem: match probed.begins {
            Begins::Failed(error) => Some(error.user_error().message),
            Begins::Form | Begins::HostCheck | Begins::Browser | Begins::Session => None,
        },
    }
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

/// What a person would see and fill in.
fn fields(form: &PageForm) -> Vec<String> {
    let controls = form.controls.iter().filter(|control| {
        !control.disabled && !control.invisible && !control.name.is_empty() && is_field(&control.kind)
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

fn is_field(kind: &ControlKind) -> bool {
    match kind {
        ControlKind::Text
        | ControlKind::Password
        | ControlKind::TextArea
        | ControlKind::Checkbox { .. }
        | ControlKind::Radio { .. }
        | ControlKind::Select { .. } => true,
        ControlKind::Hidden | ControlKind::Submit | ControlKind::Image | ControlKind::Other => false,
    }
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

/// The report as aligned lines; the last is the command to type next.
pub fn text(report: &ProbeReport) -> String {
    let mut lines: Vec<(&str, String)> = vec![("gateway", gateway(report))];
    let library = if report.legacy {
        ", by the legacy library"
    } else {
        ""
    };
    lines.push(("TLS", format!("{} {}{library}", report.tls_version, report.suite)));
    for (index, certificate) in report.chain.iter().take(MAX_CHAIN).enumerate() {
        let name = if index == 0 { "certificate" } else { "" };
        let ProbedCertificate {
            subject,
            issuer,
            not_after,
            key,
            ..
        } = certificate;
        lines.push((
            name,
            format!("{subject}, {key}, until {not_after}, issued by {issuer}"),
        ));
    }
    lines.push((
        "trust",
        report
            .untrusted
            .clone()
            .map_or_else(|| "trusted".to_owned(), |why| format!("not trusted: {why}")),
    ));
    lines.push(("pin", report.pin.clone()));
    lines.push(("protocols", or_none(&report.protocols)));
    lines.push(("sign-in", report.sign_in_url.clone()));
    let form = report.form.iter().map(|form| format!("{form}: "));
    lines.push((
        "form",
        format!("{}{}", form.collect::<String>(), or_none(&report.fields)),
    ));
    if !report.realms.is_empty() {
        lines.push(("realms", report.realms.join(", ")));
    }
    let wanted = [
        ("a host check (--hostcheck, --csd-wrapper)", report.host_check),
        ("a browser (--external-browser)", report.browser_needed),
    ];
    let wanted: Vec<&str> = wanted
        .into_iter()
        .filter_map(|(name, yes)| yes.then_some(name))
        .collect();
    if !wanted.is_empty() {
        lines.push(("wants", wanted.join(", ")));
    }
    if let Some(problem) = &report.problem {
        lines.push(("problem", problem.clone()));
    }
    lines.push(("next", next(report)));
    aligned(&lines)
}

/// The report as one object, with the command to type next.
pub fn json(report: &ProbeReport) -> Result<String, Error> {
    let internal = |error: serde_json::Error| Error::new(ExitStatus::Internal, error.to_string());
    let mut object = serde_json::to_value(report).map_err(internal)?;
    if let Some(object) = object.as_object_mut() {
        object.insert("schema".to_owned(), 1.into());
        object.insert("trusted".to_owned(), report.untrusted.is_none().into());
        object.insert("next".to_owned(), next(report).into());
    }
    Ok(format!("{object}\n"))
}

fn gateway(report: &ProbeReport) -> String {
    let name = format!("{} port {}", report.host, report.port);
    match report.address {
        Some(address) if address.to_string() != report.host => format!("{name}, at {address}"),
        _ => name,
    }
}

/// The command to type next.
fn next(report: &ProbeReport) -> String {
    let mut words = format!("vpnc-cli connect {}", quoted(&report.typed));
    if report.untrusted.is_some() {
        words.extend([" --servercert ", &quoted(&report.pin)]);
    }
    match report.realms.as_slice() {
        [] | [_] => {}
        _ => words.push_str(" --realm NAME"),
    }
    match report.browser_needed {
        true => words.push_str(" --external-browser print"),
        false => words.push_str(" -u NAME"),
    }
    words
}

fn or_none(list: &[String]) -> String {
    match list {
        [] => "none found".to_owned(),
        list => list.join(", "),
    }
}

fn aligned(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines {
        // writing into a string cannot fail
        let _: std::fmt::Result = writeln!(text, "{name:width$}  {}", Clean(value));
    }
    text
}

/// Certificates that are shown.
const MAX_CHAIN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ProbeReport {
        ProbeReport {
            host: "gw.example".to_owned(),
            port: 443,
            address: "192.0.2.1".parse().ok(),
            tls_version: "1.2".to_owned(),
            suite: "ECDHE-RSA-AES128-GCM-SHA256".to_owned(),
            chain: vec![ProbedCertificate {
                subject: "gw.example".to_owned(),
                issuer: "Example\u{1b}[2J CA".to_owned(),
                not_after: "2027-01-31".to_owned(),
                key: "EC P-256".to_owned(),
                ..ProbedCertificate::default()
            }],
            typed: "gw.example/staff".to_owned(),
            untrusted: Some("self-signed".to_owned()),
            pin: "pin-sha256:AA=".to_owned(),
            protocols: vec!["nc".to_owned()],
            sign_in_url: "https://gw.example/dana-na/auth/url_default/welcome.cgi".to_owned(),
            form: Some("frmLogin".to_owned()),
            fields: vec!["Username".to_owned(), "Password".to_owned()],
            realms: vec!["Staff (all)".to_owned(), "Students".to_owned()],
            host_check: true,
            ..ProbeReport::default()
        }
    }

    #[test]
    fn the_text_is_aligned_cleaned_and_ends_with_the_next_command() {
        assert_eq!(
            text(&report()),
            "\
gateway      gw.example port 443, at 192.0.2.1
TLS          1.2 ECDHE-RSA-AES128-GCM-SHA256
certificate  gw.example, EC P-256, until 2027-01-31, issued by Example?[2J CA
trust        not trusted: self-signed
pin          pin-sha256:AA=
protocols    nc
sign-in      https://gw.example/dana-na/auth/url_default/welcome.cgi
form         frmLogin: Username, Password
realms       Staff (all), Students
wants        a host check (--hostcheck, --csd-wrapper)
next         vpnc-cli connect gw.example/staff --servercert pin-sha256:AA= --realm NAME -u NAME
"
        );
    }

    #[test]
    fn the_object_has_all_and_what_follows_from_it() {
        let text = json(&report()).expect("an object");
        let object: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(object["schema"], 1);
        assert_eq!(object["trusted"], false);
        assert_eq!(object["chain"][0]["not_after"], "2027-01-31");
        assert_eq!(object["address"], "192.0.2.1");
        assert!(
            object["next"]
                .as_str()
                .is_some_and(|next| next.starts_with("vpnc-cli connect gw.example/"))
        );
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn a_trusted_plain_gateway_needs_little() {
        let report = ProbeReport {
            host: "gw".to_owned(),
            typed: "gw".to_owned(),
            browser_needed: true,
            ..ProbeReport::default()
        };
        assert!(
            text(&report).ends_with("\nnext       vpnc-cli connect gw --external-browser print\n"),
            "{}",
            text(&report)
        );
    }
}
