//! `NetworkConfig`: what the gateway hands out for the inside of the tunnel.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// Addresses, routes and names for the tunnel interface, in the gateway's words (`juniper-nc.md §10`).
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Prefixes that go into the tunnel; host bits are cleared.
    pub include: Vec<Ipv4Net>,
    /// Prefixes that stay outside; host bits are cleared.
    pub exclude: Vec<Ipv4Net>,
}

impl NetworkConfig {
    /// True when the tunnel takes the default route: no include prefix at all, or 0.0.0.0/0 among them
    /// (`juniper-nc.md §18.1`).
    pub fn takes_default_route(&self) -> bool {
        self.include.is_empty() || self.include.iter().any(|net| net.prefix_len() == 0)
    }
}
