//! Sleep as logind tells of it, where there is a system bus.
//!
//! A bus that is missing, refuses or hangs costs nothing but a line at level debug.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream as _;
use tokio::time::timeout;
use zbus::{Connection, MatchRule, MessageStream};

/// Waits for the end of a sleep.
pub(super) struct Logind(State);

enum State {
    Joining(Pin<Box<dyn Future<Output = zbus::Result<MessageStream>>>>),
    Listening(MessageStream),
    Absent,
}

impl Logind {
    /// Begins when polled for the first time.
    pub(super) fn new() -> Self {
        Self(State::Joining(Box::pin(join())))
    }

    /// True when the machine has woken up.
    pub(super) fn poll_resumed(&mut self, cx: &mut Context<'_>) -> bool {
        let mut resumed = false;
        loop {
            match &mut self.0 {
                State::Joining(joining) => match joining.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => self.0 = State::Listening(stream),
                    Poll::Ready(Err(error)) => {
                        tracing::debug!(%error, "logind does not tell of sleep");
                        self.0 = State::Absent;
                    }
                    Poll::Pending => return resumed,
                },
                State::Listening(stream) => match Pin::new(stream).poll_next(cx) {
                    Poll::Ready(Some(Ok(message))) => {
                        // true before a sleep, false after it
                        resumed |= message.body().deserialize() == Ok(false);
                    }
                    Poll::Ready(Some(Err(_)) | None) => {
                        tracing::debug!("the system bus is gone");
                        self.0 = State::Absent;
                    }
                    Poll::Pending => return resumed,
                },
                State::Absent => return resumed,
            }
        }
    }
}

async fn join() -> zbus::Result<MessageStream> {
    // the first round must not wait for a bus
    let mut yielded = false;
    poll_fn(|cx| match std::mem::replace(&mut yielded, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
    let listening = async {
        let bus = Connection::system().await?;
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender("org.freedesktop.login1")
            .path("/org/freedesktop/login1")
            .interface("org.freedesktop.login1.Manager")
            .member("PrepareForSleep")
            .build()?;
        MessageStream::for_match_rule(rule, &bus, None).await
    };
    match timeout(PATIENCE, listening).await {
        Ok(result) => result,
        Err(_) => Err(zbus::Error::Failure("the system bus does not answer".to_owned())),
    }
}

/// A bus that has not answered by then is left alone.
const PATIENCE: Duration = Duration::from_secs(10);
