//! The tunnel device: opened through the `tun` crate, read and written in batches on its own descriptor.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::task::{Context, Poll, ready};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tun::AbstractDevice;

use super::deletion::DeletionWatch;
use super::namespace::{Namespace, cannot_enter, inside};
use super::netlink::Netlink;
use crate::packet::{Batch, Received};
use crate::platform::{SetupError, TunDevice, Written, privilege};

/// Name pattern when none is given; the kernel puts the first free number in.
pub const DEFAULT_NAME: &str = "tun%d";

/// A layer-3 TUN device without packet information and with one queue.
#[derive(Debug)]
pub struct LinuxTun {
    name: String,
    file: AsyncFd<File>,
    /// Absent when the kernel's messages cannot be had.
    deletion: Option<DeletionWatch>,
    existed: bool,
}

impl LinuxTun {
    /// Opens a new device, or attaches to the persistent one of that name, which needs no right when its owner is
    /// the user. `name` may hold one `%d`. Must be called inside a tokio runtime.
    ///
    /// Fails with [`SetupError::NotPermitted`] without CAP_NET_ADMIN, [`SetupError::BadName`], [`SetupError::Busy`]
    /// when another process is attached, and [`SetupError::System`] when there is no `/dev/net/tun`.
    pub fn open(name: Option<&str>) -> Result<Self, SetupError> {
        Self::open_in(name, None)
    }

    /// The same in another network namespace.
    ///
    /// Fails in addition with [`SetupError::NotPermitted`] when the namespace may not be entered.
    pub fn open_in(name: Option<&str>, namespace: Option<&Namespace>) -> Result<Self, SetupError> {
        let wanted = name.unwrap_or(DEFAULT_NAME);
        check_name(wanted)?;
        let mut netlink = match (inside(namespace, Netlink::open), namespace) {
            (Err(error), Some(namespace)) => return Err(cannot_enter(namespace.path(), error)),
            (other, _) => other.ok(),
        };
        let existed = netlink
            .as_mut()
            .is_some_and(|netlink| netlink.link(wanted).is_ok());
        let device = inside(namespace, || Ok(create(wanted)))
            .map_err(system)?
            .map_err(|error| open_error(wanted, existed, error))?;
        let name = device.tun_name().map_err(|error| system(error.into()))?;
        device.set_nonblock().map_err(system)?;
        let file = register(device).map_err(system)?;
        if !existed && let Some(netlink) = &mut netlink {
            // Only IPv4 goes through the tunnel: keep the kernel from sending router solicitations into it. Not being
            // able to (no IPv6 in the kernel) does no harm, the packets are dropped later.
            let quiet = netlink
                .link(&name)
                .and_then(|link| netlink.no_ipv6_address(link.device));
            if let Err(error) = quiet {
                tracing::debug!(%error, interface = %name, "IPv6 address generation stays on");
            }
        }
        let deletion = netlink
            .and_then(|mut netlink| DeletionWatch::new(netlink.link(&name).ok()?.device, namespace).ok());
        Ok(Self {
            name,
            file,
            deletion,
            existed,
        })
    }

    /// True when the device was there before and stays when it is closed.
    pub fn existed(&self) -> bool {
        self.existed
    }
}

impl TunDevice for LinuxTun {
    fn name(&self) -> &str {
        &self.name
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let deleted = self.deletion.as_ref().map(|watch| watch.poll_deleted(cx));
        if let Some(Poll::Ready(result)) = deleted {
            result?;
            return Poll::Ready(Err(io::Error::from_raw_os_error(libc::ENODEV)));
        }
        ready!(self.file.poll_read_ready(cx))?.retain_ready();
        Poll::Ready(Ok(()))
    }

