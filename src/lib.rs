//! VPN client for Juniper SSL VPN gateways (Network Connect / oNCP).

pub mod cli;
pub mod config;
pub mod error;
pub mod esp;
pub mod exit;
pub mod net;
pub mod packet;
pub mod random;
pub mod secret;
