//! Who can tell this machine the name servers: what is found here, and the order of trying.

use std::fmt;
use std::fs;
use std::path::Path;

use super::resolvconf::{Kind, Program};
use super::{content, file, resolved};
use crate::platform::DnsChoice;

/// A way to set up name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Backend {
    /// systemd-resolved on the bus.
    Resolved,
    /// A program.
    Resolvconf(Program),
    /// The resolver file.
    File,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolved => "systemd-resolved",
            Self::Resolvconf(_) => "resolvconf",
            Self::File => "the resolver file",
        })
    }
}

/// What is found on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// The file belongs to a network namespace: services of this machine do not serve it.
    pub(super) elsewhere: bool,
    /// Whether systemd-resolved runs (or can be started, when it is asked for), or why this is not known.
    pub(super) resolved: Result<bool, String>,
    /// Programs of this machine ask systemd-resolved.
    pub(super) leads_to_resolved: bool,
    /// The installed `resolvconf`.
    pub(super) resolvconf: Option<Program>,
    /// The resolver file is written by Debian's `resolvconf`.
    pub(super) leads_to_resolvconf: bool,
}

impl Facts {
    /// Looks around.
    pub(super) async fn gather(path: &Path, choice: DnsChoice) -> Self {
        let elsewhere = path != Path::new(RESOLVER_FILE);
        let resolved = match choice {
            _ if elsewhere => Ok(false),
            DnsChoice::File | DnsChoice::None => Ok(false),
            DnsChoice::Auto => resolved::owner().await.map(|owner| owner.is_some()),
            DnsChoice::Resolved | DnsChoice::Resolvconf => resolved::is_available().await,
        };
        let real = fs::canonicalize(path).unwrap_or_default();
        Self {
            elsewhere,
            resolved: resolved.map_err(|error| error.to_string()),
            leads_to_resolved: real.starts_with("/run/systemd/resolve")
                || file::current(path).is_some_and(|content| names_stub(&content))
                || fs::read_to_string("/etc/nsswitch.conf").is_ok_and(|text| hosts_by_resolved(&text)),
            resolvconf: Program::find(),
            leads_to_resolvconf: real.starts_with("/run/resolvconf"),
        }
    }

    /// The ways in the order of trying, each with the reason to pass it by.
    pub(super) fn ways(&self, choice: DnsChoice) -> Vec<(Backend, Result<(), String>)> {
        match choice {
            DnsChoice::Auto if self.elsewhere => vec![(Backend::File, Ok(()))],
            DnsChoice::Auto => {
                let resolved = (Backend::Resolved, self.resolved_is_asked());
                let program = self.resolvconf.iter().map(|program| {
                    let usable = self.resolvconf_works(program);
                    (Backend::Resolvconf(program.clone()), usable)
                });
                let file = (Backend::File, Ok(()));
                std::iter::once(resolved).chain(program).chain([file]).collect()
            }
            DnsChoice::Resolved => vec![(Backend::Resolved, self.resolved_works())],
            DnsChoice::Resolvconf => vec![match &self.resolvconf {
                _ if self.elsewhere => (Backend::File, Err(ELSEWHERE.to_owned())),
                None => (Backend::File, Err("it is not installed".to_owned())),
                // what it would pass on is better said directly
                Some(program) if program.kind == Kind::Resolvectl => {
                    (Backend::Resolved, self.resolved_works())
                }
                Some(program) => (Backend::Resolvconf(program.clone()), Ok(())),
            }],
            DnsChoice::File => vec![(Backend::File, Ok(()))],
            DnsChoice::None => Vec::new(),
        }
    }

    fn resolved_works(&self) -> Result<(), String> {
        match &self.resolved {
            _ if self.elsewhere => Err(ELSEWHERE.to_owned()),
            Ok(true) => Ok(()),
            Ok(false) => Err("it does not run".to_owned()),
            Err(why) => Err(why.clone()),
        }
    }

    /// To run is not enough: perhaps nobody asks it.
    fn resolved_is_asked(&self) -> Result<(), String> {
        self.resolved_works()?;
        match self.leads_to_resolved {
            true => Ok(()),
            false => Err(format!("{RESOLVER_FILE} does not lead to it")),
        }
    }

