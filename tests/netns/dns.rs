//! Questions go where they should, before, during and after a tunnel, whoever answers them on this machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::dns_machine::{A_MOMENT, HOME, INSIDE_ANSWER, Machine, OUTSIDE_ANSWER, part};
use crate::lab::wait_until;

#[test]
fn resolved_splits_questions_by_domain() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    assert_home(&machine);
    let client = machine.connected("");
    client.wait_for("name servers 10.20.0.1 for corp.example by systemd-resolved");
    machine.outside.take_asked();
    machine.inside.take_asked();
    for name in ["www.corp.example", "host"] {
        assert_eq!(machine.look_up(name), Some(INSIDE_ANSWER), "{name}");
    }
    assert_eq!(machine.look_up("www.example.net"), Some(OUTSIDE_ANSWER));
    assert_eq!(machine.outside.take_asked(), ["www.example.net"]);
    assert_eq!(
        machine.inside.take_asked(),
        ["host.corp.example", "www.corp.example"]
    );
    client.interrupt();
    assert_home(&machine);
}

#[test]
fn resolved_sends_everything_into_a_tunnel_that_takes_the_default_route() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--include 0.0.0.0/0", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    let client = machine.connected("--dns resolved");
    client.wait_for("name servers 10.20.0.1 for all names by systemd-resolved");
    machine.outside.take_asked();
    for name in ["www.corp.example", "www.example.net"] {
        assert_eq!(machine.look_up(name), Some(INSIDE_ANSWER), "{name}");
    }
    assert_eq!(machine.outside.take_asked(), [""; 0]);
    client.interrupt();
    assert_home(&machine);
}

#[test]
fn resolved_asks_both_sides_when_no_domain_is_known() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    let client = machine.connected("");
    client.wait_for("no domain is known for them");
    assert_eq!(machine.look_up("www.corp.example"), Some(INSIDE_ANSWER));
    assert!(machine.look_up("www.example.net").is_some());
    client.interrupt();
    assert_home(&machine);
}

#[test]
fn a_resolved_that_was_started_anew_is_told_again() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    let client = machine.connected("");
    machine.end_last_service();
    // it writes down what it was told for links; not every restart finds that again
    fs::remove_dir_all(machine.lab.file("run/systemd/resolve/netif")).expect("a folder");
    machine.start_resolved_alone(&package);
    assert_eq!(machine.look_up("www.corp.example"), None);
    machine.lab.order("close tcp");
    client.wait_for("systemd-resolved was started anew");
    assert_eq!(machine.look_up("www.corp.example"), Some(INSIDE_ANSWER));
    client.interrupt();
    assert_home(&machine);
}

#[test]
fn a_persistent_device_keeps_no_names_after_a_killed_client() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    machine.lab.machine.ip("tuntap add dev vpn7 mode tun");
    let control = package.join("usr/bin/resolvectl");
    let link = || machine.run(&[control.to_str().expect("text"), "dns", "vpn7"]);
    machine.connected("-i vpn7").kill();
    assert!(link().contains("10.20.0.1"), "nothing was left behind");
    machine.connected("-i vpn7").interrupt();
    assert!(!link().contains("10.20.0.1"), "{}", link());
}

#[test]
fn a_resolved_that_hangs_is_passed_by_and_one_that_is_missing_is_told_at_once() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine
        .client("--dns resolved")
        .exits(71)
        .says("name servers cannot be set with --dns resolved: there is no system bus")
        .says("try: leave out --dns");
    machine
        .client("--dns resolvconf")
        .exits(71)
        .says("name servers cannot be set with --dns resolvconf: it is not installed");
    assert_eq!(machine.lab.count("tcp_connections"), 0);
    machine.start_resolved(&package);
    machine.signal_last_service(libc::SIGSTOP);
    let client = machine.connected("");
    client.wait_for("no answer from systemd-resolved within 3 s");
    client.wait_for("name servers 10.20.0.1 for corp.example by /etc/resolv.conf");
    assert_eq!(machine.look_up("www.corp.example"), Some(INSIDE_ANSWER));
    client.interrupt();
    let link = fs::read_link(machine.etc("resolv.conf")).expect("a link again");
    assert_eq!(link, Path::new("../run/systemd/resolve/stub-resolv.conf"));
    machine.signal_last_service(libc::SIGCONT);
    wait_until("resolved", A_MOMENT, || {
        machine.look_up("www.example.net") == Some(OUTSIDE_ANSWER)
    });
}

#[test]
fn a_resolved_of_another_network_namespace_is_not_told_of_strange_interfaces() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    machine.end_last_service();
    let program = package.join("lib/systemd/systemd-resolved");
    machine.serve(
        "resolved.log",
        &["unshare", "--net", program.to_str().expect("text")],
    );
    wait_until("a refusal", A_MOMENT, || {
        let exit = machine.client("--dns resolved").end_without_check();
        exit.stderr
            .contains("with --dns resolved: systemd-resolved serves another network namespace")
    });
}

#[test]
fn a_refusal_of_resolved_names_the_rights_that_are_missing() {
    let Some(package) = part("systemd-resolved") else {
        return;
    };
    let Some(mut machine) = Machine::start("--domains corp.example", &[]) else {
        return;
    };
    machine.start_resolved(&package);
    let client = machine.client_with_net_admin("--dns resolved");
    client
        .exits(77)
        .says("error: cannot set the name servers of tun0: operation not permitted")
        .says("where: systemd-resolved, asked as nobody")
        .says("a polkit rule that allows org.freedesktop.resolve1.set-dns-servers");
    assert_home(&machine);
    let client = machine.client_with_net_admin("");
    client.wait_for("systemd-resolved is passed by");
    client.wait_for("nobody takes the name servers of the VPN");
    client.wait_connected();
    client.interrupt();
    assert_home(&machine);
}

