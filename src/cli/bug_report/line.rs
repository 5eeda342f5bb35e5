//! The command line that went wrong: which options were given, and the values of those that tell nothing.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _};

use super::scrub::Scrubber;
use crate::cli::args::{self, Cli};

/// A line for each option that was given.
pub(super) fn options(line: &[OsString], scrubber: &Scrubber) -> Vec<String> {
    // a name to be left out, and the program's name may be there or not
    let program = OsString::from("vpnc-cli");
    let begins = line
        .first()
        .is_some_and(|word| word.to_string_lossy().ends_with("vpnc-cli"));
    let words = line.iter().skip(usize::from(begins)).cloned();
    let all = std::iter::once(program).chain(words).collect();
    match args::matches(all) {
        Ok(matches) => given(&matches, scrubber),
        Err(error) => vec![format!("not understood: {:?}", error.kind())],
    }
}

fn given(matches: &ArgMatches, scrubber: &Scrubber) -> Vec<String> {
    let program = Cli::command();
    let Some((name, matches)) = matches.subcommand() else {
        return Vec::new();
    };
    let mut lines = vec![name.to_owned()];
    let Some(command) = program.find_subcommand(name) else {
        return lines;
    };
    let known: Vec<&Arg> = command.get_arguments().chain(global(&program)).collect();
    for arg in known {
        let id = arg.get_id().as_str();
        let by_hand = matches!(matches.try_contains_id(id), Ok(true))
            && matches.value_source(id) == Some(ValueSource::CommandLine);
        if by_hand {
            lines.push(describe(arg, matches, scrubber));
        }
    }
    lines
}

fn global(program: &Command) -> impl Iterator<Item = &Arg> {
    program.get_arguments().filter(|arg| arg.is_global_set())
}

fn describe(arg: &Arg, matches: &ArgMatches, scrubber: &Scrubber) -> String {
    let name = match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => arg.get_id().as_str().to_uppercase(),
    };
    if !arg.get_action().takes_values() {
        return name;
    }
    let raw = matches.get_raw(arg.get_id().as_str()).into_iter().flatten();
    let values: Vec<String> = raw
        .map(|value| shown(arg.get_long(), &value.to_string_lossy(), scrubber))
        .collect();
    format!("{name} {}", values.join(" "))
}

/// The value of an option: itself, a fingerprint, or nothing but its kind.
fn shown(option: Option<&str>, value: &str, scrubber: &Scrubber) -> String {
    match option {
        Some(name) if HARMLESS.contains(&name) => value.to_owned(),
        None => place(value, scrubber),
        Some("server") => place(value, scrubber),
        Some(name) if HOSTS.contains(&name) => scrubber.host(value),
        Some(name) if NAMES.contains(&name) => scrubber.name(value),
        Some(_) => "<given>".to_owned(),
    }
}

/// A gateway: with a path the page matters, which may be anything; only that there is one is told.
fn place(value: &str, scrubber: &Scrubber) -> String {
    let (scheme, rest) = match value.split_once("://") {
        Some((scheme @ ("https" | "http"), rest)) => (format!("{scheme}://"), rest),
        _ => (String::new(), value),
    };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) if !path.is_empty() => (host, "/<path>"),
        Some((host, _)) => (host, "/"),
        None => (rest, ""),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => (host, format!(":{port}")),
        _ => (host, String::new()),
    };
    format!("{scheme}{}{port}{path}", scrubber.host(host))
}

/// Values that are words of ours, or numbers.
const HARMLESS: [&str; 20] = [
    "color",
    "compression",
    "connect-timeout",
    "dns",
    "dtls-local-port",
    "esp-local-port",
    "force-dpd",
    "format",
    "fwmark",
    "interface",
    "bind-interface",
    "mtu",
    "network",
    "os",
    "protocol",
    "reconnect-timeout",
    "route-metric",
    "tls",
    "token-mode",
    "base-mtu",
];
/// Machines and networks.
const HOSTS: [&str; 6] = [
    "resolve",
    "sni",
    "route",
    "exclude-route",
    "dns-server",
    "dns-domain",
];
/// Chosen by somebody, and worth telling apart.
const NAMES: [&str; 6] = ["authgroup", "name", "realm", "role", "setuid", "user"];

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(line: &str) -> Vec<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        options(&words, &Scrubber::new(false))
    }

    #[test]
    fn names_are_shown_and_values_only_when_they_tell_nothing() {
        let all = lines(
            "connect https://vpn.example.com:8443/admins -u joe -C DSID=0123 --mtu 1300 --no-esp --network=none \
             -s /home/joe/script --dns-domain corp.example -vv",
        )
        .join("\n");
        for text in [
            "connect",
            "--user <name fp=",
            "--cookie <given>",
            "--mtu 1300",
            "--no-esp",
            "--network none",
            "--script <given>",
            "--dns-domain <host fp=",
            "URL https://<host fp=",
            ">:8443/<path>",
            "--verbose",
        ] {
            assert!(all.contains(text), "no {text} in\n{all}");
        }
        for secret in ["joe", "0123", "vpn.example", "corp", "admins"] {
            assert!(!all.contains(secret), "{secret} in\n{all}");
        }
    }

    #[test]
    fn what_is_not_understood_is_not_repeated() {
        let all = lines("connect --no-such-option=hunter2 gw.example");
        assert_eq!(all, ["not understood: UnknownArgument"]);
    }
}