    fn read_batch(&mut self, batch: &mut Batch) -> io::Result<usize> {
        let before = batch.len();
        // `try_io` notes which wake-up it saw before the first read and clears only that one when the device says
        // "would block": a packet that arrives in between is not lost. A full batch leaves the readiness standing.
        let outcome = self.file.try_io(Interest::READABLE, |file| {
            let mut reader: &File = file;
            while let Some(room) = batch.vacant() {
                match reader.read(room) {
                    Ok(len) => batch.commit(len),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        });
        let count = batch.len() - before;
        match outcome {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock && count == 0 => Err(error),
            // Any other error comes again with the next call.
            _ => Ok(count),
        }
    }

    fn write_batch(&mut self, received: &Received) -> io::Result<Written> {
        let mut written = Written::default();
        let mut writer: &File = self.file.get_ref();
        for packet in received.packets() {
            match write_one(&mut writer, packet) {
                Ok(()) => written.packets += 1,
                Err(error) if is_refusal(&error) => written.dropped += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}

fn write_one(writer: &mut impl Write, packet: &[u8]) -> io::Result<()> {
    loop {
        match writer.write(packet) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map(drop),
        }
    }
}

/// True when the system refuses this packet, not the device: EIO means that the interface is down, EINVAL that the
/// packet is not IP.
fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || matches!(
            error.raw_os_error(),
            Some(libc::EIO | libc::EINVAL | libc::ENOBUFS | libc::ENOMEM)
        )
}

fn create(name: &str) -> Result<tun::Device, tun::Error> {
    let mut configuration = tun::Configuration::default();
    configuration.tun_name(name).platform_config(|platform| {
        // Otherwise the crate would set up the interface at once, for which attaching to an own device has no right.
        platform.ensure_root_privileges(false);
    });
    tun::create(&configuration)
}

#[expect(
    unsafe_code,
    reason = "the crate gives its descriptor away only as a number, and tokio registers by number"
)]
fn register(device: tun::Device) -> io::Result<AsyncFd<File>> {
    let number = device.into_raw_fd();
    // SAFETY: `into_raw_fd` hands over the only owner of this open descriptor.
    let file = File::from(unsafe { OwnedFd::from_raw_fd(number) });
    // The offload mask belongs to the device, not to the descriptor: on a persistent device another program may have
    // left it on, and then packets of 64 KB would arrive without a header that says so.
    // SAFETY: the request takes a number, no memory.
    if unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETOFFLOAD, 0 as libc::c_ulong) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the file owns its descriptor, stays open and gives the same number while the `AsyncFd` owns it.
    Ok(unsafe { AsyncFd::register_with_interest(file, Interest::READABLE) }?)
}

/// Interface names are 1–15 octets without blanks and slashes (`dev_valid_name` in the kernel).
fn check_name(name: &str) -> Result<(), SetupError> {
    let why = if name.is_empty() || name == "." || name == ".." {
        "is not a name"
    } else if name.len() >= libc::IFNAMSIZ {
        "is longer than 15 characters"
    } else if name.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c.is_control()) {
        "holds a blank, a slash or a colon"
    } else if name.replacen("%d", "", 1).contains('%') {
        "holds a % that is not a single %d"
    } else {
        return Ok(());
    };
    Err(SetupError::BadName {
        name: name.to_owned(),
        why,
    })
}

fn open_error(name: &str, existed: bool, error: tun::Error) -> SetupError {
    let error = io::Error::from(error);
    match error.raw_os_error() {
        Some(libc::EPERM | libc::EACCES) => SetupError::NotPermitted {
            action: CREATE.to_owned(),
            place: Some(format!(
                "/dev/net/tun, interface {}, running as {}",
                name.replace("%d", "0"),
                privilege::user_name()
            )),
            hint: Some(OWN_DEVICE_HINT.to_owned()),
        },
        Some(libc::EBUSY) => SetupError::Busy {
            name: name.to_owned(),
        },
        // TUNSETIFF gives EINVAL for an interface of another kind, or with other flags (packet information, queues).
        Some(libc::EINVAL) if existed => SetupError::NotTun {
            name: name.to_owned(),
        },
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => SetupError::System {
            action: format!(
                "{CREATE}: /dev/net/tun is missing (modprobe tun, or --socks 1080, which needs none)"
            ),
            source: error,
        },
        _ => system(error),
    }
}

fn system(source: io::Error) -> SetupError {
    SetupError::System {
        action: CREATE.to_owned(),
        source,
    }
}

const CREATE: &str = "cannot create the tunnel device";

/// The way out without rights, `cli.md §10`.
const OWN_DEVICE_HINT: &str = "sudo, or a device made in advance:  ip tuntap add dev vpn0 mode tun user joe   \
                               then  -i vpn0 --network none; or no device at all:  --socks 1080";

impl AsFd for LinuxTun {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.file.get_ref().as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_kernel_would_refuse_are_refused_with_a_reason() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a b",
            "a:b",
            "a\n",
            "sixteen-letters!",
            "t%s",
            "%d%d",
        ] {
            assert!(
                matches!(check_name(name), Err(SetupError::BadName { .. })),
                "{name:?}"
            );
        }
        for name in ["tun0", "tun%d", "fifteen-letters", "vpn.work"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn a_missing_right_is_told_with_place_and_hint() {
        let error = open_error("tun%d", false, io::Error::from_raw_os_error(libc::EPERM).into());
        let error = crate::error::Error::from(error);
        let lines: Vec<_> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(
            lines[0],
            "error: cannot create the tunnel device: operation not permitted"
        );
        assert!(
            lines[1].starts_with("  where: /dev/net/tun, interface tun0, running as "),
            "{lines:?}"
        );
        assert_eq!(
            lines[2],
            "  try: sudo, or a device made in advance:  ip tuntap add dev vpn0 mode tun user joe   then  \
             -i vpn0 --network none; or no device at all:  --socks 1080"
        );
        assert_eq!(error.status, crate::exit::ExitStatus::NoPermission);
    }

    #[test]
    fn a_missing_device_file_is_a_failure_of_the_system() {
        let error = open_error("tun0", false, io::Error::from_raw_os_error(libc::ENOENT).into());
        assert_eq!(
            crate::error::Error::from(error).status,
            crate::exit::ExitStatus::System
        );
    }
}
