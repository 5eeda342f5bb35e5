//! What names, labels and texts tell.

use crate::auth::page::Control;

pub(super) fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "on" | "yes" | "true" | "1")
}

pub(super) fn is_notice(name: &str) -> bool {
    matches!(name, "sn-preauth-text" | "sn-postauth-text")
}

/// `VerificationCode` of ADFS, `otp` of Keycloak and the like. Not `passcode`-less words such as `postcode`.
pub(super) fn looks_like_code(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(name.as_str(), "otp" | "otc" | "token" | "code" | "mfacode")
        || [
            "verificationcode",
            "passcode",
            "totp",
            "token_code",
            "tokencode",
            "onetime",
            "one_time",
            "otpcode",
        ]
        .iter()
        .any(|part| name.contains(part))
}

/// Whether a browser shall be known again, which is nothing to this program.
pub(super) fn is_remember_me(control: Option<&Control>) -> bool {
    control.is_some_and(|control| {
        let name = control.name.to_lowercase();
        name.contains("remember") || name == "kmsi" || name == "dontshowagain"
    })
}

/// A challenge that offers choices or shows the squares of a grid card; a generator cannot answer it.
pub(super) fn is_menu(text: &str) -> bool {
    let numbered = text
        .split(['\n', ','])
        .filter(|part| {
            let rest = part.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (1..=2).contains(&digits) && rest[digits..].trim_start().starts_with(['.', ')', ':', '-', '='])
        })
        .count();
    let lower = text.to_lowercase();
    let words = ["push", "sms", "phone", "call"];
    let offered = words.iter().filter(|word| lower.contains(*word)).count();
    numbered >= 2 || offered >= 2 || (lower.contains("push") && lower.contains("enter")) || has_grid(text)
}

/// `[A1] [C4]`.
fn has_grid(text: &str) -> bool {
    text.split('[').skip(1).any(|rest| {
        let mut characters = rest.chars();
        let letter = characters.next().is_some_and(|first| first.is_ascii_uppercase());
        let digit = characters.next().is_some_and(|second| second.is_ascii_digit());
        letter && digit && characters.take(2).any(|end| end == ']')
    })
}

pub(super) fn is_negative(control: &Control) -> bool {
    let text = format!("{} {}", control.name, control.value).to_lowercase();
    NEGATIVE.iter().any(|word| text.contains(word))
}

/// Parts of names and labels of buttons that lead away from a sign-in.
const NEGATIVE: &[&str] = &[
    "cancel",
    "decline",
    "help",
    "reset",
    "secondary",
    "logout",
    "abort",
    "reject",
    "forgot",
    "register",
    "back",
];
