//! Options that users of other clients know and that are not built yet: told apart from slips of the keyboard.

use std::ffi::OsString;

use crate::error::Error;
use crate::exit::ExitStatus;

/// The explanation for the first option that is not built yet.
///
/// Looked for before parsing: `--user` would pass as an abbreviation of `--useragent`.
pub(in crate::cli) fn explain(args: &[OsString]) -> Option<Error> {
    let words = args.iter().skip(1).filter_map(|word| word.to_str());
    words.take_while(|word| *word != "--").find_map(explain_word)
}

fn explain_word(word: &str) -> Option<Error> {
    let name = word.split('=').next().unwrap_or(word);
    let is_option = name.starts_with('-');
    let (_, hint) = PLANNED
        .iter()
        .find(|(names, _)| is_option && names.split(' ').any(|known| known == name))?;
    Some(Error::new(ExitStatus::Usage, format!("{name} is not built yet")).hint(*hint))
}

/// Options by what a user can do without them.
const PLANNED: &[(&str, &str)] = &[
    (
        "--user -u --passwd-on-stdin --passwd-file --passwd-command --no-passwd --authgroup --realm --role --usergroup \
         -g --form-entry -F --accept-banner --token-mode --token-secret --external-browser",
        "sign in with a browser and pass its DSID cookie: --cookie-on-stdin, --cookie-file FILE",
    ),
    (
        "--csd-wrapper --csd-user --force-trojan --hostcheck-interval --os --version-string --device-id",
        "leave it out; host checks are done by the browser's sign-in",
    ),
    (
        "--background -b --pid-file --setuid -U --on-up --on-down --on-reconnect",
        "leave it out and let the shell or systemd run it: a & at the end, or systemd-run --unit=vpn vpnc-cli connect …",
    ),
    (
        "--dns --dns-domain --dns-server --ignore-dns --route --exclude-route --no-routes --default-route \
         --no-default-route --route-metric --fail-closed --disable-ipv6 --script-tun -S --socks --netns \
         --bind-interface --fwmark --passtos --base-mtu",
        "leave it out, or let a script set up the network: -s COMMAND; --network none leaves it to you",
    ),
    (
        "--json --config --profile --dump-http-traffic --dump-secrets --printcookie",
        "leave it out; options on the command line and -v, -vv say the same",
    ),
    (
        "--compression --deflate -d --no-deflate -D --queue-len -Q --cert-expire-warning -e",
        "leave it out; the tunnel works without it",
    ),
    (
        "--key-password -p",
        "take the passphrase off into a file only you can read: openssl pkey -in KEY -out PLAIN",
    ),
];

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
        let with_value = explained(&["vpnc-cli", "--background=yes"]).expect("explained");
        assert_eq!(with_value.message, "--background is not built yet");
    }

    #[test]
    fn other_words_are_left_to_the_parser() {
        assert_eq!(
            explained(&["vpnc-cli", "connect", "user", "--cookei=x", "--", "--user"]),
            None
        );
    }
}
