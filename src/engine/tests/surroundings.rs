//! The network around the engine changes, and other nodes and addresses come into play.

use super::*;

#[test]
fn a_machine_that_moves_keeps_data_on_udp_and_opens_a_new_channel_at_once() {
    let (mut bench, mut gateway) = Bench::active();
    bench.take_events();
    let probes = bench.probes;
    bench.changed(Way::Other, false);
    assert_eq!(bench.probes, probes + 2);
    bench.pass(0);
    let events = bench.take_events();
    let lost = Event::ChannelLost {
        cause: Loss::NetworkChanged,
        retry_in: Duration::ZERO,
    };
    assert_eq!(events, [Event::BindUdp { port: 4500 }, lost, Event::NeedChannel]);
    assert_eq!(bench.send_packet().0, Route::Udp);
    bench.pass(1);
    bench.answer_probe(&mut gateway);
    bench.pass(20);
    assert_eq!(bench.send_packet().0, Route::Udp, "the gateway answers");
    bench.open();
    bench.channel(&set_up([10, 66, 7, 8]));
    bench.flush();
    let mut gateway = bench.gateway_esp();
    bench.answer_probe(&mut gateway);
    bench.flush();
    assert_eq!(bench.engine.path(), Path::Udp);
    let statistics = bench.engine.statistics();
    assert_eq!((statistics.fallbacks, statistics.reconnects), (0, 1));
}

#[test]
fn a_change_elsewhere_costs_one_probe() {
    let (mut bench, mut gateway) = Bench::active();
    bench.take_events();
    let probes = bench.probes;
    bench.changed(Way::Same, false);
    bench.answer_probe(&mut gateway);
    bench.pass(10);
    assert_eq!(bench.probes, probes + 1);
    assert_eq!(bench.take_events(), []);
}

#[test]
fn a_change_that_silences_udp_is_noticed_in_two_seconds() {
    let (mut bench, _) = Bench::active();
    bench.take_events();
    bench.changed(Way::Same, false);
    bench.pass(1);
    assert_eq!(bench.engine.path(), Path::Udp);
    bench.pass(1);
    assert_eq!(bench.engine.path(), Path::Channel);
    assert_eq!(bench.engine.statistics().fallbacks, 1);
    let lost = |event: &Event| matches!(event, Event::ChannelLost { .. });
    assert!(!bench.take_events().iter().any(lost), "TLS may get through");
}

#[test]
fn without_a_way_nothing_is_given_up_and_packets_wait() {
    let (mut bench, mut gateway) = Bench::active();
    bench.take_events();
    let probes = bench.probes;
    bench.changed(Way::None, false);
    assert!(!bench.engine.wants_packets());
    for _ in 0..100 {
        bench.engine.udp_sent(false, bench.now);
        bench.engine.udp_unreachable(bench.now);
        bench.drain();
    }
    bench.pass(290);
    let events = bench.take_events();
    assert!(
        events.iter().all(|event| *event == Event::LookAround),
        "{events:?}"
    );
    assert_eq!((events.len(), bench.probes), (29, probes));
    bench.changed(Way::Same, false);
    assert!(bench.engine.wants_packets());
    assert_eq!(bench.probes, probes + 1);
    bench.answer_probe(&mut gateway);
    bench.pass(5);
    assert_eq!(bench.take_events(), [], "channel and keys are as they were");
    assert_eq!(bench.engine.path(), Path::Udp);
}

#[test]
fn no_way_for_as_long_as_the_channel_may_be_lost_is_the_end() {
    let (mut bench, _) = Bench::active();
    bench.changed(Way::None, false);
    bench.take_events();
    bench.pass(301);
    let events = bench.take_events();
    let Some(Event::Ended(End::NetworkLost { lost_for, .. })) = events.last() else {
        panic!("{events:?}");
    };
    assert_eq!(*lost_for, Duration::from_secs(300));
}

