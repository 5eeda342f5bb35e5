//! What is hidden in pages: inputs, assignments, and words that look like ids.

use super::redact::{Redactor, is_hidden};

impl Redactor {
    /// A page, script or other text. `known` are secrets that it may hold anywhere.
    pub(super) fn redact_page(&self, page: &str, known: &[String]) -> String {
        let page = self.redact_known(page, known);
        self.redact_text(&self.redact_wrapped(&self.redact_inputs(&page)))
    }

    /// A text that is no form: what is assigned to suspicious names, and all that looks like an id.
    pub(super) fn redact_text(&self, text: &str) -> String {
        self.redact_words(&self.redact_assignments(text))
    }

    /// Words that look like ids, keys or encoded data.
    pub(super) fn redact_words(&self, text: &str) -> String {
        let mut output = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let (before, word) = rest.split_at(start);
            let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            output.push_str(before);
            output.push_str(&self.redact_word(word));
            rest = after;
        }
        output + rest
    }

    fn redact_word(&self, word: &str) -> String {
        if let Some((before, id)) = word.split_once(STATE)
            && id.len() >= MIN_STATE
        {
            return format!("{}{STATE}{}", self.redact_word(before), self.hide(id));
        }
        if looks_random(word) {
            return self.hide(word);
        }
        let parts = word.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
        parts.map(|part| self.redact_part(part)).collect()
    }

    /// Letters and digits, then perhaps one character that is neither.
    fn redact_part(&self, part: &str) -> String {
        let plain = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let end = part.get(plain.len()..).unwrap_or_default();
        let is_hex = plain.len() >= MIN_HEX && plain.bytes().all(|octet| octet.is_ascii_hexdigit());
        if is_hex || plain.len() >= MIN_ENCODED || looks_random(plain) {
            return format!("{}{end}", self.hide(plain));
        }
        part.to_owned()
    }

    /// `value` of every `<input>`, but of buttons, short hidden ones and those with harmless names.
    fn redact_inputs(&self, page: &str) -> String {
        let mut output = String::with_capacity(page.len());
        let mut rest = page;
        while let Some(start) = find_ignoring_case(rest, INPUT) {
            let (before, tag) = rest.split_at(start + INPUT.len());
            output.push_str(before);
            let (attributes, length) = attributes(tag);
            let (tag, after) = tag.split_at(length);
            output.push_str(&self.redact_input(tag, &attributes));
            rest = after;
        }
        output + rest
    }

    fn redact_input(&self, tag: &str, attributes: &[Attribute<'_>]) -> String {
        let named = |wanted: &str| {
            let mut found = attributes
                .iter()
                .filter(|it| it.name.eq_ignore_ascii_case(wanted));
            found.next().map_or("", |it| it.value)
        };
        let (kind, name) = (named("type").to_ascii_lowercase(), named("name"));
        let mut output = String::with_capacity(tag.len());
        let mut done = 0;
        for attribute in attributes {
            let value = attribute.value;
            let is_shown = !attribute.name.eq_ignore_ascii_case("value")
                || BUTTONS.contains(&kind.as_str())
                || (kind == "hidden" && value.len() <= MAX_SHOWN)
                || self.is_shown(name, value);
            if !is_shown {
                output.push_str(tag.get(done..attribute.start).unwrap_or_default());
                output.push_str(&self.hide(value));
                done = attribute.start + value.len();
            }
        }
        output + tag.get(done..).unwrap_or_default()
    }

    /// `msg=` of a host check: its value goes on to the next blank line (`juniper-nc.md §5.4`).
    fn redact_wrapped(&self, text: &str) -> String {
        let mut output = String::with_capacity(text.len());
        let mut is_inside = false;
        for line in text.split_inclusive('\n') {
            let plain = line.trim_end_matches(['\r', '\n']);
            let end = line.get(plain.len()..).unwrap_or_default();
            is_inside = !plain.is_empty() && (is_inside || plain.starts_with(WRAPPED));
            match plain.strip_prefix(WRAPPED) {
                Some(value) if is_inside => {
                    output.push_str(WRAPPED);
                    output.push_str(&self.hide(value));
                }
                _ if is_inside => output.push_str(&self.hide(plain)),
                Some(_) | None => output.push_str(plain),
            }
            output.push_str(end);
        }
        output
    }

    /// `?name=value`, `&name=value`, `;name=value`, and `name: "value"` when the name is a suspicious one.
    fn redact_assignments(&self, text: &str) -> String {
        let mut output = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_name) {
            let (before, tail) = rest.split_at(start);
            let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
            let (name, tail) = tail.split_at(end);
            output.push_str(before);
            output.push_str(name);
            rest = tail;
            let is_query = before.ends_with(['?', '&', ';']) && tail.starts_with('=');
            if !is_query && !is_suspicious(name) {
                continue;
            }
            let Some((glue, value)) = assigned(tail, is_query) else {
                continue;
            };
            if !self.is_shown(name, value) && !is_hidden_start(value) {
                output.push_str(tail.get(..glue).unwrap_or_default());
                output.push_str(&self.hide(value));
                rest = tail.get(glue + value.len()..).unwrap_or_default();
            }
        }
        output + rest
    }
}

