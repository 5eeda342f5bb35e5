//! The sign-in as a state machine: responses and answers in, requests and questions out.
//!
//! [`Flow::start`] yields the first [`Step`]; after that each input yields the next one, until `Done` or an error.
//! Redirects, cookies, which page comes next and when to ask again are all in here; whoever drives it only carries
//! requests and questions to and fro.

mod classify;
mod codes;
mod decide;
mod draft;
mod encode;
mod error;
mod fill;
mod submit;
#[cfg(test)]
mod tests;

use url::{Position, Url};

pub use self::codes::Stop;
pub use self::error::FlowError;

use self::classify::Class;
use self::draft::Draft;
use self::submit::agreement;
use super::cookies::Jar;
use super::exchange::{Request, Response};
use super::page::{BrowserOnly, ControlKind, Page, PageForm};
use crate::form::{Answers, Form, FormKind};
use crate::secret::Secret;

/// What a sign-in knows beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowSettings {
    /// Path and query of the page to begin with; `/` by default.
    pub path: String,
    /// For every text field whose name begins with `user` or `uname`.
    pub user: Option<String>,
    /// Label of the realm.
    pub realm: Option<String>,
    /// Label of the role.
    pub role: Option<String>,
    /// For realm and role, when they have none of their own.
    pub authgroup: Option<String>,
    /// Answers to single fields (`--form-entry`), in the order given; the last that fits wins.
    pub entries: Vec<FormEntry>,
    /// Go on past notices without asking.
    pub accept_banner: bool,
    /// End another session of the same user when that is the condition.
    pub takeover: bool,
}

/// An answer to a single field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormEntry {
    /// Name or id of the form; `*` for any.
    pub form: String,
    /// Name of the field.
    pub field: String,
    /// What to send; of a list its label or value, of a checkbox `on`/`off`.
    pub value: String,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Step {
    /// Send this and hand the response to [`Flow::handle_response`].
    Send(Request),
    /// Ask this; then [`Flow::handle_answers`] or [`Flow::unanswered`].
    Ask(Form),
    /// Run the host checker; then [`Flow::handle_host_checked`].
    CheckHost(HostCheckDemand),
    /// Sign in with a browser at this URL; then [`Flow::handle_browser`] or [`Flow::unanswered`].
    Browse(Url),
    /// There is a session.
    Done(Outcome),
}

/// What the host checker begins with (`juniper-nc.md §5.1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCheckDemand {
    /// `https://HOST[:PORT]/` of the gateway.
    pub gateway: Url,
    /// Cookie `DSPREAUTH`.
    pub preauth: Secret,
    /// Cookie `DSSIGNIN`.
    pub signin: Option<Secret>,
}

/// A session.
pub struct Outcome {
    /// `https://HOST[:PORT]/` of the gateway that has it.
    pub gateway: Url,
    /// All cookies.
    pub jar: Jar,
    /// Name of the account, if it was typed or given.
    pub user: Option<String>,
    /// Realm that was chosen.
    pub realm: Option<String>,
    /// Role that was chosen.
    pub role: Option<String>,
}

impl Outcome {
    /// State of the host check, if there was one.
    pub fn preauth(&self) -> Option<Secret> {
        self.jar.value(&self.gateway.join("/dana-na/").ok()?, PREAUTH)
    }
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outcome")
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

/// A sign-in under way.
pub struct Flow {
    settings: FlowSettings,
    jar: Jar,
    gateway: Url,
    /// URL of the request under way, then of the page it brought.
    url: Url,
    state: State,
    known: Known,
    requests: u32,
    hops: u32,
    /// Refusals so far.
    refusals: u32,
    host_checked: bool,
    /// What was submitted last.
    sent: Option<Sent>,
    /// Digests of all submissions.
    submissions: Vec<[u8; 32]>,
    notices: Vec<Notice>,
    /// Secrets that were sent: a page that repeats them is not repeated.
    told: Vec<Secret>,
    /// Text of the page before: what stands there too says nothing about an answer.
    text_before: String,
    last_form: Option<PageForm>,
    gateway_page_seen: bool,
    /// The gateway has shown itself as one: from then on it is not another host.
    gateway_settled: bool,
}

/// Something to be shown, no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A sentence of ours for the log.
    Info(String),
    /// A sentence of ours that should be seen.
    Warning(String),
    /// A text of the peer.
    Banner(String),
}

/// What was learnt on the way.
#[derive(Default)]
struct Known {
    user: Option<String>,
    realm: Option<String>,
    role: Option<String>,
}

