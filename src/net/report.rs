//! What the user is shown about a running tunnel.

use std::fmt::Write as _;

use crate::config::NetworkConfig;
use crate::engine::{Engine, Path, Traffic};
use crate::platform::Interface;

/// One line when the tunnel is up.
pub(super) fn connected(interface: &Interface, network: &NetworkConfig, udp: bool) -> String {
    let prefix = network.prefix_len.unwrap_or(32);
    let effective = network.effective_routes();
    let routes = if effective.covers_default() {
        "default route".to_owned()
    } else {
        counted(effective.count() as u64, "route")
    };
    let path = if udp { "TLS until ESP answers" } else { "TLS only" };
    format!(
        "connected: {} has {}/{prefix}, MTU {}, {routes}, {path}",
        interface.name, network.address, interface.mtu
    )
}

/// The block for SIGUSR1.
pub(super) fn statistics(engine: &Engine) -> String {
    let counters = engine.statistics();
    let path = match engine.path() {
        Path::Channel => "TLS",
        Path::Udp => "ESP",
    };
    let mut text = format!("data path {path}, ESP {}", engine.udp_state());
    let traffic = [
        ("sent over ESP", counters.udp_out),
        ("received over ESP", counters.udp_in),
        ("sent over TLS", counters.channel_out),
        ("received over TLS", counters.channel_in),
    ];
    for (label, Traffic { packets, bytes }) in traffic {
        // writing into a string cannot fail
        let _ = write!(text, "\n  {label}: {packets} packets, {bytes} bytes");
    }
    let _ = write!(
        text,
        "\n  rekeys {}, reconnects {}, fall-backs to TLS {}, probe answers {}",
        counters.rekeys, counters.reconnects, counters.fallbacks, counters.probes_answered
    );
    for (reason, count) in counters.drops.iter() {
        let _ = write!(text, "\n  datagrams dropped, {reason}: {count}");
    }
    if counters.out_dropped > 0 {
        let _ = write!(text, "\n  outgoing packets dropped: {}", counters.out_dropped);
    }
    if counters.looped > 0 {
        let _ = write!(
            text,
            "\n  of them our own, routed into the tunnel: {}",
            counters.looped
        );
    }
    text
}

/// One line at the end.
pub(super) fn summary(engine: &Engine) -> String {
    let counters = engine.statistics();
    format!(
        "disconnected: {} bytes sent, {} bytes received, {}, {}",
        counters.udp_out.bytes + counters.channel_out.bytes,
        counters.udp_in.bytes + counters.channel_in.bytes,
        counted(counters.reconnects, "reconnect"),
        counted(counters.rekeys, "rekey")
    )
}

/// `1 route`, `2 routes`.
fn counted(count: u64, name: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stands_in_the_singular() {
        for (count, text) in [(0, "0 rekeys"), (1, "1 rekey"), (2, "2 rekeys")] {
            assert_eq!(counted(count, "rekey"), text);
        }
    }
}
