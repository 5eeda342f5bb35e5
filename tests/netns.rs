//! The built programs against each other, with real TUN devices, each pair in two network namespaces of its own.
//!
//! Needs root, iproute2 and `vpnc-gateway` beside the client (`cargo build --workspace --bins`). What cannot run says
//! so aloud, or fails with `VPNC_TEST_REQUIRE_ALL=1`. `VPNC_TEST_BYTES` moves more than the usual amount.

#[path = "netns/background.rs"]
mod background;
#[path = "netns/choices.rs"]
mod choices;
#[path = "netns/client.rs"]
mod client;
#[path = "netns/closed.rs"]
mod closed;
#[path = "netns/data.rs"]
mod data;
#[path = "netns/dns.rs"]
mod dns;
#[path = "netns/dns_machine.rs"]
mod dns_machine;
#[path = "netns/dns_server.rs"]
mod dns_server;
#[path = "netns/ending.rs"]
mod ending;
#[path = "netns/errors.rs"]
mod errors;
#[path = "netns/exit_codes.rs"]
mod exit_codes;
#[path = "netns/faults.rs"]
mod faults;
#[path = "netns/figures.rs"]
mod figures;
#[path = "netns/hooks.rs"]
mod hooks;
#[path = "netns/host_check.rs"]
mod host_check;
#[path = "netns/inner.rs"]
mod inner;
#[path = "netns/instances.rs"]
mod instances;
#[path = "netns/killed.rs"]
mod killed;
#[path = "netns/lab.rs"]
mod lab;
#[path = "netns/life.rs"]
mod life;
#[path = "netns/netns.rs"]
mod netns;
#[path = "netns/network_manager.rs"]
mod network_manager;
#[path = "netns/outer.rs"]
mod outer;
#[path = "netns/personality.rs"]
mod personality;
#[path = "netns/ping.rs"]
mod ping;
#[path = "netns/privacy.rs"]
mod privacy;
#[path = "netns/privileges.rs"]
mod privileges;
#[path = "netns/profiles.rs"]
mod profiles;
#[path = "netns/relogin.rs"]
mod relogin;
#[path = "netns/repair.rs"]
mod repair;
#[path = "netns/rights.rs"]
mod rights;
#[path = "netns/routes.rs"]
mod routes;
#[path = "terminal/screen.rs"]
#[expect(dead_code, reason = "another test program asks for more")]
mod screen;
#[path = "netns/script.rs"]
mod script;
#[path = "netns/script_tun.rs"]
mod script_tun;
#[path = "netns/service.rs"]
mod service;
#[path = "netns/sign_in.rs"]
mod sign_in;
#[path = "netns/snapshot.rs"]
mod snapshot;
#[path = "netns/soak.rs"]
mod soak;
#[path = "netns/socks.rs"]
mod socks;
#[path = "netns/space.rs"]
mod space;
#[path = "netns/taken_away.rs"]
mod taken_away;
#[path = "netns/transfer.rs"]
mod transfer;
