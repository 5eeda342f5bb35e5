//! Why a host check did not pass, and what the user is told.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::auth::host_check::reply::ReplyError;
use crate::auth::host_check::{HostCheckError, PolicyVerdict};
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::net::error::NetError;
use crate::platform::WrapperStartError;

/// Why a check did not pass.
#[derive(Debug, Error)]
pub enum CheckFailure {
    /// The gateway cannot be reached, or does not answer.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The gateway answers something else than it should.
    #[error(transparent)]
    Check(#[from] HostCheckError),
    /// The external program does not run.
    #[error(transparent)]
    Start(#[from] WrapperStartError),
    /// The external program did not do its work.
    #[error("host checker {} failed: {failure}", path.display())]
    Wrapper {
        /// The program.
        path: PathBuf,
        /// How.
        failure: WrapperFailure,
    },
}

/// How an external program fails.
#[derive(Debug, Error)]
pub enum WrapperFailure {
    /// Its answer is no success.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// It ended.
    #[error("it ended before it had answered")]
    Died,
    /// It took too long.
    #[error("it did not answer within {0:?}")]
    Silent(Duration),
}

impl CheckFailure {
    /// What the user is told.
    pub fn user_error(self) -> Error {
        match self {
            Self::Net(error) => error.user_error(),
            Self::Start(error) => error.into(),
            Self::Check(error) => check_error(&error),
            Self::Wrapper { .. } => Error::new(ExitStatus::HostCheck, self.to_string())
                .note("what it writes goes to standard error")
                .hint("run it by hand to see why, or leave out --csd-wrapper for the built-in host checker"),
        }
    }
}

/// The gateway asks for a check again although one has been made (R45): it does not like what it was told.
pub fn unsatisfied(policies: &[PolicyVerdict]) -> Error {
    let message = "the gateway is not satisfied with the host check";
    with_policies(Error::new(ExitStatus::HostCheck, message), policies)
}

fn check_error(error: &HostCheckError) -> Error {
    let user = Error::new(ExitStatus::HostCheck, error.to_string());
    match error {
        HostCheckError::NotFound { .. } => {
            user.hint("--hostcheck-useragent 'DSClient; PulseLinux', or --csd-wrapper PROGRAM")
        }
        HostCheckError::NoCookie { policies } => with_policies(user, policies),
        HostCheckError::Status { .. }
        | HostCheckError::NoMessage
        | HostCheckError::BadEncoding
        | HostCheckError::Malformed(_) => user.hint(OTHER_CHECKER),
    }
}

fn with_policies(error: Error, policies: &[PolicyVerdict]) -> Error {
    if policies.is_empty() {
        return error.hint(OTHER_CHECKER);
    }
    let verdict = |policy: &PolicyVerdict| {
        let name: String = policy.name.chars().take(MAX_NAME).collect();
        format!("\"{name}\" ({})", if policy.met { "ok" } else { "not ok" })
    };
    let mut names: Vec<_> = policies.iter().take(MAX_NAMES).map(verdict).collect();
    if policies.len() > MAX_NAMES {
        names.push(format!("{} more", policies.len() - MAX_NAMES));
    }
    let error = error.note(format!("it asked for, and was told: {}", names.join(", ")));
    match policies.iter().all(|policy| policy.met) {
        // to claim more would not help
        true => error.hint(
            "ask the administrator what else is looked at; a certificate of this machine is shown with \
             --hostcheck-certificate FILE",
        ),
        false => error.hint(
            "--hostcheck accept if this machine meets them all, --hostcheck FILE to say so one by one, \
             or --csd-wrapper PROGRAM",
        ),
    }
}

/// For answers that the built-in host checker cannot deal with.
const OTHER_CHECKER: &str = "--csd-wrapper PROGRAM to leave the check to another one; --dump-http-traffic shows what \
                             was said, for a report";
/// Policies named in an error.
const MAX_NAMES: usize = 10;
/// Characters of such a name.
const MAX_NAME: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(count: usize) -> Vec<PolicyVerdict> {
        (0..count)
            .map(|number| PolicyVerdict {
                name: format!("policy {number}\u{1b}"),
                met: number == 0,
            })
            .collect()
    }

    #[test]
    fn policies_and_ways_out_are_named() {
        let ways_out = "  try: --hostcheck accept if this machine meets them all, --hostcheck FILE to say so one by \
                        one, or --csd-wrapper PROGRAM";
        assert_eq!(
            unsatisfied(&policies(2)).to_string(),
            format!(
                "error: the gateway is not satisfied with the host check\n  \
                 note: it asked for, and was told: \"policy 0?\" (ok), \"policy 1?\" (not ok)\n{ways_out}"
            )
        );
        let many = unsatisfied(&policies(12)).note.unwrap();
        assert!(many.ends_with("\"policy 9\u{1b}\" (not ok), 2 more"), "{many}");
        assert_eq!(unsatisfied(&[]).hint.unwrap(), OTHER_CHECKER);
        let refused = HostCheckError::NoCookie {
            policies: policies(1),
        };
        let refused = CheckFailure::from(refused).user_error();
        assert_eq!(refused.status, ExitStatus::HostCheck);
        assert_eq!(
            refused.to_string(),
            format!(
                "error: the gateway gave no new cookie after the host check\n  \
                 note: it asked for, and was told: \"policy 0?\" (ok)\n  \
                 try: ask the administrator what else is looked at; a certificate of this machine is shown with \
                 --hostcheck-certificate FILE"
            )
        );
    }

    #[test]
    fn other_failures_name_a_way_out_too() {
        let not_found = HostCheckError::NotFound {
            user_agent: "Neoteris HC Http".to_owned(),
        };
        let table = [
            (
                CheckFailure::from(not_found),
                "error: the gateway has no host checker for the user agent \"Neoteris HC Http\"\n  \
                 try: --hostcheck-useragent 'DSClient; PulseLinux', or --csd-wrapper PROGRAM",
            ),
            (
                CheckFailure::from(HostCheckError::NoMessage),
                "error: the answer of the gateway's host checker holds no message\n  \
                 try: --csd-wrapper PROGRAM to leave the check to another one; --dump-http-traffic shows what was \
                 said, for a report",
            ),
            (
                CheckFailure::Wrapper {
                    path: "/x/tncc".into(),
                    failure: WrapperFailure::Silent(Duration::from_secs(30)),
                },
                "error: host checker /x/tncc failed: it did not answer within 30s\n  \
                 note: what it writes goes to standard error\n  \
                 try: run it by hand to see why, or leave out --csd-wrapper for the built-in host checker",
            ),
        ];
        for (failure, text) in table {
            let error = failure.user_error();
            assert_eq!(error.status, ExitStatus::HostCheck);
            assert_eq!(error.to_string(), text);
        }
    }
}
