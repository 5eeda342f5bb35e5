//! Sections that help and man pages share.

/// A section of examples, exit statuses and the like.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its heading.
    pub heading: &'static str,
    /// Term and explanation of each entry.
    pub entries: &'static [(&'static str, &'static str)],
}

/// Examples below the short help.
pub const SHORT_EXAMPLES: &str = "\
Examples:
  sudo vpnc-cli connect vpn.example.com --cookie-file ~/dsid
  printf 'DSID=%s\\n' \"$DSID\" | sudo vpnc-cli connect --cookie-on-stdin vpn.example.com

More with --help.";

/// Command lines to start from.
pub const EXAMPLES: Section = Section {
    heading: "Examples",
    entries: &[
        (
            "sudo vpnc-cli connect vpn.example.com --cookie-file ~/dsid",
            "the cookie is in a file of mode 600; Ctrl-C ends the tunnel",
        ),
        (
            "printf 'DSID=%s\\n' \"$DSID\" | sudo vpnc-cli connect --cookie-on-stdin vpn.example.com",
            "the cookie comes from another program and never shows in the list of processes",
        ),
        (
            "sudo vpnc-cli vpn.example.com --cookie-on-stdin --servercert pin-sha256:BASE64",
            "trust one public key only; without the right pin the error shows the one that was met",
        ),
        (
            "sudo vpnc-cli connect vpn.example.com --cookie-file ~/dsid -s 'vpn-slice 10.0.0.0/8'",
            "a script sets up the network instead of the program",
        ),
        (
            "vpnc-cli connect vpn.example.com --cookie-file ~/dsid -i vpn0 --network none",
            "without root, on a device made in advance: ip tuntap add dev vpn0 mode tun user joe",
        ),
        (
            "vpnc-cli logout vpn.example.com --cookie-file ~/dsid",
            "end the login on the gateway",
        ),
    ],
};

/// What the environment changes.
pub const ENVIRONMENT: Section = Section {
    heading: "Environment",
    entries: &[
        ("VPNC_SERVER", "the gateway, when the command line names none"),
        (
            "VPNC_COOKIE",
            "the session cookie; taken out of the environment at once, children never see it",
        ),
        ("VPNC_COOKIE_FILE", "like --cookie-file"),
        (
            "CREDENTIALS_DIRECTORY",
            "set by systemd; its file vpnc.cookie holds the session cookie",
        ),
        (
            "VPNC_LOG",
            "which messages to show, for example info,esp=trace; -v and -q win over it",
        ),
        (
            "https_proxy HTTPS_PROXY all_proxy ALL_PROXY",
            "the proxy, when neither --proxy nor --no-proxy is given",
        ),
        (
            "no_proxy NO_PROXY",
            "gateways to reach without a proxy, separated by commas",
        ),
        ("NO_COLOR TERM", "no colours when NO_COLOR is set or TERM is dumb"),
        ("TZ", "time zone of --timestamp"),
    ],
};

/// What the numbers mean.
pub const EXIT_STATUS: Section = Section {
    heading: "Exit status",
    entries: &[
        ("0", "success, or the tunnel ended because you asked"),
        ("1", "failure without a better number, or a script failed"),
        (
            "2",
            "the gateway refused the cookie, or the login has expired: sign in again",
        ),
        ("4", "the session cookie is missing"),
        ("6", "the gateway's certificate is not trusted, or no pin matches"),
        ("7", "the gateway ended the session"),
        ("8", "a tunnel of that name is running already"),
        ("64", "the command line is wrong"),
        ("65", "the cookie, certificate or key cannot be used as given"),
        ("66", "a named file is missing or cannot be read"),
        ("68", "the host name is unknown"),
        ("69", "the gateway cannot be reached"),
        ("70", "a bug in this program"),
        (
            "71",
            "the operating system refused something other than for lack of rights",
        ),
        ("73", "the log or a state file cannot be created"),
        ("74", "local input or output failed"),
        ("75", "the network was lost for longer than --reconnect-timeout"),
        (
            "76",
            "an unexpected answer, no common TLS cipher suite, or another protocol",
        ),
        (
            "77",
            "a right is missing on this machine: root, or the capability CAP_NET_ADMIN",
        ),
        (
            "129 130 143",
            "ended by SIGHUP, SIGINT or SIGTERM before the tunnel was up",
        ),
    ],
};

