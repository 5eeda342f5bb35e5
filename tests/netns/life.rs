//! Networks that change under a running tunnel: moved, cut, renumbered, and nodes that die.

use std::thread;
use std::time::{Duration, Instant};

use crate::lab::{COOKIE, GATEWAY, INTERNET, Lab, TUNNEL, say, wait_until};
use crate::ping;
use crate::snapshot::Snapshot;
use crate::transfer::{Flow, Way};

/// Everything goes into the tunnel, the gateway's own address excepted.
const EVERYTHING: &str = "--include 0.0.0.0/0";

/// Ample for a few steps.
const MOMENT: Duration = Duration::from_secs(15);

/// Waits until a flow goes on, says how long that took since `start`, and fails when it was too long.
#[track_caller]
fn goes_on(flow: &Flow, what: &str, start: Instant, limit: Duration) {
    flow.wait_for_more(300_000, limit);
    say(&format!("{what}: data again after {:?}", start.elapsed()));
}

/// Time goes by, while something has to stay true.
#[track_caller]
fn for_seconds(seconds: u64, holds: impl Fn() -> bool) {
    for _ in 0..seconds {
        thread::sleep(Duration::from_secs(1));
        assert!(holds());
    }
}

fn move_to_second_cable(lab: &Lab) {
    lab.machine.ip("route replace default via 192.0.3.1 dev wifi");
}

fn move_back(lab: &Lab) {
    lab.machine.ip("route replace default via 192.0.2.1 dev lan");
}

#[test]
fn a_default_route_that_moves_under_load_takes_the_tunnel_along() {
    for (gateway, client) in [(EVERYTHING, ""), (EVERYTHING, "--no-esp"), ("", "")] {
        let Some(lab) = Lab::start(&format!("--keep-cookie {gateway}")) else {
            return;
        };
        lab.second_cable();
        let before = Snapshot::of(&lab);
        let running = match client {
            "" => lab.over_esp(client),
            _ => lab.connected(client),
        };
        let (up, down) = (Flow::start(&lab, Way::Up), Flow::start(&lab, Way::Down));
        up.wait_for_more(500_000, MOMENT);
        let start = Instant::now();
        move_to_second_cable(&lab);
        lab.machine.ip("link set lan down");
        running.wait_for("reached from another address");
        goes_on(&up, "up, default route moved", start, Duration::from_secs(8));
        goes_on(&down, "down, default route moved", start, Duration::from_secs(8));
        running.wait_for("connection to the gateway is back");
        let route = lab.machine.ip(&format!("route get {GATEWAY}"));
        assert!(route.contains("wifi"), "{route}");
        up.stop();
        down.stop();
        let statistics = running.statistics();
        assert!(
            statistics.contains("reconnects 1, fall-backs to TLS 0"),
            "{statistics}"
        );
        let seen = lab
            .events()
            .into_iter()
            .filter(|event| event.contains("Accepted(192.0.3.2"));
        assert_eq!(seen.count(), 1);
        running.interrupt();
        lab.machine.ip("link set lan up");
        move_back(&lab);
        before.assert_restored(&lab);
    }
}

#[test]
fn a_cable_without_other_end_for_thirty_seconds_costs_no_connection() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    let client = lab.over_esp("");
    let flow = Flow::start(&lab, Way::Up);
    flow.wait_for_more(500_000, MOMENT);
    lab.beyond.ip("link set lan down");
    client.wait_for("there is no way to the gateway");
    for_seconds(30, || client.lines_with("connection to the gateway lost") == 0);
    let start = Instant::now();
    lab.beyond.ip("link set lan up");
    client.wait_for("there is a way to the gateway again");
    ping::ping(&lab, [28, 1400].into_iter());
    let back = start.elapsed();
    say(&format!("thirty seconds without a cable: an echo after {back:?}"));
    assert!(back < Duration::from_secs(4), "{back:?}");
    // the connection's own pauses have grown meanwhile
    goes_on(
        &flow,
        "thirty seconds without a cable",
        start,
        Duration::from_secs(40),
    );
    assert_eq!(client.lines_with("data goes over TLS"), 0);
    flow.stop();
    client.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn an_interface_taken_down_for_a_while_gets_its_routes_and_its_tunnel_back() {
    for options in ["", "--no-esp"] {
        let Some(lab) = Lab::start(&format!("--keep-cookie {EVERYTHING}")) else {
            return;
        };
        let before = Snapshot::of(&lab);
        let client = match options {
            "" => lab.over_esp(options),
            _ => lab.connected(options),
        };
        let flow = Flow::start(&lab, Way::Up);
        flow.wait_for_more(500_000, MOMENT);
        lab.machine.ip("link set lan down");
        client.wait_for("there is no way to the gateway");
        for_seconds(4, || client.lines_with("connection to the gateway lost") == 0);
        let start = Instant::now();
        lab.machine.ip("link set lan up");
        lab.machine.ip("route add default via 192.0.2.1");
        client.wait_for("there is a way to the gateway again");
        goes_on(&flow, "interface down and up", start, Duration::from_secs(10));
        let route = lab.machine.ip(&format!("route get {GATEWAY}"));
        assert!(route.contains("dev lan"), "{route}");
        flow.stop();
        client.interrupt();
        before.assert_restored(&lab);
    }
}

