//! The user-space stack as device and set-up of the driver.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep};

use super::stack::Stack;
use crate::config::NetworkConfig;
use crate::packet::{Batch, Received};
use crate::platform::{Farewell, Interface, NetworkSetup, SetupFuture, TunDevice, Written};

/// The side of the stack that the tunnel is on.
pub(super) struct StackDevice {
    stack: Arc<Stack>,
    timer: Pin<Box<Sleep>>,
}

impl StackDevice {
    pub(super) fn new(stack: Arc<Stack>) -> Self {
        Self {
            stack,
            timer: Box::pin(tokio::time::sleep_until(Instant::now())),
        }
    }
}

impl TunDevice for StackDevice {
    fn name(&self) -> &str {
        "socks"
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.stack.lock();
        inner.watch(cx.waker());
        let Some(delay) = inner.delay() else {
            return Poll::Pending;
        };
        if !delay.is_zero() {
            self.timer.as_mut().reset(Instant::now() + delay);
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
        inner.due();
        Poll::Ready(Ok(()))
    }

    fn read_batch(&mut self, batch: &mut Batch) -> io::Result<usize> {
        Ok(self.stack.lock().read(batch))
    }

    fn write_batch(&mut self, received: &Received) -> io::Result<Written> {
        self.stack.lock().write(received);
        Ok(Written {
            packets: received.packet_count(),
            dropped: 0,
        })
    }
}

/// Gives the stack its configuration. Nothing of this machine is touched.
pub(super) struct StackSetup(pub(super) Arc<Stack>);

impl NetworkSetup for StackSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        self.0.configure(config, interface.mtu);
        if config.dns.is_empty() {
            tracing::warn!(
                "the gateway names no name servers, so the proxy knows addresses only; --dns-server IP"
            );
        }
        done()
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        done()
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        self.0.close();
        done()
    }
}

fn done<'a>() -> SetupFuture<'a> {
    Box::pin(std::future::ready(Ok(())))
}
