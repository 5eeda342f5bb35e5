//! The word `connect` may be left out: an option or a gateway in its place means it.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Puts `connect` behind the program's name when neither a command nor a request for help or version stands there.
pub(super) fn insert_connect(command: &Command, mut args: Vec<OsString>) -> Vec<OsString> {
    if means_connect(command, args.get(1..).unwrap_or_default()) {
        args.insert(1, "connect".into());
    }
    args
}

fn means_connect(command: &Command, args: &[OsString]) -> bool {
    let Some(first) = first_word(command, args) else {
        return false;
    };
    match first {
        "-h" | "-V" => false,
        _ if is_abbreviation(first, "--help") || is_abbreviation(first, "--version") => false,
        _ if first.starts_with('-') => true,
        _ if command.get_subcommands().any(|known| answers_to(known, first)) => false,
        _ => is_host(first),
    }
}

/// Where the command's name stands, the program's own name included in the count.
pub(super) fn place_of_command(command: &Command, args: &[OsString]) -> usize {
    let rest = args.get(1..).unwrap_or_default();
    first_place(command, rest).map_or(args.len(), |place| place + 1)
}

/// The first argument that is neither a global option nor the value of one.
fn first_word<'a>(command: &Command, args: &'a [OsString]) -> Option<&'a str> {
    args.get(first_place(command, args)?)?.to_str()
}

fn first_place(command: &Command, args: &[OsString]) -> Option<usize> {
    let mut args = args.iter().enumerate();
    loop {
        let (place, word) = args.next()?;
        let word = word.to_str()?;
        match global(command, word) {
            None => return Some(place),
            Some(option) if option.get_action().takes_values() && !carries_value(word) => {
                args.next();
            }
            Some(_) => {}
        }
    }
}

/// The global option a word stands for.
fn global<'a>(command: &'a Command, word: &str) -> Option<&'a Arg> {
    let matches = |option: &&Arg| match word.strip_prefix("--") {
        Some("") => false,
        Some(_) => option
            .get_long()
            .is_some_and(|long| is_abbreviation(word, &format!("--{long}"))),
        None => short_cluster(word, option),
    };
    command
        .get_arguments()
        .filter(|option| option.is_global_set())
        .find(matches)
}

/// `-v`, `-vv`: a word made of one short option only.
fn short_cluster(word: &str, option: &Arg) -> bool {
    let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
        return false;
    };
    letters.chars().all(|letter| option.get_short() == Some(letter))
}

fn carries_value(word: &str) -> bool {
    word.contains('=')
}

/// At least three letters, so that `--ver` is left to clap, which knows that it could mean two things.
fn is_abbreviation(word: &str, long: &str) -> bool {
    let name = word.split('=').next().unwrap_or(word);
    name.len() >= "--abc".len() && long.starts_with(name)
}

fn answers_to(command: &Command, name: &str) -> bool {
    command.get_name() == name || command.get_all_aliases().any(|alias| alias == name)
}

/// A lone word without any of these is taken for a mistyped command, which clap explains.
fn is_host(word: &str) -> bool {
    word == "localhost" || word.contains(['.', ':', '/', '['])
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn inserted(line: &str) -> bool {
        let args = std::iter::once("vpnc-cli").chain(line.split_whitespace());
        let args = insert_connect(&super::super::Cli::command(), args.map(OsString::from).collect());
        args.get(1).is_some_and(|word| word == "connect") && !line.starts_with("connect")
    }

    #[test]
    fn an_option_or_a_host_means_connect() {
        for line in [
            "vpn.example.com",
            "localhost",
            "[::1]",
            "https://gw",
            "-C DSID=1 gw",
            "--protocol=nc gw",
            "-v gw.example",
            "-vv --color never gw.example",
            "--color=never --cookie-on-stdin gw",
            "--log-file connect gw.example",
            "-- gw",
            "--config x.toml gw.example",
        ] {
            assert!(inserted(line), "{line}");
        }
    }

    #[test]
    fn a_command_or_a_request_for_help_stays() {
        for line in [
            "",
            "-v",
            "connect gw",
            "up gw",
            "-v up gw",
            "--color never completions bash",
            "-h",
            "--help",
            "--hel",
            "-V",
            "--version",
            "conect gw",
        ] {
            assert!(!inserted(line), "{line}");
        }
    }
}
