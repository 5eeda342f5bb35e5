//! The log: which events are shown, and how they look.

use std::fmt::{self, Write};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::args::MessageArgs;
use super::console::{self, Console, Label};
use super::environment::Environment;
use crate::error::Clean;
use crate::net::dump;

/// Sends all events to the console. Only the first call in a process counts.
pub fn install(console: &Console, args: &MessageArgs, environment: &Environment) {
    let (targets, problem) = targets(args, environment.text("VPNC_LOG"));
    let layer = Lines(console.clone()).with_filter(targets);
    if tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).is_err() {
        return;
    }
    if let Some(problem) = problem {
        tracing::warn!("VPNC_LOG is ignored: {problem}");
    }
    if args.dump_secrets {
        console.print(
            Label::Alarm,
            "--dump-secrets shows passwords, codes and cookies: never pass these messages on",
        );
    }
}

/// `-v` and `-q` win over the variable.
fn targets(args: &MessageArgs, variable: Option<&str>) -> (Targets, Option<ParseError>) {
    let chosen = by_options(args);
    match variable {
        Some(text) if !args.quiet && args.verbosity() == 0 => match by_variable(text) {
            Ok(targets) => (targets, None),
            Err(problem) => (chosen, Some(problem)),
        },
        _ => (chosen, None),
    }
}

/// Other crates stay one step quieter than we. A dump that was asked for is shown whatever else is not.
fn by_options(args: &MessageArgs) -> Targets {
    let (ours, others) = match (args.quiet, args.verbosity()) {
        (true, _) => (LevelFilter::ERROR, LevelFilter::ERROR),
        (false, 0) => (LevelFilter::INFO, LevelFilter::WARN),
        (false, 1) => (LevelFilter::DEBUG, LevelFilter::INFO),
        (false, _) => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    let targets = Targets::new().with_default(others).with_target(CRATE, ours);
    match args.dump_http_traffic {
        true => targets.with_target(dump::TARGET, LevelFilter::DEBUG),
        false => targets,
    }
}

/// `esp=trace` means our module of that name, and a crate of that name as well.
fn by_variable(text: &str) -> Result<Targets, ParseError> {
    let directives: Vec<String> = text
        .split(',')
        .map(str::trim)
        .filter(|directive| !directive.is_empty())
        .map(
            |directive| match directive.contains('=') && !directive.starts_with(CRATE) {
                true => format!("{CRATE}::{directive},{directive}"),
                false => directive.to_owned(),
            },
        )
        .collect();
    directives.join(",").parse()
}

/// One line on the console for each event.
struct Lines(Console);

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (label, text) = line(event);
        self.0.print_or(label, &text, || object(label, event));
    }
}

fn line(event: &Event<'_>) -> (Label, String) {
    let metadata = event.metadata();
    let mut text = Text::default();
    event.record(&mut text);
    let text = format!("{}{}", text.message, text.fields);
    match *metadata.level() {
        Level::ERROR => (Label::Error, text),
        Level::WARN => (Label::Warning, text),
        Level::INFO => (Label::Plain, text),
        Level::DEBUG | Level::TRACE => (Label::Debug, format!("{}: {text}", short(metadata.target()))),
    }
}

/// The same for programs: fields stand for themselves.
fn object(label: Label, event: &Event<'_>) -> Value {
    let mut text = Text::default();
    event.record(&mut text);
    let mut object = console::message_object(label, &text.message);
    if let Value::Object(members) = &mut object {
        members.insert("target".to_owned(), short(event.metadata().target()).into());
        if !text.members.is_empty() {
            members.insert("fields".to_owned(), Value::Object(text.members));
        }
    }
    object
}

/// `vpnc_cli::net::driver` → `net::driver`.
fn short(target: &str) -> &str {
    let ours = target
        .strip_prefix(CRATE)
        .and_then(|rest| rest.strip_prefix("::"));
    ours.unwrap_or(target)
}

/// Message and fields of an event, without control characters: both may hold what the gateway sent.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    members: Map<String, Value>,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        if field.name() != "message" {
            let text = Clean(&value).to_string();
            self.members.insert(field.name().to_owned(), text.into());
        }
        // Writing into a string cannot fail.
        let _: fmt::Result = match field.name() {
            "message" => write!(self.message, "{}", Clean(&value)),
            name => write!(self.fields, " {name}={}", Clean(&value)),
        };
    }
}

