//! VPN client.
fn main() {}
