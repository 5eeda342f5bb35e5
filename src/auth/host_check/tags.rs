//! Start and end tags out of text that is HTML or XML by name only.

/// A tag, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// As written, `/` before that of an end tag.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// True for this name in any case of letters.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The first attribute of this name in any case of letters, character references decoded.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// All tags. What is no tag is passed over; a tag without end goes to the end of the text.
pub(super) fn tags(text: &str) -> impl Iterator<Item = Tag> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (_, behind) = rest.split_once('<')?;
            rest = behind;
            if rest.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/') {
                return Some(tag(&mut rest));
            }
        }
    })
}

/// Takes a tag off the text behind its `<`.
fn tag(rest: &mut &str) -> Tag {
    let slash = usize::from(rest.starts_with('/'));
    let name = take_until(rest, slash, |c| c.is_ascii_whitespace() || c == '>' || c == '/');
    let mut tag = Tag {
        name: name.to_owned(),
        attributes: Vec::new(),
    };
    loop {
        *rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(behind) = rest.strip_prefix('>') {
            *rest = behind;
            return tag;
        }
        if rest.is_empty() {
            return tag;
        }
        let name = take_until(rest, 1, |c| {
            c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')
        });
        let value = value(rest);
        if tag.attributes.len() < MAX_ATTRIBUTES {
            tag.attributes.push((name.to_owned(), decoded(value)));
        }
    }
}

/// Takes `= value` off the text, if it is there.
fn value<'a>(rest: &mut &'a str) -> &'a str {
    let Some(behind) = rest.trim_start().strip_prefix('=') else {
        return "";
    };
    *rest = behind.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (value, behind) = quoted.split_once(quote).unwrap_or((quoted, ""));
            *rest = behind;
            return value;
        }
    }
    take_until(rest, 0, |c| c.is_ascii_whitespace() || c == '>')
}

/// Takes what is before the first such character, which is not looked for in the first `skipped` octets.
fn take_until<'a>(rest: &mut &'a str, skipped: usize, ends: impl Fn(char) -> bool) -> &'a str {
    let text = *rest;
    let end = text
        .char_indices()
        .find(|(at, character)| *at >= skipped && ends(*character))
        .map_or(text.len(), |(at, _)| at);
    let (taken, behind) = text.split_at_checked(end).unwrap_or((text, ""));
    *rest = behind;
    taken
}

/// Decodes the references that XML has by itself, and numbers.
fn decoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        match reference(behind) {
            Some((character, behind)) => {
                out.push(character);
                rest = behind;
            }
            None => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(text: &str) -> Option<(char, &str)> {
    let window = text.as_bytes().iter().take(MAX_REFERENCE);
    let end = window.into_iter().position(|octet| *octet == b';')?;
    let (name, behind) = (text.get(..end)?, text.get(end + 1..)?);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    };
    Some((character, behind))
}

/// The value of an attribute in single quotes, as XML wants it.
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            character => out.push(character),
        }
    }
    out
}

/// Attributes kept of one tag.
const MAX_ATTRIBUTES: usize = 64;
/// Octets of a character reference behind `&`: `#x10FFFF;`.
const MAX_REFERENCE: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags with their attributes on a line each.
    fn shown(text: &str) -> Vec<String> {
        tags(text)
            .map(|tag| {
                let attributes = tag.attributes.iter();
                let attributes: String = attributes
                    .map(|(name, value)| format!(" {name}=[{value}]"))
                    .collect();
                format!("{}{attributes}", tag.name)
            })
            .collect()
    }

    #[test]
    fn tags_are_found_however_they_are_written() {
        let table: [(&str, &[&str]); 10] = [
            ("<param name=\"a\" value='b'>", &["param name=[a] value=[b]"]),
            ("<PARAM VALUE=b/c >x</Param>", &["PARAM VALUE=[b/c]", "/Param"]),
            ("<a b = \"c>d\"/><e/>", &["a b=[c>d]", "e"]),
            ("<a b c=>", &["a b=[] c=[]"]),
            ("1 < 2 <!-- x --> <?xml?> <a>", &["a"]),
            ("<a b=\"open", &["a b=[open]"]),
            ("<a", &["a"]),
            ("<", &[]),
            ("<a \u{e9}='\u{fc}'>", &["a \u{e9}=[\u{fc}]"]),
            ("<a =x>", &["a =x=[]"]),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn names_have_no_case_and_the_first_attribute_counts() {
        let tag = tags("<ParaM VaLue=1 value=2>").next().unwrap();
        assert!(tag.is("param"));
        assert_eq!(tag.attribute("value"), Some("1"));
        assert_eq!(tag.attribute("other"), None);
    }

    #[test]
    fn character_references_are_decoded_and_others_left() {
        let table = [
            ("a&amp;b&lt;&gt;&quot;&apos;", "a&b<>\"'"),
            ("&#65;&#x42;&#X43;", "ABC"),
            (
                "&nbsp; & &; &#xD800; &#1114112; &#;",
                "&nbsp; & &; &#xD800; &#1114112; &#;",
            ),
            ("&amp;amp;", "&amp;"),
            (
                "&\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
                "&\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
            ),
        ];
        for (value, text) in table {
            assert_eq!(decoded(value), text);
        }
        let all = "<&>\"'\u{fc}";
        assert_eq!(decoded(&escaped(all)), all);
    }
}
