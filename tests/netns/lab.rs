//! `Lab`: a gateway in one namespace, the client's machine in another, a cable between them.
//!
//! ```text
//! client's machine                              gateway's
//! 192.0.2.2 lan ───────────────────────── lan 192.0.2.1     198.51.100.1   TLS and ESP
//!   default route via 192.0.2.1                              203.0.113.7   somewhere on the Internet
//! tunX 10.66.7.8 ═══════════ tunnel ════════════ gw0         10.20.0.1     inside
//! ```

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::space::{Space, is_root};

/// See the module.
pub(crate) struct Lab {
    pub(crate) machine: Space,
    pub(crate) beyond: Space,
    pub(crate) pin: String,
    options: String,
    gateway: Option<Child>,
    /// Other nodes of the gateway.
    nodes: Vec<Child>,
    folder: TempDir,
}

impl Lab {
    /// Starts a gateway with more options, split at blanks; `~` stands for a blank in one of them. `None` when tests of
    /// this kind cannot run here, which is then said aloud.
    pub(crate) fn start(options: &str) -> Option<Self> {
        let mut lab = Self::without_gateway()?;
        lab.options = options.to_owned();
        lab.start_gateway();
        Some(lab)
    }

    /// The two namespaces and the cable only.
    pub(crate) fn without_gateway() -> Option<Self> {
        if let Some(why) = missing() {
            left_out(why);
            return None;
        }
        let (Ok(machine), Ok(beyond)) = (Space::new(), Space::new()) else {
            left_out("no right to make namespaces");
            return None;
        };
        let peer = beyond.path();
        machine.ip(&format!("link add lan type veth peer name lan netns {peer}"));
        for (space, address) in [(&machine, "192.0.2.2/24"), (&beyond, "192.0.2.1/24")] {
            space.ip("link set lan addrgenmode none up");
            space.ip(&format!("address add {address} dev lan"));
        }
        // a busy kernel notices a moment later that there is somebody at the other end
        wait_until("the cable", SOON, || {
            [&machine, &beyond]
                .iter()
                .all(|space| space.ip("link show lan").contains("state UP"))
        });
        for address in [GATEWAY, INTERNET, OUTSIDE] {
            beyond.ip(&format!("address add {address}/32 dev lo"));
        }
        machine.ip("route add default via 192.0.2.1");
        // What is inside is not reached but through the tunnel.
        beyond.ip("rule add pref 10 lookup local");
        beyond.ip("rule add pref 5 iif lan to 10.20.0.0/16 blackhole");
        beyond.ip("rule del pref 0");
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("run")).expect("a folder");
        fs::write(folder.path().join("resolv.conf"), RESOLVER).expect("a file");
        Some(Self {
            machine,
            beyond,
            pin: String::new(),
            options: String::new(),
            gateway: None,
            nodes: Vec::new(),
            folder,
        })
    }

    /// Starts the gateway, again with the same key and cookie.
    pub(crate) fn start_gateway(&mut self) {
        let ready = self.file("ready");
        drop(fs::remove_file(&ready));
        drop(fs::remove_file(self.file("control")));
        let fixed = format!(
            "--quiet --listen {GATEWAY}:443 --cookie {COOKIE} --include 10.20.0.0/16 --inner {INSIDE}/16 --tun gw0"
        );
        let mut command = self.beyond.command(&gateway_program().to_string_lossy(), &[]);
        command.args(fixed.split(' '));
        let words = self.options.split_whitespace();
        command.args(words.map(|word| word.replace('~', " ")));
        for (option, name) in [
            ("--control", "control"),
            ("--ready-file", "ready"),
            ("--key", "key"),
        ] {
            command.arg(option).arg(self.file(name));
        }
        self.gateway = Some(command.spawn().expect("the gateway starts"));
        wait_until("the gateway to be ready", SOON, || ready.exists());
        let line: Value = serde_json::from_slice(&fs::read(ready).expect("a file")).expect("JSON");
        self.pin = line["pin"].as_str().expect("a pin").to_owned();
    }

    /// Starts another node at `198.51.100.NUMBER`, with the same key and a cookie. Orders to it go to `control-NUMBER`.
    pub(crate) fn start_node(&mut self, number: u8, cookie: &str) {
        let address = format!("198.51.100.{number}");
        self.beyond.ip(&format!("address add {address}/32 dev lo"));
        let ready = self.file(&format!("ready-{number}"));
        let fixed = format!(
            "--quiet --listen {address}:443 --cookie {cookie} --include 10.20.0.0/16 --inner {INSIDE}/16 --tun gw{number}"
        );
        let mut command = self.beyond.command(&gateway_program().to_string_lossy(), &[]);
        command.args(fixed.split(' '));
        command.arg("--key").arg(self.file("key"));
        command
            .arg("--control")
            .arg(self.file(&format!("control-{number}")));
        command.arg("--ready-file").arg(&ready);
        self.nodes.push(command.spawn().expect("the gateway starts"));
        wait_until("the node to be ready", SOON, || ready.exists());
    }

    /// A second cable: `wifi` 192.0.3.2 to 192.0.3.1. The default route stays where it is.
    pub(crate) fn second_cable(&self) {
        let peer = self.beyond.path();
        self.machine
            .ip(&format!("link add wifi type veth peer name wifi netns {peer}"));
        for (space, address) in [(&self.machine, "192.0.3.2/24"), (&self.beyond, "192.0.3.1/24")] {
            space.ip("link set wifi addrgenmode none up");
            space.ip(&format!("address add {address} dev wifi"));
        }
        self.beyond
            .ip("rule add pref 5 iif wifi to 10.20.0.0/16 blackhole");
    }

    /// Kills the gateway.
    pub(crate) fn stop_gateway(&mut self) {
        if let Some(mut gateway) = self.gateway.take() {
            end(&mut gateway);
        }
    }

    /// The client with more options (split as those of [`Lab::start`]), cookie and pin given.
    pub(crate) fn client(&self, options: &str) -> Client {
        self.client_at(GATEWAY, &format!("--servercert {} {options}", self.pin))
    }

    /// The client with the cookie, but without the pin.
    pub(crate) fn client_at(&self, place: &str, options: &str) -> Client {
        let mut command = self.program(&[CLIENT]);
        command.args(["connect", "--cookie-on-stdin", place]);
        command.args(options.split_whitespace().map(|word| word.replace('~', " ")));
        Client::start(command, COOKIE)
    }

    /// A client that is connected already.
    pub(crate) fn connected(&self, options: &str) -> Client {
        let client = self.client(options);
        client.wait_connected();
        client
    }

    /// A client whose data goes over ESP.
    pub(crate) fn over_esp(&self, options: &str) -> Client {
        let client = self.connected(options);
        client.wait_for("data goes over ESP");
        client
    }

    /// A program of the client's machine, with `/run` and `/etc/resolv.conf` of its own.
    pub(crate) fn program(&self, line: &[&str]) -> Command {
        let (run, resolver) = (self.file("run"), self.file("resolv.conf"));
        let binds = [(run.as_path(), "/run"), (resolver.as_path(), "/etc/resolv.conf")];
        let mut command = self.machine.command(line[0], &binds);
        command.args(&line[1..]).env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TERM", "xterm");
        command
    }

    /// A file of this lab. `run` and `resolv.conf` are what the client sees at their usual places.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The resolver file of the client's machine.
    pub(crate) fn resolver(&self) -> String {
        fs::read_to_string(self.file("resolv.conf")).expect("a file")
    }

    /// Gives the gateway an order and its answer back.
    pub(crate) fn order(&self, order: &str) -> String {
        self.order_at("control", order)
    }

    /// The same for another node.
    pub(crate) fn order_at(&self, control: &str, order: &str) -> String {
        let mut stream = UnixStream::connect(self.file(control)).expect("a socket");
        stream.set_read_timeout(Some(SOON)).expect("a limit");
        stream
            .write_all(format!("{order}\n").as_bytes())
            .expect("a reader");
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).expect("an answer");
        assert!(!answer.starts_with("error"), "{order}: {answer}");
        answer
    }

    /// One of the gateway's counters.
    pub(crate) fn count(&self, counter: &str) -> u64 {
        self.count_at("control", counter)
    }

    /// The same of another node.
    pub(crate) fn count_at(&self, control: &str, counter: &str) -> u64 {
        let stats: Value = serde_json::from_str(&self.order_at(control, "stats")).expect("JSON");
        stats[counter]
            .as_u64()
            .unwrap_or_else(|| panic!("no counter {counter}"))
    }

    /// What the gateway saw, one text for each event.
    pub(crate) fn events(&self) -> Vec<String> {
        serde_json::from_str(&self.order("events")).expect("JSON")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.stop_gateway();
        self.nodes.iter_mut().for_each(end);
    }
}

