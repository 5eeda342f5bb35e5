//! Two hosts and a wire between them: ours is the client's, the other one is the gateway's.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::Extent;
use crate::cargo::Programs;
use crate::children::{Owned, lines};
use crate::sandbox::run;
use crate::say;

/// The running lab.
#[derive(Debug)]
pub(super) struct Lab {
    /// What the gateway's public key hashes to.
    pub(super) pin: String,
    gateway: Owned,
    _peer: Owned,
}

/// Gateway as the client sees it.
pub(super) const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// A session cookie the gateway knows.
pub(super) const COOKIE: &str = "DSID=0123456789abcdef0123456789abcdef";
/// An account the gateway knows, and its password.
pub(super) const USER: &str = "joe";
pub(super) const PASSWORD: &str = "secret";
/// A host in the network behind the gateway, and its port for both TCP and UDP.
pub(super) const INSIDE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(10, 20, 0, 1)), 7001);
/// The network behind the gateway.
pub(super) const NETWORK: &str = "10.20.0.0/16";

impl Lab {
    /// Builds the two hosts and starts the gateway and the host behind it.
    pub(super) fn start(programs: &Programs, extent: Extent) -> Result<Self> {
        wire()?;
        let mut gateway = Owned::spawn(&mut gateway_command(&programs.gateway))?;
        forward("vpnc-gateway", gateway.child().stderr.take());
        let output = lines(gateway.child().stdout.take());
        let ready = output
            .recv_timeout(START)
            .context("the gateway did not get ready")?;
        let ready: serde_json::Value = serde_json::from_str(&ready)?;
        let pin = ready["pin"]
            .as_str()
            .context("no pin in the ready line")?
            .to_owned();
        say::note(&format!("vpnc-gateway listens on {}, key {pin}", ready["listen"]));
        let mut peer = Owned::spawn(&mut peer_command(extent)?)?;
        lines(peer.child().stdout.take())
            .recv_timeout(START)
            .context("the host behind the gateway did not get ready")?;
        Ok(Self {
            pin,
            gateway,
            _peer: peer,
        })
    }

    /// Ends the gateway as an administrator would.
    pub(super) fn stop(mut self) -> Result<()> {
        self.gateway.signal(rustix::process::Signal::TERM)?;
        let status = self.gateway.wait_within(START)?;
        if !status.success() {
            bail!("the gateway ended with {status}");
        }
        Ok(())
    }
}

/// Addresses, links, routes and rules of the client's host, to be compared.
pub(super) fn network() -> Result<String> {
    let parts = [
        &["-o", "link"][..],
        &["-o", "address"],
        &["-4", "route", "show", "table", "all"],
        &["-6", "route", "show", "table", "all"],
        &["rule"],
    ];
    let texts: Result<Vec<String>> = parts.iter().map(|arguments| run("ip", arguments)).collect();
    Ok(texts?.concat())
}

/// Waits until the network is as before; gives the difference if it does not get so.
pub(super) fn difference(before: &str) -> Result<Vec<String>> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let after = network()?;
        if after == before {
            return Ok(Vec::new());
        }
        if Instant::now() > deadline {
            let new = after.lines().filter(|line| !before.contains(line));
            let gone = before.lines().filter(|line| !after.contains(line));
            let new = new.map(|line| format!("left behind: {line}"));
            return Ok(new.chain(gone.map(|line| format!("missing: {line}"))).collect());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Names of what the client keeps while it runs and must have removed after it.
pub(super) fn state_files() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/run/vpnc-cli") else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Shows lines of a pipe.
fn forward(name: &'static str, pipe: Option<impl Read + Send + 'static>) {
    let lines = lines(pipe);
    thread::spawn(move || {
        for line in lines {
            say::note(&format!("{name}: {line}"));
        }
    });
}

/// A cable between the two hosts. IPv6 is left out of it, so that nothing changes by itself while we look.
fn wire() -> Result<()> {
    let commands = [
        "netns add gateway".to_owned(),
        "link add wire type veth peer name wire netns gateway".to_owned(),
        "link set wire addrgenmode none".to_owned(),
        "-n gateway link set wire addrgenmode none".to_owned(),
        "address add 192.0.2.2/24 dev wire".to_owned(),
        format!("-n gateway address add {GATEWAY}/24 dev wire"),
        "-n gateway link set lo up".to_owned(),
        "-n gateway link set wire up".to_owned(),
        "link set wire up".to_owned(),
    ];
    for command in commands {
        run("ip", &command.split(' ').collect::<Vec<_>>())?;
    }
    wait_for_carrier()
}

/// Until then the kernel still changes flags of the link by itself.
fn wait_for_carrier() -> Result<()> {
    let deadline = Instant::now() + SETTLE;
    while Instant::now() < deadline {
        if run("ip", &["-o", "link", "show", "dev", "wire"])?.contains(" state UP ") {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    bail!("the wire does not come up")
}

fn gateway_command(program: &Path) -> Command {
    let mut command = in_gateway(program);
    command
        .args(["--listen", &format!("{GATEWAY}:443")])
        .args(["--tun", "inside", "--inner", &format!("{}/16", INSIDE.ip())])
        .args(["--include", NETWORK])
        // every start signs in with the same cookie
        .args(["--cookie", COOKIE, "--keep-cookie"])
        .args(["--user", USER, "--password", PASSWORD])
        .arg("--quiet")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn peer_command(extent: Extent) -> Result<Command> {
    let mut command = in_gateway(&std::env::current_exe()?);
    command
        .args([super::PEER, &INSIDE.to_string(), &extent.octets.to_string()])
        .stdout(Stdio::piped());
    Ok(command)
}

/// A program on the gateway's host. Not with `ip netns exec`, which wants to mount `/sys` and may not in containers.
fn in_gateway(program: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new("nsenter");
    command
        .arg("--net=/run/netns/gateway")
        .arg(program)
        .stdin(Stdio::null())
        // Ctrl-C is for us; we end the others in order
        .process_group(0);
    command
}

/// What a program gets to start or end.
const START: Duration = Duration::from_secs(15);
/// What the kernel gets to forget a device.
const SETTLE: Duration = Duration::from_secs(5);
