//! Every option in all its forms. The cookie is looked for last, so "no cookie" means that all was understood.

use crate::program::{NO_COOKIE, USAGE, vpnc, vpnc_args};

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
];

#[test]
fn options_take_their_value_in_both_forms() {
    for &(option, value) in VALUES {
        let url: &[&str] = if option == "--server" { &[] } else { &["gw"] };
        let joined = match option.starts_with("--") {
            true => format!("{option}={value}"),
            false => format!("{option}{value}"),
        };
        vpnc_args(&[&["connect"], url, &[joined.as_str()]].concat()).exits(NO_COOKIE);
        vpnc_args(&[&["connect"], url, &[option, value]].concat()).exits(NO_COOKIE);
        vpnc_args(&[&["connect", option, value], url].concat()).exits(NO_COOKIE);
    }
}

#[test]
fn flags_stand_before_and_after_the_url() {
    for flag in FLAGS {
        vpnc_args(&["connect", flag, "gw"]).exits(NO_COOKIE);
        vpnc_args(&["connect", "gw", flag]).exits(NO_COOKIE);
    }
}

#[test]
fn insecure_crypto_needs_the_legacy_library() {
    let status = if cfg!(feature = "legacy-tls") {
        NO_COOKIE
    } else {
        USAGE
    };
    vpnc("connect gw --allow-insecure-crypto").exits(status);
    vpnc("connect gw --tls legacy").exits(status);
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
        "--prot=nc gw",
    ] {
        vpnc(line).exits(NO_COOKIE);
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
    ] {
        vpnc(line).exits(NO_COOKIE);
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
        vpnc(line).exits(NO_COOKIE);
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
    .exits(NO_COOKIE);
    vpnc("--protocol nc --cafile /dev/null --cookie-on-stdin --script x --interface vpn0 gw")
        .exits(NO_COOKIE);
    vpnc_args(&[
        "--juniper",
        "--script",
        "vpn-slice 10.0.0.0/8",
        "--reconnect-timeout",
        "60",
        "gw",
    ])
    .exits(NO_COOKIE);
}
