//! Exit statuses of the program.

use serde::{Deserialize, Serialize};

/// Why the program ended, as the number a script sees. The numbers from 64 up follow `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum ExitStatus {
    /// Success, or the tunnel ended because the user asked.
    Success = 0,
    /// Failure without a better number; a script or hook failed.
    Failure = 1,
    /// The gateway refused the cookie, or the login has expired.
    CookieRefused = 2,
    /// The gateway refused name, password or code.
    LoginRefused = 3,
    /// Input is needed and cannot be had.
    InputNeeded = 4,
    /// Host Checker is demanded and missing, or its verdict was negative.
    HostCheck = 5,
    /// The certificate is not trusted, or no pin matches.
    Untrusted = 6,
    /// The gateway ended the session: idle limit, maximum time, administrator, no licence.
    EndedByGateway = 7,
    /// Already running under that name, or no such instance.
    Instance = 8,
    /// The command line is wrong.
    Usage = 64,
    /// Cookie, certificate, key or token cannot be used as given.
    BadData = 65,
    /// A named file is missing or cannot be read.
    NoInput = 66,
    /// The host name is unknown.
    NoHost = 68,
    /// The gateway cannot be reached.
    Unavailable = 69,
    /// A bug in this program.
    Internal = 70,
    /// The operating system refused something other than for lack of rights.
    System = 71,
    /// A pid file, socket or log cannot be created.
    CannotCreate = 73,
    /// Local input or output failed.
    Io = 74,
    /// The network was lost for longer than the reconnect timeout.
    NetworkLost = 75,
    /// An unexpected answer, an impossible TLS handshake, the wrong protocol.
    Protocol = 76,
    /// A local right is missing.
    NoPermission = 77,
    /// The configuration file has an error.
    Config = 78,
    /// SIGHUP before the tunnel was up.
    Hangup = 129,
    /// SIGINT before the tunnel was up.
    Interrupted = 130,
    /// SIGTERM before the tunnel was up.
    Terminated = 143,
}

impl ExitStatus {
    /// All of them.
    pub const ALL: [Self; 25] = [
        Self::Success,
        Self::Failure,
        Self::CookieRefused,
        Self::LoginRefused,
        Self::InputNeeded,
        Self::HostCheck,
        Self::Untrusted,
        Self::EndedByGateway,
        Self::Instance,
        Self::Usage,
        Self::BadData,
        Self::NoInput,
        Self::NoHost,
        Self::Unavailable,
        Self::Internal,
        Self::System,
        Self::CannotCreate,
        Self::Io,
        Self::NetworkLost,
        Self::Protocol,
        Self::NoPermission,
        Self::Config,
        Self::Hangup,
        Self::Interrupted,
        Self::Terminated,
    ];
    /// The same as a word, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::CookieRefused => "cookie_refused",
            Self::LoginRefused => "login_refused",
            Self::InputNeeded => "input_needed",
            Self::HostCheck => "host_check",
            Self::Untrusted => "untrusted",
            Self::EndedByGateway => "ended_by_gateway",
            Self::Instance => "instance",
            Self::Usage => "usage",
            Self::BadData => "bad_data",
            Self::NoInput => "no_input",
            Self::NoHost => "no_host",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::System => "system",
            Self::CannotCreate => "cannot_create",
            Self::Io => "io",
            Self::NetworkLost => "network_lost",
            Self::Protocol => "protocol",
            Self::NoPermission => "no_permission",
            Self::Config => "config",
            Self::Hangup => "hangup",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_all() {
        let is_variant = |line: &&str| {
            let number = line
                .trim()
                .strip_suffix(',')
                .and_then(|line| line.split_once(" = "));
            number.is_some_and(|(_, number)| number.parse::<u8>().is_ok())
        };
        let variants = include_str!("exit.rs").lines().filter(is_variant).count();
        let mut numbers = ExitStatus::ALL.map(|status| status as u8);
        assert_eq!(numbers.len(), variants);
        let given = numbers;
        numbers.sort_unstable();
        assert_eq!(numbers, given, "in their order, each once");
    }

    #[test]
    fn numbers_are_the_documented_ones() {
        let table = [
            (ExitStatus::CookieRefused, 2),
            (ExitStatus::Untrusted, 6),
            (ExitStatus::EndedByGateway, 7),
            (ExitStatus::Usage, 64),
            (ExitStatus::BadData, 65),
            (ExitStatus::NoHost, 68),
            (ExitStatus::Unavailable, 69),
            (ExitStatus::NetworkLost, 75),
            (ExitStatus::Protocol, 76),
            (ExitStatus::NoPermission, 77),
            (ExitStatus::Terminated, 143),
        ];
        for (status, number) in table {
            assert_eq!(status as u8, number, "{status:?}");
        }
    }
}
