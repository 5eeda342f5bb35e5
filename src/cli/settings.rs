//! Arguments and environment → settings of the commands.

mod login;
mod relogin;
mod stdin;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) use self::login::PASSWORD;
pub use self::login::{
    Browser, ClaimSource, Dump, HostCheckSettings, LoginSettings, SecretSources, TokenSettings,
};
use super::args::{
    ConnectArgs, DnsArg, IdentityArgs, LogoutArgs, NetworkArgs, NetworkChoice, ProbeArgs, ProcessArgs,
    ReachArgs, ServerArgs, SignInArgs, TlsChoice, TrustArgs,
};
use super::environment::Environment;
use super::gateway::GatewayUrl;
use super::{cookie, proxy};
use crate::config::Overrides;
use crate::engine::limits::SessionLimits;
use crate::error::{Error, plain_io};
use crate::exit::ExitStatus;
use crate::net::settings::{
    ConnectSettings, GatewaySettings, LogoutSettings, NetworkMode, OuterSettings, Pin, TlsMode, TlsSettings,
};
use crate::platform::DnsChoice;
use crate::secret::Secret;

/// What `connect` needs to know.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Settings of the tunnel. Without a cookie, `login` is there.
    pub tunnel: ConnectSettings,
    /// How to get a cookie: the first one, or with `--relogin` one in place of that which has ended.
    pub login: Option<Box<LoginSettings>>,
    /// What the tunnel uses of this machine.
    pub machine: MachineSettings,
    /// How the process runs.
    pub process: ProcessSettings,
    /// The user may be asked.
    pub interactive: bool,
    /// Print the cookie after signing in.
    pub print_cookie: bool,
}

impl Connection {
    /// Whether commands of the user are run, now or later: their paths may count on the folder we were started in.
    pub fn runs_commands(&self) -> bool {
        let hooks = &self.machine.hooks;
        let login = self.login.as_ref();
        matches!(self.tunnel.network, NetworkMode::Script(_))
            || [&hooks.up, &hooks.down, &hooks.reconnect]
                .into_iter()
                .any(Option::is_some)
            || login.is_some_and(|_| self.process.relogin)
    }
}

/// What a tunnel uses of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSettings {
    /// What takes the place of a TUN device of this machine.
    pub device: DeviceKind,
    /// Who sets up name servers.
    pub dns: DnsChoice,
    /// Metric of the routes into the tunnel.
    pub metric: u32,
    /// Block the prefixes of the VPN while it is not up.
    pub fail_closed: bool,
    /// Block IPv6 when the tunnel takes the default route.
    pub ipv6_guard: bool,
    /// Commands of the user.
    pub hooks: Hooks,
}

/// Where packets come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceKind {
    /// A TUN device here.
    Tun,
    /// A TUN device in this network namespace: a name, or a path.
    TunIn(PathBuf),
    /// A SOCKS proxy that listens here.
    Socks(SocketAddr),
    /// The command of `-s`.
    Script,
}

/// Commands of the user at turns of the tunnel's life.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// `--on-up`
    pub up: Option<String>,
    /// `--on-down`
    pub down: Option<String>,
    /// `--on-reconnect`
    pub reconnect: Option<String>,
}

/// How the process runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessSettings {
    /// Leave the terminal when the tunnel is up.
    pub background: bool,
    /// File for the process number.
    pub pid_file: Option<PathBuf>,
    /// User to become.
    pub user: Option<String>,
    /// Sign in again when the session has ended.
    pub relogin: bool,
}

/// What `probe` needs to know.
#[derive(Debug, Clone)]
pub struct ProbeSettings {
    /// The gateway.
    pub gateway: GatewaySettings,
    /// Path and query of the sign-in page.
    pub path: String,
    /// `User-Agent` of the requests.
    pub user_agent: String,
    /// What is shown of requests and answers.
    pub dump: Dump,
}

