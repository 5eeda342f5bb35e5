//! `SignedIn`: what a sign-in yields, in the user's terms.

use std::net::{IpAddr, Ipv6Addr};

use url::Url;

use crate::net::settings::ConnectSettings;
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

    /// Turns the settings of a tunnel to where the sign-in ended: the same host, the same address, its cookie.
    pub fn apply_to(&self, tunnel: &mut ConnectSettings) {
        tunnel.cookie = self.cookie();
        let gateway = &mut tunnel.gateway;
        if let Some(host) = self.connect_url.host_str() {
            gateway.host = host.trim_matches(['[', ']']).to_owned();
        }
        gateway.port = self.connect_url.port_or_known_default().unwrap_or(gateway.port);
        gateway.resolve.extend(self.resolve.clone());
    }
}
