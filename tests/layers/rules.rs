//! The floors and what each may name.

use std::path::Path;

/// A floor, or a part of one that has rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Floor {
    /// Plain data and wire formats.
    Data,
    /// Login state.
    Auth,
    /// Protocols as links.
    Protocol,
    /// The data channel over UDP.
    Esp,
    /// The tunnel as a whole.
    Engine,
    /// The operating system.
    Platform,
    /// Sockets and the event loop.
    Net,
    /// The face to the user.
    Front,
}

/// What is wrong with the paths a module names.
pub(crate) fn problems(module: &[String], paths: &[Vec<String>]) -> Vec<String> {
    let name = module.join("::");
    let Some(top) = module.first() else {
        return Vec::new();
    };
    let Some(floor) = floor_of(top) else {
        return vec![format!("{name}: module {top} is assigned to no floor")];
    };
    let mut problems = Vec::new();
    for path in paths {
        let text = path.join("::");
        if path[0] == "crate" && !may_name(floor, top, path) {
            problems.push(format!("{name} ({floor:?}) may not name {text}"));
        }
        if floor.is_pure()
            && let Some(why) = impurity(path)
        {
            problems.push(format!("{name} ({floor:?}) names {text}: {why}"));
        }
    }
    problems
}

/// What is wrong with a file as such.
pub(crate) fn file_problems(path: &Path, text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().count();
    let words = ["utils", "util", "common", "helpers", "helper", "misc"];
    let nameless = path
        .with_extension("")
        .iter()
        .any(|part| words.iter().any(|word| part == *word));
    let checks = [
        (lines > MAX_LINES, format!("{lines} lines, more than {MAX_LINES}")),
        (nameless, "the name does not say what it is for".to_owned()),
        (
            !text.starts_with("//! "),
            "does not begin with a line `//!` that says what it is for".to_owned(),
        ),
    ];
    checks
        .into_iter()
        .filter_map(|(wrong, problem)| wrong.then_some(problem))
}

impl Floor {
    fn is_pure(self) -> bool {
        match self {
            Self::Data | Self::Auth | Self::Protocol | Self::Esp | Self::Engine => true,
            Self::Platform | Self::Net | Self::Front => false,
        }
    }
}

fn floor_of(module: &str) -> Option<Floor> {
    Some(match module {
        "wire" | "packet" | "config" | "form" | "ticket" | "secret" | "error" | "exit" | "random" => {
            Floor::Data
        }
        "auth" => Floor::Auth,
        "protocol" => Floor::Protocol,
        "esp" => Floor::Esp,
        "engine" => Floor::Engine,
        "platform" => Floor::Platform,
        "net" => Floor::Net,
        "cli" | "nm" | "main" => Floor::Front,
        _ => return None,
    })
}

fn may_name(from: Floor, top: &str, path: &[String]) -> bool {
    let target = path.get(1).map_or("", String::as_str);
    let item = path.get(2).map_or("", String::as_str);
    if target == top {
        return true;
    }
    let Some(to) = floor_of(target) else {
        // a name at the root of the crate that is no module
        return false;
    };
    match from {
        Floor::Data | Floor::Auth | Floor::Esp | Floor::Platform => to == Floor::Data,
        Floor::Protocol => to == Floor::Data || to == Floor::Esp && KEYS.contains(&item),
        Floor::Engine => matches!(to, Floor::Data | Floor::Protocol | Floor::Esp),
        // the traits of the platform, not what stands behind them
        Floor::Net => match to {
            Floor::Platform => item.starts_with(char::is_uppercase),
            Floor::Front => false,
            Floor::Data | Floor::Auth | Floor::Protocol | Floor::Esp | Floor::Engine | Floor::Net => true,
        },
        Floor::Front => to != Floor::Front,
    }
}

/// Why a pure floor may not name this.
fn impurity(path: &[String]) -> Option<&'static str> {
    let crate_name = path[0].as_str();
    if let Some((_, why)) = CRATES.iter().find(|(names, _)| names.contains(&crate_name)) {
        return Some(why);
    }
    let holds = |sequence: &[&str]| {
        path.windows(sequence.len())
            .any(|window| window.iter().zip(sequence).all(|(have, want)| have == want))
    };
    NAMES
        .iter()
        .find(|(sequence, _)| holds(sequence))
        .map(|(_, why)| *why)
}

const CLOCK: &str = "time comes in as an argument";
const SOCKET: &str = "octets come in as arguments";
const SYSTEM: &str = "nothing here asks the system";
const RANDOM: &str = "randomness comes in as a RandomSource";

