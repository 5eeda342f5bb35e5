//! The event loop against the reference gateway on loopback, without privileges: a device in memory, a set-up that
//! takes notes, real sockets and real TLS.

#[path = "tunnel/bench.rs"]
mod bench;
#[path = "tunnel/packets.rs"]
mod packets;

#[path = "tunnel/paths.rs"]
mod paths;
