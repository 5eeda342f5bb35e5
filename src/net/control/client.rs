//! One client of the control socket.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};
use tracing::debug;

use super::Desk;
use super::request::{self, Asked};
use crate::net::status::{News, Stamped};

/// Answers a client until it goes, is idle or takes nothing, or the program ends.
pub(super) async fn attend(stream: UnixStream, desk: Arc<Desk>, mut closing: watch::Receiver<bool>) {
    let mut client = Client {
        stream,
        desk,
        waiting: Vec::new(),
    };
    loop {
        let line = tokio::select! {
            line = timeout(IDLE, client.line()) => line,
            () = super::closed(&mut closing) => return,
        };
        let Ok(Ok(Some(line))) = line else { return };
        if client.answer(&line, &mut closing).await.is_err() {
            return;
        }
    }
}

struct Client {
    stream: UnixStream,
    desk: Arc<Desk>,
    /// Octets behind the last line.
    waiting: Vec<u8>,
}

impl Client {
    /// The next line; `None` at the end.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.waiting.iter().position(|octet| *octet == b'\n') {
                let behind = self.waiting.split_off(end + 1);
                let mut line = std::mem::replace(&mut self.waiting, behind);
                line.pop();
                return Ok(Some(line));
            }
            if self.waiting.len() >= MAX_LINE {
                let too_long = request::refusal("bad_request", "a request has at most 4 KiB");
                self.send(&too_long).await?;
                return Ok(None);
            }
            let mut piece = [0; PIECE];
            match self.stream.read(&mut piece).await? {
                0 => return Ok(None),
                read => self.waiting.extend(piece.iter().take(read)),
            }
        }
    }

    async fn answer(&mut self, line: &[u8], closing: &mut watch::Receiver<bool>) -> io::Result<()> {
        let asked = match Asked::read(line) {
            Ok(asked) => asked,
            Err(error) => {
                debug!(%error, "control socket: not understood");
                let text = "not a request: {\"request\":\"status\"} and so on, one in a line";
                return self.send(&request::refusal("bad_request", text)).await;
            }
        };
        match asked {
            Asked::Status => {
                let line = request::line(&self.desk.board.status());
                self.send(&line).await
            }
            Asked::Stats => {
                let line = request::statistics(&self.desk.board.status());
                self.send(&line).await
            }
            Asked::Events => self.tell_all(closing).await,
            Asked::Disconnect { .. } | Asked::Reconnect => {
                let line = self.order(asked);
                self.send(&line).await
            }
        }
    }

    fn order(&self, asked: Asked) -> String {
        match asked.order(self.desk.board.status().state) {
            Ok(None) => request::done(),
            Ok(Some(request)) => match self.desk.orders.try_send(request) {
                Ok(()) => request::done(),
                Err(_) => request::refusal("busy", "too much was asked already"),
            },
            Err(why) => request::refusal("not_connected", why),
        }
    }

    /// The state, then news until the client has gone or the program ends.
    async fn tell_all(&mut self, closing: &mut watch::Receiver<bool>) -> io::Result<()> {
        let desk = Arc::clone(&self.desk);
        let Some(_place) = Place::take(&desk) else {
            let line = request::refusal("busy", "too many are listening");
            return self.send(&line).await;
        };
        // first the listening, so that nothing is missed between the two
        let mut news = desk.board.listen();
        let status = Box::new(desk.board.status());
        self.send_news(&desk.board.stamp(News::State { status })).await?;
        loop {
            tokio::select! {
                biased;
                told = news.recv() => match told {
                    Ok(told) => self.send_news(&told).await?,
                    Err(RecvError::Lagged(count)) => self.send_missed(count).await?,
                    Err(RecvError::Closed) => return Err(io::ErrorKind::BrokenPipe.into()),
                },
                () = super::closed(closing) => return self.tell_rest(&mut news).await,
                () = sleep(LOOK) => if has_gone(&self.stream) {
                    return Err(io::ErrorKind::BrokenPipe.into());
                },
            }
        }
    }

    async fn tell_rest(&mut self, news: &mut broadcast::Receiver<Stamped>) -> io::Result<()> {
        loop {
            match news.try_recv() {
                Ok(told) => self.send_news(&told).await?,
                Err(TryRecvError::Lagged(count)) => self.send_missed(count).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            }
        }
    }

    async fn send_missed(&mut self, count: u64) -> io::Result<()> {
        let missed = self.desk.board.stamp(News::Missed { count });
        self.send_news(&missed).await
    }

    async fn send_news(&mut self, news: &Stamped) -> io::Result<()> {
        self.send(&request::line(news)).await
    }

    async fn send(&mut self, line: &str) -> io::Result<()> {
        let sent = timeout(SLOWEST, self.stream.write_all(line.as_bytes())).await;
        sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// A place among those who listen.
struct Place<'a>(&'a Desk);

impl<'a> Place<'a> {
    fn take(desk: &'a Desk) -> Option<Self> {
        let before = desk.listeners.fetch_add(1, Ordering::Relaxed);
        // given back by its end
        let place = Self(desk);
        (before < MAX_LISTENERS).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.listeners.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A client may close its side after the request and still listen, so the end of its input says nothing.
fn has_gone(stream: &impl AsFd) -> bool {
    let mut polled = [PollFd::new(stream, PollFlags::empty())];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    match poll(&mut polled, Some(&at_once)) {
        Ok(0) | Err(_) => false,
        Ok(_) => true,
    }
}

/// Longest request.
const MAX_LINE: usize = 4096;

/// Octets read at once.
const PIECE: usize = 1024;

/// A client that asks nothing for this long is sent away.
const IDLE: Duration = Duration::from_secs(3);

/// A client that does not take an answer within this time is sent away.
const SLOWEST: Duration = Duration::from_secs(5);

/// How often it is looked whether a listener is still there.
const LOOK: Duration = Duration::from_secs(10);

/// Some places must be left for those who ask.
const MAX_LISTENERS: usize = 16;
