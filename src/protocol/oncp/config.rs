//! Attributes of KMP 301 and 302 → `NetworkConfig` and ESP parameters (`juniper-nc.md §10`).

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use tracing::{debug, warn};
use zeroize::Zeroizing;

use crate::config::{NetworkConfig, means_default_route};
use crate::esp::{Cipher, KEY_BLOCK_LEN, Mac, SaKeys};
use crate::protocol::LinkError;
use crate::wire::tlv::{Attribute, attributes};

/// Inner MTU when the gateway names none or a silly one: an outer MTU of 1406 through the formula of `§15`.
const DEFAULT_MTU: u16 = 1326;

/// Largest inner MTU used: jumbo frames. No path carries more, and the arenas are sized for it.
const MAX_MTU: u16 = 9216;

/// Smallest inner MTU taken as meant: what every IPv4 host must accept.
const MIN_MTU: u32 = 576;

/// ESP parameters as sent so far. A later message replaces only what it names (`§14.5`).
#[derive(Debug, Clone, Default)]
pub(super) struct EspParams {
    cipher: Option<u8>,
    mac: Option<u8>,
    compression: u8,
    port: u16,
    fallback_seconds: Option<u32>,
    replay: Option<u32>,
    spi: Option<[u8; 4]>,
    block: Option<Zeroizing<[u8; KEY_BLOCK_LEN]>>,
}

impl EspParams {
    /// Forgets the keys, which each message must bring anew.
    pub(super) fn forget_keys(&mut self) {
        self.spi = None;
        self.block = None;
    }

    /// Takes over an attribute of group 7 or 8: whether it could be used, `None` when it is not known.
    pub(super) fn take(&mut self, attribute: &Attribute<'_>) -> Result<Option<bool>, LinkError> {
        let used = match attribute.id() {
            (7, 1) => {
                self.spi = Some(essential(attribute)?);
                true
            }
            (7, 2) => {
                self.block = Some(Zeroizing::new(essential(attribute)?));
                true
            }
            (8, 1) => set(attribute, |[number]: [u8; 1]| self.cipher = Some(number)),
            (8, 2) => set(attribute, |[number]: [u8; 1]| self.mac = Some(number)),
            (8, 3) => set(attribute, |[number]: [u8; 1]| self.compression = number),
            (8, 4) => set(attribute, |port| self.port = u16::from_be_bytes(port)),
            (8, 5) => set(attribute, |octets| {
                debug!(octets = u32::from_be_bytes(octets), "ESP key lifetime");
            }),
            (8, 6) => set(attribute, |seconds| {
                debug!(seconds = u32::from_be_bytes(seconds), "ESP key lifetime");
            }),
            (8, 9) => set(attribute, |seconds| {
                self.fallback_seconds = Some(u32::from_be_bytes(seconds));
            }),
            (8, 10) => set(attribute, |switch| self.replay = Some(u32::from_be_bytes(switch))),
            _ => return Ok(None),
        };
        Ok(Some(used))
    }

    /// Whether the gateway has named any of what ESP needs.
    pub(super) fn offered(&self) -> bool {
        self.cipher.is_some() || self.mac.is_some() || self.spi.is_some() || self.block.is_some()
    }

    /// The parameters checked, or why ESP cannot be used (`§11`).
    pub(super) fn usable(&self) -> Result<UsableEsp, &'static str> {
        let cipher = match self.cipher {
            Some(2) => Cipher::Aes128Cbc,
            Some(5) => Cipher::Aes256Cbc,
            Some(_) => return Err("unknown cipher"),
            None => return Err("no cipher named"),
        };
        let mac = match self.mac {
            Some(1) => Mac::Md5,
            Some(2) => Mac::Sha1,
            Some(3) => Mac::Sha256,
            Some(_) => return Err("unknown authentication algorithm"),
            None => return Err("no authentication algorithm named"),
        };
        if self.compression > 1 {
            return Err("unknown compression");
        }
        if self.port == 0 {
            return Err("no UDP port named");
        }
        let spi = self.spi.filter(|spi| *spi != [0; 4]).ok_or("no SPI named")?;
        let block = self.block.clone().ok_or("no keys sent")?;
        Ok(UsableEsp {
            cipher,
            mac,
            outbound: SaKeys { spi, block },
            port: self.port,
            fallback_seconds: self.fallback_seconds,
            // on unless the gateway switches it off (§13.6)
            replay_protection: self.replay != Some(0),
        })
    }
}

/// ESP parameters that can be used.
#[derive(Debug)]
pub(super) struct UsableEsp {
    pub(super) cipher: Cipher,
    pub(super) mac: Mac,
    pub(super) outbound: SaKeys,
    pub(super) port: u16,
    pub(super) fallback_seconds: Option<u32>,
    pub(super) replay_protection: bool,
}

/// Reads a KMP 301. `previous` fills in address and netmask that a reconnect leaves out (`§17.3`).
pub(super) fn parse(
    payload: &[u8],
    previous: Option<&NetworkConfig>,
) -> Result<(NetworkConfig, EspParams), LinkError> {
    let mut draft = Draft::default();
    for attribute in attributes(payload) {
        draft.take(&attribute?)?;
    }
    draft.finish(previous)
}

#[derive(Default)]
struct Draft {
    address: Option<Ipv4Addr>,
    netmask: Option<Ipv4Addr>,
    mtu: Option<u32>,
    dns: Vec<Ipv4Addr>,
    domains: Vec<String>,
    wins: Vec<Ipv4Addr>,
    include: Vec<Ipv4Net>,
    exclude: Vec<Ipv4Net>,
    esp: EspParams,
    /// Attributes that could not be used, wholly or in part.
    ignored: usize,
}

