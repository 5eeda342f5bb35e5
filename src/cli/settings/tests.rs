//! Settings from arguments and environment.

mod login;

use super::*;
use crate::cli::args::{self, Command};
use crate::secret::Secret;

/// Settings from a command line after `vpnc-cli connect`, with a cookie in the environment.
fn settings(line: &[&str]) -> Result<ConnectSettings, Error> {
    settings_in(line, &[])
}

fn settings_in(line: &[&str], variables: &[(&str, &str)]) -> Result<ConnectSettings, Error> {
    let variables = [variables, &[("VPNC_COOKIE", "DSID=1")]].concat();
    let connection = connection(line, &variables)?;
    assert!(connection.login.is_none());
    Ok(connection.tunnel)
}

/// All that `connect` needs, from a command line and an environment.
fn connection(line: &[&str], variables: &[(&str, &str)]) -> Result<Connection, Error> {
    let environment = Environment::from_lookup(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.into())
    });
    let line = ["vpnc-cli", "connect"].iter().chain(line).map(Into::into);
    let cli = args::parse(line).expect("a command line clap takes");
    let Command::Connect(args) = cli.command else {
        panic!("not connect");
    };
    connect(&args, &environment)
}

fn status(line: &[&str]) -> ExitStatus {
    settings(line).expect_err("an error").status
}

#[test]
fn defaults() {
    let settings = settings(&["vpn.example.com"]).expect("settings");
    assert_eq!(
        (settings.gateway.host.as_str(), settings.gateway.port),
        ("vpn.example.com", 443)
    );
    assert_eq!(settings.gateway.connect_timeout, Duration::from_secs(30));
    assert_eq!(settings.gateway.tls.mode, TlsMode::Auto);
    assert_eq!(settings.reconnect_timeout, Duration::from_secs(300));
    assert_eq!(settings.network, NetworkMode::Builtin);
    assert_eq!(settings.name, "vpn.example.com");
    assert_eq!(settings.cookie.expose(), "DSID=1");
    assert!(settings.esp && settings.logout && !settings.local_hostname.is_empty());
    assert_eq!(
        (settings.mtu, settings.dpd, settings.esp_local_port),
        (None, None, 0)
    );
}

#[test]
fn options_reach_their_settings() {
    let settings = settings(&[
        "--reconnect-timeout=0",
        "--connect-timeout=5",
        "--no-dtls",
        "--esp-local-port=4500",
        "--force-dpd=1",
        "-i",
        "vpn0",
        "-m",
        "100",
        "-s",
        "true",
        "--no-logout",
        "--name=work",
        "--useragent=Mozilla",
        "--local-hostname=laptop",
        "gw:444",
        "--resolve",
        "GW:192.0.2.1",
        "--resolve=gw:2001:db8::1",
        "--sni=other",
        "--servercert=sha1:0000000000000000000000000000000000000000",
    ])
    .expect("settings");
    assert_eq!(settings.reconnect_timeout, Duration::ZERO);
    assert_eq!(settings.gateway.connect_timeout, Duration::from_secs(5));
    assert!(!settings.esp && !settings.logout);
    assert_eq!(settings.esp_local_port, 4500);
    assert_eq!(settings.dpd, Some(Duration::from_secs(2)));
    assert_eq!(settings.interface.as_deref(), Some("vpn0"));
    assert_eq!(settings.mtu, Some(576));
    assert_eq!(settings.network, NetworkMode::Script("true".to_owned()));
    assert_eq!(settings.name, "work");
    assert_eq!(settings.user_agent, "Mozilla");
    assert_eq!(settings.local_hostname, "laptop");
    let resolve = settings.gateway.resolve;
    assert!(resolve.iter().all(|(host, _)| host == "gw") && resolve.len() == 2);
    assert_eq!(settings.gateway.tls.sni.as_deref(), Some("other"));
    assert_eq!(settings.gateway.tls.pins, [Pin::Sha1([0; 20])]);
}

#[test]
fn the_gateway_comes_from_argument_option_or_environment() {
    let variables = [("VPNC_SERVER", "environment")];
    for (line, host) in [
        (&["argument"][..], "argument"),
        (&["--server=option"], "option"),
        (&[], "environment"),
    ] {
        let settings = settings_in(line, &variables).expect("settings");
        assert_eq!(settings.gateway.host, host);
    }
    assert_eq!(status(&[]), ExitStatus::Usage);
}

#[test]
fn network_follows_the_script_option() {
    let mode = |line: &[&str]| settings(line).map(|settings| settings.network);
    assert_eq!(mode(&["gw", "--network=none"]), Ok(NetworkMode::None));
    let script = Ok(NetworkMode::Script("x".to_owned()));
    assert_eq!(mode(&["gw", "-s", "x", "--network", "script"]), script);
    assert_eq!(status(&["gw", "-s", "x", "--network=builtin"]), ExitStatus::Usage);
    assert_eq!(status(&["gw", "-s", "x", "--network=none"]), ExitStatus::Usage);
}

#[test]
fn only_the_built_in_set_up_can_fail_closed() {
    assert!(settings(&["vpn.example.com", "--fail-closed"]).is_ok());
    for other in ["-strue", "--network=none"] {
        let line = ["vpn.example.com", "--fail-closed", other];
        assert_eq!(status(&line), ExitStatus::Usage);
    }
}

#[test]
fn trust_without_anything_to_trust_is_refused() {
    assert_eq!(status(&["gw", "--no-system-trust"]), ExitStatus::Usage);
    assert_eq!(status(&["gw", "--no-cert-check"]), ExitStatus::Usage);
    assert_eq!(status(&["gw", "--cafile=/nonexistent"]), ExitStatus::NoInput);
}

#[test]
fn forward_secrecy_means_the_modern_library() {
    let settings = settings(&["gw", "--pfs"]).expect("settings");
    assert_eq!(settings.gateway.tls.mode, TlsMode::Modern);
    assert_eq!(status(&["gw", "--pfs", "--tls=legacy"]), ExitStatus::Usage);
    assert_eq!(
        status(&["gw", "--allow-insecure-crypto", "--tls=modern"]),
        ExitStatus::Usage
    );
}

#[test]
fn the_last_of_two_counts() {
    let settings =
        settings(&["-m", "1200", "gw", "--mtu=1300", "--no-proxy", "-P", "p:1"]).expect("settings");
    assert_eq!(settings.mtu, Some(1300));
    assert!(settings.gateway.proxy.is_some());
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_its_option() {
    for line in [
        &["--cafile", "/nonexistent"][..],
        &["--certificate", "/nonexistent"],
        &["--certificate", "/dev/null", "--sslkey", "/nonexistent"],
    ] {
        let error = settings(&[&["gw"], line].concat()).expect_err("not there");
        assert_eq!(
            error.message,
            format!(
                "cannot read the file of {}: no such file or directory",
                line[line.len() - 2]
            )
        );
    }
}

#[test]
fn a_dump_may_be_abbreviated() {
    for word in ["--dump", "--dump-http-traffic"] {
        let line = ["vpnc-cli", "connect", "gw", word].map(Into::into);
        let messages = args::parse(line.into_iter()).expect("a command line").messages;
        assert!(messages.dump_http_traffic && !messages.dump_secrets, "{word}");
    }
}
