//! Throw-away namespaces for tests with real devices.

use std::ffi::CStr;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use crate::config::testing::config;
use crate::platform::{Interface, privilege};

/// Runs a test in a thread with its own network and mounts: an interface `lan` (198.51.100.2/24) with a default route
/// by 198.51.100.1, an empty `/run` and a private copy of `/etc/resolv.conf`. All of it ends with the thread.
pub(crate) fn in_namespace(test: impl FnOnce() + Send + 'static) {
    if !privilege::can_configure_network() || Command::new("ip").arg("-V").output().is_err() {
        left_out("namespaces need root and iproute2");
        return;
    }
    let outcome = std::thread::spawn(move || {
        let Ok(private) = enter() else {
            left_out("no right to make namespaces");
            return;
        };
        ip("link set lo up");
        ip("link add lan type veth peer name wire");
        ip("link set wire addrgenmode none up");
        ip("link set lan addrgenmode none up");
        ip("address add 198.51.100.2/24 dev lan");
        ip("route add default via 198.51.100.1");
        test();
        drop(private);
    })
    .join();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Says aloud that a test did not run, or fails when all must run.
pub(crate) fn left_out(why: &str) {
    // Not `eprintln`, which the test harness swallows when a test passes.
    let line = format!(
        "LEFT OUT: {}: {why}\n",
        std::thread::current().name().unwrap_or("?")
    );
    let _ = io::stderr().write_all(line.as_bytes());
    assert!(
        std::env::var_os("VPNC_TEST_REQUIRE_ALL").is_none_or(|value| value != "1"),
        "all tests must run: {why}"
    );
}

#[expect(unsafe_code, reason = "namespaces have no safe form in std")]
fn enter() -> io::Result<TempDir> {
    // SAFETY: takes a number; changes only the calling thread, which ends with the test.
    let entered = unsafe { libc::unshare(libc::CLONE_NEWNET | libc::CLONE_NEWNS) };
    if entered != 0 {
        return Err(io::Error::last_os_error());
    }
    let private = tempfile::tempdir().expect("temporary folder");
    let copy = private.path().join("resolv.conf");
    fs::write(&copy, "nameserver 198.51.100.53\n").expect("private resolv.conf");
    mount(None, c"/", None, libc::MS_REC | libc::MS_PRIVATE);
    mount(Some(c"tmpfs"), c"/run", Some(c"tmpfs"), 0);
    let copy = std::ffi::CString::new(copy.as_os_str().as_encoded_bytes()).expect("path");
    mount(Some(&copy), c"/etc/resolv.conf", None, libc::MS_BIND);
    Ok(private)
}

#[expect(unsafe_code, reason = "mount has no safe form in std")]
fn mount(source: Option<&CStr>, target: &CStr, kind: Option<&CStr>, flags: libc::c_ulong) {
    let pointer = |text: Option<&CStr>| text.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: all strings end in NUL and outlive the call; no data is passed.
    let result = unsafe {
        libc::mount(
            pointer(source),
            target.as_ptr(),
            pointer(kind),
            flags,
            std::ptr::null(),
        )
    };
    assert_eq!(result, 0, "mount on {target:?}: {}", io::Error::last_os_error());
}

/// Runs `ip` in the namespace of this thread and gives what it prints; it must succeed.
pub(crate) fn ip(arguments: &str) -> String {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .stdin(Stdio::null())
        .output()
        .expect("ip runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "ip {arguments}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Everything `ip` knows: links, addresses and all routing tables. Left out are the queueing discipline, which the
/// kernel chooses when an interface first comes up and then keeps, and what it does in its own time when a carrier
/// comes or goes: the state, and an IPv6 multicast route.
pub(crate) fn dump() -> String {
    let text = [
        "-d address",
        "-4 route show table all",
        "-6 route show table all",
        "rule",
    ]
    .map(ip)
    .join("\n");
    let line = |line: &str| match (line.find(" qdisc "), line.find(" group ")) {
        (Some(from), Some(to)) => format!("{}{}\n", &line[..from], &line[to..]),
        _ => format!("{line}\n"),
    };
    let ours = |line: &&str| !line.starts_with("multicast ff00::/8 ");
    let text: String = text.lines().filter(ours).map(line).collect();
    ["NO-CARRIER,", ",LOWER_UP", " linkdown"]
        .iter()
        .fold(text, |text, word| text.replace(word, ""))
}

/// Fails unless [`dump`] gives `before` again. A device lives on until the kernel has closed it, and for a moment
/// longer when another thread just starts a process, so this waits a little.
pub(crate) fn assert_restored(before: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while dump() != before && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    let after = dump();
    let only = |one: &str, other: &str| {
        let new = |line: &&str| !other.lines().any(|known| known == *line);
        one.lines().filter(new).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        only(&after, before),
        only(before, &after),
        "left: what stayed behind"
    );
    assert_eq!(after, before);
}

/// The link every test uses: gateway 203.0.113.5 and MTU 1390.
pub(crate) fn interface(name: &str) -> Interface {
    Interface {
        name: name.to_owned(),
        gateway: [203, 0, 113, 5].into(),
        mtu: 1390,
    }
}

/// An executable shell script in that folder. Another process writes it: a file open for writing here could be inherited
/// by a child that is just being started elsewhere, and then cannot be run.
pub(crate) fn executable(folder: &TempDir, script: &str) -> PathBuf {
    let path = folder.path().join("wrapper");
    let mut child = Command::new("/bin/sh")
        .args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut stdin = child.stdin.take().expect("a pipe");
    write!(stdin, "#!/bin/sh\n{script}\n").expect("written");
    drop(stdin);
    assert!(child.wait().expect("ends").success());
    path
}
