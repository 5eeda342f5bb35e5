//! `Machine`: the client's machine of a [`Lab`] with an `/etc` and name services of its own, and a name server on each
//! side of the tunnel.
//!
//! The services come from unpacked packages: installing them would change the name servers of this machine.

use std::fs;
use std::io::Write;
use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::client::Client;
use crate::dns_server::Server;
use crate::lab::{CLIENT, COOKIE, GATEWAY, INSIDE, Lab, SOON, end, left_out, wait_until};
use crate::space;

/// See the module.
pub(crate) struct Machine {
    pub(crate) lab: Lab,
    /// The one on the LAN. It knows everything but what is inside.
    pub(crate) outside: Server,
    /// The one behind the gateway. It knows everything.
    pub(crate) inside: Server,
    /// Folders of unpacked packages whose `sbin` and `lib` the machine has too.
    parts: Vec<PathBuf>,
    services: Vec<Child>,
}

impl Machine {
    /// Starts a lab whose gateway names the server inside, with further options for the gateway.
    pub(crate) fn start(options: &str, parts: &[&str]) -> Option<Self> {
        let parts = parts.iter().map(|name| part(name)).collect::<Option<_>>()?;
        let lab = Lab::start(&format!("--keep-cookie --dns {INSIDE} {options}"))?;
        let outside = Server::start(&lab.beyond, "192.0.2.1", OUTSIDE_ANSWER, "corp.example");
        let inside = Server::start(&lab.beyond, INSIDE, INSIDE_ANSWER, "");
        let etc = lab.file("etc");
        fs::create_dir(&etc).expect("a folder");
        let mut copy = Command::new("cp");
        copy.arg("-a").args(ETC.map(|name| Path::new("/etc").join(name)));
        // not every machine has each of them
        copy.arg(&etc).stderr(Stdio::null()).status().expect("cp runs");
        let machine = Self {
            lab,
            outside,
            inside,
            parts,
            services: Vec::new(),
        };
        machine.write_etc("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n");
        machine.write_etc("hosts", "127.0.0.1 localhost\n");
        machine.write_etc("resolv.conf", HOME);
        Some(machine)
    }

    /// A file below `/etc` of the machine.
    pub(crate) fn etc(&self, name: &str) -> PathBuf {
        self.lab.file("etc").join(name)
    }

