//! The definitions as a whole.

use super::*;

#[test]
fn definitions_are_sound() {
    Cli::command().debug_assert();
}

/// Long options of OpenConnect 9.01, those its help does not show included, with a value where they take one.
const OPENCONNECT: &str = "\
    --config=x --version --help --protocol=nc --user=x --no-passwd --non-inter --passwd-on-stdin --authgroup=x \
    --form-entry=x --certificate=x --sslkey=x --cert-expire-warning=30 --usergroup=x --key-password=x \
    --external-browser=x --key-password-from-fsid --token-mode=totp --token-secret=x --servercert=sha1:PIN \
    --no-system-trust --cafile=x --server=x --proxy=x --proxy-auth=x --no-proxy --libproxy \
    --reconnect-timeout=300 --resolve=gw:192.0.2.1 --passtos --dtls-local-port=4500 --cookie=x \
    --cookie-on-stdin --authenticate --cookieonly --printcookie --background --pid-file=x --setuid=x --syslog \
    --verbose --quiet --dump-http-traffic --timestamp --interface=x --script=x --script-tun --disable-ipv6 \
    --xmlconfig=x --mtu=1400 --base-mtu=1500 --deflate --no-deflate --compression=none --force-dpd=10 --pfs \
    --no-dtls --dtls-ciphers=x --dtls12-ciphers=x --queue-len=32 --useragent=x --local-hostname=x --os=win \
    --version-string=x --csd-user=x --csd-wrapper=x --force-trojan=10 --no-http-keepalive --no-xmlpost \
    --allow-insecure-crypto --mca-certificate=x --mca-key=x --mca-key-password=x --sni=x --juniper \
    --no-cert-check --http-auth=x --gnutls-priority=x --gnutls-debug=9 --openssl-ciphers=x";

/// Abbreviations are allowed, so an option that is not known could pass as another one.
#[test]
fn every_option_of_openconnect_is_known_by_its_own_name() {
    let mut command = Cli::command();
    command.build();
    let connect = command.find_subcommand("connect").expect("a command");
    let pin = "0".repeat(40);
    for word in OPENCONNECT.split_whitespace() {
        let word = word.replace("PIN", &pin);
        let name = word.trim_start_matches('-').split('=').next().expect("a name");
        let own = connect.get_arguments().any(|arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|names| names.contains(&name))
        });
        assert!(own, "{word} is not known");
        let words = [
            "vpnc-cli",
            "connect",
            "--certificate=c",
            "--script=x",
            "--csd-wrapper=x",
            "--dump-http-traffic",
            word.as_str(),
        ];
        match parse(words.into_iter().map(Into::into)) {
            Ok(_) => {}
            Err(answer) => assert!(!answer.use_stderr(), "{word}: {answer}"),
        }
    }
}
