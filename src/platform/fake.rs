//! Stand-ins for device and set-up: in memory, watched from outside. For tests and dry runs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::config::NetworkConfig;
use crate::packet::{Batch, Received};
use crate::platform::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture, TunDevice, Written};

/// A device in memory; [`FakeTunHandle`] is the side of the applications.
#[derive(Debug)]
pub struct FakeTun {
    name: String,
    shared: Arc<Mutex<Shared>>,
}

/// Puts packets into a [`FakeTun`] and takes out what was written. Clones share the device.
#[derive(Debug, Clone)]
pub struct FakeTunHandle {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    outgoing: VecDeque<Vec<u8>>,
    written: VecDeque<Vec<u8>>,
    refuse: bool,
    reader: Option<Waker>,
    watcher: Option<Waker>,
}

impl FakeTun {
    /// A device of that name with its handle.
    pub fn new(name: &str) -> (Self, FakeTunHandle) {
        let shared = Arc::default();
        let tun = Self {
            name: name.to_owned(),
            shared: Arc::clone(&shared),
        };
        (tun, FakeTunHandle { shared })
    }
}

impl TunDevice for FakeTun {
    fn name(&self) -> &str {
        &self.name
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut shared = lock(&self.shared);
        if shared.outgoing.is_empty() {
            shared.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn read_batch(&mut self, batch: &mut Batch) -> io::Result<usize> {
        let mut shared = lock(&self.shared);
        let before = batch.len();
        while let Some(room) = batch.vacant() {
            let Some(packet) = shared.outgoing.pop_front() else {
                break;
            };
            // As a real device does: what does not fit is cut off.
            let len = packet.len().min(room.len());
            room[..len].copy_from_slice(&packet[..len]);
            batch.commit(len);
        }
        Ok(batch.len() - before)
    }

    fn write_batch(&mut self, received: &Received) -> io::Result<Written> {
        let mut shared = lock(&self.shared);
        let count = received.packet_count();
        if shared.refuse {
            return Ok(Written {
                packets: 0,
                dropped: count,
            });
        }
        shared.written.extend(received.packets().map(<[u8]>::to_vec));
        if let Some(waker) = shared.watcher.take() {
            waker.wake();
        }
        Ok(Written {
            packets: count,
            dropped: 0,
        })
    }
}

impl FakeTunHandle {
    /// An application sends this packet into the tunnel.
    pub fn inject(&self, packet: &[u8]) {
        let mut shared = lock(&self.shared);
        shared.outgoing.push_back(packet.to_vec());
        if let Some(waker) = shared.reader.take() {
            waker.wake();
        }
    }

    /// Waits for the next packet that came out of the tunnel.
    pub async fn next_written(&self) -> Vec<u8> {
        poll_fn(|cx| {
            let mut shared = lock(&self.shared);
            match shared.written.pop_front() {
                Some(packet) => Poll::Ready(packet),
                None => {
                    shared.watcher = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// All packets that came out of the tunnel and were not taken yet.
    pub fn take_written(&self) -> Vec<Vec<u8>> {
        lock(&self.shared).written.drain(..).collect()
    }

    /// Packets injected that nobody has read yet.
    pub fn unread(&self) -> usize {
        lock(&self.shared).outgoing.len()
    }

    /// From now on the device refuses what is written, as an interface does that is down, or takes it again.
    pub fn refuse_writes(&self, refuse: bool) {
        lock(&self.shared).refuse = refuse;
    }
}

/// One call of a [`NetworkSetup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `prepare`
    Prepare,
    /// `apply` with its arguments.
    Apply(Interface, Box<NetworkConfig>),
    /// `attempt_reconnect`
    AttemptReconnect,
    /// `reconnected`
    Reconnected,
    /// `network_changed`
    NetworkChanged,
    /// `revert`
    Revert,
}

/// A set-up that only writes down how it was called. Clones share the record.
#[derive(Debug, Clone, Default)]
pub struct RecordingSetup {
    calls: Arc<Mutex<Vec<Call>>>,
    refuse_apply: bool,
}

impl RecordingSetup {
    /// An empty record.
    pub fn new() -> Self {
        Self::default()
    }

    /// A set-up whose `apply` fails for lack of rights.
    pub fn refusing() -> Self {
        Self {
            refuse_apply: true,
            ..Self::default()
        }
    }

    /// The calls so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.calls).clone()
    }

    fn record(&self, call: Call) -> SetupFuture<'static> {
        lock(&self.calls).push(call);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl NetworkSetup for RecordingSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        self.record(Call::Prepare)
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        let recorded = self.record(Call::Apply(interface.clone(), Box::new(config.clone())));
        if self.refuse_apply {
            return Box::pin(std::future::ready(Err(SetupError::NotPermitted {
                action: format!("cannot add routes to {}", interface.name),
                place: None,
                hint: None,
            })));
        }
        recorded
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        self.record(Call::AttemptReconnect)
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        self.record(Call::Reconnected)
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        self.record(Call::NetworkChanged)
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        self.record(Call::Revert)
    }
}

/// A panic of another thread leaves nothing half-done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::packet::MAX_PACKETS;

    #[tokio::test]
    async fn an_injected_packet_wakes_the_reader() {
        let (mut tun, handle) = FakeTun::new("fake0");
        let mut batch = Batch::new(100);
        assert_eq!(tun.read_batch(&mut batch).expect("read"), 0);
        let reader = tokio::spawn(async move {
            poll_fn(|cx| tun.poll_readable(cx)).await.expect("readable");
            tun.read_batch(&mut batch).expect("read");
            batch.packets().map(<[u8]>::to_vec).collect::<Vec<_>>()
        });
        tokio::task::yield_now().await;
        assert!(!reader.is_finished());
        handle.inject(&[0x45, 1]);
        let packets = tokio::time::timeout(LIMIT, reader)
            .await
            .expect("woken")
            .expect("task");
        assert_eq!(packets, [[0x45, 1]]);
        assert_eq!(handle.unread(), 0);
    }

    #[tokio::test]
    async fn a_written_packet_wakes_the_watcher() {
        let (mut tun, handle) = FakeTun::new("fake0");
        let watcher = tokio::spawn({
            let handle = handle.clone();
            async move { handle.next_written().await }
        });
        tokio::task::yield_now().await;
        let mut received = Received::new(100);
        assert!(received.spill(b"one") && received.spill(b"two"));
        let all = Written {
            packets: 2,
            dropped: 0,
        };
        assert_eq!(tun.write_batch(&received).expect("write"), all);
        assert_eq!(
            tokio::time::timeout(LIMIT, watcher)
                .await
                .expect("woken")
                .expect("task"),
            b"one"
        );
        assert_eq!(handle.take_written(), [b"two"]);
        handle.refuse_writes(true);
        assert_eq!(tun.write_batch(&received).expect("write").dropped, 2);
    }

    #[tokio::test]
    async fn a_full_batch_leaves_the_device_readable() {
        let (mut tun, handle) = FakeTun::new("fake0");
        for _ in 0..=MAX_PACKETS {
            handle.inject(&[0x45; 200]);
        }
        let mut batch = Batch::new(100);
        assert_eq!(tun.read_batch(&mut batch).expect("read"), MAX_PACKETS);
        assert!(
            batch.packets().all(|packet| packet.len() == 100),
            "cut as a device does"
        );
        poll_fn(|cx| tun.poll_readable(cx)).await.expect("still readable");
        batch.clear();
        assert_eq!(tun.read_batch(&mut batch).expect("read"), 1);
        assert_eq!(tun.name(), "fake0");
    }

    #[tokio::test]
    async fn calls_are_recorded_in_order() {
        let record = RecordingSetup::new();
        let mut setup: Box<dyn NetworkSetup> = Box::new(record.clone());
        setup.prepare().await.expect("recorded");
        setup.revert(Farewell::Requested).await.expect("recorded");
        assert_eq!(record.calls(), [Call::Prepare, Call::Revert]);
    }

    const LIMIT: Duration = Duration::from_secs(5);
}
