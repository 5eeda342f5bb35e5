//! `NetworkConfig`: what the gateway hands out for the inside of the tunnel.

mod overrides;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

pub use self::overrides::Overrides;

/// Addresses, routes and names for the tunnel interface, in the gateway's words (`juniper-nc.md §10`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Inner address of this client.
    pub address: Ipv4Addr,
    /// Prefix length of the inner address, 0–32. `None` when the mask is not contiguous.
    pub prefix_len: Option<u8>,
    /// Netmask as sent.
    pub netmask: Ipv4Addr,
    /// Largest inner packet in octets, 576–65535.
    pub mtu: u16,
    /// Name servers in the order sent, none left out.
    pub dns: Vec<Ipv4Addr>,
    /// Search domains in the order sent.
    pub domains: Vec<String>,
    /// WINS (NetBIOS name) servers in the order sent.
    pub wins: Vec<Ipv4Addr>,
    /// The tunnel takes the default route (`juniper-nc.md §18.1`). It alone decides: 0.0.0.0/0 among the includes adds
    /// nothing to it, and without includes it tells "everything" from "nothing at all".
    pub default_route: bool,
    /// Prefixes that go into the tunnel; host bits are cleared.
    pub include: Vec<Ipv4Net>,
    /// Prefixes that stay outside; host bits are cleared.
    pub exclude: Vec<Ipv4Net>,
}

/// What the gateway's two lists come to, worked out by [`NetworkConfig::effective_routes`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveRoutes {
    /// Prefixes that go into the tunnel. The default route stands as its two halves, 0.0.0.0/1 and 128.0.0.0/1.
    pub tunnel: BTreeSet<Ipv4Net>,
    /// Prefixes that were both included and excluded. They stay outside.
    pub contradictory: Vec<Ipv4Net>,
    /// Includes that no packet can be routed by: "this network", loopback, multicast and reserved addresses.
    pub unroutable: Vec<Ipv4Net>,
}

impl EffectiveRoutes {
    /// True when every address without a longer exclude goes into the tunnel.
    pub fn covers_default(&self) -> bool {
        halves().iter().all(|half| self.tunnel.contains(half))
    }

    /// Number of prefixes that go into the tunnel.
    pub fn count(&self) -> usize {
        self.tunnel.len()
    }
}

impl NetworkConfig {
    /// What really goes into the tunnel (`juniper-nc.md §18.1`). The longest prefix wins among what is left, so only
    /// equal prefixes are settled here.
    pub fn effective_routes(&self) -> EffectiveRoutes {
        let exclude: BTreeSet<Ipv4Net> = self.exclude.iter().map(Ipv4Net::trunc).collect();
        let include = self.include.iter().map(Ipv4Net::trunc);
        let include = include.filter(|net| net.prefix_len() > 0);
        let (unroutable, mut tunnel): (BTreeSet<_>, BTreeSet<_>) = include.partition(is_unroutable);
        if self.default_route {
            tunnel.insert(Ipv4Net::default());
        }
        let contradictory: Vec<Ipv4Net> = tunnel.intersection(&exclude).copied().collect();
        tunnel.retain(|net| !exclude.contains(net));
        if tunnel.remove(&Ipv4Net::default()) {
            tunnel.extend(halves().into_iter().filter(|half| !exclude.contains(half)));
        }
        EffectiveRoutes {
            tunnel,
            contradictory,
            unroutable: unroutable.into_iter().collect(),
        }
    }
}

/// Whether a gateway that sends these includes means the default route: it sends none, or 0.0.0.0/0 among them
/// (`juniper-nc.md §18.1`).
pub fn means_default_route(include: &[Ipv4Net]) -> bool {
    include.is_empty() || include.iter().any(|net| net.prefix_len() == 0)
}