/// An attribute of a tag.
struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    /// Where the value begins in the tag.
    start: usize,
}

/// The attributes that follow, and where the tag ends. A page may end inside of it.
fn attributes(tag: &str) -> (Vec<Attribute<'_>>, usize) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '=');
        if rest.is_empty() || rest.starts_with('>') {
            return (found, tag.len() - rest.len());
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let Some(after) = after.trim_start().strip_prefix('=') else {
            continue;
        };
        let after = after.trim_start();
        let (quote, end) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => (1, quoted_end(after, quote)),
            // an earlier rule hid it: the blanks inside are ours
            Some('<') if hidden_length(after).is_some() => (0, hidden_length(after)),
            _ => (0, after.find(|c: char| c.is_whitespace() || c == '>')),
        };
        let end = end.unwrap_or(after.len());
        let value = after.get(quote..end).unwrap_or_default();
        let start = tag.len() - after.len() + quote;
        found.push(Attribute { name, value, start });
        rest = after.get((end + quote).min(after.len())..).unwrap_or_default();
    }
}

/// Where the closing quote stands.
fn quoted_end(text: &str, quote: char) -> Option<usize> {
    text.get(1..)?.find(quote).map(|index| index + 1)
}

/// The value assigned right after a name: how many octets lie between, and the value.
fn assigned(tail: &str, is_query: bool) -> Option<(usize, &str)> {
    if is_query {
        let value = tail.get(1..)?;
        let end = value.find(|c: char| c.is_whitespace() || "&;\"'<>#)".contains(c));
        return Some((1, value.get(..end.unwrap_or(value.len()))?));
    }
    let after = tail.trim_start_matches(['"', '\'', ' ', '\\', ']']);
    let after = after.strip_prefix(['=', ':'])?;
    let after = after.trim_start_matches([' ', '\\']);
    let (after, end) = match after.chars().next() {
        Some(quote @ ('"' | '\'')) => (after.get(1..)?, after.get(1..)?.find([quote, '\\', '\n'])),
        _ => (
            after,
            after.find(|c: char| c.is_whitespace() || "&;,\"'<>)}".contains(c)),
        ),
    };
    let value = after.get(..end.unwrap_or(after.len()))?;
    (!value.is_empty()).then_some((tail.len() - after.len(), value))
}

fn is_hidden_start(value: &str) -> bool {
    value.is_empty() || hidden_length(value).is_some()
}

/// Length of the mark of a hidden value at the start of the text.
fn hidden_length(text: &str) -> Option<usize> {
    let end = text.find('>')? + 1;
    is_hidden(text.get(..end)?).then_some(end)
}

/// A name that is one of ours for secrets, or has such a word in it.
fn is_suspicious(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_str()) || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// A long word that goes to and fro between upper case, lower case and digits, as no name or path does.
fn looks_random(word: &str) -> bool {
    if word.len() < MIN_RANDOM {
        return false;
    }
    let class = |octet: u8| match octet {
        b'0'..=b'9' => 1,
        b'a'..=b'z' => 2,
        b'A'..=b'Z' => 3,
        _ => 0,
    };
    let pairs = word.bytes().zip(word.bytes().skip(1));
    let (mut changes, mut digits) = (0, 0);
    for (a, b) in pairs.map(|(a, b)| (class(a), class(b))) {
        if a != b && a != 0 && b != 0 {
            changes += 1;
            digits += usize::from(a == 1 || b == 1);
        }
    }
    (digits >= 2 && changes * 5 >= word.len()) || changes * 2 >= word.len()
}

/// As a page would write it between quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            _ => output.push(character),
        }
    }
    output
}

fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let windows = text.as_bytes().windows(wanted.len());
    let mut found = windows
        .enumerate()
        .filter(|(_, window)| window.eq_ignore_ascii_case(wanted.as_bytes()));
    found.next().map(|(index, _)| index)
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+/_-%~".contains(character)
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.%[]".contains(character)
}

const INPUT: &str = "<input";
const WRAPPED: &str = "msg=";
/// Ids of an unfinished sign-in (`juniper-nc.md §4.6`).
const STATE: &str = "state_";
const MIN_STATE: usize = 4;
const MIN_HEX: usize = 16;
const MIN_RANDOM: usize = 20;
/// No word of a language, and no name a person gave.
const MIN_ENCODED: usize = 40;
/// Of a hidden input: a number, a choice.
const MAX_SHOWN: usize = 4;
const BUTTONS: [&str; 6] = ["submit", "button", "image", "reset", "checkbox", "radio"];
const SECRET_NAMES: [&str; 12] = [
    "dsid",
    "dspreauth",
    "dsassertref",
    "dsivs",
    "postauth",
    "msg",
    "state",
    "nonce",
    "opaque",
    "pin",
    "sft",
    "canary",
];
const SECRET_PARTS: [&str; 10] = [
    "saml",
    "relaystate",
    "token",
    "xsauth",
    "passw",
    "passcode",
    "csrf",
    "xsrf",
    "secret",
    "credential",
];
