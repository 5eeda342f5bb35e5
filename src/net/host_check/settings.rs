//! What the user says about host checks.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::auth::host_check::certificate::MachineCertificate;
use crate::auth::host_check::funk::MachineIdentity;
use crate::auth::host_check::{CheckSettings, Claims};
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::WrapperProgram;

/// How this host is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCheckSettings {
    /// What the built-in checker says about policies.
    pub claims: Claims,
    /// A program that checks instead (`--csd-wrapper`).
    pub wrapper: Option<PathBuf>,
    /// Name or number of the user that program runs as (`--csd-user`).
    pub wrapper_user: Option<String>,
    /// Longest time between two checks (`--force-trojan`); zero is none.
    pub interval: Option<Duration>,
    /// Name of this device (`--device-id`).
    pub device_id: Option<String>,
    /// What the built-in checker calls itself.
    pub user_agent: String,
    /// What the built-in checker tells about this machine; nothing without it.
    pub machine: Option<Machine>,
    /// Host name that is told to the external program.
    pub local_hostname: String,
}

/// This machine, as a gateway may know it (`juniper-nc.md §5.7`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Name of the operating system.
    pub platform: String,
    /// Host name.
    pub host_name: Option<String>,
    /// Hardware addresses as the gateway writes them.
    pub mac_addresses: Vec<String>,
    /// PEM files; the first certificate of each may be shown to the gateway.
    pub certificates: Vec<PathBuf>,
}

/// `juniper-nc.md §5.4`.
pub const DEFAULT_USER_AGENT: &str = "Neoteris HC Http";

impl Default for HostCheckSettings {
    fn default() -> Self {
        Self {
            claims: Claims::default(),
            wrapper: None,
            wrapper_user: None,
            interval: None,
            device_id: None,
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            machine: None,
            local_hostname: String::new(),
        }
    }
}

impl HostCheckSettings {
    /// The external program, if there is one.
    pub(super) fn wrapper(&self) -> Option<WrapperProgram> {
        self.wrapper.as_ref().map(|path| WrapperProgram {
            path: path.clone(),
            user: self.wrapper_user.clone(),
        })
    }

    /// For the built-in checker, files read.
    pub(super) fn built_in(&self) -> Result<CheckSettings, Error> {
        Ok(CheckSettings {
            claims: self.claims.clone(),
            user_agent: self.user_agent.clone(),
            device_id: self.device_id.clone(),
            interval: self.interval,
            machine: self.machine.as_ref().map(identity).transpose()?,
        })
    }
}

fn identity(machine: &Machine) -> Result<MachineIdentity, Error> {
    let certificates = machine.certificates.iter().map(certificate);
    Ok(MachineIdentity {
        platform: machine.platform.clone(),
        host_name: machine.host_name.clone(),
        mac_addresses: machine.mac_addresses.clone(),
        certificates: certificates.collect::<Result<_, _>>()?,
    })
}

fn certificate(path: &PathBuf) -> Result<MachineCertificate, Error> {
    let file = fs::read(path).map_err(|error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot read {}: {}", path.display(), plain_io(&error)),
        )
    })?;
    MachineCertificate::parse(&String::from_utf8_lossy(&file)).map_err(|error| {
        Error::new(
            ExitStatus::BadData,
            format!("{} cannot be used: {error}", path.display()),
        )
    })
}
