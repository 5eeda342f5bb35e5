//! Options of the network set-up.

use std::net::Ipv4Addr;

use clap::{Args, ValueEnum};
use ipnet::Ipv4Net;

use super::values;

/// What is done with the gateway's addresses, routes and names on this machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Network set-up")]
pub struct NetworkArgs {
    /// Who sets up addresses, routes and name servers [default: builtin, or script with -s]
    #[arg(long, value_name = "HOW")]
    pub network: Option<NetworkChoice>,
    /// Set up the network with this command (a vpnc-script), run by /bin/sh
    #[arg(short, long, value_name = "COMMAND", value_parser = values::command)]
    pub script: Option<String>,
    /// How the built-in set-up tells this machine the name servers
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub dns: DnsArg,
    /// Ask the VPN's name servers for this domain, instead of the gateway's list; ~DOMAIN is no search domain (may be repeated)
    #[arg(long, value_name = "DOMAIN", value_parser = values::domain)]
    pub dns_domain: Vec<String>,
    /// Name server inside the VPN, instead of the gateway's (may be repeated)
    #[arg(long, value_name = "IP")]
    pub dns_server: Vec<Ipv4Addr>,
    /// Leave out the gateway's name servers and domains
    #[arg(long)]
    pub ignore_dns: bool,
    /// Route this prefix into the tunnel, beside the gateway's list (may be repeated)
    ///
    /// The longest prefix wins, whoever named it. Between equal prefixes your word counts.
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    pub route: Vec<Ipv4Net>,
    /// Keep this prefix outside the tunnel, beside the gateway's list (may be repeated)
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    pub exclude_route: Vec<Ipv4Net>,
    /// Leave out the gateway's routes
    #[arg(long)]
    pub no_routes: bool,
    /// Send everything into the tunnel, whatever the gateway says
    #[arg(long, overrides_with = "no_default_route")]
    pub default_route: bool,
    /// Never send everything into the tunnel, whatever the gateway says
    #[arg(long, overrides_with = "default_route")]
    pub no_default_route: bool,
    /// Metric of the routes into the tunnel (at least 10)
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(10..), allow_negative_numbers = true)]
    pub route_metric: u32,
    /// Block the VPN's prefixes while the tunnel is not up, instead of sending their packets elsewhere
    ///
    /// They stay blocked when the tunnel ends otherwise than on request, until the next connect of the same name has
    /// ended or `vpnc-cli disconnect --repair`. The gateway and what is excluded stay reachable. Before the tunnel comes
    /// up for the first time nothing is known, and so nothing is blocked. For the built-in set-up only.
    #[arg(long)]
    pub fail_closed: bool,
    /// Leave IPv6 alone even when the tunnel takes the default route; otherwise it is blocked, since it would pass by
    ///
    /// What is blocked is everything but the networks on the link, routes more special than 2000::/3, and the gateway
    /// itself.
    #[arg(long)]
    pub no_ipv6_guard: bool,
    /// Go on when the gateway hands out another inner address after a reconnect, instead of ending with status 2
    #[arg(long)]
    pub reconfigure: bool,
}

/// Values of `--network`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NetworkChoice {
    /// This program itself
    Builtin,
    /// A vpnc-script: the command of -s, or the one installed in the usual place
    Script,
    /// Nobody: the interface stays as it is
    None,
}

/// Values of `--dns`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DnsArg {
    /// The first of those below that is there
    #[default]
    Auto,
    /// systemd-resolved, over D-Bus
    Resolved,
    /// The program resolvconf
    Resolvconf,
    /// /etc/resolv.conf itself
    File,
    /// Nobody
    None,
}
