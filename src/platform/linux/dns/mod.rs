//! Name servers of the VPN: told to whoever answers this machine's questions, and taken back at the end.
//!
//! Of three ways the first one is taken that is in charge here (`choice.rs`): systemd-resolved, which alone can split
//! questions by their domain; the program `resolvconf`; and `/etc/resolv.conf` itself.

mod choice;
mod content;
mod file;
mod resolvconf;
mod resolved;
pub mod undo;
mod wanted;

use std::io;
use std::path::PathBuf;

pub use self::choice::RESOLVER_FILE;
use self::choice::{Backend, Facts};
use self::resolved::BusError;
use self::undo::DnsUndo;
use self::wanted::Wanted;
use super::undo::{Undo, UndoLog};
use crate::config::NetworkConfig;
use crate::platform::{DnsChoice, SetupError};

/// The name set-up of one tunnel.
#[derive(Debug)]
pub(super) struct Dns {
    choice: DnsChoice,
    resolver_file: PathBuf,
    active: Option<Active>,
}

/// What is set up.
#[derive(Debug)]
struct Active {
    backend: Backend,
    wanted: Wanted,
    link: Link,
    /// The resolved that was told.
    owner: Option<String>,
}

/// The interface it belongs to. An index tells it apart from a new one of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) device: u32,
    pub(super) name: String,
}

impl Dns {
    /// Nothing is set up yet.
    pub(super) fn new(choice: DnsChoice, resolver_file: PathBuf) -> Self {
        Self {
            choice,
            resolver_file,
            active: None,
        }
    }

    /// Fails when what the user has chosen cannot work here, as far as this can be known in advance. Takes a moment.
    pub(super) fn check(&self) -> Result<(), SetupError> {
        let choice = self.choice;
        match choice {
            DnsChoice::Auto | DnsChoice::None => return Ok(()),
            DnsChoice::File => return file::check(&self.resolver_file),
            DnsChoice::Resolved | DnsChoice::Resolvconf => {}
        }
        let path = self.resolver_file.clone();
        let facts = undo::blocking(async move || Facts::gather(&path, choice).await)
            .map_err(|error| SetupError::from_io("cannot look for name services".to_owned(), error))?;
        let unusable = facts
            .ways(choice)
            .into_iter()
            .find_map(|(_, usable)| usable.err());
        unusable.map_or(Ok(()), |why| Err(self.unusable(why)))
    }

    /// Makes this machine use the configuration's name servers and domains. With [`DnsChoice::Auto`] a way that fails is
    /// passed by; if all do, the tunnel goes on without.
    pub(super) async fn apply(
        &mut self,
        link: Link,
        config: &NetworkConfig,
        log: &mut UndoLog,
    ) -> Result<(), SetupError> {
        let wanted = Wanted::of(config);
        let is_same = |active: &Active| active.wanted == wanted && active.link == link;
        if self.active.as_ref().is_some_and(is_same) {
            self.again(log).await;
            return Ok(());
        }
        self.take_back(log).await;
        if wanted.is_empty() {
            return Ok(());
        }
        if self.choice == DnsChoice::None {
            tracing::debug!("{wanted}: left alone");
            return Ok(());
        }
        self.first_way(link, wanted, log).await
    }

    /// Makes sure that what was set up still is, after somebody may have changed it. Failures are for the log only.
    pub(super) async fn again(&mut self, log: &mut UndoLog) {
        let Some(active) = &mut self.active else { return };
        let result = match &active.backend {
            Backend::Resolved => active.tell_again().await,
            Backend::File => {
                file::put(&self.resolver_file, &active.link.name, &active.wanted, log).map(|changed| {
                    if changed {
                        let path = self.resolver_file.display();
                        tracing::info!(
                            "{path} was written by another program; the VPN's name servers are in it again"
                        );
                    }
                })
            }
            // the program keeps our record
            Backend::Resolvconf(_) => Ok(()),
        };
        if let Err(error) = result {
            tracing::warn!("{}", with_hint(&error));
        }
    }

    /// Takes everything back that concerns names. What fails stays in the log, to be tried once more with the rest.
    pub(super) async fn take_back(&mut self, log: &mut UndoLog) {
        self.active = None;
        let steps: Vec<DnsUndo> = log.undos().rev().filter_map(Undo::as_dns).cloned().collect();
        for step in steps {
            let result = step.perform().await;
            let noted = result.and_then(|_| log.is_taken_back(&Undo::Dns(step.clone())));
            if let Err(error) = noted {
                tracing::debug!(%error, "{step} cannot be taken back");
            }
        }
    }

    /// Somebody else has taken everything back.
    pub(super) fn forget(&mut self) {
        self.active = None;
    }

