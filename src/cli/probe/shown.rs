//! What `probe` found, as text or as an object.

use std::fmt::Write as _;

use super::{ProbeReport, ProbedCertificate};
use crate::cli::shell::quoted;
use crate::error::{Clean, Error};
use crate::exit::ExitStatus;

/// The report as aligned lines; the last is the command to type next, or what to do about a problem.
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
    lines.push(("protocols", listed(&report.protocols, "none found")));
    let elsewhere = if report.sign_in_elsewhere {
        ", at an identity provider"
    } else {
        ""
    };
    lines.push(("sign-in", format!("{}{elsewhere}", report.sign_in_url)));
    if let Some(form) = &report.form {
        let fields = listed(&report.fields, "nothing to fill in");
        lines.push(("form", format!("{form}: {fields}")));
    }
    if !report.realms.is_empty() {
        lines.push(("realms", report.realms.join(", ")));
    }
    let wanted = [
        ("a host check (--hostcheck, --csd-wrapper)", report.host_check),
        ("a browser (--external-browser)", report.browser_needed),
        (
            "a client certificate (--certificate, --sslkey)",
            report.certificate_needed,
        ),
        ("nothing: there is a session at once", report.signed_in_at_once),
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
    match &report.advice {
        Some(advice) => lines.push(("try", advice.clone())),
        None => lines.push(("next", next(report))),
    }
    aligned(&lines)
}

/// The report as one object, with the command to type next, if one makes sense.
pub fn json(report: &ProbeReport) -> Result<String, Error> {
    let internal = |error: serde_json::Error| Error::new(ExitStatus::Internal, error.to_string());
    let mut object = serde_json::to_value(report).map_err(internal)?;
    if let Some(object) = object.as_object_mut() {
        object.insert("schema".to_owned(), 1.into());
        object.insert("trusted".to_owned(), report.untrusted.is_none().into());
        let next = report.advice.is_none().then(|| next(report));
        object.insert("next".to_owned(), next.into());
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
    let mut words = format!("sudo vpnc-cli connect {}", quoted(&report.typed));
    for (option, value) in &report.repeated {
        words.extend([" ", option, " ", &quoted(value)]);
    }
    // with a pin the key is trusted for the pin alone
    if report.pinned || report.untrusted.is_some() {
        words.extend([" --servercert ", &quoted(&report.pin)]);
    }
    let wanted = [
        (" --allow-insecure-crypto", report.insecure),
        (" --certificate FILE --sslkey FILE", report.certificate_needed),
        (" --realm NAME", report.realms.len() > 1),
        (" --external-browser print", report.browser_needed),
        (" -u NAME", !report.browser_needed && !report.signed_in_at_once),
    ];
    words.extend(
        wanted
            .into_iter()
            .filter_map(|(option, yes)| yes.then_some(option)),
    );
    words
}

fn listed(list: &[String], none: &str) -> String {
    match list {
        [] => none.to_owned(),
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
next         sudo vpnc-cli connect gw.example/staff --servercert pin-sha256:AA= --realm NAME -u NAME
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
                .is_some_and(|next| next.starts_with("sudo vpnc-cli connect gw.example/"))
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
            text(&report).ends_with("\nnext       sudo vpnc-cli connect gw --external-browser print\n"),
            "{}",
            text(&report)
        );
    }

    #[test]
    fn the_last_line_is_a_command_only_when_that_can_help() {
        let plain = ProbeReport {
            host: "gw".to_owned(),
            typed: "gw".to_owned(),
            ..ProbeReport::default()
        };
        let lost = ProbeReport {
            problem: Some("gw answered / with status 404".to_owned()),
            advice: Some("check host, port and path".to_owned()),
            ..plain.clone()
        };
        let certificate = ProbeReport {
            certificate_needed: true,
            ..plain.clone()
        };
        let at_once = ProbeReport {
            signed_in_at_once: true,
            ..plain.clone()
        };
        let pinned = ProbeReport {
            pinned: true,
            pin: "pin-sha256:AA=".to_owned(),
            ..plain.clone()
        };
        let old = ProbeReport {
            insecure: true,
            ..plain.clone()
        };
        let reached = ProbeReport {
            repeated: vec![
                ("--resolve", "gw:::1".to_owned()),
                ("--cafile", "my ca.pem".to_owned()),
            ],
            ..plain
        };
        for (report, last) in [
            (&lost, "try        check host, port and path"),
            (
                &certificate,
                "next       sudo vpnc-cli connect gw --certificate FILE --sslkey FILE -u NAME",
            ),
            (
                &pinned,
                "next       sudo vpnc-cli connect gw --servercert pin-sha256:AA= -u NAME",
            ),
            (&at_once, "next       sudo vpnc-cli connect gw"),
            (
                &old,
                "next       sudo vpnc-cli connect gw --allow-insecure-crypto -u NAME",
            ),
            (
                &reached,
                "next       sudo vpnc-cli connect gw --resolve gw:::1 --cafile 'my ca.pem' -u NAME",
            ),
        ] {
            assert_eq!(text(report).lines().last(), Some(last));
        }
        let object: serde_json::Value = serde_json::from_str(&json(&lost).expect("an object")).expect("JSON");
        assert!(object["next"].is_null());
        assert_eq!(object["advice"], "check host, port and path");
    }

    #[test]
    fn a_page_elsewhere_is_said_to_be_elsewhere() {
        let report = ProbeReport {
            sign_in_url: "https://idp.example/sso".to_owned(),
            sign_in_elsewhere: true,
            ..ProbeReport::default()
        };
        assert!(text(&report).contains("\nsign-in    https://idp.example/sso, at an identity provider\n"));
        assert!(!text(&report).contains("\nform"));
    }
}
