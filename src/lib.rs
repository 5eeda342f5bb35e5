//! VPN client.
