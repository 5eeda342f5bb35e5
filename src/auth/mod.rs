//! The login, as far as it needs no I/O: cookies and what they mean.

pub mod cookies;

pub use cookies::{CookieError, Jar};
