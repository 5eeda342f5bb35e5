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
        "--user -u --passwd-on-stdin --passwd-file --passwd-command --authgroup --realm --role --usergroup \
         -g --form-entry -F --accept-banner --token-mode --token-secret --external-browser",
        "sign in with a browser and pass its DSID cookie: --cookie-on-stdin, --cookie-file FILE",
    ),
    (
        "--authenticate --cookieonly",
        "the cookie comes from the browser: sign in there and copy the value of DSID",
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
         --no-default-route --route-metric --fail-closed --script-tun -S --socks --netns \
         --bind-interface --fwmark --passtos",
        "leave it out, or let a script set up the network: -s COMMAND; --network none leaves it to you",
    ),
    (
        "--json --config --profile --dump-http-traffic --dump-secrets --printcookie",
        "leave it out; options on the command line and -v, -vv say the same",
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
            let words = ["vpnc-cli", "connect", "--certificate=c", word.as_str()];
            match crate::cli::args::parse(words.into_iter().map(Into::into)) {
                Ok(_) => {}
                Err(answer) => assert!(!answer.use_stderr(), "{word}: {answer}"),
            }
        }
    }

    #[test]
    fn other_words_are_left_to_the_parser() {
        assert_eq!(
            explained(&["vpnc-cli", "connect", "user", "--cookei=x", "--", "--user"]),
            None
        );
    }
}
