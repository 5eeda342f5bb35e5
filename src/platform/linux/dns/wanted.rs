//! What the name set-up is to be, whoever makes it.

use std::fmt;
use std::net::Ipv4Addr;

use crate::config::NetworkConfig;

/// Name servers of the VPN and which questions they get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// In the gateway's order, each once.
    pub(super) servers: Vec<Ipv4Addr>,
    /// Domains that are tried behind short names; questions for them go to the servers too.
    pub(super) search: Vec<String>,
    /// Domains whose questions go to the servers, and no more.
    pub(super) routing: Vec<String>,
    /// Every question goes to the servers: the tunnel takes the default route, or the user wrote `~.`.
    pub(super) everything: bool,
}

impl Wanted {
    /// Out of the configuration. A domain with `~` in front is only for routing; one that no resolver could understand
    /// is left out with a warning.
    pub(super) fn of(config: &NetworkConfig) -> Self {
        let mut wanted = Self {
            everything: config.effective_routes().covers_default(),
            ..Self::default()
        };
        for server in &config.dns {
            if server.is_unspecified() || server.is_multicast() || server.is_broadcast() {
                tracing::warn!(%server, "no name server can have this address; left out");
            } else if !wanted.servers.contains(server) {
                wanted.servers.push(*server);
            }
        }
        for given in &config.domains {
            wanted.take(given);
        }
        wanted
    }

    fn take(&mut self, given: &str) {
        let (name, only_routing) = match given.strip_prefix('~') {
            Some(name) => (name, true),
            None => (given, false),
        };
        if only_routing && name == "." {
            self.everything = true;
            return;
        }
        let name = name.trim_start_matches('.').trim_end_matches('.');
        if !is_domain(name) {
            tracing::warn!(domain = ?given, "not a domain; left out");
            return;
        }
        let list = if only_routing {
            &mut self.routing
        } else {
            &mut self.search
        };
        if !list.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            list.push(name.to_owned());
        }
    }

    /// True when there is nothing to set up.
    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.search.is_empty()
    }

    /// True when questions are split between the VPN's servers and others by their domain.
    pub(super) fn is_split(&self) -> bool {
        let names_domains = !self.search.is_empty() || !self.routing.is_empty();
        names_domains && !self.everything
    }
}

/// For the log: `name servers 10.20.0.53 for corp.example`.
impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.servers.is_empty() {
            return write!(f, "search domains {}", self.search.join(", "));
        }
        let servers: Vec<_> = self.servers.iter().map(ToString::to_string).collect();
        write!(f, "name servers {} for ", servers.join(", "))?;
        if self.is_split() {
            let domains: Vec<_> = self
                .search
                .iter()
                .chain(&self.routing)
                .map(String::as_str)
                .collect();
            return f.write_str(&domains.join(", "));
        }
        f.write_str("all names")
    }
}

/// True for a name that every resolver takes as a domain: RFC 1035 with underscores.
pub(super) fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Servers as text, domains as on the command line.
    pub(crate) fn wanted(servers: &[&str], domains: &[&str], everything: bool) -> Wanted {
        let mut wanted = Wanted {
            servers: servers
                .iter()
                .map(|server| server.parse().expect("address"))
                .collect(),
            everything,
            ..Wanted::default()
        };
        for domain in domains {
            wanted.take(domain);
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::config;

    #[test]
    fn domains_are_sorted_by_what_they_are_for() {
        let mut config = config(&["10.0.0.0/8"], &[]);
        config.dns = ["10.20.0.53", "0.0.0.0", "10.20.0.54", "10.20.0.53", "224.0.0.1"]
            .map(|server| server.parse().expect("address"))
            .to_vec();
        config.domains = [
            "corp.example",
            "~lab.example.",
            ".dot.example",
            "CORP.example",
            "a b",
            "x$(reboot)",
            "-x",
            "",
            "~",
            "a..b",
            "search\noptions",
        ]
        .map(str::to_owned)
        .to_vec();
        let wanted = Wanted::of(&config);
        assert_eq!(
            wanted.servers,
            [Ipv4Addr::new(10, 20, 0, 53), Ipv4Addr::new(10, 20, 0, 54)]
        );
        assert_eq!(wanted.search, ["corp.example", "dot.example"]);
        assert_eq!(wanted.routing, ["lab.example"]);
        assert!(!wanted.everything && wanted.is_split() && !wanted.is_empty());
        assert_eq!(
            wanted.to_string(),
            "name servers 10.20.0.53, 10.20.0.54 for corp.example, dot.example, lab.example"
        );
    }

    #[test]
    fn the_default_route_or_the_root_domain_bring_every_question() {
        for (include, domain, everything) in [
            (&["10.0.0.0/8"][..], "corp.example", false),
            (&["10.0.0.0/8"], "~.", true),
            (&[], "corp.example", true),
            (&["0.0.0.0/0"], "~corp.example", true),
        ] {
            let mut config = config(include, &[]);
            config.domains = vec![domain.to_owned()];
            let wanted = Wanted::of(&config);
            assert_eq!(wanted.everything, everything, "{include:?} {domain}");
            assert_eq!(wanted.is_split(), !everything);
        }
        assert!(Wanted::of(&config(&[], &[])).is_empty());
    }
}
