//! Attributes of a tag by the rules of the HTML tokenizer, without copies.

/// Walks over the attributes of a tag; ends behind its `>`.
///
/// Values are raw: character references are left as they are.
pub(super) struct Attributes<'a> {
    text: &'a str,
    at: usize,
    end: TagEnd,
}

/// How a tag ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagEnd {
    /// Not reached: attributes are left, or the text ended inside the tag.
    Missing,
    /// `>`.
    Plain,
    /// `/>`.
    Closed,
}

impl<'a> Attributes<'a> {
    /// `text[at..]` begins behind the name of the tag.
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self {
            text,
            at,
            end: TagEnd::Missing,
        }
    }

    /// Walks to the end: how the tag ended and where the text goes on.
    pub(super) fn finish(mut self) -> (TagEnd, usize) {
        while self.next().is_some() {}
        (self.end, self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_while(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skipped) {
            self.at += 1;
        }
    }

    fn slice(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// The value behind `=`; `None` when the text ends in it.
    fn value(&mut self) -> Option<&'a str> {
        self.skip_while(is_blank);
        let quote = self.peek()?;
        if !matches!(quote, b'"' | b'\'') {
            let from = self.at;
            self.skip_while(|octet| !is_blank(octet) && octet != b'>');
            return Some(self.slice(from));
        }
        let from = self.at + 1;
        let rest = self.text.as_bytes().get(from..)?;
        self.at = from + memchr::memchr(quote, rest)?;
        let value = self.slice(from);
        self.at += 1;
        Some(value)
    }
}

impl<'a> Iterator for Attributes<'a> {
    /// Name as written, and value; empty when there is none.
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.end != TagEnd::Missing {
            return None;
        }
        let mut closed = false;
        while let Some(octet) = self.peek().filter(|octet| is_blank(*octet) || *octet == b'/') {
            closed = octet == b'/';
            self.at += 1;
        }
        if self.peek()? == b'>' {
            self.at += 1;
            self.end = if closed { TagEnd::Closed } else { TagEnd::Plain };
            return None;
        }
        // The first character belongs to the name whatever it is, `=` included.
        let from = self.at;
        self.at += 1;
        self.skip_while(|octet| !is_blank(octet) && !matches!(octet, b'/' | b'>' | b'='));
        let name = self.slice(from);
        self.skip_while(is_blank);
        if self.peek() != Some(b'=') {
            return Some((name, ""));
        }
        self.at += 1;
        let value = self.value();
        if value.is_none() {
            self.at = self.text.len();
        }
        value.map(|value| (name, value))
    }
}

/// Name of the tag that begins at `text[at..]`, and where it ends.
pub(super) fn tag_name(text: &str, at: usize) -> (&str, usize) {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let len = rest
        .iter()
        .position(|octet| is_blank(*octet) || matches!(octet, b'/' | b'>'))
        .unwrap_or(rest.len());
    (text.get(at..at + len).unwrap_or_default(), at + len)
}

/// White space of HTML.
pub(super) fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_follow_the_rules_of_the_tokenizer() {
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], TagEnd);
        let table: &[Row<'_>] = &[
            (
                " a=1 b='2 >' c=\"3'\">x",
                &[("a", "1"), ("b", "2 >"), ("c", "3'")],
                TagEnd::Plain,
            ),
            ("/>", &[], TagEnd::Closed),
            (" a=b/>", &[("a", "b/")], TagEnd::Plain),
            (" a / b>", &[("a", ""), ("b", "")], TagEnd::Plain),
            (" a = b>", &[("a", "b")], TagEnd::Plain),
            (" a=>", &[("a", "")], TagEnd::Plain),
            (" =a=b>", &[("=a", "b")], TagEnd::Plain),
            (" a='1'b='2'>", &[("a", "1"), ("b", "2")], TagEnd::Plain),
            (
                " onclick=\"checkSelected()\",  name=\"postfixSID\">",
                &[("onclick", "checkSelected()"), (",", ""), ("name", "postfixSID")],
                TagEnd::Plain,
            ),
            (" ä=ö>", &[("ä", "ö")], TagEnd::Plain),
            (" a='>", &[], TagEnd::Missing),
            (" a", &[("a", "")], TagEnd::Missing),
            (" a=", &[], TagEnd::Missing),
            ("", &[], TagEnd::Missing),
        ];
        for (text, attributes, end) in table {
            let mut scan = Attributes::new(text, 0);
            assert_eq!(scan.by_ref().collect::<Vec<_>>(), *attributes, "{text}");
            assert_eq!(scan.finish().0, *end, "{text}");
        }
    }
}
