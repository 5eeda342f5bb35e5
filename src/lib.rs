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
//! | 2     | [`net`]      | TLS, UDP, proxies, HTTP, the sign-in on the wire ([`net::login`]), the event loop, [`net::driver`], and the proxy of `--socks`, [`net::socks`] |
//! | 2     | [`platform`] | TUN device and network set-up behind two traits; Linux, scripts, fakes         |
//! | 1     | [`engine`]   | the tunnel as a whole: paths, timers, reconnects                               |
//! | 1     | [`protocol`] | what a gateway speaks on the channel, behind the trait [`protocol::Link`]      |
//! | 1     | [`esp`]      | sealing and opening datagrams, replay window, LZO                              |
//! | 1     | [`auth`]     | the sign-in: pages, forms, cookies, one-time codes, the host checker's messages |
//! | 0     | [`wire`]     | formats: records, messages, attributes, ESP, the HTTP head                     |
//! | 0     | [`packet`]   | arenas for packets on their way out and in                                     |
//! | 0     | [`form`]     | questions of a sign-in and their answers                                       |
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
//! A *page* is what the gateway or an identity provider shows, reduced to what a sign-in needs. A *form* on it has
//! *controls*; what nobody has answered yet becomes *fields* of a question ([`form::Form`]). The *flow* is the state
//! machine of one sign-in; in `fixtures/pages` it is also a script of pages. The *prompter* is who answers: options,
//! generators, the user.
//!
//! References such as `juniper-nc.md §8.2`, or `§8.2` alone, name chapters of the project's notes on the protocols, which
//! are kept beside the repository.
//!
//! # Life of a login
//!
//! [`auth::flow::Flow`] decides and [`net::login`] carries out: each [`auth::flow::Step`] is a request to send, a form to
//! ask, a host check to make, a browser to wait for, or the end. A response is first looked through for the session
//! cookie, for that is where a sign-in ends, whatever page follows. Else its redirect is followed, or its page read
//! ([`auth::page`]): the one form that matters is classed by the names of its fields, filled from the settings, and what is
//! left goes as a question to the [`net::login::Prompter`], which [`cli::login`] implements. A form that comes again means
//! that its answers were refused: no secret is sent twice, and after three tries it is over. Answers leave for the host
//! that asked and for no other, over HTTPS only.
//!
//! When the gateway wants a host check, [`net::host_check`] makes it with the messages of [`auth::host_check`] or by a
//! program of the user, and goes on doing so beside the tunnel as the driver's companion. The session comes back as
//! [`auth::flow::Outcome`], whose jar the driver takes over.
//!
//! # Life of a connection
//!
//! [`cli`] turns arguments into [`net::settings::ConnectSettings`], checks rights and files, and opens the device before
//! anybody is asked for a password.
//! The driver opens the channel and tells the engine, which lets its link write the request that turns HTTPS into a
//! tunnel. The link takes the answer apart whatever the record borders are, and hands out a
//! [`config::NetworkConfig`], which the driver gives to [`platform::NetworkSetup`], and perhaps ESP keys. With keys the
//! engine sends probes, and moves packets to UDP when one is answered. When UDP falls silent they move back. When the
//! channel is lost the engine asks for a new one until the user's patience ends. Every way out goes through `revert` of
//! the set-up; a killed process leaves a journal that the next one works off.
//!
//! A [`platform::NetworkWatch`] tells that something around the tunnel has changed, or that the machine has slept. The
//! driver lets the set-up put the routes outside right, asks the kernel from which address the gateway would be reached
//! now, and tells the engine, which decides ([`engine::Engine::network_changed`]): a probe, a new UDP socket, a new
//! channel, or to wait. Steps of the set-up, scripts among them, run beside the rounds; only events that need the set-up
//! wait for their end.
//!
//! With `--setuid` there are two processes ([`platform::linux::keeper`]): one is forked before the event loop exists, keeps
//! the rights, and does on orders what the set-up does; the other opens the device, becomes the user, and does the rest.
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
//! message on the channel ends the link with an error that says which rule it broke. A page is read in time that grows
//! with its size, and redirects, requests and repeated forms have limits.

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
