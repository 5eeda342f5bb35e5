//! The terminal front end: one run from arguments to exit status.

pub mod args;
mod background;
mod bug_report;
pub mod config;
mod connect;
pub mod console;
pub mod cookie;
pub mod environment;
pub mod gateway;
pub mod generate;
mod instance;
pub mod log;
pub mod login;
pub mod manual;
pub mod output;
pub mod personality;
mod pid_file;
pub mod private_file;
pub mod probe;
pub mod progress;
pub mod proxy;
pub mod secret_source;
mod service;
pub mod settings;
mod shell;
mod system_log;
pub mod token_file;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use self::args::{
    AuthArgs, Command, ConfigArgs, ConnectArgs, CookieArgs, LogoutArgs, MessageArgs, ProbeArgs, ProfileArgs,
    ReachArgs, ResultFormat, SignInArgs,
};
use self::config::places::Places;
use self::config::{Refusal, Understood};
use self::console::Console;
use self::environment::Environment;
use self::personality::{Personality, Request};
use self::progress::Progress;
use self::settings::Dump;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege::{self, scrub};
use crate::platform::standard_output;
use crate::secret::Secret;

/// Runs the program: arguments as the system hands them over, the program's name first.
///
/// Must be called while the process has one thread, because it takes secrets out of the environment and
/// marks descriptors.
pub fn run(args: impl Iterator<Item = OsString>) -> ExitStatus {
    privilege::keep_descriptors_from_children();
    let environment = Environment::take();
    let args: Vec<OsString> = args.collect();
    let personality = Personality::of(args.first());
    personality.status(match personality {
        Personality::Native => run_native(args, &environment),
        Personality::OpenConnect => run_as_openconnect(&args, &environment),
    })
}

fn run_native(args: Vec<OsString>, environment: &Environment) -> ExitStatus {
    let places = Places::of(environment);
    match config::understand(args.clone(), environment, &places) {
        Ok(understood) => execute(&understood, environment),
        Err(refusal) => print_refusal(&refusal, &args, wants_objects(&args)),
    }
}

fn run_as_openconnect(args: &[OsString], environment: &Environment) -> ExitStatus {
    let native = match personality::translate(args) {
        Ok(Request::Run(native)) => native,
        Ok(Request::Print(text, status)) => {
            return print(text.as_bytes()).map_or_else(|error| refuse(&error, false), |()| status);
        }
        Err(error) => return refuse(&error, false),
    };
    match config::understand(native, environment, &Places::default()) {
        Ok(mut understood) => {
            understood.cli.messages.like_openconnect = Some(understood.cli.command.prints_result());
            execute(&understood, environment)
        }
        Err(refusal) => print_refusal(&refusal, args, false),
    }
}

fn print_refusal(refusal: &Refusal, args: &[OsString], object: bool) -> ExitStatus {
    match refusal {
        Refusal::Answer(answer) => print_answer(answer, args),
        Refusal::Error(error) => refuse(error, object),
    }
}

fn execute(Understood { cli, files }: &Understood, environment: &Environment) -> ExitStatus {
    let console = match Console::open(&cli.messages, environment) {
        Ok(console) => console,
        Err(error) => return refuse(&error, cli.messages.json),
    };
    log::install(&console, &cli.messages, environment);
    for file in files {
        tracing::debug!("settings of {} were read", file.display());
    }
    let result = match &cli.command {
        Command::Connect(args) => connect(args, &cli.messages, environment, &console),
        Command::Auth(args) => auth_command(args, &cli.messages, environment, &console),
        Command::Probe(args) => probe(args, &cli.messages, environment, &console),
        Command::Status(args) => return ended(instance::status(args, cli.messages.json), &console),
        Command::Events(args) => return ended(instance::events(args), &console),
        Command::Disconnect(args) => return ended(instance::disconnect(args), &console),
        Command::Reconnect(args) => return ended(instance::reconnect(args), &console),
        Command::Logout(args) => logout(args, environment, &console),
        Command::BugReport(args) => bug_report::run(args, environment),
        Command::Profile(args) => profile(args, &cli.config, environment),
        Command::Completions(args) => print(&generate::completion(args.shell)),
        Command::Man(args) => generate::write_files(args),
    };
    ended(result.map(|()| ExitStatus::Success), &console)
}

fn ended(result: Result<ExitStatus, Error>, console: &Console) -> ExitStatus {
    result.unwrap_or_else(|error| {
        console.error(&error);
        error.status
    })
}

/// An error before there is a console.
fn refuse(error: &Error, object: bool) -> ExitStatus {
    let text = match object {
        true => console::error_object(error).to_string(),
        false => error.to_string(),
    };
    drop(writeln!(io::stderr(), "{text}"));
    error.status
}

/// For what is wrong with a command line that could not be read as a whole.
fn wants_objects(args: &[OsString]) -> bool {
    let mut options = args.iter().take_while(|word| *word != "--");
    options.any(|word| word == "--json")
}

