//! `Prompter`: who answers the questions of a sign-in.

use std::future::Future;
use std::pin::Pin;

use url::Url;

use crate::error::Error;
use crate::form::{Answers, Form};
use crate::secret::Secret;

/// The front end of a sign-in.
///
/// Dropping a future of it at any point leaves nothing behind: no echo switched off, no child.
pub trait Prompter {
    /// A step begins; the one before is done.
    fn step(&mut self, text: String);

    /// A text of the gateway to be shown, a banner for example. In the peer's words, not cleaned.
    fn show(&mut self, text: &str);

    /// Asks for all fields of the form.
    fn ask<'a>(&'a mut self, form: &'a Form) -> Asked<'a, Answers>;

    /// The page at this URL needs a browser: opens one, or asks the user to, and waits for the session cookie
    /// (`DSID=…` or its value).
    fn browse<'a>(&'a mut self, url: &'a Url) -> Asked<'a, Secret>;
}

/// What a question ends in.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unanswered>> + 'a>>;

/// Why there is no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Nobody can be asked. Of a form: the numbers of the fields without an answer.
    Nobody {
        /// Positions in [`Form::fields`].
        fields: Vec<usize>,
    },
    /// Asking failed, or the user ended it.
    Failed(Error),
}
