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
  sudo vpnc-cli connect vpn.example.com -u joe
  pass show vpn | sudo vpnc-cli connect -u joe --passwd-on-stdin --non-inter vpn.example.com
  vpnc-cli probe vpn.example.com

More with --help.";

/// Command lines to start from.
pub const EXAMPLES: Section = Section {
    heading: "Examples",
    entries: &[
        (
            "sudo vpnc-cli connect https://vpn.example.com/admins -u joe --realm Staff --role Developers",
            "asks for the password, and for a code if one is wanted; Ctrl-C ends the tunnel",
        ),
        (
            "pass show vpn | sudo vpnc-cli connect -u joe --passwd-on-stdin --non-inter vpn.example.com",
            "the password comes from another program and nothing is asked",
        ),
        (
            "sudo vpnc-cli connect vpn.example.com -u joe --token-mode totp --token-secret @/root/totp",
            "one-time codes are generated from the secret in a file of mode 600",
        ),
        (
            "printf '%s\\n' \"$COOKIE\" | sudo vpnc-cli connect --cookie-on-stdin vpn.example.com",
            "with the cookie of an earlier sign-in, which never shows in the list of processes",
        ),
        (
            "sudo vpnc-cli vpn.example.com -u joe --servercert pin-sha256:BASE64",
            "trust one public key only; without the right pin the error shows the one that was met",
        ),
        (
            "sudo vpnc-cli connect vpn.example.com -u joe -s 'vpn-slice 10.0.0.0/8'",
            "a script sets up the network instead of the program",
        ),
        (
            "vpnc-cli connect vpn.example.com -u joe -i vpn0 --network none",
            "without root, on a device made in advance: ip tuntap add dev vpn0 mode tun user joe",
        ),
        (
            "vpnc-cli logout vpn.example.com --cookie-file ~/dsid",
            "end the login on the gateway",
        ),
    ],
};

/// Command lines of `auth`.
pub const AUTH_EXAMPLES: Section = Section {
    heading: "Examples",
    entries: &[
        (
            "eval \"$(vpnc-cli auth vpn.example.com)\" && printf '%s\\n' \"$COOKIE\" | sudo vpnc-cli connect \
             --cookie-on-stdin --servercert \"$FINGERPRINT\" ${RESOLVE:+--resolve \"$RESOLVE\"} \"$CONNECT_URL\"",
            "sign in as yourself, run the tunnel as root",
        ),
        (
            "printf '%s\\n%s\\n' \"$PASSWORD\" \"$CODE\" | vpnc-cli auth -u joe --passwd-on-stdin vpn.example.com",
            "password and code, one in a line",
        ),
        (
            "vpnc-cli auth -u joe --passwd-command 'pass show vpn' --format json vpn.example.com",
            "for programs",
        ),
        (
            "vpnc-cli auth --external-browser print vpn.example.com",
            "shows the page to open in a browser and takes the cookie you paste",
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
            "VPNC_USER VPNC_REALM VPNC_ROLE VPNC_AUTHGROUP",
            "as --user, --realm, --role and --authgroup",
        ),
        (
            "VPNC_PASSWORD VPNC_TOKEN_SECRET",
            "secrets, taken out of the environment like the cookie; several lines of a password are the first, the \
             second and so on",
        ),
        ("VPNC_PASSWORD_FILE", "like --passwd-file"),
        (
            "CREDENTIALS_DIRECTORY",
            "set by systemd; its files vpnc.cookie, vpnc.password and vpnc.token-secret are used when they are there",
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
        ("3", "the gateway refused the name, the password or the code"),
        (
            "4",
            "an answer is missing and nobody can be asked; the error names the option that gives it",
        ),
        (
            "5",
            "the gateway wants a host check that was not made, or is not content with it",
        ),
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
            "ended by SIGHUP, SIGINT or SIGTERM while signing in, or before the tunnel was up",
        ),
    ],
};

/// What signals do.
pub const SIGNALS: Section = Section {
    heading: "Signals",
    entries: &[
        (
            "SIGINT SIGTERM",
            "undo the network set-up, end the login on the gateway and exit 0; a second one skips the logout; while \
             signing in, give up",
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
        let number = (ExitStatus::Config as u8).to_string();
        let mut terms = EXIT_STATUS.entries.iter().flat_map(|(terms, _)| terms.split(' '));
        assert!(!terms.any(|term| term == number));
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
            ExitStatus::LoginRefused,
            ExitStatus::InputNeeded,
            ExitStatus::HostCheck,
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
