//! Requests a sign-in wants sent, and the responses to them, as plain data.

use bytes::Bytes;
use http::HeaderMap;
use url::Url;

use crate::secret::Secret;

/// A request over HTTPS. There are no others: a URL of another scheme is an error before it gets here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whole URL, of any host.
    pub url: Url,
    /// Value of the `Cookie` header; empty for none.
    pub cookies: Secret,
    /// The form, for a POST; `None` for a GET.
    pub form: Option<FormBody>,
    /// `Some`: a `User-Agent` of its own.
    pub user_agent: Option<String>,
}

/// The body of a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormBody {
    /// `application/x-www-form-urlencoded` text, secret because passwords are in it.
    pub text: Secret,
    /// Pad its length with `X-Pad` (`juniper-nc.md §3.1`).
    pub padded: bool,
}

/// A response to a request.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Request {
    /// A GET.
    pub fn get(url: Url, cookies: Secret) -> Self {
        Self {
            url,
            cookies,
            form: None,
            user_agent: None,
        }
    }

    /// A POST of this form.
    pub fn post(url: Url, cookies: Secret, text: Secret) -> Self {
        Self {
            form: Some(FormBody { text, padded: true }),
            ..Self::get(url, cookies)
        }
    }
}

impl Response {
    /// The value of a header field, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The `Set-Cookie` lines that are text.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        let lines = self.headers.get_all(http::header::SET_COOKIE).into_iter();
        lines.filter_map(|line| line.to_str().ok())
    }
}
