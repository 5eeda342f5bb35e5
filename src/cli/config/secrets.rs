//! Which settings are secrets.

use super::entry::Entry;

/// True when a setting holds a secret itself, and not only says where one is.
pub(super) fn is_secret(entry: &Entry) -> bool {
    entry
        .texts()
        .any(|text| is_secret_text(&entry.option, text.expose()))
}

/// The same for one text of an option.
pub(super) fn is_secret_text(option: &str, text: &str) -> bool {
    match option {
        "cookie" | "mca-key-password" => true,
        "token-secret" | "key-password" => !["@", "fd:", "cmd:"].iter().any(|place| text.starts_with(place)),
        "form-entry" => {
            let place = text.split('=').next().unwrap_or_default().to_ascii_lowercase();
            SECRET_FIELDS.iter().any(|part| place.contains(part))
        }
        // user and password of a proxy
        "proxy" => text.contains('@'),
        _ => false,
    }
}

/// Parts of the names of fields that take a secret.
const SECRET_FIELDS: &[&str] = &["pass", "pin", "secret", "token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_names_a_place_is_no_secret() {
        for (option, text, expected) in [
            ("cookie", "DSID=1", true),
            ("cookie-file", "/x", false),
            ("token-secret", "base32:AA", true),
            ("token-secret", "cmd:pass otp", false),
            ("key-password", "@/root/x", false),
            ("key-password", "x", true),
            ("form-entry", "frmLogin:Password#2=x", true),
            ("form-entry", "frmLogin:email=pass@example.com", false),
            ("proxy", "http://joe:x@proxy", true),
            ("proxy", "http://proxy", false),
            ("user", "joe", false),
        ] {
            assert_eq!(is_secret_text(option, text), expected, "{option} {text}");
        }
    }
}
