//! The keys of a configuration file: the long options of the commands that meet a gateway.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::entry::Fault;
use crate::cli::args::Cli;

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Flag,
    /// Nothing, but it may be repeated.
    Count,
    /// One value.
    Value,
    /// One value, and it may be repeated.
    List,
}

/// All keys.
#[derive(Debug, Clone)]
pub struct Vocabulary(BTreeMap<String, Key>);

#[derive(Debug, Clone)]
struct Key {
    /// The option's own name when this one is another for it.
    option: String,
    kind: Kind,
}

impl Vocabulary {
    /// That of this program.
    pub fn of_program() -> Self {
        let mut program = Cli::command();
        program.build();
        let mut keys = BTreeMap::new();
        let commands = program.get_subcommands().filter(|command| has_server(command));
        for arg in commands.flat_map(Command::get_arguments) {
            add(&mut keys, arg);
        }
        for (word, option) in SYNONYMS {
            if let Some(key) = keys.get(*option).cloned() {
                keys.insert((*word).to_owned(), key);
            }
        }
        Self(keys)
    }

    /// The option a key stands for.
    pub fn find(&self, key: &str) -> Result<(&str, Kind), Fault> {
        if PASSWORDS.contains(&key) {
            return Err(Fault::Password);
        }
        if COMMAND_LINE_ONLY.contains(&key) {
            return Err(Fault::NotInFile(key.to_owned()));
        }
        match self.0.get(key) {
            Some(key) => Ok((&key.option, key.kind)),
            None => Err(Fault::UnknownKey {
                key: key.to_owned(),
                nearest: self.nearest(key),
            }),
        }
    }

    /// True for a key.
    pub fn knows(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The key most like a word, when it is much like it.
    fn nearest(&self, word: &str) -> Option<String> {
        let word: String = word.chars().take(MAX_WORD).collect();
        let plain = word.replace('_', "-").to_lowercase();
        let likeness = |key: &String| strsim::jaro_winkler(key, &plain);
        let keys = self.0.keys().map(|key| (likeness(key), key));
        let (likeness, key) = keys.max_by(|one, other| one.0.total_cmp(&other.0))?;
        (likeness >= ALIKE).then(|| key.clone())
    }
}

/// True for a command that meets a gateway.
pub(super) fn has_server(command: &Command) -> bool {
    command
        .get_arguments()
        .any(|arg| arg.get_long() == Some("server"))
}

fn add(keys: &mut BTreeMap<String, Key>, arg: &Arg) {
    let (Some(long), Some(kind)) = (arg.get_long(), kind(arg)) else {
        return;
    };
    if COMMAND_LINE_ONLY.contains(&long) {
        return;
    }
    let names = arg.get_all_aliases().into_iter().flatten().chain([long]);
    for name in names {
        keys.entry(name.to_owned()).or_insert_with(|| Key {
            option: long.to_owned(),
            kind,
        });
    }
}

/// `None` for help and version.
fn kind(arg: &Arg) -> Option<Kind> {
    let kinds = [
        (ArgAction::SetTrue, Kind::Flag),
        (ArgAction::Count, Kind::Count),
        (ArgAction::Set, Kind::Value),
        (ArgAction::Append, Kind::List),
    ];
    let same =
        |action: &ArgAction| std::mem::discriminant(action) == std::mem::discriminant(arg.get_action());
    kinds
        .into_iter()
        .find_map(|(action, kind)| same(&action).then_some(kind))
}

/// Names that read better in a file.
const SYNONYMS: &[(&str, &str)] = &[
    ("password-file", "passwd-file"),
    ("password-command", "passwd-command"),
];

/// What people try first.
const PASSWORDS: &[&str] = &["password", "passwd", "pass"];

/// Options that choose files, or do something else than the command says.
const COMMAND_LINE_ONLY: &[&str] = &[
    "config",
    "profile",
    "authenticate",
    "cookieonly",
    "printcookie",
    "json",
    "help",
    "version",
];

/// Below that a proposal is more puzzling than none.
const ALIKE: f64 = 0.8;
/// Longer words are like nothing.
const MAX_WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_options_and_their_aliases() {
        let keys = Vocabulary::of_program();
        for (key, option, kind) in [
            ("user", "user", Kind::Value),
            ("servercert", "servercert", Kind::List),
            ("no-dtls", "no-esp", Kind::Flag),
            ("verbose", "verbose", Kind::Count),
            ("password-file", "passwd-file", Kind::Value),
            ("passwd-command", "passwd-command", Kind::Value),
            ("format", "format", Kind::Value),
            ("no-xmlpost", "no-xmlpost", Kind::Flag),
        ] {
            assert_eq!(keys.find(key), Ok((option, kind)), "{key}");
        }
    }

    #[test]
    fn what_is_no_key_is_explained() {
        let keys = Vocabulary::of_program();
        assert_eq!(keys.find("password"), Err(Fault::Password));
        assert_eq!(keys.find("config"), Err(Fault::NotInFile("config".to_owned())));
        for (word, expected) in [
            ("reaml", Some("realm")),
            ("token_secret", Some("token-secret")),
            ("Server", Some("server")),
            ("xyzzy", None),
        ] {
            let Err(Fault::UnknownKey { nearest, .. }) = keys.find(word) else {
                panic!("{word} is a key");
            };
            assert_eq!(nearest.as_deref(), expected, "{word}");
        }
    }
}
