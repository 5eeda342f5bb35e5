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

const HELP: &str = "\
Chores of this project:

  cargo xtask demo [--quick]   build all, run the client against the reference gateway in network
                               namespaces, measure, and report; nothing is left behind
  cargo xtask test             format, lints, all tests, documentation; nothing is left out

As root, what is missing is installed with apt. Other users need user namespaces.";
