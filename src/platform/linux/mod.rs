//! Linux: the tunnel device, and the network set-up over netlink with its undo journal.

pub(super) mod account;
mod applied;
pub mod background;
mod blocked;
pub mod control_socket;
mod deletion;
pub mod dns;
pub mod instance;
pub mod journal;
pub mod keeper;
mod messages;
pub mod namespace;
pub mod netlink;
mod outside;
pub mod plan;
pub mod process;
pub mod script_tun;
pub mod setup;
pub mod tun;
pub mod undo;
pub mod watch;
pub mod watched;
pub mod wrapper;

#[cfg(test)]
mod netns_tests;
#[cfg(test)]
pub(crate) mod testing;
