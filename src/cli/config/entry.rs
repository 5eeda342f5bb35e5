//! What a configuration file says: settings with their places, and what can be wrong with them.

use crate::secret::Secret;

/// A line and a column of a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl Position {
    /// That of an octet of a text.
    pub fn of(text: &str, offset: usize) -> Self {
        let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
        let start = before
            .iter()
            .rposition(|octet| *octet == b'\n')
            .map_or(0, |end| end + 1);
        let continues = |octet: &&u8| **octet & 0xc0 == 0x80;
        let line = before.get(start..).unwrap_or_default();
        Self {
            line: before.iter().filter(|octet| **octet == b'\n').count() + 1,
            column: line.len() - line.iter().filter(continues).count() + 1,
        }
    }
}

/// A setting: an option by its long name, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the option, without dashes.
    pub option: String,
    /// Its value.
    pub value: Value,
    /// Where its key stands.
    pub at: Position,
}

/// The value of a setting. Nothing tells a secret from another text here, so all are treated as such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The option is given so many times; not at all is different from not mentioned.
    Times(u8),
    /// The option is given once for each text.
    Texts(Vec<Secret>),
}

impl Entry {
    /// Words of a command line that say the same. They never leave this process.
    pub fn words(&self) -> Vec<String> {
        let name = &self.option;
        match &self.value {
            Value::Times(count) => (0..*count).map(|_| format!("--{name}")).collect(),
            Value::Texts(texts) => texts
                .iter()
                .map(|text| format!("--{name}={}", text.expose()))
                .collect(),
        }
    }

    /// The texts, if it has such.
    pub fn texts(&self) -> impl Iterator<Item = &Secret> {
        match &self.value {
            Value::Times(_) => [].iter(),
            Value::Texts(texts) => texts.iter(),
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The place.
    pub at: Position,
    /// What is wrong.
    pub fault: Fault,
}

/// What is no key by its looks may be the contents of a secret file, named by mistake.
fn unknown(key: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.[]".contains(&octet);
    match key.len() <= LONGEST_KEY && key.bytes().all(plain) {
        true => format!("unknown key {key:?}"),
        false => "this is no option".to_owned(),
    }
}

/// Longer than any option.
const LONGEST_KEY: usize = 40;

/// What is wrong with a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// No such option.
    #[error("{}", unknown(key))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The one that was meant, perhaps.
        nearest: Option<String>,
    },
    /// A password in a file.
    #[error("a password is not kept in this file")]
    Password,
    /// An option about files stands in a file.
    #[error("{0:?} is for the command line only")]
    NotInFile(String),
    /// The same option twice.
    #[error("{0:?} is said twice")]
    Twice(String),
    /// A value of another kind.
    #[error("{key:?} wants {wanted}, not {found}")]
    Kind {
        /// The key.
        key: String,
        /// What it may be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// Tables group options and hold no others.
    #[error("tables in tables are not known here")]
    Nested,
    /// The option takes no value.
    #[error("{0:?} takes no value")]
    NoValue(String),
    /// The option needs a value.
    #[error("{0:?} needs a value")]
    ValueMissing(String),
    /// The value cannot be used.
    #[error("{0}")]
    Refused(String),
    /// A secret in a file that others can read.
    #[error("{0:?} is a secret, and other users can read this file")]
    Exposed(String),
}

impl Fault {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, .. } => nearest.as_ref().map(|nearest| format!("{nearest} instead")),
            Self::Password => {
                Some("password-file = \"FILE\" or password-command = \"pass show vpn\"".to_owned())
            }
            Self::NotInFile(key) => Some(format!("--{key} on the command line")),
            Self::Exposed(_) => Some("chmod 600 on the file, and a new secret".to_owned()),
            Self::Nested => Some("the key in the outer table, or in none".to_owned()),
            Self::Syntax(_)
            | Self::Twice(_)
            | Self::Kind { .. }
            | Self::NoValue(_)
            | Self::ValueMissing(_)
            | Self::Refused(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a\nüb\n";
        for (offset, line, column) in [(0, 1, 1), (1, 1, 2), (2, 2, 1), (4, 2, 2), (6, 3, 1), (99, 3, 1)] {
            assert_eq!(Position::of(text, offset), Position { line, column }, "{offset}");
        }
    }

    #[test]
    fn words_repeat_the_option() {
        let entry = |value| Entry {
            option: "route".to_owned(),
            value,
            at: Position { line: 1, column: 1 },
        };
        assert_eq!(entry(Value::Times(0)).words(), [""; 0]);
        assert_eq!(entry(Value::Times(2)).words(), ["--route", "--route"]);
        let texts = ["10.0.0.0/8", "--x"].map(Secret::new).into();
        assert_eq!(
            entry(Value::Texts(texts)).words(),
            ["--route=10.0.0.0/8", "--route=--x"]
        );
    }
}
