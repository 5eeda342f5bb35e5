//! What we may do, and keeping secrets where others cannot read them.

pub mod limited;
pub mod rights;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::FromRawFd as _;
use std::os::unix::ffi::OsStrExt;

use zeroize::Zeroizing;

use super::linux::process::stat_field;
use crate::secret::Secret;

/// Keeps the memory of this process from other programs: no core dumps, no debugger and no `/proc/PID/mem` for other
/// processes of the same user. Costs nothing and may be called early.
#[expect(unsafe_code, reason = "prctl and setrlimit have no safe form in std")]
pub fn harden() -> io::Result<()> {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: prctl with PR_SET_DUMPABLE takes numbers only; setrlimit reads the structure, which outlives the call.
    let results = unsafe {
        [
            libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0),
            libc::setrlimit(libc::RLIMIT_CORE, &raw const none),
        ]
    };
    if results.contains(&-1) {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// True when the calling thread has CAP_NET_ADMIN: may create devices, set addresses and routes.
pub fn can_configure_network() -> bool {
    has(CAP_NET_ADMIN)
}

/// True when the calling thread has CAP_SYS_ADMIN: may enter namespaces of others.
pub(super) fn can_administer() -> bool {
    has(CAP_SYS_ADMIN)
}

fn has(capability: u32) -> bool {
    fs::read_to_string("/proc/thread-self/status")
        .is_ok_and(|status| effective_capabilities(&status) & (1 << capability) != 0)
}

fn effective_capabilities(status: &str) -> u64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|value| u64::from_str_radix(value.trim(), 16).ok())
        .unwrap_or(0)
}

/// Effective user id.
#[expect(
    unsafe_code,
    reason = "/proc/self belongs to root after harden(), so the owner of a file does not tell"
)]
pub fn effective_user() -> u32 {
    // SAFETY: geteuid takes nothing, touches nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Name of the effective user for messages; the number when `/etc/passwd` does not know it.
pub fn user_name() -> String {
    let user = effective_user();
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    name_in_passwd(&passwd, user).unwrap_or_else(|| format!("user {user}"))
}

fn name_in_passwd(passwd: &str, user: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_owned())
    })
}

/// Keeps descriptors that were open at our start from the programs we start: one of them may hold the cookie.
///
/// Must be called before any thread is started.
#[expect(unsafe_code, reason = "close_range has no safe form in std")]
pub fn keep_descriptors_from_children() {
    // SAFETY: the call takes numbers only and marks descriptors, without closing any.
    let marked = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            FIRST_DESCRIPTOR,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if marked != 0 {
        // before Linux 5.11
        keep_each_descriptor();
    }
}

/// The same by the list of open descriptors.
#[expect(unsafe_code, reason = "fcntl has no safe form in std")]
fn keep_each_descriptor() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    for number in numbers.filter(|number| *number >= FIRST_DESCRIPTOR) {
        // SAFETY: the call takes numbers only; one that is no descriptor is refused.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// A file, pipe or socket that whoever started us left open under this number, where it stands. The number itself
/// stays open.
#[expect(unsafe_code, reason = "std knows no descriptors by number")]
pub fn inherited_descriptor(number: u32) -> io::Result<File> {
    let number = i32::try_from(number).map_err(|_| io::Error::from_raw_os_error(libc::EBADF))?;
    // SAFETY: the call takes numbers only; one that is no descriptor is refused.
    let copy = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR) };
    if copy == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us, so nobody else owns it.
    Ok(unsafe { File::from_raw_fd(copy) })
}

/// Takes a secret out of the environment, so that no child inherits it. Its octets are wiped as [`scrub`] does.
///
/// Must be called before any thread is started.
pub fn take_secret_variable(name: &str) -> Option<Secret> {
    let value = take_variable(name)?;
    scrub(&[value.as_bytes()]);
    Some(Secret::new(value.to_string_lossy()))
}

