//! `application/x-www-form-urlencoded`, the way gateways are used to it (`juniper-nc.md §3.1`).

use encoding_rs::Encoding;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Appends pairs of name and value.
pub(super) struct FormText {
    text: Zeroizing<String>,
    encoding: &'static Encoding,
}

impl FormText {
    /// For a page of this character set: its forms are sent in it.
    pub(super) fn new(encoding: &'static Encoding) -> Self {
        Self {
            text: Zeroizing::new(String::with_capacity(256)),
            encoding,
        }
    }

    /// Appends one pair. Line ends become CR LF, as HTML has it.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.push_encoded(name);
        self.text.push('=');
        self.push_encoded(value);
    }

    /// The whole text.
    pub(super) fn finish(self) -> Secret {
        Secret::new(self.text.as_str())
    }

    fn push_encoded(&mut self, text: &str) {
        let normal = Zeroizing::new(normal_line_ends(text));
        // characters the set lacks become `&#N;`, as browsers do
        let octets = Zeroizing::new(self.encoding.encode(&normal).0.into_owned());
        for &octet in octets.iter() {
            if octet.is_ascii_alphanumeric() || b"-_.~".contains(&octet) {
                self.text.push(char::from(octet));
            } else {
                self.text.push('%');
                self.text.push(hex_digit(octet >> 4));
                self.text.push(hex_digit(octet & 15));
            }
        }
    }
}

fn normal_line_ends(text: &str) -> String {
    if !text.contains(['\r', '\n']) {
        return text.to_owned();
    }
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace('\n', "\r\n")
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(encoding: &'static Encoding, pairs: &[(&str, &str)]) -> String {
        let mut text = FormText::new(encoding);
        for (name, value) in pairs {
            text.push(name, value);
        }
        text.finish().expose().to_owned()
    }

    #[test]
    fn octets_are_escaped_in_lower_case_and_blanks_too() {
        let pairs = [("password#2", "a&b+c%d e ~"), ("empty", ""), ("ü", "ö\n")];
        assert_eq!(
            encoded(encoding_rs::UTF_8, &pairs),
            "password%232=a%26b%2bc%25d%20e%20~&empty=&%c3%bc=%c3%b6%0d%0a"
        );
    }

    #[test]
    fn a_page_in_another_character_set_is_answered_in_it() {
        assert_eq!(encoded(encoding_rs::WINDOWS_1252, &[("p", "ü€")]), "p=%fc%80");
        assert_eq!(
            encoded(encoding_rs::WINDOWS_1252, &[("p", "☃")]),
            "p=%26%239731%3b"
        );
        assert_eq!(encoded(encoding_rs::UTF_16LE, &[("p", "ü")]), "p=%c3%bc");
    }
}