#[test]
fn a_channel_that_may_be_stuck_is_opened_anew() {
    let lost = |events: &[Event]| {
        let renewed = |event: &Event| {
            matches!(
                event,
                Event::ChannelLost {
                    cause: Loss::NetworkChanged,
                    ..
                }
            )
        };
        events.iter().any(renewed)
    };
    for (seconds, renewed) in [(1, false), (30, true)] {
        let mut bench = Bench::configured(300);
        bench.changed(Way::None, false);
        bench.pass(seconds);
        bench.changed(Way::Same, false);
        assert_eq!(
            lost(&bench.take_events()),
            renewed,
            "after {seconds} s, data over TLS"
        );
        let (mut bench, _) = Bench::active();
        bench.changed(Way::None, false);
        bench.pass(seconds);
        bench.changed(Way::Same, false);
        assert!(!lost(&bench.take_events()), "ESP may get through");
        bench.pass(2);
        assert_eq!(bench.engine.path(), Path::Channel);
        assert_eq!(
            lost(&bench.take_events()),
            renewed,
            "after {seconds} s, ESP is silent"
        );
    }
}

#[test]
fn after_a_sleep_the_channel_is_opened_anew_as_soon_as_there_is_a_way() {
    for way in [Way::Same, Way::Other] {
        let (mut bench, _) = Bench::active();
        bench.take_events();
        bench.changed(Way::None, true);
        bench.pass(5);
        assert_eq!(bench.take_events(), []);
        bench.changed(way, false);
        bench.pass(0);
        let events = bench.take_events();
        assert_eq!(events[0], Event::BindUdp { port: 4500 });
        assert!(matches!(events[1], Event::ChannelLost { .. }), "{events:?}");
        assert_eq!(events[2], Event::NeedChannel);
        bench.changed(Way::Same, true);
        assert_eq!(
            bench.take_events(),
            [Event::BindUdp { port: 4500 }, Event::NeedChannel],
            "the attempt may be stuck"
        );
    }
}

#[test]
fn a_lost_channel_waits_for_a_way_within_its_budget() {
    let mut bench = Bench::configured(300);
    let fail = |bench: &mut Bench| {
        bench
            .engine
            .open_failed("network is unreachable".into(), bench.now);
        bench.drain();
    };
    let attempts = |bench: &mut Bench| {
        let events = bench.take_events();
        events
            .iter()
            .filter(|event| **event == Event::NeedChannel)
            .count()
    };
    bench.take_events();
    bench.changed(Way::None, false);
    bench.engine.channel_lost(Some("timed out".into()), bench.now);
    bench.drain();
    bench.pass(50);
    assert_eq!(attempts(&mut bench), 0);
    bench.pass(10);
    assert_eq!(attempts(&mut bench), 1);
    fail(&mut bench);
    bench.pass(10);
    assert_eq!(attempts(&mut bench), 0);
    bench.changed(Way::Same, false);
    bench.pass(0);
    assert_eq!(attempts(&mut bench), 1, "at once");
    fail(&mut bench);
    bench.pass(0);
    assert_eq!(attempts(&mut bench), 1, "once more, as at the beginning");
    fail(&mut bench);
    bench.pass(0);
    assert_eq!(attempts(&mut bench), 0);
    bench.changed(Way::Same, false);
    bench.pass(0);
    assert_eq!(attempts(&mut bench), 0, "this change has nothing to do with us");
    bench.changed(Way::None, false);
    bench.pass(59);
    assert_eq!(attempts(&mut bench), 0, "put off");
    for _ in 0..10 {
        bench.pass(60);
        fail(&mut bench);
    }
    assert!(matches!(bench.end(), Some(End::NetworkLost { lost_for, .. }) if lost_for.as_secs() >= 300));
}

#[test]
fn before_the_first_configuration_and_after_the_end_changes_mean_nothing() {
    let mut bench = Bench::new(300);
    bench.take_events();
    bench.open();
    for (way, slept) in [(Way::Other, false), (Way::None, true), (Way::Same, true)] {
        bench.changed(way, slept);
    }
    assert_eq!(bench.take_events(), []);
    bench.channel(b"HTTP/1.1 302 Found\r\n\r\n");
    bench.take_events();
    bench.changed(Way::Other, true);
    assert_eq!(bench.take_events(), []);
}