/// Crates for the upper floors only.
const CRATES: &[(&[&str], &str)] = &[
    (
        &[
            "tokio",
            "hyper",
            "hyper_util",
            "rustls",
            "tokio_rustls",
            "openssl",
            "tokio_openssl",
            "socket2",
            "tun",
        ],
        SOCKET,
    ),
    (
        &[
            "libc",
            "nix",
            "rustix",
            "netlink_sys",
            "clap",
            "indicatif",
            "anyhow",
        ],
        SYSTEM,
    ),
    (&["rand", "getrandom"], RANDOM),
];

/// Names for the upper floors only, wherever they stand in a path.
const NAMES: &[(&[&str], &str)] = &[
    (&["Instant", "now"], CLOCK),
    (&["SystemTime"], CLOCK),
    (&["TcpStream"], SOCKET),
    (&["TcpListener"], SOCKET),
    (&["UdpSocket"], SOCKET),
    (&["std", "env"], SYSTEM),
    (&["std", "fs"], SYSTEM),
    (&["std", "io", "stdin"], SYSTEM),
    // `ExitCode` is data
    (&["process", "Command"], SYSTEM),
    (&["process", "abort"], SYSTEM),
    (&["process", "exit"], SYSTEM),
    (&["process", "id"], SYSTEM),
    (&["std", "thread"], SYSTEM),
    (&["std", "os"], SYSTEM),
    (&["OsRng"], RANDOM),
    (&["SystemRandom"], RANDOM),
    (&["RandomState"], RANDOM),
];

/// What a protocol may know of ESP: keys and what they are made of.
const KEYS: &[&str] = &["EspKeys", "SaKeys", "Cipher", "Mac", "KEY_BLOCK_LEN"];
/// Files longer than this want to be two.
const MAX_LINES: usize = 800;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn found(module: &str, text: &str) -> usize {
        let module = module.split("::").map(str::to_owned).collect();
        let source = Source::read(module, text);
        problems(&source.module, &source.paths).len()
    }

    #[test]
    fn climbing_imports_are_found() {
        for (module, text) in [
            ("wire::tlv", "use crate::protocol::Link;"),
            ("wire::tlv", "use super::super::esp::Esp;"),
            ("esp::sa", "fn f() { crate::engine::run() }"),
            ("auth::cookies", "use crate::{secret::Secret, net::http};"),
            ("protocol::oncp", "use crate::esp::Esp;"),
            ("platform::linux", "use crate::engine::Engine;"),
            ("net::driver", "use crate::platform::linux::tun::LinuxTun;"),
            ("net::driver", "use crate::cli::Progress;"),
            ("cli::run", "use crate::nm::Plugin;"),
            ("newcomer", "use std::fmt;"),
        ] {
            assert_eq!(found(module, text), 1, "{module}: {text}");
        }
    }

    #[test]
    fn clock_socket_and_system_are_found_below_the_shell() {
        for text in [
            "fn f() { std::time::Instant::now(); }",
            "fn f() { Instant::now(); }",
            "use std::time::{Duration, SystemTime};",
            "use std::{env, fmt};",
            "use std::net::{IpAddr, UdpSocket};",
            "use tokio::time::sleep;",
            "fn f() { std::fs::read(x) }",
            "use ring::rand::SystemRandom;",
        ] {
            assert_eq!(found("engine::path", text), 1, "{text}");
            assert_eq!(found("net::driver", text), 0, "{text}");
        }
    }

    #[test]
    fn what_goes_down_is_let_through() {
        for (module, text) in [
            (
                "wire::tlv",
                "use crate::secret::Secret; use super::Reader; use std::time::Instant;",
            ),
            (
                "protocol::oncp",
                "use crate::esp::{EspKeys, Mac}; use crate::wire::kmp;",
            ),
            (
                "engine",
                "use crate::esp::Esp; use crate::protocol::Link; use self::path::Path;",
            ),
            (
                "net::driver",
                "use crate::platform::{TunDevice, Interface}; use crate::auth::cookies::Jar;",
            ),
            (
                "cli::connect",
                "use crate::platform::linux::tun::LinuxTun; use std::env;",
            ),
        ] {
            assert_eq!(found(module, text), 0, "{module}: {text}");
        }
    }

    #[test]
    fn bad_files_are_found() {
        let problems = |name: &str, text: &str| file_problems(Path::new(name), text).count();
        assert_eq!(problems("src/net/http.rs", "//! Requests.\n"), 0);
        assert_eq!(problems("src/net/http.rs", "use std::fmt;\n"), 1);
        assert_eq!(problems("src/net/utils.rs", "//! Requests.\n"), 1);
        assert_eq!(problems("src/common/mod.rs", "//! Requests.\n"), 1);
        assert_eq!(problems("src/net/http.rs", &"//! Requests.\n".repeat(801)), 1);
    }
}
