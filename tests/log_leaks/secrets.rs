//! Secrets and all the ways one may be spelled in a text.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The secrets of a sign-in, each with a name for the message of a failure.
#[derive(Default)]
pub(crate) struct Secrets(Vec<(String, String)>);

impl Secrets {
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        assert!(value.len() >= 6, "{name} is too short to be looked for");
        self.0.push((name.to_owned(), value));
    }

    /// The same without one.
    pub(crate) fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(other, _)| other != name);
        Self(others.cloned().collect())
    }

    /// The one of this name.
    pub(crate) fn only(&self, name: &str) -> Self {
        let wanted = self.0.iter().filter(|(other, _)| other == name);
        Self(wanted.cloned().collect())
    }

    /// Fails when one of them can be read in this text.
    #[track_caller]
    pub(crate) fn are_not_in(&self, place: &str, text: &str) {
        for (name, value) in &self.0 {
            for (spelling, value) in spellings(value) {
                assert!(
                    !text.contains(&value),
                    "{name} is in {place} ({spelling}):\n{text}"
                );
            }
        }
    }

    /// Fails unless each of them is in this text in one of its spellings.
    #[track_caller]
    pub(crate) fn are_in(&self, place: &str, text: &str) {
        assert!(!self.0.is_empty());
        for (name, value) in &self.0 {
            let found = spellings(value).iter().any(|(_, value)| text.contains(value));
            assert!(found, "{name} is not in {place}:\n{text}");
        }
    }
}

fn spellings(secret: &str) -> Vec<(&'static str, String)> {
    let octets = secret.as_bytes();
    let mut all = vec![
        ("as it is", secret.to_owned()),
        ("percent-encoded", percent(octets, true)),
        ("percent-encoded", percent(octets, false)),
        ("as a form", percent(octets, true).replace("%20", "+")),
        ("hexadecimal", hex(octets)),
        ("hexadecimal", hex(octets).to_uppercase()),
        (
            "as Rust writes it",
            format!("{secret:?}").trim_matches('"').to_owned(),
        ),
        (
            "as a page",
            secret
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;"),
        ),
    ];
    for offset in 0..3 {
        all.push(("base64", inside_base64(&STANDARD_NO_PAD, octets, offset)));
        all.push(("base64", inside_base64(&URL_SAFE_NO_PAD, octets, offset)));
    }
    all
}

/// What stays the same of it in the code of a longer text.
fn inside_base64(engine: &impl base64::Engine, octets: &[u8], offset: usize) -> String {
    let text = engine.encode([&vec![0; offset], octets].concat());
    text[(offset * 8).div_ceil(6)..(offset + octets.len()) * 8 / 6].to_owned()
}

fn percent(octets: &[u8], upper: bool) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        match (octet.is_ascii_alphanumeric() || b"-._~".contains(octet), upper) {
            (true, _) => text.push(char::from(*octet)),
            (false, true) => write!(text, "%{octet:02X}").expect("a string"),
            (false, false) => write!(text, "%{octet:02x}").expect("a string"),
        }
        text
    })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let secret = "pass/Wort+1";
    let longer = |start: &str| base64::engine::general_purpose::STANDARD.encode(format!("{start}{secret}:"));
    let texts = [
        "x=pass/Wort+1;".to_owned(),
        "x=pass%2FWort%2B1&".to_owned(),
        "x=pass%2fWort%2b1&".to_owned(),
        hex(secret.as_bytes()),
        longer(""),
        longer("j"),
        longer("jo"),
        longer("joe"),
    ];
    for text in texts {
        let found = spellings(secret).iter().any(|(_, value)| text.contains(value));
        assert!(found, "{text}");
    }
}
