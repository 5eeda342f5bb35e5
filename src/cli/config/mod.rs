//! Configuration files and profiles: their settings become words of the command line, which clap reads like any other.
//!
//! So there is one definition of every option. A word of a file stands before those the user typed, and is left out
//! when something higher up decides its option. The words exist in memory only.

pub mod entry;
pub mod file;
mod merge;
mod nm_keyfile;
mod option_file;
pub mod places;
pub mod profile;
mod secrets;
mod toml_file;
pub mod vocabulary;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, CommandFactory as _};

use self::entry::{Entry, Fault, Problem};
use self::file::{Loaded, Named};
use self::merge::{Chosen, Decided};
use self::places::Places;
use self::vocabulary::{Vocabulary, has_server};
use super::args::{self, Cli, ServerArgs};
use super::environment::Environment;
use crate::error::Error;
use crate::exit::ExitStatus;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// TOML.
    Toml,
    /// An option in a line, as OpenConnect has it.
    Options,
}

impl Form {
    /// By the end of the name.
    pub fn of(path: &Path) -> Self {
        match path.extension() {
            Some(end) if end == "toml" => Self::Toml,
            _ => Self::Options,
        }
    }
}

/// Reads the settings of a file.
pub fn parse(text: &str, form: Form, keys: &Vocabulary) -> Result<Vec<Entry>, Problem> {
    match form {
        Form::Toml => toml_file::parse(text, keys),
        Form::Options => option_file::parse(text, keys),
    }
}

/// A command line with what the files say.
#[derive(Debug)]
pub struct Understood {
    /// All settings.
    pub cli: Cli,
    /// Files that were read, highest first.
    pub files: Vec<PathBuf>,
}

/// Why there is no command to carry out.
#[derive(Debug)]
pub enum Refusal {
    /// Clap has something to say: help, or what is wrong with the command line.
    Answer(clap::Error),
    /// Something is wrong with a file.
    Error(Error),
}

impl From<clap::Error> for Refusal {
    fn from(answer: clap::Error) -> Self {
        Self::Answer(answer)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Understands the command line, the program's name included, and the files that go with it.
pub fn understand(
    args: Vec<OsString>,
    environment: &Environment,
    places: &Places,
) -> Result<Understood, Refusal> {
    let mut program = Cli::command();
    program.build();
    let args = args::with_command(args);
    let alone = match args::parse(args.iter().cloned()) {
        // what is missing may stand in a file
        Err(answer) if answer.kind() != ErrorKind::MissingRequiredArgument => return Err(answer.into()),
        outcome => outcome,
    };
    let given = Cli::command().ignore_errors(true).try_get_matches_from(&args)?;
    let command = given
        .subcommand()
        .and_then(|(name, given)| Some((program.find_subcommand(name)?, given)))
        .filter(|(command, _)| has_server(command));
    let Some((command, given)) = command else {
        return Ok(Understood {
            cli: alone?,
            files: Vec::new(),
        });
    };
    Merge {
        args: &args,
        command,
        given,
        environment,
        places,
    }
    .understand(alone)
}

/// The files that count, highest first, and what chose the profile.
#[derive(Debug)]
pub struct Layers {
    /// What they say.
    pub files: Vec<Loaded>,
    /// The profile; its file is the first.
    pub profile: Option<Profile>,
}

/// A profile that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its name stands in place of the URL.
    pub as_url: bool,
}

impl Layers {
    /// Reads them.
    pub fn load(
        profile: Option<Profile>,
        config: Option<&Path>,
        environment: &Environment,
        places: &Places,
    ) -> Result<Self, Error> {
        let keys = Vocabulary::of_program();
        let mut files = Vec::new();
        if let Some(profile) = &profile {
            let path = places
                .profile(&profile.name)
                .ok_or_else(|| no_profile(&profile.name, places))?;
            files.extend(file::load(&path, Named::ByPlace, &keys, environment)?);
        }
        match (config, &places.user) {
            // in the place of the user's own
            (Some(path), _) => files.extend(file::load(path, Named::ByUser, &keys, environment)?),
            (None, Some(folder)) => {
                let path = Places::settings(folder);
                files.extend(file::load(&path, Named::ByPlace, &keys, environment)?);
            }
            (None, None) => {}
        }
        if let Some(folder) = &places.system {
            let path = Places::settings(folder);
            files.extend(file::load(&path, Named::ByPlace, &keys, environment)?);
        }
        Ok(Self { files, profile })
    }
}

/// The error for a profile that is nowhere.
pub fn no_profile(name: &str, places: &Places) -> Error {
    let known = places.profiles();
    let likeness = |known: &&String| strsim::jaro_winkler(known, name);
    let nearest = known
        .keys()
        .max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let looked: Vec<String> = places
        .profile_files(name)
        .map(|path| path.display().to_string())
        .collect();
    let mut error = Error::new(ExitStatus::NoInput, format!("there is no profile {name:?}"));
    if !looked.is_empty() {
        error = error.at(looked.join(", "));
    }
    match nearest {
        Some(nearest) => error.hint(format!("{nearest} instead; vpnc-cli profile list shows all")),
        None => error.hint(format!("vpnc-cli profile import FILE --name {name}")),
    }
}

struct Merge<'a> {
    /// The command's name among them.
    args: &'a [OsString],
    command: &'a Command,
    given: &'a ArgMatches,
    environment: &'a Environment,
    places: &'a Places,
}

