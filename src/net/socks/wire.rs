//! Where the user-space stack meets the packet arenas.

use std::collections::VecDeque;

use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::packet::Batch;

/// The way out: packets are written straight into the batch.
pub(super) struct Egress<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) mtu: usize,
}

/// The way in: one packet, and room for the answers the stack gives at once.
pub(super) struct Ingress<'a> {
    pub(super) packet: Option<&'a [u8]>,
    pub(super) replies: &'a mut VecDeque<Vec<u8>>,
    pub(super) mtu: usize,
}

/// A packet on its way in.
pub(super) struct Packet<'a>(&'a [u8]);

/// Room in the batch for one packet.
pub(super) struct Slot<'a>(&'a mut Batch);

/// Room for one answer.
pub(super) struct Reply<'a>(&'a mut VecDeque<Vec<u8>>);

/// Nothing comes in this way.
pub(super) enum Never {}

impl Device for Egress<'_> {
    type RxToken<'a>
        = Never
    where
        Self: 'a;
    type TxToken<'a>
        = Slot<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Never, Slot<'_>)> {
        None
    }

    fn transmit(&mut self, _: Instant) -> Option<Slot<'_>> {
        (!self.batch.is_full()).then_some(Slot(self.batch))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        capabilities(self.mtu)
    }
}

impl Device for Ingress<'_> {
    type RxToken<'a>
        = Packet<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Reply<'a>
    where
        Self: 'a;

    fn receive(&mut self, _: Instant) -> Option<(Packet<'_>, Reply<'_>)> {
        let packet = self.packet.take()?;
        Some((Packet(packet), Reply(self.replies)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Reply<'_>> {
        Some(Reply(self.replies))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        capabilities(self.mtu)
    }
}

impl RxToken for Packet<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(self.0)
    }
}

impl RxToken for Never {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, _: F) -> R {
        match self {}
    }
}

impl TxToken for Slot<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let Some(room) = self.0.vacant().and_then(|room| room.get_mut(..len)) else {
            // larger than any MTU the link allows; the stack's retransmission finds no better place either
            return write(&mut vec![0; len]);
        };
        let result = write(room);
        self.0.commit(len);
        result
    }
}

impl TxToken for Reply<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut packet = vec![0; len];
        let result = write(&mut packet);
        if self.0.len() < MAX_REPLIES {
            self.0.push_back(packet);
        }
        result
    }
}

/// What the stack is told of its device.
pub(super) fn capabilities(mtu: usize) -> DeviceCapabilities {
    let mut capabilities = DeviceCapabilities::default();
    capabilities.medium = Medium::Ip;
    capabilities.max_transmission_unit = mtu;
    capabilities
}

/// Answers that wait for the tunnel; more are dropped. They are resets and acknowledgements, and nobody relies on them.
const MAX_REPLIES: usize = 256;
