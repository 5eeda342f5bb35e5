//! Nothing that is secret in a sign-in can be read outside the program, however much it is told to say.
//!
//! The built program signs in at trace level with all traffic shown. What the gateway saw proves that the secrets were
//! used; standard error, the log file, standard output, and arguments and environment of the program and its children
//! are searched for them in several spellings. `tests/netns/privacy.rs` does the same with a tunnel.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

#[path = "log_leaks/proxy.rs"]
mod proxy;
#[path = "log_leaks/secrets.rs"]
mod secrets;
mod stage;
#[path = "log_leaks/traces.rs"]
mod traces;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use openssl::pkey::PKey;
use openssl::symm::Cipher;
use tempfile::TempDir;
use vpnc_gateway::{ClientAuth, Config, EventKind, Flow};

use crate::proxy::Proxy;
use crate::secrets::Secrets;
use crate::stage::{PROGRAM, Stage};
use crate::traces::{Traces, no_core_dumps, start, until};

#[test]
fn a_sign_in_with_every_kind_of_secret_leaves_none_of_them_behind() {
    let sign_in = Factors::prepare();
    let (traces, secrets) = sign_in.run(&[]);
    secrets.are_not_in("standard error", &traces.stderr);
    secrets.are_not_in("the log file", &traces.log);
    secrets.are_not_in("what the system shows", &traces.process);
    secrets
        .without("DSID")
        .are_not_in("standard output", &traces.stdout);
    assert!(traces.stdout.starts_with("COOKIE='DSID="), "{}", traces.stdout);
    for line in [
        "> GET https://127.0.0.1:",
        "> POST https://127.0.0.1:",
        "< HTTP/1.1 302",
        "cookie: DSID=<hidden len=32",
    ] {
        assert!(
            traces.stderr.contains(line) && traces.log.contains(line),
            "no {line:?}:\n{}",
            traces.stderr
        );
    }
}

#[test]
fn a_dump_with_secrets_shows_what_was_sent_and_says_so() {
    let sign_in = Factors::prepare();
    let (traces, secrets) = sign_in.run(&["--dump-secrets"]);
    assert!(
        traces.stderr.contains("never pass these messages on"),
        "{}",
        traces.stderr
    );
    let mut sent = secrets.without("DSID");
    for name in [
        "password of the proxy",
        "passphrase",
        "token secret",
        "octets of the token secret",
    ] {
        secrets.only(name).are_not_in("standard error", &traces.stderr);
        sent = sent.without(name);
    }
    sent.are_in("standard error", &traces.stderr);
    secrets.are_not_in("what the system shows", &traces.process);
}

#[test]
fn helpers_see_no_secret_but_the_one_they_are_told() {
    let stage = Stage::play(&pages("counter"));
    let folder = tempfile::tempdir().expect("a folder");
    let seen = folder.path().join("seen");
    let wrapper = folder.path().join("wrapper");
    let conversation = "read -r a; read -r b; read -r c; read -r d; echo \"told $a $b $d\" >> SEEN
printf '200\\nOK\\n0123456789abcdef0123456789abcdef\\n\\n' >&0
read -r e; read -r f; echo \"later $e\" >> SEEN\n";
    program(
        &wrapper,
        &format!("{}{conversation}", spy()).replace("SEEN", &seen.display().to_string()),
    );
    let command_for_password = folder.path().join("pass");
    let text = format!("{}echo 'Geheim/Wort+1'\n", spy());
    program(
        &command_for_password,
        &text.replace("SEEN", &seen.display().to_string()),
    );
    let token = folder.path().join("token");
    private(&token, "base32:JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ,0\n");
    let user = if is_root() {
        vec!["--csd-user", "root"]
    } else {
        vec![]
    };
    let mut command = stage.auth(&[], &[LOUD, &["-u", "joe.hunter", "--non-inter"], &user].concat());
    command.arg("--passwd-command").arg(&command_for_password);
    command
        .arg("--token-mode=hotp")
        .arg(format!("--token-secret=@{}", token.display()));
    command.arg("--csd-wrapper").arg(&wrapper);
    let traces = Traces::of(command, "", &folder, &stage);
    assert_eq!(stage.faults(), [""; 0]);

    let mut secrets = of_the_gateway(&stage);
    secrets.add("password", "Geheim/Wort+1");
    secrets.add("token secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ");
    let seen = fs::read_to_string(&seen).expect("what the helpers saw");
    assert!(
        seen.matches("VPNC_TEST=kept").count() >= 4 && seen.contains("TNCC_SHA256="),
        "{seen}"
    );
    let told = format!(
        "told start IC={} DSSIGNIN=url_default\nlater setcookie",
        stage.gateway.tcp_addr()
    );
    assert!(seen.contains(&told), "{seen}");
    assert_eq!(no_core_dumps(&seen), 2, "{seen}");
    secrets.are_not_in("what helpers see", &seen);
    secrets.are_not_in("standard error", &traces.stderr);
    secrets.are_not_in("the log file", &traces.log);
    secrets
        .without("DSID")
        .are_not_in("standard output", &traces.stdout);
    let kept = fs::read_to_string(&token).expect("the token");
    assert!(kept.contains(",1"), "the counter was not used: {kept}");
}

