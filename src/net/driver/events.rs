//! What the engine wants done: channels, sockets, the network set-up.

use std::time::Instant;

use tracing::{debug, info, warn};

use super::{Driver, GRACE, Parts, board, interruptible};
use crate::engine::{Configured, Event, Loss, Output, Path};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::ending::{self, Ending};
use crate::net::report;
use crate::net::settings::NetworkMode;
use crate::net::status::News;
use crate::net::udp::UdpPath;
use crate::platform::Interface;
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
            Event::NeedChannel => return self.open_channel().await,
            Event::SetCookies(lines) => self.keep_cookies(&lines),
            Event::Configured(configured) => return self.configure(&configured).await,
            Event::BindUdp { port } => self.bind_udp(port),
            Event::PathChanged { path, reason } => {
                match path {
                    Path::Udp => info!(reason, "data goes over ESP"),
                    Path::Channel => info!(reason, "data goes over TLS"),
                }
                board::path_changed(&self.parts.board, path, reason);
            }
            Event::Rekeyed => {
                debug!("ESP keys were renewed");
                self.parts.board.tell(News::Rekey);
            }
            Event::ChannelLost { cause, retry_in } => {
                self.channel = None;
                self.opening = None;
                let requested = cause == Loss::Requested;
                let cause = ending::loss_text(&cause);
                board::lost(&self.parts.board, &cause, retry_in.as_secs());
                // what the user asked for needs no warning
                if !requested {
                    warn!(%cause, retry_in_seconds = retry_in.as_secs(), "connection to the gateway lost");
                }
            }
            Event::Ended(end) => return self.session_ended(end),
        }
        None
    }

    /// Begins to open a channel. The loop goes on meanwhile: ESP carries data where the gateway allows it.
    async fn open_channel(&mut self) -> Option<Ending> {
        if self.up
            && let Some(ending) = self.run_hook(Hook::AttemptReconnect).await
        {
            return Some(ending);
        }
        let mut connector = self.connector.clone();
        self.parts
            .observer
            .step(format!("connect to {}", connector.place()));
        self.opening = Some(Box::pin(async move {
            let result = connector.connect().await;
            (connector, result)
        }));
        None
    }

    fn keep_cookies(&mut self, lines: &[Secret]) {
        let lines = lines.iter().map(Secret::expose);
        self.jar.store_tunnel_answer(self.connector.url(), lines);
    }

    async fn configure(&mut self, configured: &Configured) -> Option<Ending> {
        if configured.first || configured.changed {
            let network = self.settings.overrides.apply(&configured.network);
            let interface = Interface {
                name: self.parts.device.name().to_owned(),
                gateway: self.peer?,
                mtu: self
                    .settings
                    .mtu
                    .map_or(configured.network.mtu, |cap| cap.min(configured.network.mtu)),
            };
            if interface.gateway == configured.network.address {
                return Some(Ending::Failed(own_address(&interface)));
            }
            let step = step_text(&self.settings.network, &interface.name);
            self.parts.observer.step(step);
            self.set_up_begun = true;
            let Parts { setup, requests, .. } = &mut self.parts;
            let apply = setup.apply(&interface, &network);
            let (applied, request) = interruptible(requests.as_mut(), Some(GRACE), apply).await;
            if let Some(request) = request {
                return Some(self.requested(request));
            }
            if let Some(Err(error)) = applied {
                return Some(Ending::Failed(error.into()));
            }
            self.up = true;
            board::configured(&self.parts.board, &interface, &network);
            info!("{}", report::connected(&interface, &network, configured.udp));
        }
        self.renewal.session_works(Instant::now());
        board::connected(&self.parts.board, configured.first);
        self.parts.observer.up();
        if !configured.first {
            info!("connection to the gateway is back");
            return self.run_hook(Hook::Reconnected).await;
        }
        None
    }

    /// Tells the network set-up about a reconnect.
    async fn run_hook(&mut self, hook: Hook) -> Option<Ending> {
        let Parts { setup, requests, .. } = &mut self.parts;
        let step = match hook {
            Hook::AttemptReconnect => setup.attempt_reconnect(),
            Hook::Reconnected => setup.reconnected(),
        };
        let (result, request) = interruptible(requests.as_mut(), Some(GRACE), step).await;
        if let Some(Err(error)) = result {
            warn!(%error, "network set-up");
        }
        request.map(|request| self.requested(request))
    }

    fn bind_udp(&mut self, port: u16) {
        self.udp = None;
        self.batch_blocked = false;
        let Some(peer) = self.peer else { return };
        match UdpPath::connect(peer, port, self.settings.esp_local_port) {
            Ok(udp) => self.udp = Some(udp),
            Err(error) => warn!(
                error = plain_io(&error),
                port, "no UDP socket for ESP, data stays on TLS"
            ),
        }
    }
}

enum Hook {
    AttemptReconnect,
    Reconnected,
}

/// Nothing is set up when that is left to others.
fn step_text(network: &NetworkMode, interface: &str) -> String {
    let what = match network {
        NetworkMode::None => "hand over",
        NetworkMode::Builtin | NetworkMode::Script(_) => "set up",
    };
    format!("{what} {interface}")
}

/// With its outer address on our interface the gateway would be this machine.
fn own_address(interface: &Interface) -> Error {
    let text = format!(
        "the gateway hands out its own outer address {} as the inner one",
        interface.gateway
    );
    Error::new(ExitStatus::Protocol, text).hint("tell the administrator; -vv shows the exchange")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_set_up_that_is_left_to_others() {
        assert_eq!(step_text(&NetworkMode::None, "tun0"), "hand over tun0");
        assert_eq!(step_text(&NetworkMode::Builtin, "tun0"), "set up tun0");
    }
}
