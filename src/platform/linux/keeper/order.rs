//! What one process asks of the other, and what is believed of it.

use serde::{Deserialize, Serialize};

use crate::config::NetworkConfig;
use crate::error::Error;
use crate::platform::{Farewell, Interface};

/// An order with its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// A later one takes the place of one that is being carried out.
    pub(super) number: u64,
    pub(super) order: Order,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Order {
    /// The device this is all about. Comes first, once, before anything was heard of the gateway.
    Device {
        name: String,
    },
    Prepare,
    Apply {
        interface: Interface,
        config: Box<NetworkConfig>,
    },
    AttemptReconnect,
    Reconnected,
    NetworkChanged,
    Revert {
        farewell: Farewell,
    },
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// That of the order; 0 for the first, which tells that all is ready.
    pub(super) number: u64,
    pub(super) error: Option<Error>,
}

/// Why an order is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a device was named already")]
    SecondDevice,
    #[error("no interface can have this name")]
    BadName,
    #[error("another interface than the one opened")]
    OtherInterface,
    #[error("an MTU that no tunnel has")]
    BadMtu,
    #[error("a longer list than any gateway has")]
    TooMuch,
}

/// Looks through what is to be set up. Names that a resolver file or a script could take for something else are left
/// out, as scripts have it; the rest cannot hold anything but addresses.
pub(super) fn checked(
    device: Option<&str>,
    interface: &Interface,
    mut config: Box<NetworkConfig>,
) -> Result<Box<NetworkConfig>, Refusal> {
    if device != Some(interface.name.as_str()) {
        return Err(Refusal::OtherInterface);
    }
    if interface.mtu < SMALLEST_MTU {
        return Err(Refusal::BadMtu);
    }
    let lists = [
        config.include.len(),
        config.exclude.len(),
        config.dns.len(),
        config.wins.len(),
        config.domains.len(),
    ];
    if lists.iter().any(|length| *length > LONGEST_LIST) {
        return Err(Refusal::TooMuch);
    }
    config.domains.retain(|domain| {
        let clean = is_domain(domain);
        if !clean {
            tracing::warn!(?domain, "search domain with odd characters is left out");
        }
        clean
    });
    Ok(config)
}

/// A name the kernel takes for an interface, and nothing that is a path.
pub(super) fn is_interface(name: &str) -> bool {
    (1..libc::IFNAMSIZ).contains(&name.len())
        && !matches!(name, "." | "..")
        && name
            .bytes()
            .all(|octet| octet.is_ascii_graphic() && !matches!(octet, b'/' | b':' | b'%'))
}

/// A domain, or one with `~` before it, that only routes questions.
fn is_domain(text: &str) -> bool {
    let name = text.strip_prefix('~').unwrap_or(text);
    (text == "~." || !name.is_empty())
        && name.len() <= LONGEST_DOMAIN
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_'))
}

/// What a gateway may hand out at least, and an option may ask for (RFC 791).
const SMALLEST_MTU: u16 = 576;
/// Far more than fits into a gateway's message.
const LONGEST_LIST: usize = 65_536;
/// RFC 1035, with a dot at the end.
const LONGEST_DOMAIN: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{config, nets};

    fn interface(name: &str, mtu: u16) -> Interface {
        Interface {
            name: name.to_owned(),
            gateway: [203, 0, 113, 5].into(),
            mtu,
        }
    }

    #[test]
    fn only_the_device_that_was_opened_is_set_up() {
        let config = Box::new(config(&["10.0.0.0/8"], &[]));
        for (device, name, mtu, expected) in [
            (Some("tun0"), "tun0", 1400, Ok(())),
            (Some("tun0"), "eth0", 1400, Err(Refusal::OtherInterface)),
            (None, "tun0", 1400, Err(Refusal::OtherInterface)),
            (Some("tun0"), "tun0", 0, Err(Refusal::BadMtu)),
        ] {
            let result = checked(device, &interface(name, mtu), config.clone()).map(drop);
            assert_eq!(result, expected, "{device:?} {name} {mtu}");
        }
    }

    #[test]
    fn odd_domains_and_endless_lists_are_not_believed() {
        let mut wanted = config(&[], &[]);
        let given = [
            "corp.example",
            "~intra.example",
            "~.",
            "a b",
            "x\nnameserver 6.6.6.6",
            "-x",
            "",
            "~",
        ];
        wanted.domains = given.map(str::to_owned).to_vec();
        let clean = checked(Some("tun0"), &interface("tun0", 1400), Box::new(wanted)).expect("fine");
        assert_eq!(clean.domains, ["corp.example", "~intra.example", "~."]);
        let mut endless = config(&[], &[]);
        endless.include = vec![nets(&["10.0.0.0/8"])[0]; LONGEST_LIST + 1];
        let refusal = checked(Some("tun0"), &interface("tun0", 1400), Box::new(endless));
        assert_eq!(refusal, Err(Refusal::TooMuch));
    }

    #[test]
    fn paths_are_no_interfaces() {
        for name in ["tun0", "vpn-1.2", "a"] {
            assert!(is_interface(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "tun 0",
            "tun%d",
            "longer-than-fifteen",
            "a\nb",
        ] {
            assert!(!is_interface(name), "{name}");
        }
    }

    #[test]
    fn nothing_but_orders_is_understood() {
        let known = r#"{"number":1,"order":"prepare"}"#;
        assert!(serde_json::from_str::<Request>(known).is_ok());
        for text in [
            r#"{"number":1,"order":{"run":{"command":"sh"}}}"#,
            r#"{"number":1,"order":"prepare","command":"sh"}"#,
            r#"{"number":1,"order":{"device":{"name":"tun0","script":"sh"}}}"#,
            r#"{"number":-1,"order":"prepare"}"#,
        ] {
            assert!(serde_json::from_str::<Request>(text).is_err(), "{text}");
        }
    }
}
