//! Giving rights away for good.
//!
//! Everything here is for the calling thread and those it starts later. That is enough: there is one thread, and
//! another only while a name is being looked up, which ends seconds later.

use std::io;

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_keep_capabilities, set_no_new_privs,
};

use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::platform::linux::account::Account;
use crate::platform::privilege::{effective_user, harden, user_name};

/// What a process keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    capabilities: CapabilitySet,
    children: bool,
}

/// What a process may have to do later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Addresses and routes are set and undone over netlink.
    Network,
    /// They are, in another network namespace, which has to be entered.
    OtherNamespace,
    /// Sockets are marked.
    Mark,
    /// Sockets are bound to an interface; kernels before 5.7 want a right for it.
    BindInterface,
    /// Sockets are bound to a port below 1024.
    LowPort,
    /// A program is run as another user, and ended.
    OtherUser,
    /// Files of other users are read, changed or removed.
    OtherFiles,
    /// Programs are run that need all rights this process has now: scripts, hooks, what may call sudo.
    Children,
}

impl Rights {
    /// None at all.
    pub const NONE: Self = Self {
        capabilities: CapabilitySet::empty(),
        children: false,
    };

    /// Those for all of these.
    pub fn for_all(needs: impl IntoIterator<Item = Need>) -> Self {
        needs.into_iter().fold(Self::NONE, |rights, need| Self {
            capabilities: rights.capabilities.union(capability(need)),
            children: rights.children || need == Need::Children,
        })
    }

    /// Gives up all others.
    ///
    /// Programs of root get their rights from the bounding set when they are started, so with [`Need::Children`] that
    /// set stays, and so may set-id programs. Without, nothing that this process starts ever has more than nothing.
    /// An ordinary user's process has only what somebody gave it for its programs; with [`Need::Children`] that stays.
    ///
    /// # Errors
    /// What the system said. What could be given up is.
    pub fn keep_only(self) -> io::Result<()> {
        let children = self.children;
        if children && effective_user() != ROOT {
            return Ok(());
        }
        if !children {
            forget_bounding_set();
            clear_ambient_capability_set()?;
        }
        let held = capabilities(None)?;
        let kept = held.permitted.intersection(self.capabilities);
        set_capabilities(
            None,
            CapabilitySets {
                effective: kept,
                permitted: kept,
                inheritable: match children {
                    true => held.inheritable,
                    false => CapabilitySet::empty(),
                },
            },
        )?;
        if !children {
            set_no_new_privs(true)?;
        }
        Ok(())
    }
}

/// A user of this machine that this process becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor(Account);

impl Successor {
    /// By name or number. `None` when this process belongs to that user already.
    ///
    /// # Errors
    /// No such user, or we are not root.
    pub fn find(user: &str) -> Result<Option<Self>, Error> {
        let account = Account::find(user).ok_or_else(|| {
            Error::new(ExitStatus::Usage, format!("there is no user {user}"))
                .hint("--setuid NAME with a user of this machine")
        })?;
        if account.user == effective_user() {
            return Ok(None);
        }
        if effective_user() != ROOT {
            return Err(Error::new(
                ExitStatus::NoPermission,
                format!("cannot become {user}: operation not permitted"),
            )
            .at(format!("running as {}", user_name()))
            .hint("sudo, or leave out --setuid"));
        }
        Ok(Some(Self(account)))
    }

