//! Failures a user meets: the exit status, the text, and how far the gateway was bothered.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;

use crate::client::Client;
use crate::lab::{CLIENT, GATEWAY, Lab};
use crate::snapshot::Snapshot;

#[test]
fn a_malformed_cookie_is_refused_before_any_connection() {
    let Some(lab) = Lab::start("") else { return };
    for cookie in ["DSID=", "DSID=a b", "DSFirst=1", "DSID=\"x\""] {
        let mut command = lab.program(&[CLIENT, "connect", "--cookie-on-stdin", GATEWAY]);
        command.args(["--servercert", &lab.pin]);
        Client::start(command, cookie).exits(65).says("cookie");
    }
    assert_eq!(lab.count("tcp_connections"), 0);
}

#[test]
fn an_unknown_host_is_told() {
    let Some(lab) = Lab::without_gateway() else { return };
    let socket = lab
        .beyond
        .within(|| UdpSocket::bind("192.0.2.1:53"))
        .expect("a socket");
    thread::spawn(move || deny_all_names(&socket));
    let before = Snapshot::of(&lab);
    lab.client_at("vpn.invalid", "")
        .exits(68)
        .says("unknown host name vpn.invalid");
    before.assert_restored(&lab);
}

#[test]
fn nobody_listening_is_told() {
    let Some(lab) = Lab::without_gateway() else { return };
    let before = Snapshot::of(&lab);
    lab.client_at(GATEWAY, "").exits(69).says("connection refused");
    lab.machine.ip("route add unreachable 203.0.113.0/24");
    lab.client_at("203.0.113.9", "")
        .exits(69)
        .says("cannot reach 203.0.113.9");
    lab.client_at("192.0.2.77", "--connect-timeout 1").exits(69);
    lab.machine.ip("route del unreachable 203.0.113.0/24");
    // The address that never answered may stay in the table of neighbours, which is not part of the snapshot.
    before.assert_restored(&lab);
}

#[test]
fn a_key_without_trust_ends_before_the_cookie_is_sent_and_its_pin_is_shown() {
    let Some(lab) = Lab::start("") else { return };
    let before = Snapshot::of(&lab);
    lab.client_at(GATEWAY, "")
        .exits(6)
        .says("is not trusted")
        .says(&lab.pin);
    lab.client_at(GATEWAY, &format!("--servercert {WRONG_PIN}"))
        .exits(6)
        .says("matches none of the given pins")
        .says(&lab.pin);
    assert_eq!(lab.count("requests"), 0);
    before.assert_restored(&lab);
}

#[test]
fn a_web_server_is_told_from_a_gateway() {
    for answer in [
        "HTTP/1.1 501 Unsupported method\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><html><body>It works!</body></html>",
    ] {
        let Some(lab) = Lab::without_gateway() else { return };
        let before = Snapshot::of(&lab);
        let listener = lab
            .beyond
            .within(|| TcpListener::bind((GATEWAY, 443)))
            .expect("a listener");
        let acceptor = acceptor();
        thread::spawn(move || serve_https(&listener, &acceptor, answer));
        let refused = lab.client_at(GATEWAY, "").exits(6).stderr;
        let pin = refused
            .split_whitespace()
            .find(|word| word.starts_with("pin-sha256:"));
        let pin = pin.expect("a pin").trim_end_matches(',').to_owned();
        lab.client_at(GATEWAY, &format!("--servercert {pin}"))
            .exits(76)
            .says("198.51.100.1");
        before.assert_restored(&lab);
    }
}

#[test]
fn what_is_not_tls_is_told() {
    let Some(lab) = Lab::without_gateway() else { return };
    let listener = lab
        .beyond
        .within(|| TcpListener::bind((GATEWAY, 443)))
        .expect("a listener");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            drop(stream.write_all(b"220 mail.example ESMTP\r\n"));
            thread::sleep(std::time::Duration::from_millis(200));
        }
    });
    lab.client_at(GATEWAY, "").exits(76).says("does not speak TLS");
}

#[test]
fn a_stale_cookie_is_told_however_the_gateway_says_it() {
    for style in ["redirect", "403", "zero"] {
        let Some(lab) = Lab::start(&format!("--script at~start:~reject~{style}")) else {
            return;
        };
        let before = Snapshot::of(&lab);
        lab.client("").exits(2).says("sign in again");
        before.assert_restored(&lab);
    }
}

#[test]
fn refusals_and_odd_answers_are_told() {
    let table = [
        ("refuse~8", 76, "Pulse"),
        ("refuse~9", 76, "try:"),
        ("garbage~on", 76, "try:"),
        ("status~404", 2, "sign in again"),
    ];
    for (script, status, text) in table {
        let Some(lab) = Lab::start(&format!("--script at~start:~{script}")) else {
            return;
        };
        let before = Snapshot::of(&lab);
        lab.client("").exits(status).says(text);
        before.assert_restored(&lab);
    }
}

#[test]
fn a_gateway_with_static_rsa_only_is_reached_with_a_warning() {
    let Some(lab) = Lab::start("--tls static-rsa --keep-cookie") else {
        return;
    };
    let client = lab.over_esp("");
    crate::ping::ping(&lab, [28, 1400].into_iter());
    let exit = client.interrupt();
    let warning = "warning: the gateway speaks old TLS only";
    assert!(exit.stderr.contains(warning), "{}", exit.stderr);
    let tls: Vec<_> = lab
        .events()
        .into_iter()
        .filter(|event| event.contains("Tls {"))
        .collect();
    assert!(tls.iter().all(|event| event.contains("AES128-SHA256")), "{tls:?}");
    let refused = lab.client("--tls modern").exits(76);
    refused
        .says("no cipher suite in common")
        .says("RSA key exchange")
        .says("--tls auto");
    lab.client_at(GATEWAY, &format!("--servercert {WRONG_PIN}"))
        .exits(6)
        .says(&lab.pin);
    lab.client_at(GATEWAY, "").exits(6).says(&lab.pin);
}

fn acceptor() -> SslAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["web.example".to_owned()]).expect("a certificate");
    let key = PKey::private_key_from_pem(made.signing_key.serialize_pem().as_bytes()).expect("a key");
    let certificate = X509::from_pem(made.cert.pem().as_bytes()).expect("a certificate");
    let mut builder = SslAcceptor::mozilla_modern_v5(SslMethod::tls_server()).expect("TLS");
    builder.set_private_key(&key).expect("a key");
    builder.set_certificate(&certificate).expect("a certificate");
    builder.build()
}

/// An ordinary web server: reads the head of a request, answers always the same, closes.
fn serve_https(listener: &TcpListener, acceptor: &SslAcceptor, answer: &str) {
    for stream in listener.incoming().flatten() {
        let Ok(mut stream) = acceptor.accept(stream) else {
            continue;
        };
        let mut room = [0; 4096];
        if stream.read(&mut room).is_ok_and(|len| len > 0) {
            drop(stream.write_all(answer.as_bytes()));
            drop(stream.shutdown());
        }
    }
}

/// A name server that knows no name (NXDOMAIN).
pub(crate) fn deny_all_names(socket: &UdpSocket) {
    let mut room = [0; 512];
    while let Ok((len, peer)) = socket.recv_from(&mut room) {
        room[2] |= 0x80;
        room[3] = 0x83;
        drop(socket.send_to(&room[..len], peer));
    }
}

const WRONG_PIN: &str = "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
