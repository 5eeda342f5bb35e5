//! `--script-tun`: a command takes the place of the device and gets its packets over a socket.
//!
//! As OpenConnect does it (`networkmanager.md §11`): one end of a pair of Unix datagram sockets is the command's, under
//! the number in `VPNFD`, with one packet in each message. The command starts when the configuration is known, with the
//! variables of a vpnc-script but `reason`, and gets SIGHUP at the end.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::ExitStatus;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::UnixDatagram;

use super::process;
use crate::config::NetworkConfig;
use crate::packet::{Batch, MAX_PACKETS, Received};
use crate::platform::script::{environment, shell};
use crate::platform::{
    DeviceEnded, Farewell, Interface, NetworkSetup, SetupError, SetupFuture, TunDevice, Written,
};

/// Device and set-up for this command. Must be called inside a tokio runtime.
///
/// # Errors
/// [`SetupError::System`] when there are no sockets.
pub fn open(command: &str, log_level: u8) -> Result<(ScriptTun, ScriptTunSetup), SetupError> {
    let pair = UnixDatagram::pair().and_then(|(ours, theirs)| {
        for socket in [&ours, &theirs] {
            socket2::SockRef::from(socket).set_send_buffer_size(SEND_BUFFER)?;
        }
        let theirs = theirs.into_std()?;
        theirs.set_nonblocking(false)?;
        Ok((ours, OwnedFd::from(theirs)))
    });
    let (ours, theirs) =
        pair.map_err(|error| SetupError::from_io("cannot make a pair of sockets".to_owned(), error))?;
    let shared = Rc::new(RefCell::new(Shared {
        socket: Some(ours),
        waiting: VecDeque::new(),
        running: None,
    }));
    let setup = ScriptTunSetup {
        command: command.to_owned(),
        log_level,
        theirs: Some(theirs),
        environment: BTreeMap::new(),
        shared: Rc::clone(&shared),
    };
    Ok((ScriptTun { shared }, setup))
}

/// The socket as a device.
pub struct ScriptTun {
    shared: Rc<RefCell<Shared>>,
}

/// Starts the command and ends it.
pub struct ScriptTunSetup {
    command: String,
    log_level: u8,
    /// Kept for another start, after a reconnect that changed the configuration.
    theirs: Option<OwnedFd>,
    environment: BTreeMap<String, String>,
    shared: Rc<RefCell<Shared>>,
}

struct Shared {
    socket: Option<UnixDatagram>,
    /// Packets for which the socket had no room: there are systems on which it holds ten.
    waiting: VecDeque<Vec<u8>>,
    running: Option<Running>,
}

struct Running {
    pid: u32,
    end: Pin<Box<dyn Future<Output = io::Result<ExitStatus>>>>,
    ended: Option<String>,
}

impl Running {
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<String> {
        if self.ended.is_none() {
            let status = ready!(self.end.as_mut().poll(cx));
            self.ended = Some(match status {
                Ok(status) => match (status.code(), status.signal()) {
                    (Some(code), _) => format!("exit status {code}"),
                    (None, signal) => format!("signal {}", signal.unwrap_or_default()),
                },
                Err(error) => error.to_string(),
            });
        }
        self.ended.clone().map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // one that has ended was waited for, and its number may belong to somebody else
        if self.ended.is_none() {
            process::kill_group(self.pid);
        }
    }
}

impl Shared {
    fn flush(&mut self, cx: &mut Context<'_>) {
        let Some(socket) = &self.socket else { return };
        while let Some(packet) = self.waiting.front() {
            match socket.try_send(packet) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if socket.poll_send_ready(cx).is_pending() {
                        return;
                    }
                }
                _ => {
                    self.waiting.pop_front();
                }
            }
        }
    }

    fn send(&mut self, packet: &[u8]) -> bool {
        let Some(socket) = &self.socket else { return false };
        if self.waiting.is_empty() {
            match socket.try_send(packet) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return sent.is_ok(),
            }
        }
        let room = self.waiting.len() < MAX_WAITING;
        if room {
            self.waiting.push_back(packet.to_vec());
        }
        room
    }
}

