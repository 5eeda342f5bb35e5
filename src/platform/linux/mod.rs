//! Linux: the tunnel device, and the network set-up over netlink with its undo journal.

mod account;
mod applied;
pub mod background;
pub mod control_socket;
mod deletion;
pub mod instance;
pub mod journal;
mod messages;
pub mod netlink;
pub mod plan;
pub mod process;
pub mod setup;
pub mod tun;
pub mod undo;
pub mod watched;
pub mod wrapper;

#[cfg(test)]
mod netns_tests;
#[cfg(test)]
pub(crate) mod testing;
