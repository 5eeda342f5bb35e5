//! The terminal front end: one run from arguments to exit status.

pub mod args;
mod connect;
pub mod console;
pub mod cookie;
pub mod environment;
pub mod gateway;
pub mod generate;
pub mod log;
pub mod manual;
pub mod private_file;
pub mod progress;
pub mod proxy;
pub mod settings;
pub mod token_file;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use self::args::{Cli, Command, ConnectArgs, CookieArgs, LogoutArgs, ReachArgs};
use self::console::Console;
use self::environment::Environment;
use self::progress::Progress;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege::{self, scrub};
use crate::secret::Secret;

/// Runs the program: arguments as the system hands them over, the program's name first.
///
/// Must be called while the process has one thread, because it takes secrets out of the environment and
/// marks descriptors.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitStatus {
    privilege::keep_descriptors_from_children();
    let environment = Environment::take();
    let args: Vec<OsString> = args.collect();
    if let Some(error) = args::planned::explain(&args) {
        drop(writeln!(io::stderr(), "{error}"));
        return error.status;
    }
    match args::parse(args.iter().cloned()) {
        Ok(cli) => execute(&cli, &environment),
        Err(answer) => print_answer(&answer, &args),
    }
}

fn execute(cli: &Cli, environment: &Environment) -> ExitStatus {
    let console = match Console::open(&cli.messages, environment) {
        Ok(console) => console,
        Err(error) => {
            drop(writeln!(io::stderr(), "{error}"));
            return error.status;
        }
    };
    log::install(&console, &cli.messages, environment);
    let result = match &cli.command {
        Command::Connect(args) => connect(args, environment, &console),
        Command::Logout(args) => logout(args, environment, &console),
        Command::Completions(args) => print(&generate::completion(args.shell)),
        Command::Man(args) => generate::write_files(args),
    };
    match result {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            console.error(&error);
            error.status
        }
    }
}

fn connect(args: &ConnectArgs, environment: &Environment, console: &Console) -> Result<(), Error> {
    hide_arguments(&args.cookie, &args.reach);
    let settings = settings::connect(args, environment)?;
    block_on(connect::connect(settings, Progress::new(console.clone())))
}

fn logout(args: &LogoutArgs, environment: &Environment, console: &Console) -> Result<(), Error> {
    hide_arguments(&args.cookie, &args.reach);
    let settings = settings::logout(args, environment)?;
    block_on(connect::log_out(settings, Progress::new(console.clone())))
}

/// One thread for everything: signals, scripts and dropped rights stay simple.
fn block_on(future: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Error::new(
            ExitStatus::System,
            format!("cannot start the event loop: {}", plain_io(&error)),
        )
    })?;
    let result = runtime.block_on(future);
    // a resolver call that ran into its limit may still hold a thread; nobody waits for it
    runtime.shutdown_background();
    result
}

/// Wipes secrets from the list of processes.
fn hide_arguments(cookie: &CookieArgs, reach: &ReachArgs) {
    let proxy = reach.proxy.as_deref().filter(|url| url.contains('@'));
    let secrets = cookie.cookie.iter().map(Secret::expose).chain(proxy);
    let secrets: Vec<&[u8]> = secrets.map(str::as_bytes).collect();
    scrub(&secrets);
}

/// Writes a result to standard output, whole.
fn print(result: &[u8]) -> Result<(), Error> {
    let mut output = io::stdout().lock();
    quiet_when_closed(output.write_all(result).and_then(|()| output.flush()))
}

/// A reader that has seen enough (`| head`) is no failure.
fn quiet_when_closed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::new(
            ExitStatus::Io,
            format!("cannot write to standard output: {}", plain_io(&error)),
        )),
        _ => Ok(()),
    }
}

/// Help and version go to standard output, what is wrong with the command line to standard error.
fn print_answer(answer: &clap::Error, args: &[OsString]) -> ExitStatus {
    if !answer.use_stderr() {
        return quiet_when_closed(answer.print()).map_or_else(|error| error.status, |()| ExitStatus::Success);
    }
    let text = answer.render();
    let colors = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = if colors {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    let text = without_secrets(text, args);
    drop(io::stderr().lock().write_all(text.as_bytes()));
    ExitStatus::Usage
}

/// A cookie that stands where none is expected would be repeated in the message.
fn without_secrets(text: String, args: &[OsString]) -> String {
    let is_secret = |word: &&str| {
        // a decimal number is what the message is about
        let is_likely = word.len() == COOKIE_LENGTH || word.bytes().any(|octet| octet.is_ascii_alphabetic());
        let is_value = word.len() >= SHORTEST_COOKIE && word.bytes().all(|octet| octet.is_ascii_hexdigit());
        word.contains("DSID=") || (is_value && is_likely)
    };
    let words = args.iter().filter_map(|word| word.to_str()).filter(is_secret);
    words.fold(text, |text, word| text.replace(word, "***"))
}

/// Hexadecimal digits of a DSID.
const COOKIE_LENGTH: usize = 32;
/// Half of one is still worth hiding.
const SHORTEST_COOKIE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misplaced_cookie_is_not_repeated() {
        let args = ["vpnc-cli", "gw.example", "DSID=0123", "0123456789abcdef"].map(OsString::from);
        let text = "unexpected DSID=0123 and 0123456789abcdef after gw.example".to_owned();
        assert_eq!(
            without_secrets(text, &args),
            "unexpected *** and *** after gw.example"
        );
    }

    #[test]
    fn a_closed_output_is_no_failure() {
        assert_eq!(quiet_when_closed(Err(io::ErrorKind::BrokenPipe.into())), Ok(()));
        let error = quiet_when_closed(Err(io::ErrorKind::StorageFull.into())).expect_err("a failure");
        assert_eq!(error.status, ExitStatus::Io);
    }
}
