//! `FlowError`: why a sign-in ended without a session, and what the user is told.

use thiserror::Error;

use super::codes::Stop;
use crate::auth::cookies::CookieError;
use crate::auth::page::{BrowserOnly, PageError};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::form::Form;

/// The end of a sign-in without a session. Texts of the peer in it are not cleaned, but hold nothing we sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FlowError {
    /// Name, password or code were refused.
    #[error("{sentence}")]
    Refused {
        /// Plain words.
        sentence: String,
        /// Form and host.
        place: String,
        /// What the page says.
        text: Option<String>,
        /// How often answers were sent.
        tries: u32,
    },
    /// Fields without an answer, and nobody to ask.
    #[error("input is needed for the form {:?}", form.id)]
    Input {
        /// The whole form.
        form: Box<Form>,
        /// Positions of the fields without an answer.
        fields: Vec<usize>,
    },
    /// The user asked for an entry of a list that is not in it.
    #[error("the list {field} has no entry {wanted:?}")]
    NoSuchChoice {
        /// Name of the field.
        field: String,
        /// What was asked for.
        wanted: String,
        /// What there is.
        labels: Vec<String>,
    },
    /// A code in the address of the page that ends it.
    #[error("{}", stop.sentence)]
    Stopped {
        /// What it means.
        stop: Stop,
        /// What the page says.
        text: Option<String>,
    },
    /// The session of this sign-in ended before it was complete.
    #[error("the sign-in was ended by the gateway: {0}")]
    SessionEnded(&'static str),
    /// The gateway is not content with the host check.
    #[error("the host check was not passed")]
    HostCheck {
        /// What the page says.
        text: Option<String>,
    },
    /// The page for the host check came without what it takes to run it.
    #[error("the gateway demands a host check without the cookie DSPREAUTH")]
    HostCheckCookie,
    /// The account must be enrolled for one-time codes first.
    #[error("the account must be enrolled for one-time codes first")]
    Enrolment,
    /// The page is made by a script.
    #[error("this sign-in page needs a browser")]
    NeedsBrowser {
        /// Which kind of page.
        why: Option<BrowserOnly>,
        /// Its host.
        host: String,
    },
    /// Another session is open and may not be ended.
    #[error("another session of this account is open")]
    TakeoverRefused {
        /// What the page says about it.
        text: Option<String>,
    },
    /// The user did not agree to a notice.
    #[error("the notice was not agreed to")]
    NotAgreed,
    /// A plain-text or foreign scheme.
    #[error("the gateway sends us on to {scheme}://{host}")]
    NotHttps {
        /// Scheme of the target.
        scheme: String,
        /// Host of the target.
        host: String,
    },
    /// A target that cannot be read.
    #[error("the address the gateway sends us on to cannot be read")]
    BadTarget,
    /// A form would take what the user typed to another host.
    #[error("the form at {from} sends its answers to {to}")]
    ForeignTarget {
        /// Host that asks.
        from: String,
        /// Host that would get it.
        to: String,
    },
    /// Secrets would become part of an address.
    #[error("the form at {host} would put a secret into an address")]
    SecretInAddress {
        /// Host that asks.
        host: String,
    },
    /// Redirects without an end.
    #[error("more than {MAX_HOPS} redirects in a row", MAX_HOPS = super::MAX_HOPS)]
    TooManyRedirects,
    /// A sign-in without an end.
    #[error("more than {MAX_REQUESTS} requests without a session", MAX_REQUESTS = super::MAX_REQUESTS)]
    TooManyRequests,
    /// The same page again and again.
    #[error("the gateway shows the same page again and again")]
    Loop {
        /// The form.
        form: String,
    },
    /// An HTTP status that ends it.
    #[error("{host} answered {path} with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
        /// Host.
        host: String,
        /// Path without query.
        path: String,
        /// The page we began with.
        first: bool,
    },
    /// 200 without a page.
    #[error("{host} answered with an empty page")]
    Empty {
        /// Host.
        host: String,
    },
    /// The page cannot be read.
    #[error("the page of {host} cannot be read: {error}")]
    Page {
        /// Host.
        host: String,
        /// Why.
        error: PageError,
    },
    /// A page with nothing to go on by.
    #[error("the page of {host} has no form to sign in with")]
    NoForm {
        /// Host.
        host: String,
        /// Its title.
        title: String,
        /// Its text.
        text: Option<String>,
    },
    /// A choice of roles without roles.
    #[error("the gateway offers no role")]
    NoRoles,
    /// The cookie brought back from a browser cannot be used.
    #[error("the session cookie cannot be used: {0}")]
    BadCookie(#[from] CookieError),
    /// Answers that do not belong to the question, or none that were asked for: a bug of the caller.
    #[error("the sign-in was continued out of turn")]
    OutOfTurn,
}

