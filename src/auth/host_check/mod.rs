//! The host checker of the gateway (`juniper-nc.md §5`): its messages and what is answered to them.

pub mod certificate;
pub mod check;
pub mod funk;
pub mod message;
pub mod policy;
pub mod reply;
mod tags;

pub use check::{CheckCookies, CheckSettings, ExpectCookie, ExpectMessage, HostCheckError, Passed};
pub use policy::{Claims, PolicyVerdict};
