//! The control socket: others ask a running tunnel how it is, and tell it to end (`cli.md §14`).
//!
//! One JSON request in a line, an answer in a line. Whoever asks may be slow, mistaken or ill-natured: the tunnel never
//! waits for it.

mod client;
mod orders;
mod request;

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixListener as StdListener;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::debug;

pub use self::orders::{Orders, WithOrders};
use super::signals::Request;
use super::status::Board;

/// Tells whether who is behind a connection may ask.
pub type Admits = Box<dyn Fn(BorrowedFd<'_>) -> bool + Send>;

/// The control socket being served, beside whatever else the program does.
#[derive(Debug)]
pub struct Control {
    task: JoinHandle<()>,
    closing: watch::Sender<bool>,
}

/// What all clients share.
struct Desk {
    board: Board,
    orders: mpsc::Sender<Request>,
    /// Clients that listen to news.
    listeners: AtomicUsize,
}

impl Control {
    /// Serves a socket that listens. What clients order comes out of [`Orders`]. Must be called inside a tokio runtime.
    pub fn open(listener: StdListener, board: Board, admits: Admits) -> io::Result<(Self, Orders)> {
        listener.set_nonblocking(true)?;
        let listener = UnixListener::from_std(listener)?;
        let (sender, receiver) = mpsc::channel(MAX_ORDERS);
        let desk = Arc::new(Desk {
            board,
            orders: sender,
            listeners: AtomicUsize::new(0),
        });
        let (closing, closed) = watch::channel(false);
        let task = tokio::spawn(serve(listener, desk, admits, closed));
        Ok((Self { task, closing }, Orders::new(receiver)))
    }

    /// Takes no more clients; those that listen get what is left to tell, within this time.
    pub async fn close(mut self, patience: Duration) {
        self.closing.send_replace(true);
        if timeout(patience, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

async fn serve(listener: UnixListener, desk: Arc<Desk>, admits: Admits, mut closed: watch::Receiver<bool>) {
    let mut clients = JoinSet::new();
    let closing = closed.clone();
    loop {
        tokio::select! {
            () = self::closed(&mut closed) => break,
            accepted = listener.accept(), if clients.len() < MAX_CLIENTS => match accepted {
                Ok((stream, _)) if admits(stream.as_fd()) => {
                    clients.spawn(client::attend(stream, Arc::clone(&desk), closing.clone()));
                }
                Ok((stream, _)) => refuse(&stream),
                Err(error) => {
                    debug!(%error, "control socket");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = clients.join_next() => {}
        }
    }
    drop(listener);
    while clients.join_next().await.is_some() {}
}

/// Ready when the program ends.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // an error says that nobody can close any more, which is the same
    drop(closing.wait_for(|closed| *closed).await);
}

/// Whoever it is may read this or not.
fn refuse(stream: &UnixStream) {
    let line = request::refusal("not_allowed", "this tunnel belongs to another user");
    drop(stream.try_write(line.as_bytes()));
}

/// Clients at a time; more have to wait until one of them goes, and idle ones are sent away.
const MAX_CLIENTS: usize = 32;

/// Orders that may wait for the tunnel.
const MAX_ORDERS: usize = 8;

/// Without descriptors, for example, accepting fails over and over.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests;
