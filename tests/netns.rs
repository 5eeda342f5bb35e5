//! The built programs against each other, with real TUN devices, each pair in two network namespaces of its own.
//!
//! Needs root, iproute2 and `vpnc-gateway` beside the client (`cargo build --workspace --bins`). What cannot run says
//! so aloud, or fails with `VPNC_TEST_REQUIRE_ALL=1`. `VPNC_TEST_BYTES` moves more than the usual amount.

#[path = "netns/client.rs"]
mod client;
#[path = "netns/data.rs"]
mod data;
#[path = "netns/ending.rs"]
mod ending;
#[path = "netns/errors.rs"]
mod errors;
#[path = "netns/faults.rs"]
mod faults;
#[path = "netns/figures.rs"]
mod figures;
#[path = "netns/host_check.rs"]
mod host_check;
#[path = "netns/lab.rs"]
mod lab;
#[path = "netns/network_manager.rs"]
mod network_manager;
#[path = "netns/personality.rs"]
mod personality;
#[path = "netns/ping.rs"]
mod ping;
#[path = "netns/privacy.rs"]
mod privacy;
#[path = "netns/profiles.rs"]
mod profiles;
#[path = "netns/repair.rs"]
mod repair;
#[path = "netns/rights.rs"]
mod rights;
#[path = "netns/routes.rs"]
mod routes;
#[path = "netns/script.rs"]
mod script;
#[path = "netns/sign_in.rs"]
mod sign_in;
#[path = "netns/snapshot.rs"]
mod snapshot;
#[path = "netns/space.rs"]
mod space;
#[path = "netns/transfer.rs"]
mod transfer;
