//! Files, environment and command line together.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::cli::args::{Command as Meant, ConnectArgs};

/// A machine with configuration files, and what the environment says.
struct Machine {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        Self {
            folder,
            variables: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn run(&self, line: &str) -> Result<Understood, Refusal> {
        let places = Places {
            system: Some(self.folder.path().join("system")),
            user: Some(self.folder.path().join("user")),
        };
        let environment = Environment::from_lookup(|name| {
            let found = self.variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.as_str().into())
        });
        let line = line.replace('~', &self.folder.path().display().to_string());
        let words = std::iter::once("vpnc-cli").chain(line.split_whitespace());
        understand(words.map(OsString::from).collect(), &environment, &places)
    }

    fn connect(&self, line: &str) -> Box<ConnectArgs> {
        let understood = match self.run(line) {
            Ok(understood) => understood,
            Err(refusal) => panic!("{line}: {refusal:?}"),
        };
        let Meant::Connect(args) = understood.cli.command else {
            panic!("{line}: another command");
        };
        args
    }

    fn error(&self, line: &str) -> Error {
        match self.run(line) {
            Err(Refusal::Error(error)) => error,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn server(&self, line: &str) -> Option<String> {
        let server = self.connect(line).server;
        server.url.or(server.server)
    }
}

#[test]
fn higher_places_win() {
    let machine = Machine::new(&[
        (
            "system/config.toml",
            "mtu = 1001\nuser = 'system'\nrole = 'system'\nno-esp = true",
        ),
        (
            "user/config.toml",
            "mtu = 1002\nuser = 'user'\nrealm = 'user'\nno-esp = false",
        ),
        ("user/profiles/work.toml", "mtu = 1003\nserver = 'gw.example'"),
    ]);
    let args = machine.connect("connect gw");
    assert_eq!(args.tunnel.mtu, Some(1002));
    assert!(!args.tunnel.no_esp, "false takes true of a lower file back");
    assert_eq!(args.login.role.as_deref(), Some("system"));
    assert_eq!(machine.connect("connect work").tunnel.mtu, Some(1003));
    assert_eq!(machine.connect("connect work -m 1004").tunnel.mtu, Some(1004));
    let machine = machine.with("VPNC_USER", "environment");
    let args = machine.connect("connect work");
    assert_eq!(args.login.user, None, "left to the environment");
    assert_eq!(
        machine.connect("connect work -u joe").login.user.as_deref(),
        Some("joe")
    );
    assert_eq!(args.login.realm.as_deref(), Some("user"));
}

#[test]
fn lists_are_replaced_and_not_joined() {
    let machine = Machine::new(&[
        (
            "system/config.toml",
            "dns-domain = ['a.example', 'b.example']\nroute = ['10.0.0.0/8']",
        ),
        (
            "user/profiles/work.toml",
            "server = 'gw'\ndns-domain = ['c.example']\nroute = []",
        ),
    ]);
    assert_eq!(
        machine.connect("connect gw").network.dns_domain,
        ["a.example", "b.example"]
    );
    let args = machine.connect("connect work");
    assert_eq!(args.network.dns_domain, ["c.example"]);
    assert!(args.network.route.is_empty());
    let args = machine.connect("connect work --dns-domain d.example --dns-domain e.example");
    assert_eq!(args.network.dns_domain, ["d.example", "e.example"]);
}

#[test]
fn rivals_of_a_higher_place_are_dropped() {
    let machine = Machine::new(&[(
        "user/profiles/work.toml",
        "server = 'gw'\ncookie-file = '/x'\npassword-command = 'pass'\nproxy = 'proxy'\ndefault-route = true\n\
         script = 'x'\ncertificate = 'c'\nsslkey = 'k'\ntoken-mode = 'totp'\nverbose = 2",
    )]);
    let line = "connect work --cookie-on-stdin --no-passwd --no-proxy --no-default-route --network none -c d \
                --token-secret @x -q";
    let args = machine.connect(line);
    assert_eq!(args.cookie.cookie_file, None);
    assert_eq!(args.login.passwd_command, None);
    assert!(args.reach.proxy.is_none() && args.reach.no_proxy);
    assert!(!args.network.default_route && args.network.script.is_none());
    assert!(args.trust.sslkey.is_none() && args.login.token_mode.is_none());
    let args = machine.connect("connect work --sslkey other");
    assert_eq!(args.trust.certificate, Some("c".into()));
    assert_eq!(args.trust.sslkey, Some("other".into()));
    machine.connect("connect work --authenticate");
    let machine = machine.with("VPNC_COOKIE", "DSID=1");
    assert_eq!(machine.connect("connect work").cookie.cookie_file, None);
}

#[test]
fn the_gateway_comes_from_the_highest_place() {
    let machine = Machine::new(&[
        ("user/config.toml", "server = 'default.example'"),
        ("user/profiles/work.toml", "server = 'work.example'"),
        ("user/profiles/bare.toml", ""),
    ]);
    for (line, server) in [
        ("connect", "default.example"),
        ("connect work", "work.example"),
        ("connect --server work", "work.example"),
        ("connect --profile work", "work.example"),
        ("--profile=work connect -v", "work.example"),
        ("connect --profile work other", "other"),
        ("connect other", "other"),
        ("--config /dev/null work.other", "work.other"),
        ("connect --profile bare", "default.example"),
    ] {
        assert_eq!(machine.server(line).as_deref(), Some(server), "{line}");
    }
    let error = machine.error("connect bare");
    assert!(
        error.message.ends_with("the profile bare names no server"),
        "{}",
        error.message
    );
    let machine = machine.with("VPNC_SERVER", "environment.example");
    assert_eq!(machine.server("connect"), None, "left to the environment");
    assert_eq!(machine.server("connect work").as_deref(), Some("work.example"));
    let machine = machine.with("VPNC_PROFILE", "work");
    assert_eq!(machine.server("connect other").as_deref(), Some("other"));
}

#[test]
fn the_profile_names_the_instance() {
    let machine = Machine::new(&[
        ("user/profiles/work.toml", "server = 'gw'"),
        ("user/profiles/named.toml", "server = 'gw'\nname = 'tunnel'"),
    ])
    .with("VPNC_PROFILE", "work");
    for (line, name) in [
        ("connect work", "work"),
        ("connect gw", "work"),
        ("connect named", "tunnel"),
        ("connect work --name mine", "mine"),
    ] {
        assert_eq!(
            machine.connect(line).process.name.as_deref(),
            Some(name),
            "{line}"
        );
    }
}

#[test]
fn settings_of_other_commands_do_not_matter() {
    let text = "server = 'gw'\nmtu = 1400\nformat = 'json'\nuser = 'joe'\nquiet = true";
    let machine = Machine::new(&[("user/profiles/work.toml", text)]);
    for line in ["connect work", "auth work", "probe work", "logout work"] {
        let understood = machine.run(line).expect(line);
        assert!(understood.cli.messages.quiet, "{line}");
        assert_eq!(understood.files.len(), 1, "{line}");
    }
    let understood = machine.run("completions bash").expect("no file matters");
    assert!(understood.files.is_empty());
}

#[test]
fn a_named_file_takes_the_place_of_the_users() {
    let machine = Machine::new(&[
        ("user/config.toml", "mtu = 1001"),
        (
            "oc.conf",
            "# comment\nuser joe\nform-entry a:b=c\nform-entry a:d=e\nno-dtls\n",
        ),
        ("x.toml", "mtu = 1002\nsslkey = 'k'"),
    ]);
    let args = machine.connect("--config ~/oc.conf gw.example");
    assert_eq!(args.login.user.as_deref(), Some("joe"));
    assert_eq!(args.login.form_entry.len(), 2);
    assert!(args.tunnel.no_esp && args.login.is_private);
    assert_eq!(args.tunnel.mtu, None);
    let args = machine.connect("connect gw -c cert --config ~/x.toml");
    assert_eq!(args.tunnel.mtu, Some(1002));
    let error = machine.error("connect gw --config ~/x.toml");
    assert_eq!(error.status, ExitStatus::Config);
    let error = machine.error("connect gw --config ~/none.toml");
    assert_eq!(error.status, ExitStatus::NoInput);
}

#[test]
fn what_a_file_lacks_may_stand_on_the_command_line_and_the_other_way_round() {
    let machine = Machine::new(&[(
        "user/profiles/work.toml",
        "server = 'gw'\ncertificate = 'c'\nscript = 'x'",
    )]);
    let args = machine.connect("connect work -k key -S");
    assert_eq!(args.trust.certificate, Some("c".into()));
    assert!(args.instead_of_tun.script_tun);
    let refusal = machine.run("connect gw -k key").expect_err("no certificate");
    assert!(matches!(refusal, Refusal::Answer(_)));
}

#[test]
fn a_value_that_cannot_be_used_has_a_place() {
    let machine = Machine::new(&[
        ("user/profiles/a.toml", "server = 'gw'\nmtu = 'big'"),
        ("user/profiles/b.toml", "server = 'gw'\n\n  tls = 'old'"),
        ("user/profiles/c.toml", "server = 'gw'\nreaml = 'x'"),
        ("oc.conf", "user joe\nservercert 6mVW\n"),
    ]);
    for (line, place, text) in [
        ("connect a", "a.toml:2:1: ", "invalid value 'big'"),
        ("connect b", "b.toml:3:3: ", "invalid value 'old'"),
        ("connect c", "c.toml:2:1: ", "unknown key \"reaml\""),
        (
            "connect gw --config ~/oc.conf",
            "oc.conf:2:1: ",
            "invalid value '6mVW'",
        ),
    ] {
        let error = machine.error(line);
        assert_eq!(error.status, ExitStatus::Config);
        assert!(
            error.message.contains(place) && error.message.contains(text),
            "{}",
            error.message
        );
    }
    assert_eq!(machine.error("connect c").hint.as_deref(), Some("realm instead"));
}

#[test]
fn a_profile_that_is_nowhere_is_named_with_its_nearest() {
    let machine = Machine::new(&[("user/profiles/work.toml", "server = 'gw'")]);
    for line in ["connect --profile wrok", "connect gw --profile wrok"] {
        let error = machine.error(line);
        assert_eq!(error.status, ExitStatus::NoInput);
        assert!(error.hint.expect("a hint").starts_with("work instead"));
    }
}

#[test]
fn secrets_of_files_are_not_shown() {
    let machine = Machine::new(&[(
        "user/profiles/work.toml",
        "server = 'gw'\ncookie = 'DSID=hunter2'",
    )]);
    let path = machine.folder.path().join("user/profiles/work.toml");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path, mode).expect("a mode");
    let understood = machine.run("connect work").expect("understood");
    assert!(!format!("{understood:?}").contains("hunter2"));
    let Meant::Connect(args) = understood.cli.command else {
        panic!("another command");
    };
    assert!(args.cookie.is_private && args.cookie.cookie.is_some());
}
