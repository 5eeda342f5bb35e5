//! Options that users of other clients know and that are not built yet: told apart from slips of the keyboard.

use std::collections::BTreeSet;
use std::ffi::OsString;

use clap::{Command, CommandFactory as _};

use super::{Cli, implied};
use crate::error::Error;
use crate::exit::ExitStatus;

/// The explanation for the first option that is not built yet, for the command it is given to.
///
/// Looked for before parsing, and abbreviations too: `--rout` would pass for nothing and `--ro` for `--role`, and what
/// stands behind them would be taken for its value.
pub(in crate::cli) fn explain(args: &[OsString]) -> Option<Error> {
    let program = Cli::command();
    let built = built_names(&program, args);
    let words = args.iter().skip(1).filter_map(|word| word.to_str());
    words
        .take_while(|word| *word != "--")
        .find_map(|word| explain_word(word, &built))
}

fn explain_word(word: &str, built: &BTreeSet<String>) -> Option<Error> {
    let (name, hint) = if word.starts_with("--") {
        let name = word.split('=').next().unwrap_or(word);
        let abbreviates = name.len() >= SHORTEST_ABBREVIATION && !built.contains(name);
        find(|planned| {
            !built.contains(planned) && (planned == name || abbreviates && planned.starts_with(name))
        })?
    } else {
        // the value may be glued on: -Ujoe
        find(|planned| planned.len() == 2 && word.starts_with(planned))?
    };
    Some(Error::new(ExitStatus::Usage, format!("{name} is not built yet")).hint(hint))
}

fn find(fits: impl Fn(&str) -> bool) -> Option<(&'static str, &'static str)> {
    let names = PLANNED
        .iter()
        .flat_map(|(names, hint)| names.split(' ').map(move |name| (name, *hint)));
    names.into_iter().find(|(name, _)| fits(name))
}

/// The long options of the command that is meant, by their full names; of `connect` when that cannot be told.
fn built_names(program: &Command, args: &[OsString]) -> BTreeSet<String> {
    let meant = implied::command_meant(program, args).or_else(|| program.find_subcommand("connect"));
    let args = meant
        .into_iter()
        .chain([program])
        .flat_map(Command::get_arguments);
    let names = args.flat_map(|arg| {
        arg.get_long()
            .into_iter()
            .chain(arg.get_all_aliases().into_iter().flatten())
    });
    names
        .map(|name| format!("--{name}"))
        .chain(["--help".to_owned(), "--version".to_owned()])
        .collect()
}

/// Two letters: shorter ones fit too much to mean anything.
const SHORTEST_ABBREVIATION: usize = 4;