    async fn first_way(&mut self, link: Link, wanted: Wanted, log: &mut UndoLog) -> Result<(), SetupError> {
        let is_auto = self.choice == DnsChoice::Auto;
        let facts = Facts::gather(&self.resolver_file, self.choice).await;
        for (backend, usable) in facts.ways(self.choice) {
            match usable {
                Err(why) if is_auto => {
                    tracing::debug!("name servers not by {backend}: {why}");
                    continue;
                }
                Err(why) => return Err(self.unusable(why)),
                Ok(()) => tracing::debug!("name servers by {backend}"),
            }
            match self.put(&backend, &link, &wanted, log).await {
                Ok(owner) => {
                    self.tell(&backend, &wanted);
                    self.active = Some(Active {
                        backend,
                        wanted,
                        link,
                        owner,
                    });
                    return Ok(());
                }
                Err(error) if is_auto => {
                    tracing::warn!("{}; {backend} is passed by", with_hint(&error));
                    self.take_back(log).await;
                }
                Err(error) => return Err(error),
            }
        }
        tracing::warn!(
            "nobody takes the name servers of the VPN, names inside are not found; --dns none, or -s SCRIPT"
        );
        Ok(())
    }

    async fn put(
        &self,
        backend: &Backend,
        link: &Link,
        wanted: &Wanted,
        log: &mut UndoLog,
    ) -> Result<Option<String>, SetupError> {
        let written = |result: io::Result<()>| {
            result.map_err(|error| SetupError::from_io("cannot write the undo journal".to_owned(), error))
        };
        match backend {
            Backend::Resolved => {
                let undo = DnsUndo::RevertLink {
                    device: link.device,
                    name: link.name.clone(),
                };
                written(log.make(Undo::Dns(undo), || Ok(())))?;
                let owner = resolved::set(link.device, wanted).await;
                owner
                    .map(Some)
                    .map_err(|error| error.into_setup_error(&link.name))
            }
            Backend::Resolvconf(program) => {
                let record = program.record(&link.name);
                let undo = DnsUndo::Resolvconf {
                    program: program.path.clone(),
                    record: record.clone(),
                };
                written(log.make(Undo::Dns(undo), || Ok(())))?;
                let added = match program.add(&record, wanted).await {
                    Ok(()) => self.see_effect(wanted),
                    failed => failed,
                };
                added.map(|()| None).map_err(|error| {
                    let action = format!("cannot set the name servers of {} by resolvconf", link.name);
                    SetupError::from_io(action, error)
                })
            }
            Backend::File => file::put(&self.resolver_file, &link.name, wanted, log).map(|_| None),
        }
    }

    /// The program may have taken our record and do nothing with it: not every machine that has it also uses it. A
    /// resolver of this machine in the file may have been told by the program.
    fn see_effect(&self, wanted: &Wanted) -> io::Result<()> {
        let content = file::current(&self.resolver_file).unwrap_or_default();
        if wanted.servers.is_empty() || content::names_any(&content, &wanted.servers, true) {
            return Ok(());
        }
        let why = format!("it has not put them into {}", self.resolver_file.display());
        Err(io::Error::other(why))
    }

    fn tell(&self, backend: &Backend, wanted: &Wanted) {
        match backend {
            Backend::File => tracing::info!("{wanted} by {}", self.resolver_file.display()),
            Backend::Resolved | Backend::Resolvconf(_) => tracing::info!("{wanted} by {backend}"),
        }
        match backend {
            Backend::Resolved if wanted.servers.is_empty() => {
                tracing::info!("systemd-resolved uses search domains of servers only, and there is none");
            }
            Backend::Resolved if !wanted.everything && !wanted.is_split() => {
                tracing::info!(
                    "no domain is known for them: they get all questions, as others do; try --dns-domain"
                );
            }
            Backend::File | Backend::Resolvconf(_) if wanted.is_split() && !wanted.servers.is_empty() => {
                tracing::info!(
                    "only systemd-resolved splits questions by domain: here they get all questions first"
                );
            }
            Backend::Resolved | Backend::File | Backend::Resolvconf(_) => {}
        }
    }

    fn unusable(&self, why: String) -> SetupError {
        let choice = match self.choice {
            DnsChoice::Auto => "auto",
            DnsChoice::Resolved => "resolved",
            DnsChoice::Resolvconf => "resolvconf",
            DnsChoice::File => "file",
            DnsChoice::None => "none",
        };
        SetupError::Dns { choice, why }
    }
}

/// A failure that is no error, with the way out.
fn with_hint(error: &SetupError) -> String {
    if let SetupError::NotPermitted { hint: Some(hint), .. } = error {
        return format!("{error} (try {hint})");
    }
    error.to_string()
}

impl Active {
    /// A resolved that was started anew has to be told again.
    async fn tell_again(&mut self) -> Result<(), SetupError> {
        let told = self.tell_new_owner().await;
        let anew = told.map_err(|error| error.into_setup_error(&self.link.name))?;
        if anew {
            tracing::info!("systemd-resolved was started anew and has the VPN's name servers again");
        }
        Ok(())
    }

    async fn tell_new_owner(&mut self) -> Result<bool, BusError> {
        if resolved::owner().await? == self.owner {
            return Ok(false);
        }
        self.owner = Some(resolved::set(self.link.device, &self.wanted).await?);
        Ok(true)
    }
}