/// Kills a child and waits for it.
pub(crate) fn end(child: &mut Child) {
    // Either may fail because it has ended already.
    drop(child.kill());
    drop(child.wait());
}

/// Waits for something to become true.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut fits: impl FnMut() -> bool) {
    let start = Instant::now();
    while !fits() {
        assert!(start.elapsed() < limit, "waited {limit:?} for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs something that may hang, in a thread, and fails after a time.
#[track_caller]
pub(crate) fn within_time<T: Send + 'static>(
    what: &str,
    limit: Duration,
    code: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(code())));
    receiver
        .recv_timeout(limit)
        .unwrap_or_else(|error| panic!("{what} within {limit:?}: {error}"))
}

/// True when a program is installed; says aloud that the test is left out when not.
pub(crate) fn has(program: &str) -> bool {
    let found = Path::new(program).is_file()
        || ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
            .iter()
            .any(|folder| Path::new(folder).join(program).is_file());
    if !found {
        left_out(&format!("{program} is not installed"));
    }
    found
}

/// Writes a line past the test harness, which swallows what a test that passes prints.
pub(crate) fn say(line: &str) {
    let test = thread::current().name().unwrap_or("?").to_owned();
    drop(io::stderr().write_all(format!("{test}: {line}\n").as_bytes()));
}