impl TunDevice for ScriptTun {
    fn name(&self) -> &str {
        "script"
    }

    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.shared.borrow_mut();
        shared.flush(cx);
        if let Some(running) = &mut shared.running
            && let Poll::Ready(status) = running.poll_ended(cx)
        {
            let ended = DeviceEnded(format!("the command of --script-tun ended with {status}"));
            return Poll::Ready(Err(io::Error::other(ended)));
        }
        match &shared.socket {
            Some(socket) => socket.poll_recv_ready(cx),
            None => Poll::Pending,
        }
    }

    fn read_batch(&mut self, batch: &mut Batch) -> io::Result<usize> {
        let shared = self.shared.borrow();
        let before = batch.len();
        let Some(socket) = &shared.socket else {
            return Ok(0);
        };
        // messages without content do not fill the batch
        for _ in 0..MAX_PACKETS {
            let Some(room) = batch.vacant() else { break };
            match socket.try_recv(room) {
                Ok(len) => batch.commit(len),
                // that nobody listens is told by the end of the command
                Err(_) => break,
            }
        }
        Ok(batch.len() - before)
    }

    fn write_batch(&mut self, received: &Received) -> io::Result<Written> {
        let mut shared = self.shared.borrow_mut();
        let packets = received.packets().filter(|packet| shared.send(packet)).count();
        Ok(Written {
            packets,
            dropped: received.packet_count() - packets,
        })
    }
}

impl ScriptTunSetup {
    async fn start(&mut self, environment: BTreeMap<String, String>) -> Result<(), SetupError> {
        if environment == self.environment {
            return Ok(());
        }
        self.end().await;
        let running = self.spawn(&environment).map_err(|error| {
            SetupError::from_io("cannot start the command of --script-tun".to_owned(), error)
        })?;
        self.shared.borrow_mut().running = Some(running);
        self.environment = environment;
        Ok(())
    }

