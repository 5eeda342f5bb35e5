//! What the engine wants done: channels, sockets, the network set-up.

use std::future::poll_fn;
use std::time::Instant;

use tracing::{debug, info, warn};

use super::{Driver, Parts, poll_end_request};
use crate::config::NetworkConfig;
use crate::engine::{Configured, Event, Output, Path};
use crate::net::ending::{self, Ending};
use crate::net::report;
use crate::net::signals::Request;
use crate::net::udp::UdpPath;
use crate::platform::{Interface, SetupError};
use crate::secret::Secret;

impl Driver<'_> {
    /// Takes all outputs of the engine.
    pub(super) async fn drain(&mut self) -> Option<Ending> {
        loop {
            let event = match self.engine.poll_output() {
                Output::Event(event) => event,
                Output::Datagrams(probes) => {
                    // a lost probe is repeated by the engine's timers
                    if let Some(udp) = &self.udp {
                        udp.send_once(probes);
                    }
                    continue;
                }
                Output::Timeout(next) => {
                    self.set_timer(next.map(|(deadline, _)| deadline));
                    return None;
                }
            };
            if let Some(ending) = self.handle_event(event).await {
                return Some(ending);
            }
        }
    }

    fn set_timer(&mut self, deadline: Option<Instant>) {
        if self.deadline != deadline {
            self.deadline = deadline;
            if let Some(deadline) = deadline {
                self.timer.as_mut().reset(deadline.into());
            }
        }
    }

    async fn handle_event(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::NeedChannel => self.open_channel().await,
            Event::SetCookies(lines) => self.keep_cookies(&lines),
            Event::Configured(configured) => return self.configure(&configured).await,
            Event::BindUdp { port } => self.bind_udp(port),
            Event::PathChanged {
                path: Path::Udp,
                reason,
            } => info!(reason, "data goes over ESP"),
            Event::PathChanged {
                path: Path::Channel,
                reason,
            } => info!(reason, "data goes over TLS"),
            Event::Rekeyed => debug!("ESP keys were renewed"),
            Event::ChannelLost { cause, retry_in } => {
                self.channel = None;
                self.opening = None;
                let cause = ending::loss_text(&cause);
                warn!(%cause, retry_in_seconds = retry_in.as_secs(), "connection to the gateway lost");
            }
            Event::Ended(end) => return Some(Ending::Engine(end)),
        }
        None
    }

    /// Begins to open a channel. The loop goes on meanwhile: ESP carries data where the gateway allows it.
    async fn open_channel(&mut self) {
        if self.up {
            self.run_hook(Hook::AttemptReconnect).await;
        }
        let mut connector = self.connector.clone();
        self.parts
            .observer
            .step(format!("connect to {}", connector.place()));
        self.opening = Some(Box::pin(async move {
            let result = connector.connect().await;
            (connector, result)
        }));
    }

    fn keep_cookies(&mut self, lines: &[Secret]) {
        let lines = lines.iter().map(Secret::expose);
        self.jar.store(self.connector.url(), lines);
    }

    async fn configure(&mut self, configured: &Configured) -> Option<Ending> {
        self.udp_offered = configured.udp;
        if configured.first || configured.changed {
            let interface = Interface {
                name: self.parts.device.name().to_owned(),
                gateway: self.peer?,
                mtu: self
                    .settings
                    .mtu
                    .map_or(configured.network.mtu, |cap| cap.min(configured.network.mtu)),
            };
            self.parts.observer.step(format!("set up {}", interface.name));
            let (applied, request) = self.apply(&interface, &configured.network).await;
            if let Some(request) = request {
                return Some(Ending::Requested {
                    request,
                    was_up: self.up,
                });
            }
            if let Err(error) = applied {
                return Some(Ending::Failed(error.into()));
            }
            self.up = true;
            info!(
                "{}",
                report::connected(&interface, &configured.network, configured.udp)
            );
        }
        self.parts.observer.up();
        if !configured.first {
            info!("connection to the gateway is back");
            self.run_hook(Hook::Reconnected).await;
        }
        None
    }

    /// Sets the network up. A step of it is never left half done: a signal ends the run after it, and only a second
    /// one cuts it short.
    async fn apply(
        &mut self,
        interface: &Interface,
        network: &NetworkConfig,
    ) -> (Result<(), SetupError>, Option<Request>) {
        let Parts { setup, requests, .. } = &mut self.parts;
        let mut apply = setup.apply(interface, network);
        let mut request = None;
        loop {
            tokio::select! {
                applied = &mut apply => return (applied, request),
                again = poll_fn(|cx| poll_end_request(requests.as_mut(), cx)) => {
                    if request.replace(again).is_some() {
                        return (Ok(()), request);
                    }
                }
            }
        }
    }

    async fn run_hook(&mut self, hook: Hook) {
        let result = match hook {
            Hook::AttemptReconnect => self.parts.setup.attempt_reconnect().await,
            Hook::Reconnected => self.parts.setup.reconnected().await,
        };
        if let Err(error) = result {
            warn!(%error, "network set-up");
        }
    }

    fn bind_udp(&mut self, port: u16) {
        self.udp = None;
        self.batch_blocked = false;
        let Some(peer) = self.peer else { return };
        match UdpPath::connect(peer, port, self.settings.esp_local_port) {
            Ok(udp) => self.udp = Some(udp),
            Err(error) => warn!(%error, port, "no UDP socket for ESP, data stays on TLS"),
        }
    }
}

enum Hook {
    AttemptReconnect,
    Reconnected,
}