/// Settings of a tunnel and of the sign-in before it. Secrets come last: nothing is read from standard input for a
/// command line that is wrong.
pub fn connect(args: &ConnectArgs, environment: &Environment) -> Result<Connection, Error> {
    let sign_in = args.sign_in();
    stdin::check(Some(&args.cookie), &args.login, environment)?;
    let (mut gateway, path) = place(&sign_in, environment)?;
    let flow = login::flow(&sign_in, &path, environment)?;
    let network = network(&args.network)?;
    if args.network.fail_closed && args.instead_of_tun.socks.is_some() {
        return Err(usage(
            "--fail-closed has nothing to block with --socks: the machine's routes stay as they are",
        )
        .hint("leave one of them out"));
    }
    login::key(&args.login, &args.trust, environment, &mut gateway.tls)?;
    let cookie = cookie::obtain(&args.cookie, environment)?;
    if cookie.is_none() && args.cookie.cookie_on_stdin {
        tracing::warn!("no cookie came on standard input; signing in instead");
    }
    if args.process.relogin {
        relogin::check(args, cookie.is_some(), environment)?;
    }
    let login = match cookie {
        Some(_) if !args.process.relogin => None,
        _ => Some(login::login(&sign_in, gateway.clone(), flow, environment)?),
    };
    Ok(Connection {
        tunnel: tunnel(args, gateway, network, cookie.unwrap_or_default()),
        login: login.map(Box::new),
        machine: machine(args),
        process: process(&args.process),
        interactive: !args.login.non_inter,
        print_cookie: args.instead.printcookie,
    })
}

/// Settings of a sign-in alone.
pub fn auth(args: &SignInArgs<'_>, environment: &Environment) -> Result<LoginSettings, Error> {
    stdin::check(None, args.login, environment)?;
    let (mut gateway, path) = place(args, environment)?;
    let flow = login::flow(args, &path, environment)?;
    login::key(args.login, args.trust, environment, &mut gateway.tls)?;
    login::login(args, gateway, flow, environment)
}

/// Settings of a probe.
pub fn probe(args: &ProbeArgs, environment: &Environment) -> Result<ProbeSettings, Error> {
    let (gateway, path) = gateway("probe", &args.server, &args.trust, &args.reach, environment)?;
    Ok(ProbeSettings {
        gateway,
        path,
        user_agent: user_agent(args.useragent.as_deref()),
        dump: Dump::default(),
    })
}

/// Settings of a logout.
pub fn logout(args: &LogoutArgs, environment: &Environment) -> Result<LogoutSettings, Error> {
    let (gateway, _) = gateway("logout", &args.server, &args.trust, &args.reach, environment)?;
    Ok(LogoutSettings {
        gateway,
        cookie: cookie::demand(&args.cookie, environment)?,
        user_agent: user_agent(args.useragent.as_deref()),
    })
}

fn tunnel(
    args: &ConnectArgs,
    gateway: GatewaySettings,
    network: NetworkMode,
    cookie: Secret,
) -> ConnectSettings {
    let gateway = GatewaySettings {
        outer: OuterSettings {
            pass_tos: args.tunnel.passtos,
            ..gateway.outer
        },
        ..gateway
    };
    ConnectSettings {
        cookie,
        user_agent: user_agent(args.identity.useragent.as_deref()),
        local_hostname: local_hostname(&args.identity),
        esp: !args.tunnel.no_esp,
        esp_local_port: args.tunnel.esp_local_port.unwrap_or(0),
        dpd: dead_peer_time(args.tunnel.force_dpd),
        interface: args.tunnel.interface.clone(),
        mtu: args.tunnel.mtu.map(at_least_the_minimum),
        network,
        overrides: overrides(&args.network),
        // a new session may be given another address
        reconfigure: args.network.reconfigure || args.process.relogin,
        reconnect_timeout: Duration::from_secs(args.tunnel.reconnect_timeout.into()),
        limits: SessionLimits {
            session: args.tunnel.session_limit.map(minutes),
            idle: args.tunnel.idle_limit.map(minutes),
        },
        logout: !args.process.no_logout,
        name: args.process.name.clone().unwrap_or_else(|| gateway.host.clone()),
        gateway,
    }
}

fn overrides(args: &NetworkArgs) -> Overrides {
    Overrides {
        no_routes: args.no_routes,
        include: args.route.clone(),
        exclude: args.exclude_route.clone(),
        default_route: match (args.default_route, args.no_default_route) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        },
        ignore_dns: args.ignore_dns,
        dns: args.dns_server.clone(),
        domains: args.dns_domain.clone(),
    }
}

fn machine(args: &ConnectArgs) -> MachineSettings {
    let (instead, network, process) = (&args.instead_of_tun, &args.network, &args.process);
    MachineSettings {
        device: match (&instead.netns, instead.socks, instead.script_tun) {
            (Some(namespace), ..) => DeviceKind::TunIn(namespace.clone()),
            (None, Some(address), _) => DeviceKind::Socks(address),
            (None, None, true) => DeviceKind::Script,
            (None, None, false) => DeviceKind::Tun,
        },
        dns: match network.dns {
            DnsArg::Auto => DnsChoice::Auto,
            DnsArg::Resolved => DnsChoice::Resolved,
            DnsArg::Resolvconf => DnsChoice::Resolvconf,
            DnsArg::File => DnsChoice::File,
            DnsArg::None => DnsChoice::None,
        },
        metric: network.route_metric,
        fail_closed: network.fail_closed,
        ipv6_guard: !network.no_ipv6_guard,
        hooks: Hooks {
            up: process.on_up.clone(),
            down: process.on_down.clone(),
            reconnect: process.on_reconnect.clone(),
        },
    }
}

