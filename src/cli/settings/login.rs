//! `LoginSettings`: what a sign-in needs to know, resolved from options, environment and files.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{check_readable, local_hostname, unreadable, usage, user_agent};
use crate::auth::flow::{FlowSettings, FormEntry};
use crate::auth::host_check::Claims;
use crate::auth::token::TokenMode;
use crate::cli::args::{HostCheckArgs, LoginArgs, MessageArgs, SignInArgs, TrustArgs};
use crate::cli::environment::Environment;
use crate::cli::private_file::{Kind, credential};
use crate::cli::secret_source::{KEY_PASSWORD, SecretSource, TOKEN};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::settings::{GatewaySettings, TlsSettings};
use crate::net::{dump, host_check};
use crate::platform::privilege;
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
    /// The host checker.
    pub host_check: HostCheckSettings,
    /// What to do when the sign-in needs a browser.
    pub browser: Option<Browser>,
    /// The user may be asked.
    pub interactive: bool,
    /// What is shown of requests and answers.
    pub dump: Dump,
}

/// Where passwords come from, in the order they are tried.
#[derive(Debug, Clone, Default)]
pub struct SecretSources {
    /// From file, environment or credential.
    pub lines: Vec<Secret>,
    /// Further lines from standard input.
    pub stdin: bool,
    /// A command that prints the password.
    pub command: Option<String>,
    /// Password fields stay without an answer (`--no-passwd`).
    pub none: bool,
}

/// The generator of one-time codes.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `None`: the secret tells.
    pub mode: Option<TokenMode>,
    /// Where the secret is.
    pub secret: SecretSource,
}

/// The host checker.
#[derive(Debug, Clone, Default)]
pub struct HostCheckSettings {
    /// What is claimed.
    pub claims: ClaimSource,
    /// `User-Agent` of its requests, when not the usual one.
    pub user_agent: Option<String>,
    /// Certificates that identify this machine.
    pub certificates: Vec<PathBuf>,
    /// Time between checks instead of the gateway's.
    pub interval: Option<Duration>,
    /// A program that does the checks instead.
    pub wrapper: Option<String>,
    /// User to run it as.
    pub wrapper_user: Option<String>,
    /// Identifier of this machine, 32 hexadecimal digits.
    pub device_id: Option<String>,
}

/// Where the claims of the host checker stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimSource {
    /// Said by a word.
    Said(Claims),
    /// In a file, one policy in a line.
    File {
        /// Its name, for errors.
        path: PathBuf,
        /// What it holds.
        text: String,
    },
}

impl HostCheckSettings {
    /// For the sign-in: the file of claims understood.
    pub(in crate::cli) fn resolve(
        &self,
        local_hostname: &str,
    ) -> Result<host_check::HostCheckSettings, Error> {
        let claims = match &self.claims {
            ClaimSource::Said(claims) => claims.clone(),
            ClaimSource::File { path, text } => Claims::parse(text).map_err(|error| {
                Error::new(
                    ExitStatus::BadData,
                    format!("the file of --hostcheck cannot be used: {error}"),
                )
                .at(format!("{}:{}", path.display(), error.line))
                .hint("lines of the form  POLICY = ok  or  POLICY = notok;  * stands for all others")
            })?,
        };
        let identified = !self.certificates.is_empty();
        Ok(host_check::HostCheckSettings {
            claims,
            wrapper: self.wrapper.as_ref().map(PathBuf::from),
            wrapper_user: self.wrapper_user.clone(),
            interval: self.interval,
            device_id: self.device_id.clone(),
            user_agent: self
                .user_agent
                .clone()
                .unwrap_or_else(|| host_check::DEFAULT_USER_AGENT.to_owned()),
            machine: identified.then(|| host_check::Machine {
                platform: PLATFORM.to_owned(),
                host_name: Some(local_hostname.to_owned()),
                mac_addresses: Vec::new(),
                certificates: self.certificates.clone(),
            }),
            local_hostname: local_hostname.to_owned(),
        })
    }
}

