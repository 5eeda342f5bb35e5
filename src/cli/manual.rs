//! Sections that help and man pages share.

mod daily;

pub use self::daily::{CHANGES, INSTANCES, ROUTES, SYSTEMD, WITHOUT_ROOT};

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
            "sudo vpnc-cli connect vpn.example.com -c joe.p12 -p @joe.passphrase",
            "a client certificate with its key, as PKCS#12 or PEM; the passphrase is in a file of mode 600",
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
            "sudo vpnc-cli connect work",
            "with the settings of /etc/vpnc-cli/profiles/work.toml",
        ),
        (
            "vpnc-cli connect vpn.example.com -u joe --socks 1080",
            "without any right: a proxy into the VPN, for instance for  curl --socks5-hostname 127.0.0.1:1080 URL",
        ),
        (
            "sudo vpnc-cli connect vpn.example.com -u joe --netns work",
            "for some programs only: ip netns add work before, ip netns exec work COMMAND then",
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
            "out=$(vpnc-cli auth vpn.example.com) && eval \"$out\" && printf '%s\\n' \"$COOKIE\" | sudo vpnc-cli connect \
             --cookie-on-stdin --servercert \"$FINGERPRINT\" ${RESOLVE:+--resolve \"$RESOLVE\"} \"$CONNECT_URL\"",
            "sign in as yourself, run the tunnel as root; with eval \"$(…)\" a sign-in that failed would not stop it",
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
            "vpnc-cli auth -u joe --format env vpn.example.com > FILE",
            "for EnvironmentFile=FILE of systemd, with ExecStart=/usr/local/bin/vpnc-cli connect --non-inter --servercert \
             ${VPNC_FINGERPRINT} --resolve ${VPNC_RESOLVE}; connect reads VPNC_SERVER and VPNC_COOKIE itself. The cookie is \
             in FILE: umask 077 first",
        ),
        (
            "vpnc-cli auth --external-browser print vpn.example.com",
            "shows the page to open in a browser and takes the cookie you paste",
        ),
    ],
};

/// Command lines of `status`.
pub const STATUS_EXAMPLES: Section = Section {
    heading: "Examples",
    entries: &[
        ("vpnc-cli status", "the only tunnel that is running"),
        ("vpnc-cli status work --json | jq -r .state", "for programs"),
        (
            "vpnc-cli status work --wait-for connected --timeout 60 && ssh inside.example.com",
            "as soon as packets get through",
        ),
    ],
};

/// What the numbers of `status` mean.
pub const STATUS_EXIT: Section = Section {
    heading: "Exit status",
    entries: &[
        ("0", "connected, or what --wait-for waits for is there"),
        (
            "1",
            "a run was killed and has left its socket behind: vpnc-cli disconnect --repair",
        ),
        ("3", "not running"),
        (
            "4",
            "running and not connected: signing in, reconnecting and the like",
        ),
        ("8", "several are running and none is named"),
        ("75", "--timeout is over"),
        ("77", "the tunnel belongs to another user"),
    ],
};

/// Who answers what a sign-in page asks.
pub const ANSWERS: Section = Section {
    heading: "Answers to sign-in pages",
    entries: &[
        (
            "name, realm and role",
            "--user fills fields whose name begins with user or uname; --realm and --role choose from lists, --authgroup \
             where one of them says nothing; a label may be cut short as long as it stays unambiguous, and a list of \
             one is not asked about",
        ),
        (
            "passwords",
            "each field takes the next one of: the lines of --passwd-file (else of VPNC_PASSWORD, VPNC_PASSWORD_FILE or \
             the credential vpnc.password), the lines of standard input with --passwd-on-stdin, what --passwd-command \
             prints; an empty line leaves its field to the terminal",
        ),
        (
            "one-time codes",
            "the generator of --token-secret, at most twice in a sign-in; else the next line of the passwords",
        ),
        (
            "menus of a second factor",
            "the next line of the passwords, for example push or 2; never the generator",
        ),
        (
            "all other fields",
            "--form-entry; what the page itself fills in is kept when nobody can be asked",
        ),
        (
            "the terminal",
            "asks for what is left, on /dev/tty, also when standard input is a pipe; what is secret is not shown. Without \
             a terminal, or with --non-inter, the program ends with status 4 and names each field and its option",
        ),
        (
            "after a refusal",
            "what was refused is never sent again. At the terminal there are three tries, without one a single try",
        ),
    ],
};