    #[expect(unsafe_code, reason = "std hands down no descriptor but the first three")]
    fn spawn(&self, environment: &BTreeMap<String, String>) -> io::Result<Running> {
        let theirs = self.theirs.as_ref().ok_or(io::ErrorKind::NotConnected)?.as_fd();
        let number = theirs.as_raw_fd();
        let mut environment = environment.clone();
        environment.insert("VPNFD".to_owned(), number.to_string());
        let mut command = tokio::process::Command::from(shell(&self.command, &environment)?);
        // SAFETY: between fork and exec only one system call is made, which takes numbers.
        unsafe {
            command.pre_exec(move || match libc::fcntl(number, libc::F_SETFD, 0) {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
        let mut child = command.spawn()?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        tracing::debug!(pid, command = %self.command, "command of --script-tun started");
        Ok(Running {
            pid,
            end: Box::pin(async move { child.wait().await }),
            ended: None,
        })
    }

    /// Asks the command to end, and ends it when it does not.
    async fn end(&self) {
        let Some(mut running) = self.shared.borrow_mut().running.take() else {
            return;
        };
        if running.ended.is_none() {
            process::hang_up_group(running.pid);
        }
        let ended = poll_fn(|cx| running.poll_ended(cx));
        if tokio::time::timeout(END_LIMIT, ended).await.is_err() {
            tracing::warn!("the command of --script-tun does not end and is killed");
        }
    }
}

impl NetworkSetup for ScriptTunSetup {
    fn prepare(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn apply<'a>(&'a mut self, interface: &'a Interface, config: &'a NetworkConfig) -> SetupFuture<'a> {
        let mut environment = environment(interface, config, self.log_level);
        // there is none
        environment.remove("TUNDEV");
        Box::pin(self.start(environment))
    }

    fn attempt_reconnect(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn reconnected(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn network_changed(&mut self) -> SetupFuture<'_> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn revert(&mut self, _: Farewell) -> SetupFuture<'_> {
        Box::pin(async {
            self.theirs = None;
            self.shared.borrow_mut().socket = None;
            self.end().await;
            Ok(())
        })
    }
}

/// Octets the kernel keeps for a reader that is late.
const SEND_BUFFER: usize = 1 << 20;

/// Packets kept for it beside those; more are dropped, as a full queue of a device drops them.
const MAX_WAITING: usize = 256;

/// Enough for a command that works, little enough to leave time for the logout (`cli.md §9`).
const END_LIMIT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::linux::testing::{config, interface};

    /// Debian's `sh` does not redirect to numbers above 9.
    async fn started(command: &str) -> (ScriptTun, ScriptTunSetup) {
        let (device, mut setup) = open(command, 1).expect("sockets");
        setup
            .apply(&interface("x"), &config(&["10.0.0.0/8"], &[]))
            .await
            .expect("started");
        (device, setup)
    }

    async fn read(device: &mut ScriptTun) -> io::Result<Vec<Vec<u8>>> {
        let mut batch = Batch::new(2000);
        let limit = Duration::from_secs(10);
        loop {
            let ready = poll_fn(|cx| device.poll_readable(cx));
            tokio::time::timeout(limit, ready).await.expect("something")?;
            if device.read_batch(&mut batch)? > 0 {
                return Ok(batch.packets().map(<[u8]>::to_vec).collect());
            }
        }
    }

    #[tokio::test]
    async fn packets_go_to_the_command_and_come_back_as_messages() {
        let (mut device, mut setup) = started("exec bash -c 'cat <&$VPNFD >&$VPNFD'").await;
        let mut received = Received::new(2000);
        assert!(received.spill(&[0x45; 1400]));
        assert_eq!(device.write_batch(&received).expect("sent").packets, 1);
        assert_eq!(read(&mut device).await.expect("echo"), [[0x45; 1400]]);
        setup.revert(Farewell::Requested).await.expect("ended");
        setup.revert(Farewell::Requested).await.expect("again");
        assert_eq!(device.write_batch(&received).expect("closed").dropped, 1);
    }

    #[tokio::test]
    async fn the_end_of_the_command_ends_the_device() {
        for (command, status) in [("exit 3", "exit status 3"), ("kill -9 $$", "signal 9")] {
            let (mut device, _setup) = started(command).await;
            let error = read(&mut device).await.expect_err("ended");
            let ended = error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<DeviceEnded>());
            assert_eq!(
                ended.expect("that kind").to_string(),
                format!("the command of --script-tun ended with {status}")
            );
        }
    }

    #[tokio::test]
    async fn the_command_has_the_variables_of_a_script_but_no_reason() {
        let words = "$INTERNAL_IP4_ADDRESS $CISCO_SPLIT_INC ${reason-none} ${TUNDEV-none}";
        let command = format!("bash -c 'echo {words} >&$VPNFD; sleep 9'");
        let (mut device, mut setup) = started(&command).await;
        let told = read(&mut device).await.expect("a message");
        assert_eq!(String::from_utf8_lossy(&told[0]), "10.20.1.2 1 none none\n");
        let pid = setup.shared.borrow().running.as_ref().expect("it runs").pid;
        setup.revert(Farewell::Requested).await.expect("ended");
        assert_eq!(process::start_time(pid), None, "ended and reaped");
    }

    #[tokio::test]
    async fn a_command_that_does_not_read_costs_bounded_memory() {
        let (mut device, _setup) = started("exec sleep 9").await;
        let mut received = Received::new(2000);
        while received.has_spill_room() {
            received.spill(&[0x45; 1400]);
        }
        let (mut taken, mut dropped) = (0, 0);
        while dropped == 0 {
            let written = device.write_batch(&received).expect("written");
            (taken, dropped) = (taken + written.packets, written.dropped);
            assert!(taken < 10_000, "no end of room");
        }
        assert_eq!(device.shared.borrow().waiting.len(), MAX_WAITING);
    }

    #[tokio::test]
    async fn another_configuration_starts_the_command_anew() {
        let (mut device, mut setup) =
            started("exec bash -c 'trap \"\" HUP; echo $INTERNAL_IP4_ADDRESS >&$VPNFD; sleep 9'").await;
        assert_eq!(read(&mut device).await.expect("a message"), [b"10.20.1.2\n"]);
        let mut other = config(&["10.0.0.0/8"], &[]);
        setup
            .apply(&interface("x"), &other)
            .await
            .expect("the same: nothing to do");
        other.address = [10, 20, 1, 3].into();
        setup.apply(&interface("x"), &other).await.expect("started anew");
        assert_eq!(read(&mut device).await.expect("a message"), [b"10.20.1.3\n"]);
    }
}
