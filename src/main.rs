//! The program `vpnc-cli`: everything happens in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    vpnc_cli::cli::run(std::env::args_os()).into()
}