#[test]
fn debians_resolvconf_puts_our_servers_first() {
    let Some(machine) = Machine::start("--domains corp.example", &["resolvconf"]) else {
        return;
    };
    machine.set_up_debians_resolvconf();
    assert_home(&machine);
    let client = machine.connected("");
    client.wait_for("name servers 10.20.0.1 for corp.example by resolvconf");
    let resolver = machine.resolver();
    assert!(
        resolver.contains("nameserver 10.20.0.1\nnameserver 192.0.2.1\nsearch corp.example home.example\n"),
        "{resolver}"
    );
    for name in ["www.corp.example", "host"] {
        assert_eq!(machine.look_up(name), Some(INSIDE_ANSWER), "{name}");
    }
    client.interrupt();
    assert_home(&machine);
    machine.connected("").kill();
    assert!(
        machine.resolver().contains("10.20.0.1"),
        "nothing was left behind"
    );
    machine.connected("--dns none").interrupt();
    assert_home(&machine);
}

#[test]
fn openresolv_puts_our_servers_first_or_has_them_alone() {
    for (include, options, with_home) in [("", "", true), ("--include 0.0.0.0/0", "--dns resolvconf", false)]
    {
        let gateway = format!("--domains corp.example {include}");
        let Some(machine) = Machine::start(&gateway, &["openresolv"]) else {
            return;
        };
        machine.feed(&["resolvconf", "-a", "lan"], HOME);
        assert_home(&machine);
        let client = machine.connected(options);
        client.wait_for(" by resolvconf");
        let resolver = machine.resolver();
        assert!(resolver.contains("nameserver 10.20.0.1\n"), "{resolver}");
        assert_eq!(
            resolver.contains("nameserver 192.0.2.1\n"),
            with_home,
            "{resolver}"
        );
        for name in ["www.corp.example", "host"] {
            assert_eq!(machine.look_up(name), Some(INSIDE_ANSWER), "{name}");
        }
        client.interrupt();
        assert_home(&machine);
    }
}

#[test]
fn a_resolver_file_of_any_kind_comes_back_to_the_octet() {
    for kind in [Kind::Regular, Kind::Link, Kind::Mounted] {
        let Some(machine) = Machine::start("--domains corp.example", &[]) else {
            return;
        };
        let file = kind.lay_out(&machine);
        assert_home(&machine);
        let client = machine.client_after(kind.mounts(), "");
        client.wait_for("name servers 10.20.0.1 for corp.example by /etc/resolv.conf");
        client.wait_for("only systemd-resolved splits questions by domain");
        for name in ["www.corp.example", "host"] {
            assert_eq!(
                kind.look_up(&machine, name),
                Some(INSIDE_ANSWER),
                "{kind:?} {name}"
            );
        }
        // somebody else writes the file, and the tunnel notices when it looks around
        fs::write(&file, "nameserver 192.0.2.1\n").expect("a file");
        assert_eq!(kind.look_up(&machine, "www.corp.example"), None);
        machine.lab.order("close tcp");
        client.wait_for("the VPN's name servers are in it again");
        assert_eq!(kind.look_up(&machine, "www.corp.example"), Some(INSIDE_ANSWER));
        client.interrupt();
        assert_eq!(
            fs::read_to_string(&file).expect("a file"),
            "nameserver 192.0.2.1\n"
        );
        fs::write(&file, HOME).expect("a file");
        let before = kind.state(&machine);
        let client = machine.client_after(kind.mounts(), "");
        client.wait_connected();
        client.kill();
        assert!(
            fs::read_to_string(&file).expect("a file").contains("10.20.0.1"),
            "nothing was left behind"
        );
        let client = machine.client_after(kind.mounts(), "--dns none");
        client.wait_connected();
        client.interrupt();
        assert_eq!(kind.state(&machine), before, "{kind:?}");
        assert_home(&machine);
    }
}

/// Where the resolver file really lies.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Regular,
    Link,
    Mounted,
}

impl Kind {
    /// Puts it there and gives its path from here.
    fn lay_out(self, machine: &Machine) -> std::path::PathBuf {
        let path = machine.etc("resolv.conf");
        match self {
            Self::Regular => path,
            Self::Link => {
                fs::rename(&path, machine.etc("resolv.real")).expect("renamed");
                symlink("resolv.real", &path).expect("a link");
                machine.etc("resolv.real")
            }
            Self::Mounted => {
                let file = machine.lab.file("run/resolv.mounted");
                fs::copy(&path, &file).expect("copied");
                file
            }
        }
    }

    /// Lines of shell that make it so for a program.
    fn mounts(self) -> &'static str {
        match self {
            Self::Mounted => "mount --bind /run/resolv.mounted /etc/resolv.conf",
            Self::Regular | Self::Link => "",
        }
    }

    fn look_up(self, machine: &Machine, name: &str) -> Option<std::net::Ipv4Addr> {
        machine.look_up_after(self.mounts(), name)
    }

    /// All that is known of it.
    fn state(self, machine: &Machine) -> String {
        machine.run_after(
            self.mounts(),
            &[
                "sh",
                "-c",
                "stat -c '%N %f %u %g %s' /etc/resolv.* && cat /etc/resolv.conf",
            ],
        )
    }
}

/// The machine finds names as it does without a tunnel.
#[track_caller]
fn assert_home(machine: &Machine) {
    let home = || {
        machine.look_up("www.example.net") == Some(OUTSIDE_ANSWER)
            && machine.look_up("www.corp.example").is_none()
            && !machine.resolver().contains("10.20.0.1")
    };
    wait_until("names as without a tunnel", A_MOMENT, home);
}
