//! What is blocked: the tunnel's prefixes while it is not up, and IPv6.

use super::*;

#[test]
fn what_failed_stays_blocked_until_the_next_run_of_that_name_ends_well() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let wanted = config(&["10.0.0.0/8", "203.0.113.0/24"], &["10.1.0.0/16"]);
        let mut setup = world.closed("work");
        world.apply(&mut setup, &wanted).expect("applied");
        assert!(ip("route get 10.9.9.9").contains("dev tun0"));
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        assert_blocked("10.9.9.9");
        assert_blocked("203.0.113.9");
        assert!(
            ip("route get 10.1.9.9").contains("dev lan"),
            "the exclude stays outside"
        );
        assert!(
            ip("route get 203.0.113.5").contains("dev lan"),
            "the gateway stays reachable"
        );
        world.assume_dead("work");

        let repaired = journal::repair(&world.dir);
        assert_eq!(repaired.blocked, ["work"]);
        assert_eq!((repaired.undone, repaired.journals), (0, 0));
        assert_blocked("10.9.9.9");

        // the same name takes over, with one prefix less
        let tun = world.tun();
        let mut setup = world.closed("work");
        world.block_on(setup.prepare()).expect("prepared");
        assert_eq!(world.journals(), 1);
        assert_blocked("10.9.9.9");
        let less = config(&["10.0.0.0/8"], &["10.1.0.0/16"]);
        world.apply(&mut setup, &less).expect("applied");
        assert!(ip("route get 10.9.9.9").contains("dev tun0"));
        assert!(
            ip("route get 203.0.113.9").contains("dev lan"),
            "not wanted any more"
        );
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
        assert_restored(&before);
        assert_eq!(world.journals(), 0);
    });
}

#[test]
fn nothing_is_open_for_a_moment_when_the_next_run_takes_over() {
    in_world(|world| {
        world.fail("work");
        let mut monitor = Command::new("timeout")
            .args(["10", "ip", "monitor", "route"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("ip runs");
        let mut lines = BufReader::new(monitor.stdout.take().expect("piped")).lines();
        // it listens as soon as it tells of something
        let (stop, listens) = (std::sync::mpsc::channel::<()>(), "192.0.2.0/24");
        let seen = std::thread::scope(|scope| {
            let (give, take) = stop;
            let first = scope.spawn(move || {
                let found = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .any(|line| line.contains(listens));
                drop(take);
                (found, lines)
            });
            while give.send(()).is_ok() {
                ip("route add 192.0.2.0/24 dev lan");
                ip("route del 192.0.2.0/24 dev lan");
                std::thread::sleep(Duration::from_millis(20));
            }
            first.join().expect("no panic")
        });
        let (true, lines) = seen else {
            panic!("the monitor ended");
        };
        let tun = world.tun();
        let mut setup = world.setup();
        world.block_on(setup.prepare()).expect("prepared");
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("applied");
        let told: Vec<String> = lines
            .map_while(Result::ok)
            .filter(|line| line.contains("10.0.0.0/8"))
            .take(2)
            .collect();
        assert!(told[0].starts_with("10.0.0.0/8 dev tun0"), "{told:?}");
        assert!(told[1].starts_with("Deleted unreachable 10.0.0.0/8"), "{told:?}");
        monitor.kill().expect("killed");
        monitor.wait().expect("ended");
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
    });
}

#[test]
fn the_next_run_may_be_an_open_one() {
    in_world(|world| {
        let before = dump();
        world.fail("work");
        let tun = world.tun();
        let mut setup = world.setup();
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("applied");
        assert!(!ip("route show").contains("unreachable"));
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        assert_restored(&before);
        assert_eq!(world.journals(), 0);
    });
}

#[test]
fn a_run_that_never_came_up_leaves_it_to_the_user_what_was_blocked() {
    in_world(|world| {
        let before = dump();
        for (farewell, blocked) in [(Farewell::Failed, true), (Farewell::Requested, false)] {
            world.fail("work");
            let mut setup = world.setup();
            world.block_on(setup.prepare()).expect("prepared");
            revert(world, &mut setup, farewell);
            assert_eq!(ip("route show").contains("unreachable 10.0.0.0/8"), blocked);
            world.assume_dead("work");
        }
        assert_restored(&before);
    });
}

#[test]
fn blocks_are_freed_by_name_or_all_at_once() {
    in_world(|world| {
        let before = dump();
        world.fail("work");
        world.fail("home");
        assert_eq!(ip("route show type unreachable").lines().count(), 2);
        let other = journal::repair_named(&world.dir, Some("wor"));
        assert_eq!(other, journal::Repaired::default(), "no abbreviations");
        let one = journal::repair_named(&world.dir, Some("work"));
        assert_eq!((one.journals, one.failures.len()), (1, 0), "{one:?}");
        assert_eq!(ip("route show type unreachable").lines().count(), 1);
        world.fail("work");
        let both = journal::repair_named(&world.dir, None);
        assert_eq!(both.journals, 2);
        assert_restored(&before);
    });
}

#[test]
fn a_living_run_is_not_repaired_and_one_of_another_namespace_is_named() {
    in_world(|world| {
        let tun = world.tun();
        let mut setup = world.closed("work");
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("applied");
        let applied = dump();
        let repaired = journal::repair_named(&world.dir, None);
        assert_eq!(repaired.running, [("work".to_owned(), std::process::id())]);
        revert(world, &mut setup, Farewell::Failed);
        world.assume_dead("work");
        let left = dump();
        assert_ne!(left, applied);
        let dir = world.dir.clone();
        let from_elsewhere = std::thread::spawn(move || {
            in_namespace(move || {
                let repaired = journal::repair_named(&dir, Some("work"));
                assert_eq!(repaired.elsewhere.len(), 1, "{repaired:?}");
                assert_eq!(repaired.elsewhere[0].name, "work");
                assert!(repaired.elsewhere[0].namespace.starts_with("net:["));
            });
        });
        from_elsewhere.join().expect("no panic");
        assert_eq!(dump(), left);
        drop(tun);
    });
}

#[test]
fn ways_past_what_stays_blocked_follow_the_network() {
    in_world(|world| {
        let tun = world.tun();
        let mut setup = world.closed("work");
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        world.assume_dead("work");
        ip("address flush dev lan");
        ip("address add 192.0.2.7/24 dev lan");
        ip("route replace default via 192.0.2.1");
        for _ in 0..2 {
            assert_eq!(journal::repair(&world.dir).blocked, ["work"]);
            let way = ip("route get 203.0.113.5");
            assert!(way.contains("via 192.0.2.1 dev lan"), "{way}");
            assert_blocked("8.8.8.8");
        }
        journal::repair_named(&world.dir, Some("work"));
        assert!(ip("route get 8.8.8.8").contains("via 192.0.2.1"));
        assert!(!ip("route show").contains("203.0.113.5"));
    });
}

#[test]
fn a_run_that_fails_without_any_network_leaves_a_way_for_the_next() {
    in_world(|world| {
        let tun = world.tun();
        let mut setup = world.closed("work");
        let wanted = config(&[], &["192.168.0.0/16"]);
        world.apply(&mut setup, &wanted).expect("applied");
        ip("link set lan down");
        for _ in 0..2 {
            world.block_on(setup.network_changed()).expect("looked");
        }
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        world.assume_dead("work");
        ip("link set lan up");
        ip("route add default via 198.51.100.7");
        assert_blocked("203.0.113.5");
        journal::repair(&world.dir);
        for address in ["203.0.113.5", "192.168.7.7"] {
            let way = ip(&format!("route get {address}"));
            assert!(way.contains("via 198.51.100.7 dev lan"), "{way}");
        }
        assert_blocked("8.8.8.8");
    });
}

#[test]
fn the_own_network_is_blocked_with_the_others() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.closed("work");
        let mut wanted = config(&["10.0.0.0/8"], &[]);
        wanted.prefix_len = Some(16);
        wanted.address = [172, 16, 1, 2].into();
        world.apply(&mut setup, &wanted).expect("applied");
        assert!(ip("route get 172.16.9.9").contains("dev tun0"));
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        assert_blocked("172.16.9.9");
        world.assume_dead("work");
        journal::repair_named(&world.dir, Some("work"));
        assert_restored(&before);
    });
}

