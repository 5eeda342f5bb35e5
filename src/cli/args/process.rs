//! Options of the process, and of running without root.

use std::path::PathBuf;

use clap::Args;

use super::values;

/// How the process runs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Process")]
pub struct ProcessArgs {
    /// Name of this tunnel among others on the machine [default: the profile, else the host]
    #[arg(long, value_name = "NAME", value_parser = values::instance)]
    pub name: Option<String>,
    /// Come back when the tunnel is up and leave it running; a failure before that is ours
    ///
    /// Messages are lost from then on, unless --log-file or --syslog takes them.
    #[arg(short, long)]
    pub background: bool,
    /// Write the process number to this file; it is removed at the end
    #[arg(long, value_name = "FILE")]
    pub pid_file: Option<PathBuf>,
    /// Run as this user once the device is open; a second process keeps the rights for undoing
    ///
    /// NAME or number of a user of this machine; needs root. The process that talks to the gateway then has no rights at
    /// all. Scripts and hooks are run by the other one, as root. What is read later (keys, password files, programs for
    /// the sign-in) must be within reach of that user.
    #[arg(short = 'U', long, value_name = "USER")]
    pub setuid: Option<String>,
    /// Leave the session valid on the gateway at the end
    #[arg(long)]
    pub no_logout: bool,
    /// Sign in again by itself when the session has ended, with what the options give
    ///
    /// Nobody is asked. Passwords of a file, a command, a variable, a credential and the first line of standard input are
    /// used again; one-time codes never: a counter goes on, and the next code by time is waited for. Whatever the gateway
    /// refuses ends the run, and so do three sessions in a row that last less than a minute.
    #[arg(long)]
    pub relogin: bool,
    /// Run this command when the tunnel is up, with the environment of a vpnc-script
    ///
    /// For /bin/sh, after addresses, routes and name servers are in place. The tunnel does not wait for it, nor end when
    /// it fails; after 60 seconds it is killed.
    #[arg(long, value_name = "COMMAND", value_parser = values::command)]
    pub on_up: Option<String>,
    /// Run this command before the tunnel is taken down
    ///
    /// Undoing waits for it, 20 seconds at most. It does not run when this program is killed.
    #[arg(long, value_name = "COMMAND", value_parser = values::command)]
    pub on_down: Option<String>,
    /// Run this command after each reconnect, as --on-up
    #[arg(long, value_name = "COMMAND", value_parser = values::command)]
    pub on_reconnect: Option<String>,
}

/// Ways to have a tunnel without being root, or for some programs only. At most one.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Without root, or for some programs only (one of these)")]
pub struct InsteadOfTunArgs {
    /// No device: be a SOCKS5 proxy into the VPN, on this port (of 127.0.0.1 unless ADDR is given)
    ///
    /// Needs no right at all and changes nothing on this machine; CONNECT as to an HTTP proxy is understood too. Names
    /// are looked up by the VPN's name servers, with its search domains, and never outside (curl --socks5-hostname,
    /// socks5h:// elsewhere). Everything asked for goes into the tunnel but what is excluded from it; IPv4 and TCP only.
    #[arg(long, value_name = "[ADDR:]PORT", value_parser = values::listener, group = DEVICE)]
    pub socks: Option<std::net::SocketAddr>,
    /// No device: exchange packets with the command of -s over a socket
    ///
    /// As in OpenConnect, for programs such as ocproxy: the number of the socket is in VPNFD, each message is a packet.
    /// The tunnel ends with the command.
    #[arg(short = 'S', long, group = DEVICE, requires = "script")]
    pub script_tun: bool,
    /// Put the device into this network namespace: a name of `ip netns`, or a path
    ///
    /// Only what is started there uses the VPN. A namespace of one's own needs no right: unshare -Urn makes one, and its
    /// path is /proc/PID/ns/net.
    #[arg(long, value_name = "NAME|PATH", group = DEVICE)]
    pub netns: Option<PathBuf>,
}

/// Group of those.
const DEVICE: &str = "device-kind";
