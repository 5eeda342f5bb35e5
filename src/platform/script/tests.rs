//! The set-up by script, with a script that writes down its calls and with Debian's.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use super::*;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::platform::linux::journal;
use crate::platform::linux::testing::{assert_restored, config, dump, in_namespace, interface, ip, left_out};
use crate::platform::linux::tun::LinuxTun;

#[test]
fn the_script_is_called_with_each_reason_in_its_turn() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let log = dir.path().join("log");
    let mut options = options(&recorder(&log), dir.path());
    options.interface = Some("vpn7".to_owned());
    let mut setup = ScriptSetup::new(options);
    block_on(async {
        setup.revert(Farewell::Requested).await.expect("nothing to do");
        setup.prepare().await.expect("run");
        setup
            .attempt_reconnect()
            .await
            .expect("not connected yet: not called");
        setup
            .apply(&interface("tun0"), &config(&["10.0.0.0/8"], &[]))
            .await
            .expect("run");
        setup
            .apply(&interface("tun0"), &config(&["10.0.0.0/8"], &[]))
            .await
            .expect("unchanged");
        setup.attempt_reconnect().await.expect("run");
        setup.reconnected().await.expect("run");
        assert!(dir.path().join("work.journal").exists());
        setup
            .apply(&interface("tun0"), &config(&[], &[]))
            .await
            .expect("changed");
        setup.revert(Farewell::Requested).await.expect("run");
        setup.revert(Farewell::Requested).await.expect("once only");
    });
    let lines = fs::read_to_string(&log).expect("log");
    assert_eq!(
        lines,
        "pre-init vpn7 unset\nconnect tun0 1\nattempt-reconnect tun0 1\nreconnect tun0 1\n\
         disconnect tun0 1\nconnect tun0 unset\ndisconnect tun0 unset\n"
    );
    assert!(!dir.path().join("work.journal").exists());
}

#[test]
fn the_script_learns_the_idle_limit_when_it_is_known() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let log = dir.path().join("log");
    for (limit, text) in [(Some(600), "600\n"), (None, "unset\n")] {
        let command = format!("echo \"${{IDLE_TIMEOUT-unset}}\" > {}", log.display());
        let mut setup = ScriptSetup::new(ScriptOptions {
            idle_timeout: limit.map(Duration::from_secs),
            ..options(&command, dir.path())
        });
        block_on(setup.apply(&interface("tun0"), &config(&[], &[]))).expect("run");
        assert_eq!(fs::read_to_string(&log).expect("log"), text);
        block_on(setup.revert(Farewell::Requested)).expect("run");
    }
}

#[test]
fn a_failing_script_does_not_stop_the_tunnel() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut setup = ScriptSetup::new(options("exit 9", dir.path()));
    block_on(async {
        setup.prepare().await.expect("logged");
        setup
            .apply(&interface("tun0"), &config(&[], &[]))
            .await
            .expect("logged");
        setup.revert(Farewell::Requested).await.expect("logged");
    });
}

#[test]
fn a_script_that_cannot_be_run_ends_it_before_anything_is_sent() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let plain = dir.path().join("plain");
    fs::write(&plain, "exit 0").expect("file without the right to run it");
    for (command, status) in [("/no/such/script", 127), (plain.to_str().expect("text"), 126)] {
        let mut setup = ScriptSetup::new(options(command, dir.path()));
        let error = Error::from(block_on(setup.prepare()).expect_err("cannot be run"));
        assert_eq!(error.status, ExitStatus::Failure);
        assert_eq!(
            error.message,
            format!("script ended with exit status {status} at reason=pre-init")
        );
        let hint = error.hint.expect("a way out");
        assert!(hint.contains("/usr/share/vpnc-scripts/vpnc-script"), "{hint}");
        assert!(!dir.path().join("work.journal").exists());
    }
}

#[test]
fn a_failed_disconnect_is_run_again_at_the_next_start() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let journals = || {
        let entries = fs::read_dir(dir.path()).expect("list").flatten();
        entries
            .filter(|entry| entry.path().extension().is_some_and(|end| end == "journal"))
            .count()
    };
    let connect_thrice = |command| {
        let mut setup = ScriptSetup::new(options(command, dir.path()));
        for include in [&["10.0.0.0/8"][..], &[], &["10.1.0.0/16"]] {
            block_on(setup.apply(&interface("tun0"), &config(include, &[]))).expect("logged");
        }
        block_on(setup.revert(Farewell::Requested)).expect("logged");
    };
    connect_thrice("exit 127");
    assert_eq!(journals(), 0, "it can never run");
    connect_thrice("test $reason = connect");
    assert_eq!(journals(), 3, "none takes the place of another");
}

#[test]
fn after_a_kill_the_next_start_runs_disconnect() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let log = dir.path().join("log");
    let mut setup = ScriptSetup::new(options(&recorder(&log), dir.path()));
    block_on(setup.apply(&interface("tun0"), &config(&[], &[]))).expect("run");
    let file = dir.path().join("work.journal");
    let text = fs::read_to_string(&file).expect("journal");
    let dead = text.replacen(&format!("\"pid\":{}", std::process::id()), "\"pid\":4194999", 1);
    assert_ne!(dead, text);
    fs::write(&file, dead).expect("journal of a dead process");
    let repaired = journal::repair(dir.path());
    assert_eq!((repaired.journals, repaired.undone), (1, 1), "{repaired:?}");
    let lines = fs::read_to_string(&log).expect("log");
    assert_eq!(lines, "connect tun0 unset\ndisconnect tun0 unset\n");
}

