//! What happens in the demo, in order.

use std::time::Duration;

use anyhow::{Context as _, Result};

use super::Extent;
use super::client::{By, Client};
use super::lab::{self, INSIDE, Lab, NETWORK};
use super::report::{Ping, Report, Run};
use super::{sign_in, start, transfer};
use crate::cargo::Programs;
use crate::sandbox::run;
use crate::say;

/// Plays it all.
pub(super) fn play(programs: &Programs, extent: Extent) -> Result<Report> {
    let lab = say::timed("two network namespaces, a wire between them, the gateway", || {
        Lab::start(programs, extent)
    })?;
    say::timed("a look at the gateway", || sign_in::probe(&programs.client, &lab))?;
    say::timed("a sign-in by password", || {
        sign_in::sign_in(&programs.client, &lab)
    })?;
    let mut report = Report::default();
    for (name, by, options) in [("TLS", By::Cookie, &["--no-esp"][..]), ("ESP", By::Password, &[])] {
        let run = say::timed(&format!("a tunnel over {name}"), || {
            tunnel(programs, &lab, (name, by), options, extent)
        })?;
        report.runs.push(run);
    }
    report.starts = say::timed(&format!("{} starts", extent.starts), || {
        start::measure(&programs.client, &lab, extent.starts)
    })?;
    lab.stop()?;
    Ok(report)
}

fn tunnel(
    programs: &Programs,
    lab: &Lab,
    (name, by): (&'static str, By),
    options: &[&str],
    extent: Extent,
) -> Result<Run> {
    let before = lab::network()?;
    let mut client = Client::start(&programs.client, lab, by, options, true)?;
    let connected = client.wait_for("connected: ", CONNECT)?;
    if name == "ESP" {
        client.wait_for_esp()?;
    }
    let mut run = Run {
        name,
        setup: setup(&connected)?,
        ping: ping()?,
        ..Run::default()
    };
    let first = client.statistics()?;
    run.upload = Some(transfer::upload(INSIDE, extent.octets).context("to the gateway")?);
    run.download = Some(transfer::download(INSIDE, extent.octets).context("from the gateway")?);
    let last = client.statistics()?;
    run.path = last.path;
    run.esp = last.esp - first.esp;
    run.tls = last.tls - first.tls;
    run.octets = extent.octets;
    run.end = Some(client.interrupt()?);
    run.difference = lab::difference(&before)?;
    run.files = lab::state_files();
    Ok(run)
}

/// Address, MTU and routes as the kernel has them. The interface is named in the client's own line.
fn setup(connected: &str) -> Result<String> {
    let interface = connected
        .split_once("connected: ")
        .and_then(|(_, rest)| rest.split(' ').next())
        .context("no interface in what the client says")?;
    let address = run("ip", &["-o", "-4", "address", "show", "dev", interface])?;
    let address = word_after(&address, "inet")
        .context("no address on the interface")?
        .to_owned();
    let link = run("ip", &["-o", "link", "show", "dev", interface])?;
    let mtu = word_after(&link, "mtu").context("no MTU")?;
    let routes = run("ip", &["-4", "route", "show", "dev", interface])?;
    let routes: Vec<&str> = routes.lines().filter_map(|line| line.split(' ').next()).collect();
    Ok(format!(
        "{interface}, {address}, MTU {mtu}, routes: {}",
        routes.join(" ")
    ))
}

fn ping() -> Result<Ping> {
    let host = INSIDE.ip().to_string();
    let text = run("ping", &["-n", "-q", "-c", "20", "-i", "0.05", "-W", "2", &host])?;
    Ping::parse(&text).with_context(|| format!("output of ping: {text}"))
}

fn word_after<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut words = text.split_whitespace().skip_while(|other| *other != word);
    words.nth(1)
}

/// Whether the routes are those the gateway handed out.
pub(super) fn has_expected_setup(setup: &str) -> bool {
    // each session has an address of its own
    setup.contains(" 10.66.7.") && setup.contains("MTU 1400") && setup.contains(NETWORK)
}

/// To be up.
const CONNECT: Duration = Duration::from_secs(15);
