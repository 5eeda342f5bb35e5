//! Which character set a page is in, and its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::scan::{Attributes, TagEnd, tag_name};

/// Text of the page without byte order mark, and the encoding it was in.
pub(super) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> (Cow<'a, str>, &'static Encoding) {
    if let Some((encoding, mark)) = Encoding::for_bom(body) {
        let body = body.get(mark..).unwrap_or_default();
        return (encoding.decode_without_bom_handling(body).0, encoding);
    }
    let encoding = content_type
        .and_then(charset_parameter)
        .and_then(|label| Encoding::for_label(label.as_bytes()))
        .or_else(|| declared(body))
        .unwrap_or_else(|| match std::str::from_utf8(body) {
            Ok(_) => UTF_8,
            Err(_) => WINDOWS_1252,
        });
    (encoding.decode_without_bom_handling(body).0, encoding)
}

/// What a `<meta>` near the beginning says.
fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..DECLARED_WITHIN).unwrap_or(body);
    let head = WINDOWS_1252.decode_without_bom_handling(head).0;
    let mut at = 0;
    while let Some(found) = head.get(at..).and_then(|rest| rest.find('<')) {
        at += found + 1;
        if head.get(at..).is_some_and(|rest| rest.starts_with("!--")) {
            let from = at + "!-".len();
            at = from + head.get(from..)?.find("->")?;
            continue;
        }
        let (name, end) = tag_name(&head, at);
        if !name.eq_ignore_ascii_case("meta") {
            continue;
        }
        if let Some(encoding) = declared_in(Attributes::new(&head, end)) {
            return Some(encoding);
        }
    }
    None
}

fn declared_in(mut attributes: Attributes<'_>) -> Option<&'static Encoding> {
    let (mut is_content_type, mut content, mut charset) = (false, None, None);
    for (name, value) in attributes.by_ref() {
        if name.eq_ignore_ascii_case("charset") {
            charset = charset.or(Some(value));
        } else if name.eq_ignore_ascii_case("http-equiv") {
            is_content_type |= value.eq_ignore_ascii_case("content-type");
        } else if name.eq_ignore_ascii_case("content") {
            content = content.or(charset_parameter(value));
        }
    }
    if attributes.finish().0 == TagEnd::Missing {
        return None;
    }
    let label = charset.or(content.filter(|_| is_content_type))?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // The declaration could be read, so two octets for each character it is not.
    let is_wide = encoding == UTF_16LE || encoding == UTF_16BE;
    Some(if is_wide { UTF_8 } else { encoding })
}

/// `X` of `…; charset=X`, quoted or not.
fn charset_parameter(value: &str) -> Option<&str> {
    const NAME: &str = "charset";
    let lower = value.to_ascii_lowercase();
    let mut from = 0;
    loop {
        from += lower.get(from..)?.find(NAME)? + NAME.len();
        let Some(rest) = value.get(from..)?.trim_start().strip_prefix('=') else {
            continue;
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
        return match quote {
            Some(quote) => rest.get(1..)?.split(quote).next(),
            None => rest
                .split(|c: char| c == ';' || c == ',' || c.is_ascii_whitespace())
                .next(),
        };
    }
}

/// Octets in which a declaration counts (HTML standard, "prescan a byte stream").
const DECLARED_WITHIN: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_about_the_character_set_counts() {
        let meta = b"<meta charset='iso-8859-15'><p>\xa4".as_slice();
        let table: &[(&[u8], Option<&str>, &str, &str)] = &[
            (
                b"\xef\xbb\xbf\xc3\xa4",
                Some("text/html; charset=latin1"),
                "UTF-8",
                "ä",
            ),
            (
                b"\xff\xfe\xe4\0",
                Some("text/html; charset=utf-8"),
                "UTF-16LE",
                "ä",
            ),
            (b"\xfe\xff\0\xe4", None, "UTF-16BE", "ä"),
            (
                b"\xe4",
                Some("text/html;CHARSET = \"ISO-8859-1\""),
                "windows-1252",
                "ä",
            ),
            (b"\xe4", Some("text/html; charset=utf-8"), "UTF-8", "\u{fffd}"),
            (b"\xe4", Some("text/html; charset=nonsense"), "windows-1252", "ä"),
            (b"\xe4", Some("text/html; charset"), "windows-1252", "ä"),
            (b"\xe4", None, "windows-1252", "ä"),
            (b"\xc3\xa4", Some("text/html"), "UTF-8", "ä"),
            (
                b"\x82\xa0",
                Some("text/html; charset=shift_jis"),
                "Shift_JIS",
                "あ",
            ),
            (meta, None, "ISO-8859-15", "<meta charset='iso-8859-15'><p>€"),
            (
                meta,
                Some("text/html; charset=latin1"),
                "windows-1252",
                "<meta charset='iso-8859-15'><p>¤",
            ),
            (
                b"<!-- <meta charset=koi8-r> -->a",
                None,
                "UTF-8",
                "<!-- <meta charset=koi8-r> -->a",
            ),
            (
                b"<!--><meta charset=koi8-r>a",
                None,
                "KOI8-R",
                "<!--><meta charset=koi8-r>a",
            ),
            (b"<meta charset=utf-16>a", None, "UTF-8", "<meta charset=utf-16>a"),
        ];
        for (body, content_type, name, text) in table {
            let (decoded, encoding) = decode(body, *content_type);
            assert_eq!((encoding.name(), &*decoded), (*name, *text), "{content_type:?}");
        }
    }

    #[test]
    fn a_declaration_may_be_written_in_many_ways() {
        for meta in [
            "<META HTTP-EQUIV=Content-Type CONTENT=\"text/html; charset=koi8-r\">",
            "<meta content='text/html;charset=\"koi8-r\"' http-equiv='content-type' />",
            "<title>a < b</title><meta name=x content=y><meta charset=KOI8-R>",
        ] {
            assert_eq!(decode(meta.as_bytes(), None).1.name(), "KOI8-R", "{meta}");
        }
        for meta in [
            "<meta name=description content='charset=koi8-r'>",
            "<meta charset=",
            "<meta charset=koi8-r",
        ] {
            assert_eq!(decode(meta.as_bytes(), None).1, UTF_8, "{meta}");
        }
        let late = format!("{:1024}<meta charset=koi8-r>", "");
        assert_eq!(decode(late.as_bytes(), None).1, UTF_8);
    }
}
