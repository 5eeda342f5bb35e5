//! What takes a change of the name set-up back.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::deletion::interface_name;
use super::super::undo::Undone;
use super::{file, resolvconf, resolved};

/// What takes one change back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "dns", rename_all = "snake_case")]
pub enum DnsUndo {
    /// Make systemd-resolved forget what it was told for a link.
    RevertLink {
        /// Interface index.
        device: u32,
        /// Interface name: another one may have the index by now.
        name: String,
    },
    /// Remove a record from `resolvconf`.
    Resolvconf {
        /// Where the program lies.
        program: PathBuf,
        /// Name of the record.
        record: String,
    },
    /// Take our part out of a resolver file.
    ResolverFile {
        /// The file; not a link to it.
        path: PathBuf,
        /// The name our part has in it.
        tag: String,
        /// The name servers in our part.
        servers: Vec<Ipv4Addr>,
    },
}

impl DnsUndo {
    /// Takes the change back, within seconds.
    pub(super) async fn perform(&self) -> io::Result<Undone> {
        match self {
            Self::RevertLink { device, name } => {
                if interface_name(*device).as_ref() != Some(name) {
                    return Ok(Undone::Gone);
                }
                match resolved::revert(*device).await {
                    Ok(()) => Ok(Undone::Done),
                    Err(error) => match io::Error::from(error) {
                        error if error.kind() == io::ErrorKind::NotFound => Ok(Undone::Gone),
                        // a service that cannot be asked has to ask the kernel itself some day, and forgets the link
                        // when its device is gone
                        error => {
                            tracing::debug!(%error, "{self} cannot be taken back");
                            Ok(Undone::Gone)
                        }
                    },
                }
            }
            Self::Resolvconf { program, record } => match resolvconf::delete(program, record).await {
                Ok(()) => Ok(Undone::Done),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Undone::Gone),
                Err(error) => Err(error),
            },
            Self::ResolverFile { path, tag, servers } => file::take_out(path, tag, servers),
        }
    }

    /// As [`DnsUndo::perform`], holding up the thread.
    pub(in crate::platform::linux) fn perform_blocking(&self) -> io::Result<Undone> {
        let own = self.clone();
        blocking(async move || own.perform().await)?
    }
}

/// Names the change in a few words.
impl fmt::Display for DnsUndo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RevertLink { name, .. } => write!(f, "name servers of {name} at systemd-resolved"),
            Self::Resolvconf { record, .. } => write!(f, "record {record} of resolvconf"),
            Self::ResolverFile { path, .. } => write!(f, "name servers in {}", path.display()),
        }
    }
}

/// Runs a step to its end in a thread and a runtime of its own: there may be one here already, or none.
pub(super) fn blocking<T: Send + 'static>(step: impl AsyncFnOnce() -> T + Send + 'static) -> io::Result<T> {
    let thread = std::thread::Builder::new()
        .name("dns".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            Ok(runtime.block_on(step()))
        })?;
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("a thread for name servers has died")))
}
