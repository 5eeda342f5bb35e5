//! Which prefixes go into the tunnel and which stay outside: pure arithmetic on the gateway's lists.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::config::NetworkConfig;

/// Prefixes to route, worked out of a [`NetworkConfig`] (`juniper-nc.md §18.1`).
///
/// The longest prefix wins in the kernel as it does in the gateway's rules, so includes and excludes are simply both
/// routed; only equal prefixes have to be settled here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Address of the tunnel interface with the length of its network; the kernel routes that network by itself.
    pub address: Ipv4Net,
    /// Prefixes to route into the tunnel.
    pub tunnel: Vec<Ipv4Net>,
    /// Prefixes that need a route outside because a shorter one goes into the tunnel.
    pub outside: Vec<Ipv4Net>,
    /// True when the tunnel takes the default route.
    pub covers_default: bool,
    /// True when the gateway itself would be reached through its own tunnel without a host route.
    pub gateway_covered: bool,
    /// What a person should know about the lists.
    pub warnings: Vec<String>,
}

impl Plan {
    /// Works out the plan. `gateway` is the outer address, `None` when it is not IPv4 and so cannot be covered.
    pub fn new(config: &NetworkConfig, gateway: Option<Ipv4Addr>) -> Self {
        let mut warnings = Vec::new();
        let address = Ipv4Net::new(config.address, config.prefix_len.unwrap_or(32)).unwrap_or_default();
        let exclude: BTreeSet<Ipv4Net> = config.exclude.iter().map(Ipv4Net::trunc).collect();
        let routes = config.effective_routes();
        for net in &routes.contradictory {
            warnings.push(format!(
                "route {net} is both included and excluded; it stays outside the tunnel"
            ));
        }
        if !routes.unroutable.is_empty() {
            warnings.push(format!(
                "loopback, multicast and reserved addresses are not routed: {}",
                list(&routes.unroutable)
            ));
        }
        let covers_default = routes.covers_default();
        let mut tunnel = routes.tunnel;
        tunnel.remove(&address.trunc());
        if let Some(host) = gateway.map(Ipv4Net::from)
            && tunnel.remove(&host)
        {
            warnings.push(format!(
                "route {host} is the gateway itself and stays outside the tunnel"
            ));
        }
        let server_routes = routes_to_servers(config, &tunnel, &exclude, gateway, &mut warnings);
        tunnel.extend(server_routes);
        // A /32 is the local address and draws no other traffic in.
        let own_network = (address.prefix_len() < 32).then(|| address.trunc());
        let covered = |net: &Ipv4Net| {
            tunnel.iter().any(|wide| wide.contains(net)) || own_network.is_some_and(|wide| wide.contains(net))
        };
        Self {
            address,
            outside: exclude
                .iter()
                .filter(|net| net.prefix_len() > 0 && covered(net))
                .copied()
                .collect(),
            covers_default,
            gateway_covered: gateway.is_some_and(|gateway| covered(&gateway.into())),
            tunnel: tunnel.into_iter().collect(),
            warnings,
        }
    }
}

/// Questions to the VPN's name servers are for the VPN alone, whether its list of routes covers them or not.
fn routes_to_servers(
    config: &NetworkConfig,
    tunnel: &BTreeSet<Ipv4Net>,
    exclude: &BTreeSet<Ipv4Net>,
    gateway: Option<Ipv4Addr>,
    warnings: &mut Vec<String>,
) -> Vec<Ipv4Net> {
    let mut routes = Vec::new();
    for server in config.dns.iter().filter(|server| is_routable(**server)) {
        let host = Ipv4Net::from(*server);
        if gateway == Some(*server) || exclude.iter().any(|net| net.contains(&host)) {
            warnings.push(format!(
                "questions to the name server {server} go past the tunnel, where others can read them"
            ));
        } else if !tunnel.iter().any(|net| net.contains(&host)) && *server != config.address {
            routes.push(host);
        }
    }
    routes
}

fn is_routable(server: Ipv4Addr) -> bool {
    !server.is_unspecified() && !server.is_loopback() && !server.is_multicast() && !server.is_broadcast()
}

fn list(nets: &[Ipv4Net]) -> String {
    let mut words: Vec<_> = nets.iter().take(LISTED).map(Ipv4Net::to_string).collect();
    if nets.len() > LISTED {
        words.push(format!("{} more", nets.len() - LISTED));
    }
    words.join(", ")
}

