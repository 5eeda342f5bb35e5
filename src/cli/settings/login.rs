//! `LoginSettings`: what a sign-in needs to know, resolved from options, environment and files.

use super::host_check::{HostCheckSettings, host_check};
use super::secrets::{KeySettings, SecretSources, TokenSettings, secrets, token};
use super::{local_hostname, usage, user_agent};
use crate::auth::flow::{FlowSettings, FormEntry};
use crate::cli::args::{LoginArgs, MessageArgs, SignInArgs};
use crate::cli::environment::Environment;
use crate::error::Error;
use crate::net::settings::GatewaySettings;
use crate::secret::Secret;

/// Settings of a sign-in.
#[derive(Debug, Clone)]
pub struct LoginSettings {
    /// The gateway.
    pub gateway: GatewaySettings,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// Host name told to the gateway.
    pub local_hostname: String,
    /// What the flow knows beforehand.
    pub flow: FlowSettings,
    /// Where passwords come from.
    pub secrets: SecretSources,
    /// The generator of one-time codes.
    pub token: Option<TokenSettings>,
    /// The key of the client certificate.
    pub key: KeySettings,
    /// The host checker.
    pub host_check: HostCheckSettings,
    /// What to do when the sign-in needs a browser.
    pub browser: Option<Browser>,
    /// The user may be asked.
    pub interactive: bool,
    /// What is shown of requests and answers.
    pub dump: Dump,
}

/// What to do when the sign-in needs a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Browser {
    /// Show the URL.
    Print,
    /// Start this program with it.
    Program(String),
}

/// What is shown of requests and answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dump {
    /// Nothing.
    #[default]
    Nothing,
    /// All but secrets.
    WithoutSecrets,
    /// All.
    Everything,
}

impl Dump {
    /// What the options ask for.
    pub fn of(args: &MessageArgs) -> Self {
        match (args.dump_http_traffic, args.dump_secrets) {
            (false, _) => Self::Nothing,
            (true, false) => Self::WithoutSecrets,
            (true, true) => Self::Everything,
        }
    }
}

/// The answers known beforehand. Asks neither files nor standard input, so that a slip costs nothing.
pub(super) fn flow(
    args: &SignInArgs<'_>,
    path: &str,
    environment: &Environment,
) -> Result<FlowSettings, Error> {
    check(args.login)?;
    let login = args.login;
    let text = |option: &Option<String>, variable: &str| {
        option
            .clone()
            .or_else(|| environment.text(variable).map(str::to_owned))
    };
    Ok(FlowSettings {
        path: match path {
            "/" => login.usergroup.clone().unwrap_or_else(|| path.to_owned()),
            _ => path.to_owned(),
        },
        user: text(&login.user, "VPNC_USER"),
        realm: text(&login.realm, "VPNC_REALM"),
        role: text(&login.role, "VPNC_ROLE"),
        authgroup: text(&login.authgroup, "VPNC_AUTHGROUP"),
        entries: login
            .form_entry
            .iter()
            .map(form_entry)
            .collect::<Result<_, _>>()?,
        accept_banner: login.accept_banner,
        takeover: !login.no_takeover,
    })
}

/// Settings of a sign-in, files and credentials read.
pub(super) fn login(
    args: &SignInArgs<'_>,
    gateway: GatewaySettings,
    flow: FlowSettings,
    key: KeySettings,
    environment: &Environment,
) -> Result<LoginSettings, Error> {
    Ok(LoginSettings {
        token: token(args.login, environment)?,
        host_check: host_check(args.host_check)?,
        secrets: secrets(args.login, environment)?,
        gateway,
        user_agent: user_agent(args.identity.useragent.as_deref()),
        local_hostname: local_hostname(args.identity),
        flow,
        key,
        browser: args.login.external_browser.as_deref().map(|word| match word {
            "print" => Browser::Print,
            program => Browser::Program(program.to_owned()),
        }),
        interactive: !args.login.non_inter,
        dump: Dump::default(),
    })
}

fn check(args: &LoginArgs) -> Result<(), Error> {
    let source = [
        ("--passwd-on-stdin", args.passwd_on_stdin),
        ("--passwd-file", args.passwd_file.is_some()),
        ("--passwd-command", args.passwd_command.is_some()),
    ];
    if let Some((name, _)) = source.into_iter().find(|(_, given)| args.no_passwd && *given) {
        return Err(usage(&format!(
            "{name} gives a password and --no-passwd says to send none"
        ))
        .hint("leave one of them out"));
    }
    Ok(())
}

/// The text is never repeated in an error: it may hold a password.
fn form_entry(text: &Secret) -> Result<FormEntry, Error> {
    let wrong = |why: &str| usage(&format!("{why} in --form-entry")).hint("--form-entry FORM:FIELD=VALUE");
    let (place, value) = text
        .expose()
        .split_once('=')
        .ok_or_else(|| wrong("no = behind the field"))?;
    let (form, field) = place
        .split_once(':')
        .ok_or_else(|| wrong("no : between form and field"))?;
    if form.is_empty() || field.is_empty() {
        return Err(wrong("no name of a form or of a field"));
    }
    Ok(FormEntry {
        form: form.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    })
}
