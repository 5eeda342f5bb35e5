//! The gateway as typed: `[https://]HOST[:PORT][/PATH[?QUERY]]`.

use rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::error::Error;
use crate::exit::ExitStatus;

/// Where the gateway is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayUrl {
    /// Host name or address literal, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Page to sign in at, with its query; `/` when none was typed.
    pub path: String,
}

impl GatewayUrl {
    /// Reads what the user typed. The text is not repeated in an error when it may hold a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.contains(char::is_control) || text.is_empty() {
            return Err(usage("the gateway's URL is empty or holds control characters").hint(FORM));
        }
        let url = Url::parse(&with_scheme(text)?).map_err(|error| unreadable(text, error))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(usage("the gateway's URL holds a user name or password")
                .hint("leave out the part before the @"));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default().filter(|&port| port != 0))
        else {
            return Err(usage(format!("no host or no port in the URL {text:?}")).hint(FORM));
        };
        if let Host::Domain(name) = host
            && ServerName::try_from(name).is_err()
        {
            return Err(usage(format!("{name} is neither a host name nor an address")).hint(FORM));
        }
        Ok(Self {
            host: bare(&host),
            port,
            path: url[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
        })
    }
}

fn with_scheme(text: &str) -> Result<String, Error> {
    let Some((scheme, _)) = text.split_once("://") else {
        return Ok(format!("https://{text}"));
    };
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(text.to_owned()),
        "http" => Err(usage("the gateway's URL begins with http://")
            .note("the session cookie would travel in the clear; the tunnel itself exists over TLS only")
            .hint("https:// instead, or leave it out")),
        _ => Err(usage("the gateway's URL begins with an unknown scheme").hint(FORM)),
    }
}

fn unreadable(text: &str, error: url::ParseError) -> Error {
    if text.contains('@') {
        return usage("the gateway's URL cannot be read").hint(FORM);
    }
    let error = usage(format!("the gateway's URL {text:?} cannot be read: {error}"));
    let authority = text
        .trim_start_matches("https://")
        .split('/')
        .next()
        .unwrap_or_default();
    if authority.parse::<std::net::Ipv6Addr>().is_ok() {
        return error.hint(format!("[{authority}]"));
    }
    error.hint(FORM)
}

fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(ExitStatus::Usage, message)
}

const FORM: &str = "[https://]HOST[:PORT][/PATH], an IPv6 address in brackets";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_the_url() {
        let table = [
            ("vpn.example.com", ("vpn.example.com", 443, "/")),
            ("VPN.Example.COM:8443", ("vpn.example.com", 8443, "/")),
            ("https://gw/admins", ("gw", 443, "/admins")),
            ("HTTPS://gw:443/", ("gw", 443, "/")),
            (
                "gw/dana-na/auth/url_5/welcome.cgi?p=x#y",
                ("gw", 443, "/dana-na/auth/url_5/welcome.cgi?p=x"),
            ),
            ("192.0.2.1:4433", ("192.0.2.1", 4433, "/")),
            ("[2001:db8::1]", ("2001:db8::1", 443, "/")),
            ("https://[2001:db8::1]:444/x", ("2001:db8::1", 444, "/x")),
            ("bücher.example", ("xn--bcher-kva.example", 443, "/")),
            (" gw ", ("gw", 443, "/")),
        ];
        for (text, (host, port, path)) in table {
            let expected = GatewayUrl {
                host: host.to_owned(),
                port,
                path: path.to_owned(),
            };
            assert_eq!(GatewayUrl::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn bad_forms_are_usage_errors() {
        for text in [
            "",
            "http://gw",
            "ftp://gw",
            "https://",
            "gw:0",
            "gw:65536",
            "gw:x",
            "a b",
            "2001:db8::1",
            "[::1",
            "joe@gw",
            "https://joe:hunter2@gw/",
            "gw\nx",
            "...",
            "-",
            "a..b",
        ] {
            let error = GatewayUrl::parse(text).expect_err(text);
            assert_eq!(error.status, ExitStatus::Usage, "{text}");
            assert!(!error.to_string().contains("hunter2"));
            assert!(error.hint.is_some(), "{error}");
        }
    }

    #[test]
    fn the_hint_puts_an_ipv6_address_into_brackets() {
        let error = GatewayUrl::parse("2001:db8::1").expect_err("no brackets");
        assert_eq!(error.hint.as_deref(), Some("[2001:db8::1]"));
    }
}