/// What signals do.
pub const SIGNALS: Section = Section {
    heading: "Signals",
    entries: &[
        (
            "SIGINT SIGTERM",
            "undo the network set-up, end the login on the gateway and exit 0; a second one skips the logout",
        ),
        (
            "SIGHUP",
            "undo the network set-up and exit 0, the login stays valid and the cookie can be used again",
        ),
        ("SIGUSR1", "write statistics to the log"),
        ("SIGUSR2", "drop the connection and connect again now"),
    ],
};

/// What to do about gateways that know no modern TLS.
pub const OLD_GATEWAYS: Section = Section {
    heading: "Old gateways",
    entries: &[
        (
            "--tls auto",
            "the usual way: first the modern TLS library, and the legacy one (OpenSSL) only when the gateway refuses \
             the handshake of the modern one; a certificate that is not trusted never leads there",
        ),
        (
            "--tls modern",
            "TLS 1.2 and 1.3 with forward secrecy or nothing; whoever records the connection cannot read it later \
             with the gateway's key",
        ),
        (
            "--tls legacy",
            "OpenSSL from the start, which also knows TLS 1.2 with RSA key exchange; spares the refused first attempt; \
             in builds with the feature legacy-tls only",
        ),
        (
            "--allow-insecure-crypto",
            "the legacy library may also use TLS 1.0 and 1.1, 3DES and RC4, which can be broken: only until the \
             gateway is renewed, and never together with --tls modern",
        ),
        (
            "on the gateway",
            "the better cure is the administrator's: enable TLS 1.2 with ECDHE cipher suites",
        ),
    ],
};

/// Files of the program.
pub const FILES: Section = Section {
    heading: "Files",
    entries: &[
        (
            "/run/vpnc-cli/",
            "state of running tunnels and what to undo after a crash, for root",
        ),
        ("$XDG_RUNTIME_DIR/vpnc-cli/", "the same for other users"),
        (
            "/etc/vpnc/vpnc-script",
            "first of the usual places of a script for --network=script without -s",
        ),
    ],
};

/// Sections as the text below the long help.
pub fn after_help(sections: &[Section]) -> String {
    let sections: Vec<String> = sections.iter().copied().map(Section::as_help).collect();
    sections.join("\n\n")
}

impl Section {
    fn as_help(self) -> String {
        let widest = self.entries.iter().map(|(term, _)| term.len()).max().unwrap_or(0);
        let longest = self
            .entries
            .iter()
            .map(|(_, explanation)| explanation.len())
            .max();
        let fits = widest + longest.unwrap_or(0) + INDENT <= WIDTH;
        let mut text = format!("{}:", self.heading);
        for (term, explanation) in self.entries {
            let entry = if fits {
                format!("\n  {term:widest$}  {explanation}")
            } else {
                format!("\n  {term}\n      {explanation}")
            };
            text.push_str(&entry);
        }
        text
    }
}

/// Columns of the help where the terminal does not say.
const WIDTH: usize = 100;
/// Blanks before and after a term.
const INDENT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;

    #[test]
    fn statuses_that_never_occur_are_left_out() {
        for status in [
            ExitStatus::LoginRefused,
            ExitStatus::HostCheck,
            ExitStatus::Config,
        ] {
            let number = (status as u8).to_string();
            let mut terms = EXIT_STATUS.entries.iter().flat_map(|(terms, _)| terms.split(' '));
            assert!(!terms.any(|term| term == number), "{status:?}");
        }
    }

    #[test]
    fn statuses_of_this_release_are_explained() {
        let explained: Vec<&str> = EXIT_STATUS
            .entries
            .iter()
            .flat_map(|(terms, _)| terms.split(' '))
            .collect();
        for status in [
            ExitStatus::Success,
            ExitStatus::Failure,
            ExitStatus::CookieRefused,
            ExitStatus::InputNeeded,
            ExitStatus::Untrusted,
            ExitStatus::EndedByGateway,
            ExitStatus::Instance,
            ExitStatus::Usage,
            ExitStatus::BadData,
            ExitStatus::NoInput,
            ExitStatus::NoHost,
            ExitStatus::Unavailable,
            ExitStatus::Internal,
            ExitStatus::System,
            ExitStatus::CannotCreate,
            ExitStatus::Io,
            ExitStatus::NetworkLost,
            ExitStatus::Protocol,
            ExitStatus::NoPermission,
            ExitStatus::Hangup,
            ExitStatus::Interrupted,
            ExitStatus::Terminated,
        ] {
            assert!(
                explained.contains(&(status as u8).to_string().as_str()),
                "{status:?}"
            );
        }
    }
}