/// Syntax of `--form-entry`.
pub const FORM_ENTRY: Section = Section {
    heading: "Form entries",
    entries: &[
        (
            "--form-entry FORM:FIELD=VALUE",
            "FORM is the name of the form on its page, else its id; * is any form. FIELD is the name of the field as it \
             is sent. Both are in the error for a missing answer, and probe shows those of the first page. Of several \
             entries that fit the last counts",
        ),
        (
            "a list",
            "VALUE is a label, its unambiguous beginning, or the value behind it",
        ),
        (
            "a box to tick",
            "on, yes or its value ticks it, all else does not",
        ),
        (
            "a password",
            "is possible and warned about: the list of processes shows what is in an option until it is wiped there. There \
             are better ways for passwords above",
        ),
    ],
};

/// Forms of `--token-secret`.
pub const TOKEN_SECRETS: Section = Section {
    heading: "Secrets of one-time codes",
    entries: &[
        (
            "@FILE",
            "the first line of a file that only you can read (chmod 600): one of the forms below",
        ),
        ("fd:N", "the first line of an open descriptor, likewise"),
        (
            "cmd:COMMAND",
            "the first line that a command of the shell prints, likewise",
        ),
        (
            "base32:TEXT",
            "as it stands below most QR codes; upper or lower case",
        ),
        ("0xHEX", "hexadecimal digits"),
        (
            "otpauth://…",
            "the whole link of a QR code; it tells mode, digits, period and algorithm",
        ),
        (
            "TEXT",
            "the characters themselves are the secret: a secret in base32 needs its base32: in front",
        ),
        (
            "…,COUNTER",
            "behind a secret for hotp: the counter to begin with. With @FILE it is raised in the file before the code is \
             used",
        ),
        (
            "sha256:… sha512:…",
            "in front of base32:, 0x or a text: the algorithm, when it is not SHA-1",
        ),
    ],
};

/// The built-in host checker, and the file of claims.
pub const HOST_CHECKER: Section = Section {
    heading: "Host checker",
    entries: &[
        (
            "what it is",
            "a gateway may ask whether this machine meets policies, by name, before it lets anybody in, and again while \
             the tunnel is up. This program does not examine the machine. It answers what you tell it to, and each answer \
             is shown",
        ),
        ("--hostcheck report", "the usual way: no policy is said to be met"),
        (
            "--hostcheck accept",
            "every policy is said to be met, whatever it is. That is your statement about your machine, and it may be \
             against the rules of whoever runs the gateway: ask first",
        ),
        (
            "--hostcheck FILE",
            "a file with lines NAME = ok or NAME = notok; NAME is the policy as the gateway calls it, * all that are not \
             named, which are not met otherwise; empty lines and those that begin with # are passed over",
        ),
        (
            "--csd-wrapper PROGRAM",
            "another program answers: it is started with the host of the gateway, and speaks the protocol of \
             OpenConnect's wrappers on standard input. Root must say which account it runs under, with --csd-user",
        ),
    ],
};

