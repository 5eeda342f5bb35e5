//! `cargo xtask demo`: the built client against the reference gateway, in network namespaces.

mod client;
mod lab;
mod report;
mod scenario;
mod sign_in;
mod start;
mod transfer;

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cargo::{self, Programs};
use crate::children;
use crate::sandbox::{self, Needs, Sandbox};
use crate::{say, tools};

/// Hidden chore: the part that runs in the sandbox.
pub(crate) const LAB: &str = "inside-demo";
/// Hidden chore: the host in the network behind the gateway.
pub(crate) const PEER: &str = "inside-demo-peer";

/// How much the demo does.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Starts to measure.
    starts: usize,
    /// Octets to move each way.
    octets: usize,
}

impl Extent {
    const FULL: Self = Self {
        starts: 10,
        octets: 100_000_000,
    };
    const QUICK: Self = Self {
        starts: 3,
        octets: 10_000_000,
    };

    fn of(quick: bool) -> Self {
        if quick { Self::QUICK } else { Self::FULL }
    }
}

/// The whole chore.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let quick = match arguments {
        [] => false,
        [option] if option == QUICK => true,
        [option, ..] => bail!("unknown option {option:?}; only {QUICK} is known"),
    };
    children::say_when_interrupted();
    let legacy_tls = prepare()?;
    if !std::path::Path::new("/dev/net/tun").exists() {
        bail!("there is no /dev/net/tun; try: modprobe tun");
    }
    let sandbox = Sandbox::probe(Needs::Lonely)?;
    let programs = say::timed("build for release", || cargo::build_release(legacy_tls))?;
    let mut inside = vec![
        OsStr::new(LAB),
        programs.client.as_os_str(),
        programs.gateway.as_os_str(),
    ];
    if quick {
        inside.push(OsStr::new(QUICK));
    }
    let status = sandbox::spawn(&mut sandbox.command(&inside)?)?.wait()?;
    match status.code() {
        Some(0) => Ok(ExitCode::SUCCESS),
        // It has said why.
        Some(_) => Ok(ExitCode::FAILURE),
        None => bail!("the demo was killed: {status}"),
    }
}

/// The part in the sandbox: its network is the client's.
pub(crate) fn lab(arguments: &[String]) -> Result<ExitCode> {
    let [client, gateway, options @ ..] = arguments else {
        bail!("programs missing");
    };
    sandbox::settle()?;
    let programs = Programs {
        client: PathBuf::from(client),
        gateway: PathBuf::from(gateway),
    };
    let extent = Extent::of(options.iter().any(|option| option == QUICK));
    let report = scenario::play(&programs, extent)?;
    say::line(&report.to_string());
    let faults = report.faults();
    if faults.is_empty() {
        match report.missed() {
            None => say::line("\nAll as expected."),
            Some(missed) => say::line(&format!("\nAs expected, but for one target: {missed}.")),
        }
        return Ok(ExitCode::SUCCESS);
    }
    say::line(&format!("\nFAILED: {}", faults.join("; ")));
    Ok(ExitCode::FAILURE)
}

/// The host behind the gateway.
pub(crate) fn peer(arguments: &[String]) -> Result<ExitCode> {
    let [address, octets] = arguments else {
        bail!("address and size missing");
    };
    let address: SocketAddr = address.parse()?;
    transfer::serve(address, octets.parse()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Gets the tools; says whether the build can have the second TLS back end.
fn prepare() -> Result<bool> {
    say::timed("what build and demo need", || {
        tools::install(&[tools::DEMO, tools::BUILD].concat());
        Ok(())
    })?;
    let (demo, build) = (tools::missing(tools::DEMO), tools::missing(tools::BUILD));
    if !demo.is_empty() {
        bail!(
            "not installed: {0}\ntry: sudo apt-get install {0}",
            demo.join(" ")
        );
    }
    if !build.is_empty() {
        say::note(&format!(
            "{} not installed: building without the TLS back end for old gateways",
            build.join(" and ")
        ));
    }
    Ok(build.is_empty())
}

/// Less of everything.
const QUICK: &str = "--quick";
