//! Arguments of the commands for running tunnels.

use clap::{Args, ValueEnum};

use super::values;

/// A running tunnel.
#[derive(Debug, Clone, Default, Args)]
pub struct NameArgs {
    /// Name of the tunnel, as with connect --name; may be left out when only one is running
    #[arg(value_name = "NAME", value_parser = values::instance)]
    pub name: Option<String>,
}

/// Arguments of `status`.
#[derive(Debug, Clone, Default, Args)]
pub struct StatusArgs {
    /// The tunnel.
    #[command(flatten)]
    pub name: NameArgs,
    /// Wait until the tunnel is connected, or until there is none
    #[arg(long, value_name = "STATE")]
    pub wait_for: Option<Awaited>,
    /// Seconds to wait at most [default: no limit]
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "wait_for",
        allow_negative_numbers = true
    )]
    pub timeout: Option<u32>,
}

/// Values of `--wait-for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Awaited {
    /// Packets get through
    Connected,
    /// The tunnel is not running
    Down,
}

/// Arguments of `disconnect`.
#[derive(Debug, Clone, Default, Args)]
pub struct DisconnectArgs {
    /// The tunnel.
    #[command(flatten)]
    pub name: NameArgs,
    /// Leave the session valid on the gateway: its cookie can be used again
    #[arg(long)]
    pub keep_login: bool,
    /// Seconds to wait for the end of the tunnel; 0 does not wait
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 10,
        allow_negative_numbers = true
    )]
    pub wait: u32,
    /// End all tunnels
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// Undo what a killed run has left behind; running tunnels are left alone
    #[arg(long, conflicts_with_all = ["keep_login", "wait", "all"])]
    pub repair: bool,
}
