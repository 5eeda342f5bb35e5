//! Secrets in files: counters that are written back, certificates with encrypted keys.

use std::fs;

use openssl::pkey::PKey;
use openssl::symm::Cipher;
use vpnc_gateway::{ClientAuth, Config, Flow};

use crate::scene::{Scene, pages};

#[test]
fn the_counter_of_a_token_is_written_back() {
    let scene = Scene::of("sa-7/next-token-hotp");
    let path = scene.file("token", "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,0\n");
    let secret = format!("@{path}");
    let token = ["--token-mode", "hotp", "--token-secret", &secret];
    scene.joe("secret", &token).exits(0);
    assert_eq!(scene.faults(), Vec::<String>::new());
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "base32:GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ,2\n"
    );
}

/// A gateway that wants a certificate of its clients.
fn strict() -> Scene {
    let flow = Flow::load(pages().join("pcs-8/primary.flow")).unwrap();
    let config = Config {
        client_auth: ClientAuth::Required,
        ..Config::for_flow(flow.clone())
    };
    Scene::with(flow, config)
}

/// Files of a client certificate, and of its key with a passphrase.
fn certificate(scene: &Scene) -> (String, String) {
    let (certificate, key) = scene.gateway.client_certificate("joe").unwrap();
    let key = PKey::private_key_from_pem(key.as_bytes()).unwrap();
    let key = key
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"open sesame")
        .unwrap();
    let key = String::from_utf8(key).unwrap();
    assert!(key.contains("ENCRYPTED"));
    (scene.file("cert.pem", &certificate), scene.file("key.pem", &key))
}

#[test]
fn a_gateway_that_wants_a_certificate_gets_it() {
    let scene = strict();
    let (certificate, key) = certificate(&scene);
    let own = ["-c", &certificate, "--sslkey", &key];
    scene
        .joe("secret", &[&own[..], &["--key-password", "open sesame"]].concat())
        .exits(0);
    let phrase = format!("@{}", scene.file("phrase", "open sesame\n"));
    scene
        .joe("secret", &[&own[..], &["-p", &phrase]].concat())
        .exits(0);
    assert_eq!(scene.logins(), [true, true]);
}

#[test]
fn a_certificate_that_is_missing_or_locked_is_told() {
    let scene = strict();
    let (certificate, key) = certificate(&scene);
    let own = ["-c", &certificate, "--sslkey", &key];
    let wrong = [&own[..], &["--key-password", "hunter2"]].concat();
    scene
        .joe("secret", &wrong)
        .exits(65)
        .says("passphrase")
        .hides("hunter2");
    scene.joe("secret", &own).exits(4).says("--key-password");
    scene.joe("secret", &[]).exits(76).says("certificate");
    assert_eq!(scene.forms(), Vec::<String>::new());
}

#[test]
fn a_certificate_comes_from_a_pkcs12_file_too() {
    if !crate::left_out::has("openssl") {
        return;
    }
    let scene = strict();
    let (certificate, key) = certificate(&scene);
    let file = scene.file("joe.p12", "");
    let export = [
        "pkcs12",
        "-export",
        "-in",
        &certificate,
        "-inkey",
        &key,
        "-out",
        &file,
    ];
    let openssl = scene.program("openssl").args(export);
    openssl
        .args(["-passin", "pass:open sesame", "-passout", "pass:hunter2"])
        .exits(0);
    scene.joe("secret", &["-c", &file, "-p", "hunter2"]).exits(0);
    assert_eq!(scene.logins(), [true]);
}

#[test]
fn a_line_that_is_a_password_never_becomes_a_cookie() {
    let scene = Scene::of("okta/widget");
    let browser = ["--external-browser", "print", "-u", "joe", "--passwd-on-stdin"];
    for options in [&browser[..], &[&browser[..], &["--non-inter"]].concat()] {
        let ended = scene.call("auth", options).input("secret\n").exits(4);
        assert_eq!(ended.stdout, "");
    }
}
