//! The I/O shell: sockets, TLS, HTTP, the event loop.

pub mod settings;