#[test]
fn another_outer_address_is_followed_where_the_gateway_allows_roaming() {
    let Some(lab) = Lab::start("--esp-survives-channel") else {
        return;
    };
    let client = lab.over_esp("");
    let flow = Flow::start(&lab, Way::Up);
    flow.wait_for_more(500_000, MOMENT);
    let start = Instant::now();
    lab.machine.ip("address del 192.0.2.2/24 dev lan");
    lab.machine.ip("address add 192.0.2.9/24 dev lan");
    lab.machine.ip("route replace default via 192.0.2.1 dev lan");
    client.wait_for("reached from another address");
    goes_on(&flow, "another address", start, Duration::from_secs(8));
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, MOMENT);
    flow.stop();
    ping::ping(&lab, [28, 1400].into_iter());
    let statistics = client.statistics();
    assert!(statistics.contains("fall-backs to TLS 0"), "{statistics}");
    client.interrupt();
    assert_eq!(lab.count("logouts"), 1);
}

#[test]
fn another_outer_address_ends_the_run_where_the_gateway_forbids_roaming() {
    for reject in ["zero", "redirect", "403"] {
        // the gateway's own way to say it, and what others say
        let script = match reject {
            "zero" => String::new(),
            other => format!("--script on~connect~2:~reject~{other}"),
        };
        let Some(lab) = Lab::start(&format!("--no-roaming {script}")) else {
            return;
        };
        lab.second_cable();
        let before = Snapshot::of(&lab);
        let client = lab.over_esp("");
        let start = Instant::now();
        move_to_second_cable(&lab);
        client
            .exits(2)
            .says("reached from another address")
            .says("belongs to another source address")
            .says("sign in again");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        move_back(&lab);
        before.assert_restored(&lab);
    }
}

#[test]
fn a_route_to_the_gateway_that_somebody_deletes_is_put_back_and_nothing_loops() {
    let Some(lab) = Lab::start(EVERYTHING) else { return };
    let client = lab.over_esp("");
    let flow = Flow::start(&lab, Way::Up);
    flow.wait_for_more(500_000, MOMENT);
    lab.machine.ip(&format!("route del {GATEWAY}"));
    let outside = || {
        let route = lab.machine.ip(&format!("route get {GATEWAY}"));
        route.contains("dev lan")
    };
    wait_until("the route to be back", MOMENT, outside);
    flow.wait_for_more(500_000, MOMENT);
    flow.stop();
    let inside = lab.machine.ip(&format!("route get {INTERNET}"));
    assert!(inside.contains(TUNNEL), "{inside}");
    client.interrupt();
}

#[test]
fn a_process_that_was_stopped_connects_anew() {
    let Some(lab) = Lab::start("") else { return };
    let client = lab.over_esp("");
    client.signal(libc::SIGSTOP);
    for_seconds(6, || true);
    client.signal(libc::SIGCONT);
    client.wait_for("the machine has slept");
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, MOMENT);
    client.signal(libc::SIGSTOP);
    for_seconds(1, || true);
    client.signal(libc::SIGCONT);
    ping::ping(&lab, [28, 1400].into_iter());
    assert_eq!(client.lines_with("the machine has slept"), 1);
    client.interrupt();
}

#[test]
fn one_of_three_addresses_is_dead_and_the_node_of_the_login_dies() {
    let Some(mut lab) = Lab::start(EVERYTHING) else {
        return;
    };
    // the session is known to both nodes that live; nothing answers for the third, not even with a reset
    lab.start_node(2, COOKIE);
    let before = Snapshot::of(&lab);
    let name = "vpn.example.com";
    let addresses = [9, 1, 2].map(|number| format!("--resolve {name}:198.51.100.{number}"));
    let options = format!("--servercert {} {}", lab.pin, addresses.join(" "));
    let start = Instant::now();
    let client = lab.client_at(name, &options);
    client.wait_for("data goes over ESP");
    say(&format!(
        "the first address dead: connected after {:?}",
        start.elapsed()
    ));
    assert_eq!(lab.count("tunnels"), 1, "the first that lives");
    ping::ping(&lab, [28, 1400].into_iter());
    let start = Instant::now();
    lab.stop_gateway();
    client.wait_for("another node of the gateway goes on with the session");
    client.wait_for("connection to the gateway is back");
    client.wait_for_count("data goes over ESP", 2, MOMENT);
    say(&format!("the node dead: connected after {:?}", start.elapsed()));
    ping::ping(&lab, [28, 1400].into_iter());
    let route = lab.machine.ip("route get 198.51.100.2");
    assert!(route.contains("dev lan"), "{route}");
    client.interrupt();
    assert_eq!(lab.count_at("control-2", "logouts"), 1);
    before.assert_restored(&lab);
}