#[test]
fn thousands_of_routes_reach_the_script_without_the_long_list() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let log = dir.path().join("log");
    let mut setup = ScriptSetup::new(options(&recorder(&log), dir.path()));
    let mut wanted = config(&[], &[]);
    let hosts = |count: u32| (0..count).map(|number| Ipv4Addr::from(0x0a00_0000 + number).into());
    wanted.default_route = false;
    wanted.include = hosts(5000).collect();
    block_on(setup.apply(&interface("tun0"), &wanted)).expect("run");
    wanted.include = hosts(30_000).collect();
    let error = block_on(setup.apply(&interface("tun0"), &wanted)).expect_err("too much");
    assert!(matches!(error, SetupError::TooMuch { .. }), "{error}");
    assert!(error.to_string().contains("too large for a script"), "{error}");
    block_on(setup.revert(Farewell::Requested)).expect("run");
    let lines = fs::read_to_string(&log).expect("log");
    assert_eq!(lines, "connect tun0 5000\ndisconnect tun0 5000\n");
    assert!(!dir.path().join("work.journal").exists());
}

#[test]
fn an_undo_that_can_never_run_is_dropped() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let long = [("LONG".to_owned(), "x".repeat(200 * 1024))].into();
    let undo = Undo::Script {
        call: ScriptCall::new("true", "disconnect", long),
    };
    assert_eq!(undo.to_string(), "script with reason=disconnect");
    let mut log = UndoLog::new(Some(Journal::create(dir.path(), "work").expect("journal")));
    log.make(undo, || Ok(())).expect("written");
    let file = dir.path().join("work.journal");
    let text = fs::read_to_string(&file).expect("journal");
    let own = format!("\"pid\":{}", std::process::id());
    fs::write(&file, text.replacen(&own, "\"pid\":4194999", 1)).expect("journal of a dead process");
    let repaired = journal::repair(dir.path());
    assert_eq!((repaired.journals, repaired.gone), (1, 1), "{repaired:?}");
    assert!(!file.exists());
}

#[test]
fn the_script_of_the_distribution_sets_up_and_cleans_up() {
    if !Path::new(VPNC_SCRIPT).exists() {
        left_out("package vpnc-scripts is not installed");
        return;
    }
    in_namespace(|| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let runtime = runtime();
        let before = dump();
        let tun = runtime.block_on(async { LinuxTun::open(None) }).expect("device");
        let mut setup = ScriptSetup::new(options(VPNC_SCRIPT, dir.path()));
        let mut wanted = config(&["10.0.0.0/8"], &["10.1.0.0/16"]);
        wanted.dns = vec![[10, 20, 0, 53].into()];
        wanted.domains = vec!["corp.example".to_owned()];
        runtime.block_on(setup.prepare()).expect("run");
        runtime
            .block_on(setup.apply(&interface("tun0"), &wanted))
            .expect("run");
        let address = ip("address show dev tun0");
        assert!(
            address.contains("inet 10.20.1.2/32") && address.contains("mtu 1390"),
            "{address}"
        );
        let routes = ip("route show");
        assert!(routes.contains("10.0.0.0/8 dev tun0"), "{routes}");
        assert!(routes.contains("10.1.0.0/16 via 198.51.100.1"), "{routes}");
        assert!(routes.contains("203.0.113.5 via 198.51.100.1"), "{routes}");
        let resolv = || fs::read_to_string("/etc/resolv.conf").expect("resolv.conf");
        assert!(resolv().contains("nameserver 10.20.0.53"), "{}", resolv());
        assert!(resolv().contains("search corp.example"), "{}", resolv());
        runtime.block_on(setup.revert(Farewell::Requested)).expect("run");
        drop(tun);
        assert_eq!(resolv(), "nameserver 198.51.100.53\n");
        assert!(!dir.path().join("work.journal").exists(), "nothing left to do");
        assert_restored(&before);
    });
}

#[test]
fn the_script_of_the_distribution_moves_the_default_route() {
    if !Path::new(VPNC_SCRIPT).exists() {
        left_out("package vpnc-scripts is not installed");
        return;
    }
    in_namespace(|| {
        let dir = tempfile::tempdir().expect("temporary folder");
        let runtime = runtime();
        let before = dump();
        let tun = runtime.block_on(async { LinuxTun::open(None) }).expect("device");
        let mut setup = ScriptSetup::new(options(VPNC_SCRIPT, dir.path()));
        runtime
            .block_on(setup.apply(&interface("tun0"), &config(&[], &[])))
            .expect("run");
        assert!(ip("route get 8.8.8.8").contains("dev tun0"));
        assert!(ip("route get 203.0.113.5").contains("dev lan"));
        runtime.block_on(setup.revert(Farewell::Requested)).expect("run");
        drop(tun);
        assert_restored(&before);
    });
}

fn options(command: &str, dir: &Path) -> ScriptOptions {
    ScriptOptions {
        command: command.to_owned(),
        interface: None,
        log_level: 1,
        name: "work".to_owned(),
        journal_dir: Some(dir.to_owned()),
        idle_timeout: None,
    }
}

/// A script that appends reason, device and number of includes to a file.
fn recorder(log: &Path) -> String {
    format!(
        "echo \"$reason $TUNDEV ${{CISCO_SPLIT_INC-unset}}\" >> {}",
        log.display()
    )
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime")
}

const VPNC_SCRIPT: &str = "/usr/share/vpnc-scripts/vpnc-script";