/// Options by what a user can do without them.
const PLANNED: &[(&str, &str)] = &[(
    "--json",
    "auth --format json and probe --json print an object; elsewhere leave it out",
)];

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Cli;

    fn explained(words: &[&str]) -> Option<Error> {
        let args: Vec<OsString> = words.iter().map(Into::into).collect();
        explain(&args)
    }

    #[test]
    fn every_planned_option_is_explained_and_not_built() {
        let command = Cli::command();
        let connect = command.find_subcommand("connect").expect("a command");
        for name in PLANNED.iter().flat_map(|(names, _)| names.split(' ')) {
            let error = explained(&["vpnc-cli", "connect", "gw", name]).expect(name);
            assert_eq!(error.status, ExitStatus::Usage);
            let bare = name.trim_start_matches('-');
            let built = connect.get_arguments().any(|arg| {
                arg.get_long_and_visible_aliases()
                    .is_some_and(|names| names.contains(&bare))
                    || arg.get_short().is_some_and(|short| short.to_string() == bare)
            });
            assert!(!built, "{name} is built by now");
        }
        let with_value = explained(&["vpnc-cli", "--json=x"]).expect("explained");
        assert_eq!(with_value.message, "--json is not built yet");
    }

    /// Long options of OpenConnect 9.01, those its help does not show included, with a value where they take one.
    const OPENCONNECT: &str = "\
        --config=x --version --help --protocol=nc --user=x --no-passwd --non-inter --passwd-on-stdin --authgroup=x \
        --form-entry=x --certificate=x --sslkey=x --cert-expire-warning=30 --usergroup=x --key-password=x \
        --external-browser=x --key-password-from-fsid --token-mode=totp --token-secret=x --servercert=sha1:PIN \
        --no-system-trust --cafile=x --server=x --proxy=x --proxy-auth=x --no-proxy --libproxy \
        --reconnect-timeout=300 --resolve=gw:192.0.2.1 --passtos --dtls-local-port=4500 --cookie=x \
        --cookie-on-stdin --authenticate --cookieonly --printcookie --background --pid-file=x --setuid=x --syslog \
        --verbose --quiet --dump-http-traffic --timestamp --interface=x --script=x --script-tun --disable-ipv6 \
        --xmlconfig=x --mtu=1400 --base-mtu=1500 --deflate --no-deflate --compression=none --force-dpd=10 --pfs \
        --no-dtls --dtls-ciphers=x --dtls12-ciphers=x --queue-len=32 --useragent=x --local-hostname=x --os=win \
        --version-string=x --csd-user=x --csd-wrapper=x --force-trojan=10 --no-http-keepalive --no-xmlpost \
        --allow-insecure-crypto --mca-certificate=x --mca-key=x --mca-key-password=x --sni=x --juniper \
        --no-cert-check --http-auth=x --gnutls-priority=x --gnutls-debug=9 --openssl-ciphers=x";

    /// Abbreviations are allowed, so an option that is not known could pass as another one.
    #[test]
    fn every_option_of_openconnect_is_known_by_its_own_name_or_explained() {
        let mut command = Cli::command();
        command.build();
        let connect = command.find_subcommand("connect").expect("a command");
        let pin = "0".repeat(40);
        for word in OPENCONNECT.split_whitespace() {
            let word = word.replace("PIN", &pin);
            if explained(&["vpnc-cli", "connect", &word]).is_some() {
                continue;
            }
            let name = word.trim_start_matches('-').split('=').next().expect("a name");
            let own = connect.get_arguments().any(|arg| {
                arg.get_long() == Some(name)
                    || arg.get_all_aliases().is_some_and(|names| names.contains(&name))
            });
            assert!(own, "{word} is neither known nor explained");
            let words = [
                "vpnc-cli",
                "connect",
                "--certificate=c",
                "--script=x",
                "--csd-wrapper=x",
                "--dump-http-traffic",
                word.as_str(),
            ];
            match crate::cli::args::parse(words.into_iter().map(Into::into)) {
                Ok(_) => {}
                Err(answer) => assert!(!answer.use_stderr(), "{word}: {answer}"),
            }
        }
    }

    #[test]
    fn abbreviations_do_not_slip_past() {
        let error = explained(&["vpnc-cli", "connect", "gw", "--js"]).expect("explained");
        assert_eq!(error.message, "--json is not built yet");
    }

    #[test]
    fn built_options_are_not_taken_for_others() {
        for word in [
            "--cookie",
            "--script",
            "--version",
            "--no-dtls",
            "--useragent",
            "--role",
            "--use",
            "-v",
            "-C",
        ] {
            assert_eq!(explained(&["vpnc-cli", "connect", "gw", word]), None, "{word}");
        }
    }

    #[test]
    fn an_option_may_be_built_for_another_command() {
        for command in ["probe", "info"] {
            assert_eq!(explained(&["vpnc-cli", "-v", command, "gw", "--json"]), None);
            assert_eq!(explained(&["vpnc-cli", command, "gw", "--js"]), None);
        }
        for line in [
            &["vpnc-cli", "auth", "gw", "--json"][..],
            &["vpnc-cli", "gw.example", "--json"],
        ] {
            assert!(
                explained(line).is_some_and(|error| error.hint.is_some_and(|hint| hint.contains("--format")))
            );
        }
    }

    #[test]
    fn other_words_are_left_to_the_parser() {
        assert_eq!(
            explained(&["vpnc-cli", "connect", "user", "--cookei=x", "--", "--json"]),
            None
        );
    }
}