    fn resolvconf_works(&self, program: &Program) -> Result<(), String> {
        match program.kind {
            Kind::Resolvectl => Err("it is a part of systemd-resolved".to_owned()),
            Kind::Debian if !self.leads_to_resolvconf => {
                Err(format!("{RESOLVER_FILE} is not a link to its file"))
            }
            Kind::Debian | Kind::Open => Ok(()),
        }
    }
}

/// True when questions go to the stub of systemd-resolved, which listens on two addresses.
fn names_stub(content: &[u8]) -> bool {
    content::name_servers(content).any(|server| matches!(server, "127.0.0.53" | "127.0.0.54"))
}

/// True when the C library asks systemd-resolved itself, whatever the resolver file says (nss-resolve(8)).
fn hosts_by_resolved(nsswitch: &str) -> bool {
    nsswitch
        .lines()
        .filter_map(|line| line.trim().strip_prefix("hosts:"))
        .any(|services| {
            services
                .split('#')
                .next()
                .is_some_and(|services| services.split_ascii_whitespace().any(|word| word == "resolve"))
        })
}

/// The resolver file of this machine.
pub const RESOLVER_FILE: &str = "/etc/resolv.conf";

const ELSEWHERE: &str = "it does not serve network namespaces";

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            elsewhere: false,
            resolved: Ok(true),
            leads_to_resolved: true,
            resolvconf: None,
            leads_to_resolvconf: false,
        }
    }

    fn program(kind: Kind) -> Option<Program> {
        Some(Program {
            path: "/sbin/resolvconf".into(),
            kind,
        })
    }

    /// The first way that is not passed by, in a word.
    fn first(facts: &Facts, choice: DnsChoice) -> String {
        let ways = facts.ways(choice);
        match ways.iter().find(|(_, usable)| usable.is_ok()) {
            Some((backend, _)) => backend.to_string(),
            None => match ways.first() {
                Some((_, Err(why))) => format!("not: {why}"),
                _ => "nobody".to_owned(),
            },
        }
    }

    #[test]
    fn the_first_that_is_in_charge_is_taken() {
        use DnsChoice::{Auto, File, None, Resolvconf, Resolved};
        let stub_only = Facts {
            leads_to_resolved: false,
            ..facts()
        };
        let with = |kind, linked| Facts {
            resolvconf: program(kind),
            leads_to_resolvconf: linked,
            ..stub_only.clone()
        };
        let no_bus = Facts {
            resolved: Err("there is no system bus".to_owned()),
            ..facts()
        };
        let elsewhere = Facts {
            elsewhere: true,
            resolvconf: program(Kind::Open),
            ..facts()
        };
        for (facts, choice, expected) in [
            (&facts(), Auto, "systemd-resolved"),
            (&stub_only, Auto, "the resolver file"),
            (&stub_only, Resolved, "systemd-resolved"),
            (&no_bus, Auto, "the resolver file"),
            (&no_bus, Resolved, "not: there is no system bus"),
            (&with(Kind::Open, false), Auto, "resolvconf"),
            (&with(Kind::Debian, true), Auto, "resolvconf"),
            (&with(Kind::Debian, false), Auto, "the resolver file"),
            (&with(Kind::Debian, false), Resolvconf, "resolvconf"),
            (&with(Kind::Resolvectl, false), Auto, "the resolver file"),
            (&with(Kind::Resolvectl, false), Resolvconf, "systemd-resolved"),
            (&facts(), Resolvconf, "not: it is not installed"),
            (&facts(), File, "the resolver file"),
            (&facts(), None, "nobody"),
            (&elsewhere, Auto, "the resolver file"),
            (&elsewhere, Resolved, "not: it does not serve network namespaces"),
            (
                &elsewhere,
                Resolvconf,
                "not: it does not serve network namespaces",
            ),
        ] {
            assert_eq!(first(facts, choice), expected, "{choice:?} {facts:?}");
        }
    }

    #[test]
    fn who_is_asked_is_read_off_the_files() {
        assert!(names_stub(b"# x\nnameserver 127.0.0.53\noptions edns0\n"));
        assert!(!names_stub(b"# nameserver 127.0.0.53\nnameserver 192.0.2.1\n"));
        assert!(hosts_by_resolved(
            "passwd: files\nhosts:  files resolve [!UNAVAIL=return] dns\n"
        ));
        assert!(!hosts_by_resolved("hosts: files dns # resolve\n"));
    }
}
