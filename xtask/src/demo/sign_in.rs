//! What goes before a tunnel: a look at the gateway, and a sign-in by password.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::client::shown;
use super::lab::{GATEWAY, Lab, PASSWORD, USER};
use crate::children::{self, Owned};
use crate::say;

/// Shows what `probe` says of the gateway.
pub(super) fn probe(program: &Path, lab: &Lab) -> Result<()> {
    for line in output(program, lab, &["probe"], None)? {
        say::note(&format!("  {line}"));
    }
    Ok(())
}

/// Signs in by password and shows what that yields, without the cookie; then the cookie is used to log out.
pub(super) fn sign_in(program: &Path, lab: &Lab) -> Result<()> {
    let result = output(
        program,
        lab,
        &["auth", "-u", USER, "--passwd-on-stdin"],
        Some(PASSWORD),
    )?;
    for line in &result {
        say::note(&format!("  {}", without_cookie(line)));
    }
    let cookie = result.iter().find_map(|line| cookie_of(line));
    let cookie = cookie.context("there is no cookie in the result")?;
    output(program, lab, &["logout", "--cookie-on-stdin"], Some(cookie)).map(drop)
}

fn cookie_of(line: &str) -> Option<&str> {
    line.strip_prefix("COOKIE='")?.strip_suffix('\'')
}

fn without_cookie(line: &str) -> &str {
    match cookie_of(line) {
        Some(_) => "COOKIE='…' (hidden)",
        None => line,
    }
}

/// Runs the client to its end and gives what it prints. A line of input is shown for a password only: everybody who
/// reads the demo's source knows it.
fn output(program: &Path, lab: &Lab, options: &[&str], input: Option<&str>) -> Result<Vec<String>> {
    let mut command = Command::new(program);
    command
        .args(options)
        .args(["--servercert", &lab.pin])
        .arg(GATEWAY.to_string())
        .env_remove("VPNC_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let piped = match input {
        None => String::new(),
        Some(PASSWORD) => format!("printf '%s\\n' {PASSWORD} | "),
        Some(_) => "printf '%s\\n' \"$COOKIE\" | ".to_owned(),
    };
    say::note(&format!("$ {piped}{}", shown(&command)));
    let mut process = Owned::spawn(&mut command)?;
    let printed = children::lines(process.child().stdout.take());
    let messages = children::lines(process.child().stderr.take());
    let mut pipe = process.child().stdin.take().context("standard input")?;
    if let Some(input) = input {
        writeln!(pipe, "{input}").context("the client took no input")?;
    }
    drop(pipe);
    let status = process.wait_within(LIMIT)?;
    for message in messages {
        say::note(&format!("  {message}"));
    }
    if !status.success() {
        bail!("{} ended with {status}", options.join(" "));
    }
    Ok(printed.into_iter().collect())
}

/// To ask the gateway a few pages.
const LIMIT: Duration = Duration::from_secs(15);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_hidden_and_nothing_else() {
        assert_eq!(without_cookie("COOKIE='DSID=1234'"), "COOKIE='…' (hidden)");
        assert_eq!(without_cookie("HOST='192.0.2.1'"), "HOST='192.0.2.1'");
        assert_eq!(cookie_of("COOKIE='DSID=1234'"), Some("DSID=1234"));
    }
}
