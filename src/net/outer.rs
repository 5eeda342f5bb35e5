//! What the sockets to the gateway are given before they connect: an interface, and a mark for policy routing.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpSocket, TcpStream};

use super::settings::OuterSettings;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;

impl OuterSettings {
    /// Finds out whether sockets can be given this, before anybody signs in for nothing.
    ///
    /// # Errors
    /// For the user: no such interface, or no right to mark packets or to bind to an interface.
    pub fn check(&self) -> Result<(), Error> {
        if self.interface.is_none() && self.mark.is_none() {
            return Ok(());
        }
        let socket = Socket::new(Domain::IPV4, Type::DGRAM.cloexec(), None).map_err(|error| {
            Error::new(
                ExitStatus::System,
                format!("cannot open a socket: {}", plain_io(&error)),
            )
        })?;
        let socket = SockRef::from(&socket);
        self.bind_interface(&socket)
            .map_err(|error| self.cannot_bind(&error))?;
        self.set_mark(&socket).map_err(|error| cannot_mark(&error))
    }

    /// Gives a socket what it needs. To be called before it is bound or connected.
    pub(super) fn dress(&self, socket: &SockRef<'_>) -> io::Result<()> {
        self.bind_interface(socket)?;
        self.set_mark(socket)
    }

    /// A TCP connection.
    pub(super) async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        self.dress(&SockRef::from(&socket))?;
        socket.connect(address).await
    }

    fn bind_interface(&self, socket: &SockRef<'_>) -> io::Result<()> {
        match &self.interface {
            Some(interface) => socket.bind_device(Some(interface.as_bytes())),
            None => Ok(()),
        }
    }

    fn set_mark(&self, socket: &SockRef<'_>) -> io::Result<()> {
        self.mark.map_or(Ok(()), |mark| socket.set_mark(mark))
    }

    fn cannot_bind(&self, error: &io::Error) -> Error {
        let name = self.interface.as_deref().unwrap_or_default();
        refused(
            error,
            format!("cannot use the interface {name}: {}", plain_io(error)),
        )
        .hint("ip link   shows the interfaces of this machine; leave out --bind-interface for any")
    }
}

fn cannot_mark(error: &io::Error) -> Error {
    let message = format!("cannot mark the packets to the gateway: {}", plain_io(error));
    refused(error, message).hint("sudo, or leave out --fwmark")
}

fn refused(error: &io::Error, message: String) -> Error {
    let status = match error.kind() == io::ErrorKind::PermissionDenied {
        true => ExitStatus::NoPermission,
        false => ExitStatus::System,
    };
    Error::new(status, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_for_is_always_possible() {
        OuterSettings::default().check().expect("no right is needed");
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let settings = OuterSettings {
            interface: Some("no-such-if0".to_owned()),
            ..OuterSettings::default()
        };
        let error = settings.check().expect_err("it is not there");
        assert!(error.message.contains("no-such-if0"), "{error}");
        assert!(
            matches!(error.status, ExitStatus::System | ExitStatus::NoPermission),
            "{error}"
        );
        assert!(error.hint.is_some_and(|hint| hint.contains("--bind-interface")));
    }

    #[test]
    fn a_missing_right_to_mark_is_told_with_a_way_out() {
        let error = cannot_mark(&io::Error::from_raw_os_error(libc::EPERM));
        assert_eq!(error.status, ExitStatus::NoPermission);
        assert_eq!(
            error.message,
            "cannot mark the packets to the gateway: operation not permitted"
        );
    }

    #[tokio::test]
    async fn connections_are_bound_to_the_interface() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let address = listener.local_addr().expect("an address");
        let settings = OuterSettings {
            interface: Some("lo".to_owned()),
            ..OuterSettings::default()
        };
        let stream = settings.connect(address).await.expect("connected");
        let bound = SockRef::from(&stream).device().expect("known");
        assert_eq!(bound.as_deref(), Some(&b"lo"[..]));
    }
}
