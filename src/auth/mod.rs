//! The login, as far as it needs no I/O: cookies and what they mean, one-time codes.

pub mod cookies;
pub mod token;

pub use cookies::{CookieError, Jar};
pub use token::{TokenError, TokenGenerator, TokenMode};
