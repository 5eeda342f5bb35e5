//! Options of the sign-in, shared by `auth` and `connect`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::connect::{ConnectArgs, IdentityArgs, ReachArgs, ServerArgs, TrustArgs};
use super::ignored::IgnoredArgs;
use super::values;
use crate::auth::token::TokenMode;
use crate::secret::Secret;

/// Arguments of `auth`.
#[derive(Debug, Clone, Args)]
pub struct AuthArgs {
    /// Which gateway.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Who signs in, and where the answers come from.
    #[command(flatten)]
    pub login: LoginArgs,
    /// What is printed.
    #[command(flatten)]
    pub result: ResultArgs,
    /// What the gateway learns about this machine.
    #[command(flatten)]
    pub host_check: HostCheckArgs,
    /// How the gateway proves itself.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// How the gateway is reached.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// What the gateway is told about this client.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Options of OpenConnect without effect here.
    #[command(flatten)]
    pub ignored: IgnoredArgs,
}

/// The groups of arguments that make a sign-in, whichever command they belong to.
#[derive(Debug, Clone, Copy)]
pub struct SignInArgs<'a> {
    /// Name of the command, for hints.
    pub command: &'static str,
    /// Which gateway.
    pub server: &'a ServerArgs,
    /// Who signs in.
    pub login: &'a LoginArgs,
    /// What the gateway learns about this machine.
    pub host_check: &'a HostCheckArgs,
    /// How the gateway proves itself.
    pub trust: &'a TrustArgs,
    /// How the gateway is reached.
    pub reach: &'a ReachArgs,
    /// What the gateway is told about this client.
    pub identity: &'a IdentityArgs,
    /// Options without effect.
    pub ignored: &'a IgnoredArgs,
}

impl AuthArgs {
    /// The groups of a sign-in.
    pub fn sign_in(&self) -> SignInArgs<'_> {
        SignInArgs {
            command: "auth",
            server: &self.server,
            login: &self.login,
            host_check: &self.host_check,
            trust: &self.trust,
            reach: &self.reach,
            identity: &self.identity,
            ignored: &self.ignored,
        }
    }
}

impl ConnectArgs {
    /// The groups of a sign-in.
    pub fn sign_in(&self) -> SignInArgs<'_> {
        SignInArgs {
            command: "connect",
            server: &self.server,
            login: &self.login,
            host_check: &self.host_check,
            trust: &self.trust,
            reach: &self.reach,
            identity: &self.identity,
            ignored: &self.ignored,
        }
    }
}

/// Who signs in, and where the answers come from.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct LoginArgs {
    /// Name of the account
    #[arg(short, long, value_name = "NAME", value_parser = values::answer)]
    pub user: Option<String>,
    /// Read passwords from standard input: line 1 for the first password field, line 2 for the second
    ///
    /// A line is read when a field needs it, used once, and never sent again after a refusal. A code may be one of the
    /// lines.
    #[arg(long)]
    pub passwd_on_stdin: bool,
    /// Read passwords from a file, one in a line as with --passwd-on-stdin
    ///
    /// The file must not be readable by other users (chmod 600).
    #[arg(long, value_name = "FILE")]
    pub passwd_file: Option<PathBuf>,
    /// Take the password from the first line a command prints, for example 'pass show vpn'
    ///
    /// Run by /bin/sh once for each sign-in, when the password is needed; may take 60 seconds.
    #[arg(long, value_name = "COMMAND", value_parser = values::program)]
    pub passwd_command: Option<String>,
    /// Fail instead of filling a password field
    #[arg(long)]
    pub no_passwd: bool,
    /// Realm of the account, of those the sign-in page lists
    #[arg(long, value_name = "NAME", value_parser = values::answer)]
    pub realm: Option<String>,
    /// Role to take, when the gateway lets you choose
    #[arg(long, value_name = "NAME", value_parser = values::answer)]
    pub role: Option<String>,
    /// Realm, and role too, where --realm and --role say nothing
    #[arg(long, value_name = "NAME", value_parser = values::answer)]
    pub authgroup: Option<String>,
    /// Page to sign in at, when the URL has no path
    #[arg(short = 'g', long, value_name = "PATH", value_parser = values::url_path)]
    pub usergroup: Option<String>,
    /// Answer a field of a form; FORM is its name or id, or * for any (may be repeated)
    ///
    /// For fields no other option is made for; a missing answer is named in the form to paste here. Of a list VALUE is a
    /// label, of a box to tick on or off. A password stands in the list of processes until it is wiped there; prefer --passwd-on-stdin.
    #[arg(short = 'F', long, value_name = "FORM:FIELD=VALUE")]
    pub form_entry: Vec<Secret>,
    /// Go on past notices of the gateway without asking
    #[arg(long)]
    pub accept_banner: bool,
    /// Do not end another session of the same user; give up when the gateway wants that
    #[arg(long)]
    pub no_takeover: bool,
    /// Where a sign-in that needs a browser goes on: a program started with the URL, or `print`
    ///
    /// `print` shows the URL. Either way, paste the cookie DSID when you have signed in there: it is not fetched from the
    /// browser.
    #[arg(long, value_name = "PROGRAM|print", value_parser = values::program)]
    pub external_browser: Option<String>,
    /// Never ask anything: exit with status 4 and name what is missing
    #[arg(long, visible_alias = "non-interactive")]
    pub non_inter: bool,
    /// Generate one-time codes: totp or hotp [default: by the secret]
    #[arg(long, value_name = "MODE", value_parser = values::token_mode, help_heading = CODES)]
    pub token_mode: Option<TokenMode>,
    /// The secret as typed.
    #[arg(long, value_name = "SECRET", help = TOKEN_FORM, long_help = TOKEN_HELP, help_heading = CODES)]
    pub token_secret: Option<Secret>,
    /// Passphrase of the private key: TEXT, @FILE, fd:N or cmd:COMMAND; not the password of the account
    #[arg(short = 'p', long, value_name = "TEXT", help_heading = KEY)]
    pub key_password: Option<Secret>,
    /// Warn when the client certificate expires within this time; 0: never
    #[arg(
        short = 'e',
        long,
        value_name = "DAYS",
        default_value_t = 60,
        allow_negative_numbers = true,
        help_heading = KEY
    )]
    pub cert_expire_warning: u32,
    /// The answers never stood in the list of processes.
    #[arg(skip)]
    pub is_private: bool,
}

