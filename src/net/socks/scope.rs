//! Which addresses the proxy leads to.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::config::NetworkConfig;

/// Everything but what the gateway or the user keeps outside the tunnel: who asks this proxy for an address wants it
/// inside. The longest prefix wins, as in a routing table; between equal ones the exclude.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    include: Vec<Ipv4Net>,
    exclude: Vec<Ipv4Net>,
    own: Option<Ipv4Addr>,
}

impl Scope {
    pub(super) fn new(config: &NetworkConfig) -> Self {
        Self {
            include: config.include.clone(),
            exclude: config.exclude.clone(),
            own: Some(config.address),
        }
    }

    /// True when a connection to the address goes into the tunnel.
    pub(super) fn holds(&self, address: Ipv4Addr) -> bool {
        let longest = |nets: &[Ipv4Net]| {
            let lengths = nets.iter().filter(|net| net.contains(&address));
            lengths.map(Ipv4Net::prefix_len).max()
        };
        let is_host = !address.is_loopback()
            && !address.is_multicast()
            && !address.is_broadcast()
            && address.octets()[0] != 0
            && address.octets()[0] < 240;
        let outside = longest(&self.exclude);
        is_host && self.own != Some(address) && (outside.is_none() || longest(&self.include) > outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::config;

    #[test]
    fn everything_goes_inside_but_what_is_excluded() {
        let scope = Scope::new(&config(
            &["10.0.0.0/8", "10.1.2.0/24", "10.3.0.0/16"],
            &["10.1.0.0/16", "10.3.0.0/16"],
        ));
        for (address, inside) in [
            ("10.20.0.1", true),
            ("203.0.113.7", true),
            ("10.1.0.1", false),
            ("10.1.2.3", true),
            ("10.3.0.1", false),
            ("10.20.1.2", false),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("240.0.0.1", false),
        ] {
            assert_eq!(
                scope.holds(address.parse().expect("an address")),
                inside,
                "{address}"
            );
        }
    }
}
