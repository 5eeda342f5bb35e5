//! Names are looked up inside, with the VPN's name servers and search domains, and nowhere else.
//!
//! Also when the tunnel is split: who gives a name to this proxy (`--socks5-hostname`) wants it inside, and a name of the
//! inside that was asked for outside would tell strangers what is there.

use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use smoltcp::iface::SocketHandle;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::dns::{self, Answer};
use super::stack::{NoConnection, Stack, Surroundings, endpoint};
use super::stream::Stream;
use crate::net::random::KernelRandom;
use crate::random::RandomSource;

/// Looks up names and remembers them for a while.
pub(super) struct Names {
    stack: Arc<Stack>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Whose answers they are.
    servers: Vec<Ipv4Addr>,
    names: HashMap<String, (Vec<Ipv4Addr>, Instant)>,
}

/// Why a name has no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoAddress {
    #[error("no such name inside")]
    Unknown,
    #[error("the VPN has no name server; --dns-server IP")]
    NoServer,
    #[error("no name server inside answers")]
    NoAnswer,
}

impl Names {
    pub(super) fn new(stack: Arc<Stack>) -> Self {
        Self {
            stack,
            known: Mutex::default(),
        }
    }

    /// The addresses of a name, at least one.
    pub(super) async fn look_up(
        &self,
        name: &str,
        around: &Surroundings,
    ) -> Result<Vec<Ipv4Addr>, NoAddress> {
        if around.servers.is_empty() {
            return Err(NoAddress::NoServer);
        }
        let mut outcome = Err(NoAddress::Unknown);
        for full in full_names(name, &around.domains) {
            if let Some(addresses) = self.remembered(&full, around) {
                return Ok(addresses);
            }
            match timeout(NAME_LIMIT, self.ask_all(&full, around)).await {
                Ok(Answer::Addresses(addresses, lifetime)) => {
                    self.remember(full, &addresses, lifetime, around);
                    return Ok(addresses);
                }
                Ok(Answer::Nothing) => {}
                Ok(Answer::Failure | Answer::Truncated) | Err(_) => outcome = Err(NoAddress::NoAnswer),
            }
        }
        outcome
    }

    async fn ask_all(&self, name: &str, around: &Surroundings) -> Answer {
        for wait in WAITS {
            for server in around.servers.iter().take(MAX_SERVERS) {
                match self.ask(name, *server, wait).await {
                    Some(answer @ (Answer::Addresses(..) | Answer::Nothing)) => return answer,
                    Some(Answer::Failure | Answer::Truncated) | None => {
                        tracing::debug!(%server, "name server does not tell");
                    }
                }
            }
        }
        Answer::Failure
    }

    async fn ask(&self, name: &str, server: Ipv4Addr, wait: Duration) -> Option<Answer> {
        let mut id = [0; 2];
        KernelRandom::default().fill(&mut id);
        let Some(question) = dns::question(u16::from_be_bytes(id), name) else {
            return Some(Answer::Nothing);
        };
        let server = SocketAddrV4::new(server, PORT);
        let answer = timeout(wait, self.by_datagram(&question, server)).await.ok()??;
        if answer != Answer::Truncated {
            return Some(answer);
        }
        timeout(STREAM_LIMIT, self.by_stream(&question, server))
            .await
            .ok()?
            .ok()
    }

    async fn by_datagram(&self, question: &[u8], server: SocketAddrV4) -> Option<Answer> {
        let talk = Talk::begin(&self.stack, question, server).ok()?;
        poll_fn(|cx| talk.poll_answer(cx)).await
    }

    async fn by_stream(&self, question: &[u8], server: SocketAddrV4) -> io::Result<Answer> {
        let stream = Stream::connect(&self.stack, server, STREAM_LIMIT).await;
        let mut stream = stream.map_err(io::Error::other)?;
        let len = u16::try_from(question.len()).map_err(io::Error::other)?;
        stream.write_all(&[&len.to_be_bytes(), question].concat()).await?;
        let mut message = vec![0; stream.read_u16().await?.into()];
        stream.read_exact(&mut message).await?;
        dns::answer(question, &message).ok_or(io::ErrorKind::InvalidData.into())
    }

