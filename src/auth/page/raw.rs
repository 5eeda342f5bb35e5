//! Where elements end whose content is no markup.

use memchr::memmem;

use super::scan::is_blank;

/// Where `</NAME` begins, with an end of the name behind it.
pub(super) fn find_end_tag(text: &str, name: &str, from: usize) -> Option<usize> {
    let octets = text.as_bytes();
    let rest = octets.get(from..)?;
    memmem::find_iter(rest, "</")
        .map(|found| from + found)
        .find(|at| {
            let name_at = at + 2;
            let name_end = name_at + name.len();
            let is_named = octets
                .get(name_at..name_end)
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            is_named
                && octets
                    .get(name_end)
                    .is_some_and(|end| is_blank(*end) || matches!(end, b'/' | b'>'))
        })
}

/// Where the end tag of a script begins, or the end of the text. Between `<!--` and `-->` a script may contain another
/// (HTML standard, "script data double escaped state").
pub(super) fn script_end(text: &str, from: usize) -> usize {
    let end = find_end_tag(text, "script", from).unwrap_or(text.len());
    let script = text.get(from..end).unwrap_or_default();
    if memmem::find(script.as_bytes(), b"<!--").is_none() {
        return end;
    }
    commented_script_end(text, from).unwrap_or(text.len())
}

fn commented_script_end(text: &str, from: usize) -> Option<usize> {
    let octets = text.as_bytes();
    // The dashes of `<!--` may be those of `-->`; `None` outside.
    let mut comment: Option<usize> = None;
    let mut is_inner = false;
    for at in memchr::memchr2_iter(b'<', b'>', octets.get(from..)?).map(|found| from + found) {
        let rest = octets.get(at..)?;
        if rest.starts_with(b">") {
            let dashes = at.saturating_sub(2);
            if comment.is_some_and(|begin| begin <= dashes) && octets.get(dashes..at) == Some(b"--") {
                (comment, is_inner) = (None, false);
            }
        } else if comment.is_none() && rest.starts_with(b"<!--") {
            comment = Some(at + 2);
        } else if is_tag(rest, b"</script") {
            if !is_inner {
                return Some(at);
            }
            is_inner = false;
        } else if comment.is_some() && is_tag(rest, b"<script") {
            is_inner = true;
        }
    }
    None
}

/// Text begins with this and an end of the name.
fn is_tag(octets: &[u8], tag: &[u8]) -> bool {
    let (found, rest) = octets.split_at(tag.len().min(octets.len()));
    found.eq_ignore_ascii_case(tag)
        && rest
            .first()
            .is_some_and(|end| is_blank(*end) || matches!(end, b'/' | b'>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_tag_ends_its_own_element_only() {
        for (text, end) in [
            ("a</style>", Some(1)),
            ("</STYLE >", Some(0)),
            ("</styles></style/>", Some(9)),
            ("</ style></style", None),
            ("</style", None),
        ] {
            assert_eq!(find_end_tag(text, "style", 0), end, "{text}");
        }
    }

    #[test]
    fn a_script_in_a_comment_may_hold_another() {
        for (text, end) in [
            ("x</script>", 1),
            ("<!-- </script>", 5),
            ("<!-- <script> </script> --></script>", 27),
            ("<!-- <script> --></script>", 17),
            ("<!-- <script> </script></script>", 23),
            ("<!--><script></script>", 13),
            ("<!-- <scripts></script>", 14),
            ("<script></script>", 8),
            ("<!-- <script></script>", 22),
            ("x", 1),
        ] {
            assert_eq!(script_end(text, 0), end, "{text}");
        }
    }
}