#[test]
fn a_route_that_went_with_its_network_comes_back_once() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        let lines = || {
            let text = fs::read_to_string(world.journal("work.journal")).expect("journal");
            text.lines().count()
        };
        let written = lines();
        for _ in 0..5 {
            ip("link set lan down");
            ip("link set lan up");
            ip("route replace default via 198.51.100.1");
            assert!(
                ip("route get 203.0.113.5").contains("dev tun0"),
                "gone with the link"
            );
            world.block_on(setup.network_changed()).expect("looked");
            assert!(ip("route get 203.0.113.5").contains("via 198.51.100.1 dev lan"));
        }
        assert!(lines() <= written + 10, "{} from {written}", lines());
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_journal_stays_short_however_often_the_network_changes() {
    in_world(|world| {
        let before = dump();
        let tun = world.tun();
        let mut setup = world.setup();
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        for number in 0..200 {
            ip(&format!(
                "route replace default via 198.51.100.{}",
                1 + number % 2
            ));
            world.block_on(setup.network_changed()).expect("looked");
        }
        let text = fs::read_to_string(world.journal("work.journal")).expect("journal");
        assert!(text.lines().count() < 100, "{}", text.lines().count());
        ip("route replace default via 198.51.100.1");
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn ipv6_is_blocked_with_the_default_route_but_for_the_own_networks() {
    in_world(|world| {
        ip("-6 address add 2001:db8:1::2/64 dev lan nodad");
        ip("-6 route add default via 2001:db8:1::1 dev lan");
        ip("-6 route add 2000::/3 via 2001:db8:1::1 dev lan metric 100");
        ip("-6 route add 2001:db8:5::/48 via 2001:db8:1::1 dev lan");
        let before = dump();
        let tun = world.tun();
        let mut setup = world.guarded();
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("split");
        assert!(
            ip("route get 2001:4860::8").contains("dev lan"),
            "the tunnel takes little"
        );
        world.apply(&mut setup, &config(&[], &[])).expect("all");
        for address in ["2001:4860::8", "fd00::1", "8000::1"] {
            assert_blocked(address);
        }
        for address in ["2001:db8:1::9", "2001:db8:5::9", "::1"] {
            let way = ip(&format!("route get {address}"));
            assert!(!way.contains("unreachable"), "{way}");
        }
        assert!(ip("route get fe80::9 oif lan").contains("dev lan"));
        world
            .apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("split again");
        assert!(ip("route get 2001:4860::8").contains("dev lan"));
        world.apply(&mut setup, &config(&[], &[])).expect("all again");
        revert(world, &mut setup, Farewell::Failed);
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn a_gateway_reached_over_ipv6_keeps_its_way() {
    in_world(|world| {
        ip("-6 address add 2001:db8:1::2/64 dev lan nodad");
        ip("-6 route add default via 2001:db8:1::1 dev lan");
        let before = dump();
        let tun = world.tun();
        let mut setup = world.guarded();
        let interface = crate::platform::Interface {
            gateway: "2001:db8:7::7".parse().expect("address"),
            ..interface("tun0")
        };
        world
            .block_on(setup.apply(&interface, &config(&[], &[])))
            .expect("applied");
        let way = || ip("route get 2001:db8:7::7");
        assert!(way().contains("via 2001:db8:1::1 dev lan"), "{}", way());
        assert_blocked("2001:db8:7::8");
        ip("-6 route replace default via 2001:db8:1::9 dev lan");
        world.block_on(setup.network_changed()).expect("looked");
        assert!(way().contains("via 2001:db8:1::9 dev lan"), "{}", way());
        ip("-6 route replace default via 2001:db8:1::1 dev lan");
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn where_ipv6_is_switched_off_there_is_nothing_to_guard() {
    in_world(|world| {
        for name in ["all", "default", "lo", "lan"] {
            let path = format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6");
            fs::write(path, "1").expect("a setting of this namespace");
        }
        let before = dump();
        let tun = world.tun();
        let mut setup = world.guarded();
        world.apply(&mut setup, &config(&[], &[])).expect("applied");
        revert(world, &mut setup, Farewell::Requested);
        drop(tun);
        assert_restored(&before);
    });
}

#[test]
fn two_runs_can_block_the_same() {
    in_world(|world| {
        let before = dump();
        let (tun, other_tun) = (world.tun(), world.tun());
        let (mut first, mut second) = (world.closed("first"), world.options_of("second"));
        second.metric = 49;
        (second.fail_closed, second.ipv6_guard) = (true, true);
        let mut second = NativeSetup::new(second).expect("rights");
        let all = config(&[], &[]);
        world.apply(&mut first, &all).expect("first");
        world
            .block_on(second.apply(&interface("tun1"), &all))
            .expect("second");
        revert(world, &mut first, Farewell::Requested);
        assert!(ip("route get 8.8.8.8").contains("dev tun1"));
        revert(world, &mut second, Farewell::Requested);
        drop((tun, other_tun));
        assert_restored(&before);
    });
}

impl World {
    fn options_of(&self, name: &str) -> NativeOptions {
        NativeOptions {
            name: name.to_owned(),
            ..self.options()
        }
    }

    fn closed(&self, name: &str) -> NativeSetup {
        let options = NativeOptions {
            fail_closed: true,
            ..self.options_of(name)
        };
        NativeSetup::new(options).expect("rights")
    }

    fn guarded(&self) -> NativeSetup {
        let options = NativeOptions {
            ipv6_guard: true,
            ..self.options()
        };
        NativeSetup::new(options).expect("rights")
    }

    /// A run that has ended by a failure and left 10.0.0.0/8 blocked.
    fn fail(&self, name: &str) {
        let tun = self.tun();
        let mut setup = self.closed(name);
        self.apply(&mut setup, &config(&["10.0.0.0/8"], &[]))
            .expect("applied");
        revert(self, &mut setup, Farewell::Failed);
        drop(tun);
        self.assume_dead(name);
    }

    /// Makes the journal one of a process that is no more.
    fn assume_dead(&self, name: &str) {
        let path = self.journal(&format!("{name}.journal"));
        let Ok(text) = fs::read_to_string(&path) else {
            return;
        };
        let (owner, steps) = text.split_once('\n').expect("lines");
        let mut owner: serde_json::Value = serde_json::from_str(owner).expect("JSON");
        owner["start"] = 1.into();
        fs::write(&path, format!("{owner}\n{steps}")).expect("written");
    }

    fn journals(&self) -> usize {
        fs::read_dir(&self.dir).expect("folder").count()
    }
}

fn revert(world: &World, setup: &mut NativeSetup, farewell: Farewell) {
    world.block_on(setup.revert(farewell)).expect("reverted");
}

/// Fails unless the kernel refuses packets to that address.
fn assert_blocked(address: &str) {
    let output = Command::new("ip").args(["route", "get", address]).output();
    let output = output.expect("ip runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && text.contains("No route to host"),
        "{address}: {text}"
    );
}
