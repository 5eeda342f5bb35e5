//! The network around the tunnel changes, the machine sleeps, and scripts take their time.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use vpnc_cli::config::NetworkConfig;
use vpnc_cli::net::signals::Request;
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_cli::platform::{Change, Farewell, Interface, NetworkSetup, NetworkWatch, SetupFuture};
use vpnc_gateway::{Config, EventKind};

use crate::bench::{Around, Bench, run, script, until};
use crate::packets;

/// A watch that tells what it is told.
struct Told {
    changes: UnboundedReceiver<Change>,
    connected: Rc<Cell<bool>>,
}

impl NetworkWatch for Told {
    fn poll_change(&mut self, cx: &mut Context<'_>) -> Poll<Change> {
        match self.changes.poll_recv(cx) {
            Poll::Ready(Some(change)) => Poll::Ready(change),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    fn carries(&mut self, _: IpAddr) -> bool {
        self.connected.get()
    }
}

/// The test's end of it.
struct World {
    changes: UnboundedSender<Change>,
    connected: Rc<Cell<bool>>,
}

impl World {
    fn tell(&self, change: Change) {
        self.changes.send(change).unwrap();
    }
}

fn world() -> (World, Around) {
    let (sender, changes) = unbounded_channel();
    let connected = Rc::new(Cell::new(true));
    let watch = Told {
        changes,
        connected: connected.clone(),
    };
    let around = Around {
        watch: Some(Box::new(watch)),
        ..Around::default()
    };
    let world = World {
        changes: sender,
        connected,
    };
    (world, around)
}

/// A bench on ESP in a world that can be changed.
async fn on_esp(config: Config) -> (Bench, World) {
    let (world, around) = world();
    let mut bench = Bench::within(config, |_| (), RecordingSetup::new(), around).await;
    bench.client.connected().await;
    bench.esp_carries_data().await;
    (bench, world)
}

fn sources(bench: &Bench) -> usize {
    bench.count(|kind| matches!(kind, EventKind::Source(_)))
}

#[test]
fn after_a_sleep_there_is_a_new_connection_and_a_new_socket() {
    run(async {
        let mut config = script("on connect 2: hang on");
        config.esp_survives_channel = true;
        let (mut bench, world) = on_esp(config).await;
        world.tell(Change::Resumed);
        until("the second request", || {
            bench.gateway.stats().tunnel_requests == 2
        })
        .await;
        assert!(bench.client.log().contains("the machine has slept"));
        // the gateway takes its time, the keys are as before, the socket is new
        let before = bench.gateway.stats();
        bench.exchange(100).await;
        assert_eq!(bench.gateway.stats().esp_rx_packets - before.esp_rx_packets, 100);
        assert_eq!(sources(&bench), 2);
        bench.client.request(Request::Reconnect);
        until("the hook", || bench.client.calls().contains(&"reconnected")).await;
        bench.esp_carries_data().await;
        let text = bench.client.statistics().await;
        assert!(text.contains("reconnects 1, fall-backs to TLS 0"), "{text}");
        bench.end().await;
    });
}

#[test]
fn the_old_channel_lives_until_the_new_one_is_there() {
    run(async {
        let (bench, world) = on_esp(script("")).await;
        world.tell(Change::Resumed);
        until("the hook", || bench.client.calls().contains(&"reconnected")).await;
        let order: Vec<_> = bench
            .gateway
            .events()
            .into_iter()
            .filter_map(|event| match event.kind {
                EventKind::ConfigSent => Some("configuration"),
                EventKind::ChannelClosed(_) => Some("end"),
                _ => None,
            })
            .collect();
        assert_eq!(order[..2], ["configuration", "configuration"]);
        bench.end().await;
    });
}

#[test]
fn a_change_elsewhere_costs_a_probe_and_nothing_else() {
    run(async {
        let (mut bench, world) = on_esp(script("")).await;
        let before = bench.gateway.stats();
        world.tell(Change::Network);
        until("a probe", || bench.gateway.stats().probes > before.probes).await;
        bench.exchange(50).await;
        let stats = bench.gateway.stats();
        assert_eq!((stats.probes - before.probes, stats.tunnel_requests), (1, 1));
        assert_eq!(sources(&bench), 1);
        assert_eq!(bench.client.calls(), ["prepare", "apply", "network_changed"]);
        bench.end().await;
    });
}

#[test]
fn without_a_way_packets_wait_and_go_on_when_it_is_back() {
    run(async {
        let (mut bench, world) = on_esp(script("")).await;
        world.connected.set(false);
        world.tell(Change::Network);
        until("the change to be seen", || {
            bench.client.log().contains("there is no way to the gateway")
        })
        .await;
        bench.client.tun.inject(&packets::request(1_000_000, 100));
        let rounds = bench.client.rounds();
        sleep(Duration::from_millis(300)).await;
        assert_eq!(bench.client.tun.unread(), 1);
        assert!(bench.client.rounds() - rounds < 10, "it waits");
        world.connected.set(true);
        world.tell(Change::Network);
        until("the packet to be read", || bench.client.tun.unread() == 0).await;
        bench.exchange(50).await;
        assert!(bench.client.log().contains("there is a way to the gateway again"));
        assert_eq!(bench.gateway.stats().tunnel_requests, 1);
        bench.end().await;
    });
}

#[test]
fn another_inner_address_is_set_up_when_that_is_wanted() {
    run(async {
        let mut bench = Bench::with(script("on connect 2: address 10.66.7.9"), |settings| {
            settings.reconfigure = true;
        })
        .await;
        bench.client.connected().await;
        bench.order("close tcp").await;
        until("the hook", || bench.client.calls().contains(&"reconnected")).await;
        assert_eq!(bench.client.network().address.octets(), [10, 66, 7, 9]);
        let log = bench.client.log();
        assert!(log.contains("10.66.7.9 instead of 10.66.7.8"), "{log}");
        assert!(log.contains("made anew"), "{log}");
        // what is still sent from the old address goes nowhere
        let before = bench.gateway.stats();
        assert!(!bench.client.try_exchange().await);
        let stats = bench.gateway.stats();
        let packets = |stats: &vpnc_gateway::Stats| stats.tls_rx_packets + stats.esp_rx_packets;
        assert_eq!(packets(&stats), packets(&before));
        bench.client.end().await;
    });
}

/// A set-up whose hooks last until they may end.
struct Slow {
    setup: RecordingSetup,
    may_end: Rc<Cell<bool>>,
}

impl NetworkSetup for Slow {
    fn prepare(&mut self) -> SetupFuture<'_> {
        self.setup.prepare()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        self.setup.apply(interface, config)
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        let may_end = self.may_end.clone();
        let recorded = self.setup.attempt_reconnect();
        Box::pin(async move {
            while !may_end.get() {
                sleep(Duration::from_millis(2)).await;
            }
            recorded.await
        })
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        self.setup.reconnected()
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.setup.network_changed()
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        self.setup.revert(farewell)
    }
}

struct SlowBench {
    bench: Bench,
    may_end: Rc<Cell<bool>>,
    turns: Rc<Cell<u32>>,
}

/// A bench on ESP whose channel is lost, with the first hook under way.
async fn in_a_slow_hook() -> SlowBench {
    let mut config = script("");
    config.esp_survives_channel = true;
    let (setup, may_end, turns) = (
        RecordingSetup::new(),
        Rc::new(Cell::new(false)),
        Rc::new(Cell::new(0)),
    );
    let count = turns.clone();
    let around = Around {
        companion: Some(Box::pin(async move {
            loop {
                count.set(count.get() + 1);
                sleep(Duration::from_millis(1)).await;
            }
        })),
        setup: Some(Box::new(Slow {
            setup: setup.clone(),
            may_end: may_end.clone(),
        })),
        watch: None,
        relogin: None,
    };
    let mut bench = Bench::within(config, |_| (), setup, around).await;
    bench.client.connected().await;
    bench.esp_carries_data().await;
    bench.order("close tcp").await;
    until("the hook", || bench.client.calls().contains(&"attempt_reconnect")).await;
    SlowBench {
        bench,
        may_end,
        turns,
    }
}

#[test]
fn packets_and_companions_go_on_while_a_hook_takes_its_time() {
    run(async {
        let SlowBench {
            mut bench,
            may_end,
            turns,
        } = in_a_slow_hook().await;
        let before = turns.get();
        bench.exchange(200).await;
        until("turns of the companion", || turns.get() > before + 20).await;
        assert_eq!(bench.gateway.stats().tunnel_requests, 1, "the hook comes first");
        may_end.set(true);
        until("the new channel", || {
            bench.client.calls().contains(&"reconnected")
        })
        .await;
        bench.exchange(50).await;
        bench.end().await;
    });
}

#[test]
fn a_hook_that_hangs_does_not_hold_the_end_up() {
    run(async {
        for requests in [1, 2] {
            let SlowBench { bench, .. } = in_a_slow_hook().await;
            for _ in 1..requests {
                bench.client.request(Request::Interrupt);
            }
            let ending = bench.client.end_by(Request::Interrupt).await;
            ending.is(0, &[]);
            let limit = Duration::from_millis(if requests == 1 { 1800 } else { 500 });
            assert!(ending.took < limit, "{requests}: {ending:?}");
            assert_eq!(ending.calls.last(), Some(&"revert"));
        }
    });
}