enum State {
    /// A request is under way.
    Waiting,
    /// A form is being asked for.
    Asking(Box<Asking>),
    /// A role is being asked for; targets of the links.
    AskingRole(Vec<(String, Url)>),
    /// A notice waits for agreement.
    AskingAgreement(Box<Asking>),
    /// The host checker runs.
    Checking,
    /// A browser is open.
    Browsing(Option<BrowserOnly>),
    /// Over.
    Ended,
}

/// A form that lacks answers.
struct Asking {
    draft: Draft,
    class: Class,
    form: Form,
    signature: String,
    page_text: String,
}

/// A form that was sent.
struct Sent {
    class: Class,
    /// Path and names of the fields: the same again is the same form.
    signature: String,
    page_text: String,
    secret: bool,
    /// Name or id of the form.
    id: String,
}

impl Flow {
    /// A sign-in at this gateway (`https://HOST[:PORT]/`).
    pub fn new(settings: FlowSettings, gateway: &Url) -> Self {
        let url = gateway.join(&settings.path).unwrap_or_else(|_| gateway.clone());
        Self {
            settings,
            jar: Jar::new(gateway),
            gateway: gateway.clone(),
            url,
            state: State::Waiting,
            known: Known::default(),
            requests: 0,
            hops: 0,
            refusals: 0,
            host_checked: false,
            sent: None,
            submissions: Vec::new(),
            notices: Vec::new(),
            told: Vec::new(),
            text_before: String::new(),
            last_form: None,
            gateway_page_seen: false,
            gateway_settled: false,
        }
    }

    /// The first step.
    ///
    /// # Errors
    /// None in practice; the type is that of the other steps.
    pub fn start(&mut self) -> Result<Step, FlowError> {
        self.get(self.url.clone())
    }

    /// What is to be shown, in order, since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The form of the last page that counted, as it stood there.
    pub fn last_form(&self) -> Option<&PageForm> {
        self.last_form.as_ref()
    }

    /// One of the pages stood where only gateways of this kind have theirs, or its form leads there.
    pub fn saw_gateway_page(&self) -> bool {
        let action = self.last_form.as_ref().and_then(|form| form.action.as_deref());
        let target = action.and_then(|action| self.url.join(action).ok());
        self.gateway_page_seen
            || target.is_some_and(|target| same_origin(&target, &self.gateway) && is_gateway_page(&target))
    }

    /// The URL that is being talked to.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `https://HOST[:PORT]/` of the gateway, as far as it is known by now.
    pub fn gateway(&self) -> &Url {
        &self.gateway
    }

    /// The host that is being talked to.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The response to the request of the last step.
    ///
    /// # Errors
    /// Any; the sign-in is over then.
    pub fn handle_response(&mut self, response: &Response) -> Result<Step, FlowError> {
        let State::Waiting = self.state else {
            return Err(FlowError::OutOfTurn);
        };
        self.gateway_page_seen |= is_gateway_page(&self.url);
        self.gateway_settled |= is_gateway_page(&self.url) && same_origin(&self.url, &self.gateway);
        self.jar.store(&self.url, response.set_cookies());
        if let Some(outcome) = self.session() {
            return Ok(Step::Done(outcome));
        }
        if response.status != 200
            && let Some(location) = response.headers.get(http::header::LOCATION)
        {
            let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
            return self.follow(&location);
        }
        if response.status != 200 {
            return Err(self.bad_status(response.status));
        }
        self.hops = 0;
        self.take_page(response)
    }