    /// Lets programs started later find the files of that user, not those of root.
    ///
    /// Must be called before any thread is started.
    #[expect(
        unsafe_code,
        reason = "changing the environment is unsafe while other threads may read it"
    )]
    pub fn announce(&self) {
        for (name, value) in self.0.variables() {
            // SAFETY: the caller has not started a thread yet.
            unsafe { std::env::set_var(name, value) };
        }
    }

    /// Becomes that user, keeps these rights and nothing else, for good.
    ///
    /// # Errors
    /// The right is missing, or the system did something else than it should.
    pub fn become_it(&self, rights: Rights) -> Result<(), Error> {
        self.try_to_become(rights.capabilities).map_err(|error| {
            Error::new(
                ExitStatus::NoPermission,
                format!("cannot become user {}: {}", self.0.user, plain_io(&error)),
            )
            .hint("sudo, or leave out --setuid")
        })
    }

    fn try_to_become(&self, keep: CapabilitySet) -> io::Result<()> {
        forget_bounding_set();
        clear_ambient_capability_set()?;
        set_keep_capabilities(true)?;
        self.0.become_it()?;
        let kept = capabilities(None)?.permitted.intersection(keep);
        set_capabilities(
            None,
            CapabilitySets {
                effective: kept,
                permitted: kept,
                inheritable: CapabilitySet::empty(),
            },
        )?;
        set_keep_capabilities(false)?;
        set_no_new_privs(true)?;
        // changing the user made the memory readable again where the system is set up so
        harden()?;
        match effective_user() == self.0.user {
            true => Ok(()),
            false => Err(io::ErrorKind::PermissionDenied.into()),
        }
    }
}

/// Without the right to do so nothing can be got by way of that set either.
fn forget_bounding_set() {
    for number in 0..u64::BITS {
        // beyond the last one the kernel knows there is nothing to forget
        let _ = remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number));
    }
}

fn capability(need: Need) -> CapabilitySet {
    match need {
        Need::Network => CapabilitySet::NET_ADMIN,
        Need::OtherNamespace => CapabilitySet::NET_ADMIN | CapabilitySet::SYS_ADMIN,
        Need::Mark => mark_capability(&kernel()),
        Need::BindInterface => CapabilitySet::NET_RAW,
        Need::LowPort => CapabilitySet::NET_BIND_SERVICE,
        Need::OtherUser => CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::KILL,
        Need::OtherFiles => CapabilitySet::DAC_OVERRIDE,
        Need::Children => CapabilitySet::empty(),
    }
}

/// Since Linux 5.17 the smaller one is enough to mark a socket.
fn mark_capability(release: &str) -> CapabilitySet {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok());
    match (next(), next()) {
        (Some(major), Some(minor)) if (major, minor) >= (5, 17) => CapabilitySet::NET_RAW,
        _ => CapabilitySet::NET_ADMIN,
    }
}

fn kernel() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default()
}

const ROOT: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_add_up() {
        let rights = Rights::for_all([Need::Network, Need::LowPort, Need::Children]);
        assert_eq!(
            rights.capabilities,
            CapabilitySet::NET_ADMIN | CapabilitySet::NET_BIND_SERVICE
        );
        assert!(rights.children);
        assert_eq!(Rights::for_all([]), Rights::NONE);
    }

    #[test]
    fn marking_takes_the_smallest_right_the_kernel_knows() {
        let (small, large) = (CapabilitySet::NET_RAW, CapabilitySet::NET_ADMIN);
        for (release, expected) in [
            ("6.1.0-18-amd64\n", small),
            ("5.17.1", small),
            ("5.16.99", large),
            ("4.19.0-26-amd64", large),
            ("10.0", small),
            ("odd", large),
            ("", large),
        ] {
            assert_eq!(mark_capability(release), expected, "{release:?}");
        }
    }

    #[test]
    fn nobody_unknown_is_become() {
        let error = Successor::find("no-such-user").expect_err("unknown");
        assert_eq!(error.status, ExitStatus::Usage);
        assert_eq!(error.message, "there is no user no-such-user");
        let own = effective_user().to_string();
        if let Ok(found) = Successor::find(&own) {
            assert_eq!(found, None, "it is us");
        }
    }

    #[test]
    fn what_is_given_up_cannot_be_had_again() {
        std::thread::spawn(|| {
            Rights::NONE.keep_only().expect("always possible");
            let sets = capabilities(None).expect("own");
            assert!(sets.permitted.is_empty() && sets.effective.is_empty() && sets.inheritable.is_empty());
            assert!(rustix::thread::no_new_privs().expect("own"));
            Rights::for_all([Need::Network]).keep_only().expect("no more");
            assert!(capabilities(None).expect("own").permitted.is_empty());
        })
        .join()
        .expect("no panic");
    }
}
