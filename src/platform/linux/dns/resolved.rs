//! systemd-resolved over D-Bus: servers and domains of one link, which it forgets with the link.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "D-Bus knows dozens of errors, of which we tell a few apart"
)]

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use zbus::connection::Builder;
use zbus::message::Message;
use zbus::zvariant::DynamicType;
use zbus::{Connection, fdo};

use super::wanted::Wanted;
use crate::platform::SetupError;
use crate::platform::linux::process;

/// Sets servers and domains of the link with this index. Gives the bus name of the resolved that took them: another one
/// knows nothing of them.
pub(super) async fn set(device: u32, wanted: &Wanted) -> Result<String, BusError> {
    within_limit(async {
        let bus = Bus::connect().await?;
        let owner = match bus.owner().await? {
            Some(owner) => owner,
            None => bus.start().await?,
        };
        bus.check_namespace(&owner).await?;
        bus.set(device, wanted).await?;
        Ok(owner)
    })
    .await
}

/// The bus name of the resolved that runs now, if it is one for our interfaces.
pub(super) async fn owner() -> Result<Option<String>, BusError> {
    within_limit(async {
        let bus = Bus::connect().await?;
        let owner = bus.owner().await?;
        if let Some(owner) = &owner {
            bus.check_namespace(owner).await?;
        }
        Ok(owner)
    })
    .await
}

/// True when resolved runs, or would if it were asked.
pub(super) async fn is_available() -> Result<bool, BusError> {
    within_limit(async {
        let bus = Bus::connect().await?;
        match bus.owner().await? {
            Some(owner) => bus.check_namespace(&owner).await.map(|()| true),
            None => bus.can_start().await,
        }
    })
    .await
}

/// Makes resolved forget what was set on the link. Fails with [`BusError::NoService`] or [`BusError::NoLink`] when it
/// has forgotten that by itself.
pub(super) async fn revert(device: u32) -> Result<(), BusError> {
    within(REVERT_LIMIT, async {
        let bus = Bus::connect().await?;
        let owner = bus.owner().await?.ok_or(BusError::NoService)?;
        bus.check_namespace(&owner).await?;
        bus.manager("RevertLink", &(index(device)?,)).await
    })
    .await
}

/// Why resolved did not do it.
#[derive(Debug, thiserror::Error)]
pub(super) enum BusError {
    /// There is no system bus.
    #[error("there is no system bus ({0})")]
    NoBus(String),
    /// Nobody has the name on the bus.
    #[error("systemd-resolved does not run")]
    NoService,
    /// It runs in another network namespace: an index of ours is there that of a stranger's interface.
    #[error("systemd-resolved serves another network namespace")]
    Elsewhere,
    /// It knows no such link.
    #[error("systemd-resolved does not know the interface")]
    NoLink,
    /// The bus or polkit does not let us.
    #[error("systemd-resolved refuses: {0}")]
    Refused(String),
    /// No answer.
    #[error("no answer from systemd-resolved within {} s", .0.as_secs())]
    Slow(Duration),
    /// Anything else.
    #[error("systemd-resolved answers: {0}")]
    Other(String),
}

impl BusError {
    /// For the user.
    pub(super) fn into_setup_error(self, interface: &str) -> SetupError {
        let action = format!("cannot set the name servers of {interface}");
        match self {
            Self::Refused(why) => SetupError::NotPermitted {
                action,
                place: Some(format!(
                    "systemd-resolved, asked as {}: {why}",
                    crate::platform::privilege::user_name()
                )),
                hint: Some(POLKIT_HINT.to_owned()),
            },
            other => SetupError::System {
                action,
                source: other.into(),
            },
        }
    }
}