    /// Answers to the form of the last step.
    ///
    /// # Errors
    /// Any; the sign-in is over then.
    pub fn handle_answers(&mut self, answers: &Answers) -> Result<Step, FlowError> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Asking(asking) => self.submit_answered(*asking, answers),
            State::AskingAgreement(asking) => self.agree(*asking, answers),
            State::AskingRole(roles) => self.choose_role(&roles, answers),
            State::Waiting | State::Checking | State::Browsing(_) | State::Ended => Err(FlowError::OutOfTurn),
        }
    }

    /// Nobody answers the form of the last step, or nobody brings a cookie.
    pub fn unanswered(&mut self, fields: &[usize]) -> FlowError {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Asking(asking) => match asking.form.refused {
                Some(_) => self.refused(asking.form.refused, Some(asking.page_text), &asking.form.id),
                None => FlowError::Input {
                    form: Box::new(asking.form),
                    fields: fields.to_vec(),
                },
            },
            State::AskingAgreement(asking) => FlowError::Input {
                form: Box::new(agreement(&asking.form)),
                fields: fields.to_vec(),
            },
            State::AskingRole(roles) => FlowError::Input {
                form: Box::new(self.role_form(&roles)),
                fields: fields.to_vec(),
            },
            State::Browsing(why) => FlowError::NeedsBrowser {
                why,
                host: self.host().to_owned(),
            },
            State::Waiting | State::Checking | State::Ended => FlowError::OutOfTurn,
        }
    }

    /// The host checker is done; this is the new `DSPREAUTH`.
    ///
    /// # Errors
    /// Out of turn.
    pub fn handle_host_checked(&mut self, preauth: &Secret) -> Result<Step, FlowError> {
        let State::Checking = std::mem::replace(&mut self.state, State::Ended) else {
            return Err(FlowError::OutOfTurn);
        };
        self.jar.replace(&self.url, PREAUTH, preauth);
        self.get(self.url.clone())
    }

    /// The cookie brought back from a browser, in the forms of `--cookie`.
    ///
    /// # Errors
    /// It is no session cookie.
    pub fn handle_browser(&mut self, cookie: &Secret) -> Result<Step, FlowError> {
        let State::Browsing(_) = std::mem::replace(&mut self.state, State::Ended) else {
            return Err(FlowError::OutOfTurn);
        };
        self.jar.insert_option(cookie)?;
        self.url = self.gateway.clone();
        self.session().map(Step::Done).ok_or(FlowError::OutOfTurn)
    }

    /// The session, once there is one. Looked for after each response: a later redirect may lead away from the host
    /// that has it (`juniper-nc.md §4.1`, R11, R12).
    fn session(&mut self) -> Option<Outcome> {
        let elsewhere = !same_origin(&self.url, &self.gateway);
        // a foreign host's session is its own
        if elsewhere && !self.may_move() {
            return None;
        }
        self.jar.session_of(&self.url)?;
        self.move_gateway();
        self.state = State::Ended;
        Some(Outcome {
            gateway: self.gateway.clone(),
            jar: std::mem::replace(&mut self.jar, Jar::new(&self.gateway)),
            user: self.known.user.clone().or_else(|| self.settings.user.clone()),
            realm: self.known.realm.take(),
            role: self.known.role.take(),
        })
    }

    /// A host may send the first request on to the gateway proper. One that has shown itself as a gateway sends on to an
    /// identity provider, which may well be of the same make.
    fn may_move(&self) -> bool {
        self.sent.is_none() && !self.gateway_settled && is_gateway_page(&self.url)
    }

    /// From now on the host of the present page is the gateway, if it can be.
    fn move_gateway(&mut self) {
        if same_origin(&self.url, &self.gateway) || !self.may_move() {
            return;
        }
        let mut gateway = self.url.clone();
        gateway.set_path("/");
        gateway.set_query(None);
        gateway.set_fragment(None);
        self.notices.push(Notice::Info(format!(
            "{} sends us on to {}, which is the gateway from now on",
            place(&self.gateway),
            place(&gateway)
        )));
        self.gateway = gateway;
        self.gateway_settled = true;
    }

    /// A redirect, by header or by page.
    fn follow(&mut self, location: &str) -> Result<Step, FlowError> {
        self.hops += 1;
        if self.hops > MAX_HOPS {
            return Err(FlowError::TooManyRedirects);
        }
        let target = checked(self.url.join(location.trim()))?;
        self.get(target)
    }

    fn get(&mut self, url: Url) -> Result<Step, FlowError> {
        self.send(url, None)
    }

    fn send(&mut self, mut url: Url, text: Option<Secret>) -> Result<Step, FlowError> {
        self.requests += 1;
        if self.requests > MAX_REQUESTS {
            return Err(FlowError::TooManyRequests);
        }
        url.set_fragment(None);
        if !same_host(&url, &self.url) && !same_host(&url, &self.gateway) {
            let host = url.host_str().unwrap_or_default();
            self.notices
                .push(Notice::Info(format!("the sign-in goes on at {host}")));
        }
        let cookies = self.jar.header(&url);
        self.url = url.clone();
        self.state = State::Waiting;
        Ok(Step::Send(match text {
            Some(text) => Request::post(url, cookies, text),
            None => Request::get(url, cookies),
        }))
    }

    fn bad_status(&self, status: u16) -> FlowError {
        let secret_sent = self.sent.as_ref().is_some_and(|sent| sent.secret);
        if matches!(status, 401 | 403) && secret_sent {
            return self.refused(None, None, "");
        }
        let mut path = self.url.path().to_owned();
        self.hide(&mut path);
        FlowError::Status {
            status,
            host: self.host().to_owned(),
            path,
            first: self.sent.is_none(),
        }
    }

    fn refused(&self, sentence: Option<String>, text: Option<String>, form: &str) -> FlowError {
        let host = self.host();
        // what was refused is what was sent, whichever page says so
        let form = self.sent.as_ref().map_or(form, |sent| sent.id.as_str());
        FlowError::Refused {
            sentence: sentence.unwrap_or_else(|| self.refusal_sentence()),
            place: match (form, &self.known.realm) {
                ("", _) => host.to_owned(),
                (form, None) => format!("sign-in form {form} at {host}"),
                (form, Some(realm)) => format!("sign-in form {form} at {host}, realm {realm}"),
            },
            text: text.filter(|text| !text.is_empty()),
            tries: self.refusals.max(1),
        }
    }

    /// Takes what was sent out of all texts of a page that are shown. What is sent back as found stays.
    fn hide_secrets(&self, page: &mut Page) {
        let hide = |text: &mut String| self.hide(text);
        hide(&mut page.title);
        hide(&mut page.text);
        for form in &mut page.forms {
            hide(&mut form.text);
            for control in &mut form.controls {
                hide(&mut control.label);
                if control.kind == ControlKind::TextArea {
                    hide(&mut control.value);
                }
            }
        }
        let roles = page.roles.iter_mut().flatten();
        roles.for_each(|role| hide(&mut role.label));
    }

    fn hide(&self, text: &mut String) {
        for secret in &self.told {
            if text.contains(secret.expose()) {
                *text = text.replace(secret.expose(), HIDDEN);
            }
        }
    }

    /// Remembers what must not be shown. Shorter ones would be found everywhere.
    fn remember_told(&mut self, secret: &Secret) {
        if secret.expose().len() >= SHORTEST_HIDDEN && self.told.len() < MAX_TOLD {
            self.told.push(secret.clone());
        }
    }

    /// By what was sent last.
    fn refusal_sentence(&self) -> String {
        if let Some(code) = codes::of(&self.url).filter(|code| codes::is_unknown(code)) {
            return format!("the gateway refused what was sent, for a reason of its own ({code})");
        }
        let kind = self.sent.as_ref().map(|sent| sent.class.kind());
        match kind {
            Some(FormKind::Challenge) => "the code or the answer was refused",
            Some(FormKind::ChangePassword) => "the new password was refused",
            Some(FormKind::NewPin) => "the new PIN was refused",
            _ => "the user name or the password was refused",
        }
        .to_owned()
    }
}