/// The default route as two routes, 0.0.0.0/1 and 128.0.0.0/1.
///
/// They win over every default route whatever its metric (many have metric 0, which no default of ours could beat), so
/// the existing one is never changed, and to restore it nothing has to be remembered: not its metric, source, several
/// next hops, nor what a DHCP client did to it meanwhile.
fn halves() -> [Ipv4Net; 2] {
    [0, 128].map(|first| Ipv4Net::new_assert(Ipv4Addr::new(first, 0, 0, 0), 1))
}

/// True for what lies in 0.0.0.0/8, 127.0.0.0/8 or 224.0.0.0/3 as a whole. Routes for loopback would take this machine
/// from itself; the kernel takes them all the same.
fn is_unroutable(net: &Ipv4Net) -> bool {
    [(0, 8), (127, 8), (224, 3)].iter().any(|(first, len)| {
        let reserved = Ipv4Net::new_assert(Ipv4Addr::new(*first, 0, 0, 0), *len);
        reserved.contains(net)
    })
}

#[cfg(test)]
pub(crate) mod testing {
    use super::*;

    /// What a gateway means that sends these prefixes for the tunnel and outside it.
    pub(crate) fn config(include: &[&str], exclude: &[&str]) -> NetworkConfig {
        NetworkConfig {
            address: Ipv4Addr::new(10, 20, 1, 2),
            prefix_len: Some(32),
            netmask: Ipv4Addr::BROADCAST,
            mtu: 1400,
            dns: Vec::new(),
            domains: Vec::new(),
            wins: Vec::new(),
            default_route: means_default_route(&nets(include)),
            include: nets(include),
            exclude: nets(exclude),
        }
    }

    /// Prefixes from text.
    pub(crate) fn nets(list: &[&str]) -> Vec<Ipv4Net> {
        list.iter().map(|net| net.parse().expect("prefix")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{config, nets};

    #[test]
    fn what_is_told_is_what_is_routed() {
        let default = ["0.0.0.0/1", "128.0.0.0/1"];
        for (include, exclude, tunnel, covers_default) in [
            (&[][..], &[][..], &default[..], true),
            (&["0.0.0.0/0"], &["10.0.0.0/8"], &default, true),
            (&default, &[], &default, true),
            (&[], &["0.0.0.0/0"], &[], false),
            (&["10.0.0.0/8"], &["10.0.0.0/8"], &[], false),
            (&[], &["128.0.0.0/1"], &["0.0.0.0/1"], false),
            (&["10.0.0.0/8"], &["0.0.0.0/0"], &["10.0.0.0/8"], false),
        ] {
            let routes = config(include, exclude).effective_routes();
            assert_eq!(routes.tunnel.iter().copied().collect::<Vec<_>>(), nets(tunnel));
            assert_eq!(
                (routes.covers_default(), routes.count()),
                (covers_default, tunnel.len())
            );
            assert!(routes.unroutable.is_empty());
        }
    }

    #[test]
    fn no_includes_can_mean_nothing_at_all() {
        let mut config = config(&[], &["10.0.0.0/8"]);
        config.default_route = false;
        assert_eq!(config.effective_routes(), super::EffectiveRoutes::default());
    }

    #[test]
    fn loopback_multicast_and_the_like_never_go_into_the_tunnel() {
        let bad = [
            "0.0.0.0/8",
            "0.0.0.0/32",
            "127.0.0.0/8",
            "127.0.0.1/32",
            "224.0.0.0/3",
            "255.255.255.255/32",
        ];
        let routes = config(&bad, &[]).effective_routes();
        assert_eq!(routes.unroutable, nets(&bad));
        assert_eq!(
            (routes.count(), routes.covers_default()),
            (0, false),
            "nor the default route instead"
        );
        let wide = ["0.0.0.0/1", "0.0.0.0/7", "126.0.0.0/7", "192.0.0.0/2"];
        let routes = config(&wide, &[]).effective_routes();
        assert_eq!((routes.count(), routes.unroutable.len()), (4, 0));
    }
}