#[test]
fn the_command_for_the_token_secret_sees_no_password() {
    let stage = Stage::play(&pages("token"));
    let folder = tempfile::tempdir().expect("a folder");
    let seen = folder.path().join("seen");
    let command_for_secret = folder.path().join("token");
    let token = "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let text = format!("{}echo {token}\n", spy());
    program(
        &command_for_secret,
        &text.replace("SEEN", &seen.display().to_string()),
    );
    let mut command = stage.auth(&[], &[LOUD, &["-u", "joe", "--non-inter"]].concat());
    command
        .arg("--token-secret")
        .arg(format!("cmd:{}", command_for_secret.display()));
    command
        .env("VPNC_PASSWORD", "Geheim/Wort+1")
        .env("VPNC_COOKIE", "DSID=fedcba9876543210fedcba9876543210");
    let traces = Traces::of(command, "", &folder, &stage);
    let seen = fs::read_to_string(&seen).expect("what the command saw");
    assert_eq!(no_core_dumps(&seen), 1, "{seen}");
    let mut secrets = of_the_gateway(&stage);
    secrets.add("token secret", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    secrets.add("unused cookie", "fedcba9876543210fedcba9876543210");
    secrets.add("password", "Geheim/Wort+1");
    for (place, text) in [
        ("what the command sees", seen),
        ("standard error", traces.stderr),
        ("the log file", traces.log),
        ("what the system shows", traces.process),
    ] {
        secrets.are_not_in(place, &text);
    }
}

#[test]
fn a_browser_sees_no_secret_but_the_address() {
    let stage = Stage::play(&pages("browser"));
    let folder = tempfile::tempdir().expect("a folder");
    let seen = folder.path().join("seen");
    let browser = folder.path().join("browser");
    let text = format!("{}mv SEEN SEEN.done\n", spy()).replace("SEEN", &seen.display().to_string());
    program(&browser, &text);
    let mut command = stage.auth(&[], LOUD);
    command
        .args(["--cafile"])
        .arg(ca(&stage, &folder))
        .arg("--external-browser")
        .arg(&browser);
    command.env("VPNC_PASSWORD", "Geheim/Wort+1");
    command.env("VPNC_TOKEN_SECRET", "base32:JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ");
    command.arg("--log-file").arg(folder.path().join("log"));
    let mut child = start(command);
    let done = folder.path().join("seen.done");
    until("the browser", || done.exists());
    let cookie = stage.gateway.cookie();
    let cookie = cookie.strip_prefix("DSID=").unwrap_or(&cookie);
    child.say(&format!("{cookie}\n"));
    let traces = child.end(&folder);
    let mut secrets = Secrets::default();
    secrets.add("DSID", cookie);
    secrets.add("password", "Geheim/Wort+1");
    secrets.add("token secret", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ");
    assert!(traces.stdout.contains(cookie), "{}", traces.stdout);
    let seen = fs::read_to_string(&done).expect("what the browser saw");
    assert!(
        seen.contains("VPNC_TEST=kept") && seen.contains(&format!("browser\n{}\n", stage.url())),
        "{seen}"
    );
    assert_eq!(no_core_dumps(&seen), 1, "{seen}");
    secrets.are_not_in("what the browser sees", &seen);
    secrets.are_not_in("standard error", &traces.stderr);
    secrets.are_not_in("the log file", &traces.log);
}

/// Root may look into everything, so that this needs another user.
#[test]
fn other_programs_of_the_user_cannot_look_into_a_sign_in() {
    let stage = Stage::play(&pages("browser"));
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
    let program = folder.path().join("vpnc-cli");
    // by another process, as in `program`
    let copied = Command::new("cp").arg(PROGRAM).arg(&program).status();
    assert!(copied.expect("cp").success());
    let mut command = Command::new("setsid");
    command
        .arg(program)
        .args(["auth", &stage.url(), "--external-browser", "print", "--cafile"]);
    command.arg(ca(&stage, &folder)).env_clear();
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let child = start(command);
    let place = format!("/proc/{}", child.process.id());
    until("the question", || child.stderr_has("DSID"));
    // the folder itself stays ours
    let owner = fs::metadata(format!("{place}/environ")).expect("a process").uid();
    let status = fs::read_to_string(format!("{place}/status")).expect("a process");
    assert_eq!(owner, 0, "the memory may be read:\n{status}");
    assert!(!status.contains("Uid:\t0\t"), "{status}");
    let limits = fs::read_to_string(format!("{place}/limits")).expect("a process");
    assert_eq!(no_core_dumps(&limits), 1, "{limits}");
}

/// The sign-in of `factors.flow`, ready to run.
struct Factors {
    stage: Stage,
    proxy: Proxy,
    folder: TempDir,
}

impl Factors {
    fn prepare() -> Self {
        let flow = Flow::load(pages("factors")).expect("a flow");
        let stage = Stage::start(Config {
            client_auth: ClientAuth::Required,
            ..Config::for_flow(flow)
        });
        let proxy = Proxy::start();
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = stage.gateway.client_certificate("joe").expect("a certificate");
        let key = PKey::private_key_from_pem(key.as_bytes()).expect("a key");
        let key = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), PASSPHRASE.as_bytes());
        let key = String::from_utf8(key.expect("a key")).expect("text");
        private(&folder.path().join("certificate"), &certificate);
        private(&folder.path().join("key"), &key);
        Self { stage, proxy, folder }
    }

    fn run(&self, further: &[&str]) -> (Traces, Secrets) {
        let mut command = self.stage.auth(&[], &[LOUD, further].concat());
        let proxy = format!(
            "http://proxyuser:hunter%40proxy%2Fpw@127.0.0.1:{}",
            self.proxy.port
        );
        command.args([
            "-u",
            "joe.hunter",
            "--passwd-on-stdin",
            "--hostcheck=accept",
            "--proxy",
            &proxy,
        ]);
        command.args([
            "-p",
            PASSPHRASE,
            "-F",
            "frmLogin:ticket=hunter-ticket-4711",
            "--cafile",
        ]);
        command.arg(ca(&self.stage, &self.folder));
        command.arg("-c").arg(self.folder.path().join("certificate"));
        command.arg("-k").arg(self.folder.path().join("key"));
        command
            .env("VPNC_PASSWORD", PASSWORD)
            .env("VPNC_TOKEN_SECRET", format!("base32:{TOKEN}"));
        let traces = Traces::of(command, &format!("{SECOND}\n"), &self.folder, &self.stage);
        assert_eq!(self.stage.faults(), [""; 0], "{}", traces.stderr);

        let mut secrets = of_the_gateway(&self.stage);
        for (name, value) in [
            ("password", PASSWORD),
            ("second password", SECOND),
            ("ticket", "hunter-ticket-4711"),
            ("session at the identity provider", "hunter-idp-session-99"),
            ("reference of the assertion", "hunter-assert-ref-1"),
            ("assertion", "PHNlY3JldC1hc3NlcnRpb24+aHVudGVyLWFzc2VydA=="),
        ] {
            secrets.add(name, value);
        }
        let sent = format!("{:?}", self.stage.saw());
        secrets
            .without("session at the identity provider")
            .are_in("what the gateway saw", &sent);
        secrets.add("request to the identity provider", "c2VjcmV0LXJlcXVlc3QtaHVudGVy");
        let mut others = Secrets::default();
        others.add("password of the proxy", "hunter@proxy/pw");
        others.are_in("what the proxy saw", &self.proxy.heads());
        secrets.add("password of the proxy", "hunter@proxy/pw");
        secrets.add("passphrase", PASSPHRASE);
        secrets.add("token secret", TOKEN);
        secrets.add("octets of the token secret", "Hello!");
        let shown = |kind: &EventKind| {
            matches!(
                kind,
                EventKind::Tls {
                    client_certificates: 1..,
                    ..
                }
            )
        };
        assert!(self.stage.saw().iter().any(shown), "no client certificate");
        (traces, secrets)
    }
}

