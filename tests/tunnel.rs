//! The event loop against the reference gateway on loopback, without privileges: a device in memory, a set-up that
//! takes notes, real sockets and real TLS.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

#[path = "tunnel/bench.rs"]
mod bench;
#[path = "tunnel/packets.rs"]
mod packets;

#[path = "tunnel/companion.rs"]
mod companion;
#[path = "tunnel/compression.rs"]
mod compression;
#[path = "tunnel/datagrams.rs"]
mod datagrams;
#[path = "tunnel/endings.rs"]
mod endings;
#[path = "tunnel/fallback.rs"]
mod fallback;
#[path = "tunnel/framing.rs"]
mod framing;
#[path = "tunnel/idle.rs"]
mod idle;
#[path = "tunnel/life.rs"]
mod life;
#[path = "tunnel/limits.rs"]
mod limits;
#[path = "tunnel/nodes.rs"]
mod nodes;
#[path = "tunnel/offers.rs"]
mod offers;
#[path = "tunnel/paths.rs"]
mod paths;
#[path = "tunnel/reconnect.rs"]
mod reconnect;
#[path = "tunnel/rekey.rs"]
mod rekey;
#[path = "tunnel/relogin.rs"]
mod relogin;
#[path = "tunnel/requests.rs"]
mod requests;
