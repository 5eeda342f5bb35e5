//! The listener, and what becomes of each program that connects to it.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::copy_bidirectional_with_sizes;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::names::{Names, NoAddress};
use super::request::{self, BadRequest, Host, Language, Refusal, Target};
use super::stack::{MAX_CONNECTIONS, NoConnection, Stack, Surroundings};
use super::stream::Stream;

/// Serves programs for ever, from when the tunnel is up. Dropped, it ends all connections.
pub(super) async fn serve(listener: TcpListener, stack: Arc<Stack>) {
    stack.surroundings().await;
    let names = Arc::new(Names::new(Arc::clone(&stack)));
    let mut programs = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if programs.len() < MAX_PROGRAMS => match accepted {
                Ok((program, _)) => {
                    programs.spawn(attend(program, Arc::clone(&stack), Arc::clone(&names)));
                }
                Err(error) => {
                    tracing::warn!(%error, "the proxy cannot take a connection");
                    sleep(BREATH).await;
                }
            },
            Some(_) = programs.join_next() => {}
        }
    }
}

async fn attend(mut program: TcpStream, stack: Arc<Stack>, names: Arc<Names>) {
    // what is passed on is not held back; without it things are only slower
    drop(program.set_nodelay(true));
    let Ok(outcome) = timeout(REQUEST_LIMIT, request::read(&mut program)).await else {
        return tracing::debug!("the proxy waits no longer for a request");
    };
    let (language, refusal) = match outcome {
        Ok((language, target)) => match open(&target, &stack, &names).await {
            Ok(stream) => return pass(program, language, stream).await,
            Err(refusal) => (language, refusal),
        },
        Err(BadRequest::Refused(language, refusal)) => (language, refusal),
        Err(error) => return tracing::debug!(%error, "the proxy does not understand a program"),
    };
    // a program that has gone misses nothing
    drop(timeout(REQUEST_LIMIT, request::refuse(&mut program, language, refusal)).await);
}

/// Connects to the first address that answers.
async fn open(target: &Target, stack: &Arc<Stack>, names: &Names) -> Result<Stream, Refusal> {
    let around = stack.surroundings().await.ok_or(Refusal::NetworkUnreachable)?;
    let addresses = match &target.host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => names.look_up(name, &around).await.map_err(|error| {
            tracing::debug!(name, %error, "the proxy cannot look up a name");
            no_address(error)
        })?,
    };
    let mut refusal = Refusal::HostUnreachable;
    // the last one has the usual time; one of several that is silent must not use it up
    let mut left = addresses.len();
    for address in addresses {
        left -= 1;
        let limit = if left == 0 { CONNECT_LIMIT } else { FIRST_LIMIT };
        let to = SocketAddrV4::new(address, target.port);
        match connect(to, stack, &around, limit).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                tracing::debug!(%to, %error, "the proxy cannot connect");
                refusal = no_connection(error);
            }
        }
    }
    Err(refusal)
}

async fn connect(
    to: SocketAddrV4,
    stack: &Arc<Stack>,
    around: &Surroundings,
    limit: Duration,
) -> Result<Stream, NoConnection> {
    if !around.scope.holds(*to.ip()) {
        return Err(NoConnection::Outside);
    }
    Stream::connect(stack, to, limit).await
}

/// Passes octets on in both directions, and the end of each. A reset on one side becomes one on the other.
async fn pass(mut program: TcpStream, language: Language, mut stream: Stream) {
    let accepted = request::accept(&mut program, language, stream.local()).await;
    if accepted.is_err() {
        return;
    }
    let passed = copy_bidirectional_with_sizes(&mut program, &mut stream, COPY_BUFFER, COPY_BUFFER).await;
    if let Err(error) = passed {
        tracing::debug!(%error, "a connection of the proxy ended early");
        drop(socket2::SockRef::from(&program).set_linger(Some(Duration::ZERO)));
    }
}

fn no_connection(error: NoConnection) -> Refusal {
    match error {
        NoConnection::TooMany => Refusal::General,
        NoConnection::Outside | NoConnection::Forbidden => Refusal::NotAllowed,
        NoConnection::Refused => Refusal::Refused,
        NoConnection::Network => Refusal::NetworkUnreachable,
        NoConnection::Host => Refusal::HostUnreachable,
        NoConnection::Silence => Refusal::TimedOut,
    }
}

fn no_address(error: NoAddress) -> Refusal {
    match error {
        NoAddress::Unknown | NoAddress::NoServer => Refusal::HostUnreachable,
        NoAddress::NoAnswer => Refusal::TimedOut,
    }
}

/// Programs at a time. More wait in the queue of the listener; those beyond the connections of the stack are told.
const MAX_PROGRAMS: usize = MAX_CONNECTIONS + 64;

/// How long a program may take for its request.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection may take to be made, the last try or the only one.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// The same while there are other addresses.
const FIRST_LIMIT: Duration = Duration::from_secs(5);

/// Octets taken at once, each way.
const COPY_BUFFER: usize = 64 * 1024;

/// After a failure to accept, such as too many open files.
const BREATH: Duration = Duration::from_millis(200);
