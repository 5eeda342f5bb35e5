//! Behind the OpenConnect plugin of a real NetworkManager: the client takes the place of the program `openconnect`.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::lab::{CLIENT, COOKIE, GATEWAY, INSIDE, Lab, SOON, TUNNEL, end, has, left_out, wait_until};

#[test]
fn the_plugin_of_network_manager_runs_the_tunnel() {
    if !is_installed() {
        return;
    }
    let Some(lab) = Lab::start("--dns 10.20.0.53 --domains corp.example,lab.example") else {
        return;
    };
    let mut machine = Machine::start(&lab);
    let before = machine.network();
    machine.add_connection(&lab);
    machine.obeys("nmcli -w 30 connection up work");

    let active = machine.obeys("nmcli -t -f NAME,STATE connection show --active");
    assert!(active.lines().any(|line| line == "work:activated"), "{active}");
    let addresses = machine.obeys("ip -4 -o address show dev vpn0");
    assert!(addresses.contains(TUNNEL), "{addresses}");
    let routes = machine.obeys("ip route show");
    assert!(routes.contains("10.20.0.0/16 dev vpn0"), "{routes}");
    let resolver = machine.obeys("cat /etc/resolv.conf");
    assert!(resolver.contains("nameserver 10.20.0.53"), "{resolver}");
    assert!(resolver.contains("corp.example"), "{resolver}");
    traffic_passes(&mut machine);

    let client = machine.obeys("ps -C openconnect -o pid=,user:20=,args=");
    assert_eq!(client.trim().lines().count(), 1, "{client}");
    assert!(client.contains(" nm-openconnect "), "{client}");
    assert!(client.contains("--cookie-on-stdin"), "{client}");

    // NetworkManager is not told of a reconnect that changes nothing, and need not be
    let pid = client.split_whitespace().next().expect("a pid").to_owned();
    machine.obeys(&format!("kill -USR2 {pid}"));
    wait_until("the second connection", SOON, || lab.count("tunnels") >= 2);
    traffic_passes(&mut machine);

    assert_eq!(lab.count("logouts"), 0);
    machine.obeys("nmcli -w 20 connection down work");
    wait_until("the end of the session", SOON, || lab.count("logouts") == 1);
    wait_until("the end of the client", SOON, || {
        machine.order("ps -C openconnect -o pid=").1 != 0
    });
    wait_until("addresses and routes to be as before", SOON, || {
        machine.network() == before
    });
    assert!(!machine.obeys("cat /etc/resolv.conf").contains("10.20.0.53"));

    // the session is over
    let (text, status) = machine.order("nmcli -w 30 connection up work");
    assert_ne!(status, 0, "{text}");
}

#[test]
fn a_refused_cookie_fails_the_activation() {
    if !is_installed() {
        return;
    }
    let Some(lab) = Lab::start("") else {
        return;
    };
    let mut machine = Machine::start(&lab);
    machine.add_connection(&lab);
    machine.obeys(&format!(
        "nmcli connection modify work vpn.secrets 'cookie=DSID=00000000000000000000000000000000,gateway={GATEWAY},\
         gwcert={}'",
        lab.pin
    ));
    let (text, status) = machine.order("nmcli -w 30 connection up work");
    assert_ne!(status, 0, "{text}");
    assert!(text.contains("activation failed"), "{text}");
    wait_until("the end of the client", SOON, || {
        machine.order("ps -C openconnect -o pid=").1 != 0
    });
}

/// A machine of which NetworkManager is in charge.
struct Machine {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
    log: PathBuf,
}

impl Machine {
    fn start(lab: &Lab) -> Self {
        let (script, log) = (lab.file("machine.sh"), lab.file("log"));
        fs::write(&script, include_str!("network_manager.sh")).expect("a file");
        fs::create_dir(&log).expect("a folder");
        for folder in [&log, log.parent().expect("a folder")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        let mut command = lab.machine.command("unshare", &[]);
        command
            .args(["--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--"])
            .arg("bash")
            .arg(script)
            .args([CLIENT, "lan", "192.0.2.2/24", "192.0.2.1"])
            .arg(&log)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let orders = child.stdin.take().expect("a pipe");
        let machine = Self {
            child,
            orders,
            answers,
            log,
        };
        let mut said = String::new();
        loop {
            let line = machine
                .answers
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|error| panic!("no machine ({error}):\n{said}"));
            if line == "ready" {
                return machine;
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    /// A connection of the plugin with a session that somebody has signed in to already.
    fn add_connection(&mut self, lab: &Lab) {
        let data = format!(
            "gateway={GATEWAY},protocol=nc,authtype=password,cookie-flags=0,gateway-flags=0,gwcert-flags=0"
        );
        let secrets = format!("cookie={COOKIE},gateway={GATEWAY},gwcert={}", lab.pin);
        self.obeys(&format!(
            "nmcli connection add type vpn con-name work vpn-type openconnect ipv6.method disabled \
             vpn.data '{data}' vpn.secrets '{secrets}'"
        ));
    }

    /// Carries out a line for the shell; gives what it prints, and the status.
    #[track_caller]
    fn order(&mut self, line: &str) -> (String, i32) {
        writeln!(self.orders, "{line}").expect("the machine lives");
        let mut text = String::new();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let answer = answer.unwrap_or_else(|error| panic!("{line} ({error}):\n{text}"));
            if let Some(status) = answer.strip_prefix("status ") {
                return (text, status.parse().expect("a number"));
            }
            text.push_str(&answer);
            text.push('\n');
        }
    }

    /// The same for a line that must succeed.
    #[track_caller]
    fn obeys(&mut self, line: &str) -> String {
        let (text, status) = self.order(line);
        assert_eq!(status, 0, "{line}: {text}");
        text
    }

    /// Addresses and routes, but for those of a device that the plugin leaves behind, whatever its client was.
    fn network(&mut self) -> String {
        let all = self.obeys("ip -br -4 address; ip route show table all; ip rule");
        let lines = all
            .lines()
            .filter(|line| !line.contains("vpn0") || line.contains(TUNNEL));
        lines.map(|line| format!("{line}\n")).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        end(&mut self.child);
        if !thread::panicking() {
            return;
        }
        for name in ["bus.log", "base.log", "nm.log"] {
            let text = fs::read(self.log.join(name)).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = text.lines().collect();
            let end = lines.get(lines.len().saturating_sub(80)..).unwrap_or_default();
            eprintln!("--- the end of {name}\n{}", end.join("\n"));
        }
    }
}

#[track_caller]
fn traffic_passes(machine: &mut Machine) {
    machine.obeys(&format!("ping -n -q -c 3 -i 0.2 -W 5 {INSIDE}"));
}

/// Says aloud what lacks.
fn is_installed() -> bool {
    let plugin = "/usr/lib/NetworkManager/nm-openconnect-service";
    let there = Path::new(plugin).is_file();
    if !there {
        left_out("network-manager-openconnect is not installed");
    }
    there
        && [
            "NetworkManager",
            "nmcli",
            "dbus-daemon",
            "openconnect",
            "unshare",
            "ps",
        ]
        .into_iter()
        .all(has)
}

/// NetworkManager has limits of its own that are shorter.
const PATIENCE: Duration = Duration::from_secs(60);
