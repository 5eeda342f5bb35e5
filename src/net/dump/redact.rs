//! What is hidden in headers, URLs and forms, and how a hidden value looks.

use ring::hmac;

use super::page;
use crate::random::RandomSource;

/// Replaces secrets by their length and a keyed fingerprint.
#[derive(Clone)]
pub(super) struct Redactor {
    key: hmac::Key,
}

impl Redactor {
    /// With a key of its own, so that nobody can try values against the fingerprints of a log.
    pub(super) fn new(random: &mut dyn RandomSource) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
        }
    }

    /// `<hidden len=32 fp=ab12>`. Nothing stays nothing, and what is hidden already stays as it is.
    pub(super) fn hide(&self, value: &str) -> String {
        if value.is_empty() || is_hidden(value) {
            return value.to_owned();
        }
        let tag = hmac::sign(&self.key, value.as_bytes());
        let mut start = tag.as_ref().iter().copied();
        let (first, second) = (start.next().unwrap_or(0), start.next().unwrap_or(0));
        format!("{HIDDEN} len={} fp={first:02x}{second:02x}>", value.len())
    }

    /// A header value. `known` are secrets that it may hold anywhere.
    pub(super) fn redact_header(&self, name: &str, value: &str, known: &[String]) -> String {
        let value = self.redact_known(value, known);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "cookie" => self.each(&value, "; ", |pair| self.redact_cookie(pair)),
            "set-cookie" => match value.split_once(';') {
                Some((pair, attributes)) => {
                    format!("{};{}", self.redact_cookie(pair), self.redact_words(attributes))
                }
                None => self.redact_cookie(&value),
            },
            "authorization" | "proxy-authorization" => self.redact_credentials(&value),
            "www-authenticate" | "proxy-authenticate" => match value.contains('"') {
                true => self.redact_text(&value),
                false => self.redact_credentials(&value),
            },
            "location" | "content-location" | "referer" | "origin" => self.redact_url(&value),
            // says nothing and shows whether the padding is right
            "x-pad" => value,
            _ if SECRET_HEADERS.iter().any(|part| name.contains(part)) => self.hide(&value),
            _ => self.redact_text(&value),
        }
    }

    /// A URL or the part of one that follows the host.
    pub(super) fn redact_url(&self, url: &str) -> String {
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (url, None),
        };
        let (place, query) = match url.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (url, None),
        };
        let mut text = self.redact_place(place);
        if let Some(query) = query {
            text.push('?');
            text.push_str(&self.redact_form(query));
        }
        if let Some(fragment) = fragment {
            text.push('#');
            text.push_str(&self.hide(fragment));
        }
        text
    }

    /// A form or a query. Host checkers separate with semicolons (`juniper-nc.md §5.4`).
    pub(super) fn redact_form(&self, form: &str) -> String {
        form.split_inclusive(['&', ';'])
            .map(|part| {
                let pair = part.trim_end_matches(['&', ';']);
                let separator = part.get(pair.len()..).unwrap_or_default();
                format!("{}{separator}", self.redact_pair(pair))
            })
            .collect()
    }

    /// True when the value of this field may be shown.
    pub(super) fn is_shown(&self, name: &str, value: &str) -> bool {
        is_plain_field(name) && value.len() <= MAX_PLAIN && self.redact_words(value) == value
    }

    /// Every place where one of these values stands, in one pass: a peer that sets cookies like `hidden` must not have
    /// marks put into marks. Values that overlap are hidden as one.
    pub(super) fn redact_known(&self, text: &str, known: &[String]) -> String {
        let mut output = String::with_capacity(text.len());
        let mut found = 0..0;
        for (index, character) in text.char_indices() {
            let rest = text.get(index..).unwrap_or_default();
            let secrets = known.iter().filter(|secret| rest.starts_with(secret.as_str()));
            let end = index + secrets.map(String::len).max().unwrap_or(0);
            if index >= found.end {
                output.push_str(&self.hide(text.get(found).unwrap_or_default()));
                found = index..end;
            }
            found.end = found.end.max(end);
            if found.is_empty() {
                output.push(character);
            }
        }
        output + &self.hide(text.get(found).unwrap_or_default())
    }

    fn redact_pair(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) if self.is_shown(name, value) => pair.to_owned(),
            Some((name, value)) => format!("{}={}", self.redact_words(name), self.hide(value)),
            None => self.hide(pair),
        }
    }

    fn redact_cookie(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", self.hide(value)),
            None => self.hide(pair),
        }
    }

    /// `Basic dXNlcg==`: the scheme is shown.
    fn redact_credentials(&self, value: &str) -> String {
        match value.split_once(' ') {
            Some((scheme, credentials)) => format!("{scheme} {}", self.hide(credentials)),
            None if is_scheme(value) => value.to_owned(),
            None => self.hide(value),
        }
    }

    /// Scheme, host and path: a password before the host is hidden, and all in the path that looks like an id.
    fn redact_place(&self, place: &str) -> String {
        let after_scheme = place.find("//").map_or(0, |index| index + 2);
        let (scheme, rest) = place.split_at_checked(after_scheme).unwrap_or(("", place));
        let authority = rest.split('/').next().unwrap_or_default();
        match authority.rsplit_once('@') {
            Some((user, _)) if after_scheme > 0 => {
                let rest = rest.get(user.len()..).unwrap_or_default();
                format!("{scheme}{}{}", self.hide(user), self.redact_words(rest))
            }
            Some(_) | None => format!("{scheme}{}", self.redact_words(rest)),
        }
    }

    fn each(&self, text: &str, separator: &str, redact: impl Fn(&str) -> String) -> String {
        let parts: Vec<String> = text.split(separator).map(redact).collect();
        parts.join(separator)
    }
}