impl FlowError {
    /// The same in the user's terms, with the exit status.
    pub fn user_error(&self) -> Error {
        let error = Error::new(self.status(), self.message());
        let error = match self.place() {
            Some(place) => error.at(place),
            None => error,
        };
        let error = match self.note() {
            Some(note) => error.note(note),
            None => error,
        };
        match self.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// The exit status.
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::Refused { .. } => ExitStatus::LoginRefused,
            Self::Input { .. }
            | Self::NoSuchChoice { .. }
            | Self::Enrolment
            | Self::NeedsBrowser { .. }
            | Self::TakeoverRefused { .. }
            | Self::NotAgreed => ExitStatus::InputNeeded,
            Self::Stopped { stop, .. } => stop.status,
            Self::SessionEnded(_) => ExitStatus::EndedByGateway,
            Self::HostCheck { .. } | Self::HostCheckCookie => ExitStatus::HostCheck,
            Self::Status { status, .. } if *status >= 500 => ExitStatus::Unavailable,
            Self::BadCookie(_) => ExitStatus::BadData,
            Self::OutOfTurn => ExitStatus::Internal,
            Self::NotHttps { .. }
            | Self::BadTarget
            | Self::ForeignTarget { .. }
            | Self::SecretInAddress { .. }
            | Self::TooManyRedirects
            | Self::TooManyRequests
            | Self::Loop { .. }
            | Self::Status { .. }
            | Self::Empty { .. }
            | Self::Page { .. }
            | Self::NoForm { .. }
            | Self::NoRoles => ExitStatus::Protocol,
        }
    }

    fn message(&self) -> String {
        if let Self::NeedsBrowser { why, host } = self {
            format!("the sign-in page of {host} needs a browser{}", kind(*why))
        } else if let Self::NotHttps { scheme, .. } = self
            && scheme != "http"
        {
            format!("the gateway wants another program to go on, by an address of the kind {scheme}:")
        } else if let Self::NoSuchChoice {
            field,
            wanted,
            labels,
        } = self
            && labels.iter().filter(|label| begins(label, wanted)).count() > 1
        {
            format!("{wanted:?} is the beginning of several entries of the list {field}")
        } else {
            self.to_string()
        }
    }

    fn place(&self) -> Option<String> {
        if let Self::Refused { place, .. } = self {
            Some(place.clone())
        } else if let Self::Input { form, .. } = self {
            Some(format!("form {} at {}", form.id, form.host))
        } else if let Self::Loop { form } = self {
            Some(format!("form {form}"))
        } else if let Self::NoForm { title, .. } = self
            && !title.is_empty()
        {
            Some(format!("page {title:?}"))
        } else {
            None
        }
    }

    fn note(&self) -> Option<String> {
        if let Self::Refused { text, tries, .. } = self {
            let calm = match tries {
                1 => "tried once and not repeated, for repeated refusals lock accounts".to_owned(),
                tries => format!("tried {tries} times, which is all that is tried"),
            };
            Some(match text {
                Some(text) => format!("the page says: {}; {calm}", shortened(text)),
                None => calm,
            })
        } else if let Self::NoSuchChoice { labels, .. } = self {
            Some(format!("there are: {}", labels.join(", ")))
        } else if let Self::ForeignTarget { .. } | Self::NotHttps { .. } | Self::SecretInAddress { .. } = self
        {
            Some("nothing was sent there".to_owned())
        } else if let Self::Stopped { text: Some(text), .. }
        | Self::HostCheck { text: Some(text) }
        | Self::TakeoverRefused { text: Some(text) }
        | Self::NoForm { text: Some(text), .. } = self
        {
            Some(format!("the page says: {}", shortened(text)))
        } else {
            None
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Refused { .. } => {
                "check --user, --realm, and the password or code, or the line of --passwd-on-stdin it came from; a code \
                 may be wrong because the clock is"
                    .to_owned()
            }
            Self::NoSuchChoice { field, labels, .. } => {
                let option = if field == "realm" { "--realm" } else { "--role" };
                let known = matches!(field.as_str(), "realm" | "role");
                match labels.is_empty() {
                    true => return None,
                    false if known => format!("{option} NAME   with one of these, or its beginning"),
                    false => format!("--form-entry FORM:{field}=ENTRY   with one of these"),
                }
            }
            Self::Stopped { stop, .. } => stop.hint.to_owned(),
            Self::SessionEnded(_) => "sign in again".to_owned(),
            Self::HostCheck { .. } => {
                "ask the administrator which policies there are; --hostcheck FILE or --hostcheck accept, if the claims \
                 are true, or --csd-wrapper PROGRAM"
                    .to_owned()
            }
            Self::HostCheckCookie => {
                format!("perhaps another --useragent, for example 'Mozilla/5.0'; else {BY_COOKIE}")
            }
            Self::Enrolment => {
                "sign in once with a browser and enrol there, then  --token-mode totp --token-secret @FILE"
                    .to_owned()
            }
            Self::NeedsBrowser { .. } => {
                "--external-browser print   shows the page to open and then takes the cookie DSID you paste"
                    .to_owned()
            }
            Self::TakeoverRefused { .. } => "end the other session there, or leave out --no-takeover to have it ended".to_owned(),
            Self::NotAgreed => "answer yes, or --accept-banner to agree without being asked".to_owned(),
            Self::Status {
                status: 403 | 404,
                first: true,
                ..
            } => {
                "check the path of the URL; some gateways want another --useragent, for example 'Mozilla/5.0'"
                    .to_owned()
            }
            Self::Status { status: 401, .. } => {
                format!("HTTP authentication (Basic, Negotiate, NTLM) is not built; {BY_COOKIE}")
            }
            Self::Status { status, .. } if *status >= 500 => {
                "the gateway has a fault: try again later, and tell its administrator".to_owned()
            }
            Self::NoRoles => {
                "ask the administrator for a role; roles can depend on the realm (--realm) and on the host check \
                 (--hostcheck)"
                    .to_owned()
            }
            Self::NotHttps { scheme, .. } if scheme == "http" => {
                "if that is not where you wanted to go, check host and path of the URL; else the gateway is set up \
                 wrongly: tell its administrator"
                    .to_owned()
            }
            Self::NoForm { .. } | Self::Empty { .. } => {
                format!("check host and path of the URL, which vpnc-cli probe URL shows as we see it; else {BY_COOKIE}")
            }
            Self::Loop { form } if !form.is_empty() => {
                format!("perhaps a field is missing: --form-entry '{form}:FIELD=VALUE'; else {BY_COOKIE}")
            }
            Self::NotHttps { .. }
            | Self::BadTarget
            | Self::Loop { .. }
            | Self::Page { .. }
            | Self::Status { .. }
            | Self::TooManyRedirects
            | Self::TooManyRequests => BY_COOKIE.to_owned(),
            Self::ForeignTarget { .. } | Self::SecretInAddress { .. } => {
                format!("ask the administrator whether that is meant; if so, {BY_COOKIE}")
            }
            Self::BadCookie(_) => "the value of the cookie DSID alone, without quotes".to_owned(),
            Self::OutOfTurn => "report this as a bug, with the output of -v".to_owned(),
            Self::Input { .. } => return None,
        })
    }
}

fn kind(why: Option<BrowserOnly>) -> &'static str {
    match why {
        Some(BrowserOnly::Azure) => " (Azure AD builds its form by script)",
        Some(BrowserOnly::Okta) => " (the Okta widget)",
        Some(BrowserOnly::Duo) => " (a Duo prompt in a frame)",
        Some(BrowserOnly::Launcher) => " (it starts the vendor's client)",
        Some(BrowserOnly::Captcha) => " (a task only people can solve)",
        None => "",
    }
}

fn begins(label: &str, wanted: &str) -> bool {
    label
        .trim()
        .to_lowercase()
        .starts_with(&wanted.trim().to_lowercase())
}

/// One line of the page's text.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_QUOTE) {
        Some((end, _)) => format!("{:?} …", &line[..end]),
        None => format!("{line:?}"),
    }
}

/// The way that is left when a page cannot be dealt with.
const BY_COOKIE: &str = "sign in with a browser and give its cookie DSID with --cookie-on-stdin (--dump-http-traffic \
                         shows the pages, for a report)";
/// Characters of a page that are repeated in an error.
const MAX_QUOTE: usize = 300;
