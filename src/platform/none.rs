//! `--network none`: nothing is touched, the commands to do it are only told.

use std::net::IpAddr;

use crate::config::NetworkConfig;
use crate::platform::{Farewell, Interface, NetworkSetup, SetupFuture};

/// A set-up that leaves everything to somebody else and logs what they need to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSetup;

impl NetworkSetup for NoSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        tracing::info!("left to you:");
        for line in commands(interface, config) {
            tracing::info!("{line}");
        }
        done()
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        done()
    }
}

fn done<'a>() -> SetupFuture<'a> {
    Box::pin(std::future::ready(Ok(())))
}

/// What is to be typed in, and what cannot be done by a command that is the same everywhere.
fn commands(interface: &Interface, config: &NetworkConfig) -> Vec<String> {
    let name = &interface.name;
    let prefix_len = config.prefix_len.unwrap_or(32);
    let mut lines = vec![
        format!("ip address add {}/{prefix_len} dev {name}", config.address),
        format!("ip link set {name} mtu {} up", interface.mtu),
    ];
    let routes = config.effective_routes().tunnel;
    let shown = routes.iter().take(ROUTES_SHOWN);
    lines.extend(shown.map(|route| format!("ip route add {route} dev {name}")));
    if let more @ 1.. = routes.len().saturating_sub(ROUTES_SHOWN) {
        lines.push(format!("and {more} more routes"));
    }
    if let IpAddr::V4(gateway) = interface.gateway
        && routes.iter().any(|route| route.contains(&gateway))
    {
        lines.push(format!("{gateway} itself needs a route outside the tunnel first"));
    }
    if !config.exclude.is_empty() {
        lines.push(format!("stays outside the tunnel: {}", list(&config.exclude)));
    }
    if !config.dns.is_empty() || !config.domains.is_empty() {
        let (servers, domains) = (list(&config.dns), list(&config.domains));
        lines.push(format!("name servers: {servers}; domains: {domains}"));
    }
    lines
}

fn list(items: &[impl ToString]) -> String {
    let words: Vec<String> = items.iter().take(ROUTES_SHOWN).map(ToString::to_string).collect();
    let more = items.len().saturating_sub(ROUTES_SHOWN);
    match (words.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => words.join(" "),
        (false, more) => format!("{} and {more} more", words.join(" ")),
    }
}

/// More are not typed in by hand.
const ROUTES_SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::platform::linux::testing::{config, interface};

    #[test]
    fn the_commands_can_be_pasted() {
        let mut wanted = config(&["10.0.0.0/8", "192.168.0.0/16"], &["10.1.0.0/16"]);
        wanted.dns = vec![[10, 20, 0, 53].into()];
        assert_eq!(
            commands(&interface("vpn0"), &wanted),
            [
                "ip address add 10.20.1.2/32 dev vpn0",
                "ip link set vpn0 mtu 1390 up",
                "ip route add 10.0.0.0/8 dev vpn0",
                "ip route add 192.168.0.0/16 dev vpn0",
                "stays outside the tunnel: 10.1.0.0/16",
                "name servers: 10.20.0.53; domains: none",
            ]
        );
    }

    #[test]
    fn a_long_list_is_cut_and_the_gateway_is_not_swallowed() {
        let mut wanted = config(&[], &[]);
        let lines = commands(&interface("vpn0"), &wanted);
        assert_eq!(
            lines[2..4],
            [
                "ip route add 0.0.0.0/1 dev vpn0",
                "ip route add 128.0.0.0/1 dev vpn0"
            ]
        );
        assert_eq!(
            lines[4],
            "203.0.113.5 itself needs a route outside the tunnel first"
        );
        let host = |number| Ipv4Addr::new(10, 0, 0, number).into();
        wanted.default_route = false;
        wanted.include = (0..23).map(host).collect();
        let lines = commands(&interface("vpn0"), &wanted);
        assert_eq!(lines[22..], ["and 3 more routes"]);
    }
}