/// What an earlier rule has hidden.
pub(super) fn is_hidden(value: &str) -> bool {
    let inner = value
        .strip_prefix(HIDDEN)
        .and_then(|rest| rest.strip_prefix(" len="))
        .and_then(|rest| rest.strip_suffix('>'));
    inner
        .and_then(|inner| inner.split_once(" fp="))
        .is_some_and(|(length, print)| {
            length.bytes().all(|octet| octet.is_ascii_digit())
                && print.len() == 4
                && print.bytes().all(|octet| octet.is_ascii_hexdigit())
        })
}

/// Appends the values of a form as they are sent, as they were meant, and as a page would repeat them.
pub(super) fn form_secrets(form: &str, secrets: &mut Vec<String>) {
    for pair in form.split(['&', ';']) {
        if let Some((name, value)) = pair.split_once('=')
            && !is_plain_field(name)
        {
            secrets.push(value.to_owned());
        }
    }
    for (name, value) in url::form_urlencoded::parse(form.as_bytes()) {
        if !is_plain_field(&name) {
            secrets.push(page::escaped(&value));
            secrets.push(value.into_owned());
        }
    }
}

/// Cookies whose values are in every URL of a gateway, or are times (`juniper-nc.md §3.4`). They are hidden as cookies
/// but not wherever else the same text stands.
pub(super) fn is_telling_cookie(name: &str) -> bool {
    ["DSSIGNIN", "DSSignInURL", "DSFirstAccess", "DSLastAccess"].contains(&name)
}

fn is_plain_field(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("btn") || PLAIN_FIELDS.contains(&name.as_str())
}

fn is_scheme(word: &str) -> bool {
    let schemes = ["basic", "digest", "ntlm", "negotiate", "bearer", "kerberos"];
    schemes.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

const HIDDEN: &str = "<hidden";
/// Which realm, which page, which host check: what a report is about (`juniper-nc.md §4, §5.4`).
const PLAIN_FIELDS: [&str; 6] = ["realm", "tz_offset", "p", "connid", "timestamp", "firsttime"];
/// Longer ones are not what their names say.
const MAX_PLAIN: usize = 64;
/// Parts of the names of headers that carry credentials.
const SECRET_HEADERS: [&str; 10] = [
    "auth", "token", "secret", "session", "csrf", "xsrf", "saml", "ticket", "cookie", "api-key",
];