fn process(args: &ProcessArgs) -> ProcessSettings {
    ProcessSettings {
        background: args.background,
        pid_file: args.pid_file.clone(),
        user: args.setuid.clone(),
        relogin: args.relogin,
    }
}

/// The gateway and the page to sign in at.
fn place(args: &SignInArgs<'_>, environment: &Environment) -> Result<(GatewaySettings, String), Error> {
    let identity = [
        ("--os", args.identity.os.is_some()),
        ("--version-string", args.identity.version_string.is_some()),
    ];
    let without_effect = identity
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name));
    for name in args.ignored.given().chain(without_effect) {
        tracing::debug!("{name} changes nothing here and is ignored");
    }
    gateway(args.command, args.server, args.trust, args.reach, environment)
}

/// The gateway and the path of its URL.
fn gateway(
    command: &str,
    server: &ServerArgs,
    trust: &TrustArgs,
    reach: &ReachArgs,
    environment: &Environment,
) -> Result<(GatewaySettings, String), Error> {
    let typed = server.url.as_deref().or(server.server.as_deref());
    let Some(typed) = typed.or_else(|| environment.text("VPNC_SERVER")) else {
        return Err(usage("no gateway is named").hint(format!(
            "vpnc-cli {command} vpn.example.com …, or VPNC_SERVER in the environment"
        )));
    };
    let GatewayUrl { host, port, path } = GatewayUrl::parse(typed)?;
    let settings = GatewaySettings {
        proxy: proxy::choose(reach, environment, &host, port)?,
        host,
        port,
        resolve: reach.resolve.clone(),
        connect_timeout: Duration::from_secs(reach.connect_timeout.into()),
        outer: OuterSettings {
            interface: reach.bind_interface.clone(),
            mark: reach.fwmark,
            pass_tos: false,
        },
        tls: tls(trust)?,
    };
    settings.outer.check()?;
    Ok((settings, path))
}

fn tls(args: &TrustArgs) -> Result<TlsSettings, Error> {
    check_trust(args)?;
    let mode = tls_mode(args)?;
    let authorities = args.cafile.iter().map(|path| ("--cafile", path));
    let own = args.certificate.iter().map(|path| ("--certificate", path));
    let key = args.sslkey.iter().map(|path| ("--sslkey", path));
    authorities
        .chain(own)
        .chain(key)
        .try_for_each(|(option, path)| check_readable(option, path))?;
    Ok(TlsSettings {
        pins: args.servercert.clone(),
        ca_files: args.cafile.clone(),
        no_system_trust: args.no_system_trust,
        sni: args.sni.clone(),
        certificate: args.certificate.clone(),
        key: args.sslkey.clone(),
        key_password: None,
        cert_expire_warning: None,
        mode,
        allow_insecure_crypto: args.allow_insecure_crypto,
        accept_untrusted_for_probe: false,
    })
}

fn check_trust(args: &TrustArgs) -> Result<(), Error> {
    if args.no_cert_check {
        return Err(
            usage("--no-cert-check is not offered: whoever answers would get the session cookie")
                .note(
                    "without a pin, the error about an unknown certificate shows the pin to compare and use",
                )
                .hint("--servercert pin-sha256:…"),
        );
    }
    if args.no_system_trust && args.cafile.is_empty() && args.servercert.is_empty() {
        return Err(usage("with --no-system-trust alone no gateway can be trusted")
            .hint("--cafile FILE or --servercert pin-sha256:… with it"));
    }
    if args.servercert.iter().any(|pin| matches!(pin, Pin::Sha1(_))) {
        tracing::warn!("a sha1: pin can be forged with enough effort; use the pin-sha256: form");
    }
    Ok(())
}

fn tls_mode(args: &TrustArgs) -> Result<TlsMode, Error> {
    let mode = match args.tls {
        TlsChoice::Legacy if args.pfs => {
            return Err(usage(
                "--pfs asks for forward secrecy and --tls=legacy does without it",
            ));
        }
        TlsChoice::Legacy if !HAS_LEGACY => {
            return Err(usage(
                "--tls=legacy: this program was built without the feature legacy-tls",
            ));
        }
        TlsChoice::Legacy => TlsMode::Legacy,
        TlsChoice::Auto if !args.pfs => TlsMode::Auto,
        TlsChoice::Auto | TlsChoice::Modern => TlsMode::Modern,
    };
    if args.allow_insecure_crypto && (!HAS_LEGACY || mode == TlsMode::Modern) {
        return Err(usage(
            "--allow-insecure-crypto has no effect: the modern TLS library knows nothing insecure",
        )
        .hint("--tls=legacy or --tls=auto, in a program built with the feature legacy-tls"));
    }
    Ok(mode)
}

