//! VPN client for Juniper SSL VPN gateways (Network Connect / oNCP).
//!
//! This crate is the program `vpnc-cli`; it is a library so that tests, benches and fuzz targets reach its parts. The
//! program's manual is `vpnc-cli --help` and the pages in `man/`.
//!
//! # Floors
//!
//! Imports go down only, which `tests/layers.rs` checks. The two lower floors never ask the system for anything: time
//! comes in as an argument, randomness as a [`random::RandomSource`], octets as slices.
//!
//! | floor | module       | holds                                                                          |
//! |-------|--------------|--------------------------------------------------------------------------------|
//! | 3     | [`cli`]      | arguments, settings, messages; `main` calls [`cli::run`]                       |
//! | 2     | [`net`]      | TLS, UDP, proxies, HTTP and the event loop, [`net::driver`]                    |
//! | 2     | [`platform`] | TUN device and network set-up behind two traits; Linux, scripts, fakes         |
//! | 1     | [`engine`]   | the tunnel as a whole: paths, timers, reconnects                               |
//! | 1     | [`protocol`] | what a gateway speaks on the channel, behind the trait [`protocol::Link`]      |
//! | 1     | [`esp`]      | sealing and opening datagrams, replay window, LZO                              |
//! | 1     | [`auth`]     | the session cookie, one-time codes                                             |
//! | 0     | [`wire`]     | formats: records, messages, attributes, ESP, the HTTP head                     |
//! | 0     | [`packet`]   | arenas for packets on their way out and in                                     |
//! | 0     | [`config`], [`secret`], [`random`], [`error`], [`exit`] | plain data shared by all            |
//!
//! `net` and `platform` do not know each other but for the traits in [`platform`]; `protocol` knows of `esp` only what
//! keys are; neither knows the engine.
//!
//! # Words
//!
//! The *gateway* is the other side. The *channel* is the TLS stream to it. A *link* is a protocol on an open channel.
//! The *path* is the way packets take, over the channel or over UDP. A *round* is one turn of the event loop.
//!
//! References such as `juniper-nc.md §8.2`, or `§8.2` alone, name chapters of the project's notes on the protocols, which
//! are kept beside the repository.
//!
//! # Life of a connection
//!
//! [`cli`] turns arguments into [`net::settings::ConnectSettings`], checks rights and files, and opens the device.
//! The driver opens the channel and tells the engine, which lets its link write the request that turns HTTPS into a
//! tunnel. The link takes the answer apart whatever the record borders are, and hands out a
//! [`config::NetworkConfig`], which the driver gives to [`platform::NetworkSetup`], and perhaps ESP keys. With keys the
//! engine sends probes, and moves packets to UDP when one is answered. When UDP falls silent they move back. When the
//! channel is lost the engine asks for a new one until the user's patience ends. Every way out goes through `revert` of
//! the set-up; a killed process leaves a journal that the next one works off.
//!
//! # Life of a packet
//!
//! Out: the driver reads a batch from the device straight into a [`packet::Batch`], where packets lie as far apart as
//! they need once they are sealed. [`engine::Engine::handle_tun`] chooses the path once for the batch. Over UDP they get
//! their numbers, are sealed where they lie and are sent from there; over the channel the link
//! wraps them into messages in the channel's buffer.
//!
//! In: datagrams are received into [`packet::Received`], opened in place, checked against the replay window, and the
//! part that is the packet is marked; octets of the channel are taken apart by the link. Both end as packets in the same
//! arena, and the driver writes them to the device from there.
//!
//! A batch is what is ready now; nothing waits for it to fill. There is no queue between device and sockets: while a
//! socket takes no more, the device is not read. Nothing is allocated per packet (`tests/no_alloc.rs`).
//!
//! # What a peer can do
//!
//! Nothing a gateway sends makes this code panic; the parsers are fuzzed. A bad datagram is counted and dropped. A bad
//! message on the channel ends the link with an error that says which rule it broke.

pub mod auth;
pub mod cli;
pub mod config;
pub mod engine;
pub mod error;
pub mod esp;
pub mod exit;
pub mod form;
pub mod net;
pub mod packet;
pub mod platform;
pub mod protocol;
pub mod random;
pub mod secret;
pub mod wire;
