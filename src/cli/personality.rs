//! Started under the name `openconnect`: that program's syntax, places of output and exit statuses.
//!
//! There are no commands, no profiles and no configuration files but the one of `--config`. Without `-s` the built-in
//! set-up is used all the same, because it undoes what it did even after a crash.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use crate::error::Error;
use crate::exit::ExitStatus;

/// Who the program is for its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personality {
    /// Itself.
    Native,
    /// OpenConnect.
    OpenConnect,
}

/// What a command line of OpenConnect asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// A tunnel or a sign-in: the same in our words.
    Run(Vec<OsString>),
    /// A text on standard output, and the status after it.
    Print(&'static str, ExitStatus),
}

impl Personality {
    /// By the name the program was started under.
    pub fn of(program: Option<&OsString>) -> Self {
        match program.and_then(|path| Path::new(path).file_name()) {
            Some(name) if name == NAME => Self::OpenConnect,
            _ => Self::Native,
        }
    }

    /// The number a caller of that program expects. OpenConnect has three.
    pub fn status(self, status: ExitStatus) -> ExitStatus {
        match (self, status) {
            (Self::Native, status) => status,
            (Self::OpenConnect, ExitStatus::Success) => ExitStatus::Success,
            (Self::OpenConnect, ExitStatus::CookieRefused | ExitStatus::LoginRefused) => {
                ExitStatus::CookieRefused
            }
            (Self::OpenConnect, _) => ExitStatus::Failure,
        }
    }
}

/// Understands a command line of OpenConnect, its name included.
pub fn translate(args: &[OsString]) -> Result<Request, Error> {
    let mut words = Words {
        rest: args.get(1..).unwrap_or_default().iter(),
        options: Vec::new(),
        hosts: Vec::new(),
    };
    words.read()?;
    let has = |name: &str| words.options.iter().any(|(known, _)| *known == name);
    if has("help") {
        // as its usage does
        return Ok(Request::Print(HELP, ExitStatus::Failure));
    }
    if has("version") {
        return Ok(Request::Print(VERSION, ExitStatus::Success));
    }
    // nmcli 1.42 signs in without naming the protocol
    if !has("protocol") && !has("juniper") && !has("authenticate") && !has("config") {
        return Err(usage("OpenConnect speaks AnyConnect unless told otherwise, and this program speaks Network Connect only")
            .hint("--protocol=nc"));
    }
    if words.hosts.len() > 1 {
        return Err(usage("more than one server is named"));
    }
    let mut native: Vec<OsString> = vec![args.first().cloned().unwrap_or_default(), "connect".into()];
    for (name, value) in words.options {
        native.push(match value {
            None => format!("--{name}").into(),
            Some(value) => {
                let mut word = OsString::from(format!("--{name}="));
                word.push(value);
                word
            }
        });
    }
    if !words.hosts.is_empty() {
        native.push("--".into());
        native.extend(words.hosts.into_iter().cloned());
    }
    Ok(Request::Run(native))
}

/// Takes a command line apart the way `getopt_long` does: options may stand behind the host, names may be cut short.
struct Words<'a> {
    rest: std::slice::Iter<'a, OsString>,
    options: Vec<(&'static str, Option<OsString>)>,
    hosts: Vec<&'a OsString>,
}

impl<'a> Words<'a> {
    fn read(&mut self) -> Result<(), Error> {
        while let Some(word) = self.rest.next() {
            match word.as_bytes() {
                b"--" => self.hosts.extend(self.rest.by_ref()),
                [b'-', b'-', long @ ..] => self.long(long)?,
                [b'-', letters @ ..] if !letters.is_empty() => self.letters(letters)?,
                _ => self.hosts.push(word),
            }
        }
        Ok(())
    }

    fn long(&mut self, word: &'a [u8]) -> Result<(), Error> {
        let end = word.iter().position(|octet| *octet == b'=');
        let (name, value) = match end {
            Some(end) => (word.get(..end), word.get(end + 1..)),
            None => (Some(word), None),
        };
        let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
        let option = find(&name)?;
        match (option.takes_value, value) {
            (false, Some(_)) => Err(usage(&format!("--{} takes no value", option.name))),
            (_, value) => self.add(option, value.map(OsStr::from_bytes)),
        }
    }