fn connect(
    args: &ConnectArgs,
    messages: &MessageArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Error> {
    if args.instead.authenticate || args.instead.cookieonly {
        let wanted = wanted(args.instead.cookieonly, ResultFormat::Shell, messages)?;
        return auth(&args.sign_in(), wanted, messages, environment, console);
    }
    hide_arguments(Some(&args.cookie), &args.reach, Some(&args.sign_in()));
    if args.instead.printcookie {
        demand_objects_unwanted("--printcookie", messages)?;
        demand_output()?;
    }
    let mut settings = settings::connect(args, environment)?;
    settings.interactive &= !messages.json;
    if let Some(login) = &mut settings.login {
        login.dump = Dump::of(messages);
        login.interactive &= !messages.json;
    }
    connect::take_rights(&settings)?;
    let report = match settings.process.background {
        true => {
            console.keep_still();
            Some(background::divide(settings.runs_commands())?)
        }
        false => None,
    };
    let (settings, separated) = connect::separate(settings)?;
    block_on(connect::connect(
        settings,
        separated,
        environment,
        Progress::new(console.clone()),
        report,
    ))
}

fn auth_command(
    args: &AuthArgs,
    messages: &MessageArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Error> {
    let wanted = wanted(args.result.cookieonly, args.result.format, messages)?;
    auth(&args.sign_in(), wanted, messages, environment, console)
}

/// What a sign-in alone prints.
#[derive(Clone, Copy)]
enum Wanted {
    Cookie,
    Result(ResultFormat),
}

fn wanted(cookie_only: bool, format: ResultFormat, messages: &MessageArgs) -> Result<Wanted, Error> {
    match (cookie_only, messages.json) {
        (true, _) => demand_objects_unwanted("--cookieonly", messages).map(|()| Wanted::Cookie),
        (false, true) => Ok(Wanted::Result(ResultFormat::Json)),
        (false, false) => Ok(Wanted::Result(format)),
    }
}

/// With `--json` nothing but objects goes to standard output.
fn demand_objects_unwanted(option: &str, messages: &MessageArgs) -> Result<(), Error> {
    match messages.json {
        true => Err(Error::new(
            ExitStatus::Usage,
            format!("{option} prints a line that is no JSON object, which --json forbids"),
        )
        .hint("leave one of them out; auth --json prints the cookie in an object")),
        false => Ok(()),
    }
}

fn auth(
    args: &SignInArgs<'_>,
    wanted: Wanted,
    messages: &MessageArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Error> {
    hide_arguments(None, args.reach, Some(args));
    demand_output()?;
    let mut settings = settings::auth(args, environment)?;
    settings.dump = Dump::of(messages);
    settings.interactive &= !messages.json;
    let signed_in = block_on(connect::sign_in(
        settings,
        environment,
        Progress::new(console.clone()),
    ))?;
    let result = match wanted {
        Wanted::Cookie => output::cookie_line(&signed_in)?,
        Wanted::Result(format) => output::result(&signed_in, format)?,
    };
    write_result(result.expose().as_bytes())
}

fn probe(
    args: &ProbeArgs,
    messages: &MessageArgs,
    environment: &Environment,
    console: &Console,
) -> Result<(), Error> {
    hide_arguments(None, &args.reach, None);
    demand_output()?;
    let mut settings = settings::probe(args, environment)?;
    settings.dump = Dump::of(messages);
    let report = block_on(connect::probe(settings, Progress::new(console.clone())))?;
    let text = match messages.json {
        true => probe::json(&report)?,
        false => probe::text(&report),
    };
    print(text.as_bytes())
}

fn logout(args: &LogoutArgs, environment: &Environment, console: &Console) -> Result<(), Error> {
    hide_arguments(Some(&args.cookie), &args.reach, None);
    let settings = settings::logout(args, environment)?;
    block_on(connect::log_out(settings, Progress::new(console.clone())))
}

fn profile(args: &ProfileArgs, config: &ConfigArgs, environment: &Environment) -> Result<(), Error> {
    let text = config::profile::run(&args.command, config, environment)?;
    print(text.as_bytes())
}

/// One thread for everything: signals, scripts and dropped rights stay simple.
fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
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
fn hide_arguments(cookie: Option<&CookieArgs>, reach: &ReachArgs, sign_in: Option<&SignInArgs<'_>>) {
    let cookie = cookie.and_then(|args| args.cookie.as_ref());
    let proxy = reach.proxy.as_deref().filter(|url| url.contains('@'));
    let login = sign_in.map(|args| args.login);
    let entries = login.into_iter().flat_map(|login| &login.form_entry);
    // the value only: FORM:FIELD= stays readable
    let entries = entries.map(|entry| {
        entry
            .expose()
            .split_once('=')
            .map_or(entry.expose(), |(_, value)| value)
    });
    let keys = login
        .into_iter()
        .flat_map(|login| login.token_secret.iter().chain(&login.key_password));
    let unused = sign_in.and_then(|args| args.ignored.secret());
    let secrets = cookie.into_iter().chain(keys).chain(unused).map(Secret::expose);
    let secrets: Vec<&[u8]> = secrets.chain(proxy).chain(entries).map(str::as_bytes).collect();
    scrub(&secrets);
}

/// Refuses to begin what ends in a result that nobody could get.
fn demand_output() -> Result<(), Error> {
    match standard_output::was_closed() {
        true => Err(Error::new(
            ExitStatus::Io,
            "standard output is closed and the result goes there",
        )
        .hint("leave out >&-, or > FILE")),
        false => Ok(()),
    }
}

/// Writes a secret result to standard output, whole. One that nobody read is a failure: the login is lost.
fn write_result(result: &[u8]) -> Result<(), Error> {
    let mut output = io::stdout().lock();
    output
        .write_all(result)
        .and_then(|()| output.flush())
        .map_err(|error| {
            Error::new(
                ExitStatus::Io,
                format!("cannot write to standard output: {}", plain_io(&error)),
            )
        })
}

/// Writes a result to standard output, whole.
fn print(result: &[u8]) -> Result<(), Error> {
    demand_output()?;
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
    if wants_objects(args) {
        let text = without_secrets(text.to_string(), args);
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        return refuse(&Error::new(ExitStatus::Usage, message), true);
    }
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
