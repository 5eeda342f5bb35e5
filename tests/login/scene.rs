//! `Scene`: a gateway that plays a flow, and the program as it is called for that flow.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use vpnc_gateway::{Config, EventKind, Flow, Gateway};

use crate::command::Call;

/// See the module. The fields are dropped in this order.
pub(crate) struct Scene {
    pub(crate) gateway: Gateway,
    flow: Flow,
    folder: TempDir,
    _runtime: Runtime,
}

/// Answers as options and as lines for `--passwd-on-stdin`.
#[derive(Default)]
struct Given {
    options: Vec<String>,
    lines: String,
}

impl Scene {
    /// A flow by its name, such as `pcs-8/primary`.
    pub(crate) fn of(name: &str) -> Self {
        Self::play(Flow::load(pages().join(format!("{name}.flow"))).unwrap())
    }

    /// A flow that stands in the test: the sections only, beside the pages of `pcs-8`.
    pub(crate) fn written(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(pages().join("pcs-8")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let path = folder.path().join("test.flow");
        fs::write(&path, format!("title of a test\nevidence G: own\n{rules}")).unwrap();
        Self::play(Flow::load(path).unwrap())
    }

    /// A flow.
    pub(crate) fn play(flow: Flow) -> Self {
        let config = Config::for_flow(flow.clone());
        Self::with(flow, config)
    }

    /// A flow on a gateway of one's own.
    pub(crate) fn with(flow: Flow, config: Config) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let gateway = runtime.block_on(Gateway::start(config)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), gateway.ca_pem()).unwrap();
        Self {
            gateway,
            flow,
            folder,
            _runtime: runtime,
        }
    }

    /// Where its start page is.
    pub(crate) fn url(&self) -> String {
        format!("https://{}{}", self.gateway.tcp_addr(), self.flow.start())
    }

    /// A private file of this scene.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Where its files are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another program with this scene's files.
    pub(crate) fn program(&self, program: impl AsRef<Path>) -> Call {
        Call::of(program, self.folder.path())
    }

    /// A command of the program that trusts the gateway.
    pub(crate) fn call(&self, command: &str, options: &[&str]) -> Call {
        let ca = self.folder.path().join("ca.pem");
        let call = self.program(PROGRAM).args([command, "--cafile"]).arg(ca);
        call.args(options).arg(self.url())
    }

    /// `auth` that asks nobody.
    pub(crate) fn auth(&self, options: &[&str]) -> Call {
        self.call("auth", &[&["--non-inter"], options].concat())
    }

    /// `auth` as joe, with a password.
    pub(crate) fn joe(&self, password: &str, options: &[&str]) -> Call {
        let call = self.auth(&[&["-u", "joe", "--passwd-on-stdin"], options].concat());
        call.input(&format!("{password}\n"))
    }

    /// `auth` with all the flow says.
    pub(crate) fn as_told(&self) -> Call {
        let given = Given::of(&self.flow);
        let options = given.options.iter().map(String::as_str);
        let own = self.flow.options().iter().map(|option| self.named(option));
        let call = self
            .auth(&options.collect::<Vec<_>>())
            .args(own.collect::<Vec<_>>());
        call.input(&given.lines).at(self.flow_folder())
    }

    /// An option of a flow, where `CERTIFICATE` stands for a file.
    fn named(&self, option: &str) -> String {
        if option != "CERTIFICATE" {
            return option.to_owned();
        }
        let (certificate, key) = self.gateway.client_certificate("laptop").unwrap();
        self.file("machine.pem", &(certificate + &key))
    }

    fn flow_folder(&self) -> &Path {
        self.flow.path().parent().unwrap()
    }

    /// Everything the gateway found wrong.
    pub(crate) fn faults(&self) -> Vec<String> {
        self.seen(|kind| match kind {
            EventKind::Fault(text) => Some(text),
            _ => None,
        })
    }

    /// All requests as `METHOD TARGET`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen(|kind| match kind {
            EventKind::Request { method, target, .. } => Some(format!("{method} {target}")),
            _ => None,
        })
    }

    /// Bodies of all forms.
    pub(crate) fn forms(&self) -> Vec<String> {
        self.seen(|kind| match kind {
            EventKind::Form(body) => Some(body),
            _ => None,
        })
    }

    /// Sign-ins, by whether they were accepted.
    pub(crate) fn logins(&self) -> Vec<bool> {
        self.seen(|kind| match kind {
            EventKind::Login { accepted, .. } => Some(accepted),
            _ => None,
        })
    }

    /// What the gateway saw, as far as it is of one kind.
    pub(crate) fn seen<T>(&self, pick: impl Fn(EventKind) -> Option<T>) -> Vec<T> {
        let events = self.gateway.events().into_iter();
        events.filter_map(|event| pick(event.kind)).collect()
    }
}

impl Given {
    fn of(flow: &Flow) -> Self {
        let mut given = Self::default();
        for (name, value) in flow.answers() {
            let (form, field) = name.split_once(':').unwrap_or(("*", name));
            let lower = field.to_lowercase();
            if lower.contains("pass") {
                given.lines.push_str(&format!("{value}\n"));
            } else if lower.starts_with("user") {
                given.options.extend(["-u".to_owned(), value.clone()]);
            } else {
                let entry = format!("{form}:{field}={value}");
                given.options.extend(["--form-entry".to_owned(), entry]);
            }
        }
        if !given.lines.is_empty() {
            given.options.push("--passwd-on-stdin".to_owned());
        }
        given
    }
}

/// The folder of the flow files.
pub(crate) fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pages")
}

/// The built program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_vpnc-cli");
