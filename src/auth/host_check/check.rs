//! A host check: two requests and their answers (`juniper-nc.md §5.4`).

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;
use url::Url;

use super::funk::{self, MachineIdentity};
use super::message::{self, MessageError, put, put_named};
use super::policy::{self, Claims, PolicyVerdict};
use crate::auth::cookies::Jar;
use crate::auth::exchange::{FormBody, Request, Response};
use crate::secret::Secret;

/// What is said to the gateway.
#[derive(Debug, Clone)]
pub struct CheckSettings {
    /// About its policies.
    pub claims: Claims,
    /// `User-Agent` of the requests.
    pub user_agent: String,
    /// Name of this device.
    pub device_id: Option<String>,
    /// The user's interval between checks; zero is none.
    pub interval: Option<Duration>,
    /// About this machine; nothing without it.
    pub machine: Option<MachineIdentity>,
}

/// The cookies a check is about; no others are sent.
#[derive(Debug, Clone)]
pub struct CheckCookies {
    /// `DSPREAUTH`, the newest.
    pub preauth: Secret,
    /// `DSSIGNIN`.
    pub signin: Option<Secret>,
}

/// A check whose first request is under way.
#[derive(Debug)]
pub struct ExpectMessage<'a> {
    settings: &'a CheckSettings,
    url: Url,
    cookies: CheckCookies,
}

/// A check whose second request is under way.
#[derive(Debug)]
pub struct ExpectCookie<'a> {
    settings: &'a CheckSettings,
    url: Url,
    preauth: Secret,
    interval: Option<Duration>,
    policies: Vec<PolicyVerdict>,
    missing: Vec<String>,
}

/// What a whole check leads to. Whether the gateway is content shows in the page that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The new `DSPREAUTH`.
    pub preauth: Secret,
    /// Time until the next check; `None`: there is no other.
    pub interval: Option<Duration>,
    /// What the gateway asked for and was told.
    pub policies: Vec<PolicyVerdict>,
    /// Certificates the gateway asked for and did not get.
    pub missing_certificates: Vec<String>,
}

/// Why a check came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostCheckError {
    /// Some gateways have the page for certain clients only.
    #[error("the gateway has no host checker for the user agent \"{user_agent}\"")]
    NotFound {
        /// The one that was sent.
        user_agent: String,
    },
    /// Neither 200 nor 404.
    #[error("the host checker of the gateway answered with status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// The answer to the first request has no message in it.
    #[error("the answer of the gateway's host checker holds no message")]
    NoMessage,
    /// The message is no base64.
    #[error("the message of the gateway's host checker cannot be decoded")]
    BadEncoding,
    /// The message breaks a rule of its format.
    #[error("the message of the gateway's host checker cannot be read: {0}")]
    Malformed(#[from] MessageError),
    /// The answer to the second request has no new cookie.
    #[error("the gateway gave no new cookie after the host check")]
    NoCookie {
        /// What the gateway asked for and was told.
        policies: Vec<PolicyVerdict>,
    },
}

impl<'a> ExpectMessage<'a> {
    /// Begins a check at the gateway of this URL.
    pub fn start(settings: &'a CheckSettings, gateway: &Url, cookies: CheckCookies) -> (Self, Request) {
        let mut url = gateway.clone();
        url.set_path(PATH);
        url.set_query(None);
        url.set_fragment(None);
        let mut form = format!(
            "connID=0;timestamp=0;msg={};firsttime=1;",
            STANDARD.encode(first_message(settings.machine.as_ref()))
        );
        if let Some(id) = &settings.device_id {
            form.push_str(&format!("deviceid={id};"));
        }
        let request = post(&url, settings, &cookies, form);
        let check = Self {
            settings,
            url,
            cookies,
        };
        (check, request)
    }

    /// Takes the answer to the first request and makes the second one.
    pub fn handle(mut self, response: &Response) -> Result<(ExpectCookie<'a>, Request), HostCheckError> {
        expect_success(response, self.settings)?;
        if let Some(preauth) = new_cookie(&self.url, response) {
            self.cookies.preauth = preauth;
        }
        let answer = FirstAnswer::parse(&response.body);
        let octets = answer.message()?;
        let packets = message::decode(&octets)?;
        let strings = |id| {
            let strings = message::named(&packets, id).into_iter();
            strings.map(String::from_utf8_lossy).collect::<Vec<_>>()
        };
        let policies = strings(message::POLICIES);
        let policies: Vec<_> = policy::requested(policies.iter().map(AsRef::as_ref))
            .into_iter()
            .map(|name| PolicyVerdict {
                met: self.settings.claims.is_met(&name),
                name,
            })
            .collect();
        let mut missing = Vec::new();
        let machine = self.settings.machine.as_ref().map(|machine| {
            let requests = strings(message::MACHINE_DATA).concat();
            let (text, unmet) = machine.answer(&funk::requests(&requests));
            missing = unmet;
            text
        });
        let second = second_message(machine.as_deref(), &policy::answer(&policies));
        let form = format!("connID=1;msg={};firsttime=1;", STANDARD.encode(second));
        let request = post(&self.url, self.settings, &self.cookies, form);
        let check = ExpectCookie {
            settings: self.settings,
            url: self.url,
            preauth: self.cookies.preauth,
            interval: effective_interval(answer.interval(), self.settings.interval),
            policies,
            missing,
        };
        Ok((check, request))
    }
}