/// What the targets of our own events begin with.
const CRATE: &str = "vpnc_cli";

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn chosen(quiet: bool, verbose: u8, variable: Option<&str>) -> Targets {
        let args = MessageArgs {
            quiet,
            verbose,
            ..MessageArgs::default()
        };
        targets(&args, variable).0
    }

    #[test]
    fn options_choose_the_level() {
        let table = [
            (true, 0, Level::ERROR, Level::WARN),
            (false, 0, Level::INFO, Level::DEBUG),
            (false, 1, Level::DEBUG, Level::TRACE),
        ];
        for (quiet, verbose, shown, hidden) in table {
            let targets = chosen(quiet, verbose, None);
            assert!(targets.would_enable("vpnc_cli::esp", &shown), "{shown}");
            assert!(!targets.would_enable("vpnc_cli::esp", &hidden), "{hidden}");
        }
        assert!(chosen(false, 2, None).would_enable("vpnc_cli::esp", &Level::TRACE));
        assert!(!chosen(false, 0, None).would_enable("rustls", &Level::INFO));
    }

    #[test]
    fn a_dump_is_shown_when_it_is_asked_for() {
        for quiet in [false, true] {
            let args = |dump_http_traffic| MessageArgs {
                quiet,
                dump_http_traffic,
                ..MessageArgs::default()
            };
            assert!(by_options(&args(true)).would_enable("http", &Level::DEBUG));
            assert!(!by_options(&args(false)).would_enable("http", &Level::DEBUG));
        }
    }

    #[test]
    fn the_variable_knows_short_names() {
        let targets = chosen(false, 0, Some("warn, esp=trace,vpnc_cli::net=debug,rustls=info"));
        assert!(targets.would_enable("vpnc_cli::esp::sa", &Level::TRACE));
        assert!(targets.would_enable("vpnc_cli::net::driver", &Level::DEBUG));
        assert!(targets.would_enable("rustls::client", &Level::INFO));
        assert!(!targets.would_enable("vpnc_cli::cli", &Level::INFO));
    }

    #[test]
    fn options_win_over_the_variable() {
        assert!(!chosen(true, 0, Some("trace")).would_enable("vpnc_cli", &Level::WARN));
        assert!(!chosen(false, 1, Some("trace")).would_enable("vpnc_cli", &Level::TRACE));
    }

    #[test]
    fn a_broken_variable_is_reported_and_ignored() {
        let (targets, problem) = targets(&MessageArgs::default(), Some("esp=loud"));
        assert!(problem.is_some());
        assert!(targets.would_enable("vpnc_cli", &Level::INFO));
    }

    /// Keeps the lines instead of printing them.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Collected(Arc<Mutex<Vec<(Label, String)>>>);

    impl<S: Subscriber> Layer<S> for Collected {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.lock().expect("not poisoned").push(line(event));
        }
    }

    impl Collected {
        pub(in crate::cli) fn texts(&self) -> Vec<String> {
            let lines = self.0.lock().expect("not poisoned");
            lines.iter().map(|(_, text)| text.clone()).collect()
        }
    }

    #[test]
    fn lines_show_fields_and_no_control_characters() {
        let collected = Collected::default();
        let subscriber = tracing_subscriber::registry().with(collected.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(address = %"192.0.2.1", "tunnel is up");
            tracing::warn!("gateway says {}", "a\x1b[2Jb\n");
            tracing::debug!(target: "vpnc_cli::esp", spi = 7, name = "x\ty", "new keys");
        });
        let lines = collected.0.lock().expect("not poisoned");
        let expected = [
            (Label::Plain, "tunnel is up address=192.0.2.1"),
            (Label::Warning, "gateway says a?[2Jb?"),
            (Label::Debug, "esp: new keys spi=7 name=x?y"),
        ];
        let expected: Vec<_> = expected.map(|(label, text)| (label, text.to_owned())).into();
        assert_eq!(*lines, expected);
    }
}
