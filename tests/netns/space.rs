//! Network namespaces without a name: they end with the last process and descriptor that holds them.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::ptr;
use std::thread;

/// A network namespace.
pub(crate) struct Space(File);

impl Space {
    /// A new namespace whose loopback is up.
    pub(crate) fn new() -> io::Result<Self> {
        let made = thread::spawn(|| {
            unshare(libc::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        });
        let space = Self(made.join().expect("no panic")?);
        space.ip("link set lo up");
        Ok(space)
    }

    /// A file other processes can open to find the namespace.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }

    /// Runs a piece of code in the namespace. Sockets it opens belong there for good.
    pub(crate) fn within<T: Send>(&self, code: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            enter(&self.0).expect("own namespace");
            code()
        };
        thread::scope(|scope| scope.spawn(inside).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// A program that will run in the namespace and die with this thread. It sees `binds` (a file or folder here, and
    /// where it is to appear) in mounts of its own.
    #[expect(
        unsafe_code,
        reason = "std has no other way to change namespaces between fork and exec"
    )]
    pub(crate) fn command(&self, program: &str, binds: &[(&Path, &str)]) -> Command {
        let mut command = Command::new(program);
        let namespace = self.0.try_clone().expect("a descriptor");
        let text = |path: &Path| CString::new(path.as_os_str().as_encoded_bytes()).expect("no NUL");
        let binds: Vec<_> = binds
            .iter()
            .map(|(from, to)| (text(from), text(Path::new(to))))
            .collect();
        // SAFETY: only system calls with memory made before the fork.
        unsafe {
            command.pre_exec(move || {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
                enter(&namespace)?;
                bind_all(&binds)
            })
        };
        command.stdin(Stdio::null());
        command
    }

    /// Runs `ip`, which must succeed, and gives what it prints.
    #[track_caller]
    pub(crate) fn ip(&self, arguments: &str) -> String {
        self.run(&format!("ip {arguments}"))
    }

    /// Runs a command line, split at blanks, which must succeed, and gives what it prints.
    #[track_caller]
    pub(crate) fn run(&self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let mut command = self.command(words.next().expect("a program"), &[]);
        let output = command.args(words).output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {text}{errors}");
        text
    }
}

/// Sends a signal to a child that was not waited for yet.
#[expect(unsafe_code, reason = "std only knows SIGKILL")]
pub(crate) fn signal(child: &Child, number: i32) {
    let pid = child.id().try_into().expect("a pid");
    // SAFETY: takes numbers; the pid is that of a child nobody has reaped.
    assert_eq!(unsafe { libc::kill(pid, number) }, 0, "signal {number}");
}

/// True for root.
#[expect(unsafe_code, reason = "no safe form in std")]
pub(crate) fn is_root() -> bool {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

#[expect(unsafe_code, reason = "no safe form in std")]
fn enter(namespace: &File) -> io::Result<()> {
    // SAFETY: takes numbers; changes only the calling thread or the child before exec.
    checked(unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) })
}

#[expect(unsafe_code, reason = "no safe form in std")]
fn unshare(flags: i32) -> io::Result<()> {
    // SAFETY: takes a number; changes only the calling thread or the child before exec.
    checked(unsafe { libc::unshare(flags) })
}

fn bind_all(binds: &[(CString, CString)]) -> io::Result<()> {
    if binds.is_empty() {
        return Ok(());
    }
    unshare(libc::CLONE_NEWNS)?;
    mount(None, c"/", libc::MS_REC | libc::MS_PRIVATE)?;
    binds
        .iter()
        .try_for_each(|(from, to)| mount(Some(from), to, libc::MS_BIND))
}

#[expect(unsafe_code, reason = "no safe form in std")]
fn mount(source: Option<&CStr>, target: &CStr, flags: libc::c_ulong) -> io::Result<()> {
    let source = source.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: both strings end in NUL and outlive the call; type and data are not used with these flags.
    checked(unsafe { libc::mount(source, target.as_ptr(), ptr::null(), flags, ptr::null()) })
}

fn checked(result: i32) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
