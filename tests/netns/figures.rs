//! Figures that are measured and printed; the bounds only catch what is far off.

use std::fs;
use std::time::{Duration, Instant};

use crate::lab::{Lab, SOON, say, wait_until};
use crate::ping::{echo, open};
use crate::transfer::{Way, transfer};

#[test]
fn the_first_packet_comes_back_soon_after_the_start() {
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    let mut times = Vec::new();
    for _ in 0..10 {
        let socket = open(&lab);
        let start = Instant::now();
        let client = lab.client("");
        wait_until("the first packet", SOON, || {
            echo(&socket, 1, 60, Duration::from_millis(2))
        });
        times.push(start.elapsed());
        client.interrupt();
    }
    times.sort();
    let (median, worst) = ((times[4] + times[5]) / 2, times[9]);
    say(&format!(
        "start to first payload: median {median:.1?}, worst {worst:.1?}"
    ));
    assert!(median < Duration::from_secs(2), "{times:?}");
}

#[test]
fn esp_is_in_use_right_after_the_connection() {
    let Some(lab) = Lab::start("--keep-cookie") else {
        return;
    };
    let mut times = Vec::new();
    for _ in 0..5 {
        let client = lab.connected("");
        let start = Instant::now();
        client.wait_for("data goes over ESP");
        times.push(start.elapsed());
        client.interrupt();
    }
    times.sort();
    say(&format!(
        "tunnel up to data over ESP: median {:.1?}, worst {:.1?}",
        times[2], times[4]
    ));
    assert!(
        times[2] < Duration::from_millis(500),
        "a probe was lost: {times:?}"
    );
}

#[test]
fn memory_stays_small() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("");
    let idle = resident(client.pid());
    transfer(&lab, Way::Up, 20_000_000);
    transfer(&lab, Way::Down, 20_000_000);
    let used = resident(client.pid());
    say(&format!(
        "resident memory: {idle} KiB connected, {used} KiB after 40 MB"
    ));
    assert!(used < 64 * 1024, "{used} KiB");
    client.interrupt();
}

pub(crate) fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a file");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|number| number.parse().ok()).expect("a number")
}
