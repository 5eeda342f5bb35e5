//! A whole sign-in fed by a hostile gateway: statuses, targets, cookies and pages as the input says.

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::Url;
use vpnc_cli::auth::exchange::{Request, Response};
use vpnc_cli::auth::flow::{Flow, FlowSettings, FormEntry, Step};
use vpnc_cli::form::{Answer, Answers, Field, FieldKind, Form};
use vpnc_cli::secret::Secret;

/// The input is cut at NUL octets into responses. The first octet of each chooses its kind.
///
/// # Panics
/// When a secret leaves the hosts it may go to, or the sign-in has no end.
pub fn run(data: &[u8]) {
    // a gateway that knows the password proves nothing by naming it
    if data
        .windows(PASSWORD.len())
        .any(|window| window == PASSWORD.as_bytes())
    {
        return;
    }
    let mut responses: VecDeque<&[u8]> = data.split(|octet| *octet == 0).collect();
    let settings = FlowSettings {
        path: "/".to_owned(),
        user: Some("joe".to_owned()),
        entries: vec![FormEntry {
            form: "*".to_owned(),
            field: "a".to_owned(),
            value: "b".to_owned(),
        }],
        takeover: data.len().is_multiple_of(2),
        accept_banner: data.len().is_multiple_of(3),
        ..FlowSettings::default()
    };
    let gateway = Url::parse("https://gw.test/").expect("a URL");
    let mut flow = Flow::new(settings, &gateway);
    let mut step = flow.start();
    for _ in 0..STEPS {
        flow.take_notices();
        step = match step {
            Ok(Step::Send(request)) => {
                check(&request);
                let Some(response) = responses.pop_front() else {
                    return;
                };
                flow.handle_response(&response_of(response))
            }
            Ok(Step::Ask(form)) => flow.handle_answers(&answers(&form)),
            Ok(Step::CheckHost(_)) => flow.handle_host_checked(&Secret::new("checked")),
            Ok(Step::Browse(_)) => flow.handle_browser(&Secret::new("DSID=0123")),
            Ok(Step::Done(_)) => return,
            Err(error) => {
                let text = error.user_error().to_string();
                assert!(!text.contains(PASSWORD), "{text}");
                return;
            }
        };
    }
    panic!("a sign-in without an end");
}

fn check(request: &Request) {
    assert_eq!(request.url.scheme(), "https");
    assert!(!request.url.as_str().contains(PASSWORD));
    assert!(request.url.username().is_empty());
}

fn response_of(octets: &[u8]) -> Response {
    let (kind, body) = octets.split_first().unwrap_or((&b'p', &[]));
    let mut headers = HeaderMap::new();
    let mut status = 200;
    let line = body.split(|octet| *octet == b'\n').next().unwrap_or_default();
    let value = HeaderValue::from_bytes(line).ok();
    match (kind, value) {
        (b'r', Some(target)) => {
            status = 302;
            headers.insert(LOCATION, target);
        }
        (b'c', Some(cookie)) => {
            headers.append(SET_COOKIE, cookie);
        }
        (b't', Some(content_type)) => {
            headers.insert(CONTENT_TYPE, content_type);
        }
        (b's', _) => status = 403,
        _ => {}
    }
    Response {
        status,
        headers,
        body: Bytes::copy_from_slice(body),
    }
}

fn answers(form: &Form) -> Answers {
    form.fields.iter().map(answer).collect()
}

fn answer(field: &Field) -> Answer {
    match &field.kind {
        FieldKind::Text => Answer::Text(Secret::new("text")),
        FieldKind::Secret => Answer::Text(Secret::new(PASSWORD)),
        FieldKind::Choice(_) => Answer::Choice(0),
        FieldKind::Check => Answer::Check(true),
    }
}

/// Occurs in no page by chance.
const PASSWORD: &str = "Tr0ub4dor&3";
/// More than requests and questions of one sign-in.
const STEPS: usize = 300;
