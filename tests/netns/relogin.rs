//! Sessions that end and sign-ins that come by themselves, with codes that are worth something only once.

use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::lab::{CLIENT, GATEWAY, Lab, SOON, wait_until};
use crate::ping;
use crate::snapshot::Snapshot;
use crate::transfer::{Flow, Way};

/// A gateway with a first page and a challenge.
struct Scene {
    lab: Lab,
    folder: tempfile::TempDir,
}

impl Scene {
    /// The header of the flow says which codes are right. All sessions get the same address.
    fn start(header: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pages");
        let flow = folder.path().join("codes.flow");
        let rules = RULES.replace("PAGES", &pages.display().to_string());
        fs::write(
            &flow,
            format!("title codes\nevidence G: own\nset challenge=Enter your code:\n{header}\n{rules}"),
        )
        .expect("a file");
        let options = format!("--pages {} --script at~start:~address~10.66.7.8", flow.display());
        let lab = Lab::start(&options)?;
        Some(Self { lab, folder })
    }

    /// A private file.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
        path
    }

    /// Signs in as joe with these lines on standard input, connects, and waits for ESP.
    fn connect(&self, options: &[&str], input: &str) -> Client {
        let lab = &self.lab;
        let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
        command.args(["-u", "joe", "--non-inter"]).args(options);
        let client = Client::start(command, input);
        client.wait_for("data goes over ESP");
        client
    }

    /// Bodies of the forms with a code.
    fn codes(&self) -> Vec<String> {
        let forms = self.lab.events().into_iter();
        let forms = forms.filter(|event| event.contains("Form(") && event.contains("key="));
        let code = |form: String| Some(form.split("password=").nth(1)?.chars().take(6).collect());
        forms.filter_map(code).collect()
    }
}

#[test]
fn a_counter_goes_on_and_streams_do_not_notice() {
    let Some(scene) = Scene::start(&format!("hotp {KEY}")) else {
        return;
    };
    let before = Snapshot::of(&scene.lab);
    let token = scene.file("token", &format!("base32:{KEY},0\n"));
    let token = format!("@{}", token.display());
    let options = [
        "--relogin",
        "--passwd-on-stdin",
        "--token-mode=hotp",
        "--token-secret",
    ];
    let client = scene.connect(&[&options[..], &[&token]].concat(), "secret\nnever asked for");
    let (up, down) = (
        Flow::start(&scene.lab, Way::Up),
        Flow::start(&scene.lab, Way::Down),
    );
    up.wait_for_more(500_000, SOON);
    scene.lab.order("terminate 8");
    client.wait_for("idle");
    client.wait_for("signed in again");
    client.wait_for("connection to the gateway is back");
    up.wait_for_more(1_000_000, SOON);
    down.wait_for_more(1_000_000, SOON);
    up.stop();
    down.stop();
    assert_eq!(scene.codes(), ["755224", "287082"]);
    assert_eq!(scene.lab.count("logins"), 2);
    let token = fs::read_to_string(&token[1..]).expect("a file");
    assert_eq!(token, format!("base32:{KEY},2\n"));
    client.interrupt().says("logged out");
    assert_eq!((scene.lab.count("logouts"), scene.lab.count("faults")), (1, 0));
    before.assert_restored(&scene.lab);
}

#[test]
fn the_code_of_a_period_is_sent_once() {
    let Some(scene) = Scene::start(&format!("totp {KEY} 5")) else {
        return;
    };
    let secret = format!("otpauth://totp/joe?secret={KEY}&period=5");
    let command = "echo secret";
    let options = [
        "--relogin",
        "--passwd-command",
        command,
        "--token-secret",
        &secret,
    ];
    let client = scene.connect(&options, "");
    for count in 2..=3 {
        scene.lab.order("terminate 1");
        client.wait_for_count("connection to the gateway is back", count - 1, 2 * SOON);
        let codes = scene.codes();
        assert_eq!((codes.len(), scene.lab.count("logins")), (count, count as u64));
        assert_ne!(codes[count - 2], codes[count - 1]);
    }
    assert_eq!(scene.lab.count("refused_logins"), 0);
    client.interrupt();
}

#[test]
fn a_refused_password_is_not_tried_again() {
    let Some(scene) = Scene::start(&format!("hotp {KEY}")) else {
        return;
    };
    let before = Snapshot::of(&scene.lab);
    let run = scene.folder.path().join("run");
    // right once, then wrong
    let command = format!(
        "if mkdir {0} 2>/dev/null; then echo secret; else echo mistaken; fi",
        run.display()
    );
    let secret = format!("base32:{KEY},0");
    let options = [
        "--relogin",
        "--passwd-command",
        &command,
        "--token-secret",
        &secret,
    ];
    let client = scene.connect(&options, "");
    scene.lab.order("terminate 6");
    let exit = client.exits(3);
    assert!(!exit.stderr.contains("mistaken"), "{}", exit.stderr);
    exit.says("the user name or the password was refused")
        .says("the session had ended before");
    let (logins, refused) = (scene.lab.count("logins"), scene.lab.count("refused_logins"));
    assert_eq!((logins, refused), (1, 1));
    before.assert_restored(&scene.lab);
}