/// What the gateway learns about this machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Host checker")]
pub struct HostCheckArgs {
    /// What to answer when the gateway asks about this machine [default: report]
    ///
    /// The machine is not examined. `report` claims nothing, so no policy is met. `accept` claims that all policies are
    /// met. A file says so one by one, in lines `NAME = ok` or `NAME = notok`, with `*` for all others. A claim is your
    /// responsibility: ask your administrator first.
    #[arg(long, value_name = "report|accept|FILE")]
    pub hostcheck: Option<PathBuf>,
    /// User-Agent of the host checker's requests, where the gateway answers 404 to the usual one
    #[arg(long, value_name = "TEXT", value_parser = values::header_text)]
    pub hostcheck_useragent: Option<String>,
    /// Certificate with key, PEM, that identifies this machine to the host checker (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub hostcheck_certificate: Vec<PathBuf>,
    /// Seconds between the checks while the tunnel is up, instead of the gateway's
    #[arg(
        long,
        visible_alias = "hostcheck-interval",
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u32).range(1..),
        allow_negative_numbers = true
    )]
    pub force_trojan: Option<u32>,
    /// Leave host checks to this program instead (a TNCC wrapper)
    #[arg(long, value_name = "PROGRAM", value_parser = values::program)]
    pub csd_wrapper: Option<String>,
    /// User to run that program as; needed when you are root
    #[arg(long, value_name = "USER", value_parser = values::answer)]
    pub csd_user: Option<String>,
    /// Identifier of this machine for the host checker, 32 hexadecimal digits [default: none is told]
    #[arg(long, value_name = "HEX", value_parser = values::device_id)]
    pub device_id: Option<String>,
}

/// What `auth` prints.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Result")]
pub struct ResultArgs {
    /// Print the session cookie alone
    #[arg(long, conflicts_with = "format")]
    pub cookieonly: bool,
    /// How the result is printed
    #[arg(long, value_name = "FORM", default_value = "shell")]
    pub format: ResultFormat,
    /// OpenConnect's word for this command
    #[arg(long, hide = true)]
    pub authenticate: bool,
}

/// Values of `--format`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// COOKIE='…' and others, for eval and nmcli
    #[default]
    Shell,
    /// One object
    Json,
    /// VPNC_COOKIE=… and others, for an EnvironmentFile
    Env,
    /// Lines for the passwd-file of nmcli
    Nm,
}

/// What `connect` does with a sign-in besides the tunnel, or instead of it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sign-in")]
pub struct InsteadArgs {
    /// Sign in only and print what a later connect needs; the same as the command auth
    #[arg(long, conflicts_with = super::connect::COOKIE)]
    pub authenticate: bool,
    /// Sign in only and print the session cookie alone
    #[arg(long, conflicts_with = super::connect::COOKIE)]
    pub cookieonly: bool,
    /// Print the session cookie after signing in, and go on
    #[arg(long)]
    pub printcookie: bool,
}

/// Arguments of `probe`.
#[derive(Debug, Clone, Args)]
pub struct ProbeArgs {
    /// Which gateway.
    #[command(flatten)]
    pub server: ServerArgs,
    /// How the gateway proves itself.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// How the gateway is reached.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// User-Agent of the requests
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = values::header_text,
        help_heading = super::connect::IDENTITY
    )]
    pub useragent: Option<String>,
}

// Texts with brackets, which a doc comment would take for links.
const TOKEN_FORM: &str =
    "Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND";
const TOKEN_HELP: &str = "\
Secret of the generator: base32:TEXT, 0xHEX, otpauth://…, TEXT[,COUNTER], @FILE, fd:N or cmd:COMMAND

sha256: or sha512: may stand in front of a secret. The counter of hotp is written back to FILE. Without base32: or 0x \
the characters of TEXT are the secret.";

const CODES: &str = "One-time codes";
const KEY: &str = "Client certificate";
