//! Several addresses of one name: each begins when the one before it keeps us waiting.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::net::error::NetError;

/// The first TCP connection to any of several addresses. Each has a head start over the next, which begins when the one
/// before has failed or let that time pass. Fails when all have, with the last failure.
pub(super) async fn race<F: Future<Output = Result<TcpStream, NetError>>>(
    addresses: &[SocketAddr],
    connecting: impl Fn(SocketAddr) -> F,
) -> Result<(SocketAddr, TcpStream), NetError> {
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<(SocketAddr, Pin<Box<F>>)> = Vec::new();
    let mut head_start = Box::pin(sleep(Duration::ZERO));
    let mut begin = true;
    poll_fn(|cx| {
        loop {
            if (begin || head_start.as_mut().poll(cx).is_ready())
                && let Some(address) = waiting.next()
            {
                running.push((address, Box::pin(connecting(address))));
                head_start.set(sleep(HEAD_START));
                begin = false;
                continue;
            }
            let mut failure = None;
            for (index, (address, attempt)) in running.iter_mut().enumerate() {
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(tcp)) => return Poll::Ready(Ok((*address, tcp))),
                    Poll::Ready(Err(error)) => {
                        tracing::debug!(%address, %error, "address passed over");
                        failure = Some((index, error));
                        break;
                    }
                    Poll::Pending => {}
                }
            }
            let Some((index, error)) = failure else {
                return Poll::Pending;
            };
            drop(running.swap_remove(index));
            if running.is_empty() && waiting.len() == 0 {
                return Poll::Ready(Err(error));
            }
            begin = true;
        }
    })
    .await
}

/// How long an address may be silent before the next one is tried beside it.
const HEAD_START: Duration = Duration::from_secs(2);
