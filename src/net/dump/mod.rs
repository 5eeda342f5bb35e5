//! The log of all HTTP traffic (`--dump-http-traffic`): whole messages, line by line, without their secrets.

mod page;
mod redact;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response};
use url::{Position, Url};

use self::redact::Redactor;
use super::random::KernelRandom;
use crate::auth::exchange;

/// Writes requests and responses to the log, at debug level with the target `http`.
///
/// Secrets are shown as `<hidden len=32 fp=ab12>`. Equal values have equal `fp` in one run of the program, and in
/// no other.
#[derive(Clone)]
pub struct Dump {
    /// `None`: secrets are shown.
    redactor: Option<Redactor>,
}

impl Default for Dump {
    /// Secrets are hidden.
    fn default() -> Self {
        Self::with_secrets(false)
    }
}

impl Dump {
    /// With `true` everything is shown as it is (`--dump-secrets`).
    pub fn with_secrets(shown: bool) -> Self {
        Self {
            redactor: (!shown).then(|| Redactor::new(&mut KernelRandom::default())),
        }
    }

    /// Logs a request before it is sent.
    pub fn request(&self, url: &Url, request: &Request<Bytes>) {
        for line in self.request_lines(url, request) {
            tracing::debug!(target: TARGET, "> {line}");
        }
    }

    /// Logs the response to this request. What the request held is hidden in it too: pages repeat it.
    pub fn response(&self, request: &exchange::Request, response: &Response<Bytes>) {
        for line in self.response_lines(request, response) {
            tracing::debug!(target: TARGET, "< {line}");
        }
    }

    fn request_lines(&self, url: &Url, request: &Request<Bytes>) -> Vec<String> {
        let origin = &url[Position::BeforeHost..Position::AfterPort];
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let target = match &self.redactor {
            Some(redactor) => redactor.redact_url(target),
            None => target.to_owned(),
        };
        let mut lines = vec![format!("{} https://{origin}{target}", request.method())];
        self.head(request.headers(), &[], &mut lines);
        let text = String::from_utf8_lossy(cut(request.body()));
        match &self.redactor {
            Some(redactor) => append(&redactor.redact_form(&text), &mut lines),
            None => append(&text, &mut lines),
        }
        lines
    }

    fn response_lines(&self, request: &exchange::Request, response: &Response<Bytes>) -> Vec<String> {
        let known = match &self.redactor {
            Some(_) => known_secrets(request, response.headers()),
            None => Vec::new(),
        };
        let mut lines = vec![format!("{:?} {}", response.version(), response.status())];
        self.head(response.headers(), &known, &mut lines);
        let body = response.body();
        if body.contains(&0) {
            append(&format!("({} octets that are no text)", body.len()), &mut lines);
            return lines;
        }
        let shown = cut(body);
        let text = String::from_utf8_lossy(shown);
        match &self.redactor {
            Some(redactor) if is_form(response.headers()) => append(&redactor.redact_form(&text), &mut lines),
            Some(redactor) => append(&redactor.redact_page(&text, &known), &mut lines),
            None => append(&text, &mut lines),
        }
        if shown.len() < body.len() {
            lines.push(format!("({} octets more)", body.len() - shown.len()));
        }
        lines
    }

    fn head(&self, headers: &HeaderMap, known: &[String], lines: &mut Vec<String>) {
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            lines.push(match &self.redactor {
                Some(redactor) => format!("{name}: {}", redactor.redact_header(name.as_str(), &value, known)),
                None => format!("{name}: {value}"),
            });
        }
    }
}

/// A blank line and the body, when there is one.
fn append(body: &str, lines: &mut Vec<String>) {
    if !body.is_empty() {
        lines.push(String::new());
        lines.extend(body.lines().map(str::to_owned));
    }
}

/// The beginning of a body, up to the last place that is not inside a value.
fn cut(body: &[u8]) -> &[u8] {
    let Some(start) = body.get(..SHOWN).filter(|_| body.len() > SHOWN) else {
        return body;
    };
    let border = |octet: &u8| octet.is_ascii_whitespace() || b">&;".contains(octet);
    let end = start.iter().rposition(border).map_or(0, |index| index + 1);
    start.get(..end).unwrap_or_default()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"application/x-www-form-urlencoded"))
}

/// Values of cookies and form fields that an answer may repeat where no rule expects them; the longest first.
fn known_secrets(request: &exchange::Request, answer: &HeaderMap) -> Vec<String> {
    let mut known = Vec::new();
    let set = answer.get_all(SET_COOKIE).into_iter();
    let set = set.filter_map(|line| line.to_str().ok()?.split(';').next());
    for cookie in request.cookies.expose().split(';').chain(set) {
        match cookie.trim().split_once('=') {
            Some((name, value)) if !redact::is_telling_cookie(name) => known.push(value.to_owned()),
            Some(_) | None => {}
        }
    }
    if let Some(form) = &request.form {
        redact::form_secrets(form.text.expose(), &mut known);
    }
    known.retain(|value| value.len() >= MIN_KNOWN);
    known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    known.dedup();
    known.truncate(MAX_KNOWN);
    known
}

/// Target of all events of a dump.
pub const TARGET: &str = "http";
/// Octets of a body.
const SHOWN: usize = 16 << 10;
/// Shorter values are everywhere.
const MIN_KNOWN: usize = 4;
const MAX_KNOWN: usize = 200;
