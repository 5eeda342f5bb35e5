//! The built-in set-up and the device against a real kernel, each test in its own namespace.

mod blocking;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::dns::RESOLVER_FILE;
use super::journal;
use super::netlink::Netlink;
use super::setup::{DEFAULT_METRIC, NativeOptions, NativeSetup};
use super::testing::{assert_restored, config, dump, in_namespace, interface, ip};
use super::tun::LinuxTun;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::packet::{Batch, MAX_PACKETS, Received};
use crate::platform::{DnsChoice, Farewell, NetworkSetup, SetupError, TunDevice, Written};

#[test]
fn split_routes_come_and_go() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        let config = config(&["10.0.0.0/8", "192.168.0.0/16"], &["10.1.0.0/16"]);
        world.apply(&mut setup, &config).expect("applied");
        assert_eq!(
            ip("-4 route show"),
            "default via 198.51.100.1 dev lan \n\
             10.0.0.0/8 dev tun0 proto static scope link metric 50 \n\
             10.1.0.0/16 via 198.51.100.1 dev lan proto static metric 1 onlink \n\
             192.168.0.0/16 dev tun0 proto static scope link metric 50 \n\
             198.51.100.0/24 dev lan proto kernel scope link src 198.51.100.2 \n"
        );
        let link = ip("address show dev tun0");
        assert!(
            link.contains("mtu 1390") && link.contains("inet 10.20.1.2/32 "),
            "{link}"
        );
        assert!(link.contains("qlen 1000") && link.contains(",UP"), "{link}");
        assert!(!link.contains("inet6"), "no IPv6 in the tunnel: {link}");
        assert!(world.journal("work.journal").exists());
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("twice does no harm");
        drop(tun);
        assert_restored(&before);
        assert!(!world.journal("work.journal").exists());
    });
}

