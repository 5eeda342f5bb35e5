//! The I/O shell: sockets, TLS, HTTP, the event loop.

pub mod channel;
pub mod connect;
pub mod control;
pub mod driver;
pub mod dump;
mod ending;
pub mod error;
pub mod host_check;
pub mod http;
pub mod login;
pub mod logout;
pub mod outer;
pub mod probe;
mod proxy;
pub mod random;
mod report;
pub mod settings;
pub mod signals;
pub mod socks;
pub mod status;
pub mod tls;
pub mod udp;

#[cfg(test)]
mod testing;

pub use connect::{Connection, Connector, Stream};
pub use error::NetError;
