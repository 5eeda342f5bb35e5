//! `bug-report`: what a maintainer needs to know, and nothing else.
//!
//! It is put together from facts that are harmless by their kind. Nothing is collected first and cleaned afterwards but
//! the lines of a log, and those are let through word by word ([`scrub`]).

mod facts;
mod line;
mod scrub;

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use self::scrub::Scrubber;
use super::args::BugReportArgs;
use super::environment::Environment;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege::scrub as wipe_arguments;

/// A heading with the lines below it.
type Part = (&'static str, Vec<String>);

/// Writes the report.
pub(super) fn run(args: &BugReportArgs, environment: &Environment) -> Result<(), Error> {
    // whatever is in there, nobody needs to see it in the list of processes
    let words: Vec<&[u8]> = args.line.iter().map(|word| word.as_bytes()).collect();
    wipe_arguments(&words);
    let scrubber = Scrubber::new(args.show_hosts);
    let mut parts = vec![
        ("program", facts::program()),
        ("system", facts::system()),
        ("rights", facts::rights()),
        ("network", facts::network()),
        ("environment", facts::environment(environment)),
        ("instances", facts::instances(&scrubber)),
    ];
    if !args.line.is_empty() {
        parts.push(("command line", line::options(&args.line, &scrubber)));
    }
    if let Some(file) = &args.log {
        parts.push(("log", log(file, &scrubber)?));
    }
    let text = render(&parts);
    match &args.output {
        Some(file) => save(file, &text),
        None => super::print(text.as_bytes()),
    }
}

fn render(parts: &[Part]) -> String {
    let mut text = String::from(ABOUT);
    for (heading, lines) in parts {
        // writing to a string cannot fail
        let _ = writeln!(text, "\n[{heading}]");
        for line in lines {
            let _ = writeln!(text, "{}", crate::error::Clean(line));
        }
    }
    text
}

/// The last lines of a log, what could name somebody taken out.
fn log(path: &Path, scrubber: &Scrubber) -> Result<Vec<String>, Error> {
    let text = tail(path).map_err(|error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot read the file of --log: {}", plain_io(&error)),
        )
        .at(path.display().to_string())
    })?;
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LOG_LINES));
    Ok(last.map(|line| scrubber.line(line)).collect())
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_OCTETS)))?;
    let mut octets = Vec::new();
    file.take(LOG_OCTETS).read_to_end(&mut octets)?;
    Ok(String::from_utf8_lossy(&octets).into_owned())
}

fn save(path: &Path, text: &str) -> Result<(), Error> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        Error::new(
            ExitStatus::CannotCreate,
            format!("cannot write the report: {}", plain_io(&error)),
        )
        .at(path.display().to_string())
        .hint("--output FILE with a name that is not taken")
    })
}

const ABOUT: &str = "\
vpnc-cli bug report. Read it before you pass it on.
Names of people, hosts and instances, addresses, paths and values of options are left out or stand as fingerprints,
which are the same within this report and mean nothing outside it.
";
/// So many lines show what went before a failure.
const LOG_LINES: usize = 200;
/// No more is read of a log.
const LOG_OCTETS: u64 = 256 * 1024;
