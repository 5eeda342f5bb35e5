//! What the engine wants done: channels, sockets, the network set-up.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use tracing::{debug, info, warn};

use super::step::After;
use super::{Applied, Driver, board};
use crate::config::NetworkConfig;
use crate::engine::{Configured, Event, Loss, Output, Path};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::ending::{self, Ending};
use crate::net::settings::NetworkMode;
use crate::net::status::News;
use crate::net::udp::UdpPath;
use crate::platform::{Change, Interface};
use crate::secret::Secret;

impl Driver<'_> {
    /// Takes all outputs of the engine. What needs the set-up waits while a step of it is under way.
    pub(super) fn drain(&mut self) -> Option<Ending> {
        loop {
            let event = match self.next_deferred() {
                Some(event) => event,
                None => match self.engine.poll_output() {
                    Output::Event(event) => event,
                    Output::Datagrams(probes) => {
                        // a lost probe is repeated by the engine's timers
                        if let Some(udp) = &mut self.udp {
                            udp.send_once(probes);
                        }
                        continue;
                    }
                    Output::Timeout(next) => {
                        self.set_timer(next.map(|(deadline, _)| deadline));
                        return None;
                    }
                },
            };
            if self.step.is_some() && matches!(event, Event::NeedChannel | Event::Configured(_)) {
                self.defer(event);
            } else if let Some(ending) = self.handle_event(event) {
                return Some(ending);
            }
        }
    }

    fn next_deferred(&mut self) -> Option<Event> {
        match self.step {
            Some(_) => None,
            None => self.deferred.pop_front(),
        }
    }

    fn defer(&mut self, event: Event) {
        if !self.deferred.contains(&event) {
            self.deferred.push_back(event);
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

    fn handle_event(&mut self, event: Event) -> Option<Ending> {
        match event {
            Event::NeedChannel if self.up => self.begin(After::OpenChannel),
            Event::NeedChannel => self.open_channel(),
            Event::SetCookies(lines) => self.keep_cookies(&lines),
            Event::Configured(configured) => return self.configure(configured),
            Event::BindUdp { port } => self.bind_udp(port),
            Event::LookAround => self.note(Change::Network),
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
            Event::ChannelLost { cause, retry_in } => self.lost(&cause, retry_in),
            Event::Ended(end) => return self.session_ended(end),
        }
        None
    }

    fn lost(&mut self, cause: &Loss, retry_in: Duration) {
        self.opening = None;
        let channel = self.channel.take();
        match cause {
            // most likely dead; if it is not, its end would be the end of the keys in use
            Loss::NetworkChanged | Loss::Resumed => self.retired = channel.or(self.retired.take()),
            Loss::Requested => self.retired = None,
            Loss::Link(error) if error.is_final() => self.pass_over_node(),
            Loss::Link(_) | Loss::Transport(_) | Loss::SetUpTime => {}
        }
        let text = ending::loss_text(cause);
        // what the user asked for is no fault
        match cause {
            Loss::Requested => board::reconnecting(&self.parts.board, &text, retry_in),
            Loss::NetworkChanged | Loss::Resumed | Loss::Link(_) | Loss::Transport(_) | Loss::SetUpTime => {
                board::lost(&self.parts.board, &text, retry_in)
            }
        }
        match cause {
            // told when it was asked for
            Loss::Requested => {}
            Loss::NetworkChanged | Loss::Resumed => info!(reason = %text, "new connection to the gateway"),
            Loss::Link(_) | Loss::Transport(_) | Loss::SetUpTime => {
                warn!(cause = %text, retry_in_seconds = retry_in.as_secs(), "connection to the gateway lost");
            }
        }
    }

    /// Only another node than that of the login can refuse the session and not end it.
    fn pass_over_node(&mut self) {
        if let Some(peer) = self.peer {
            info!(node = %peer, "this node does not take the session over");
            self.connector.pass_over(peer);
        }
    }

    /// Begins to open a channel. The loop goes on meanwhile: ESP carries data where the gateway allows it.
    pub(super) fn open_channel(&mut self) {
        let mut connector = self.connector.clone();
        let up = self.up;
        self.parts
            .observer
            .step(format!("connect to {}", connector.place()));
        self.opening = Some(Box::pin(async move {
            let result = match up {
                true => connector.reconnect().await,
                false => connector.connect().await,
            };
            (connector, result)
        }));
    }

    fn keep_cookies(&mut self, lines: &[Secret]) {
        let lines = lines.iter().map(Secret::expose);
        self.jar.store_tunnel_answer(self.connector.url(), lines);
    }

    fn configure(&mut self, configured: Box<Configured>) -> Option<Ending> {
        self.retired = None;
        let gateway = self.peer?;
        if self.connector.settle(gateway) {
            info!(node = %gateway, "another node of the gateway goes on with the session");
        }
        let moved = |applied: &Applied| applied.interface.gateway != gateway;
        if !configured.first && !configured.changed && !self.applied.as_ref().is_some_and(moved) {
            self.is_back(false);
            return None;
        }
        if let Some(old) = configured.replaced {
            warn!(
                "the gateway gave another inner address, {} instead of {old}: connections through the tunnel have to be \
                 made anew",
                configured.network.address
            );
        }
        let network = self.settings.overrides.apply(&configured.network);
        let interface = Interface {
            name: self.parts.device.name().to_owned(),
            gateway,
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
        let applied = Box::new(Applied { interface, network });
        self.begin(After::Up { configured, applied });
        None
    }

    /// The other nodes of the gateway are to be reached outside the tunnel too: one of them may have to take over.
    pub(super) fn with_nodes_outside(&self, network: &NetworkConfig) -> NetworkConfig {
        let mut network = network.clone();
        let tunnel = network.effective_routes().tunnel;
        let nodes = self.connector.other_nodes().filter_map(|node| match node {
            IpAddr::V4(node) => Some(Ipv4Net::from(node)),
            IpAddr::V6(_) => None,
        });
        let covered = nodes.filter(|node| tunnel.iter().any(|net| net.contains(node)));
        network.exclude.extend(covered);
        network
    }

    fn bind_udp(&mut self, port: u16) {
        self.udp = None;
        self.batch_blocked = false;
        let Some(peer) = self.peer else { return };
        let outer = &self.settings.gateway.outer;
        match UdpPath::connect(peer, port, self.settings.esp_local_port, outer) {
            Ok(udp) => self.udp = Some(udp),
            Err(error) => warn!(
                error = plain_io(&error),
                port, "no UDP socket for ESP, data stays on TLS"
            ),
        }
    }
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
