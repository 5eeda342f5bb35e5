//! Whether standard output was open at our start.

use std::sync::atomic::{AtomicBool, Ordering};

/// True when whoever started us closed standard output. The standard library puts `/dev/null` in its place before
/// `main`, where a result would be lost without a word.
pub fn was_closed() -> bool {
    WAS_CLOSED.load(Ordering::Relaxed)
}

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

#[used]
#[cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "only this runs before the standard library")
)]
// SAFETY: the loader calls what stands in this section with three arguments at most, which a C function may ignore.
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
static BEFORE_MAIN: extern "C" fn() = look;

#[expect(unsafe_code, reason = "nothing of ours owns the descriptor")]
extern "C" fn look() {
    // SAFETY: the call takes numbers only; one that is no descriptor is refused.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
}
