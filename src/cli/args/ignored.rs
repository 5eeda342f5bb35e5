//! Options of OpenConnect that change nothing here.

use clap::Args;

use crate::secret::Secret;

/// Options of OpenConnect that change nothing here, so that its command lines keep working.
#[derive(Debug, Clone, Default, Args)]
pub struct IgnoredArgs {
    #[arg(long, hide = true)]
    no_xmlpost: bool,
    #[arg(long, hide = true)]
    no_http_keepalive: bool,
    #[arg(long, hide = true)]
    libproxy: bool,
    #[arg(long, hide = true)]
    key_password_from_fsid: bool,
    #[arg(long, hide = true, value_name = "METHODS")]
    http_auth: Option<String>,
    #[arg(long, hide = true, value_name = "METHODS")]
    proxy_auth: Option<String>,
    #[arg(long, hide = true, value_name = "LIST")]
    dtls_ciphers: Option<String>,
    #[arg(long, hide = true, value_name = "LIST")]
    dtls12_ciphers: Option<String>,
    #[arg(long, hide = true, value_name = "TEXT")]
    gnutls_priority: Option<String>,
    #[arg(long, hide = true, value_name = "LIST")]
    openssl_ciphers: Option<String>,
    #[arg(long, hide = true, value_name = "LEVEL")]
    gnutls_debug: Option<String>,
    #[arg(short = 'x', long, hide = true, value_name = "FILE")]
    xmlconfig: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    mca_certificate: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    mca_key: Option<String>,
    #[arg(long, hide = true, value_name = "TEXT")]
    mca_key_password: Option<Secret>,
    #[arg(long, hide = true)]
    disable_ipv6: bool,
    #[arg(short = 'd', long, hide = true)]
    deflate: bool,
    #[arg(short = 'D', long, hide = true)]
    no_deflate: bool,
    #[arg(long, hide = true, value_name = "MODE")]
    compression: Option<String>,
    #[arg(short = 'Q', long, hide = true, value_name = "N")]
    queue_len: Option<String>,
    #[arg(long, hide = true, value_name = "BYTES")]
    base_mtu: Option<String>,
}

impl IgnoredArgs {
    /// The one that is a secret all the same.
    pub fn secret(&self) -> Option<&Secret> {
        self.mca_key_password.as_ref()
    }

    /// Names of those that were given.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("--no-xmlpost", self.no_xmlpost),
            ("--no-http-keepalive", self.no_http_keepalive),
            ("--libproxy", self.libproxy),
            ("--key-password-from-fsid", self.key_password_from_fsid),
            ("--http-auth", self.http_auth.is_some()),
            ("--proxy-auth", self.proxy_auth.is_some()),
            ("--dtls-ciphers", self.dtls_ciphers.is_some()),
            ("--dtls12-ciphers", self.dtls12_ciphers.is_some()),
            ("--gnutls-priority", self.gnutls_priority.is_some()),
            ("--openssl-ciphers", self.openssl_ciphers.is_some()),
            ("--gnutls-debug", self.gnutls_debug.is_some()),
            ("--xmlconfig", self.xmlconfig.is_some()),
            ("--mca-certificate", self.mca_certificate.is_some()),
            ("--mca-key", self.mca_key.is_some()),
            ("--mca-key-password", self.mca_key_password.is_some()),
            ("--disable-ipv6", self.disable_ipv6),
            ("--deflate", self.deflate),
            ("--no-deflate", self.no_deflate),
            ("--compression", self.compression.is_some()),
            ("--queue-len", self.queue_len.is_some()),
            ("--base-mtu", self.base_mtu.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }
}
