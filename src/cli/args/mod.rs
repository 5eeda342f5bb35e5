//! Clap definitions: the single source for parsing, help, man pages and completions.

mod bug_report;
mod connect;
mod ignored;
mod implied;
mod instance;
mod login;
mod network;
mod process;
mod profile;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use self::bug_report::BugReportArgs;
pub use self::connect::{
    ConnectArgs, CookieArgs, IdentityArgs, LogoutArgs, ReachArgs, ServerArgs, TlsChoice, TrustArgs,
    TunnelArgs,
};
pub use self::ignored::IgnoredArgs;
pub use self::instance::{Awaited, DisconnectArgs, NameArgs, StatusArgs};
pub use self::login::{
    AuthArgs, HostCheckArgs, InsteadArgs, LoginArgs, ProbeArgs, ResultArgs, ResultFormat, SignInArgs,
};
pub use self::network::{DnsArg, NetworkArgs, NetworkChoice};
pub use self::process::{InsteadOfTunArgs, ProcessArgs};
pub use self::profile::{ConfigArgs, ImportArgs, ProfileArgs, ProfileCommand};
use super::manual;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "vpnc-cli",
    version = VERSION,
    about = "Headless VPN client for Juniper SSL VPN gateways (Network Connect)",
    long_about = LONG_ABOUT,
    after_help = manual::SHORT_EXAMPLES,
    after_long_help = manual::after_help(&[manual::EXAMPLES, manual::ENVIRONMENT, manual::EXIT_STATUS]),
    infer_long_args = true,
    args_override_self = true,
    propagate_version = true,
    subcommand_required = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    /// Options valid everywhere.
    #[command(flatten)]
    pub messages: MessageArgs,
    /// Files with settings, valid everywhere.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the tunnel to a gateway until it is ended
    #[command(visible_alias = "up", long_about = CONNECT_ABOUT)]
    #[command(after_help = manual::SHORT_EXAMPLES)]
    #[command(after_long_help = manual::after_help(&[
        manual::EXAMPLES,
        manual::CONFIG_FILES,
        manual::ENVIRONMENT,
        manual::SIGNALS,
        manual::EXIT_STATUS,
    ]))]
    Connect(Box<ConnectArgs>),
    /// Sign in and print the session cookie and what else a later connect needs
    #[command(visible_aliases = ["authenticate", "login"], long_about = AUTH_ABOUT)]
    #[command(after_long_help = manual::after_help(&[
        manual::AUTH_EXAMPLES,
        manual::ENVIRONMENT,
        manual::EXIT_STATUS,
    ]))]
    Auth(Box<AuthArgs>),
    /// Show what a gateway is and wants, without an account
    #[command(visible_alias = "info", long_about = PROBE_ABOUT)]
    Probe(Box<ProbeArgs>),
    /// Show how a running tunnel stands
    #[command(long_about = STATUS_ABOUT)]
    #[command(after_long_help = manual::after_help(&[manual::STATUS_EXAMPLES, manual::STATUS_EXIT]))]
    Status(StatusArgs),
    /// Show what happens to a running tunnel, as JSON lines, until it ends or you press Ctrl-C
    #[command(long_about = EVENTS_ABOUT)]
    Events(NameArgs),
    /// End a running tunnel
    #[command(visible_alias = "down", long_about = DISCONNECT_ABOUT)]
    Disconnect(DisconnectArgs),
    /// Drop the connection of a running tunnel and make a new one, now
    Reconnect(NameArgs),
    /// End a session on the gateway, given its cookie
    #[command(long_about = LOGOUT_ABOUT)]
    Logout(Box<LogoutArgs>),
    /// Write down what a maintainer needs to know, without secrets and names
    #[command(long_about = BUG_REPORT_ABOUT)]
    BugReport(BugReportArgs),
    /// Show and make profiles: named files of settings
    #[command(long_about = PROFILE_ABOUT, disable_help_subcommand = true)]
    #[command(after_long_help = manual::after_help(&[manual::CONFIG_FILES, manual::EXIT_STATUS]))]
    Profile(ProfileArgs),
    /// Write a completion script for a shell to standard output
    #[command(long_about = COMPLETIONS_ABOUT)]
    Completions(CompletionsArgs),
    /// Write the manual pages, for packagers
    #[command(hide = true)]
    Man(ManArgs),
}

