//! What the user wants otherwise than the gateway says.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::NetworkConfig;

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
    /// The configuration as the user wants it.
    pub fn apply(&self, config: &NetworkConfig) -> NetworkConfig {
        config.clone()
    }
}