/// Takes a variable out of the environment, so that no child inherits it.
///
/// Must be called before any thread is started.
#[expect(
    unsafe_code,
    reason = "changing the environment is unsafe while other threads may read it"
)]
pub fn take_variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name)?;
    // SAFETY: the caller has not started a thread yet.
    unsafe { std::env::remove_var(name) };
    Some(value)
}

/// Overwrites the secrets with stars in the memory that `/proc/PID/cmdline` and `/proc/PID/environ` show to others.
///
/// Must be called before any thread is started. Where the kernel does not tell the place, nothing happens.
pub fn scrub(secrets: &[&[u8]]) {
    let Ok(stat) = fs::read_to_string("/proc/self/stat") else {
        return;
    };
    // arg_start, arg_end, env_start, env_end in proc_pid_stat(5)
    for (start, end) in [(48, 49), (50, 51)] {
        if let (Some(start), Some(end)) = (stat_field(&stat, start), stat_field(&stat, end)) {
            scrub_region(start, end, secrets);
        }
    }
}

#[expect(
    unsafe_code,
    reason = "the strings the kernel put on our stack are reachable only by their address"
)]
fn scrub_region(start: u64, end: u64, secrets: &[&[u8]]) {
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return;
    };
    if start == 0 || end <= start || end - start > MAX_REGION {
        return;
    }
    let base: *mut u8 = std::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the kernel says that start..end holds the strings it copied onto this process's own stack; that part of
    // the stack lies below main, stays mapped and readable to the end, and no thread runs that could change it.
    let copy = Zeroizing::new(unsafe { std::slice::from_raw_parts(base, end - start) }.to_vec());
    for offset in matches(&copy, secrets) {
        // SAFETY: as above, writable, and `offset` is inside the region; no reference to these octets is alive.
        unsafe { base.add(offset).write_volatile(b'*') };
    }
}

/// Offsets of all octets in `memory` that belong to a secret. A secret counts only as a whole argument or behind `=`:
/// a short one would otherwise eat letters of other arguments.
fn matches(memory: &[u8], secrets: &[&[u8]]) -> Vec<usize> {
    let mut offsets = Vec::new();
    for &secret in secrets {
        if secret.is_empty() {
            continue;
        }
        for (at, window) in memory.windows(secret.len()).enumerate() {
            let begins = at == 0 || matches!(memory[at - 1], 0 | b'=') || is_short_option(memory, at);
            let ends = memory.get(at + secret.len()).is_none_or(|next| *next == 0);
            if window == secret && begins && ends {
                offsets.extend(at..at + secret.len());
            }
        }
    }
    offsets
}

/// True when `at` stands behind short options glued to the value of the last: `-Cvalue`, `-vCvalue`.
fn is_short_option(memory: &[u8], at: usize) -> bool {
    let letters = memory[..at].iter().rev();
    let count = letters.take_while(|octet| octet.is_ascii_alphabetic()).count();
    match memory[..at - count] {
        [.., before, b'-'] => count > 0 && before == 0,
        [b'-'] => count > 0,
        _ => false,
    }
}

/// Number of CAP_NET_ADMIN, capabilities(7).
const CAP_NET_ADMIN: u32 = 12;
/// Number of CAP_SYS_ADMIN, capabilities(7).
const CAP_SYS_ADMIN: u32 = 21;

/// The first one behind standard input, output and error.
const FIRST_DESCRIPTOR: libc::c_int = 3;

