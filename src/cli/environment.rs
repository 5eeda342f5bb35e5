//! The environment, read once. Secrets are taken out of it before anything else runs.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use crate::platform::privilege::{take_secret_variable, take_variable};
use crate::secret::Secret;

/// What the environment said at the start.
#[derive(Debug, Default, Clone)]
pub struct Environment {
    /// `VPNC_COOKIE`.
    pub cookie: Option<Secret>,
    /// `VPNC_PASSWORD`; several lines are several passwords.
    pub password: Option<Secret>,
    /// `VPNC_TOKEN_SECRET`.
    pub token_secret: Option<Secret>,
    variables: Vec<(&'static str, OsString)>,
}

impl Environment {
    /// Reads the variables that count here and removes those that hold secrets, proxies with a password among them, so
    /// that no child can inherit them and `/proc/PID/environ` does not show them.
    ///
    /// To be called first of all, while the process has one thread.
    pub fn take() -> Self {
        let environment = Self::from_lookup(|name| std::env::var_os(name));
        for name in SECRETS {
            take_secret_variable(name);
        }
        for name in SERVICE {
            take_variable(name);
        }
        let proxies = std::env::vars_os().filter(|(name, value)| is_proxy_with_login(name, value));
        let proxies: Vec<OsString> = proxies.map(|(name, _)| name).collect();
        for name in proxies.iter().filter_map(|name| name.to_str()) {
            take_secret_variable(name);
        }
        environment
    }

    /// An environment from a function, for tests.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let secret = |name: &str| value(name).map(|value| Secret::new(value.to_string_lossy()));
        Self {
            cookie: secret(COOKIE),
            password: secret(PASSWORD),
            token_secret: secret(TOKEN_SECRET),
            variables: PLAIN
                .iter()
                .filter_map(|&name| Some((name, value(name)?)))
                .collect(),
        }
    }

    /// The names of those that are set and hold no secret.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.variables.iter().map(|(name, _)| *name)
    }

    /// The value of a variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_os_str())
    }

    /// The value as text, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.var(name)?.to_str()
    }

    /// The value as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(PathBuf::from)
    }
}

/// `https_proxy` and its kin, when they hold what may be a password.
fn is_proxy_with_login(name: &OsStr, value: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    name.ends_with("_proxy") && name != "no_proxy" && value.as_bytes().contains(&b'@')
}

const COOKIE: &str = "VPNC_COOKIE";

const PASSWORD: &str = "VPNC_PASSWORD";
const TOKEN_SECRET: &str = "VPNC_TOKEN_SECRET";

/// Variables no child may see.
const SECRETS: &[&str] = &[COOKIE, PASSWORD, TOKEN_SECRET];

/// Variables that are meant for this process alone: whoever is started by us has nothing to say to the service manager.
const SERVICE: &[&str] = &["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/// Variables without secrets that count here.
const PLAIN: &[&str] = &[
    "VPNC_SERVER",
    "VPNC_USER",
    "VPNC_REALM",
    "VPNC_ROLE",
    "VPNC_AUTHGROUP",
    "VPNC_PROFILE",
    "VPNC_COOKIE_FILE",
    "VPNC_PASSWORD_FILE",
    "CREDENTIALS_DIRECTORY",
    "VPNC_LOG",
    "HOME",
    "XDG_CONFIG_HOME",
    "SUDO_UID",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "NO_COLOR",
    "TERM",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
];

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn empty_counts_as_not_set() {
        let environment = Environment::from_lookup(|name| match name {
            "VPNC_SERVER" | "VPNC_COOKIE" => Some(OsString::new()),
            "TERM" => Some("dumb".into()),
            _ => None,
        });
        assert_eq!(environment.text("VPNC_SERVER"), None);
        assert_eq!(environment.cookie, None);
        assert_eq!(environment.text("TERM"), Some("dumb"));
    }

    /// Runs the test below in a process of its own, whose environment it may change.
    #[test]
    fn secrets_leave_the_environment() {
        let this_program = std::env::current_exe().expect("path of the test program");
        let status = Command::new(this_program)
            .args(["--exact", "cli::environment::tests::alone"])
            .env(ALONE, "1")
            .env("VPNC_COOKIE", "DSID=1")
            .env("VPNC_PASSWORD", "secret")
            .env("VPNC_TOKEN_SECRET", "secret")
            .env("VPNC_SERVER", "gw")
            .env("NOTIFY_SOCKET", "/run/notify")
            .env("https_proxy", "http://joe:hunter2@proxy")
            .env("HTTP_PROXY", "joe:hunter2@proxy")
            .env("all_proxy", "http://proxy")
            .status();
        assert!(status.expect("the test program runs").success());
    }

    #[test]
    fn alone() {
        if std::env::var_os(ALONE).is_none() {
            return;
        }
        let environment = Environment::take();
        assert_eq!(environment.cookie, Some(Secret::new("DSID=1")));
        assert_eq!(environment.password, Some(Secret::new("secret")));
        assert_eq!(environment.token_secret, Some(Secret::new("secret")));
        assert_eq!(environment.text("VPNC_SERVER"), Some("gw"));
        assert_eq!(environment.text("NOTIFY_SOCKET"), Some("/run/notify"));
        for name in SECRETS.iter().chain(SERVICE) {
            assert_eq!(std::env::var_os(name), None, "{name}");
        }
        assert!(std::env::var_os("VPNC_SERVER").is_some());
        assert_eq!(environment.text("https_proxy"), Some("http://joe:hunter2@proxy"));
        assert_eq!(std::env::var_os("all_proxy"), Some("http://proxy".into()));
        for name in ["https_proxy", "HTTP_PROXY"] {
            assert_eq!(std::env::var_os(name), None, "{name}");
        }
        let memory = std::fs::read("/proc/self/environ").expect("own memory");
        assert!(!memory.windows(7).any(|window| window == b"hunter2"));
    }

    /// Set in the process of its own.
    const ALONE: &str = "VPNC_CLI_TEST_ALONE";
}