impl ExpectCookie<'_> {
    /// The newest `DSPREAUTH` so far, for another attempt if this one fails.
    pub fn preauth(&self) -> &Secret {
        &self.preauth
    }

    /// Takes the answer to the second request.
    pub fn handle(self, response: &Response) -> Result<Passed, HostCheckError> {
        expect_success(response, self.settings)?;
        let Some(preauth) = new_cookie(&self.url, response) else {
            return Err(HostCheckError::NoCookie {
                policies: self.policies,
            });
        };
        Ok(Passed {
            preauth,
            interval: self.interval,
            policies: self.policies,
            missing_certificates: self.missing,
        })
    }
}

/// The shorter of the two; zero is none. A user's interval counts also where the gateway has none.
pub fn effective_interval(gateway: Option<Duration>, user: Option<Duration>) -> Option<Duration> {
    let intervals = [gateway, user].into_iter().flatten();
    intervals.filter(|interval| !interval.is_zero()).min()
}

fn post(url: &Url, settings: &CheckSettings, cookies: &CheckCookies, form: String) -> Request {
    let mut header = format!("{PREAUTH}={}", cookies.preauth.expose());
    if let Some(signin) = &cookies.signin {
        header.push_str(&format!("; {SIGNIN}={}", signin.expose()));
    }
    Request {
        url: url.clone(),
        cookies: Secret::new(header),
        form: Some(FormBody {
            text: Secret::new(form),
            padded: false,
        }),
        user_agent: Some(settings.user_agent.clone()),
    }
}

fn expect_success(response: &Response, settings: &CheckSettings) -> Result<(), HostCheckError> {
    match response.status {
        200 => Ok(()),
        404 => Err(HostCheckError::NotFound {
            user_agent: settings.user_agent.clone(),
        }),
        status => Err(HostCheckError::Status { status }),
    }
}

/// By the rules of the jar, so that a deletion is no new value.
fn new_cookie(url: &Url, response: &Response) -> Option<Secret> {
    let mut jar = Jar::new(url);
    jar.store(url, response.set_cookies());
    jar.value(url, PREAUTH)
}

/// The text lines of the answer to the first request.
#[derive(Debug, Default)]
struct FirstAnswer {
    /// Base64 without line breaks.
    message: Option<String>,
    minutes: Option<u32>,
}

impl FirstAnswer {
    /// `msg=` goes on to the next blank line, whatever stands in the lines between: base64 ends in `=` (R41).
    fn parse(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let mut answer = Self::default();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if let Some(first) = line.strip_prefix("msg=")
                && answer.message.is_none()
            {
                let mut message = first.to_owned();
                message.extend(lines.by_ref().take_while(|line| !line.is_empty()));
                answer.message = Some(message);
            } else if let Some(minutes) = line.strip_prefix("interval=") {
                answer.minutes = minutes.trim().parse().ok();
            }
        }
        answer
    }

    fn message(&self) -> Result<Vec<u8>, HostCheckError> {
        match self.message.as_deref() {
            None | Some("") => Err(HostCheckError::NoMessage),
            Some(message) => FORGIVING.decode(message).map_err(|_| HostCheckError::BadEncoding),
        }
    }

    fn interval(&self) -> Option<Duration> {
        self.minutes
            .map(|minutes| Duration::from_secs(u64::from(minutes) * 60))
    }
}

/// M1 of `juniper-nc.md §5.5`.
fn first_message(machine: Option<&MachineIdentity>) -> Vec<u8> {
    let mut group = Vec::new();
    put_named(&mut group, message::POLICY_REQUEST, PARAMETERS);
    put_named(&mut group, message::POLICIES, "policy request\0v4");
    if let Some(machine) = machine {
        put_named(&mut group, message::MACHINE_PLATFORM, &machine.description());
        put_named(&mut group, message::MACHINE_DATA, &machine.presence());
    }
    let mut inner = Vec::new();
    put(&mut inner, message::GROUP, &group);
    put(&mut inner, message::LANGUAGE, LANGUAGE);
    // not a list, and little endian
    put(&mut inner, message::MESSAGE, &1_u32.to_le_bytes());
    in_message(&inner)
}

/// M2 of `juniper-nc.md §5.5`.
fn second_message(machine: Option<&str>, policies: &str) -> Vec<u8> {
    let mut group = Vec::new();
    if let Some(machine) = machine {
        put_named(&mut group, message::MACHINE_DATA, machine);
    }
    put_named(&mut group, message::POLICIES, policies);
    let mut inner = Vec::new();
    put(&mut inner, message::GROUP, &group);
    put(&mut inner, message::LANGUAGE, LANGUAGE);
    in_message(&inner)
}

fn in_message(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, message::MESSAGE, inner);
    out
}

const PATH: &str = "/dana-na/hc/tnchcupdate.cgi";
const PREAUTH: &str = "DSPREAUTH";
const SIGNIN: &str = "DSSIGNIN";
const LANGUAGE: &[u8] = b"Accept-Language: en";
/// P of `juniper-nc.md §5.5`.
const PARAMETERS: &str = "<parameter name=\"policy_request\" value=\"message_version=3;\">\
    <parameter name=\"esap\" value=\"esap_version=NOT_AVAILABLE;fileinfo=NOT_AVAILABLE;has_file_versions=YES;\
    needs_exact_sdk=YES;opswat_sdk_version=3;\">\
    <parameter name=\"system_info\" value=\"os_version=2.6.2;sp_version=0;hc_mode=userMode;\">";
/// Base64 with or without its padding.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests;
