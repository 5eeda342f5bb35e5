//! Which of several settings counts: option > environment > profile > file of the user > file of the machine.
//!
//! The highest place that mentions an option decides it whole: a list there takes the place of a list further down, and
//! nothing is joined.

use std::collections::BTreeSet;

use clap::parser::ValueSource;
use clap::{ArgMatches, Command};

use super::entry::Entry;
use super::file::Loaded;
use crate::cli::environment::Environment;
use crate::cli::private_file::credential;

/// What is decided already, by the names of options.
#[derive(Debug, Default)]
pub(super) struct Decided(BTreeSet<String>);

/// A setting that counts, and which of the files says it.
#[derive(Debug, Clone)]
pub(super) struct Chosen<'a> {
    /// Number of the file.
    pub(super) layer: usize,
    /// The setting.
    pub(super) entry: &'a Entry,
}

impl Decided {
    /// What the command line says.
    pub(super) fn by_options(command: &Command, given: &ArgMatches) -> Self {
        let mut decided = Self::default();
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            let is_known = given.try_contains_id(id).is_ok();
            if is_known && given.value_source(id) == Some(ValueSource::CommandLine) {
                // the URL has no other name
                decided.add(arg.get_long().unwrap_or("server"));
            }
        }
        decided
    }

    /// What our own variables say. Those of proxies belong to the machine, so a file that names one knows better.
    pub(super) fn and_environment(&mut self, environment: &Environment) {
        for (option, variables) in VARIABLES {
            if variables.iter().any(|name| environment.var(name).is_some()) {
                self.add(option);
            }
        }
        let secrets = [
            ("cookie", environment.cookie.is_some(), "vpnc.cookie"),
            ("passwd-file", environment.password.is_some(), "vpnc.password"),
            (
                "token-secret",
                environment.token_secret.is_some(),
                "vpnc.token-secret",
            ),
        ];
        for (option, given, file) in secrets {
            if given || credential(environment, file).is_some() {
                self.add(option);
            }
        }
    }

    /// Says no more about an option further down.
    pub(super) fn add(&mut self, option: &str) {
        self.0.insert(option.to_owned());
        let others = SUPERSEDES.iter().filter(|(above, _)| above.contains(&option));
        for (_, below) in others {
            self.0.extend(below.iter().map(|name| (*name).to_owned()));
        }
    }

    /// True when nothing further down counts.
    pub(super) fn has(&self, option: &str) -> bool {
        self.0.contains(option)
    }

    /// The settings of these files that count, of options that fit; the first file is the highest.
    pub(super) fn choose<'a>(
        &mut self,
        layers: &'a [Loaded],
        fits: impl Fn(&str) -> bool,
    ) -> Vec<Chosen<'a>> {
        let mut chosen = Vec::new();
        for (layer, loaded) in layers.iter().enumerate() {
            let entries = loaded.entries.iter();
            chosen.extend(
                entries
                    .filter(|entry| !self.has(&entry.option) && fits(&entry.option))
                    .map(|entry| Chosen { layer, entry }),
            );
            for entry in &loaded.entries {
                self.add(&entry.option);
            }
        }
        chosen
    }
}

/// Variables that say the same as an option.
pub(super) const VARIABLES: &[(&str, &[&str])] = &[
    ("server", &["VPNC_SERVER"]),
    ("user", &["VPNC_USER"]),
    ("realm", &["VPNC_REALM"]),
    ("role", &["VPNC_ROLE"]),
    ("authgroup", &["VPNC_AUTHGROUP"]),
    ("cookie-file", &["VPNC_COOKIE_FILE"]),
    ("passwd-file", &["VPNC_PASSWORD_FILE"]),
    ("verbose", &["VPNC_LOG"]),
];

/// Each of the first, said higher up, takes the place of all of the second further down.
const SUPERSEDES: &[(&[&str], &[&str])] = &[
    (COOKIES, COOKIES),
    (&["authenticate", "cookieonly"], COOKIES),
    (PASSWORDS, PASSWORDS),
    (&["proxy", "no-proxy"], &["proxy", "no-proxy"]),
    (
        &["default-route", "no-default-route"],
        &["default-route", "no-default-route"],
    ),
    (&["verbose", "quiet"], &["verbose", "quiet"]),
    (&["script", "network"], &["script", "network"]),
    (DEVICES, DEVICES),
    (&["tls"], &["pfs", "allow-insecure-crypto"]),
    (&["format", "cookieonly"], &["format", "cookieonly"]),
    // what belongs to another certificate or secret
    (&["certificate"], &["sslkey", "key-password"]),
    (&["token-secret"], &["token-mode"]),
];

const COOKIES: &[&str] = &["cookie", "cookie-on-stdin", "cookie-file", "cookie-fd"];
const PASSWORDS: &[&str] = &["passwd-on-stdin", "passwd-file", "passwd-command", "no-passwd"];
const DEVICES: &[&str] = &["socks", "script-tun", "netns"];