#[test]
fn the_default_route_goes_into_the_tunnel_and_the_gateway_does_not() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        world
            .apply(&mut setup, &config(&[], &["192.168.0.0/16"]))
            .expect("applied");
        let path = |address: &str| ip(&format!("route get {address}"));
        assert!(path("8.8.8.8").contains("dev tun0"));
        assert!(path("200.1.1.1").contains("dev tun0"));
        assert!(path("203.0.113.5").contains("via 198.51.100.1 dev lan"));
        assert!(path("192.168.7.7").contains("via 198.51.100.1 dev lan"));
        assert!(path("198.51.100.9").contains("dev lan"), "the own network stays");
        assert!(ip("route show default").starts_with("default via 198.51.100.1 dev lan"));
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_next_hop_outside_every_network_is_kept() {
    in_world(|world| {
        ip("route replace default via 172.31.1.1 dev lan onlink");
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        assert!(ip("route get 203.0.113.5").contains("via 172.31.1.1 dev lan"));
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_host_route_that_was_there_is_used_and_stays() {
    in_world(|world| {
        ip("route add 203.0.113.5 via 198.51.100.1");
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        assert_eq!(ip("route show 203.0.113.5").lines().count(), 1);
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn of_two_tunnels_that_take_everything_neither_carries_the_other() {
    in_world(|world| {
        let before = dump();
        let (tun, other_tun) = (world.tun(), world.tun());
        let (mut first, everything) = (world.setup(), config(&[], &[]));
        let mut second = NativeSetup::new(NativeOptions {
            metric: DEFAULT_METRIC + 10,
            ..world.options()
        })
        .expect("rights");
        world.apply(&mut first, &everything).expect("first");
        let interface = interface("tun1");
        world
            .block_on(second.apply(&interface, &everything))
            .expect("second");
        for setup in [&mut first, &mut second] {
            world.block_on(setup.network_changed()).expect("refreshed");
        }
        let host = ip("route show 203.0.113.5");
        assert_eq!(host.matches("via 198.51.100.1 ").count(), 2, "{host}");
        for setup in [&mut first, &mut second] {
            world
                .block_on(setup.revert(Farewell::Requested))
                .expect("reverted");
        }
        drop((tun, other_tun));
        assert_restored(&before);
    });
}

#[test]
fn each_of_two_runs_keeps_its_own_path_to_their_gateway() {
    in_world(|world| {
        let before = dump();
        let (tun, other_tun) = (world.tun(), world.tun());
        let (mut first, mut second) = (world.setup(), world.setup());
        world
            .apply(&mut first, &config(&["203.0.112.0/23"], &[]))
            .expect("first");
        let second_config = config(&["203.0.113.0/24"], &[]);
        let second_interface = interface("tun1");
        world
            .block_on(second.apply(&second_interface, &second_config))
            .expect("second");
        let host = || ip("route show 203.0.113.5");
        assert_eq!(host().lines().count(), 2, "{}", host());
        let applied = dump();
        world
            .block_on(second.attempt_reconnect())
            .expect("nothing to refresh");
        assert_eq!(dump(), applied);

        // each follows a new network by itself, not by the other's route
        ip("route replace default via 198.51.100.7");
        world.block_on(second.attempt_reconnect()).expect("refreshed");
        world.block_on(first.attempt_reconnect()).expect("refreshed");
        assert_eq!(host().matches("via 198.51.100.7").count(), 2, "{}", host());
        ip("route replace default via 198.51.100.1");
        world.block_on(first.attempt_reconnect()).expect("refreshed");
        world.block_on(second.attempt_reconnect()).expect("refreshed");
        assert_eq!(dump(), applied);

        world
            .block_on(first.revert(Farewell::Requested))
            .expect("first ends");
        assert!(ip("route get 203.0.113.5").contains("via 198.51.100.1 dev lan"));
        world
            .block_on(second.revert(Farewell::Requested))
            .expect("second ends");
        drop((tun, other_tun));
        assert_restored(&before);
    });
}

#[test]
fn applying_again_changes_only_the_difference() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        let mut wanted = config(&["10.0.0.0/8", "203.0.113.0/24"], &[]);
        world.apply(&mut setup, &wanted).expect("applied");
        let lines = || {
            fs::read_to_string(world.journal("work.journal"))
                .expect("journal")
                .lines()
                .count()
        };
        let written = lines();
        let applied = dump();
        world.apply(&mut setup, &wanted).expect("same again");
        assert_eq!((lines(), dump()), (written, applied.clone()));

        wanted.address = [10, 20, 1, 3].into();
        wanted.include[0] = "172.16.0.0/12".parse().expect("prefix");
        wanted.exclude = vec!["172.16.9.0/24".parse().expect("prefix")];
        world.apply(&mut setup, &wanted).expect("changed");
        assert_eq!(
            lines(),
            written + 5,
            "address and include changed, one exclude new"
        );
        let routes = ip("route show");
        assert!(
            routes.contains("172.16.9.0/24 via 198.51.100.1 dev lan"),
            "{routes}"
        );
        assert!(
            routes.contains("172.16.0.0/12 dev tun0") && !routes.contains("10.0.0.0/8"),
            "{routes}"
        );
        let address = ip("-4 -o address show dev tun0");
        assert!(
            address.contains("10.20.1.3/32") && !address.contains("10.20.1.2/32"),
            "{address}"
        );

        world
            .apply(&mut setup, &config(&["10.0.0.0/8", "203.0.113.0/24"], &[]))
            .expect("back");
        assert_eq!(dump(), applied);
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_new_device_of_the_same_name_is_set_up_afresh() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        let wanted = config(&[], &[]);
        world.apply(&mut setup, &wanted).expect("applied");
        drop(tun);
        let lan_only = |text: &str| !text.lines().any(|line| line.contains("tun0"));
        for _ in 0..250 {
            if lan_only(&dump()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let tun = world.tun();
        world
            .apply(&mut setup, &wanted)
            .expect("applied to the new device");
        assert!(ip("route get 8.8.8.8").contains("dev tun0"));
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_new_network_gives_the_gateway_a_new_path() {
    in_world(|world| {
        let tun = world.tun();
        let mut setup = world.setup();
        world
            .apply(&mut setup, &config(&[], &["192.168.0.0/16"]))
            .expect("applied");
        ip("link set lan down");
        world
            .block_on(setup.attempt_reconnect())
            .expect("no network is no failure");
        ip("address flush dev lan");
        ip("link set lan up");
        ip("address add 192.0.2.7/24 dev lan");
        ip("route add default via 192.0.2.1");
        let before = dump();
        assert!(ip("route get 203.0.113.5").contains("dev tun0"));
        world.block_on(setup.attempt_reconnect()).expect("refreshed");
        assert!(ip("route get 203.0.113.5").contains("via 192.0.2.1 dev lan"));
        assert!(ip("route get 192.168.1.1").contains("via 192.0.2.1 dev lan"));
        ip("route replace default via 192.0.2.254");
        world.block_on(setup.attempt_reconnect()).expect("refreshed");
        assert!(ip("route get 203.0.113.5").contains("via 192.0.2.254 dev lan"));
        ip("route replace default via 192.0.2.1");
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        let lan = |text: &str| {
            text.lines()
                .filter(|line| line.contains("lan"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(lan(&dump()), lan(&before));
    });
}

#[test]
fn a_failing_step_is_named_and_all_before_it_is_taken_back() {
    in_world(|world| {
        ip("route add 10.9.0.0/16 dev lan metric 50");
        let before = dump();
        let tun = world.tun();
        let opened = dump();
        let mut setup = world.setup();
        let error = world
            .apply(
                &mut setup,
                &config(&["10.0.0.0/8", "10.9.0.0/16"], &["10.0.7.0/24"]),
            )
            .expect_err("the route exists");
        assert_eq!(
            Error::from(error).to_string(),
            "error: cannot add route 10.9.0.0/16 to tun0: lan already has a route with this prefix and metric 50\n  \
             try: end the other VPN on lan, or ip route del 10.9.0.0/16 dev lan metric 50"
        );
        assert_eq!(dump(), opened);
        assert!(!world.journal("work.journal").exists());
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("nothing to do");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_persistent_device_gets_its_state_back() {
    in_world(|world| {
        ip("tuntap add dev vpn0 mode tun");
        ip("link set vpn0 mtu 1300 txqueuelen 77 addrgenmode none");
        ip("address add 10.99.0.1/32 dev vpn0");
        let before = dump();
        let tun = world
            .block_on(async { LinuxTun::open(Some("vpn0")) })
            .expect("attached");
        assert!(tun.existed());
        let mut setup = world.setup();
        let wanted = config(&[], &["10.1.0.0/16"]);
        world
            .block_on(setup.apply(&interface("vpn0"), &wanted))
            .expect("applied");
        assert!(ip("link show vpn0").contains("mtu 1390"));
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_persistent_device_that_was_up_stays_up_with_its_routes() {
    in_world(|world| {
        ip("tuntap add dev vpn0 mode tun");
        ip("link set vpn0 addrgenmode none up");
        ip("address add 10.20.1.2/32 dev vpn0");
        ip("route add 10.0.0.0/8 dev vpn0 metric 50 proto static");
        let before = dump();
        let tun = world
            .block_on(async { LinuxTun::open(Some("vpn0")) })
            .expect("attached");
        let mut setup = world.setup();
        let wanted = config(&["10.0.0.0/8", "192.168.0.0/16"], &[]);
        world
            .block_on(setup.apply(&interface("vpn0"), &wanted))
            .expect("what is there already is used");
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn the_own_network_is_routed_with_the_metric_of_the_tunnel() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        let mut wanted = config(&["10.20.0.0/16"], &["10.20.7.0/24"]);
        wanted.prefix_len = Some(16);
        world.apply(&mut setup, &wanted).expect("applied");
        let routes = ip("route show 10.20.0.0/16");
        assert_eq!(
            routes,
            "10.20.0.0/16 dev tun0 proto kernel scope link src 10.20.1.2 metric 50 \n"
        );
        assert!(ip("route get 10.20.7.1").contains("dev lan"));
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("reverted");
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn what_a_killed_process_left_is_repaired_at_the_next_start() {
    in_world(|world| {
        let before = dump();
        let mut child = world.child("child_sets_up_and_waits", |command| command);
        wait_for_line(&mut child, "ready");
        assert!(ip("route show").contains("203.0.113.5 via"));
        assert_eq!(
            journal::repair(&world.dir).journals,
            0,
            "a living process keeps its journal"
        );
        child.kill().expect("SIGKILL");
        child.wait().expect("ended");
        let left = dump();
        assert_ne!(left, before, "the host route is left behind");
        let repaired = journal::repair(&world.dir);
        assert_eq!(
            (repaired.journals, repaired.undone, repaired.failures.len()),
            (1, 2, 0),
            "{repaired:?}"
        );
        assert!(
            repaired.gone >= 4,
            "what went with the device is gone: {repaired:?}"
        );
        assert_restored(&before);
        assert_eq!(journal::repair(&world.dir), journal::Repaired::default());
    });
}

#[test]
fn child_sets_up_and_waits() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let world = World::new(Path::new(&dir).to_owned());
    let _tun = world.tun();
    let mut setup = world.setup();
    let wanted = config(&[], &["192.168.0.0/16"]);
    world.apply(&mut setup, &wanted).expect("applied");
    eprintln!("ready");
    std::thread::sleep(Duration::from_secs(30));
}

#[test]
fn a_bad_place_for_the_journal_is_refused_before_anything_else() {
    in_world(|world| {
        let prepare = |dir: &Path| {
            let mut setup = NativeSetup::new(NativeOptions {
                name: "work".to_owned(),
                journal_dir: Some(dir.to_owned()),
                metric: DEFAULT_METRIC,
                fail_closed: false,
                ipv6_guard: false,
                dns: DnsChoice::Auto,
                resolver_file: RESOLVER_FILE.into(),
                namespace: None,
            })
            .expect("rights");
            let error = world.block_on(setup.prepare()).expect_err("refused");
            Error::from(error)
        };
        let full = world.dir.join("full");
        fs::create_dir(&full).expect("folder");
        mount_small(&full);
        let error = prepare(&full);
        assert_eq!(error.status, ExitStatus::CannotCreate, "{error}");
        assert!(
            error.message.starts_with("cannot write the undo journal in /")
                && error.message.ends_with(": no space left on device"),
            "{error}"
        );
        let link = world.dir.join("link");
        std::os::unix::fs::symlink("/run", &link).expect("symlink");
        let error = prepare(&link);
        assert_eq!(error.status, ExitStatus::NoPermission, "{error}");
        assert!(
            error
                .message
                .ends_with("/link must be a folder that only its owner can write")
        );
        assert!(error.hint.is_some());
        let mut setup = world.setup();
        world.block_on(setup.prepare()).expect("ready");
        assert!(world.journal("work.journal").exists());
        world
            .block_on(setup.revert(Farewell::Requested))
            .expect("nothing changed");
        assert!(!world.journal("work.journal").exists());
    });
}

/// A file system without room for a file.
fn mount_small(dir: &Path) {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "nr_inodes=1,mode=700", "tmpfs"])
        .arg(dir)
        .status();
    assert!(mounted.expect("mount runs").success());
}

#[test]
fn an_own_device_needs_no_rights_and_a_new_one_does() {
    in_world(|world| {
        use std::os::unix::process::CommandExt;
        ip("tuntap add dev vpn0 mode tun user 65534");
        let child = world.child("child_attaches_without_rights", |command| command.uid(NOBODY));
        let output = child.wait_with_output().expect("ends");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(text.contains("attached to vpn0"), "{text}");
        assert!(
            text.contains("cannot create the tunnel device: operation not permitted"),
            "{text}"
        );
        assert!(
            text.contains("/dev/net/tun, interface tun0, running as nobody"),
            "{text}"
        );
        assert!(
            text.contains("cannot set addresses and routes: operation not permitted"),
            "{text}"
        );
    });
}

#[test]
fn child_attaches_without_rights() {
    let Some(dir) = std::env::var_os(CHILD_DIR) else {
        return;
    };
    let world = World::new(Path::new(&dir).to_owned());
    let tun = world
        .block_on(async { LinuxTun::open(Some("vpn0")) })
        .expect("attached");
    eprintln!("attached to {}", tun.name());
    let error = world
        .block_on(async { LinuxTun::open(None) })
        .expect_err("no rights");
    eprintln!("{}", Error::from(error));
    let error = NativeSetup::new(world.options()).expect_err("no rights");
    eprintln!("{error}");
}

#[test]
fn devices_that_cannot_be_had_are_told_apart() {
    in_world(|world| {
        let open = |name| world.block_on(async { LinuxTun::open(Some(name)) });
        let first = open("tun7").expect("opened");
        assert_eq!(first.name(), "tun7");
        assert!(!first.existed());
        assert!(matches!(open("tun7"), Err(SetupError::Busy { name }) if name == "tun7"));
        assert!(matches!(open("lan"), Err(SetupError::NotTun { name }) if name == "lan"));
        ip("tuntap add dev tap7 mode tap");
        assert!(matches!(open("tap7"), Err(SetupError::NotTun { .. })));
        let error = world
            .apply(&mut world.setup(), &config(&[], &[]))
            .expect_err("no tun0");
        assert_eq!(error.to_string(), "cannot find interface tun0: no such device");
    });
}

#[test]
fn packets_pass_in_batches_and_wake_the_reader() {
    in_world(|world| {
        let mut tun = world.tun();
        let mut setup = world.setup();
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("applied");
        world.block_on(async {
            let socket = UdpSocket::bind("10.20.1.2:4000").expect("socket");
            let send = |count: usize| {
                for _ in 0..count {
                    socket.send_to(b"hello", "10.9.9.9:9").expect("sent");
                }
            };
            let flags = format!("/proc/self/fdinfo/{}", tun.as_fd().as_raw_fd());
            let flags = fs::read_to_string(flags).expect("flags");
            assert!(
                flags.contains("flags:\t02104002"),
                "close-on-exec, non-blocking: {flags}"
            );
            let mut batch = Batch::new(1500);
            assert_eq!(tun.read_batch(&mut batch).expect("read"), 0);
            send(MAX_PACKETS + 3);
            readable(&mut tun).await;
            assert_eq!(tun.read_batch(&mut batch).expect("read"), MAX_PACKETS);
            batch.clear();
            readable(&mut tun).await;
            assert_eq!(tun.read_batch(&mut batch).expect("read"), 3);
            assert!(
                batch
                    .packets()
                    .all(|packet| packet.len() == 33 && packet[0] == 0x45)
            );
            let nothing = tokio::time::timeout(Duration::from_millis(300), readable(&mut tun)).await;
            assert!(
                nothing.is_err(),
                "the kernel sends nothing by itself, IPv6 included"
            );
            batch.clear();
            send(1);
            readable(&mut tun).await;
            assert_eq!(tun.read_batch(&mut batch).expect("read"), 1);

            socket
                .set_read_timeout(Some(Duration::from_secs(5)))
                .expect("limit");
            let mut received = Received::new(1500);
            let answer = turned_round(batch.packets().next().expect("packet"));
            assert!(received.spill(&answer) && received.spill(&[0xff; 40]));
            let written = tun.write_batch(&received).expect("written");
            assert_eq!(
                written,
                Written {
                    packets: 1,
                    dropped: 1
                }
            );
            let mut text = [0; 16];
            assert_eq!(socket.recv(&mut text).expect("answer"), 5);
            ip("link set tun0 down");
            assert_eq!(tun.write_batch(&received).expect("down is not fatal").dropped, 2);
            ip("link delete tun0");
            assert!(tun.write_batch(&received).is_err(), "a device that is gone is");
        });
    });
}

/// The same UDP packet on its way back; the checksums stay right when both ends are swapped.
fn turned_round(packet: &[u8]) -> Vec<u8> {
    let mut back = packet.to_vec();
    back[12..16].copy_from_slice(&packet[16..20]);
    back[16..20].copy_from_slice(&packet[12..16]);
    back[20..22].copy_from_slice(&packet[22..24]);
    back[22..24].copy_from_slice(&packet[20..22]);
    back
}

async fn readable(tun: &mut LinuxTun) {
    let ready = std::future::poll_fn(|cx| tun.poll_readable(cx));
    tokio::time::timeout(Duration::from_secs(5), ready)
        .await
        .expect("woken")
        .expect("readable");
}

#[test]
fn netlink_tells_what_ip_set() {
    in_world(|_| {
        let mut netlink = Netlink::open().expect("open");
        let lan = netlink.link("lan").expect("link");
        assert!(lan.up && lan.mtu == 1500);
        let own = ["198.51.100.2/24".parse().expect("prefix")];
        assert_eq!(netlink.addresses(lan.device).expect("addresses"), own);
        let hop = netlink.route_to([203, 0, 113, 5].into()).expect("path");
        assert_eq!((hop.device, hop.via), (lan.device, "198.51.100.1".parse().ok()));
        assert!(netlink.route_to([198, 51, 100, 2].into()).expect("own").local);
        ip("route add 10.0.0.0/8 metric 7 nexthop via 198.51.100.8 nexthop via 198.51.100.9");
        ip("route add 10.1.0.0/16 via inet6 fe80::1 dev lan");
        let routes = netlink.routes().expect("routes");
        let via = |net: &str| {
            let net = net.parse().expect("prefix");
            let route = routes
                .iter()
                .find(|route| route.destination == net)
                .expect("route");
            (route.device, route.via.map(|via| via.to_string()), route.metric)
        };
        assert_eq!(
            via("10.0.0.0/8"),
            (lan.device, Some("198.51.100.8".to_owned()), 7)
        );
        assert_eq!(via("10.1.0.0/16"), (lan.device, Some("fe80::1".to_owned()), 0));
        let missing = netlink.link("none").expect_err("no such link");
        assert_eq!(missing.raw_os_error(), Some(libc::ENODEV));
    });
}

/// One namespace with a runtime and a folder for journals.
struct World {
    runtime: tokio::runtime::Runtime,
    dir: std::path::PathBuf,
}

fn in_world(test: impl FnOnce(&World) + Send + 'static) {
    in_namespace(move || {
        let dir = tempfile::tempdir().expect("temporary folder");
        test(&World::new(dir.path().to_owned()));
    });
}

impl World {
    fn new(dir: std::path::PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Self {
            runtime: runtime.expect("runtime"),
            dir,
        }
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn tun(&self) -> LinuxTun {
        self.block_on(async { LinuxTun::open(None) }).expect("tun0")
    }

    fn setup(&self) -> NativeSetup {
        NativeSetup::new(self.options()).expect("rights")
    }

    fn options(&self) -> NativeOptions {
        NativeOptions {
            name: "work".to_owned(),
            journal_dir: Some(self.dir.clone()),
            metric: DEFAULT_METRIC,
            fail_closed: false,
            ipv6_guard: false,
            dns: DnsChoice::Auto,
            resolver_file: RESOLVER_FILE.into(),
            namespace: None,
        }
    }

    fn apply(
        &self,
        setup: &mut NativeSetup,
        config: &crate::config::NetworkConfig,
    ) -> Result<(), SetupError> {
        self.block_on(setup.apply(&interface("tun0"), config))
    }

    fn journal(&self, name: &str) -> std::path::PathBuf {
        self.dir.join(name)
    }

    /// Starts this test program again, in this namespace, with one test only.
    fn child(&self, test: &str, change: fn(&mut Command) -> &mut Command) -> Child {
        let mut command = Command::new(std::env::current_exe().expect("own path"));
        command
            .args([
                "--exact",
                &format!("platform::linux::netns_tests::{test}"),
                "--nocapture",
            ])
            .env(CHILD_DIR, &self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        change(&mut command).spawn().expect("child starts")
    }
}

fn wait_for_line(child: &mut Child, wanted: &str) {
    let stderr = child.stderr.take().expect("piped");
    let found = BufReader::new(stderr)
        .lines()
        .map_while(Result::ok)
        .any(|line| line == wanted);
    assert!(found, "the child did not say {wanted:?}");
}

const CHILD_DIR: &str = "VPNC_TEST_CHILD_DIR";
const NOBODY: u32 = 65534;
