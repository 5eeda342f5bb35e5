//! A gateway in this process that plays the pages of a flow, and what it saw.

use std::path::Path;
use std::process::Command;

use tokio::runtime::Runtime;
use vpnc_gateway::{Config, EventKind, Flow, Gateway};

/// A gateway that runs until this is dropped.
pub(crate) struct Stage {
    pub(crate) gateway: Gateway,
    _runtime: Runtime,
}

impl Stage {
    /// Plays a flow of `fixtures/pages`, named without `.flow`, or one at another path.
    pub(crate) fn play(flow: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/pages")
            .join(flow);
        let flow = Flow::load(path.with_extension("flow")).expect("a flow");
        Self::start(Config::for_flow(flow))
    }

    pub(crate) fn start(config: Config) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let gateway = runtime.block_on(Gateway::start(config)).expect("a gateway");
        Self {
            gateway,
            _runtime: runtime,
        }
    }

    /// A command that becomes the program in a session of its own, so without a terminal unless `setsid` is told to take
    /// one. It signs in here with further options and inherits nothing.
    pub(crate) fn auth(&self, setsid: &[&str], options: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .args(setsid)
            .args([PROGRAM, "auth", &self.url(), "--servercert", &self.gateway.pin()]);
        command.args(options).env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TERM", "dumb");
        command
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}/", self.gateway.tcp_addr())
    }

    /// What the gateway saw.
    pub(crate) fn saw(&self) -> Vec<EventKind> {
        self.gateway
            .events()
            .into_iter()
            .map(|event| event.kind)
            .collect()
    }

    /// Bodies of all forms.
    pub(crate) fn forms(&self) -> Vec<String> {
        let forms = self.saw().into_iter();
        forms
            .filter_map(|kind| match kind {
                EventKind::Form(body) => Some(body),
                _ => None,
            })
            .collect()
    }

    /// What the client did against the protocol.
    pub(crate) fn faults(&self) -> Vec<String> {
        let saw = self.saw().into_iter();
        saw.filter_map(|kind| match kind {
            EventKind::Fault(text) => Some(text),
            _ => None,
        })
        .collect()
    }
}

/// The built program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_vpnc-cli");