    /// `-vv`, `-bCDSID=1`, `-C DSID=1`.
    fn letters(&mut self, letters: &'a [u8]) -> Result<(), Error> {
        for (place, letter) in letters.iter().enumerate() {
            let option = OPTIONS.iter().find(|option| option.letter == Some(*letter));
            let option = option.ok_or_else(|| {
                usage(&format!(
                    "unknown option -{}",
                    char::from(*letter).escape_default()
                ))
            })?;
            let behind = letters.get(place + 1..).filter(|rest| !rest.is_empty());
            match behind {
                Some(value) if option.takes_value => return self.add(option, Some(OsStr::from_bytes(value))),
                _ => self.add(option, None)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, option: &Known, value: Option<&OsStr>) -> Result<(), Error> {
        let value = match (option.takes_value, value) {
            (false, _) => None,
            (true, Some(value)) => Some(value.to_owned()),
            (true, None) => {
                let next = self.rest.next();
                Some(
                    next.cloned()
                        .ok_or_else(|| usage(&format!("--{} needs a value", option.name)))?,
                )
            }
        };
        self.options.push((option.name, value));
        Ok(())
    }
}

fn find(name: &str) -> Result<&'static Known, Error> {
    if let Some(option) = OPTIONS.iter().find(|option| option.name == name) {
        return Ok(option);
    }
    let shown = OsString::from_vec(name.as_bytes().to_vec());
    let shown = shown.to_string_lossy();
    let mut fitting = OPTIONS
        .iter()
        .filter(|option| !name.is_empty() && option.name.starts_with(name));
    match (fitting.next(), fitting.next()) {
        (Some(option), None) => Ok(option),
        (Some(one), Some(other)) => Err(usage(&format!(
            "--{shown} may be --{} or --{}",
            one.name, other.name
        ))),
        (None, _) => Err(usage(&format!("unknown option --{shown}"))
            .note("started as openconnect, this program knows the options of OpenConnect only")
            .hint("vpnc-cli connect --help shows all")),
    }
}

fn usage(message: &str) -> Error {
    Error::new(ExitStatus::Usage, message)
}

/// An option of OpenConnect 9.01.
struct Known {
    name: &'static str,
    letter: Option<u8>,
    takes_value: bool,
}

const fn flag(name: &'static str) -> Known {
    Known {
        name,
        letter: None,
        takes_value: false,
    }
}

const fn value(name: &'static str) -> Known {
    Known {
        name,
        letter: None,
        takes_value: true,
    }
}

const fn short(letter: u8, known: Known) -> Known {
    Known {
        letter: Some(letter),
        ..known
    }
}

const OPTIONS: &[Known] = &[
    flag("allow-insecure-crypto"),
    flag("authenticate"),
    value("authgroup"),
    short(b'b', flag("background")),
    value("base-mtu"),
    value("cafile"),
    short(b'e', value("cert-expire-warning")),
    short(b'c', value("certificate")),
    value("compression"),
    value("config"),
    short(b'C', value("cookie")),
    flag("cookie-on-stdin"),
    flag("cookieonly"),
    value("csd-user"),
    value("csd-wrapper"),
    short(b'd', flag("deflate")),
    flag("disable-ipv6"),
    value("dtls-ciphers"),
    value("dtls-local-port"),
    value("dtls12-ciphers"),
    flag("dump-http-traffic"),
    value("external-browser"),
    value("force-dpd"),
    value("force-trojan"),
    short(b'F', value("form-entry")),
    value("gnutls-debug"),
    value("gnutls-priority"),
    short(b'h', flag("help")),
    value("http-auth"),
    short(b'i', value("interface")),
    flag("juniper"),
    short(b'p', value("key-password")),
    flag("key-password-from-fsid"),
    flag("libproxy"),
    value("local-hostname"),
    value("mca-certificate"),
    value("mca-key"),
    value("mca-key-password"),
    short(b'm', value("mtu")),
    flag("no-cert-check"),
    short(b'D', flag("no-deflate")),
    flag("no-dtls"),
    flag("no-http-keepalive"),
    flag("no-passwd"),
    flag("no-proxy"),
    flag("no-system-trust"),
    flag("no-xmlpost"),
    flag("non-inter"),
    value("openssl-ciphers"),
    value("os"),
    flag("passtos"),
    flag("passwd-on-stdin"),
    flag("pfs"),
    value("pid-file"),
    flag("printcookie"),
    value("protocol"),
    short(b'P', value("proxy")),
    value("proxy-auth"),
    short(b'Q', value("queue-len")),
    short(b'q', flag("quiet")),
    value("reconnect-timeout"),
    value("resolve"),
    short(b's', value("script")),
    short(b'S', flag("script-tun")),
    value("server"),
    value("servercert"),
    short(b'U', value("setuid")),
    value("sni"),
    short(b'k', value("sslkey")),
    short(b'l', flag("syslog")),
    flag("timestamp"),
    value("token-mode"),
    value("token-secret"),
    short(b'u', value("user")),
    value("useragent"),
    short(b'g', value("usergroup")),
    short(b'v', flag("verbose")),
    short(b'V', flag("version")),
    value("version-string"),
    short(b'x', value("xmlconfig")),
];

const NAME: &str = "openconnect";

const VERSION: &str = concat!(
    "vpnc-cli ",
    env!("CARGO_PKG_VERSION"),
    ", started as openconnect\nprotocols: nc (Network Connect)\ndefault script: none, the set-up is built in\n"
);

const HELP: &str = "\
Usage: openconnect --protocol=nc [OPTIONS] SERVER

This is vpnc-cli under the name openconnect. It takes the options of OpenConnect 9.01 and speaks Network Connect
(--protocol=nc or --juniper). Without --script it sets up the network itself.

Exit status: 0 ended on request, 2 cookie or sign-in refused, 1 anything else.

The options are explained by  vpnc-cli connect --help  and  man vpnc-cli-connect.
";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str) -> Result<Vec<String>, String> {
        let words = std::iter::once("/usr/sbin/openconnect").chain(line.split_whitespace());
        let words: Vec<OsString> = words.map(OsString::from).collect();
        match translate(&words) {
            Ok(Request::Run(words)) => Ok(words[2..]
                .iter()
                .map(|word| word.to_string_lossy().into())
                .collect()),
            Ok(Request::Print(text, _)) => Ok(vec![text.to_owned()]),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn the_name_decides() {
        for (name, expected) in [
            ("openconnect", Personality::OpenConnect),
            ("/usr/sbin/openconnect", Personality::OpenConnect),
            ("./openconnect", Personality::OpenConnect),
            ("vpnc-cli", Personality::Native),
            ("/opt/openconnect/vpnc-cli", Personality::Native),
            ("openconnect2", Personality::Native),
            ("", Personality::Native),
        ] {
            assert_eq!(Personality::of(Some(&name.into())), expected, "{name}");
        }
        assert_eq!(Personality::of(None), Personality::Native);
    }

    #[test]
    fn lines_are_taken_apart_as_getopt_does() {
        for (line, expected) in [
            (
                "--prot nc -vv gw --resolve a:b",
                "--protocol=nc --verbose --verbose --resolve=a:b -- gw",
            ),
            (
                "--juniper -bCDSID=1 gw",
                "--juniper --background --cookie=DSID=1 -- gw",
            ),
            ("--juniper -C DSID=1 gw", "--juniper --cookie=DSID=1 -- gw"),
            ("--juniper --server=auth", "--juniper --server=auth"),
            ("--juniper auth", "--juniper -- auth"),
            ("--juniper -u -v", "--juniper --user=-v"),
            ("--jun -- -x", "--juniper -- -x"),
            ("--authenticate gw", "--authenticate -- gw"),
            (
                "--rec=5 --protocol=nc gw",
                "--reconnect-timeout=5 --protocol=nc -- gw",
            ),
        ] {
            let expected = expected.split(' ').map(str::to_owned).collect();
            assert_eq!(run(line), Ok(expected), "{line}");
        }
        assert!(run("--help gw").expect("a text")[0].starts_with("Usage: openconnect"));
        assert!(run("-V").expect("a text")[0].starts_with("vpnc-cli "));
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for (line, text) in [
            ("gw", "OpenConnect speaks AnyConnect"),
            ("--juniper a b", "more than one server"),
            ("--juniper --realm x gw", "unknown option --realm"),
            ("--juniper -Z gw", "unknown option -Z"),
            ("--juniper --no- gw", "may be"),
            ("--juniper --mtu", "--mtu needs a value"),
            ("--juniper -u", "--user needs a value"),
            ("--juniper --no-dtls=1 gw", "--no-dtls takes no value"),
            ("--juniper --=x", "unknown option"),
        ] {
            let error = run(line).expect_err(line);
            assert!(error.contains(text), "{line}: {error}");
        }
    }

    #[test]
    fn statuses_are_three() {
        for (status, expected) in [
            (ExitStatus::Success, ExitStatus::Success),
            (ExitStatus::CookieRefused, ExitStatus::CookieRefused),
            (ExitStatus::LoginRefused, ExitStatus::CookieRefused),
            (ExitStatus::InputNeeded, ExitStatus::Failure),
            (ExitStatus::Untrusted, ExitStatus::Failure),
            (ExitStatus::Usage, ExitStatus::Failure),
            (ExitStatus::Interrupted, ExitStatus::Failure),
        ] {
            assert_eq!(Personality::OpenConnect.status(status), expected);
            assert_eq!(Personality::Native.status(status), status);
        }
    }
}