/// Scheme, host and port.
fn same_origin(a: &Url, b: &Url) -> bool {
    a.origin() == b.origin()
}

/// Host, and the port when it is not the usual one.
fn place(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

fn same_host(a: &Url, b: &Url) -> bool {
    a.host_str() == b.host_str()
}

/// Pages of these gateways stand below `/dana-na/`, those for who is signed in below `/dana/`.
fn is_gateway_page(url: &Url) -> bool {
    url.path().starts_with("/dana-na/") || url.path().starts_with("/dana/")
}

/// Only HTTPS, and no user name in it.
fn checked(target: Result<Url, url::ParseError>) -> Result<Url, FlowError> {
    let target = target.map_err(|_| FlowError::BadTarget)?;
    if target.as_str().len() > MAX_URL {
        return Err(FlowError::BadTarget);
    }
    if target.scheme() != "https" {
        return Err(FlowError::NotHttps {
            scheme: target.scheme().to_owned(),
            host: target.host_str().unwrap_or_default().to_owned(),
        });
    }
    if target.host_str().is_none_or(str::is_empty)
        || !target.username().is_empty()
        || target.password().is_some()
    {
        return Err(FlowError::BadTarget);
    }
    Ok(target)
}

/// In place of a secret that a page repeats.
const HIDDEN: &str = "***";
/// Octets of a secret that is looked for.
const SHORTEST_HIDDEN: usize = 4;
/// Secrets that are remembered.
const MAX_TOLD: usize = 32;
/// Redirects in a row (`juniper-nc.md §3.3`).
const MAX_HOPS: u32 = 10;
/// Requests of one sign-in (`juniper-nc.md §3.3`).
const MAX_REQUESTS: u32 = 64;
/// Octets of an address; SAML requests fill some thousand.
const MAX_URL: usize = 32 * 1024;
/// How often the user may try.
const MAX_TRIES: u32 = 3;
/// State of the host check.
const PREAUTH: &str = "DSPREAUTH";
/// The sign-in policy, which the host checker names too.
const SIGNIN: &str = "DSSIGNIN";
