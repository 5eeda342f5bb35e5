//! What a run of the tunnel needs to know, resolved from options, environment and files.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::config::Overrides;
use crate::engine::limits::SessionLimits;
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
    /// What the sockets to the gateway are given.
    pub outer: OuterSettings,
    /// Certificate and TLS rules.
    pub tls: TlsSettings,
}

/// What the sockets to the gateway are given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OuterSettings {
    /// Interface they are bound to (`--bind-interface`).
    pub interface: Option<String>,
    /// Mark for policy routing (`--fwmark`).
    pub mark: Option<u32>,
    /// Datagrams take over the type of service of the packet inside (`--passtos`).
    pub pass_tos: bool,
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
    /// Client certificate chain, PEM or PKCS#12.
    pub certificate: Option<PathBuf>,
    /// Its key when not in the same file, PEM or PKCS#12.
    pub key: Option<PathBuf>,
    /// Passphrase of the key or the PKCS#12 file; not the user's password at the gateway.
    pub key_password: Option<Secret>,
    /// Days before the end of the client certificate from which on we warn: `None` is 60, 0 is never.
    pub cert_expire_warning: Option<u32>,
    /// Which back ends may be used.
    pub mode: TlsMode,
    /// Allow RC4, 3DES and TLS before 1.2 in the legacy back end.
    pub allow_insecure_crypto: bool,
    /// Connect to whoever answers, show no certificate of ours, and tell in
    /// [`TlsInfo::verdict`](super::tls::TlsInfo::verdict) why the other side would not be trusted. For `probe` alone:
    /// nothing secret may be sent over such a connection.
    pub accept_untrusted_for_probe: bool,
}

impl TlsSettings {
    /// The rules for a host that is not the gateway, such as an identity provider: authorities and back ends are the
    /// same, and it must be trusted. What belongs to the gateway alone is left out: pins, the name sent, our certificate, leave for weak
    /// suites.
    pub fn for_other_host(&self) -> Self {
        Self {
            ca_files: self.ca_files.clone(),
            no_system_trust: self.no_system_trust,
            mode: self.mode,
            ..Self::default()
        }
    }
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
    /// What the user wants otherwise than the gateway says.
    pub overrides: Overrides,
    /// Go on when the gateway hands out another inner address (`juniper-nc.md §17.3`).
    pub reconfigure: bool,
    /// How long the channel may stay lost.
    pub reconnect_timeout: Duration,
    /// What the user knows of the gateway's limits.
    pub limits: SessionLimits,
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
