//! Options of `connect` and `logout`, grouped as the help shows them.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ignored::IgnoredArgs;
use super::login::{HostCheckArgs, InsteadArgs, LoginArgs};
use super::network::NetworkArgs;
use super::process::{InsteadOfTunArgs, ProcessArgs};
use super::values;
use crate::net::settings::Pin;
use crate::secret::Secret;

/// Arguments of `connect`.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// Which gateway.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Who signs in, when there is no cookie.
    #[command(flatten)]
    pub login: LoginArgs,
    /// What else to do with a sign-in.
    #[command(flatten)]
    pub instead: InsteadArgs,
    /// Where the session cookie comes from.
    #[command(flatten)]
    pub cookie: CookieArgs,
    /// What the gateway learns about this machine.
    #[command(flatten)]
    pub host_check: HostCheckArgs,
    /// How the gateway proves itself.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// How the gateway is reached.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// How the tunnel behaves.
    #[command(flatten)]
    pub tunnel: TunnelArgs,
    /// What is set up on this machine.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// How the process runs.
    #[command(flatten)]
    pub process: ProcessArgs,
    /// Ways without a device of root's.
    #[command(flatten)]
    pub instead_of_tun: InsteadOfTunArgs,
    /// What the gateway is told about this client.
    #[command(flatten)]
    pub identity: IdentityArgs,
    /// Options of OpenConnect without effect here.
    #[command(flatten)]
    pub ignored: IgnoredArgs,
}

/// Arguments of `logout`.
#[derive(Debug, Clone, Args)]
pub struct LogoutArgs {
    /// Which gateway.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Where the session cookie comes from.
    #[command(flatten)]
    pub cookie: CookieArgs,
    /// How the gateway proves itself.
    #[command(flatten)]
    pub trust: TrustArgs,
    /// How the gateway is reached.
    #[command(flatten)]
    pub reach: ReachArgs,
    /// User-Agent of the request
    #[arg(long, value_name = "TEXT", value_parser = values::header_text, help_heading = IDENTITY)]
    pub useragent: Option<String>,
}

/// Which gateway.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerArgs {
    /// The gateway as typed.
    #[arg(value_name = "URL", help = URL_FORM, long_help = URL_HELP)]
    pub url: Option<String>,
    /// The gateway, as an option instead of the last argument
    #[arg(long = "server", value_name = "URL", conflicts_with = "url")]
    pub server: Option<String>,
}

/// Where the session cookie comes from. At most one of these.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Session cookie of an earlier sign-in (one of these, or the environment)")]
pub struct CookieArgs {
    /// The session cookie itself: `DSID=…`, or the value of DSID alone
    ///
    /// Other users of this machine can read it in the list of processes until it is wiped there; prefer
    /// --cookie-on-stdin.
    #[arg(short = 'C', long, value_name = "COOKIE", group = COOKIE)]
    pub cookie: Option<Secret>,
    /// Read the session cookie from standard input, first line
    #[arg(long, group = COOKIE)]
    pub cookie_on_stdin: bool,
    /// Read the session cookie from a file, first line
    ///
    /// The file must not be readable by other users (chmod 600).
    #[arg(long, value_name = "FILE", group = COOKIE)]
    pub cookie_file: Option<PathBuf>,
    /// Read the session cookie from an open file descriptor, first line
    #[arg(long, value_name = "N", group = COOKIE, allow_negative_numbers = true)]
    pub cookie_fd: Option<u32>,
    /// The cookie itself never stood in the list of processes.
    #[arg(skip)]
    pub is_private: bool,
}

/// How the gateway proves itself, and we to it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Trust in the gateway")]
pub struct TrustArgs {
    /// Trust this public key and no other: pin-sha256:BASE64 (may be repeated)
    ///
    /// The digest is of the certificate's public key. Also sha256:HEX and, with a warning, sha1:HEX. With a pin the
    /// certificate authorities of the system do not count.
    #[arg(long, value_name = "PIN", value_parser = values::pin)]
    pub servercert: Vec<Pin>,
    /// Trust the certificate authorities in this PEM file as well (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub cafile: Vec<PathBuf>,
    /// Leave out the certificate authorities of the system
    #[arg(long)]
    pub no_system_trust: bool,
    /// Name sent in the TLS handshake when it differs from the host in the URL
    #[arg(long, value_name = "NAME", value_parser = values::host_name)]
    pub sni: Option<String>,
    /// Client certificate: PEM, with its key or without, or PKCS#12
    #[arg(short, long, value_name = "FILE", value_parser = values::key_file)]
    pub certificate: Option<PathBuf>,
    /// Private key of the client certificate, PEM, when it is in a file of its own; may be encrypted
    #[arg(short = 'k', long, value_name = "FILE", value_parser = values::key_file, requires = "certificate")]
    pub sslkey: Option<PathBuf>,
    /// Which TLS library to use
    ///
    /// `auto` falls back to the legacy one when an old gateway refuses the handshake of the modern one.
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub tls: TlsChoice,
    /// Allow RC4, 3DES and TLS before 1.2 for very old gateways
    #[arg(long)]
    pub allow_insecure_crypto: bool,
    /// Only cipher suites with forward secrecy; the same as --tls=modern
    #[arg(long, hide = true)]
    pub pfs: bool,
    /// Answered with an explanation
    #[arg(long, hide = true)]
    pub no_cert_check: bool,
}

/// Values of `--tls`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TlsChoice {
    /// Modern first, legacy when refused.
    #[default]
    Auto,
    /// TLS 1.2 and 1.3 with forward secrecy only.
    Modern,
    /// OpenSSL with all it can do.
    Legacy,
}

