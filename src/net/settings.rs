//! What a run of the tunnel needs to know, resolved from options, environment and files.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::secret::Secret;

/// Where the gateway is and how it is reached and trusted.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Host name or address literal, without brackets.
    pub host: String,
    /// TCP port, 443 by default.
    pub port: u16,
    /// Fixed addresses of names (`--resolve`).
    pub resolve: Vec<(String, IpAddr)>,
    /// Proxy to go through: `http`, `socks5` or `socks5h`, user and password in the URL.
    pub proxy: Option<Url>,
    /// Limit for each TCP connect and each TLS handshake.
    pub connect_timeout: Duration,
    /// Certificate and TLS rules.
    pub tls: TlsSettings,
}

/// Certificate and TLS rules.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// Accepted public keys; when there are any, only they count.
    pub pins: Vec<Pin>,
    /// Extra roots, PEM.
    pub ca_files: Vec<PathBuf>,
    /// Leave the system's roots out.
    pub no_system_trust: bool,
    /// Name sent in TLS when it differs from the host.
    pub sni: Option<String>,
    /// Client certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// Its key when not in the same file, PEM.
    pub key: Option<PathBuf>,
    /// Which back ends may be used.
    pub mode: TlsMode,
    /// Allow RC4, 3DES and TLS before 1.2 in the legacy back end.
    pub allow_insecure_crypto: bool,
}

/// Which TLS back ends may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Modern first, legacy when the gateway refuses the modern handshake by alert.
    #[default]
    Auto,
    /// Modern only.
    Modern,
    /// Legacy only.
    Legacy,
}

/// A digest of the gateway's public key (DER SubjectPublicKeyInfo).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// `pin-sha256:` or `sha256:`.
    Sha256([u8; 32]),
    /// `sha1:`; accepted with a warning.
    Sha1([u8; 20]),
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let (kind, digest) = text.split_once(':').ok_or(PinError::Kind)?;
        match kind {
            "pin-sha256" => STANDARD
                .decode(digest)
                .map_err(|_| PinError::Digits)?
                .try_into()
                .map(Self::Sha256)
                .map_err(|_| PinError::Length),
            "sha256" => hex(digest).map(Self::Sha256),
            "sha1" => hex(digest).map(Self::Sha1),
            _ => Err(PinError::Kind),
        }
    }
}

/// Why a text is not a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// No known prefix.
    #[error("a pin begins with pin-sha256:, sha256: or sha1:")]
    Kind,
    /// Not base64, or not hexadecimal.
    #[error("the digest of the pin is not in base64 (pin-sha256:) or hexadecimal (sha256:, sha1:)")]
    Digits,
    /// Cut short or too long.
    #[error("the digest of the pin has the wrong length; a pin cut short is not accepted")]
    Length,
}

/// Exactly `N` octets written in hexadecimal, colons between octets allowed.
fn hex<const N: usize>(text: &str) -> Result<[u8; N], PinError> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|&character| character != ':')
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()
        .ok_or(PinError::Digits)?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return Err(PinError::Length);
    };
    let octets: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    octets.try_into().map_err(|_| PinError::Length)
}

/// Settings of `vpnc-cli connect`.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// The gateway.
    pub gateway: GatewaySettings,
    /// Session cookie as the user gave it: `DSID=…` and others.
    pub cookie: Secret,
    /// `User-Agent` of every request.
    pub user_agent: String,
    /// Host name told to the gateway (`juniper-nc.md §7.3`).
    pub local_hostname: String,
    /// Use ESP when the gateway offers it.
    pub esp: bool,
    /// Local UDP port for ESP; 0 = any.
    pub esp_local_port: u16,
    /// Dead-peer time of ESP instead of the gateway's; at least 2 s.
    pub dpd: Option<Duration>,
    /// Name of the interface; may name an existing persistent device.
    pub interface: Option<String>,
    /// Upper limit for the interface MTU.
    pub mtu: Option<u16>,
    /// How the machine's network is set up.
    pub network: NetworkMode,
    /// How long the channel may stay lost.
    pub reconnect_timeout: Duration,
    /// End the login on the gateway when the user ends the tunnel.
    pub logout: bool,
    /// Name of this instance, for the undo journal.
    pub name: String,
}

/// How the machine's network is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkMode {
    /// Natively over netlink.
    Builtin,
    /// By a vpnc-script command line, run with `/bin/sh -c`.
    Script(String),
    /// Not at all.
    None,
}

/// Settings of `vpnc-cli logout`.
#[derive(Debug, Clone)]
pub struct LogoutSettings {
    /// The gateway.
    pub gateway: GatewaySettings,
    /// Session cookie of the login to end.
    pub cookie: Secret,
    /// `User-Agent` of the request.
    pub user_agent: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digest_in_each_spelling() {
        let base64 = "pin-sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let hex = "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
        let expected = Pin::Sha256(std::array::from_fn(|index| index as u8));
        assert_eq!(base64.parse(), Ok(expected.clone()));
        assert_eq!(hex.parse(), Ok(expected));
        assert_eq!(
            "sha1:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff:ff".parse(),
            Ok(Pin::Sha1([0xff; 20]))
        );
    }

    #[test]
    fn a_pin_must_be_whole_and_of_a_known_kind() {
        let table = [
            ("", PinError::Kind),
            ("6mVW", PinError::Kind),
            ("md5:00", PinError::Kind),
            ("PIN-SHA256:AAAA", PinError::Kind),
            ("pin-sha256:6mVW", PinError::Length),
            ("pin-sha256:????", PinError::Digits),
            ("sha256:abcd", PinError::Length),
            ("sha256:abc", PinError::Length),
            ("sha1:+f", PinError::Digits),
            ("sha1:", PinError::Length),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<Pin>(), Err(error), "{text}");
        }
    }
}