/// Cookies and form fields that the gateway received, but for those every gateway has in its addresses.
fn of_the_gateway(stage: &Stage) -> Secrets {
    let mut secrets = Secrets::default();
    let headers = stage.saw().into_iter().filter_map(|kind| match kind {
        EventKind::Request { headers, .. } => Some(headers),
        _ => None,
    });
    let cookies = headers
        .flatten()
        .filter(|(name, _)| name.eq_ignore_ascii_case("cookie"));
    let plain = ["DSSIGNIN", "DSSignInURL", "DSFirstAccess", "DSLastAccess"];
    for (_, cookies) in cookies {
        for (name, value) in cookies.split("; ").filter_map(|pair| pair.split_once('=')) {
            if !plain.contains(&name) && value.len() > 5 {
                secrets.add(name, value);
            }
        }
    }
    for field in ["password%232=", "password#2="] {
        for form in stage.forms() {
            let value = form.split('&').find_map(|pair| pair.strip_prefix(field));
            if let Some(value) = value.filter(|value| value.bytes().all(|octet| octet.is_ascii_digit())) {
                secrets.add("code", value);
            }
        }
    }
    secrets.only("code").are_in("forms", &stage.forms().concat());
    secrets
}

/// A script that writes down what it can see of itself and its parent.
fn spy() -> &'static str {
    "#!/bin/sh
for process in $$ $PPID; do
  for file in cmdline environ; do tr '\\0' '\\n' < /proc/$process/$file >> SEEN; done
done
cat /proc/$PPID/limits >> SEEN\n"
}

/// By another process: a copy of an open descriptor in a child of another test would make the file busy.
fn program(path: &Path, text: &str) {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"]);
    assert!(shell.arg(path).arg(text).status().expect("a shell").success());
}

fn private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("a mode");
}

fn ca(stage: &Stage, folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("ca");
    fs::write(&path, stage.gateway.ca_pem()).expect("a file");
    path
}

fn pages(name: &str) -> String {
    format!("{}/tests/log_leaks/pages/{name}.flow", env!("CARGO_MANIFEST_DIR"))
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Options that make it say everything.
const LOUD: &[&str] = &["-vv", "--dump-http-traffic"];
const PASSWORD: &str = "Geheim/Wort+1 & \"mehr\"";
const SECOND: &str = "zweites=Geheimnis%20ü";
const PASSPHRASE: &str = "hunter-passphrase";
const TOKEN: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const NOBODY: u32 = 65534;