/// What the environment changes.
pub const ENVIRONMENT: Section = Section {
    heading: "Environment",
    entries: &[
        ("VPNC_SERVER", "the gateway, when the command line names none"),
        (
            "VPNC_PROFILE",
            "the profile, when the command line names none, neither with --profile nor in place of the URL",
        ),
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
        (
            "NOTIFY_SOCKET WATCHDOG_USEC",
            "set by systemd for Type=notify; never passed on",
        ),
        (
            "XDG_CONFIG_HOME HOME",
            "where your own config.toml and profiles are; root has none but those in /etc",
        ),
        (
            "SUDO_UID",
            "whose file root may follow, beside its own, when --config names it",
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
        (
            "1",
            "failure without a better number: a script that failed, a --passwd-command or other command for a \
             secret that failed or took too long",
        ),
        (
            "2",
            "the gateway refused the cookie, or the login has expired: sign in again",
        ),
        (
            "3",
            "the gateway refused the name, the password or the code, or the account is locked or has no role",
        ),
        (
            "4",
            "an answer is missing or is none of those possible: nobody can be asked, a --realm, --role or other \
             entry of a list does not exist, a notice was declined, another session is open with --no-takeover, \
             or a browser is needed; the error names the option that gives it",
        ),
        (
            "5",
            "the gateway wants a host check that was not made, or is not content with it",
        ),
        ("6", "the gateway's certificate is not trusted, or no pin matches"),
        (
            "7",
            "the gateway ended the session; or at the sign-in, its licences are used up or the limit of a role is \
             reached",
        ),
        (
            "8",
            "a tunnel of that name is running already; or there is none of that name to ask or to end, or several and \
             none is named",
        ),
        (
            "64",
            "the command line is wrong: an unknown option or value, an option that is not built, a URL with \
             http://",
        ),
        (
            "65",
            "a cookie, certificate, key, password, token secret or file of --hostcheck cannot be used as given, \
             or other users can read it",
        ),
        ("66", "a named file is missing or cannot be read"),
        ("68", "the host name is unknown"),
        (
            "69",
            "the gateway or the proxy cannot be reached, or answers with an HTTP status from 500 up",
        ),
        ("70", "a bug in this program"),
        (
            "71",
            "the operating system refused something other than for lack of rights: no TUN device, a device in \
             use, a route that is taken",
        ),
        (
            "73",
            "the log, the pid file, the control socket or a state file cannot be created",
        ),
        (
            "74",
            "local input or output failed, or the reader of status or events has gone",
        ),
        (
            "75",
            "the network was lost for longer than --reconnect-timeout; or status --timeout or disconnect --wait is over",
        ),
        (
            "76",
            "an unexpected answer, no common TLS cipher suite, or another protocol: no such gateway, also for \
             probe",
        ),
        (
            "77",
            "a right is missing on this machine: root, or the capability CAP_NET_ADMIN",
        ),
        (
            "78",
            "a configuration file has an error: the message begins with FILE:LINE:COLUMN",
        ),
        (
            "129 130 143",
            "ended by SIGHUP, SIGINT or SIGTERM while signing in, or before the tunnel was up",
        ),
    ],
};

/// What is needed, and what is kept.
pub const RIGHTS: Section = Section {
    heading: "Rights",
    entries: &[
        (
            "CAP_NET_ADMIN",
            "to make a device, to set addresses and routes, and for --fwmark. Not for a device made in advance with \
             --network none",
        ),
        (
            "once the tunnel is up",
            "all rights are given up but those that undoing and new connections need, and programs cannot get any back \
             from this one. Where scripts, hooks, resolvconf or --relogin need to run programs, these have what the \
             program was started with",
        ),
        (
            "--setuid USER",
            "the process that talks to the gateway belongs to USER from the moment the device is open, before the \
             sign-in. A second process, vpnc-keeper, sets up the network, runs scripts and hooks, and takes everything \
             back when the first one ends in whatever way",
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
        (
            "while signing in",
            "SIGINT, SIGTERM and SIGHUP give up with status 130, 143 or 129, and the terminal is as it was; SIGUSR1 and \
             SIGUSR2 do nothing",
        ),
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

/// Who is told the name servers.
pub const NAME_SERVERS: Section = Section {
    heading: "Name servers",
    entries: &[
        (
            "--dns auto",
            "the first of those below that answers the questions of this machine; one that fails is passed by",
        ),
        (
            "--dns resolved",
            "systemd-resolved, which splits questions by domain: the gateway's domains and those of --dns-domain go to \
             the VPN's servers and nothing else does. When the tunnel takes the default route, or with \
             --dns-domain '~.', everything goes there. Without any domain both sides are asked for everything",
        ),
        (
            "--dns resolvconf",
            "the program resolvconf, Debian's or openresolv; all questions go to the VPN's servers first, unless a \
             resolver of this machine splits them",
        ),
        (
            "--dns file",
            "/etc/resolv.conf: the VPN's servers in front of those that are there, three in all. At the end only our \
             own lines are taken out, so what others wrote meanwhile stays",
        ),
        ("--dns none", "nobody"),
    ],
};

/// Configuration files and profiles.
pub const CONFIG_FILES: Section = Section {
    heading: "Configuration files",
    entries: &[
        (
            "what they say",
            "in TOML, an option without its dashes is a key: user = \"joe\", mtu = 1400, no-esp = true, \
             route = [\"10.0.0.0/8\"]. server is the URL; password-file and password-command stand for --passwd-file \
             and --passwd-command. A password itself is never a key",
        ),
        (
            "tables",
            "group and no more: dns in [network] is the key dns, timeout in [reconnect] is reconnect-timeout",
        ),
        (
            "who wins",
            "an option beats the VPNC_ variables of the environment, these a profile, this your config.toml or the \
             file of --config, and this /etc/vpnc-cli/config.toml. The highest that mentions an option decides it \
             whole: false takes a true further down back, and a list takes the place of a list, [] that of all. \
             Proxies of the environment come last",
        ),
        (
            "profiles",
            "are such files with a name. vpnc-cli connect NAME takes the gateway from it, and NAME becomes the name \
             of the tunnel; with --profile NAME another URL may be given. Yours hides one of the machine with the \
             same name. Options another command does not have are passed over",
        ),
        (
            "files of OpenConnect",
            "a file of --config whose name does not end in .toml has an option in each line, NAME VALUE or \
             NAME=VALUE, without dashes and quotes; lines that begin with # are comments",
        ),
        (
            "secrets",
            "cookie, token-secret, key-password, a password in form-entry or in a proxy: the file must be yours alone \
             (chmod 600), or it is refused",
        ),
        (
            "root",
            "reads the files in /etc/vpnc-cli and the one of --config, follows only what belongs to root (or to the user \
             of sudo, with --config), and nothing that others can write",
        ),
    ],
};

/// The other personality.
pub const OPENCONNECT: Section = Section {
    heading: "Started as openconnect",
    entries: &[
        (
            "ln -s /usr/local/bin/vpnc-cli /usr/local/bin/openconnect",
            "under that name the program takes the options of OpenConnect and no others, for scripts and for \
             NetworkManager's plugin. --protocol=nc or --juniper must be given, but for --authenticate",
        ),
        (
            "output",
            "messages that are no errors go to standard output, unless a result does: --authenticate, --cookieonly, \
             --printcookie",
        ),
        (
            "exit status",
            "0 ended on request or signed in, 2 cookie or sign-in refused, 1 anything else, --help included",
        ),
        ("files", "none is read but that of --config"),
        (
            "without --script",
            "the built-in set-up is used, and not a vpnc-script",
        ),
    ],
};

/// Files of the program.
pub const FILES: Section = Section {
    heading: "Files",
    entries: &[
        (
            "/etc/vpnc-cli/config.toml /etc/vpnc-cli/profiles/NAME.toml",
            "settings of the machine, for every connection and for one",
        ),
        (
            "~/.config/vpnc-cli/config.toml ~/.config/vpnc-cli/profiles/NAME.toml",
            "your own; not for root",
        ),
        (
            "/run/vpnc-cli/",
            "state of running tunnels, their sockets (NAME.sock) and what to undo after a crash, for root",
        ),
        ("$XDG_RUNTIME_DIR/vpnc-cli/", "the same for other users"),
        (
            "/etc/resolv.conf",
            "gets name servers when neither systemd-resolved nor resolvconf is in charge",
        ),
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
            ExitStatus::Config,
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
