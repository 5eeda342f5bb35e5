//! What a gateway's host checker and an external one of the user answer.

use bytes::Bytes;
use vpnc_cli::auth::exchange::Response;
use vpnc_cli::auth::host_check::certificate::MachineCertificate;
use vpnc_cli::auth::host_check::funk::{self, MachineIdentity};
use vpnc_cli::auth::host_check::message::{self, Packet};
use vpnc_cli::auth::host_check::policy;
use vpnc_cli::auth::host_check::reply::ReplyReader;
use vpnc_cli::auth::host_check::{CheckCookies, CheckSettings, Claims, ExpectMessage};
use vpnc_cli::secret::Secret;

/// Reads the octets as a packet, as an answer that has one in it, as texts, and as the answer of a wrapper.
pub fn run(data: &[u8]) {
    if let Ok(packets) = message::decode(data) {
        assert!(count(&packets, 0) <= 4096);
        for text in message::named(&packets, message::POLICIES) {
            check_policies(&String::from_utf8_lossy(text));
        }
    }
    let text = String::from_utf8_lossy(data);
    check_policies(&text);
    assert!(funk::requests(&text).len() <= 64);
    drop(Claims::parse(&text));
    drop(MachineCertificate::parse(&text));
    whole_check(data);
    wrapper(data);
}

fn count(packets: &[Packet], depth: usize) -> usize {
    assert!(depth <= 16);
    packets
        .iter()
        .map(|packet| match packet {
            Packet::List { packets, .. } => 1 + count(packets, depth + 1),
            Packet::Number { .. } | Packet::Text { .. } | Packet::Named { .. } | Packet::Unknown { .. } => 1,
        })
        .sum()
}

/// No name can bring a line of its own into the answer.
fn check_policies(text: &str) {
    let names = policy::requested([text]);
    assert!(names.len() <= 1024);
    assert!(
        names
            .iter()
            .all(|name| !name.is_empty() && name.lines().count() == 1)
    );
}

fn whole_check(body: &[u8]) {
    let settings = CheckSettings {
        claims: Claims::Report,
        user_agent: String::new(),
        device_id: None,
        interval: None,
        machine: Some(MachineIdentity::default()),
    };
    let cookies = CheckCookies {
        preauth: Secret::default(),
        signin: None,
    };
    let gateway = "https://gateway.test/".parse().expect("a URL");
    let (check, _) = ExpectMessage::start(&settings, &gateway, cookies);
    let response = Response {
        status: 200,
        headers: http::HeaderMap::new(),
        body: Bytes::copy_from_slice(body),
    };
    if let Ok((check, request)) = check.handle(&response) {
        let form = request.form.expect("a POST");
        assert!(form.text.expose().starts_with("connID=1;msg="));
        check.handle(&response).expect_err("no cookie was set");
    }
}

/// However the answer is cut, it reads the same.
fn wrapper(data: &[u8]) {
    let whole = ReplyReader::default().push(data);
    let mut reader = ReplyReader::default();
    let mut cut = Ok(None);
    for octet in data {
        cut = reader.push(&[*octet]);
        if cut != Ok(None) {
            break;
        }
    }
    assert_eq!(whole, cut);
}
