//! Notices when an interface is deleted by another program.
//!
//! The descriptor of a TUN device tells of it by EPOLLERR alone, and may do so before anybody can see it: a reader that
//! waits is not woken. The kernel's messages about links are reliable.

use std::ffi::{CStr, c_char};
use std::io;
use std::task::{Context, Poll, ready};

use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_ROUTE;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::namespace::{Namespace, inside};

/// Watches one interface.
#[derive(Debug)]
pub(super) struct DeletionWatch {
    socket: AsyncFd<Socket>,
    device: u32,
    namespace: Option<Namespace>,
}

impl DeletionWatch {
    /// Begins to watch the interface with this index of a namespace, or of ours. Must be called inside a tokio runtime.
    #[expect(unsafe_code, reason = "tokio registers by number")]
    pub(super) fn new(device: u32, namespace: Option<&Namespace>) -> io::Result<Self> {
        let mut socket = inside(namespace, || Socket::new(NETLINK_ROUTE))?;
        socket.bind_auto()?;
        socket.add_membership(libc::RTNLGRP_LINK)?;
        socket.set_non_blocking(true)?;
        // SAFETY: the socket owns its descriptor, stays open and gives the same number while the `AsyncFd` owns it.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }?;
        Ok(Self {
            socket,
            device,
            namespace: namespace.cloned(),
        })
    }

    /// Ready when the interface is gone.
    pub(super) fn poll_deleted(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut news = ready!(self.socket.poll_read_ready(cx))?;
            self.forget_messages();
            news.clear_ready();
            if !self.is_there() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn is_there(&self) -> bool {
        // one that cannot be looked for is there until reading it fails
        inside(self.namespace.as_ref(), || Ok(interface_name(self.device)))
            .map_or(true, |name| name.is_some())
    }

    /// What the messages say does not matter, they may even have been dropped (ENOBUFS): the kernel is asked instead.
    fn forget_messages(&self) {
        let mut room = [0; 512];
        loop {
            match self.socket.get_ref().recv(&mut &mut room[..], 0) {
                Ok(_) => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
                Err(_) => return,
            }
        }
    }
}

/// The name of the interface with this index, if there is one.
#[expect(unsafe_code, reason = "if_indextoname(3) has no safe form in std")]
pub(super) fn interface_name(device: u32) -> Option<String> {
    let mut name: [c_char; libc::IFNAMSIZ] = [0; libc::IFNAMSIZ];
    // SAFETY: the buffer has the length the function asks for.
    if unsafe { libc::if_indextoname(device, name.as_mut_ptr()) }.is_null() {
        return None;
    }
    // signed or not depends on the machine
    let octets = name.map(|octet| u8::from_ne_bytes(octet.to_ne_bytes()));
    let name = CStr::from_bytes_until_nul(&octets).ok()?;
    Some(name.to_string_lossy().into_owned())
}
