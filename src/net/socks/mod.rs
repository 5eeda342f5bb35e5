//! `--socks`: instead of a device, a proxy into the VPN that needs no right at all.
//!
//! A program connects to the listener and says where to (SOCKS5, or CONNECT as to an HTTP proxy). A user-space TCP/IP
//! stack makes the connection and hands its packets to the driver, for which it is the device:
//!
//! ```text
//! program ── listener ── stream ── stack ── device ── driver ── gateway
//! ```
//!
//! Names are looked up inside (`names`). Everything asked for goes into the tunnel, but not what is excluded from it
//! (`scope`). IPv4 and TCP only. Nothing runs while nothing happens: the stack's own timers are one timer of the device.

mod device;
mod dns;
mod names;
mod request;
mod scope;
mod server;
mod stack;
mod stream;
mod unreachable;
mod wire;

use std::io;
use std::net::SocketAddr;

use self::device::{StackDevice, StackSetup};
use self::stack::Stack;
use super::driver::Companion;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::{NetworkSetup, TunDevice};

/// The parts of a proxy, for the driver.
pub struct Proxy {
    /// The stack as device.
    pub device: Box<dyn TunDevice>,
    /// The stack's configuration.
    pub setup: Box<dyn NetworkSetup>,
    /// The listener.
    pub server: Companion<'static>,
}

impl Proxy {
    /// Listens at an address; programs are served when the tunnel is up. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub fn open(address: SocketAddr) -> Result<Self, Error> {
        let listener = listen(address).map_err(|error| cannot_listen(address, &error))?;
        let place = listener.local_addr().unwrap_or(address);
        if !place.ip().is_loopback() {
            tracing::warn!("whoever reaches {place} can use the VPN: the proxy asks for no password");
        }
        tracing::info!("SOCKS5 proxy at {place}, for instance  curl --socks5-hostname {place} URL");
        let stack = Stack::new();
        Ok(Self {
            device: Box::new(StackDevice::new(stack.clone())),
            setup: Box::new(StackSetup(stack.clone())),
            server: Box::pin(server::serve(listener, stack)),
        })
    }
}

fn listen(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => tokio::net::TcpSocket::new_v4(),
        SocketAddr::V6(_) => tokio::net::TcpSocket::new_v6(),
    }?;
    // connections of an earlier run that still wait for their end do not matter
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Error {
    let message = format!("cannot listen at {address}: {}", plain_io(error));
    if error.kind() == io::ErrorKind::PermissionDenied {
        return Error::new(ExitStatus::NoPermission, message).hint("a port from 1024 up:  --socks 1080");
    }
    Error::new(ExitStatus::CannotCreate, message).hint("another port:  --socks 1081")
}

/// Programs that wait to be accepted.
const QUEUE: u32 = 64;

#[cfg(test)]
mod tests;