/// How the gateway is reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Reaching the gateway")]
pub struct ReachArgs {
    /// Use this address for a host name instead of asking the DNS (may be repeated)
    #[arg(long, value_name = "HOST:IP", value_parser = values::resolve)]
    pub resolve: Vec<(String, IpAddr)>,
    /// The proxy as typed.
    #[arg(short = 'P', long, value_name = "URL", help = PROXY_FORM, overrides_with = "no_proxy")]
    pub proxy: Option<String>,
    /// Go directly, whatever the environment says
    #[arg(long, overrides_with = "proxy")]
    pub no_proxy: bool,
    /// Seconds for each attempt to connect and to agree on TLS
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..), allow_negative_numbers = true)]
    pub connect_timeout: u32,
    /// Bind the sockets to the gateway to this interface
    ///
    /// Questions for its address, by DNS, are asked as the machine always asks them; --resolve HOST:IP avoids them.
    #[arg(long, value_name = "IFNAME", value_parser = values::interface)]
    pub bind_interface: Option<String>,
    /// Mark the packets to the gateway for policy routing (needs CAP_NET_ADMIN)
    ///
    /// Questions for its address, by DNS, are not marked.
    #[arg(long, value_name = "N", value_parser = values::mark)]
    pub fwmark: Option<u32>,
    /// Accepted so that scripts for other clients work: only `nc` is built
    #[arg(long, value_name = "NAME", value_parser = values::protocol)]
    pub protocol: Option<String>,
    /// Old spelling of --protocol=nc
    #[arg(long, hide = true)]
    pub juniper: bool,
}

/// How the tunnel behaves.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Tunnel")]
pub struct TunnelArgs {
    /// Seconds to keep trying after the connection was lost; 0 gives up at once
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        allow_negative_numbers = true
    )]
    pub reconnect_timeout: u32,
    /// Warn 10 minutes, 5 and 1 before a session is so old; gateways end them after 60 if nothing else is set
    ///
    /// The protocol announces no such time, so that only you can say it. It counts from the sign-in, or from what the
    /// cookie DSFirst says.
    #[arg(long, value_name = "MINUTES", value_parser = values::limit(), allow_negative_numbers = true)]
    pub session_limit: Option<u32>,
    /// Warn 2 minutes before so much time without traffic; gateways end such sessions after 10 if nothing else is set
    ///
    /// The protocol announces no such time, so that only you can say it. Scripts find it as IDLE_TIMEOUT, in seconds.
    #[arg(long, value_name = "MINUTES", value_parser = values::limit(), allow_negative_numbers = true)]
    pub idle_limit: Option<u32>,
    /// All packets over TLS, no ESP over UDP
    ///
    /// OpenConnect knows it as --no-dtls.
    #[arg(long, visible_aliases = ["no-dtls", "no-udp"])]
    pub no_esp: bool,
    /// Local UDP port for ESP instead of any
    #[arg(
        long,
        value_name = "PORT",
        visible_alias = "dtls-local-port",
        allow_negative_numbers = true
    )]
    pub esp_local_port: Option<u16>,
    /// Datagrams of the tunnel take over the type of service of the packets inside
    ///
    /// Only over ESP, and without the two bits for congestion. Whoever watches the line then sees which packets are
    /// urgent.
    #[arg(long)]
    pub passtos: bool,
    /// Seconds without an answer over ESP after which TLS is used, instead of the gateway's (at least 2)
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub force_dpd: Option<u32>,
    /// Name of the tunnel interface; may be an existing one that belongs to you
    #[arg(short, long, value_name = "NAME", value_parser = values::interface)]
    pub interface: Option<String>,
    /// Largest packet inside the tunnel, if below the gateway's (at least 576)
    #[arg(short, long, value_name = "BYTES", allow_negative_numbers = true)]
    pub mtu: Option<u16>,
}

/// What the gateway is told about this client.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = IDENTITY)]
pub struct IdentityArgs {
    /// User-Agent of every request
    ///
    /// Some gateways choose pages by it, or refuse what they do not know; a browser's is the usual cure.
    #[arg(long, value_name = "TEXT", value_parser = values::header_text)]
    pub useragent: Option<String>,
    /// Host name told to the gateway [default: the name of this machine]
    #[arg(long, value_name = "NAME", value_parser = values::plain_text)]
    pub local_hostname: Option<String>,
    /// Accepted so that scripts for other clients work: this kind of gateway goes by --useragent
    #[arg(long, value_name = "NAME", value_parser = values::system)]
    pub os: Option<String>,
    /// Accepted so that scripts for other clients work: no version is told to this kind of gateway
    #[arg(long, value_name = "TEXT", value_parser = values::plain_text)]
    pub version_string: Option<String>,
}

/// Group of the options of which at most one may name the cookie.
pub(super) const COOKIE: &str = "cookie-source";

// Texts with brackets, which a doc comment would take for links.
const URL_FORM: &str = "The gateway: [https://]HOST[:PORT][/PATH]";
const URL_HELP: &str = "\
The gateway: [https://]HOST[:PORT][/PATH]

An IPv6 address stands in brackets. PATH, with a query if need be, is the page to sign in at; it does not matter when a cookie is given.";
const PROXY_FORM: &str = "Go through a proxy: (http|socks5|socks5h)://[USER:PASSWORD@]HOST[:PORT]";

pub(super) const IDENTITY: &str = "What the gateway is told about this client";
