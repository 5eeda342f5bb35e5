//! The command `profile`: what there is, what counts, and profiles made of other programs' files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::entry::{Entry, Fault, Value};
use super::file::{self, Named};
use super::merge::{Decided, VARIABLES};
use super::places::Places;
use super::secrets::is_secret_text;
use super::vocabulary::{Kind, Vocabulary};
use super::{Form, Layers, Profile, nm_keyfile, parse};
use crate::cli::args::{ConfigArgs, ImportArgs, ProfileCommand};
use crate::cli::environment::Environment;
use crate::error::{Clean, Error, plain_io};
use crate::exit::ExitStatus;

/// Carries out the command and gives what is to be printed.
pub fn run(
    command: &ProfileCommand,
    config: &ConfigArgs,
    environment: &Environment,
) -> Result<String, Error> {
    let places = Places::of(environment);
    match command {
        ProfileCommand::List => Ok(list(&places, environment)),
        ProfileCommand::Show { name } => show(name.as_deref(), config, &places, environment),
        ProfileCommand::Path { name } => Ok(path(name.as_deref(), &places)),
        ProfileCommand::Import(args) => import(args, &places),
    }
}

/// Name, gateway and file of each profile. One that cannot be read is listed with the reason.
fn list(places: &Places, environment: &Environment) -> String {
    let keys = Vocabulary::of_program();
    let mut rows = Vec::new();
    for (name, path) in places.profiles() {
        let server = match file::load(&path, Named::ByPlace, &keys, environment) {
            Ok(Some(loaded)) => {
                text_of(&loaded.entries, "server").unwrap_or_else(|| "(no server)".to_owned())
            }
            Ok(None) => continue,
            Err(error) => format!("({})", error.message),
        };
        rows.push((name, server));
    }
    let widest = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, server) in rows {
        text.push_str(&format!("{name:widest$}  {}\n", Clean(&server)));
    }
    text
}

fn text_of(entries: &[Entry], option: &str) -> Option<String> {
    let entry = entries.iter().find(|entry| entry.option == option)?;
    entry.texts().next().map(|text| text.expose().to_owned())
}

/// The settings that count for `connect`, as TOML.
fn show(
    name: Option<&str>,
    config: &ConfigArgs,
    places: &Places,
    environment: &Environment,
) -> Result<String, Error> {
    let name = name
        .or(config.profile.as_deref())
        .or_else(|| environment.text("VPNC_PROFILE"));
    let profile = name.map(|name| Profile {
        name: name.to_owned(),
        as_url: true,
    });
    let layers = Layers::load(profile, config.config.as_deref(), environment, places)?;
    let mut text = String::new();
    let mut decided = Decided::default();
    decided.and_environment(environment);
    for (option, variables) in VARIABLES.iter().filter(|(option, _)| *option != "verbose") {
        let set = variables
            .iter()
            .find_map(|name| Some((name, environment.text(name)?)));
        if let Some((variable, value)) = set {
            show_line(&mut text, &format!("{option} = {}", quoted(value)), variable);
        }
    }
    let keys = Vocabulary::of_program();
    for chosen in decided.choose(&layers.files, |_| true) {
        let Some(file) = layers.files.get(chosen.layer) else {
            continue;
        };
        let place = format!("{}:{}", file.path.display(), chosen.entry.at.line);
        show_line(&mut text, &setting(chosen.entry, &keys), &place);
    }
    Ok(text)
}

fn show_line(text: &mut String, setting: &str, source: &str) {
    text.push_str(&format!("{setting}  # {}\n", Clean(source)));
}

/// A setting as a line of TOML, secrets as stars.
fn setting(entry: &Entry, keys: &Vocabulary) -> String {
    let option = &entry.option;
    let kind = keys.find(option).map_or(Kind::Value, |(_, kind)| kind);
    let shown = |text: &str| match is_secret_text(option, text) {
        true => quoted("***"),
        false => quoted(text),
    };
    let value = match (&entry.value, kind) {
        (Value::Times(count), Kind::Count) => count.to_string(),
        (Value::Times(count), _) => (*count > 0).to_string(),
        (Value::Texts(texts), Kind::List) => {
            let texts: Vec<String> = texts.iter().map(|text| shown(text.expose())).collect();
            format!("[{}]", texts.join(", "))
        }
        (Value::Texts(texts), _) => texts.first().map(|text| shown(text.expose())).unwrap_or_default(),
    };
    format!("{option} = {value}")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn path(name: Option<&str>, places: &Places) -> String {
    match name {
        Some(name) => {
            let path = places.profile(name).unwrap_or_else(|| places.new_profile(name));
            format!("{}\n", path.display())
        }
        None => {
            let folders = places.folders();
            folders.map(|folder| format!("{}\n", folder.display())).collect()
        }
    }
}

/// What another program's file says, for a profile.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// Options and their values; `None` for one without a value.
    pub(super) settings: Vec<(String, Option<String>)>,
    /// What was left out, as comments.
    pub(super) remarks: Vec<String>,
}

