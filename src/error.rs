//! `Error`: what a user is told and the exit status that goes with it.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::exit::ExitStatus;

/// A failure in the user's terms: what went wrong, where, and what to type next.
///
/// Printed as up to four lines (`error:`, `where:`, `note:`, `try:`). Nothing secret may be put into any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// Exit status of the program.
    pub status: ExitStatus,
    /// One sentence, lower case, without a full stop.
    pub message: String,
    /// Where it happened, if that is not in the message.
    pub place: Option<String>,
    /// A fact that calms or explains.
    pub note: Option<String>,
    /// What to try next, ready to paste where it can be.
    pub hint: Option<String>,
}

impl Error {
    /// An error with a message only.
    pub fn new(status: ExitStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            place: None,
            note: None,
            hint: None,
        }
    }

    /// Adds the `where:` line.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds the `note:` line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Adds the `try:` line.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", Clean(&self.message))?;
        let lines = [("where", &self.place), ("note", &self.note), ("try", &self.hint)];
        for (label, text) in lines {
            if let Some(text) = text {
                write!(f, "\n  {label}: {}", Clean(text))?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// Text from a peer must not steer the terminal: control characters, those that turn the direction of writing and those
/// nobody sees become `?`.
pub(crate) struct Clean<'a>(pub(crate) &'a str);

impl fmt::Display for Clean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            fmt::Write::write_char(f, if is_odd(character) { '?' } else { character })?;
        }
        Ok(())
    }
}

/// Characters that steer a terminal or deceive its reader.
pub(crate) fn is_odd(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What the system said, the way a message of ours is written: `std` begins it with a capital letter and appends
/// `(os error 111)`, which tells a user nothing.
pub fn plain_io(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.find(" (os error").map_or(text.as_str(), |end| &text[..end]);
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_no_number() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(plain_io(&error), "no such file or directory");
        assert_eq!(plain_io(&io::Error::other("Broken")), "broken");
    }

    #[test]
    fn lines_stand_in_their_order_and_control_characters_are_gone() {
        let error = Error::new(ExitStatus::Protocol, "bad \u{1b}[2Jans\u{202e}wer")
            .hint("-v")
            .at("vpn.example.com");
        assert_eq!(
            error.to_string(),
            "error: bad ?[2Jans?wer\n  where: vpn.example.com\n  try: -v"
        );
    }
}
