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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{self, Command};
    use crate::cli::environment::Environment;
    use crate::cli::settings;

    fn signed_in(host: &str, port: u16, url: &str) -> SignedIn {
        SignedIn {
            cookies: ["DSID", "DSFirstAccess"]
                .map(|name| (name.to_owned(), Secret::new("1")))
                .into(),
            host: host.to_owned(),
            port,
            connect_url: url.parse().expect("a URL"),
            fingerprint: "pin-sha256:AA=".to_owned(),
            resolve: None,
            user: None,
        }
    }

    #[test]
    fn places_are_written_as_in_a_url() {
        for (host, port, expected) in [
            ("192.0.2.1", 443, "192.0.2.1"),
            ("192.0.2.1", 444, "192.0.2.1:444"),
            ("2001:db8::1", 443, "[2001:db8::1]"),
            ("2001:db8::1", 444, "[2001:db8::1]:444"),
            ("gw.example", 443, "gw.example"),
        ] {
            assert_eq!(signed_in(host, port, "https://gw/").place(), expected);
        }
    }

    #[test]
    fn the_tunnel_goes_where_the_sign_in_ended() {
        let line = ["vpnc-cli", "connect", "gw.example/admins"].map(Into::into);
        let Command::Connect(args) = args::parse(line.into_iter()).expect("a command line").command else {
            panic!("not connect");
        };
        let mut tunnel = settings::connect(&args, &Environment::default())
            .expect("settings")
            .tunnel;
        assert!(tunnel.cookie.is_empty());
        let mut signed_in = signed_in("192.0.2.1", 8443, "https://node2.example:8443/");
        signed_in.resolve = Some((
            "node2.example".to_owned(),
            "192.0.2.1".parse().expect("an address"),
        ));
        signed_in.apply_to(&mut tunnel);
        assert_eq!(tunnel.cookie.expose(), "DSID=1; DSFirstAccess=1");
        assert_eq!(
            (tunnel.gateway.host.as_str(), tunnel.gateway.port),
            ("node2.example", 8443)
        );
        assert_eq!(tunnel.gateway.resolve, Vec::from_iter(signed_in.resolve.clone()));
        assert_eq!(tunnel.name, "gw.example");
        signed_in.connect_url = "https://[2001:db8::1]/".parse().expect("a URL");
        signed_in.apply_to(&mut tunnel);
        assert_eq!(
            (tunnel.gateway.host.as_str(), tunnel.gateway.port),
            ("2001:db8::1", 443)
        );
    }
}
