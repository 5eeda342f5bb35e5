//! Linux: the tunnel device, and the network set-up over netlink with its undo journal.

pub mod journal;
pub mod netlink;
pub mod plan;
pub mod process;
pub mod setup;
pub mod tun;
pub mod undo;