impl Merge<'_> {
    fn understand(&self, alone: Result<Cli, clap::Error>) -> Result<Understood, Refusal> {
        let config = self.text::<PathBuf>("config").map(PathBuf::as_path);
        let layers = Layers::load(self.profile(), config, self.environment, self.places)?;
        for file in &layers.files {
            self.check(file)?;
        }
        let mut decided = Decided::by_options(self.command, self.given);
        decided.and_environment(self.environment);
        let fits = |option: &str| self.has(option);
        let chosen = decided.choose(&layers.files, fits);
        let mut words: Vec<String> = chosen
            .iter()
            .filter(|chosen| chosen.entry.option != SERVER)
            .flat_map(|chosen| chosen.entry.words())
            .collect();
        if let Some(profile) = layers
            .profile
            .as_ref()
            .filter(|_| self.has(NAME) && !decided.has(NAME))
        {
            words.push(format!("--{NAME}={}", profile.name));
        }
        let files: Vec<PathBuf> = layers.files.iter().map(|file| file.path.clone()).collect();
        let mut cli = match (args::parse(self.with(words)), alone) {
            (Ok(cli), _) => cli,
            (Err(_), Err(answer)) => return Err(answer.into()),
            (Err(answer), Ok(_)) => return Err(disagreement(&answer, &files).into()),
        };
        self.set_server(&mut cli, &layers, &chosen)?;
        let from_file = |option: &str| chosen.iter().any(|chosen| chosen.entry.option == option);
        cli.command.mark_private(from_file);
        Ok(Understood { cli, files })
    }

    /// The option beats the name in place of a URL, which beats the environment.
    fn profile(&self) -> Option<Profile> {
        if let Some(name) = self.text::<String>("profile") {
            return Some(Profile {
                name: name.clone(),
                as_url: false,
            });
        }
        let url = self.text::<String>("url").or_else(|| self.text(SERVER));
        if let Some(name) = url.filter(|name| self.places.profile(name).is_some()) {
            return Some(Profile {
                name: name.clone(),
                as_url: true,
            });
        }
        self.places.folders().next()?;
        let name = self.environment.text("VPNC_PROFILE")?.to_owned();
        Some(Profile { name, as_url: false })
    }

    fn text<T: Clone + Send + Sync + 'static>(&self, id: &str) -> Option<&T> {
        self.given.try_get_one(id).ok().flatten()
    }

    fn has(&self, option: &str) -> bool {
        self.command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(option))
    }

    /// Finds the setting whose value cannot be used.
    fn check(&self, file: &Loaded) -> Result<(), Error> {
        let fitting = || file.entries.iter().filter(|entry| self.has(&entry.option));
        if self.refusal(fitting()).is_none() {
            return Ok(());
        }
        for entry in fitting() {
            if let Some(answer) = self.refusal([entry].into_iter()) {
                let fault = Fault::Refused(gist(&answer));
                return Err(file::at(&file.path, Problem { at: entry.at, fault }));
            }
        }
        Ok(())
    }

    /// What clap says about settings, apart from what goes together with what.
    fn refusal<'e>(&self, entries: impl Iterator<Item = &'e Entry>) -> Option<clap::Error> {
        let words = entries.flat_map(Entry::words).map(OsString::from);
        let head = [OsString::new(), self.command.get_name().into()];
        let answer = args::parse(head.into_iter().chain(words)).err()?;
        let of_many = [ErrorKind::ArgumentConflict, ErrorKind::MissingRequiredArgument];
        (!of_many.contains(&answer.kind())).then_some(answer)
    }

    /// The command line with these words behind the command.
    fn with(&self, words: Vec<String>) -> impl Iterator<Item = OsString> {
        let place = args::place_of_command(self.args) + 1;
        let (before, after) = self.args.split_at(place.min(self.args.len()));
        let words = words.into_iter().map(OsString::from);
        before.iter().cloned().chain(words).chain(after.iter().cloned())
    }

    fn set_server(&self, cli: &mut Cli, layers: &Layers, chosen: &[Chosen<'_>]) -> Result<(), Error> {
        let Some(server) = cli.command.server_mut() else {
            return Ok(());
        };
        let entry = match (&layers.profile, layers.files.first()) {
            (Some(Profile { name, as_url: true }), Some(file)) => {
                let entry = file.entries.iter().find(|entry| entry.option == SERVER);
                Some(entry.ok_or_else(|| {
                    Error::new(
                        ExitStatus::Config,
                        format!("{}: the profile {name} names no server", file.path.display()),
                    )
                    .hint("server = \"https://vpn.example.com/\" in it, or --profile and a URL")
                })?)
            }
            _ => chosen
                .iter()
                .find(|chosen| chosen.entry.option == SERVER)
                .map(|chosen| chosen.entry),
        };
        if let Some(url) = entry.and_then(|entry| entry.texts().next()) {
            *server = ServerArgs {
                url: Some(url.expose().to_owned()),
                server: None,
            };
        }
        Ok(())
    }
}

fn disagreement(answer: &clap::Error, files: &[PathBuf]) -> Error {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    Error::new(ExitStatus::Config, gist(answer)).at(names.join(", "))
}

/// The sentence of what clap says.
fn gist(answer: &clap::Error) -> String {
    let text = answer.to_string();
    let first = text.lines().next().unwrap_or_default();
    first.strip_prefix("error: ").unwrap_or(first).to_owned()
}

const SERVER: &str = "server";
const NAME: &str = "name";

#[cfg(test)]
mod tests;
