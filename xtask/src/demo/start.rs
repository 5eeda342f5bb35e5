//! From the start of the process to the first payload octet that came back through the tunnel.

use std::net::UdpSocket;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::client::{By, Client};
use super::lab::{INSIDE, Lab};

/// Starts the client so many times and gives the times in ascending order.
pub(super) fn measure(program: &Path, lab: &Lab, times: usize) -> Result<Vec<Duration>> {
    let mut measured = Vec::with_capacity(times);
    for _ in 0..times {
        measured.push(once(program, lab)?);
    }
    measured.sort();
    Ok(measured)
}

fn once(program: &Path, lab: &Lab) -> Result<Duration> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_nonblocking(true)?;
    let start = Instant::now();
    let client = Client::start(program, lab, By::Cookie, &[], false)?;
    let mut reply = [0; 16];
    while start.elapsed() < LIMIT {
        // No route, no address: not up yet.
        let _ = socket.send_to(b"anybody there?", INSIDE);
        thread::sleep(STEP);
        if socket.recv(&mut reply).is_ok() {
            let time = start.elapsed();
            client.interrupt()?;
            return Ok(time);
        }
    }
    bail!("nothing came through the tunnel within {} s", LIMIT.as_secs())
}

const LIMIT: Duration = Duration::from_secs(15);
/// How exact the measurement is.
const STEP: Duration = Duration::from_millis(1);