impl Draft {
    fn take(&mut self, attribute: &Attribute<'_>) -> Result<(), LinkError> {
        let used = match attribute.id() {
            (1, 1) => {
                self.address = Some(essential::<4>(attribute)?.into());
                true
            }
            (1, 2) => {
                self.netmask = Some(essential::<4>(attribute)?.into());
                true
            }
            (1, 3) => set(attribute, |gateway: [u8; 4]| {
                debug!(gateway = %Ipv4Addr::from(gateway), "inner gateway, not used");
            }),
            (2, 1) => set(attribute, |server: [u8; 4]| self.dns.push(server.into())),
            (2, 2) => self.take_domains(attribute.value),
            (3, 3) => take_prefix(attribute, &mut self.include),
            (3, 4) => take_prefix(attribute, &mut self.exclude),
            (4, 1) => set(attribute, |server: [u8; 4]| self.wins.push(server.into())),
            (6, 2) => set(attribute, |mtu| self.mtu = Some(u32::from_be_bytes(mtu))),
            (group, number) => self.esp.take(attribute)?.unwrap_or_else(|| {
                debug!(
                    group,
                    number,
                    len = attribute.value.len(),
                    "attribute not understood, skipped"
                );
                true
            }),
        };
        self.ignored += usize::from(!used);
        Ok(())
    }

    /// Search domains, separated by commas or blanks, maybe with a trailing NUL (`§10`, 2/2). Names with other
    /// characters than host names have are dropped: they end up in scripts and resolver files.
    fn take_domains(&mut self, value: &[u8]) -> bool {
        let text = String::from_utf8_lossy(value);
        let separates =
            |character: char| character == ',' || character == '\0' || character.is_ascii_whitespace();
        let (good, bad): (Vec<&str>, Vec<&str>) = text
            .split(separates)
            .filter(|name| !name.is_empty())
            .partition(|name| is_domain(name));
        self.domains.extend(good.into_iter().map(str::to_owned));
        if !bad.is_empty() {
            debug!(
                count = bad.len(),
                "search domains with unusable characters dropped"
            );
        }
        bad.is_empty()
    }

    fn finish(self, previous: Option<&NetworkConfig>) -> Result<(NetworkConfig, EspParams), LinkError> {
        let address = self.address.or(previous.map(|old| old.address));
        let netmask = self.netmask.or(previous.map(|old| old.netmask));
        let netmask = netmask.ok_or(LinkError::Missing { what: "netmask" })?;
        let address = address.ok_or(LinkError::Missing { what: "address" })?;
        if !is_host(address) {
            return Err(LinkError::UnusableAddress { address });
        }
        if self.ignored > 0 {
            warn!(
                count = self.ignored,
                "parts of the configuration are not usable and ignored; -v names them"
            );
        }
        let config = NetworkConfig {
            address,
            // a mask of 0.0.0.0 stands for the address alone: a whole Internet "on the link" is never meant
            prefix_len: ipnet::ip_mask_to_prefix(netmask.into())
                .ok()
                .map(|len| if len == 0 { 32 } else { len }),
            netmask,
            mtu: usable_mtu(self.mtu),
            dns: self.dns,
            domains: self.domains,
            wins: self.wins,
            default_route: means_default_route(&self.include),
            include: self.include,
            exclude: self.exclude,
        };
        Ok((config, self.esp))
    }
}

fn usable_mtu(sent: Option<u32>) -> u16 {
    let used = match sent {
        Some(mtu) if mtu >= MIN_MTU => u16::try_from(mtu).unwrap_or(MAX_MTU).min(MAX_MTU),
        _ => DEFAULT_MTU,
    };
    if sent != Some(used.into()) {
        warn!(?sent, used, "the gateway names no usable MTU");
    }
    used
}

/// Whether this can be the address of a host (`0.0.0.0/8`, loopback, multicast and class E cannot).
fn is_host(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    (1..224).contains(&first) && !address.is_loopback()
}

/// The value of an attribute that cannot be done without.
fn essential<const N: usize>(attribute: &Attribute<'_>) -> Result<[u8; N], LinkError> {
    attribute.array().ok_or(LinkError::BadAttribute {
        group: attribute.group,
        number: attribute.number,
        len: attribute.value.len(),
    })
}

/// Hands over the value of any other attribute. One of a wrong length is ignored (`§10`): false.
fn set<const N: usize>(attribute: &Attribute<'_>, take: impl FnOnce([u8; N])) -> bool {
    let value = attribute.array();
    match value {
        Some(value) => take(value),
        None => {
            let (group, number) = attribute.id();
            debug!(
                group,
                number,
                len = attribute.value.len(),
                "attribute of a wrong length ignored"
            );
        }
    }
    value.is_some()
}

/// Address and mask as a prefix, host bits cleared. A mask with gaps drops the route (`§18.1`): false.
fn take_prefix(attribute: &Attribute<'_>, list: &mut Vec<Ipv4Net>) -> bool {
    let mut usable = false;
    set(attribute, |[a, b, c, d, mask @ ..]: [u8; 8]| {
        let (address, mask) = (Ipv4Addr::from([a, b, c, d]), Ipv4Addr::from(mask));
        match Ipv4Net::with_netmask(address, mask) {
            Ok(net) => {
                list.push(net.trunc());
                usable = true;
            }
            Err(_) => debug!(%address, %mask, "route dropped: its mask has gaps"),
        }
    });
    usable
}

fn is_domain(name: &str) -> bool {
    name.bytes()
        .all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
}
