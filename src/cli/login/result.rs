//! `SignedIn`: what a sign-in yields, in the user's terms.

use std::net::{IpAddr, Ipv6Addr};

use url::Url;

use crate::net::login::Login;
use crate::secret::Secret;

/// What a sign-in yields.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Names and values of the session's cookies, `DSID` first.
    pub cookies: Vec<(String, Secret)>,
    /// The address that answered, without brackets; the host's name when only a proxy knows the address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Where a tunnel is to be asked for, redirects followed.
    pub connect_url: Url,
    /// The pin of the public key that was met: `pin-sha256:…`.
    pub fingerprint: String,
    /// Name and address, when the URL holds a name and the address is known.
    pub resolve: Option<(String, IpAddr)>,
    /// Name of the account, when it is known.
    pub user: Option<String>,
}

impl SignedIn {
    /// In the user's terms: the gateway's cookies under the names other programs know (`cli.md §8`).
    pub fn of(login: &Login) -> Self {
        let outcome = &login.outcome;
        let url = &outcome.gateway;
        let cookies = COOKIES.iter().filter_map(|(name, shown)| {
            let value = outcome.jar.value(url, name)?;
            Some(((*shown).to_owned(), value))
        });
        let name = url
            .host_str()
            .unwrap_or_default()
            .trim_matches(['[', ']'])
            .to_owned();
        let address = login.connector.address().map(|address| address.ip());
        let is_address = name.parse::<IpAddr>().is_ok();
        Self {
            cookies: cookies.collect(),
            host: address.map_or_else(|| name.clone(), |address| address.to_string()),
            port: url.port_or_known_default().unwrap_or(443),
            connect_url: url.clone(),
            fingerprint: login.tls.as_ref().map(|tls| tls.pin.clone()).unwrap_or_default(),
            resolve: address.filter(|_| !is_address).map(|address| (name, address)),
            user: outcome.user.clone(),
        }
    }

    /// All cookies as `--cookie` takes them.
    pub fn cookie(&self) -> Secret {
        let length = self
            .cookies
            .iter()
            .map(|(name, value)| name.len() + value.expose().len() + 3)
            .sum();
        let mut text = String::with_capacity(length);
        for (name, value) in &self.cookies {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.extend([name, "=", value.expose()]);
        }
        Secret::new(text)
    }

    /// The address with its port, as it stands in a URL: an IPv6 address in brackets, no port when it is the usual one.
    pub fn place(&self) -> String {
        let host = match self.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => self.host.clone(),
        };
        match self.port {
            443 => host,
            port => format!("{host}:{port}"),
        }
    }
}

/// Cookies of a session as the gateway names them, and as they are shown: the session first.
const COOKIES: &[(&str, &str)] = &[
    ("DSID", "DSID"),
    ("DSFirstAccess", "DSFirst"),
    ("DSLastAccess", "DSLast"),
    ("DSSignInURL", "DSSignInUrl"),
];
