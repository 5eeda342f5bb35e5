//! VPN client for Juniper SSL VPN gateways (Network Connect / oNCP).

pub mod auth;
pub mod cli;
pub mod config;
pub mod engine;
pub mod error;
pub mod esp;
pub mod exit;
pub mod net;
pub mod packet;
pub mod platform;
pub mod protocol;
pub mod random;
pub mod secret;
pub mod wire;
