//! Every option in all its forms. Those of `connect`; a cookie that cannot be used is found out last.

use crate::program::{USAGE, vpnc, vpnc_args};

/// Options with a value it takes.
const VALUES: &[(&str, &str)] = &[
    ("--server", "other"),
    (
        "--servercert",
        "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    ),
    ("--cafile", "/dev/null"),
    ("--sni", "other.example"),
    ("--certificate", "/dev/null"),
    ("-c", "/dev/null"),
    ("--tls", "modern"),
    ("--resolve", "gw:192.0.2.1"),
    ("--resolve", "gw:2001:db8::1"),
    ("--proxy", "http://proxy:3128"),
    ("-P", "socks5://joe:secret@proxy:1080"),
    ("--connect-timeout", "5"),
    ("--reconnect-timeout", "0"),
    ("--dtls-local-port", "4500"),
    ("--esp-local-port", "4500"),
    ("--force-dpd", "1"),
    ("--interface", "vpn0"),
    ("-i", "tun%d"),
    ("--mtu", "100"),
    ("-m", "1400"),
    ("--script", "vpn-slice 10.0.0.0/8"),
    ("-s", "true"),
    ("--network", "none"),
    ("--network", "builtin"),
    ("--useragent", "Mozilla/5.0 (X11)"),
    ("--local-hostname", "laptop"),
    ("--name", "work"),
    ("--protocol", "nc"),
    ("--color", "never"),
    ("--log-file", "/dev/null"),
    ("--http-auth", "Basic"),
    ("--proxy-auth", "Basic"),
    ("--dtls-ciphers", "x"),
    ("--dtls12-ciphers", "x"),
    ("--gnutls-priority", "x"),
    ("--openssl-ciphers", "x"),
    ("--gnutls-debug", "9"),
    ("--xmlconfig", "x"),
    ("-x", "x"),
    ("--mca-certificate", "x"),
    ("--mca-key", "x"),
    ("--mca-key-password", "x"),
    ("--compression", "none"),
    ("--queue-len", "32"),
    ("-Q", "32"),
    ("--base-mtu", "1500"),
    ("--cert-expire-warning", "30"),
    ("-e", "30"),
    ("--user", "joe"),
    ("-u", "joe"),
    ("--passwd-file", "x"),
    ("--passwd-command", "pass show vpn | head -n1"),
    ("--realm", "Staff"),
    ("--role", "Developers"),
    ("--authgroup", "NAME WITH SPACES"),
    ("--usergroup", "admins"),
    ("-g", "admins"),
    ("--form-entry", "frmLogin:email=joe@example.com"),
    ("-F", "*:dept=A"),
    ("--token-mode", "totp"),
    ("--token-mode", "hotp"),
    ("--token-secret", "base32:ABCDEFGH"),
    ("--token-secret", "cmd:pass otp"),
    ("--external-browser", "print"),
    ("--external-browser", "firefox"),
    ("--csd-wrapper", "tncc"),
    ("--csd-user", "nobody"),
    ("--force-trojan", "300"),
    ("--hostcheck-interval", "300"),
    ("--hostcheck", "accept"),
    ("--hostcheck", "policies.txt"),
    ("--hostcheck-useragent", "Neoteris HC Http"),
    ("--hostcheck-certificate", "x"),
    ("--device-id", "0123456789abcdef0123456789abcdef"),
    ("--os", "linux-64"),
    ("--version-string", "9.1"),
];

/// Options without a value.
const FLAGS: &[&str] = &[
    "--no-proxy",
    "--no-esp",
    "--no-dtls",
    "--no-udp",
    "--no-logout",
    "--non-inter",
    "--non-interactive",
    "--juniper",
    "--cookie-on-stdin",
    "--pfs",
    "--verbose",
    "-v",
    "-vvv",
    "--quiet",
    "-q",
    "--timestamp",
    "--no-xmlpost",
    "--no-http-keepalive",
    "--libproxy",
    "--key-password-from-fsid",
    "--syslog",
    "-l",
    "--disable-ipv6",
    "--deflate",
    "-d",
    "--no-deflate",
    "-D",
    "--no-passwd",
    "--passwd-on-stdin",
    "--accept-banner",
    "--no-takeover",
    "--printcookie",
    "--dump-http-traffic",
];

#[test]
fn options_take_their_value_in_both_forms() {
    for &(option, value) in VALUES {
        let url: &[&str] = if option == "--server" { &[] } else { &["gw"] };
        let joined = match option.starts_with("--") {
            true => format!("{option}={value}"),
            false => format!("{option}{value}"),
        };
        vpnc_args(&[&["connect"], url, &[joined.as_str()]].concat()).understood();
        vpnc_args(&[&["connect"], url, &[option, value]].concat()).understood();
        vpnc_args(&[&["connect", option, value], url].concat()).understood();
    }
}

#[test]
fn flags_stand_before_and_after_the_url() {
    for flag in FLAGS {
        vpnc_args(&["connect", flag, "gw"]).understood();
        vpnc_args(&["connect", "gw", flag]).understood();
    }
}

#[test]
fn insecure_crypto_needs_the_legacy_library() {
    for line in ["connect gw --allow-insecure-crypto", "connect gw --tls legacy"] {
        match cfg!(feature = "legacy-tls") {
            true => vpnc(line).understood(),
            false => vpnc(line).exits(USAGE),
        };
    }
    vpnc("connect gw --allow-insecure-crypto --tls modern").exits(USAGE);
}

#[test]
fn unambiguous_abbreviations_are_taken() {
    for line in [
        "connect gw --prot=nc",
        "connect gw --cookie-on",
        "connect gw --reconn 5",
        "connect gw --conn=5",
        "connect gw --inter vpn0",
        "connect gw --verb",
        "connect gw --no-dt",
        "connect gw --jun",
        "connect gw --real Staff",
        "connect gw --passwd-on",
        "connect gw --authg x",
        "connect gw --form f:a=b",
        "connect gw --token-m totp",
        "connect gw --ext print",
        "connect gw --csd-w x --csd-u y",
        "connect gw --non",
        "--prot=nc gw",
    ] {
        vpnc(line).understood();
    }
}

#[test]
fn an_option_given_twice_counts_once() {
    for line in [
        "connect gw --mtu 1200 --mtu 1300",
        "connect gw --no-esp --no-dtls",
        "connect gw -q --quiet",
        "connect gw --proxy a --no-proxy --proxy=b",
        "connect gw -q -v",
        "connect gw --cafile /dev/null --cafile /dev/null",
        "connect gw -u joe --user=jim",
        "connect gw -F a:b=c -F a:d=e",
        "connect gw --non-inter --non-interactive",
    ] {
        vpnc(line).understood();
    }
}

#[test]
fn the_word_connect_may_be_left_out() {
    for line in [
        "vpn.example.com",
        "localhost",
        "--protocol=nc gw",
        "-v gw.example",
        "--color never -i vpn0 gw",
        "-- gw",
        "up gw",
    ] {
        vpnc(line).understood();
    }
}

/// The argument lists other programs send (the standard input is empty here).
#[test]
fn lists_of_other_programs_are_taken() {
    let pin = "pin-sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    vpnc(&format!(
        "--protocol nc --servercert {pin} --mtu 1380 --proxy http://proxy:3128 --syslog --cookie-on-stdin \
         --script /usr/lib/helper --interface vpn0 --no-dtls gw --resolve gw:192.0.2.1 --verbose --verbose"
    ))
    .understood();
    vpnc("--protocol nc --cafile /dev/null --cookie-on-stdin --script x --interface vpn0 gw").understood();
    vpnc_args(&[
        "--juniper",
        "--script",
        "vpn-slice 10.0.0.0/8",
        "--reconnect-timeout",
        "60",
        "gw",
    ])
    .understood();
}
