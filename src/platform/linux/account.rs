//! Accounts of this machine, and becoming one of them.

use std::ffi::{CStr, CString};
use std::io;

/// An account of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::platform) struct Account {
    pub(in crate::platform) user: libc::uid_t,
    pub(in crate::platform) group: libc::gid_t,
    pub(in crate::platform) groups: Vec<libc::gid_t>,
    name: CString,
    pub(in crate::platform) home: CString,
    shell: CString,
}

impl Account {
    /// By name, or by number when it is one.
    #[expect(unsafe_code, reason = "the system's list of users has no safe form in std")]
    pub(in crate::platform) fn find(user: &str) -> Option<Self> {
        let name = CString::new(user).ok()?;
        let is_number = user.bytes().all(|octet| octet.is_ascii_digit());
        let number = user.parse().ok().filter(|_| is_number);
        let mut buffer: Vec<libc::c_char> = vec![0; ACCOUNT_SIZE];
        let mut entry = std::mem::MaybeUninit::<libc::passwd>::uninit();
        let mut found = std::ptr::null_mut();
        // SAFETY: entry and buffer live on and are writable in the given size; name ends in NUL. What `found` points
        // to is `entry` or nothing.
        let result = unsafe {
            let (entry, buffer, size) = (entry.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len());
            match number {
                Some(number) => libc::getpwuid_r(number, entry, buffer, size, &raw mut found),
                None => libc::getpwnam_r(name.as_ptr(), entry, buffer, size, &raw mut found),
            }
        };
        if result != 0 || found.is_null() {
            return None;
        }
        // SAFETY: `found` is not null, so `entry` was filled.
        let entry = unsafe { entry.assume_init() };
        // SAFETY: the strings are in `buffer`, end in NUL and are copied before it goes.
        let text = |text: *const libc::c_char| unsafe { CStr::from_ptr(text) }.to_owned();
        let mut account = Self {
            user: entry.pw_uid,
            group: entry.pw_gid,
            groups: Vec::new(),
            name: text(entry.pw_name),
            home: text(entry.pw_dir),
            shell: text(entry.pw_shell),
        };
        account.groups = account.find_groups()?;
        Some(account)
    }

    #[expect(unsafe_code, reason = "the system's list of groups has no safe form in std")]
    fn find_groups(&self) -> Option<Vec<libc::gid_t>> {
        let mut groups = vec![0; MAX_GROUPS];
        let mut count = libc::c_int::try_from(groups.len()).ok()?;
        // SAFETY: the name ends in NUL and `groups` has room for `count` numbers.
        let result = unsafe {
            libc::getgrouplist(
                self.name.as_ptr(),
                self.group,
                groups.as_mut_ptr(),
                &raw mut count,
            )
        };
        groups.truncate(usize::try_from(count).ok()?);
        (result >= 0).then_some(groups)
    }

    /// Gives all rights of root away, in every thread.
    #[expect(unsafe_code, reason = "changing the user has no safe form in std")]
    pub(in crate::platform) fn become_it(&self) -> io::Result<()> {
        // SAFETY: the calls take numbers, and a list of them with its length.
        let done = unsafe {
            libc::setgroups(self.groups.len(), self.groups.as_ptr()) == 0
                && libc::setgid(self.group) == 0
                && libc::setuid(self.user) == 0
        };
        if done {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Programs look there for their files.
    pub(in crate::platform) fn variables(&self) -> [(&'static str, String); 4] {
        let text = |text: &CString| text.to_string_lossy().into_owned();
        [
            ("HOME", text(&self.home)),
            ("USER", text(&self.name)),
            ("LOGNAME", text(&self.name)),
            ("SHELL", text(&self.shell)),
        ]
    }
}

/// Room for the strings of an account.
const ACCOUNT_SIZE: usize = 64 * 1024;
/// NGROUPS_MAX of Linux.
const MAX_GROUPS: usize = 65536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_by_name_and_number() {
        for user in ["root", "0"] {
            let account = Account::find(user).expect("every system has it");
            assert_eq!((account.user, account.group), (0, 0));
            assert!(account.groups.contains(&0));
            let [home, name, ..] = account.variables();
            assert_eq!(home, ("HOME", account.home.to_string_lossy().into_owned()));
            assert_eq!(name, ("USER", "root".to_owned()));
        }
    }

    #[test]
    fn nobody_else_is_found() {
        for user in ["", "no-such-user", "4294967290", "-1", "ro\0ot"] {
            assert_eq!(Account::find(user), None, "{user:?}");
        }
    }
}
