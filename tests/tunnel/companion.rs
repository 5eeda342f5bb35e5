//! Work that goes on beside the tunnel.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::sleep;
use vpnc_cli::net::signals::Request;
use vpnc_cli::platform::fake::RecordingSetup;
use vpnc_gateway::{Config, Gateway};

use crate::bench::{Client, run, settings, until};

/// What a companion has done, and what was over when it was dropped.
#[derive(Clone, Default)]
struct Record {
    turns: Rc<Cell<u32>>,
    /// Steps of the set-up, and logouts.
    dropped_after: Rc<Cell<Option<(usize, u64)>>>,
}

struct Witness {
    record: Record,
    setup: RecordingSetup,
    gateway: Rc<Gateway>,
}

impl Drop for Witness {
    fn drop(&mut self) {
        let over = (self.setup.calls().len(), self.gateway.stats().logouts);
        self.record.dropped_after.set(Some(over));
    }
}

/// Counts its turns, up to as many as wanted.
async fn count(witness: Witness, turns: u32) {
    while witness.record.turns.get() < turns {
        witness.record.turns.set(witness.record.turns.get() + 1);
        sleep(Duration::from_millis(1)).await;
    }
}

async fn start(turns: u32) -> (Client, Record, Rc<Gateway>) {
    let gateway = Rc::new(Gateway::start(Config::default()).await.unwrap());
    let mut settings = settings(gateway.tcp_addr().port(), &gateway.cookie());
    settings.gateway.tls.pins = vec![gateway.pin().parse().unwrap()];
    let (setup, record) = (RecordingSetup::new(), Record::default());
    let witness = Witness {
        record: record.clone(),
        setup: setup.clone(),
        gateway: gateway.clone(),
    };
    let companion: Pin<Box<dyn Future<Output = ()>>> = Box::pin(count(witness, turns));
    let mut client = Client::start_beside(settings, setup, Some(companion));
    client.connected().await;
    (client, record, gateway)
}

#[test]
fn it_goes_on_while_the_tunnel_is_idle_and_is_gone_before_the_logout() {
    run(async {
        let (client, record, gateway) = start(u32::MAX).await;
        let before = record.turns.get();
        until("turns of the companion", || record.turns.get() > before + 20).await;
        assert_eq!(record.dropped_after.get(), None);
        let ending = client.end_by(Request::Interrupt).await;
        ending.is(0, &[]);
        assert_eq!(ending.calls, ["prepare", "apply", "revert"]);
        assert_eq!(record.dropped_after.get(), Some((3, 0)));
        assert_eq!(gateway.stats().logouts, 1);
    });
}

#[test]
fn its_end_is_not_that_of_the_tunnel() {
    run(async {
        let (mut client, record, _gateway) = start(3).await;
        until("the end of the companion", || {
            record.dropped_after.get().is_some()
        })
        .await;
        client.exchange(10).await;
        client.end().await;
    });
}
