//! One-time codes from a generator, a few only: an account is locked sooner than a third one helps.

use std::time::Duration;

use crate::error::Error;
use crate::secret::Secret;

/// A generator of one-time codes.
pub trait CodeSource {
    /// A code that was not given out before; with `next` the one after the code given out last is wanted. `None`: there
    /// is none now.
    fn code(&mut self, next: bool) -> Result<Option<Secret>, Error>;

    /// How long until a code is of its own time, when that of the present one has been given out already.
    fn wait(&self) -> Duration {
        Duration::ZERO
    }
}

/// The generator of one sign-in, if there is one.
pub(super) struct Codes {
    source: Option<Box<dyn CodeSource>>,
    left: u8,
}

impl Codes {
    pub(super) fn new(source: Option<Box<dyn CodeSource>>) -> Self {
        Self { source, left: LIMIT }
    }

    /// Another sign-in begins.
    pub(super) fn begin_again(&mut self) {
        self.left = LIMIT;
    }

    /// See [`CodeSource::wait`].
    pub(super) fn wait(&self) -> Duration {
        let source = self.source.as_ref().filter(|_| self.left > 0);
        source.map(|source| source.wait()).unwrap_or_default()
    }

    pub(super) fn take(&mut self, next: bool) -> Result<Option<Secret>, Error> {
        let (Some(source), Some(left)) = (&mut self.source, self.left.checked_sub(1)) else {
            return Ok(None);
        };
        self.left = left;
        source.code(next)
    }
}

/// Codes of a generator in one sign-in: the first, and the next one for the next-token mode.
const LIMIT: u8 = 2;

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// 1, 2, 3 …
    pub(in crate::cli::login) struct Counting(pub(in crate::cli::login) u32);

    impl CodeSource for Counting {
        fn code(&mut self, _: bool) -> Result<Option<Secret>, Error> {
            self.0 += 1;
            Ok(Some(Secret::new(self.0.to_string())))
        }
    }

    #[test]
    fn the_third_code_is_the_users() {
        let mut codes = Codes::new(Some(Box::new(Counting(0))));
        let mut take = || codes.take(false).expect("no failure");
        assert_eq!(take(), Some(Secret::new("1")));
        assert_eq!(take(), Some(Secret::new("2")));
        assert_eq!(take(), None);
        assert_eq!(Codes::new(None).take(true), Ok(None));
    }
}