    /// Writes a file below `/etc` of the machine.
    pub(crate) fn write_etc(&self, name: &str, text: &str) {
        let path = self.etc(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// The resolver file as programs of the machine see it, or nothing.
    pub(crate) fn resolver(&self) -> String {
        let output = self
            .command(&["cat", "/etc/resolv.conf"])
            .output()
            .expect("cat runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A program of the machine.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        self.command_after("", line)
    }

    /// The same, behind further lines of shell that may mount things.
    pub(crate) fn command_after(&self, lines: &str, line: &[&str]) -> Command {
        let (run, etc) = (self.lab.file("run"), self.lab.file("etc"));
        let binds = [(run.as_path(), "/run"), (etc.as_path(), "/etc")];
        let mut command = self.lab.machine.command("sh", &binds);
        command.args([
            "-c",
            &format!("set -e\n{}{lines}\nexec \"$@\"", self.mounts()),
            "sh",
        ]);
        command.args(line).env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TERM", "xterm");
        command
    }

    /// Folders of the system with the parts in them. Links in a file system in memory are enough.
    fn mounts(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            for folder in ["sbin", "lib"] {
                let part = part.join(folder);
                if part.is_dir() {
                    let (real, both) = (
                        self.lab.file(&format!("real-{folder}")),
                        self.lab.file(&format!("both-{folder}")),
                    );
                    fs::create_dir_all(&real).expect("a folder");
                    fs::create_dir_all(&both).expect("a folder");
                    text += &format!(
                        "mount --bind /usr/{folder} {real}\n\
                         mount -t tmpfs tmpfs {both}\n\
                         ln -s {real}/* {both}/\n\
                         ln -s {part}/* {both}/ 2>/dev/null || :\n\
                         mount --bind {both} /usr/{folder}\n",
                        real = real.display(),
                        both = both.display(),
                        part = part.display(),
                    );
                }
            }
        }
        text
    }

    /// Runs a program of the machine that must succeed, and gives what it prints.
    #[track_caller]
    pub(crate) fn run(&self, line: &[&str]) -> String {
        self.run_after("", line)
    }

    /// The same behind lines of shell.
    #[track_caller]
    pub(crate) fn run_after(&self, lines: &str, line: &[&str]) -> String {
        let output = self.command_after(lines, line).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}: {text}{errors}");
        text
    }

    /// Runs a program of the machine with an input.
    pub(crate) fn feed(&self, line: &[&str], input: &str) {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("a reader");
        drop(stdin);
        assert!(child.wait().expect("a child").success(), "{line:?}");
    }

    /// The address that the C library of the machine finds for a name.
    pub(crate) fn look_up(&self, name: &str) -> Option<Ipv4Addr> {
        self.look_up_after("", name)
    }

    /// The same behind lines of shell.
    pub(crate) fn look_up_after(&self, lines: &str, name: &str) -> Option<Ipv4Addr> {
        let mut command = self.command_after(lines, &["getent", "ahostsv4", name]);
        let output = command.output().expect("getent runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().next()?.parse().ok()
    }

    /// The client, and more options for it.
    pub(crate) fn client(&self, options: &str) -> Client {
        self.client_after("", options)
    }

    /// The same behind lines of shell.
    pub(crate) fn client_after(&self, lines: &str, options: &str) -> Client {
        self.client_by(lines, CLIENT, options)
    }

    /// A client that is not root, but may change the network.
    pub(crate) fn client_with_net_admin(&self, options: &str) -> Client {
        // others may not enter the folder of the build
        let copy = self.lab.file("run/vpnc-cli-copy");
        fs::copy(CLIENT, &copy).expect("copied");
        let starter = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=+net_admin \
                       --ambient-caps=+net_admin /run/vpnc-cli-copy";
        self.client_by("", starter, options)
    }

    fn client_by(&self, lines: &str, program: &str, options: &str) -> Client {
        let pin = &self.lab.pin;
        let line = format!("{program} connect --cookie-on-stdin {GATEWAY} --servercert {pin} {options}");
        let words: Vec<&str> = line.split_whitespace().collect();
        Client::start(self.command_after(lines, &words), COOKIE)
    }

    /// A client that is connected already.
    pub(crate) fn connected(&self, options: &str) -> Client {
        let client = self.client(options);
        client.wait_connected();
        client
    }

    /// Starts a service; it ends with the machine.
    pub(crate) fn serve(&mut self, log: &str, line: &[&str]) {
        let log = fs::File::create(self.lab.file(log)).expect("a file");
        let mut command = self.command(line);
        command
            .env("SYSTEMD_LOG_LEVEL", "debug")
            .env("SYSTEMD_LOG_TARGET", "console");
        command.stdout(log.try_clone().expect("a descriptor")).stderr(log);
        self.services.push(command.spawn().expect("the service starts"));
    }

    /// Ends the service that was started last.
    pub(crate) fn end_last_service(&mut self) {
        if let Some(mut service) = self.services.pop() {
            end(&mut service);
        }
    }

    /// Sends a signal to the service that was started last.
    pub(crate) fn signal_last_service(&self, number: i32) {
        space::signal(self.services.last().expect("a service"), number);
    }

    /// What the installation of Debian's resolvconf does.
    pub(crate) fn set_up_debians_resolvconf(&self) {
        let package = part("resolvconf").expect("checked before");
        let from = package.join("etc/resolvconf");
        let copied = Command::new("cp").arg("-a").arg(from).arg(self.etc("")).status();
        assert!(copied.expect("cp runs").success());
        fs::create_dir_all(self.lab.file("run/resolvconf/interface")).expect("a folder");
        fs::write(self.lab.file("run/resolvconf/enable-updates"), "").expect("a file");
        fs::remove_file(self.etc("resolv.conf")).expect("removed");
        symlink("../run/resolvconf/resolv.conf", self.etc("resolv.conf")).expect("a link");
        self.feed(&["resolvconf", "-a", "lan.inet"], &format!("{HOME}\n"));
    }

    /// Starts a system bus with the policy of systemd-resolved, and it; the machine's questions go there.
    pub(crate) fn start_resolved(&mut self, package: &Path) {
        let policy = package.join("usr/share/dbus-1/system.d");
        let system =
            fs::read_to_string("/usr/share/dbus-1/system.conf").expect("the package dbus-system-bus-common");
        // as it stands, but in the foreground, with rights as they are
        let kept = system
            .lines()
            .filter(|line| !BUS_WITHOUT.iter().any(|word| line.contains(word)))
            .map(|line| {
                line.replace(
                    "<includedir>system.d<",
                    &format!("<includedir>{}<", policy.display()),
                )
            });
        let text = kept.collect::<Vec<_>>().join("\n");
        fs::create_dir_all(self.lab.file("run/dbus")).expect("a folder");
        fs::write(self.lab.file("run/dbus/system.conf"), text).expect("a file");
        let user = "systemd-resolve:x:991:991::/:/usr/sbin/nologin\n";
        self.append_etc("passwd", user);
        self.append_etc("group", "systemd-resolve:x:991:\n");
        self.serve(
            "bus.log",
            &[
                "dbus-daemon",
                "--config-file=/run/dbus/system.conf",
                "--nofork",
                "--nopidfile",
            ],
        );
        wait_until("the bus", SOON, || {
            self.lab.file("run/dbus/system_bus_socket").exists()
        });
        self.run(&["install", "-d", "-o", "991", "-g", "991", "/run/systemd/resolve"]);
        drop(fs::remove_file(self.etc("resolv.conf")));
        symlink("../run/systemd/resolve/stub-resolv.conf", self.etc("resolv.conf")).expect("a link");
        self.start_resolved_alone(package);
    }

    /// Starts systemd-resolved on a bus that is there, and tells it the server of the LAN.
    pub(crate) fn start_resolved_alone(&mut self, package: &Path) {
        let program = package.join("lib/systemd/systemd-resolved");
        self.serve("resolved.log", &[program.to_str().expect("text")]);
        let control = package.join("usr/bin/resolvectl");
        let control = control.to_str().expect("text");
        wait_until("systemd-resolved", SOON, || {
            let mut command = self.command(&[control, "dns", "lan", "192.0.2.1"]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        });
    }

    fn append_etc(&self, name: &str, line: &str) {
        let path = self.etc(name);
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, text + line).expect("a file");
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in ["bus.log", "resolved.log"] {
                let text = fs::read_to_string(self.lab.file(log)).unwrap_or_default();
                let last: Vec<&str> = text.lines().rev().take(40).collect();
                for line in last.iter().rev() {
                    eprintln!("{log}: {line}");
                }
            }
        }
        for service in &mut self.services {
            end(service);
        }
    }
}

/// The folder of an unpacked package; says aloud when it is not there.
pub(crate) fn part(package: &str) -> Option<PathBuf> {
    let parts = std::env::var_os("VPNC_TEST_PARTS").map_or_else(
        || {
            let built = Path::new(CLIENT).parent().and_then(Path::parent);
            built.expect("the target folder").join("test-parts")
        },
        PathBuf::from,
    );
    let folder = parts.join(package);
    if folder.is_dir() {
        return Some(folder);
    }
    left_out(&format!(
        "{package} is not unpacked in {} (cargo xtask test does so, or apt-get download and dpkg-deb -x)",
        parts.display()
    ));
    None
}

/// Resolver file of the machine before.
pub(crate) const HOME: &str = "# by hand\nsearch home.example\nnameserver 192.0.2.1\noptions timeout:2";

/// What the server on the LAN answers.
pub(crate) const OUTSIDE_ANSWER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 99);

/// What the server inside answers.
pub(crate) const INSIDE_ANSWER: Ipv4Addr = Ipv4Addr::new(10, 20, 0, 99);

/// How long a service may take to notice something.
pub(crate) const A_MOMENT: Duration = Duration::from_secs(5);

/// What programs need of `/etc`.
const ETC: [&str; 6] = [
    "alternatives",
    "dbus-1",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "passwd",
];

/// Lines of the configuration of the system bus that make it a daemon.
const BUS_WITHOUT: [&str; 5] = ["<user>", "<fork", "<pidfile>", "<syslog", "<servicehelper>"];
