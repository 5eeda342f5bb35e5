//! Messages on the socket between the two processes: a length, then JSON.

use std::io::{self, Read};
use std::os::unix::net::UnixStream as Blocking;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

/// One end. What is half read or half sent when a future is dropped is gone on with by the next.
pub(super) struct Wire {
    stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
}

impl Wire {
    /// Must be called inside a tokio runtime.
    pub(super) fn new(stream: Blocking) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: UnixStream::from_std(stream)?,
            incoming: Vec::new(),
            outgoing: Vec::new(),
        })
    }

    /// Puts a message behind those that are still to be sent.
    pub(super) fn put(&mut self, message: &impl Serialize) -> io::Result<()> {
        let octets = serde_json::to_vec(message)?;
        let length = u32::try_from(octets.len()).ok().filter(|length| *length <= LIMIT);
        let length = length.ok_or_else(too_long)?;
        self.outgoing.extend(length.to_be_bytes());
        self.outgoing.extend(octets);
        Ok(())
    }

    /// Sends what was put. That the other end is closed is told by [`Wire::next`].
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(&self.outgoing) {
                Ok(sent) => drop(self.outgoing.drain(..sent)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.outgoing.clear(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next message; `None` when the other end is closed.
    pub(super) async fn next<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            self.stream.readable().await?;
            let mut room = [0; 4096];
            match self.stream.try_read(&mut room) {
                Ok(0) => return Ok(None),
                Ok(read) => self
                    .incoming
                    .extend_from_slice(room.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    fn take<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        let Some((head, rest)) = self.incoming.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = length(*head)?;
        let Some(octets) = rest.get(..length) else {
            return Ok(None);
        };
        let message = serde_json::from_slice(octets)?;
        drop(self.incoming.drain(..4 + length));
        Ok(Some(message))
    }
}

/// The next message, before there is a runtime.
pub(super) fn read_blocking<T: DeserializeOwned>(mut stream: &Blocking) -> io::Result<T> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let mut octets = vec![0; length(head)?];
    stream.read_exact(&mut octets)?;
    Ok(serde_json::from_slice(&octets)?)
}

fn length(head: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(head);
    match length <= LIMIT {
        true => usize::try_from(length).map_err(io::Error::other),
        false => Err(too_long()),
    }
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "message too long")
}

/// Twice the longest configuration that [`checked`](super::order::checked) lets through.
const LIMIT: u32 = 8 << 20;
