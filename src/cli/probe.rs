//! `probe`: what a gateway is and wants, as text or as an object.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde::Serialize;

use super::progress::Progress;
use super::settings::ProbeSettings;
use crate::error::{Clean, Error};
use crate::exit::ExitStatus;

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
    /// The gateway asked for a client certificate.
    pub client_certificate_wanted: bool,
    /// The sign-in needs a browser.
    pub browser_needed: bool,
}

/// A certificate of the chain.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProbedCertificate {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Last day, for example `2027-01-31`.
    pub not_after: String,
}

/// Asks the gateway.
#[expect(
    clippy::unused_async,
    reason = "the exchange is joined to it by its own change"
)]
pub async fn run(settings: &ProbeSettings, progress: &mut Progress) -> Result<ProbeReport, Error> {
    let _ = progress;
    Err(
        Error::new(ExitStatus::Internal, "the probe is not part of this build")
            .at(settings.gateway.host.clone()),
    )
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
        } = certificate;
        lines.push((name, format!("{subject}, until {not_after}, issued by {issuer}")));
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
        (
            "a client certificate (--certificate)",
            report.client_certificate_wanted,
        ),
        ("a browser (--external-browser)", report.browser_needed),
    ];
    let wanted: Vec<&str> = wanted
        .into_iter()
        .filter_map(|(name, yes)| yes.then_some(name))
        .collect();
    if !wanted.is_empty() {
        lines.push(("wants", wanted.join(", ")));
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
    let url = match report.sign_in_url.as_str() {
        "" => &report.host,
        url => url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/'),
    };
    let mut words = format!("vpnc-cli connect {}", quoted(url));
    if report.untrusted.is_some() {
        words.extend([" --servercert ", &quoted(&report.pin)]);
    }
    match report.realms.as_slice() {
        [] | [_] => {}
        [first, ..] => words.extend([" --realm ", &quoted(first)]),
    }
    if report.client_certificate_wanted {
        words.push_str(" --certificate FILE");
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

use super::shell::quoted;

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
            }],
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
certificate  gw.example, until 2027-01-31, issued by Example?[2J CA
trust        not trusted: self-signed
pin          pin-sha256:AA=
protocols    nc
sign-in      https://gw.example/dana-na/auth/url_default/welcome.cgi
form         frmLogin: Username, Password
realms       Staff (all), Students
wants        a host check (--hostcheck, --csd-wrapper)
next         vpnc-cli connect gw.example/dana-na/auth/url_default/welcome.cgi --servercert pin-sha256:AA= --realm \
'Staff (all)' -u NAME
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
