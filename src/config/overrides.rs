//! What the user wants otherwise than the gateway says.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::{NetworkConfig, halves};

/// Changes to the gateway's configuration, made before anybody sets it up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Leave out the gateway's lists of prefixes.
    pub no_routes: bool,
    /// Further prefixes for the tunnel.
    pub include: Vec<Ipv4Net>,
    /// Further prefixes that stay outside.
    pub exclude: Vec<Ipv4Net>,
    /// Whether the tunnel takes the default route; `None` leaves it to the gateway.
    pub default_route: Option<bool>,
    /// Leave out the gateway's name servers and domains.
    pub ignore_dns: bool,
    /// Name servers instead of the gateway's.
    pub dns: Vec<Ipv4Addr>,
    /// Domains instead of the gateway's; with `~` in front only for routing of questions.
    pub domains: Vec<String>,
}

impl Overrides {
    /// The configuration as the user wants it. Of equal prefixes the user's word counts; otherwise the longest prefix
    /// wins, whoever named it.
    pub fn apply(&self, config: &NetworkConfig) -> NetworkConfig {
        let mut wanted = config.clone();
        self.apply_routes(&mut wanted);
        self.apply_names(&mut wanted);
        wanted
    }

    fn apply_routes(&self, config: &mut NetworkConfig) {
        if self.no_routes {
            config.include.clear();
            config.exclude.clear();
            config.default_route = false;
        }
        config.default_route = match self.default_route {
            Some(wanted) => wanted,
            None if names_all(&self.include) => true,
            None => config.default_route && !names_all(&self.exclude),
        };
        config.include = joined(&self.include, &config.include, &self.exclude);
        config.exclude = joined(&self.exclude, &config.exclude, &self.include);
        match self.default_route {
            Some(true) => config.exclude.retain(|net| net.prefix_len() > 0),
            Some(false) => self.drop_default(&mut config.include),
            None => {}
        }
    }

    /// Both halves together are the default route by another name; those the user has named stay all the same.
    fn drop_default(&self, include: &mut Vec<Ipv4Net>) {
        let by_halves = halves().iter().all(|half| include.contains(half));
        include.retain(|net| match net.prefix_len() {
            0 => false,
            1 => !by_halves || self.include.contains(net),
            _ => true,
        });
    }

    fn apply_names(&self, config: &mut NetworkConfig) {
        if self.ignore_dns {
            config.dns.clear();
            config.domains.clear();
            config.wins.clear();
        }
        if !self.dns.is_empty() {
            config.dns.clone_from(&self.dns);
        }
        if !self.domains.is_empty() {
            config.domains.clone_from(&self.domains);
        }
    }
}

/// The user's prefixes and then the gateway's, but for those the user wants on the other side.
fn joined(own: &[Ipv4Net], gateways: &[Ipv4Net], other_side: &[Ipv4Net]) -> Vec<Ipv4Net> {
    let mut known: BTreeSet<Ipv4Net> = other_side.iter().map(Ipv4Net::trunc).collect();
    known.retain(|net| !own.iter().any(|own| own.trunc() == *net));
    let all = own.iter().chain(gateways).map(Ipv4Net::trunc);
    all.filter(|net| known.insert(*net)).collect()
}