/// Early, so that a slip costs no cookie. What is in the file, and whether it is one, is seen when it is read.
fn check_readable(option: &str, path: &Path) -> Result<(), Error> {
    // a FIFO without a writer would hold up the opening
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    match File::options().read(true).custom_flags(flags).open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(unreadable(option, path, &error)),
    }
}

fn unreadable(option: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        ExitStatus::NoInput,
        format!("cannot read the file of {option}: {}", plain_io(error)),
    )
    .at(path.display().to_string())
}

fn network(args: &NetworkArgs) -> Result<NetworkMode, Error> {
    let mode = network_mode(args)?;
    if args.fail_closed && mode != NetworkMode::Builtin {
        return Err(usage("--fail-closed is for the built-in set-up only")
            .hint("leave out -s and --network, or block the prefixes in the script"));
    }
    Ok(mode)
}

fn network_mode(args: &NetworkArgs) -> Result<NetworkMode, Error> {
    match (args.network, &args.script) {
        (None | Some(NetworkChoice::Script), Some(command)) => Ok(NetworkMode::Script(command.clone())),
        (None | Some(NetworkChoice::Builtin), None) => Ok(NetworkMode::Builtin),
        (Some(NetworkChoice::None), None) => Ok(NetworkMode::None),
        (Some(NetworkChoice::Script), None) => installed_script(),
        (Some(NetworkChoice::Builtin | NetworkChoice::None), Some(_)) => {
            Err(usage("-s asks for a script and --network says not to use one").hint("leave one of them out"))
        }
    }
}

fn installed_script() -> Result<NetworkMode, Error> {
    let found = SCRIPTS.iter().find(|path| Path::new(path).is_file());
    found
        .map(|path| NetworkMode::Script((*path).to_owned()))
        .ok_or_else(|| {
            Error::new(
                ExitStatus::NoInput,
                "no vpnc-script is installed in the usual places",
            )
            .at(SCRIPTS.join(", "))
            .hint("-s /path/to/vpnc-script, or leave out --network=script")
        })
}

fn at_least_the_minimum(mtu: u16) -> u16 {
    if mtu < MINIMUM_MTU {
        tracing::warn!("an MTU of {mtu} is too small, {MINIMUM_MTU} is used");
    }
    mtu.max(MINIMUM_MTU)
}

/// 0 leaves the choice to the gateway, as in OpenConnect.
fn dead_peer_time(seconds: Option<u32>) -> Option<Duration> {
    let seconds = seconds.filter(|&seconds| seconds != 0)?;
    Some(Duration::from_secs(seconds.max(MINIMUM_DPD).into()))
}

fn minutes(number: u32) -> Duration {
    Duration::from_secs(60 * u64::from(number))
}

fn user_agent(given: Option<&str>) -> String {
    given.unwrap_or(USER_AGENT).to_owned()
}

fn local_hostname(args: &IdentityArgs) -> String {
    let system = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = args.local_hostname.clone().or_else(system).unwrap_or_default();
    let name = name.trim();
    if name.is_empty() || name.contains(char::is_control) {
        return "localhost".to_owned();
    }
    name.to_owned()
}

fn usage(message: &str) -> Error {
    Error::new(ExitStatus::Usage, message)
}

const HAS_LEGACY: bool = cfg!(feature = "legacy-tls");

/// Smallest MTU an IPv4 host must accept (RFC 791); also the smallest a gateway may hand out.
const MINIMUM_MTU: u16 = 576;
/// Half of it, the time between probes in seconds, must not be zero.
const MINIMUM_DPD: u32 = 2;

/// What the vendor's client for Linux is known to send (`juniper-nc.md §5.4`): the gateway serves it the pages and
/// tunnels of Network Connect, which some refuse to agents they do not know.
const USER_AGENT: &str = "DSClient; PulseLinux";

/// Where distributions install vpnc-script.
const SCRIPTS: [&str; 5] = [
    "/etc/vpnc/vpnc-script",
    "/usr/share/vpnc-scripts/vpnc-script",
    "/usr/local/share/vpnc-scripts/vpnc-script",
    "/usr/libexec/vpnc-scripts/vpnc-script",
    "/etc/openconnect/vpnc-script",
];

#[cfg(test)]
mod tests;