/// Options about messages, valid with every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Messages")]
pub struct MessageArgs {
    /// Say more; twice says everything
    ///
    /// Once shows the branches taken (debug), twice every packet (trace). Secrets are never shown.
    #[arg(short, long, global = true, action = ArgAction::Count, overrides_with = "quiet")]
    pub verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true, overrides_with = "verbose")]
    pub quiet: bool,
    /// Put the local time before each line
    #[arg(long, global = true)]
    pub timestamp: bool,
    /// Show requests and answers, secrets replaced by their length and a fingerprint; implies -v
    #[arg(long, global = true, alias = "dump")]
    pub dump_http_traffic: bool,
    /// Show the secrets in them as well: never pass such an output on
    #[arg(long, global = true, requires = "dump_http_traffic")]
    pub dump_secrets: bool,
    /// When to use colours
    ///
    /// `auto` means: on a terminal, unless NO_COLOR is set or TERM is `dumb`.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// Send the messages to the system log instead of standard error
    #[arg(short = 'l', long, global = true)]
    pub syslog: bool,
    /// Print results as JSON objects, and messages as one object in a line; nothing is asked
    ///
    /// auth prints what --format json prints.
    #[arg(long, global = true)]
    pub json: bool,
    /// Append a copy of the messages, with their times, to a file that only you can read
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Messages go where OpenConnect puts them. True: a result goes to standard output, and nothing else.
    #[arg(skip)]
    pub like_openconnect: Option<bool>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that can show them.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to complete for
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for the manual pages
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Folder for the completion scripts
    #[arg(long, value_name = "DIR")]
    pub completions: Option<PathBuf>,
}

/// What a command line holds, the program's name included, without making use of it.
pub(super) fn matches(args: Vec<OsString>) -> Result<clap::ArgMatches, clap::Error> {
    let command = Cli::command();
    let args = implied::insert_connect(&command, args);
    command.try_get_matches_from(args)
}

impl Command {
    /// Which gateway, for a command that meets one.
    pub fn server_mut(&mut self) -> Option<&mut ServerArgs> {
        if let Self::Connect(args) = self {
            return Some(&mut args.server);
        }
        if let Self::Auth(args) = self {
            return Some(&mut args.server);
        }
        if let Self::Probe(args) = self {
            return Some(&mut args.server);
        }
        if let Self::Logout(args) = self {
            return Some(&mut args.server);
        }
        None
    }

    /// True when standard output gets a result, and so no messages whatever the personality.
    pub fn prints_result(&self) -> bool {
        let Self::Connect(args) = self else {
            return true;
        };
        args.instead.authenticate || args.instead.cookieonly || args.instead.printcookie
    }

    /// Notes which secrets come from a file, and so never stood in the list of processes.
    pub fn mark_private(&mut self, from_file: impl Fn(&str) -> bool) {
        let (cookie, entries) = (from_file("cookie"), from_file("form-entry"));
        if let Self::Connect(args) = self {
            args.cookie.is_private = cookie;
            args.login.is_private = entries;
        }
        if let Self::Auth(args) = self {
            args.login.is_private = entries;
        }
        if let Self::Logout(args) = self {
            args.cookie.is_private = cookie;
        }
    }
}

/// The command line with the command's name, where it was left out.
pub fn with_command(args: Vec<OsString>) -> Vec<OsString> {
    implied::insert_connect(&Cli::command(), args)
}

/// Where the command's name stands in a command line that has one.
pub fn place_of_command(args: &[OsString]) -> usize {
    implied::place_of_command(&Cli::command(), args)
}

