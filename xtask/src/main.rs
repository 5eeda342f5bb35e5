//! Project chores: `cargo xtask demo` and `cargo xtask test`.

mod cargo;
mod children;
mod demo;
mod sandbox;
mod say;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

fn main() -> ExitCode {
    children::end_with_us();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = run(&arguments);
    children::park_when_stopping();
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say::line(&format!("\nFAILED: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let (chore, rest) = match arguments.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", arguments),
    };
    match chore {
        "demo" => demo::run(rest),
        "test" => test::run(rest),
        "generate" => generate(),
        demo::LAB => demo::lab(rest),
        demo::PEER => demo::peer(rest),
        sandbox::INSIDE => sandbox::inside(rest),
        "help" | "-h" | "--help" => {
            say::line(HELP);
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no chore is called {other:?}; see cargo xtask help"),
    }
}

/// Man pages and completions from the definitions of the arguments.
fn generate() -> Result<ExitCode> {
    let arguments = [
        "run",
        "--package",
        "vpnc-cli",
        "--",
        "man",
        "man",
        "--completions",
        "completions",
    ];
    let status = children::Owned::spawn(&mut cargo::cargo(&arguments))?.wait()?;
    if !status.success() {
        bail!("they could not be written, see above");
    }
    Ok(ExitCode::SUCCESS)
}

const HELP: &str = "\
Chores of this project:

  cargo xtask demo [--quick]   build all, run the client against the reference gateway in network
                               namespaces, measure, and report; nothing is left behind
  cargo xtask generate         write man pages and completions anew
  cargo xtask test             format, lints, all tests, documentation; nothing is left out

As root, what is missing is installed with apt. Other users need user namespaces.";
