//! Words for a shell, so that a command shown to the user can be pasted.

/// The text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_.:=/@%+,…".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_shell() {
        for (text, expected) in [
            ("a", "a"),
            ("", "''"),
            ("a b", "'a b'"),
            ("a'b", r"'a'\''b'"),
            ("$(x)", "'$(x)'"),
            ("*:a=b", "'*:a=b'"),
            ("[::1]", "'[::1]'"),
            ("Büro", "Büro"),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }
}
