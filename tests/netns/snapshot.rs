//! Everything `ip` knows about the client's machine, its resolver file and the state files, before and after.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::Lab;

/// See the module.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    entries: Vec<String>,
    resolver: String,
}

impl Snapshot {
    /// The state now.
    pub(crate) fn of(lab: &Lab) -> Self {
        let mut entries = Vec::new();
        for what in COMMANDS {
            let text = lab.machine.ip(what);
            let list: Vec<Value> = match text.trim() {
                "" => Vec::new(),
                text => serde_json::from_str(text).expect("JSON"),
            };
            let list = list.iter().filter(|entry| !is_kernels_own(entry));
            entries.extend(list.map(|entry| format!("{what}: {entry}")));
        }
        // a folder of its own stays, what was in it does not
        let state = std::fs::read_dir(lab.file("run/vpnc-cli"))
            .into_iter()
            .flatten()
            .flatten();
        entries.extend(state.map(|file| format!("state file: {}", file.path().display())));
        entries.sort();
        Self {
            entries,
            resolver: lab.resolver(),
        }
    }

    /// Fails unless all is as it was. A device lives on for a moment after the process that held it.
    #[track_caller]
    pub(crate) fn assert_restored(&self, lab: &Lab) {
        let deadline = Instant::now() + Duration::from_secs(3);
        let mut after = Self::of(lab);
        while after != *self && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
            after = Self::of(lab);
        }
        let only = |one: &Self, other: &Self| -> Vec<String> {
            let new = one.entries.iter().filter(|entry| !other.entries.contains(entry));
            new.cloned().collect()
        };
        assert_eq!(only(&after, self), only(self, &after), "left: what stayed behind");
        assert_eq!(after.resolver, self.resolver, "resolver file");
    }

    /// True when something differs.
    pub(crate) fn is_changed(&self, lab: &Lab) -> bool {
        Self::of(lab) != *self
    }
}

/// A route the kernel makes in its own time when a carrier comes.
fn is_kernels_own(entry: &Value) -> bool {
    entry["type"] == "multicast" && entry["dst"] == "ff00::/8"
}

const COMMANDS: [&str; 5] = [
    "-j -d link",
    "-j address",
    "-j -4 route show table all",
    "-j -6 route show table all",
    "-j rule",
];
