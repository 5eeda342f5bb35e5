//! Carries out a sign-in: the flow's requests over HTTPS, its questions to the front end, host checks on demand.

mod prompter;

pub use self::prompter::{Prompter, Unanswered};
