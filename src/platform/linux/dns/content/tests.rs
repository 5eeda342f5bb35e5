//! Files of all sorts go through our hands and come back to the octet.

use proptest::prelude::*;

use super::super::wanted::testing::wanted;
use super::*;

#[test]
fn ours_come_first_and_the_rest_stays_as_far_as_there_is_room() {
    let home = "# by hand\nnameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch old.example\nsearch home.example corp.example\noptions edns0";
    let text = with(
        home.as_bytes(),
        "tun0",
        &wanted(
            &["10.20.0.53", "10.20.0.54"],
            &["corp.example", "~lab.example"],
            false,
        ),
        Origin::File,
    );
    assert_eq!(
        String::from_utf8(text.expect("text")).expect("UTF-8"),
        "# vpnc-cli tun0 begin: name servers of the VPN, taken out again at its end\n\
         nameserver 10.20.0.53\n\
         nameserver 10.20.0.54\n\
         search corp.example home.example\n\
         # vpnc-cli tun0 end\n\
         # by hand\n\
         nameserver 192.0.2.1\n\
         # vpnc-cli tun0 off: nameserver 192.0.2.2\n\
         # vpnc-cli tun0 off: search old.example\n\
         # vpnc-cli tun0 off: search home.example corp.example\n\
         options edns0"
    );
}

#[test]
fn servers_in_turn_would_lose_questions_and_a_search_line_alone_costs_no_server() {
    let servers = |home: &str, wanted: &Wanted| {
        let text = with(home.as_bytes(), "tun0", wanted, Origin::File).expect("text");
        name_servers(&text).map(str::to_owned).collect::<Vec<_>>()
    };
    let vpn = wanted(&["10.20.0.53"], &[], true);
    assert_eq!(
        servers("nameserver 192.0.2.1\noptions ndots:2 rotate\n", &vpn),
        ["10.20.0.53"]
    );
    let four = "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\nnameserver 1.1.1.4\n";
    assert_eq!(servers(four, &wanted(&[], &["corp.example"], false)).len(), 4);
    let many = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
    assert_eq!(servers(four, &wanted(&many, &[], false)), many[..3]);
}

#[test]
fn two_tunnels_share_the_file_and_leave_in_any_order() {
    let home = b"nameserver 192.0.2.1\nsearch home.example\n";
    let (one, two) = (
        wanted(&["10.1.0.53"], &["one.example"], false),
        wanted(&["10.2.0.53"], &["two.example"], false),
    );
    for (origin, at_the_end) in [
        (Origin::File, Former::File(home.to_vec())),
        (
            Origin::Link(Path::new("../run/x")),
            Former::Link("../run/x".into()),
        ),
    ] {
        for (leaves, stays) in [("tun1", "tun10"), ("tun10", "tun1")] {
            let first = with(home, "tun1", &one, origin).expect("text");
            let both = with(&first, "tun10", &two, Origin::File).expect("text");
            let Some(Former::File(left)) = former(&both, leaves) else {
                panic!("the file stays for {stays}");
            };
            assert!(!holds(&left, leaves) && holds(&left, stays));
            assert_eq!(former(&left, stays), Some(at_the_end.clone()));
        }
    }
}

#[test]
fn a_link_comes_back_unless_somebody_wrote_into_its_place() {
    let vpn = wanted(&["10.20.0.53"], &["corp.example"], true);
    let target = Path::new("../run/systemd/resolve/stub-resolv.conf");
    let home = b"nameserver 127.0.0.53\nsearch home.example\n";
    let mut text = with(home, "tun0", &vpn, Origin::Link(target)).expect("text");
    assert_eq!(former(&text, "tun0"), Some(Former::Link(target.to_owned())));
    text.extend_from_slice(b"nameserver 192.0.2.9\n");
    let kept = [&home[..], b"nameserver 192.0.2.9\n"].concat();
    assert_eq!(former(&text, "tun0"), Some(Former::File(kept)));
    assert_eq!(with(home, "tun0", &vpn, Origin::Link(Path::new("a\nb"))), None);
}

#[test]
fn a_file_that_was_not_there_goes_unless_somebody_filled_it() {
    let vpn = wanted(&["10.20.0.53"], &["corp.example"], true);
    let mut text = with(b"", "tun0", &vpn, Origin::Nothing).expect("text");
    assert_eq!(former(&text, "tun0"), Some(Former::Nothing));
    text.extend_from_slice(b"options edns0\n");
    assert_eq!(
        former(&text, "tun0"),
        Some(Former::File(b"options edns0\n".to_vec()))
    );
}

