//! The set-up as the process without rights sees it: every step is an order to the other one.

use std::io;

use super::Keeper;
use super::order::{Answer, Order, Request};
use super::wire::Wire;
use crate::config::NetworkConfig;
use crate::platform::{Farewell, Interface, NetworkSetup, SetupError, SetupFuture};

/// A set-up that another process carries out. A step whose future is dropped ends when the next is asked for.
pub struct KeptSetup {
    wire: Wire,
    number: u64,
    /// Dropped last: waits for the other process.
    _keeper: Keeper,
}

impl KeptSetup {
    pub(super) fn new(keeper: Keeper, device: &str) -> io::Result<Self> {
        let mut wire = Wire::new(keeper.stream.try_clone()?)?;
        // goes out with the first step
        wire.put(&Request {
            number: 0,
            order: Order::Device {
                name: device.to_owned(),
            },
        })?;
        Ok(Self {
            wire,
            number: 0,
            _keeper: keeper,
        })
    }

    async fn ask(&mut self, order: Order) -> Result<(), SetupError> {
        match self.exchange(order).await {
            Ok(None) => Ok(()),
            Ok(Some(error)) => Err(SetupError::Told(Box::new(error))),
            Err(source) => Err(SetupError::System {
                action: "the process that keeps the rights is gone".to_owned(),
                source,
            }),
        }
    }

    async fn exchange(&mut self, order: Order) -> io::Result<Option<crate::error::Error>> {
        self.number += 1;
        self.wire.put(&Request {
            number: self.number,
            order,
        })?;
        self.wire.flush().await?;
        loop {
            match self.wire.next::<Answer>().await? {
                Some(answer) if answer.number == self.number => return Ok(answer.error),
                // of a step that nobody waited for
                Some(_) => {}
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

impl NetworkSetup for KeptSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(self.ask(Order::Prepare))
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        Box::pin(self.ask(Order::Apply {
            interface: interface.clone(),
            config: Box::new(config.clone()),
        }))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        Box::pin(self.ask(Order::AttemptReconnect))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(self.ask(Order::Reconnected))
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        Box::pin(self.ask(Order::NetworkChanged))
    }

    fn revert(&mut self, farewell: Farewell) -> SetupFuture<'_> {
        Box::pin(self.ask(Order::Revert { farewell }))
    }
}
