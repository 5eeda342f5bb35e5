//! What a killed client leaves behind, and the next start that repairs it.

use std::fs;

use crate::lab::{GATEWAY, INTERNET, Lab, has};
use crate::snapshot::Snapshot;

#[test]
fn a_killed_client_is_repaired_by_the_next_start() {
    let Some(lab) = Lab::start(DEFAULT_ROUTE) else {
        return;
    };
    let before = Snapshot::of(&lab);
    lab.over_esp("").kill();
    // The routes into the tunnel go with the device; those outside stay.
    assert!(before.is_changed(&lab), "nothing was left behind");
    let routes = lab.machine.ip("route");
    assert!(routes.contains(GATEWAY), "{routes}");
    let again = lab.over_esp("");
    again.wait_for("an earlier run had ended without cleaning up");
    again.interrupt();
    before.assert_restored(&lab);
    assert_eq!(journals(&lab), 0);
}

#[test]
fn a_start_that_fails_repairs_as_well() {
    let Some(lab) = Lab::start(DEFAULT_ROUTE) else {
        return;
    };
    let before = Snapshot::of(&lab);
    lab.connected("").kill();
    assert!(before.is_changed(&lab), "nothing was left behind");
    lab.order("expire session");
    lab.client("").exits(2);
    before.assert_restored(&lab);
}

#[test]
fn the_repair_leaves_the_routes_of_another_running_client_alone() {
    let Some(lab) = Lab::start(DEFAULT_ROUTE) else {
        return;
    };
    let before = Snapshot::of(&lab);
    let other = lab.connected("--name other");
    let failed = lab.client_at(GATEWAY, &format!("--name second --servercert {WRONG_PIN}"));
    failed.exits(6);
    assert_eq!(journals(&lab), 1);
    let route = lab.machine.ip(&format!("route get {INTERNET}"));
    assert!(route.contains("tun0"), "{route}");
    other.interrupt();
    before.assert_restored(&lab);
}

#[test]
fn a_killed_client_with_a_script_is_repaired_by_the_next_start() {
    if !has(crate::script::SCRIPT) {
        return;
    }
    let Some(lab) = Lab::start("--dns 10.20.0.53") else {
        return;
    };
    let before = Snapshot::of(&lab);
    let options = format!("-s {}", crate::script::SCRIPT);
    lab.over_esp(&options).kill();
    assert!(lab.resolver().contains("10.20.0.53"), "nothing was left behind");
    let again = lab.over_esp(&options);
    again.wait_for("an earlier run had ended without cleaning up");
    again.interrupt();
    before.assert_restored(&lab);
    assert_eq!(journals(&lab), 0);
}

fn journals(lab: &Lab) -> usize {
    let files = fs::read_dir(lab.file("run/vpnc-cli")).expect("the folder of the journals");
    files
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().ends_with(".journal"))
        .count()
}

const DEFAULT_ROUTE: &str = "--include 0.0.0.0/0 --keep-cookie";

const WRONG_PIN: &str = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