impl From<BusError> for io::Error {
    fn from(error: BusError) -> Self {
        let kind = match error {
            BusError::Refused(_) => io::ErrorKind::PermissionDenied,
            BusError::Slow(_) => io::ErrorKind::TimedOut,
            BusError::NoBus(_) | BusError::NoService | BusError::NoLink | BusError::Elsewhere => {
                io::ErrorKind::NotFound
            }
            BusError::Other(_) => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl From<zbus::Error> for BusError {
    fn from(error: zbus::Error) -> Self {
        let (name, text) = match &error {
            zbus::Error::MethodError(name, text, _) => (name.as_str(), text.clone().unwrap_or_default()),
            zbus::Error::FDO(error) => match &**error {
                fdo::Error::AccessDenied(text)
                | fdo::Error::AuthFailed(text)
                | fdo::Error::InteractiveAuthorizationRequired(text) => return Self::Refused(text.clone()),
                fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_) => return Self::NoService,
                fdo::Error::NoReply(_) | fdo::Error::Timeout(_) | fdo::Error::TimedOut(_) => {
                    return Self::Slow(LIMIT);
                }
                other => return Self::Other(other.to_string()),
            },
            zbus::Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Self::Slow(LIMIT);
            }
            other => return Self::Other(other.to_string()),
        };
        match name {
            "org.freedesktop.resolve1.NoSuchLink" => Self::NoLink,
            name if name.starts_with("org.freedesktop.PolicyKit1.Error.") => Self::Refused(text),
            name => Self::Other(format!("{name}: {text}")),
        }
    }
}

/// A connection for a few calls. None is kept: most of the time there is nothing to say.
struct Bus(Connection);

impl Bus {
    async fn connect() -> Result<Self, BusError> {
        let connection = Builder::system().build().await;
        connection
            .map(Self)
            .map_err(|error| BusError::NoBus(error.to_string()))
    }

