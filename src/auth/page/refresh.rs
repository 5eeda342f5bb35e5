//! The `content` of a refreshing `<meta>`.

/// Target of a refresh that comes soon; `None` also when it is the page itself.
pub(super) fn target(content: &str) -> Option<String> {
    let content = content.trim_ascii_start();
    let number = content.len()
        - content
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    let (delay, rest) = content.split_at(number);
    let seconds = delay.split('.').next().filter(|_| !delay.is_empty())?;
    if seconds.trim_start_matches('0').len() > 2 || seconds.parse::<u32>().unwrap_or(0) > MAX_DELAY {
        return None;
    }
    let separated = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ';' || c == ',');
    if separated.len() == rest.len() {
        return None;
    }
    let target = unquoted(without_name(separated)).trim_ascii();
    (!target.is_empty()).then(|| target.to_owned())
}

/// Without `url=`, which may be missing.
fn without_name(text: &str) -> &str {
    let name = text.get(..3).filter(|name| name.eq_ignore_ascii_case("url"));
    name.and_then(|name| text.get(name.len()..))
        .and_then(|rest| rest.trim_ascii_start().strip_prefix('='))
        .map_or(text, str::trim_ascii_start)
}

fn unquoted(text: &str) -> &str {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''));
    quote.and_then(|quote| text.split(quote).nth(1)).unwrap_or(text)
}

/// Seconds; later is for people who read the page.
const MAX_DELAY: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_refresh_are_read() {
        for (content, expected) in [
            ("0; url=/a", Some("/a")),
            ("0;URL='/a?b=c'", Some("/a?b=c")),
            ("0;url=\"/a\" x", Some("/a")),
            (" 10 , Url = /a ", Some("/a")),
            ("0 url=/a", Some("/a")),
            ("0.5;/a", Some("/a")),
            (".5;/a", Some("/a")),
            ("007; /a", Some("/a")),
            ("0; urls", Some("urls")),
            ("0; url='/a", Some("/a")),
            ("11; url=/a", None),
            ("4294967296; url=/a", None),
            ("url=/a", None),
            ("0; url=", None),
            ("0", None),
            ("5;", None),
            ("0url=/a", None),
            ("", None),
            ("0;ä", Some("ä")),
        ] {
            assert_eq!(target(content).as_deref(), expected, "{content}");
        }
    }
}