/// Arguments and environment together are limited by the kernel to 6 MiB (three quarters of 8 MiB of stack).
const MAX_REGION: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_capability_is_read_from_the_effective_set() {
        let status = "Name:\tx\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000001000\n";
        assert_eq!(effective_capabilities(status), 0x1000);
        assert_eq!(effective_capabilities("CapEff:\tzz\n"), 0);
    }

    #[test]
    fn user_names_come_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\nbroken\n";
        assert_eq!(name_in_passwd(passwd, 1000).as_deref(), Some("joe"));
        assert_eq!(name_in_passwd(passwd, 7), None);
    }

    #[test]
    fn secrets_are_found_as_arguments_and_values_only() {
        let memory = b"vpnc\0--cookie\0s3\0-Cs3\0--cookie=s3\0as3b\0s3x\0-vvCs3\0--Cs3\0-v-s3\0";
        let mut text = memory.to_vec();
        for offset in matches(memory, &[b"s3", b""]) {
            text[offset] = b'*';
        }
        let left = b"vpnc\0--cookie\0**\0-C**\0--cookie=**\0as3b\0s3x\0-vvC**\0--Cs3\0-v-s3\0";
        assert_eq!(text, left);
    }

    #[test]
    fn arguments_of_a_running_process_are_overwritten() {
        let program = std::env::current_exe().expect("own path");
        let secret = "DSID=0123456789abcdef";
        let output = std::process::Command::new(program)
            .args([
                "--exact",
                "platform::privilege::tests::child_scrubs_its_memory",
                "--nocapture",
            ])
            .args(["--skip", secret])
            .env(CHILD, secret)
            .output()
            .expect("child runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        assert!(text.contains("scrubbed"), "{text}");
    }

    #[test]
    fn child_scrubs_its_memory() {
        let Some(secret) = take_secret_variable(CHILD) else {
            return;
        };
        for file in ["/proc/self/cmdline", "/proc/self/environ"] {
            let text = fs::read(file).expect("own memory");
            let shown = text
                .windows(secret.expose().len())
                .any(|w| w == secret.expose().as_bytes());
            assert!(!shown, "{file} still shows the secret");
        }
        assert!(std::env::var_os(CHILD).is_none());
        harden().expect("no rights are needed");
        eprintln!("user {}", user_name());
        io::Write::write_all(&mut io::stdout(), b"scrubbed\n").expect("stdout");
    }

    #[test]
    fn descriptors_are_read_here_and_closed_in_children() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cookie");
        fs::write(&path, "DSID=1").expect("a file");
        let line = "exec 7<\"$COOKIE\" && exec \"$PROGRAM\" --nocapture --exact \
                    platform::privilege::tests::child_keeps_its_descriptors";
        for way in ["close_range", "list"] {
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", line])
                .env("COOKIE", &path)
                .env("PROGRAM", std::env::current_exe().expect("own path"))
                .env(KEEPER, way)
                .output()
                .expect("child runs");
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("kept"), "{text}");
        }
    }

    #[test]
    fn child_keeps_its_descriptors() {
        match std::env::var(KEEPER).as_deref() {
            Ok("list") => keep_each_descriptor(),
            Ok(_) => keep_descriptors_from_children(),
            Err(_) => return,
        }
        let script = || {
            let mut script = std::process::Command::new("/bin/sh");
            script.args(["-c", "cat <&7"]).output().expect("a script")
        };
        assert!(!script().status.success());
        assert_eq!(script().stdout, b"");
        let cookie = io::read_to_string(inherited_descriptor(7).expect("open")).expect("text");
        assert_eq!(cookie, "DSID=1");
        assert!(!script().status.success());
        io::Write::write_all(&mut io::stdout(), b"kept\n").expect("stdout");
    }

    #[test]
    fn sockets_are_descriptors_and_other_numbers_are_not() {
        let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
        io::Write::write_all(&mut ours, b"DSID=1").expect("sent");
        drop(ours);
        let number = std::os::fd::AsRawFd::as_raw_fd(&theirs).cast_unsigned();
        let text = io::read_to_string(inherited_descriptor(number).expect("open")).expect("text");
        assert_eq!(text, "DSID=1");
        for number in [u32::MAX, 1 << 20] {
            let error = inherited_descriptor(number).expect_err("not open");
            assert_eq!(error.raw_os_error(), Some(libc::EBADF));
        }
    }

    const CHILD: &str = "VPNC_TEST_SCRUB";
    const KEEPER: &str = "VPNC_TEST_DESCRIPTORS";
}
