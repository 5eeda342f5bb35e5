//! Orders of clients, merged with the signals of the user.

use std::task::{Context, Poll};

use tokio::sync::mpsc;

use crate::net::signals::{Request, Requests};

/// What clients of the control socket order.
#[derive(Debug)]
pub struct Orders(Option<mpsc::Receiver<Request>>);

impl Orders {
    pub(super) fn new(receiver: mpsc::Receiver<Request>) -> Self {
        Self(Some(receiver))
    }

    /// Nobody orders anything.
    pub fn none() -> Self {
        Self(None)
    }
}

impl Requests for Orders {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request> {
        let Some(receiver) = &mut self.0 else {
            return Poll::Pending;
        };
        match receiver.poll_recv(cx) {
            Poll::Ready(Some(request)) => Poll::Ready(request),
            Poll::Ready(None) => {
                self.0 = None;
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Signals first, then orders.
#[derive(Debug)]
pub struct WithOrders<S> {
    signals: S,
    orders: Orders,
}

impl<S> WithOrders<S> {
    /// Merges the two.
    pub fn new(signals: S, orders: Orders) -> Self {
        Self { signals, orders }
    }
}

impl<S: Requests> Requests for WithOrders<S> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Request> {
        match self.signals.poll_next(cx) {
            Poll::Ready(request) => Poll::Ready(request),
            Poll::Pending => self.orders.poll_next(cx),
        }
    }
}
