//! Man pages and completions from the definitions in `args`.

use std::fs;
use std::io;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Generator, Shell};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Cli, ManArgs};
use super::manual::{self, Section};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

/// A file to be written: its name and its contents.
pub type Generated = (String, Vec<u8>);

/// The completion script for a shell.
pub fn completion(shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definitions(), NAME, &mut text);
    if shell == Shell::Bash {
        with_reachable_cases(text)
    } else {
        text
    }
}

/// `clap_complete` writes the hyphen of the program's name as `__` where bash notes the command, and as `__subcmd__`
/// in the cases it looks that up in: no command would ever be completed.
fn with_reachable_cases(script: Vec<u8>) -> Vec<u8> {
    let script = String::from_utf8_lossy(&script);
    script.replace("vpnc__subcmd__cli", "vpnc__cli").into_bytes()
}

/// The completion scripts of all shells.
pub fn completions() -> Vec<Generated> {
    let shells = [
        Shell::Bash,
        Shell::Elvish,
        Shell::Fish,
        Shell::PowerShell,
        Shell::Zsh,
    ];
    shells
        .map(|shell| (shell.file_name(NAME), completion(shell)))
        .into()
}

/// The man pages of the program and of each command that is shown in the help.
pub fn man_pages() -> io::Result<Vec<Generated>> {
    let mut program = definitions();
    program.build();
    let commands = program.get_subcommands().filter(|command| !command.is_hide_set());
    let mut pages = vec![page(NAME.to_owned(), &program)?];
    for command in commands {
        let name = format!("{NAME}-{}", command.get_name());
        for part in command.get_subcommands() {
            pages.push(page(format!("{name}-{}", part.get_name()), part)?);
        }
        pages.push(page(name, command)?);
    }
    Ok(pages)
}

/// Writes them into the folders the user named.
pub fn write_files(args: &ManArgs) -> Result<(), Error> {
    let pages = man_pages().map_err(|error| {
        Error::new(
            ExitStatus::Internal,
            format!("no man pages: {}", plain_io(&error)),
        )
    })?;
    write_all(&args.dir, &pages)?;
    match &args.completions {
        Some(folder) => write_all(folder, &completions()),
        None => Ok(()),
    }
}

fn write_all(folder: &Path, files: &[Generated]) -> Result<(), Error> {
    let write = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        files
            .iter()
            .try_for_each(|(name, contents)| fs::write(folder.join(name), contents))
    };
    write().map_err(|error| {
        Error::new(
            ExitStatus::CannotCreate,
            format!("cannot write the files: {}", plain_io(&error)),
        )
        .at(folder.display().to_string())
    })
}

/// The definitions, without the features of this one build in the version.
fn definitions() -> Command {
    Cli::command().version(env!("CARGO_PKG_VERSION"))
}

fn page(name: String, command: &Command) -> io::Result<Generated> {
    let file = format!("{name}.1");
    let man = Man::new(command.clone().display_name(name))
        .manual("vpnc-cli manual")
        .source(concat!("vpnc-cli ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    synopsis(command.clone()).to_writer(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    for section in sections(command.get_name()) {
        render(section).to_writer(&mut text)?;
    }
    Ok((file, text))
}

/// Clap's own lists every option a second time.
fn synopsis(mut command: Command) -> Roff {
    let usage = command.render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    roff.text([roman(usage.trim_start_matches("Usage: "))]);
    roff
}

fn sections(command: &str) -> &'static [Section] {
    match command {
        "bug-report" | "completions" => &[],
        "profile" => &[manual::CONFIG_FILES, manual::FILES, manual::EXIT_STATUS],
        "list" | "show" | "path" | "import" => &[manual::CONFIG_FILES],
        "logout" | "probe" => &[manual::OLD_GATEWAYS, manual::ENVIRONMENT, manual::EXIT_STATUS],
        "auth" => &[
            manual::AUTH_EXAMPLES,
            manual::ANSWERS,
            manual::FORM_ENTRY,
            manual::TOKEN_SECRETS,
            manual::HOST_CHECKER,
            manual::OLD_GATEWAYS,
            manual::CONFIG_FILES,
            manual::ENVIRONMENT,
            manual::EXIT_STATUS,
        ],
        "connect" => &[
            manual::EXAMPLES,
            manual::ANSWERS,
            manual::FORM_ENTRY,
            manual::TOKEN_SECRETS,
            manual::HOST_CHECKER,
            manual::NAME_SERVERS,
            manual::ROUTES,
            manual::RIGHTS,
            manual::WITHOUT_ROOT,
            manual::CHANGES,
            manual::OLD_GATEWAYS,
            manual::CONFIG_FILES,
            manual::OPENCONNECT,
            manual::ENVIRONMENT,
            manual::FILES,
            manual::RIGHTS,
            manual::WITHOUT_ROOT,
            manual::SIGNALS,
            manual::EXIT_STATUS,
        ],
        _ => &[
            manual::EXAMPLES,
            manual::INSTANCES,
            manual::NAME_SERVERS,
            manual::ROUTES,
            manual::RIGHTS,
            manual::WITHOUT_ROOT,
            manual::CHANGES,
            manual::SYSTEMD,
            manual::OLD_GATEWAYS,
            manual::CONFIG_FILES,
            manual::OPENCONNECT,
            manual::ENVIRONMENT,
            manual::FILES,
            manual::SIGNALS,
            manual::EXIT_STATUS,
        ],
    }
}

fn render(section: &Section) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [section.heading.to_uppercase().as_str()]);
    for (term, explanation) in section.entries {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*explanation)]);
    }
    roff
}

const NAME: &str = "vpnc-cli";
