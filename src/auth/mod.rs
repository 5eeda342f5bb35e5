//! The sign-in, as far as it needs no I/O: pages, forms, cookies, codes and the host checker's messages.

pub mod cookies;
pub mod exchange;
pub mod flow;
pub mod host_check;
pub mod page;
pub mod token;

pub use cookies::{CookieError, Jar};
pub use token::{TokenError, TokenGenerator, TokenMode};
