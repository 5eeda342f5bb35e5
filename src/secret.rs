//! Values that must never be shown: cookies, passwords, keys.

use std::fmt;

use zeroize::Zeroizing;

/// A text secret. It is wiped when dropped, has no `Display`, and `Debug` prints stars.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of the text; the caller keeps no copy.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The plain text. Each call is a place to check for leaks.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True when there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_text() {
        let secret = Secret::new("DSID=0123");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.expose(), "DSID=0123");
    }
}
