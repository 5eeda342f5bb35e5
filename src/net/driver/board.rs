//! What the event loop writes on the board for `status` and `events`.

use std::time::Duration;

use crate::config::NetworkConfig;
use crate::engine::{Engine, Path};
use crate::net::Connection;
use crate::net::status::{Board, EspState, News, Server, State, TlsState, TrafficCount, now};
use crate::platform::Interface;

/// A channel is open.
pub(super) fn channel_open(board: &Board, url: &str, connection: &Connection) {
    board.update(|status| {
        status.server = Server {
            url: url.to_owned(),
            address: Some(connection.peer.ip()),
            pin: Some(connection.tls.pin.clone()),
        };
        status.transport.tls = TlsState {
            version: Some(connection.tls.version.trim_start_matches("TLS ").to_owned()),
            suite: Some(connection.tls.suite.clone()),
        };
    });
}

/// The tunnel is set up with this configuration.
pub(super) fn configured(board: &Board, interface: &Interface, network: &NetworkConfig) {
    board.update(|status| {
        status.interface = Some(interface.name.clone());
        status.mtu = Some(interface.mtu);
        status.ipv4 = vec![format!(
            "{}/{}",
            network.address,
            network.prefix_len.unwrap_or(32)
        )];
        status.dns = texts(&network.dns);
        status.domains = network.domains.clone();
        status.routes = texts(network.effective_routes().tunnel.iter());
        status.excluded = texts(&network.exclude);
        if status.transport.active.is_none() {
            status.transport.active = Some(name(Path::Channel));
            status.transport.last_change = Some(now());
            status.transport.reason = Some("every tunnel begins over TLS".to_owned());
        }
    });
    board.tell(News::Config {
        status: Box::new(board.status()),
    });
}

/// Packets get through, for the first time or again.
pub(super) fn connected(board: &Board, first: bool) {
    board.enter(State::Connected);
    board.tell(match first {
        true => News::Connected,
        false => News::Reconnected,
    });
}

/// Packets take another way.
pub(super) fn path_changed(board: &Board, path: Path, reason: &str) {
    board.update(|status| {
        status.transport.active = Some(name(path));
        status.transport.last_change = Some(now());
        status.transport.reason = Some(reason.to_owned());
    });
    board.tell(News::Transport {
        active: name(path),
        reason: reason.to_owned(),
    });
}

/// The channel is lost.
pub(super) fn lost(board: &Board, cause: &str, retry_in: Duration) {
    board.update(|status| status.last_error = Some(cause.to_owned()));
    reconnecting(board, cause, retry_in);
}

/// A new channel is to be opened, for no fault.
pub(super) fn reconnecting(board: &Board, cause: &str, retry_in: Duration) {
    board.enter(State::Reconnecting);
    board.tell(News::Reconnecting {
        reason: cause.to_owned(),
        retry_in_s: retry_in.as_secs(),
    });
}

/// Counters, once a round.
pub(super) fn counters(board: &Board, engine: &Engine) {
    let counters = engine.statistics();
    board.update(|status| {
        status.traffic = TrafficCount {
            rx_bytes: counters.udp_in.bytes + counters.channel_in.bytes,
            tx_bytes: counters.udp_out.bytes + counters.channel_out.bytes,
            rx_packets: counters.udp_in.packets + counters.channel_in.packets,
            tx_packets: counters.udp_out.packets + counters.channel_out.packets,
        };
        let algorithms = engine.udp_algorithms();
        status.transport.esp = EspState {
            state: engine.udp_state(),
            cipher: algorithms.map(|(cipher, _)| cipher.name()),
            mac: algorithms.map(|(_, mac)| mac.name()),
        };
        status.reconnects = counters.reconnects;
    });
}

fn name(path: Path) -> &'static str {
    match path {
        Path::Udp => "esp",
        Path::Channel => "tls",
    }
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}
