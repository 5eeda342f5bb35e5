//! What earlier runs left behind, before a new one starts.

use tracing::{info, warn};

use crate::net::settings::{ConnectSettings, NetworkMode};
use crate::platform::linux::journal;

/// What an earlier run left behind because it was killed is put right first.
pub(super) fn repair(tunnel: &ConnectSettings) {
    let Some(dir) = journal::default_dir() else { return };
    let mut repaired = journal::repair(&dir);
    for name in repaired.blocked.iter().filter(|name| **name != tunnel.name) {
        warn!(
            "what the tunnel {name} carried is still blocked; free it with  vpnc-cli disconnect --repair {name}"
        );
    }
    if repaired.blocked.contains(&tunnel.name) {
        if tunnel.network == NetworkMode::Builtin {
            info!("what the last run carried stays blocked until the tunnel is up");
        } else {
            // nobody else would know what to do with it
            let freed = journal::repair_named(&dir, Some(&tunnel.name));
            repaired.undone += freed.undone;
            repaired.failures.extend(freed.failures);
        }
    }
    if repaired.undone > 0 {
        info!(
            changes = repaired.undone,
            "an earlier run had ended without cleaning up; its changes are undone"
        );
    }
    for failure in repaired.failures {
        warn!("left by an earlier run: {failure}");
    }
}