fn import(args: &ImportArgs, places: &Places) -> Result<String, Error> {
    let text = read(&args.file)?;
    let is_connection = args.file.extension().is_some_and(|end| end == "nmconnection");
    let imported = match is_connection || text.trim_start().starts_with('[') {
        true => nm_keyfile::import(&text).map_err(|error| error.at(args.file.display().to_string()))?,
        false => option_file(&text, &args.file)?,
    };
    let profile = write_toml(imported);
    let Some(name) = &args.name else {
        return Ok(profile);
    };
    let path = places.new_profile(name);
    store(&path, &profile, args.force)?;
    Ok(format!("{}\n", path.display()))
}

fn option_file(text: &str, path: &Path) -> Result<Imported, Error> {
    let keys = Vocabulary::of_program();
    let entries = parse(text, Form::Options, &keys).map_err(|problem| file::at(path, problem))?;
    let mut imported = Imported::default();
    for entry in entries {
        match &entry.value {
            Value::Times(count) => {
                let given = (0..*count).map(|_| (entry.option.clone(), None));
                imported.settings.extend(given);
            }
            Value::Texts(texts) => {
                for text in texts {
                    imported.add(&entry.option, text.expose());
                }
            }
        }
    }
    Ok(imported)
}

impl Imported {
    /// Takes a setting over, unless it is a secret.
    pub(super) fn add(&mut self, option: &str, text: &str) {
        if is_secret_text(option, text) {
            self.remarks.push(format!("{option}: a secret, not taken over"));
        } else {
            self.settings.push((option.to_owned(), Some(text.to_owned())));
        }
    }
}

fn write_toml(imported: Imported) -> String {
    let keys = Vocabulary::of_program();
    let mut text = String::new();
    for remark in &imported.remarks {
        text.push_str(&format!("# {}\n", Clean(remark)));
    }
    let mut entries: Vec<(Entry, Kind)> = Vec::new();
    for (name, value) in imported.settings {
        let (option, kind) = match keys.find(&name) {
            Ok((option, kind)) => (option.to_owned(), kind),
            Err(fault @ (Fault::Password | Fault::NotInFile(_))) => {
                text.push_str(&format!("# {name}: {fault}\n"));
                continue;
            }
            Err(_) => {
                text.push_str(&format!("# {}: not known here\n", Clean(&name)));
                continue;
            }
        };
        let texts = value.into_iter().map(crate::secret::Secret::new);
        let known = entries.iter_mut().find(|(entry, _)| entry.option == option);
        match (known.map(|(entry, _)| &mut entry.value), kind) {
            (Some(Value::Texts(known)), Kind::List) => known.extend(texts),
            (Some(Value::Times(count)), Kind::Count) => *count = count.saturating_add(1),
            (Some(_), _) => {}
            (None, _) => {
                let value = match kind {
                    Kind::Flag | Kind::Count => Value::Times(1),
                    Kind::Value | Kind::List => Value::Texts(texts.collect()),
                };
                let at = super::entry::Position { line: 1, column: 1 };
                entries.push((Entry { option, value, at }, kind));
            }
        }
    }
    for (entry, _) in &entries {
        text.push_str(&format!("{}\n", setting(entry, &keys)));
    }
    text
}

fn read(path: &Path) -> Result<String, Error> {
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let mut octets = Vec::new();
    let read = File::options()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .and_then(|file| file.take(LIMIT + 1).read_to_end(&mut octets));
    let refused = |status, why: &str| {
        Error::new(status, format!("cannot read the file to import: {why}")).at(path.display().to_string())
    };
    let read = read.map_err(|error| refused(ExitStatus::NoInput, &plain_io(&error)))?;
    if read as u64 > LIMIT {
        return Err(refused(ExitStatus::BadData, "it has more than 64 KiB"));
    }
    String::from_utf8(octets).map_err(|_| refused(ExitStatus::BadData, "it is not UTF-8 text"))
}

/// Never half of a profile: it is written beside its place first.
fn store(path: &Path, text: &str, force: bool) -> Result<(), Error> {
    let refused = |error: &io::Error| {
        let message = format!("cannot write the profile: {}", plain_io(error));
        Error::new(ExitStatus::CannotCreate, message).at(path.display().to_string())
    };
    if !force && path.symlink_metadata().is_ok() {
        return Err(
            Error::new(ExitStatus::CannotCreate, "there is such a profile already")
                .at(path.display().to_string())
                .hint("--force to write over it, or another --name"),
        );
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(folder)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match force {
            true => fs::rename(&beside, path),
            // fails when somebody else was quicker
            false => fs::hard_link(&beside, path),
        }
    };
    let written = write().map_err(|error| refused(&error));
    // gone already after a rename
    drop(fs::remove_file(&beside));
    written
}

const LIMIT: u64 = 64 * 1024;
/// A profile names hosts and users.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o755;