#[test]
fn what_a_dead_run_left_is_replaced_and_a_foreign_file_is_not_ours() {
    let vpn = wanted(&["10.20.0.53"], &["corp.example"], false);
    let home = b"search home.example\nnameserver 192.0.2.1";
    let stale = with(
        home,
        "tun0",
        &wanted(&["10.9.9.9"], &["old.example"], true),
        Origin::File,
    );
    let again = with(&stale.expect("text"), "tun0", &vpn, Origin::File).expect("text");
    assert_eq!(Some(&again), with(home, "tun0", &vpn, Origin::File).as_ref());
    assert_eq!(former(b"nameserver 10.20.0.53\n", "tun0"), None);
    // somebody has cut the file
    let cut = b"# vpnc-cli tun0 begin: x\nnameserver 10.20.0.53\noptions edns0\nnameserver 192.0.2.1\n";
    assert_eq!(
        former(cut, "tun0"),
        Some(Former::File(b"options edns0\nnameserver 192.0.2.1\n".to_vec()))
    );
}

#[test]
fn a_server_of_this_machine_counts_only_when_asked_for() {
    let ours = [Ipv4Addr::new(10, 20, 0, 53)];
    for (text, strict, with_loopback) in [
        ("nameserver 10.20.0.53\n", true, true),
        ("nameserver 127.0.0.1\n", false, true),
        ("nameserver ::1", false, true),
        ("# nameserver 10.20.0.53\nnameserver 192.0.2.1\n", false, false),
    ] {
        assert_eq!(names_any(text.as_bytes(), &ours, false), strict, "{text}");
        assert_eq!(names_any(text.as_bytes(), &ours, true), with_loopback, "{text}");
    }
}

/// Lines as they are found, and octets as they are not.
fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(b"nameserver 192.0.2.1".to_vec()),
        Just(b"\tnameserver 2001:db8::1 ".to_vec()),
        Just(b"search a.example b.example.".to_vec()),
        Just(b"domain c.example".to_vec()),
        Just(b"options rotate timeout:1\r".to_vec()),
        Just(b"# vpnc-cli tun9 begin: another".to_vec()),
        Just(b"# comment".to_vec()),
        Just(b"\0\xff".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    (proptest::collection::vec(line, 0..12), any::<bool>()).prop_map(|(lines, closed)| {
        let mut text = lines.join(&b'\n');
        if closed {
            text.push(b'\n');
        }
        text
    })
}

fn any_wanted() -> impl Strategy<Value = Wanted> {
    let servers = proptest::collection::vec(any::<u32>().prop_map(Ipv4Addr::from), 0..5);
    let search = proptest::collection::vec("[a-c]\\.example", 0..3);
    (servers, search, any::<bool>()).prop_map(|(servers, search, everything)| Wanted {
        servers,
        search,
        routing: Vec::new(),
        everything,
    })
}

/// Any mixture of our own comments.
fn ruins() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("# vpnc-cli tun0 begin: "),
        Just("# vpnc-cli tun0 end"),
        Just("# vpnc-cli tun0 off: "),
        Just(LINK),
        Just("0123456789abcdef target"),
        Just(NEW),
        Just("nameserver 192.0.2.1"),
        Just("search x.example"),
        Just("\n"),
    ];
    proptest::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn the_former_octets_come_back(file in any_file(), wanted in any_wanted()) {
        let text = with(&file, "tun0", &wanted, Origin::File).expect("text");
        prop_assert_eq!(former(&text, "tun0"), Some(Former::File(file.clone())));
        let again = with(&text, "tun0", &wanted, Origin::File).expect("text");
        prop_assert_eq!(&again, &text, "twice is once");
        let ours: Vec<String> = wanted.servers.iter().take(3).map(ToString::to_string).collect();
        let first: Vec<&str> = name_servers(&text).take(ours.len()).collect();
        prop_assert_eq!(first, ours);
    }

    #[test]
    fn what_others_add_stays(file in any_file(), more in "[a-z ]{0,20}\n", wanted in any_wanted()) {
        let mut text = with(&file, "tun0", &wanted, Origin::File).expect("text");
        if text.last() != Some(&b'\n') {
            text.push(b'\n');
        }
        let mut expected = file;
        if !expected.is_empty() && expected.last() != Some(&b'\n') {
            expected.push(b'\n');
        }
        text.extend_from_slice(more.as_bytes());
        expected.extend_from_slice(more.as_bytes());
        prop_assert_eq!(former(&text, "tun0"), Some(Former::File(expected)));
    }

    #[test]
    fn ruins_of_our_own_never_pile_up(file in ruins(), wanted in any_wanted()) {
        let once = without(&file, "tun0");
        prop_assert!(!holds(&once, "tun0"));
        prop_assert_eq!(&without(&once, "tun0"), &once);
        let text = with(&file, "tun0", &wanted, Origin::File).expect("text");
        prop_assert_eq!(without(&text, "tun0"), once);
    }
}