/// Parses the command line, the program's name included.
pub fn parse(args: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let args = implied::insert_connect(&command, args.collect());
    Cli::try_parse_from(args).map_err(|mut error| {
        if error.kind() == ErrorKind::UnknownArgument {
            // "to pass '--x' as a value, use '-- --x'": never what was meant, only hosts are arguments here
            error.remove(ContextKind::Suggested);
        }
        error
    })
}

/// What `--version` prints after the program's name.
#[cfg(feature = "legacy-tls")]
pub(super) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nfeatures: legacy-tls\nprotocols: nc (Network Connect)"
);
/// What `--version` prints after the program's name.
#[cfg(not(feature = "legacy-tls"))]
pub(super) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\nfeatures: none\nprotocols: nc (Network Connect)"
);

const LONG_ABOUT: &str = "\
Headless VPN client for Juniper SSL VPN gateways that speak Network Connect (oNCP).

`vpnc-cli connect` signs in, with a password, one-time codes or a certificate, or takes the session cookie of an \
earlier sign-in, and the tunnel runs until you press Ctrl-C: packets go over ESP when UDP works and over TLS when it does not; addresses, routes and name servers are set up and put back. \
The word `connect` may be left out when an option or the gateway comes first.

Options may follow the gateway, may be shortened as long as they stay unambiguous, and when one is given twice the \
last counts, unless it says it may be repeated.";

const CONNECT_ABOUT: &str = "\
Run the tunnel to a gateway until it is ended with Ctrl-C (or SIGTERM).

Without a session cookie it signs in first and asks on the terminal for what no option says. With one, from \
`vpnc-cli auth` or copied from a browser (F12, Storage or Application, Cookies, DSID), it goes on from there.

What the tunnel needs on this machine is checked before anything is asked or sent.";

const AUTH_ABOUT: &str = "\
Sign in and print the session cookie and what else a later connect needs. Needs no rights on this machine.

Nothing but the result goes to standard output, and that only when the sign-in succeeded. The five lines of the usual \
form are made for eval in a shell and are what nmcli reads.";

const PROBE_ABOUT: &str = "\
Show what a gateway is and wants, without an account: certificate and pin, TLS, protocols, realms, the fields of its \
sign-in page, and the command to type next.";

const STATUS_ABOUT: &str = "\
Show how a running tunnel stands, at once, or with --wait-for when it is connected or gone. Needs no rights beyond \
those of whoever runs the tunnel; members of the group vpnc may ask about the tunnels of root.";

const EVENTS_ABOUT: &str = "\
Show what happens to a running tunnel: one JSON object in a line, the first one with its state. Ends with status 0 \
when the tunnel does.";

const DISCONNECT_ABOUT: &str = "\
End a running tunnel: the network set-up is undone, the login is ended on the gateway, and the command waits until all \
is done. With --repair it puts right what a run has left behind that was killed.";

const LOGOUT_ABOUT: &str = "\
End a session on the gateway, given its cookie. The cookie is worthless afterwards. Needs no rights on this machine.";

const BUG_REPORT_ABOUT: &str = "\
Write down what a maintainer needs to know, without secrets and names: versions, what this machine has, which options \
were given. Put the command line that went wrong behind --, and add --log with a file written by --log-file to show what \
happened:

  vpnc-cli bug-report --log FILE -- connect -u joe --no-esp vpn.example.com

Nothing is sent anywhere. Read it before you pass it on.";
const PROFILE_ABOUT: &str = "\
Show and make profiles: files with the settings of a gateway, each under a name.

`vpnc-cli connect NAME` uses one. In it, a key is an option without its dashes, for example user = \"joe\".";

const COMPLETIONS_ABOUT: &str = "\
Write a completion script for a shell to standard output.

For bash:  vpnc-cli completions bash > ~/.local/share/bash-completion/completions/vpnc-cli";

impl MessageArgs {
    /// How much to say: a dump wants at least -v.
    pub fn verbosity(&self) -> u8 {
        self.verbose.max(u8::from(self.dump_http_traffic))
    }
}

#[cfg(test)]
mod tests;
