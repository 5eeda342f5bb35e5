//! Whole checks against answers written by hand from the description.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::SET_COOKIE};

use super::super::certificate::MachineCertificate;
use super::super::certificate::tests::issued_by;
use super::*;

fn settings(claims: Claims) -> CheckSettings {
    CheckSettings {
        claims,
        user_agent: "agent".to_owned(),
        device_id: None,
        interval: None,
        machine: None,
    }
}

fn cookies() -> CheckCookies {
    CheckCookies {
        preauth: Secret::new("old"),
        signin: Some(Secret::new("url_default")),
    }
}

fn gateway() -> Url {
    Url::parse("https://gateway.test:4443/dana-na/auth/welcome.cgi?p=preauth#x").unwrap()
}

fn response(status: u16, body: impl Into<Bytes>, set_cookies: &[&'static str]) -> Response {
    let mut headers = HeaderMap::new();
    for line in set_cookies {
        headers.append(SET_COOKIE, HeaderValue::from_static(line));
    }
    Response {
        status,
        headers,
        body: body.into(),
    }
}

fn form(request: &Request) -> &str {
    let form = request.form.as_ref().expect("a POST");
    assert!(!form.padded);
    form.text.expose()
}

/// A packet by the rules of §5.5, written a second time.
fn packet(code: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(12 + payload.len()).unwrap();
    let mut out = [
        &[0, 0][..],
        &code.to_be_bytes(),
        &[0xc0, 0],
        &length.to_be_bytes(),
    ]
    .concat();
    out.extend([0, 0, 5, 0x83]);
    out.extend(payload);
    while out.len() % 4 != 0 {
        out.push(0);
    }
    out
}

fn string(id: [u8; 4], text: &str) -> Vec<u8> {
    packet(0x0ce7, &[&id, text.as_bytes(), &[0]].concat())
}

const POLICIES: [u8; 4] = [0, 5, 0x83, 0x16];
const MACHINE: [u8; 4] = [0, 0x0a, 0x4c, 0x01];

/// What a gateway answers first, with the message wrapped at `width`.
fn first_answer(strings: &[Vec<u8>], width: usize, before: &str) -> Vec<u8> {
    let group = packet(0x0ce4, &strings.concat());
    let text = STANDARD.encode(packet(0x0013, &group));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!("{before}msg={}\n\nother=1\n", lines.join("\r\n")).into_bytes()
}

fn policies(names: &[&str]) -> Vec<u8> {
    let params: String = names
        .iter()
        .map(|name| format!("<param name=\"x\" value=\"policy={name};\">"))
        .collect();
    string(POLICIES, &params)
}

fn pass(settings: &CheckSettings, first: &[u8]) -> (String, Passed) {
    let (check, _) = ExpectMessage::start(settings, &gateway(), cookies());
    let (check, request) = check.handle(&response(200, first.to_vec(), &[])).unwrap();
    let passed = check.handle(&response(200, "", &["DSPREAUTH=new; path=/dana-na/; secure"]));
    (form(&request).to_owned(), passed.unwrap())
}

#[test]
fn the_first_message_has_the_documented_octets() {
    // §5.5 by hand: lengths counted, not computed
    let mut expected = vec![0, 0, 0, 0x13, 0xc0, 0, 0x01, 0xa4, 0, 0, 5, 0x83];
    expected.extend([0, 0, 0x0c, 0xe4, 0xc0, 0, 0x01, 0x68, 0, 0, 5, 0x83]);
    expected.extend([
        0, 0, 0x0c, 0xe7, 0xc0, 0, 0x01, 0x35, 0, 0, 5, 0x83, 0, 0x0a, 0x4c, 0x18,
    ]);
    expected.extend(b"<parameter name=\"policy_request\" value=\"message_version=3;\">");
    expected.extend(b"<parameter name=\"esap\" value=\"esap_version=NOT_AVAILABLE;fileinfo=NOT_AVAILABLE;");
    expected.extend(b"has_file_versions=YES;needs_exact_sdk=YES;opswat_sdk_version=3;\">");
    expected.extend(
        b"<parameter name=\"system_info\" value=\"os_version=2.6.2;sp_version=0;hc_mode=userMode;\">",
    );
    expected.extend([0, 0, 0, 0, 0]);
    expected.extend([
        0, 0, 0x0c, 0xe7, 0xc0, 0, 0, 0x23, 0, 0, 5, 0x83, 0, 5, 0x83, 0x16,
    ]);
    expected.extend(b"policy request\0v4\0\0\0");
    expected.extend([0, 0, 0x0c, 0xe5, 0xc0, 0, 0, 0x1f, 0, 0, 5, 0x83]);
    expected.extend(b"Accept-Language: en\0");
    expected.extend([0, 0, 0, 0x13, 0xc0, 0, 0, 0x10, 0, 0, 5, 0x83, 1, 0, 0, 0]);
    let message = first_message(None);
    assert_eq!(message, expected);
    assert_eq!(message.len(), 420);
    // §21.9
    let digest = ring::digest::digest(&ring::digest::SHA256, &message);
    let digest: String = digest
        .as_ref()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    assert_eq!(
        digest,
        "b7f7d04bcf80dd4a4cb17805af541b3ec7663282e6ca29296a61e18340847c3b"
    );
}

#[test]
fn requests_have_the_documented_form() {
    let with_device = CheckSettings {
        device_id: Some("0123".to_owned()),
        ..settings(Claims::Accept)
    };
    for (settings, end) in [(settings(Claims::Accept), ""), (with_device, "deviceid=0123;")] {
        let (check, request) = ExpectMessage::start(&settings, &gateway(), cookies());
        let message = STANDARD.encode(first_message(None));
        assert_eq!(
            form(&request),
            format!("connID=0;timestamp=0;msg={message};firsttime=1;{end}")
        );
        assert_eq!(
            request.url.as_str(),
            "https://gateway.test:4443/dana-na/hc/tnchcupdate.cgi"
        );
        assert_eq!(request.cookies.expose(), "DSPREAUTH=old; DSSIGNIN=url_default");
        assert_eq!(request.user_agent.as_deref(), Some("agent"));
        let first = first_answer(&[policies(&["Required-AV"])], 76, "");
        let (_, second) = check.handle(&response(200, first, &[])).unwrap();
        // §21.9
        assert_eq!(
            form(&second),
            "connID=1;msg=AAAAE8AAAGgAAAWDAAAM5MAAADwAAAWDAAAM58AAADAAAAWDAAWDFgpwb2xpY3k6UmVxdWlyZWQtQVYKc3RhdHVz\
             Ok9LCgAAAAAM5cAAAB8AAAWDQWNjZXB0LUxhbmd1YWdlOiBlbgA=;firsttime=1;"
        );
        assert_eq!(second.url, request.url);
        assert_eq!(second.cookies, request.cookies);
        assert_eq!(second.user_agent, request.user_agent);
    }
}

#[test]
fn claims_decide_what_is_answered() {
    let first = first_answer(&[policies(&["b", "a"]), policies(&["b"])], 76, "");
    let listed = Claims::parse("a = ok").unwrap();
    for (claims, a, b) in [
        (Claims::Report, false, false),
        (Claims::Accept, true, true),
        (listed, true, false),
    ] {
        let (form, passed) = pass(&settings(claims), &first);
        let verdict = |name: &str, met| PolicyVerdict {
            name: name.to_owned(),
            met,
        };
        assert_eq!(passed.policies, [verdict("a", a), verdict("b", b)]);
        let text = |name, met| {
            let status = if met { "OK\n" } else { "NOTOK\nerror:Unknown error" };
            format!("\npolicy:{name}\nstatus:{status}")
        };
        let answer = string(POLICIES, &format!("{}{}\0", text("a", a), text("b", b)));
        let language = packet(0x0ce5, b"Accept-Language: en");
        let message = packet(0x0013, &[packet(0x0ce4, &answer), language].concat());
        assert_eq!(
            form,
            format!("connID=1;msg={};firsttime=1;", STANDARD.encode(message))
        );
        assert_eq!(passed.preauth.expose(), "new");
    }
}

#[test]
fn a_message_wrapped_over_lines_is_whole() {
    // R41: the width is such that a line of padding alone is left
    let strings = [policies(&["a"])];
    let text = STANDARD.encode(packet(0x0013, &packet(0x0ce4, &strings.concat())));
    for width in [1, 4, 64, 76, text.len()] {
        let (_, passed) = pass(
            &settings(Claims::Report),
            &first_answer(&strings, width, "interval=5\n"),
        );
        assert_eq!(passed.policies.len(), 1, "{width}");
        assert_eq!(passed.interval, Some(Duration::from_secs(300)), "{width}");
    }
    let padded = FirstAnswer::parse(b"msg=QUJD\nRA==\n==\n\ninterval=3");
    assert_eq!(padded.message.as_deref(), Some("QUJDRA===="));
    let answer = FirstAnswer::parse(b"a=b\r\nmsg=QUJD\r\nRA==\r\n\r\nmsg=no\r\ninterval=3\r\n");
    assert_eq!(answer.message(), Ok(b"ABCD".to_vec()));
    assert_eq!(answer.minutes, Some(3));
    assert_eq!(FirstAnswer::parse(b"msg=QUJDRA").message(), Ok(b"ABCD".to_vec()));
}

#[test]
fn the_interval_is_the_shorter_one() {
    // R42
    let table = [
        ("", None, None),
        ("interval=0\n", None, None),
        ("interval=x\n", None, None),
        ("interval=10\n", None, Some(600)),
        ("interval=10\n", Some(60), Some(60)),
        ("interval=1\n", Some(600), Some(60)),
        ("interval=10\n", Some(0), Some(600)),
        ("", Some(60), Some(60)),
        ("interval=4294967295\n", None, Some(4_294_967_295 * 60)),
    ];
    for (line, user, seconds) in table {
        let settings = CheckSettings {
            interval: user.map(Duration::from_secs),
            ..settings(Claims::Report)
        };
        let (_, passed) = pass(&settings, &first_answer(&[policies(&["a"])], 76, line));
        assert_eq!(
            passed.interval,
            seconds.map(Duration::from_secs),
            "{line:?} {user:?}"
        );
    }
}

#[test]
fn first_answers_without_a_message_are_errors() {
    let table = [
        (
            response(404, "", &[]),
            HostCheckError::NotFound {
                user_agent: "agent".to_owned(),
            },
        ),
        (
            response(302, "msg=QUJD\n", &[]),
            HostCheckError::Status { status: 302 },
        ),
        (response(200, "", &[]), HostCheckError::NoMessage),
        (
            response(200, "<html>msg=x</html>", &[]),
            HostCheckError::NoMessage,
        ),
        (response(200, "msg=\n\nQUJD", &[]), HostCheckError::NoMessage),
        (response(200, "msg=*\n", &[]), HostCheckError::BadEncoding),
        (
            response(200, "msg=AAAAE8AAAGgAAAWD\n", &[]),
            HostCheckError::Malformed(MessageError::BadLength),
        ),
    ];
    for (response, error) in table {
        let settings = settings(Claims::Accept);
        let (check, _) = ExpectMessage::start(&settings, &gateway(), cookies());
        assert_eq!(check.handle(&response).unwrap_err(), error);
    }
}

#[test]
fn a_check_without_a_new_cookie_failed_and_names_the_policies() {
    let settings = settings(Claims::Report);
    let gone = "DSPREAUTH=new; path=/dana-na/; expires=Thu, 01 Jan 1970 22:00:00 GMT; secure";
    for (status, lines, error) in [
        (200, &[][..], None),
        (200, &["DSPREAUTH=; path=/dana-na/"], None),
        (200, &[gone], None),
        (200, &["DSPREAUTH=new; domain=other.test"], None),
        (200, &["DSSIGNIN=new; path=/"], None),
        (500, &["DSPREAUTH=new; path=/"], Some(500)),
    ] {
        let (check, _) = ExpectMessage::start(&settings, &gateway(), cookies());
        let first = first_answer(&[policies(&["a"])], 76, "");
        let (check, _) = check.handle(&response(200, first, &[])).unwrap();
        let expected = match error {
            Some(status) => HostCheckError::Status { status },
            None => HostCheckError::NoCookie {
                policies: vec![PolicyVerdict {
                    name: "a".to_owned(),
                    met: false,
                }],
            },
        };
        assert_eq!(
            check.handle(&response(status, "", lines)),
            Err(expected),
            "{lines:?}"
        );
    }
}

#[test]
fn a_cookie_of_the_first_answer_goes_with_the_second_request() {
    let settings = settings(Claims::Report);
    let without_signin = CheckCookies {
        signin: None,
        ..cookies()
    };
    let (check, request) = ExpectMessage::start(&settings, &gateway(), without_signin);
    assert_eq!(request.cookies.expose(), "DSPREAUTH=old");
    let first = first_answer(&[policies(&["a"])], 76, "");
    let (check, request) = check
        .handle(&response(200, first, &["DSPREAUTH=newer; path=/"]))
        .unwrap();
    assert_eq!(check.preauth().expose(), "newer");
    assert_eq!(request.cookies.expose(), "DSPREAUTH=newer");
}

#[test]
fn the_machine_is_described_only_when_asked_to() {
    let request = "<FunkMessage><AttributeRequest><CertData Id='7'>\
        <Attribute Name='IssuerDN' Type='DN' Value='2.5.4.3=Devices'/></CertData><CertData Id='8'>\
        <Attribute Name='IssuerDN' Type='DN' Value='2.5.4.3=Others'/></CertData></AttributeRequest></FunkMessage>";
    let first = first_answer(&[policies(&["a"]), string(MACHINE, request)], 76, "");
    let certificate = issued_by("Devices");
    let machine = MachineIdentity {
        platform: "Linux".to_owned(),
        certificates: vec![MachineCertificate::parse(&certificate).unwrap()],
        ..MachineIdentity::default()
    };
    let known = CheckSettings {
        machine: Some(machine),
        ..settings(Claims::Report)
    };
    for (settings, ids) in [
        (
            settings(Claims::Report),
            [&[0x000a_4c18, 0x0005_8316][..], &[0x0005_8316]],
        ),
        (
            known,
            [
                &[0x000a_4c18, 0x0005_8316, 0x0005_8301, 0x000a_4c01],
                &[0x000a_4c01, 0x0005_8316],
            ],
        ),
    ] {
        let (_, start) = ExpectMessage::start(&settings, &gateway(), cookies());
        let (second, passed) = pass(&settings, &first);
        for (text, ids) in [form(&start), &second].into_iter().zip(ids) {
            assert_eq!(sent_ids(text), ids);
        }
        let with_machine = settings.machine.is_some();
        assert_eq!(passed.missing_certificates.len(), usize::from(with_machine));
    }
}

/// Ids of the strings of a message that is sent.
fn sent_ids(form: &str) -> Vec<u32> {
    let (_, message) = form.split_once("msg=").unwrap();
    let (message, _) = message.split_once(';').unwrap();
    let packets = message::decode(&STANDARD.decode(message).unwrap()).unwrap();
    let message::Packet::List { packets, .. } = &packets[0] else {
        panic!("a message: {packets:?}")
    };
    let message::Packet::List { packets, .. } = &packets[0] else {
        panic!("a group: {packets:?}")
    };
    let id = |packet: &message::Packet| {
        let message::Packet::Named { id, .. } = packet else {
            panic!("a string with an id: {packet:?}")
        };
        *id
    };
    packets.iter().map(id).collect()
}
