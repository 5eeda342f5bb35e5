//! Files with settings, and the command about them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values;

/// Which files with settings are read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Files with settings")]
pub struct ConfigArgs {
    /// Read settings from this file instead of your own config.toml
    ///
    /// A name that ends in .toml means TOML; any other an option in a line, as OpenConnect has it.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Take the settings of this profile; its name may also stand in place of the URL
    #[arg(long, global = true, value_name = "NAME", value_parser = values::profile)]
    pub profile: Option<String>,
}

/// Arguments of `profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// What to do with profiles.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// List the profiles and their gateways
    List,
    /// Show the settings that count, and where each comes from; secrets as ***
    Show {
        /// The profile; without one, the settings of every connection
        #[arg(value_name = "NAME", value_parser = values::profile)]
        name: Option<String>,
    },
    /// Print the name of the profile's file, also of one that is yet to be made
    Path {
        /// The profile; without one, the folders are printed
        #[arg(value_name = "NAME", value_parser = values::profile)]
        name: Option<String>,
    },
    /// Make a profile of an option file of OpenConnect or a connection of NetworkManager
    ///
    /// A file that ends in .nmconnection is one of NetworkManager. Secrets are not taken over; comments name them.
    Import(ImportArgs),
}

/// Arguments of `profile import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file to read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Write it as a profile of this name, instead of to standard output
    #[arg(long, value_name = "NAME", value_parser = values::profile)]
    pub name: Option<String>,
    /// Write over a profile that is there already
    #[arg(long, requires = "name")]
    pub force: bool,
}