    fn remembered(&self, name: &str, around: &Surroundings) -> Option<Vec<Ipv4Addr>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (addresses, until) = known.names.get(name)?;
        (known.servers == around.servers && *until > Instant::now()).then(|| addresses.clone())
    }

    fn remember(&self, name: String, addresses: &[Ipv4Addr], lifetime: u32, around: &Surroundings) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if known.servers != around.servers || known.names.len() >= MAX_NAMES {
            known.names.clear();
            known.servers.clone_from(&around.servers);
        }
        let until = now + Duration::from_secs(lifetime.into()).min(LONGEST_MEMORY);
        known.names.insert(name, (addresses.to_vec(), until));
    }
}

/// One question by datagram.
struct Talk<'a> {
    stack: &'a Stack,
    handle: SocketHandle,
    question: &'a [u8],
    server: SocketAddrV4,
}

impl<'a> Talk<'a> {
    fn begin(stack: &'a Stack, question: &'a [u8], server: SocketAddrV4) -> Result<Self, NoConnection> {
        let mut inner = stack.lock();
        let handle = inner.converse()?;
        let talk = Self {
            stack,
            handle,
            question,
            server,
        };
        let sent = inner.udp(handle).send_slice(question, endpoint(server));
        inner.touch();
        drop(inner);
        sent.map_err(|_| NoConnection::Network).map(|()| talk)
    }

    /// Whatever else comes is passed over.
    fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        let mut inner = self.stack.lock();
        let socket = inner.udp(self.handle);
        while let Ok((message, from)) = socket.recv() {
            if from.endpoint == endpoint(self.server)
                && let Some(answer) = dns::answer(self.question, message)
            {
                return Poll::Ready(Some(answer));
            }
        }
        socket.register_recv_waker(cx.waker());
        Poll::Pending
    }
}

impl Drop for Talk<'_> {
    fn drop(&mut self) {
        self.stack.lock().release_udp(self.handle);
    }
}

/// The names to ask for, the likeliest first: one without a dot is short for one of a domain, one with a final dot is
/// complete.
fn full_names(name: &str, domains: &[String]) -> Vec<String> {
    let name = name.to_ascii_lowercase();
    if name.ends_with('.') {
        return vec![name];
    }
    let search = domains.iter().filter(|domain| !domain.starts_with('~'));
    let mut names: Vec<String> = search
        .take(MAX_DOMAINS)
        .map(|domain| format!("{name}.{}", domain.trim_matches('.').to_ascii_lowercase()))
        .collect();
    let place = if name.contains('.') { 0 } else { names.len() };
    names.insert(place, name);
    names
}

const PORT: u16 = 53;
/// As resolvers of the system have it.
const MAX_SERVERS: usize = 3;
const MAX_DOMAINS: usize = 6;
/// How long each server may take, in the first and in the second round.
const WAITS: [Duration; 2] = [Duration::from_millis(1500), Duration::from_secs(3)];
/// For an answer that does not fit into a datagram.
const STREAM_LIMIT: Duration = Duration::from_secs(5);
/// For one name, whatever happens.
const NAME_LIMIT: Duration = Duration::from_secs(15);
const MAX_NAMES: usize = 512;
const LONGEST_MEMORY: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_looked_for_in_the_domains_first() {
        let domains = ["corp.example", "~lab.example", ".x.example."].map(str::to_owned);
        for (name, expected) in [
            ("Wiki", &["wiki.corp.example", "wiki.x.example", "wiki"][..]),
            ("a.b", &["a.b", "a.b.corp.example", "a.b.x.example"]),
            ("a.b.", &["a.b."]),
        ] {
            assert_eq!(full_names(name, &domains), expected);
        }
    }
}