/// Says aloud that a test did not run, or fails when all must run.
pub(crate) fn left_out(why: &str) {
    say(&format!("LEFT OUT: {why}"));
    let all = std::env::var_os("VPNC_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!all, "all tests must run: {why}");
}

fn missing() -> Option<&'static str> {
    if !is_root() {
        return Some("namespaces need root");
    }
    if !gateway_program().is_file() {
        return Some("vpnc-gateway is not built (cargo build --workspace --bins)");
    }
    if !Path::new("/dev/net/tun").exists() {
        return Some("there is no /dev/net/tun");
    }
    let found = Command::new("ip").arg("-V").stdout(Stdio::null()).status();
    found.is_err().then_some("iproute2 is not installed")
}

fn gateway_program() -> PathBuf {
    Path::new(CLIENT).with_file_name("vpnc-gateway")
}

pub(crate) const CLIENT: &str = env!("CARGO_BIN_EXE_vpnc-cli");

/// Outer address of the gateway.
pub(crate) const GATEWAY: &str = "198.51.100.1";

/// Address inside.
pub(crate) const INSIDE: &str = "10.20.0.1";

/// An address that is inside only when everything is.
pub(crate) const INTERNET: &str = "203.0.113.7";

/// An address for an exclude route.
pub(crate) const OUTSIDE: &str = "203.0.113.200";

/// Tunnel address of the client.
pub(crate) const TUNNEL: &str = "10.66.7.8";

/// The value of DSID.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) const COOKIE: &str = "DSID=0123456789abcdef0123456789abcdef";

/// Content of the machine's resolver file.
const RESOLVER: &str = "nameserver 192.0.2.1\n";

/// Ample for anything that takes no time worth naming.
pub(crate) const SOON: Duration = Duration::from_secs(20);