impl Default for ClaimSource {
    fn default() -> Self {
        Self::Said(Claims::Report)
    }
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
    /// Where it goes, if anywhere.
    pub(in crate::cli) fn sink(self) -> Option<dump::Dump> {
        match self {
            Self::Nothing => None,
            Self::WithoutSecrets => Some(dump::Dump::with_secrets(false)),
            Self::Everything => Some(dump::Dump::with_secrets(true)),
        }
    }

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
            .map(|entry| form_entry(entry, login.is_private))
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
fn form_entry(text: &Secret, is_private: bool) -> Result<FormEntry, Error> {
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
    if !is_private && field.to_ascii_lowercase().contains("pass") {
        tracing::warn!(
            "a password after --form-entry is visible to other users in the process list until it is wiped there; \
             use --passwd-on-stdin"
        );
    }
    Ok(FormEntry {
        form: form.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    })
}

fn secrets(args: &LoginArgs, environment: &Environment) -> Result<SecretSources, Error> {
    Ok(SecretSources {
        lines: match args.no_passwd {
            true => Vec::new(),
            false => password_lines(args, environment)?,
        },
        stdin: args.passwd_on_stdin,
        command: args.passwd_command.clone(),
        none: args.no_passwd,
    })
}

fn password_lines(args: &LoginArgs, environment: &Environment) -> Result<Vec<Secret>, Error> {
    if let (None, Some(password)) = (&args.passwd_file, &environment.password) {
        return PASSWORD.lines(&mut password.expose().as_bytes(), "VPNC_PASSWORD");
    }
    let path = args.passwd_file.clone();
    let path = path
        .or_else(|| environment.path("VPNC_PASSWORD_FILE"))
        .or_else(|| credential(environment, "vpnc.password"));
    let Some(path) = path else {
        return Ok(Vec::new());
    };
    let lines = PASSWORD.lines_of_file(&path, environment)?;
    match lines.first() {
        Some(first) if !first.is_empty() => Ok(lines),
        _ => Err(refused_password("its first line is empty").at(path.display().to_string())),
    }
}

fn token(args: &LoginArgs, environment: &Environment) -> Result<Option<TokenSettings>, Error> {
    let given = args.token_secret.as_ref().or(environment.token_secret.as_ref());
    let secret = match (given, credential(environment, "vpnc.token-secret")) {
        (Some(value), _) => Some(SecretSource::parse_token(value)?),
        (None, Some(path)) => Some(SecretSource::Literal(TOKEN.line_of_file(&path, environment)?)),
        (None, None) => None,
    };
    let Some(secret) = secret else {
        return match args.token_mode {
            None => Ok(None),
            Some(_) => Err(usage("--token-mode needs the secret of the generator").hint(
                "--token-secret base32:…, @FILE, fd:N or cmd:COMMAND; or VPNC_TOKEN_SECRET in the environment",
            )),
        };
    };
    if matches!(&secret, SecretSource::Literal(text) if text.expose().trim().is_empty()) {
        return Err((TOKEN.refused)("it is empty"));
    }
    let mode = args.token_mode;
    Ok(Some(TokenSettings { mode, secret }))
}

/// Gives the rules the passphrase of the key, and how long before its end a certificate is warned about.
pub(super) fn key(
    args: &LoginArgs,
    trust: &TrustArgs,
    environment: &Environment,
    tls: &mut TlsSettings,
) -> Result<(), Error> {
    let password = args.key_password.as_ref();
    if password.is_some() && trust.certificate.is_none() {
        return Err(usage(
            "--key-password is the passphrase of a private key, and there is no --certificate",
        )
        .note("it is not the password of the account")
        .hint("--passwd-on-stdin, --passwd-file FILE or --passwd-command COMMAND for that one"));
    }
    let read = |value| SecretSource::parse(&KEY_PASSWORD, value)?.read(&KEY_PASSWORD, environment);
    tls.key_password = password.map(read).transpose()?;
    tls.cert_expire_warning = Some(args.cert_expire_warning);
    Ok(())
}

fn host_check(args: &HostCheckArgs) -> Result<HostCheckSettings, Error> {
    args.hostcheck_certificate
        .iter()
        .try_for_each(|path| check_readable("--hostcheck-certificate", path))?;
    if let Some(wrapper) = &args.csd_wrapper {
        check_wrapper(wrapper, args.csd_user.as_deref())?;
    }
    Ok(HostCheckSettings {
        claims: args
            .hostcheck
            .as_deref()
            .map_or(Ok(ClaimSource::default()), claims)?,
        user_agent: args.hostcheck_useragent.clone(),
        certificates: args.hostcheck_certificate.clone(),
        interval: args
            .force_trojan
            .map(|seconds| Duration::from_secs(seconds.into())),
        wrapper: args.csd_wrapper.clone(),
        wrapper_user: args.csd_user.clone(),
        device_id: args.device_id.clone(),
    })
}

fn claims(word: &Path) -> Result<ClaimSource, Error> {
    match word.to_str() {
        Some("report") => Ok(ClaimSource::Said(Claims::Report)),
        Some("accept") => Ok(ClaimSource::Said(Claims::Accept)),
        _ => claims_file(word),
    }
}

fn claims_file(path: &Path) -> Result<ClaimSource, Error> {
    check_readable("--hostcheck", path)
        .map_err(|error| error.hint("--hostcheck report, accept, or a file with a policy in each line"))?;
    let mut octets = Zeroizing::new(Vec::new());
    let read = std::fs::File::open(path).and_then(|file| file.take(MAX_CLAIMS + 1).read_to_end(&mut octets));
    let read = read.map_err(|error| unreadable("--hostcheck", path, &error))?;
    let refused = |why: &str| {
        Error::new(ExitStatus::BadData, format!("the file of --hostcheck {why}"))
            .at(path.display().to_string())
    };
    if read as u64 > MAX_CLAIMS {
        return Err(refused("is longer than 64 KiB"));
    }
    let text = str::from_utf8(&octets).map_err(|_| refused("is not plain text"))?;
    Ok(ClaimSource::File {
        path: path.to_owned(),
        text: text.to_owned(),
    })
}

fn check_wrapper(program: &str, user: Option<&str>) -> Result<(), Error> {
    if program.contains('/') {
        check_readable("--csd-wrapper", Path::new(program))
            .map_err(|error| error.hint("--csd-wrapper names a program that must exist"))?;
    }
    if privilege::effective_user() == 0 && user.is_none() {
        return Err(usage("the program of --csd-wrapper would run as root")
            .note("such programs load and run what the gateway sends")
            .hint("--csd-user nobody, or --csd-user root if that is what you want"));
    }
    Ok(())
}

fn refused_password(why: &str) -> Error {
    Error::new(ExitStatus::BadData, format!("the password cannot be used: {why}"))
}

/// Passwords, in files and lines.
pub(in crate::cli) const PASSWORD: Kind = Kind {
    name: "password",
    exposed: "change the password if the file was like this for long",
    descriptor: "--passwd-on-stdin, or --passwd-file /dev/fd/3   with   3< FILE   in a shell",
    has_comments: false,
    refused: refused_password,
};

/// Room for a thousand policies.
const MAX_CLAIMS: u64 = 64 * 1024;

/// What this machine is called in a machine identification (`juniper-nc.md §5.7`).
const PLATFORM: &str = "Linux";