    async fn owner(&self) -> Result<Option<String>, BusError> {
        match self.daemon("GetNameOwner", &(SERVICE,)).await {
            Ok(reply) => Ok(Some(reply.body().deserialize::<String>()?)),
            Err(BusError::NoService) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Fails when this resolved knows other interfaces than we do. Who may not look lets it pass.
    async fn check_namespace(&self, owner: &str) -> Result<(), BusError> {
        let reply = self.daemon("GetConnectionUnixProcessID", &(owner,)).await?;
        let pid: u32 = reply.body().deserialize()?;
        match fs::read_link(format!("/proc/{pid}/ns/net")) {
            Ok(theirs) if Some(theirs.to_string_lossy().into_owned()) != process::network_namespace() => {
                Err(BusError::Elsewhere)
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn can_start(&self) -> Result<bool, BusError> {
        let reply = self.daemon("ListActivatableNames", &()).await?;
        let names: Vec<String> = reply.body().deserialize()?;
        Ok(names.iter().any(|name| name == SERVICE))
    }

    async fn start(&self) -> Result<String, BusError> {
        self.daemon("StartServiceByName", &(SERVICE, 0_u32)).await?;
        self.owner().await?.ok_or(BusError::NoService)
    }

    async fn set(&self, device: u32, wanted: &Wanted) -> Result<(), BusError> {
        let device = index(device)?;
        let address = |server: &Ipv4Addr| (libc::AF_INET, server.octets().to_vec());
        let servers: Vec<(i32, Vec<u8>)> = wanted.servers.iter().map(address).collect();
        self.manager("SetLinkDNS", &(device, servers)).await?;
        self.manager("SetLinkDomains", &(device, domains(wanted))).await?;
        let all = takes_the_rest(wanted);
        if let Err(error) = self.manager("SetLinkDefaultRoute", &(device, all)).await {
            // came with systemd 240; before that `~.` alone decides
            tracing::debug!(%error, "SetLinkDefaultRoute");
        }
        // Questions for everybody on the link make no sense in a tunnel, and servers inside speak no TLS, which may be
        // demanded in general.
        for method in ["SetLinkLLMNR", "SetLinkMulticastDNS", "SetLinkDNSOverTLS"] {
            if let Err(error) = self.manager(method, &(device, "no")).await {
                tracing::debug!(%error, "{method}");
            }
        }
        Ok(())
    }

    async fn manager<B>(&self, method: &str, body: &B) -> Result<(), BusError>
    where
        B: serde::Serialize + DynamicType,
    {
        let interface = "org.freedesktop.resolve1.Manager";
        let call = self.0.call_method(
            Some(SERVICE),
            "/org/freedesktop/resolve1",
            Some(interface),
            method,
            body,
        );
        Ok(call.await.map(drop)?)
    }

    async fn daemon<B>(&self, method: &str, body: &B) -> Result<Message, BusError>
    where
        B: serde::Serialize + DynamicType,
    {
        let name = "org.freedesktop.DBus";
        let call = self
            .0
            .call_method(Some(name), "/org/freedesktop/DBus", Some(name), method, body);
        Ok(call.await?)
    }
}

/// Domains as resolved takes them; true stands for routing only. A search domain routes as well.
fn domains(wanted: &Wanted) -> Vec<(&str, bool)> {
    let search = wanted.search.iter().map(|domain| (domain.as_str(), false));
    let routing = wanted.routing.iter().map(|domain| (domain.as_str(), true));
    let everything = wanted.everything.then_some((".", true));
    search.chain(routing).chain(everything).collect()
}

/// Whether questions for no known domain go to the tunnel's servers as well. Without a single domain nothing would ever
/// go there otherwise, which nobody can want who has a name server inside: resolved then asks all servers, and takes the
/// first that knows the answer.
fn takes_the_rest(wanted: &Wanted) -> bool {
    !wanted.is_split()
}

fn index(device: u32) -> Result<i32, BusError> {
    device.try_into().map_err(|_| BusError::NoLink)
}

async fn within_limit<T>(step: impl Future<Output = Result<T, BusError>>) -> Result<T, BusError> {
    within(LIMIT, step).await
}

async fn within<T>(limit: Duration, step: impl Future<Output = Result<T, BusError>>) -> Result<T, BusError> {
    tokio::time::timeout(limit, step)
        .await
        .unwrap_or(Err(BusError::Slow(limit)))
}

const SERVICE: &str = "org.freedesktop.resolve1";

/// How long resolved may take for all of it. It answers in milliseconds, unless it hangs.
const LIMIT: Duration = Duration::from_secs(3);

/// The same for the end, when somebody waits.
const REVERT_LIMIT: Duration = Duration::from_secs(1);

const POLKIT_HINT: &str = "sudo, or a polkit rule that allows org.freedesktop.resolve1.set-dns-servers, set-domains, \
    set-default-route and revert; or --dns none";

#[cfg(test)]
mod tests {
    use super::super::wanted::testing::wanted;
    use super::*;

    #[test]
    fn domains_and_the_rest_follow_from_what_is_wanted() {
        for (given, everything, expected, rest) in [
            (
                &["corp.example", "~lab.example"][..],
                false,
                &[("corp.example", false), ("lab.example", true)][..],
                false,
            ),
            (
                &["corp.example"],
                true,
                &[("corp.example", false), (".", true)],
                true,
            ),
            (&["~."], false, &[(".", true)], true),
            (&[], true, &[(".", true)], true),
            (&[], false, &[], true),
        ] {
            let wanted = wanted(&["10.20.0.53"], given, everything);
            assert_eq!(domains(&wanted), expected);
            assert_eq!(takes_the_rest(&wanted), rest, "{given:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_rights() {
        let error = BusError::Refused("no".to_owned()).into_setup_error("tun0");
        assert!(matches!(
            &error,
            SetupError::NotPermitted { hint: Some(hint), .. } if hint.contains("set-dns-servers")
        ));
        let error = BusError::Slow(LIMIT).into_setup_error("tun0");
        assert_eq!(
            error.to_string(),
            "cannot set the name servers of tun0: no answer from systemd-resolved within 3 s"
        );
    }
}
