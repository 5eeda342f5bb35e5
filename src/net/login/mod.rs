//! Carries out a sign-in: the flow's requests over HTTPS, its questions to the front end, host checks on demand.

mod prompter;
mod run;

pub use self::prompter::{Asked, Prompter, Unanswered};
pub use self::run::{Login, LoginError, LoginSettings, sign_in};
