//! `HostCheckSettings`: what the gateway is told about this machine, and by whom.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use super::{check_readable, usage};
use crate::auth::host_check::Claims;
use crate::cli::args::HostCheckArgs;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::privilege;

/// The host checker.
#[derive(Debug, Clone, Default)]
pub struct HostCheckSettings {
    /// What is claimed.
    pub claims: ClaimSource,
    /// `User-Agent` of its requests, when not the usual one.
    pub user_agent: Option<String>,
    /// Certificates that identify this machine.
    pub certificates: Vec<PathBuf>,
    /// Time between checks instead of the gateway's.
    pub interval: Option<Duration>,
    /// A program that does the checks instead.
    pub wrapper: Option<String>,
    /// User to run it as.
    pub wrapper_user: Option<String>,
    /// Identifier of this machine, 32 hexadecimal digits.
    pub device_id: Option<String>,
}

/// Where the claims of the host checker stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimSource {
    /// Said by a word.
    Said(Claims),
    /// In a file, one policy in a line.
    File {
        /// Its name, for errors.
        path: PathBuf,
        /// What it holds.
        text: String,
    },
}

impl Default for ClaimSource {
    fn default() -> Self {
        Self::Said(Claims::Report)
    }
}

/// Settings of the host checker, files read.
pub(super) fn host_check(args: &HostCheckArgs) -> Result<HostCheckSettings, Error> {
    args.hostcheck_certificate
        .iter()
        .try_for_each(|path| check_readable(path))?;
    if let Some(wrapper) = &args.csd_wrapper {
        check_wrapper(wrapper, args.csd_user.as_deref())?;
    }
    Ok(HostCheckSettings {
        claims: args
            .hostcheck
            .as_deref()
            .map_or(Ok(ClaimSource::default()), claims)?,
        user_agent: args.hostcheck_useragent.clone(),
        certificates: args.hostcheck_certificate.clone(),
        interval: args
            .force_trojan
            .map(|seconds| Duration::from_secs(seconds.into())),
        wrapper: args.csd_wrapper.clone(),
        wrapper_user: args.csd_user.clone(),
        device_id: args.device_id.clone(),
    })
}

fn claims(word: &Path) -> Result<ClaimSource, Error> {
    match word.to_str() {
        Some("report") => Ok(ClaimSource::Said(Claims::Report)),
        Some("accept") => Ok(ClaimSource::Said(Claims::Accept)),
        _ => claims_file(word),
    }
}

fn claims_file(path: &Path) -> Result<ClaimSource, Error> {
    check_readable(path)
        .map_err(|error| error.hint("--hostcheck report, accept, or a file with a policy in each line"))?;
    let mut octets = Zeroizing::new(Vec::new());
    let read = File::open(path).and_then(|file| file.take(MAX_CLAIMS + 1).read_to_end(&mut octets));
    let read = read.map_err(|error| {
        Error::new(
            ExitStatus::NoInput,
            format!("cannot read a file: {}", plain_io(&error)),
        )
        .at(path.display().to_string())
    })?;
    let refused = |why: &str| {
        Error::new(ExitStatus::BadData, format!("the file of --hostcheck {why}"))
            .at(path.display().to_string())
    };
    if read as u64 > MAX_CLAIMS {
        return Err(refused("is longer than 64 KiB"));
    }
    let text = str::from_utf8(&octets).map_err(|_| refused("is not plain text"))?;
    Ok(ClaimSource::File {
        path: path.to_owned(),
        text: text.to_owned(),
    })
}

fn check_wrapper(program: &str, user: Option<&str>) -> Result<(), Error> {
    if program.contains('/') {
        check_readable(Path::new(program))?;
    }
    if privilege::effective_user() == 0 && user.is_none() {
        return Err(usage("the program of --csd-wrapper would run as root")
            .note("such programs load and run what the gateway sends")
            .hint("--csd-user nobody, or --csd-user root if that is what you want"));
    }
    Ok(())
}

/// Room for a thousand policies.
const MAX_CLAIMS: u64 = 64 * 1024;