fn names_all(nets: &[Ipv4Net]) -> bool {
    nets.iter().any(|net| net.prefix_len() == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::testing::{config, nets};

    #[test]
    fn the_users_word_counts_between_equal_prefixes() {
        let gateway = (&["10.0.0.0/8", "10.1.0.0/16"][..], &["192.168.0.0/16"][..]);
        for (include, exclude, routed, outside) in [
            (
                &["172.16.0.0/12"][..],
                &[][..],
                &["10.0.0.0/8", "10.1.0.0/16", "172.16.0.0/12"][..],
                &["192.168.0.0/16"][..],
            ),
            (
                &[],
                &["10.0.0.0/8"],
                &["10.1.0.0/16"],
                &["10.0.0.0/8", "192.168.0.0/16"],
            ),
            (
                &["192.168.0.0/16"],
                &[],
                &["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16"],
                &[],
            ),
            (
                &["10.0.0.0/8"],
                &["10.0.0.0/8"],
                &["10.1.0.0/16"],
                &["10.0.0.0/8", "192.168.0.0/16"],
            ),
        ] {
            let wishes = Overrides {
                include: nets(include),
                exclude: nets(exclude),
                ..Overrides::default()
            };
            let wanted = wishes.apply(&config(gateway.0, gateway.1));
            let tunnel: Vec<Ipv4Net> = wanted.effective_routes().tunnel.into_iter().collect();
            assert_eq!(tunnel, nets(routed), "{wishes:?}");
            assert_eq!(wanted.exclude, nets(outside), "{wishes:?}");
        }
    }

    #[test]
    fn the_default_route_is_the_users_to_choose() {
        let (all, half) = (["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"]);
        let split = ["10.0.0.0/8"];
        for (gateway, excluded, choice, routed) in [
            (&[][..], &[][..], Some(false), &[][..]),
            (&all, &[], Some(false), &[]),
            (&half, &[], Some(false), &[]),
            (&half[..1], &[], Some(false), &half[..1]),
            (&split, &[], Some(false), &split),
            (&split, &[], None, &split),
            (
                &split,
                &[],
                Some(true),
                &["0.0.0.0/1", "10.0.0.0/8", "128.0.0.0/1"],
            ),
            (&[], &all, Some(true), &half),
            (&[], &all, None, &[]),
        ] {
            let wishes = Overrides {
                default_route: choice,
                ..Overrides::default()
            };
            let wanted = wishes.apply(&config(gateway, excluded));
            let tunnel: Vec<Ipv4Net> = wanted.effective_routes().tunnel.into_iter().collect();
            assert_eq!(tunnel, nets(routed), "{gateway:?} {excluded:?} {choice:?}");
        }
    }

    #[test]
    fn the_default_route_can_be_named_as_a_prefix() {
        let everything = nets(&["0.0.0.0/0"]);
        let include = Overrides {
            include: everything.clone(),
            ..Overrides::default()
        };
        let split = config(&["10.0.0.0/8"], &["0.0.0.0/0"]);
        assert!(include.apply(&split).effective_routes().covers_default());
        let exclude = Overrides {
            exclude: everything,
            ..Overrides::default()
        };
        let wanted = exclude.apply(&config(&["0.0.0.0/0", "10.0.0.0/8"], &[]));
        let routes = wanted.effective_routes();
        assert_eq!(
            routes.tunnel.into_iter().collect::<Vec<_>>(),
            nets(&["10.0.0.0/8"])
        );
        assert!(routes.contradictory.is_empty(), "nothing to warn about");
    }

    #[test]
    fn without_the_gateways_lists_only_the_users_are_left() {
        let gateway = config(&["0.0.0.0/0"], &["192.168.0.0/16"]);
        let mut wishes = Overrides {
            no_routes: true,
            ..Overrides::default()
        };
        let wanted = wishes.apply(&gateway);
        assert_eq!((wanted.effective_routes().count(), wanted.exclude.len()), (0, 0));
        wishes.include = nets(&["10.0.0.0/8"]);
        let wanted = wishes.apply(&gateway);
        assert_eq!(wanted.include, nets(&["10.0.0.0/8"]));
        assert_eq!(wanted.effective_routes().count(), 1);
    }

    #[test]
    fn names_are_replaced_or_left_out() {
        let mut gateway = config(&[], &[]);
        gateway.dns = vec![[10, 0, 0, 53].into()];
        gateway.domains = vec!["corp.example".to_owned()];
        gateway.wins = vec![[10, 0, 0, 60].into()];
        assert_eq!(Overrides::default().apply(&gateway), gateway);
        let mut wishes = Overrides {
            ignore_dns: true,
            ..Overrides::default()
        };
        let wanted = wishes.apply(&gateway);
        assert!(wanted.dns.is_empty() && wanted.domains.is_empty() && wanted.wins.is_empty());
        wishes.dns = vec![[10, 9, 9, 9].into()];
        wishes.domains = vec!["~lab.example".to_owned()];
        let wanted = wishes.apply(&gateway);
        assert_eq!((&wanted.dns, &wanted.domains), (&wishes.dns, &wishes.domains));
        wishes.ignore_dns = false;
        assert_eq!(wishes.apply(&gateway).dns, wishes.dns, "instead of the gateway's");
    }

    /// Prefixes from a small room, so that equal and nested ones come up often.
    fn prefixes() -> impl Strategy<Value = Vec<Ipv4Net>> {
        let net = (0_u32..16, prop::sample::select(vec![0_u8, 1, 2, 4, 8, 32]));
        let net = net.prop_map(|(bits, len)| {
            Ipv4Net::new_assert(Ipv4Addr::from(bits << 28 | bits << 24), len).trunc()
        });
        prop::collection::vec(net, 0..6)
    }

    fn wishes() -> impl Strategy<Value = Overrides> {
        let switches = (any::<bool>(), any::<Option<bool>>(), any::<bool>());
        (switches, prefixes(), prefixes()).prop_map(
            |((no_routes, default_route, ignore_dns), include, exclude)| Overrides {
                no_routes,
                include,
                exclude,
                default_route,
                ignore_dns,
                ..Overrides::default()
            },
        )
    }

    fn gateways() -> impl Strategy<Value = NetworkConfig> {
        (prefixes(), prefixes()).prop_map(|(include, exclude)| {
            let mut config = config(&[], &[]);
            config.default_route = super::super::means_default_route(&include);
            (config.include, config.exclude) = (include, exclude);
            config
        })
    }

    /// Whether packets for an address go into the tunnel, as the kernel decides it: the longest prefix wins.
    fn in_tunnel(config: &NetworkConfig, address: Ipv4Addr) -> bool {
        let longest = |nets: &mut dyn Iterator<Item = &Ipv4Net>| {
            nets.filter(|net| net.contains(&address))
                .map(Ipv4Net::prefix_len)
                .max()
        };
        let tunnel = config.effective_routes().tunnel;
        let outside = longest(&mut config.exclude.iter().filter(|net| net.prefix_len() > 0));
        longest(&mut tunnel.iter()) > outside
    }

    proptest! {
        #[test]
        fn applying_twice_is_applying_once(wishes in wishes(), gateway in gateways()) {
            let once = wishes.apply(&gateway);
            prop_assert_eq!(wishes.apply(&once), once);
        }

        #[test]
        fn no_wishes_change_no_packets_way(gateway in gateways(), address in any::<u32>()) {
            let address = Ipv4Addr::from(address);
            let wanted = Overrides::default().apply(&gateway);
            prop_assert_eq!(in_tunnel(&wanted, address), in_tunnel(&gateway, address));
        }

        #[test]
        fn the_longest_prefix_wins_and_the_users_between_equals(
            wishes in wishes(), gateway in gateways(), address in 1_u32..0xdfff_ffff,
        ) {
            let address = Ipv4Addr::from(address);
            prop_assume!(address.octets()[0] != 0 && !address.is_loopback());
            // (length, the user's, outside) of every list; the greatest decides
            let mut votes = Vec::new();
            let mut vote = |nets: &[Ipv4Net], user: bool, outside: bool| {
                let fits = nets.iter().filter(|net| net.contains(&address) && net.prefix_len() > 1);
                votes.extend(fits.map(|net| (net.prefix_len(), user, outside)));
            };
            vote(&wishes.include, true, false);
            vote(&wishes.exclude, true, true);
            if !wishes.no_routes {
                vote(&gateway.include, false, false);
                vote(&gateway.exclude, false, true);
            }
            if let Some((_, _, outside)) = votes.into_iter().max() {
                prop_assert_eq!(in_tunnel(&wishes.apply(&gateway), address), !outside);
            }
        }

        #[test]
        fn a_choice_of_the_default_route_is_kept(wishes in wishes(), gateway in gateways()) {
            let wanted = wishes.apply(&gateway);
            if let Some(choice) = wishes.default_route {
                prop_assert_eq!(wanted.default_route, choice);
                let excluded = halves().iter().any(|half| wanted.exclude.contains(half));
                let by_user = halves().iter().all(|half| wishes.include.contains(half));
                let covers = wanted.effective_routes().covers_default();
                prop_assert_eq!(covers, (choice || by_user) && !excluded);
            }
        }
    }
}