/// Prefixes named in one warning.
const LISTED: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{config, nets};

    #[test]
    fn without_includes_the_default_route_goes_into_the_tunnel_minus_the_excludes() {
        // R72
        let plan = plan(&[], &["192.168.0.0/16"], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["0.0.0.0/1", "128.0.0.0/1"]));
        assert_eq!(plan.outside, nets(&["192.168.0.0/16"]));
        assert!(plan.gateway_covered);
    }

    #[test]
    fn a_zero_prefix_among_the_includes_is_the_default_route() {
        // R70; the host bits of 10.9.9.9/8 are cleared
        let plan = plan(&["0.0.0.0/0", "10.9.9.9/8"], &[], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["0.0.0.0/1", "10.0.0.0/8", "128.0.0.0/1"]));
        assert!(plan.warnings.is_empty());
    }

    #[test]
    fn an_include_inside_an_exclude_still_goes_into_the_tunnel() {
        // R71
        let split = plan(&["10.1.0.0/16"], &["10.0.0.0/8"], "203.0.113.5");
        assert_eq!(split.tunnel, nets(&["10.1.0.0/16"]));
        assert_eq!(
            split.outside,
            [],
            "nothing covers the exclude, so it is outside anyway"
        );
        let full = plan(&["0.0.0.0/0", "10.1.0.0/16"], &["10.0.0.0/8"], "203.0.113.5");
        assert_eq!(full.tunnel, nets(&["0.0.0.0/1", "10.1.0.0/16", "128.0.0.0/1"]));
        assert_eq!(full.outside, nets(&["10.0.0.0/8"]));
    }

    #[test]
    fn an_exclude_inside_an_include_goes_outside() {
        let plan = plan(&["10.0.0.0/8"], &["10.1.0.0/16", "172.16.0.0/12"], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["10.0.0.0/8"]));
        assert_eq!(plan.outside, nets(&["10.1.0.0/16"]));
        assert!(!plan.gateway_covered);
    }

    #[test]
    fn equal_include_and_exclude_stay_outside_with_a_warning() {
        let plan = plan(
            &["10.0.0.0/8", "10.1.0.0/16"],
            &["10.1.0.0/16", "10.1.0.0/16"],
            "10.2.0.1",
        );
        assert_eq!(plan.tunnel, nets(&["10.0.0.0/8"]));
        assert_eq!(plan.outside, nets(&["10.1.0.0/16"]));
        assert_eq!(plan.warnings.len(), 1);
        assert!(plan.gateway_covered);
    }

    #[test]
    fn an_excluded_default_route_leaves_the_default_route_alone() {
        let plan = plan(&[], &["0.0.0.0/0"], "203.0.113.5");
        assert_eq!(plan.tunnel, []);
        assert_eq!(plan.outside, []);
        assert_eq!(plan.warnings.len(), 1);
    }

    #[test]
    fn an_excluded_half_is_left_out() {
        let plan = plan(&[], &["128.0.0.0/1"], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["0.0.0.0/1"]));
        assert_eq!(plan.outside, []);
        assert!(!plan.gateway_covered);
    }

    #[test]
    fn the_own_network_counts_as_tunnel() {
        let mut config = config(&["192.0.2.0/24"], &["10.20.30.0/24"]);
        config.prefix_len = Some(16);
        config.include.push("10.20.0.0/16".parse().expect("prefix"));
        let plan = Plan::new(&config, "10.20.0.1".parse().ok());
        assert_eq!(plan.address.to_string(), "10.20.1.2/16");
        assert_eq!(
            plan.tunnel,
            nets(&["192.0.2.0/24"]),
            "the kernel routes the own network"
        );
        assert_eq!(plan.outside, nets(&["10.20.30.0/24"]));
        assert!(plan.gateway_covered);
    }

    #[test]
    fn a_host_mask_gives_the_interface_address_only() {
        // R73
        let plan = plan(&["10.9.0.0/16"], &[], "203.0.113.5");
        assert_eq!(plan.address.to_string(), "10.20.1.2/32");
        assert_eq!(plan.tunnel, nets(&["10.9.0.0/16"]));
    }

    #[test]
    fn the_gateway_itself_is_never_an_include() {
        let plan = plan(&["203.0.113.5/32", "10.0.0.0/8"], &[], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["10.0.0.0/8"]));
        assert!(!plan.gateway_covered);
        assert_eq!(plan.warnings.len(), 1);
    }

    #[test]
    fn unroutable_includes_are_dropped_with_one_warning() {
        let plan = plan(&["127.0.0.0/8", "10.0.0.0/8", "239.1.0.0/16"], &[], "203.0.113.5");
        assert_eq!(plan.tunnel, nets(&["10.0.0.0/8"]));
        let warning = "loopback, multicast and reserved addresses are not routed: 127.0.0.0/8, 239.1.0.0/16";
        assert_eq!(plan.warnings, [warning]);
    }

    fn plan(include: &[&str], exclude: &[&str], gateway: &str) -> Plan {
        Plan::new(&config(include, exclude), gateway.parse().ok())
    }
}