#[test]
fn a_code_that_was_typed_is_not_used_twice() {
    let Some(scene) = Scene::start(&format!("hotp {KEY}")) else {
        return;
    };
    let client = scene.connect(&["--relogin", "--passwd-on-stdin"], "secret\n755224");
    scene.lab.order("terminate 6");
    client
        .exits(4)
        .says("a one-time code is needed and --relogin asks nobody")
        .says("the session had ended before");
    assert_eq!(scene.codes(), ["755224"]);
}

#[test]
fn a_cookie_that_ends_is_followed_by_a_sign_in() {
    let Some(scene) = Scene::start(&format!("hotp {KEY}")) else {
        return;
    };
    let (lab, password) = (&scene.lab, scene.file("password", "secret\n"));
    let secret = format!("base32:{KEY},0");
    let mut command = lab.program(&[CLIENT, "connect", GATEWAY, "--servercert", &lab.pin]);
    command.args(["--cookie-on-stdin", "--relogin", "-u", "joe", "--passwd-file"]);
    command.arg(&password).args(["--token-secret", &secret]);
    let client = Client::start(command, "DSID=00000000000000000000000000000000");
    // this one is not even taken once
    client.wait_connected();
    assert!(ping::answers(lab, SOON));
    lab.order("expire session");
    lab.order("close tcp");
    client.wait_for("connection to the gateway is back");
    wait_until("a packet", SOON, || {
        ping::answers(lab, Duration::from_millis(100))
    });
    assert_eq!(lab.count("logins"), 2);
    client.interrupt().says("logged out");
}

#[test]
fn the_gateway_is_found_again_without_its_name() {
    let Some(scene) = Scene::start(&format!("hotp {KEY}")) else {
        return;
    };
    let lab = &scene.lab;
    let bind = || UdpSocket::bind("192.0.2.1:53");
    let names = lab.beyond.within(bind).expect("a socket");
    names
        .set_read_timeout(Some(Duration::from_millis(50)))
        .expect("a limit");
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let server = thread::spawn(move || lead_to_the_gateway(&names, &stopped));
    let secret = format!("base32:{KEY},0");
    let mut command = lab.program(&[CLIENT, "connect", "vpn.example.com", "--servercert", &lab.pin]);
    command.args([
        "-u",
        "joe",
        "--relogin",
        "--passwd-on-stdin",
        "--token-secret",
        &secret,
    ]);
    let client = Client::start(command, "secret");
    client.wait_for("data goes over ESP");
    stop.store(true, Ordering::Relaxed);
    server.join().expect("no panic");
    lab.order("terminate 6");
    client.wait_for("connection to the gateway is back");
    assert_eq!(lab.count("logins"), 2);
    client.interrupt();
}

/// A name server that knows one address for all names, and none of IPv6.
fn lead_to_the_gateway(socket: &UdpSocket, stop: &AtomicBool) {
    let mut room = [0; 512];
    while !stop.load(Ordering::Relaxed) {
        let Ok((len, peer)) = socket.recv_from(&mut room) else {
            continue;
        };
        // the question alone: head, name, type and class; what follows is EDNS
        let name = room[12..len]
            .iter()
            .position(|octet| *octet == 0)
            .expect("a name");
        let question = 12 + name + 5;
        let mut answer = room[..question].to_vec();
        let is_ipv4 = answer[question - 4..question] == [0, 1, 0, 1];
        answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_ipv4), 0, 0, 0, 0]);
        if is_ipv4 {
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
            answer.extend(GATEWAY.parse::<Ipv4Addr>().expect("an address").octets());
        }
        drop(socket.send_to(&answer, peer));
    }
}

/// The key of RFC 4226: 755224, 287082, 359152, …
const KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const RULES: &str = "[start]
GET /
  302 {{welcome}}
GET {{welcome}}
  page PAGES/pcs-8/login.html
POST {{login}}
  if field username=joe
  if field password=secret
  302 welcome.cgi?p=defender&id={{state}}
  go second
POST {{login}}
  refused
  302 welcome.cgi?p=failed
[second]
GET {{welcome}}
  page PAGES/pcs-8/defender.html
POST {{login}}
  if code password
  session
  302 {{home}}
POST {{login}}
  refused
  302 welcome.cgi?p=failed
";