#[test]
fn another_address_is_taken_when_that_is_wanted_and_the_old_one_is_never_used_again() {
    let mut bench = Bench::with(300, true);
    bench.open();
    let old = [PACKET[12], PACKET[13], PACKET[14], PACKET[15]];
    bench.channel(&set_up(old));
    bench.flush();
    assert_eq!(bench.send_packet().0, Route::Channel);
    bench.engine.channel_lost(None, bench.now);
    bench.open();
    bench.take_events();
    bench.channel(&set_up([10, 66, 7, 9]));
    bench.flush();
    let events = bench.take_events();
    let again = |event: &Event| matches!(event, Event::Configured(now) if now.changed && !now.first && now.replaced == Some(old.into()));
    assert!(events.iter().any(again), "{events:?}");
    let before = bench.engine.statistics().channel_out;
    bench.send_packet();
    assert_eq!(bench.engine.statistics().channel_out, before);
    assert_eq!(bench.engine.statistics().out_dropped, 1);
    // and back
    bench.engine.channel_lost(None, bench.now);
    bench.open();
    bench.channel(&set_up(old));
    bench.send_packet();
    assert_eq!(bench.engine.statistics().out_dropped, 1);
}

#[test]
fn what_another_node_refuses_is_not_final() {
    for answer in [
        &b"HTTP/1.1 302 Found\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\n\r\n\0\0\x01",
        b"HTTP/1.1 200 OK\r\n\r\n\x01\0\x08",
    ] {
        let mut bench = Bench::configured(300);
        bench.engine.channel_lost(None, bench.now);
        bench.open_at(true);
        bench.take_events();
        bench.channel(answer);
        assert_eq!(bench.end(), None);
        assert!(matches!(
            bench.events[0],
            Event::ChannelLost {
                cause: Loss::Link(_),
                ..
            }
        ));
        bench.open_at(true);
        bench.channel(&set_up([10, 66, 7, 8]));
        // from here on it is the node of this session
        bench.channel(b"\0\0\x08");
        assert!(bench.end().is_some());
    }
}

#[test]
fn the_transport_itself_never_goes_into_the_tunnel() {
    let (mut bench, _) = Bench::active();
    let mut ours = PACKET;
    ours[9] = 17;
    ours[16..20].copy_from_slice(&[192, 0, 2, 1]);
    ours[6..8].copy_from_slice(&[0, 0]);
    ours[22..24].copy_from_slice(&4500_u16.to_be_bytes());
    let mut batch = Batch::new(1500);
    batch.reset(bench.engine.room());
    batch.push(&ours);
    batch.push(&PACKET);
    assert_eq!(bench.engine.handle_tun(&mut batch, bench.now), Route::Udp);
    assert_eq!(batch.len(), 1);
    let statistics = bench.engine.statistics();
    assert_eq!((statistics.looped, statistics.out_dropped), (1, 1));
}

proptest::proptest! {
    /// Whatever happens around it, the engine ends within its budget or asks for a channel again, and never twice at one
    /// moment without a change.
    #[test]
    fn changes_in_any_order_keep_the_engine_in_order(steps in proptest::collection::vec((0_u8..9, 0_u64..40), 0..60)) {
        let (mut bench, mut gateway) = Bench::active();
        for (step, seconds) in steps {
            match step {
                0 => bench.changed(Way::Same, false),
                1 => bench.changed(Way::Other, false),
                2 => bench.changed(Way::None, false),
                3 => bench.changed(Way::Same, true),
                4 => bench.changed(Way::None, true),
                5 => bench.engine.channel_lost(Some("reset".into()), bench.now),
                6 => bench.answer_probe(&mut gateway),
                7 => bench.pass(seconds),
                _ if matches!(bench.engine.channel_state, ChannelState::Opening) => {
                    bench.open();
                    bench.channel(&set_up([10, 66, 7, 8]));
                    bench.flush();
                    gateway = bench.gateway_esp();
                }
                _ => bench.engine.open_failed("refused".into(), bench.now),
            }
            bench.drain();
            let needs = bench.events.iter().filter(|event| **event == Event::NeedChannel).count();
            proptest::prop_assert!(needs <= 12, "{needs} attempts");
            if matches!(bench.engine.channel_state, ChannelState::Ended) {
                proptest::prop_assert!(bench.end().is_some());
                break;
            }
            bench.take_events();
        }
        if bench.engine.is_away() {
            proptest::prop_assert!(!bench.engine.wants_packets());
        }
    }
}
