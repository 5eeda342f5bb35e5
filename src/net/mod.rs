//! The I/O shell: sockets, TLS, HTTP, the event loop.

pub mod connect;
pub mod error;
pub mod http;
pub mod logout;
mod proxy;
pub mod settings;
pub mod tls;

#[cfg(test)]
mod testing;

pub use connect::{Connection, Connector, Stream};
pub use error::NetError;
