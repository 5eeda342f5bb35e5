//! Arguments of `bug-report`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// Arguments of `bug-report`.
#[derive(Debug, Args)]
pub struct BugReportArgs {
    /// Write it to this new file, which only you can read, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Take in the last lines of this file, written with --log-file
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Show names and addresses of machines instead of fingerprints
    #[arg(long)]
    pub show_hosts: bool,
    /// The command line that went wrong, after `--`; of its options only names and harmless values are shown
    #[arg(last = true, value_name = "COMMAND LINE")]
    pub line: Vec<OsString>,
}
