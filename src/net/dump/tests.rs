//! Tests of the dump: what is shown, and that secrets are not.

use http::{HeaderName, Method, Version};
use proptest::prelude::*;

use super::*;
use crate::random::RandomSource;
use crate::secret::Secret;

/// The key is not what these tests are about.
struct Zeros;

impl RandomSource for Zeros {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0);
    }
}

fn redactor() -> Redactor {
    Redactor::new(&mut Zeros)
}

/// The same without fingerprints: `<32>`.
fn short(text: &str) -> String {
    let mut parts = text.split("<hidden len=");
    let mut output = parts.next().unwrap().to_owned();
    for part in parts {
        let (length, rest) = part.split_once(" fp=").unwrap();
        output += &format!("<{length}>{}", &rest[5..]);
    }
    output
}

#[test]
fn headers_keep_their_names_and_lose_their_secrets() {
    let table = [
        (
            "Cookie",
            "DSID=0123456789abcdef; DSFirst=1",
            "DSID=<16>; DSFirst=<1>",
        ),
        ("Cookie", "DSIVS=; x", "DSIVS=; <1>"),
        (
            "Set-Cookie",
            "DSID=0123; path=/; secure",
            "DSID=<4>; path=/; secure",
        ),
        (
            "set-cookie",
            "DSIVS=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "DSIVS=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ),
        ("Set-Cookie", "nonsense", "<8>"),
        ("Authorization", "Basic dXNlcjpwYXNz", "Basic <12>"),
        ("Proxy-Authorization", "dXNlcjpwYXNz", "<12>"),
        ("WWW-Authenticate", "Negotiate", "Negotiate"),
        ("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA", "NTLM <16>"),
        (
            "WWW-Authenticate",
            "Digest realm=\"Staff\", nonce=\"abcdef\"",
            "Digest realm=\"Staff\", nonce=\"<6>\"",
        ),
        (
            "Location",
            "/dana-na/auth/url_default/welcome.cgi?p=failed",
            "/dana-na/auth/url_default/welcome.cgi?p=failed",
        ),
        (
            "Location",
            "welcome.cgi?p=user-confirm&id=state_0123456789abcdef",
            "welcome.cgi?p=user-confirm&id=<22>",
        ),
        (
            "Location",
            "https://idp.test/saml?SAMLRequest=fZJ&RelayState=x#top",
            "https://idp.test/saml?SAMLRequest=<3>&RelayState=<1>#<3>",
        ),
        (
            "Location",
            "https://joe:pass@idp.test/0123456789abcdef/x",
            "https://<8>@idp.test/<16>/x",
        ),
        (
            "X-Pad",
            "0000000000000000000000000000",
            "0000000000000000000000000000",
        ),
        ("X-Session-Id", "abc", "<3>"),
        ("X-MS-Request", "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "<36>"),
        (
            "Content-Type",
            "text/html; charset=UTF-8",
            "text/html; charset=UTF-8",
        ),
        (
            "Date",
            "Thu, 01 Jan 2026 00:00:00 GMT",
            "Thu, 01 Jan 2026 00:00:00 GMT",
        ),
    ];
    for (name, value, expected) in table {
        assert_eq!(
            short(&redactor().redact_header(name, value, &[])),
            expected,
            "{name}: {value}"
        );
    }
}

#[test]
fn forms_and_queries_show_names_and_harmless_values() {
    let table = [
        ("", ""),
        (
            "realm=Staff%20Only&username=joe&password=p%40ss%23&btnSubmit=Sign%20In&tz_offset=60",
            "realm=Staff%20Only&username=<3>&password=<9>&btnSubmit=Sign%20In&tz_offset=60",
        ),
        (
            "connID=0;timestamp=0;msg=AAAA=;firsttime=1;",
            "connID=0;timestamp=0;msg=<5>;firsttime=1;",
        ),
        ("a=&b&=c&&", "a=&<1>&=<1>&&"),
        // a harmless name does not make a token harmless
        ("realm=0123456789abcdef0123", "realm=<20>"),
        ("postauth=%2fdana&p=failed", "postauth=<7>&p=failed"),
    ];
    for (form, expected) in table {
        assert_eq!(short(&redactor().redact_form(form)), expected);
    }
    let long = format!("realm={}", "a b ".repeat(20));
    assert_eq!(short(&redactor().redact_form(&long)), "realm=<80>");
}

#[test]
fn pages_stay_readable() {
    let table = [
        "<form name=\"frmLogin\" action=\"login.cgi\" method=\"POST\">",
        "<a href=\"/dana-na/auth/url_default/welcome.cgi?p=rolelogout\">getElementsByTagNameNS</a>",
        "<input type=\"submit\" name=\"btnSubmit\" value=\"Sign In\">",
        "<input type=\"hidden\" name=\"tz_offset\" value=\"\">",
        "<input type=hidden name=realm value='Staff only'><INPUT type=text name=username>",
        "<script>document.frmLogin.tz_offset.value = (new Date()).getTimezoneOffset() * (-1);</script>",
        "Grüße; for (i = 0; i < 9; i++) { loginConfirm2(i); }",
    ];
    for page in table {
        assert_eq!(redactor().redact_page(page, &[]), page);
    }
}

#[test]
fn pages_lose_their_secrets() {
    let table = [
        (
            "<input type=\"hidden\" name=\"key\" value=\"abcdef\">",
            "<input type=\"hidden\" name=\"key\" value=\"<6>\">",
        ),
        (
            "<INPUT VALUE='abc def' TYPE=hidden>",
            "<INPUT VALUE='<7>' TYPE=hidden>",
        ),
        ("<input/value=abcdef/>rest", "<input/value=<7>>rest"),
        (
            "<input type=password value=\"x\" /><input value=\"a\"",
            "<input type=password value=\"<1>\" /><input value=\"<1>\"",
        ),
        ("<input value = \"a>b", "<input value = \"<3>"),
        (
            "<input value=\"a\" value='b'>",
            "<input value=\"<1>\" value='<1>'>",
        ),
        (
            "<a href=\"x?id=state_00ff&amp;q=1&p=2\">",
            "<a href=\"x?id=<10>&amp;q=<1>&p=2\">",
        ),
        ("var s = 'state_00ff';", "var s = 'state_<4>';"),
        (
            "DSID=abc; DSPREAUTH = \"a b\" + x",
            "DSID=<3>; DSPREAUTH = \"<3>\" + x",
        ),
        (
            "{\"access_token\": \"abc\", \"n\":1}",
            "{\"access_token\": \"<3>\", \"n\":1}",
        ),
        ("{\\\"xsauth\\\":\\\"abc\\\"}", "{\\\"xsauth\\\":\\\"<3>\\\"}"),
        ("setKey('0123456789abcdef0')", "setKey('<17>')"),
        ("x eyJhbGciOiJIUzI1NiJ9.e30.abc y", "x <20>.e30.abc y"),
        (
            "interval=10\nmsg=AAAA\r\nBB==\n\nother\n",
            "interval=10\nmsg=<4>\r\n<4>\n\nother\n",
        ),
    ];
    for (page, expected) in table {
        assert_eq!(short(&redactor().redact_page(page, &[])), expected, "{page}");
    }
}

#[test]
fn known_values_are_hidden_wherever_they_stand() {
    let table: [(&str, &[&str], &str); 7] = [
        ("", &["abcd"], ""),
        ("abcd", &["abcd"], "<4>"),
        ("xabcdabcdx", &["abcd"], "x<4><4>x"),
        ("xabcdefx", &["abcd", "cdef"], "x<6>x"),
        ("abcdef", &["abcd", "abcdef"], "<6>"),
        ("aaaaa", &["aaa"], "<5>"),
        ("grün", &["rü"], "g<3>n"),
    ];
    for (text, known, expected) in table {
        let known: Vec<String> = known.iter().copied().map(str::to_owned).collect();
        assert_eq!(short(&redactor().redact_known(text, &known)), expected, "{text}");
    }
}

#[test]
fn marks_are_not_put_into_marks() {
    let mark = "<hidden len=10 fp=0123>";
    let known: Vec<String> = (0..8).map(|start| mark[start..start + 5].to_owned()).collect();
    let page = known.join("|");
    let text = redactor().redact_page(&page, &known);
    assert_eq!(short(&text), ["<5>"; 8].join("|"));
}

#[test]
fn equal_values_are_recognised_in_one_log_only() {
    let (one, two) = (Dump::default(), Dump::default());
    let hide = |dump: &Dump, value: &str| dump.redactor.as_ref().unwrap().hide(value);
    assert_eq!(hide(&one, "0123456789"), hide(&one.clone(), "0123456789"));
    // four values, because two keys may give one value the same print
    let values = ["a", "b", "c", "d"];
    let prints = |dump: &Dump| values.map(|value| hide(dump, value));
    assert_ne!(prints(&one), prints(&two));
    let shape = hide(&one, "0123456789");
    assert!(redact::is_hidden(&shape), "{shape}");
    assert_eq!(hide(&one, &shape), shape);
}

fn exchange_of(
    cookies: &str,
    form: &str,
    answer: &str,
) -> (exchange::Request, Request<Bytes>, Response<Bytes>) {
    let url =
        Url::parse("https://joe:pass@gateway.test:4443/dana-na/auth/login.cgi?p=x&id=state_1#top").unwrap();
    let request = exchange::Request::post(url, Secret::new(cookies), Secret::new(form));
    let mut message = Request::new(Bytes::copy_from_slice(form.as_bytes()));
    *message.method_mut() = Method::POST;
    let cookies = cookies.parse().unwrap();
    message
        .headers_mut()
        .insert(HeaderName::from_static("cookie"), cookies);
    let mut response = Response::new(Bytes::copy_from_slice(answer.as_bytes()));
    *response.version_mut() = Version::HTTP_11;
    *response.status_mut() = http::StatusCode::FOUND;
    (request, message, response)
}

#[test]
fn whole_messages_are_shown_line_by_line() {
    let form = "username=joe&password=p%40ss%23";
    let page = "<p>Sorry joey, p@ss# is wrong\n\n<b>0123</b>\n";
    let (request, message, mut response) = exchange_of("DSID=0123", form, page);
    let set = "DSLast=9999; path=/".parse().unwrap();
    response.headers_mut().insert(SET_COOKIE, set);
    let dump = Dump::default();
    let lines = |lines: Vec<String>| short(&lines.join("\n"));
    assert_eq!(
        lines(dump.request_lines(&request.url, &message)),
        "POST https://gateway.test:4443/dana-na/auth/login.cgi?p=x&id=<7>\ncookie: DSID=<4>\n\n\
         username=<3>&password=<9>"
    );
    // `joe` is too short to be looked for
    assert_eq!(
        lines(dump.response_lines(&request, &response)),
        "HTTP/1.1 302 Found\nset-cookie: DSLast=<4>; path=/\n\n<p>Sorry joey, <5> is wrong\n\n<b><4></b>"
    );
    let open = Dump::with_secrets(true);
    assert_eq!(
        lines(open.request_lines(&request.url, &message)),
        "POST https://gateway.test:4443/dana-na/auth/login.cgi?p=x&id=state_1\ncookie: DSID=0123\n\n\
         username=joe&password=p%40ss%23"
    );
    assert!(lines(open.response_lines(&request, &response)).ends_with(page.trim_end()));
}

#[test]
fn long_and_binary_bodies_are_told_and_not_shown() {
    let dump = Dump::default();
    let (request, _, response) = exchange_of("a=b", "", "a\0b");
    let lines = dump.response_lines(&request, &response);
    assert_eq!(lines.last().unwrap(), "(3 octets that are no text)");
    // no border in it: the cut could be inside a value
    let (request, _, response) = exchange_of("a=b", "", &"x".repeat(SHOWN + 1));
    let lines = dump.response_lines(&request, &response);
    assert_eq!(lines.last().unwrap(), &format!("({} octets more)", SHOWN + 1));
    let page = "word ".repeat(SHOWN);
    for dump in [dump, Dump::with_secrets(true)] {
        let (request, _, response) = exchange_of("a=b", "", &page);
        let lines = dump.response_lines(&request, &response);
        assert!(lines.iter().map(String::len).sum::<usize>() < SHOWN + 100);
        assert!(lines.last().unwrap().ends_with("octets more)"), "{lines:?}");
    }
}

/// Nothing that stands in our own words, nor in those around it.
fn secret() -> impl Strategy<Value = String> {
    "Zq[A-Za-z0-9!$,.:@^*~_+/ -]{4,60}Zq"
}

fn encoded(secret: &str) -> String {
    secret
        .bytes()
        .map(|octet| match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(octet).to_string()
            }
            _ => format!("%{octet:02x}"),
        })
        .collect()
}

proptest! {
    #[test]
    fn a_secret_of_the_request_is_nowhere(secret in secret(), name in "[a-o]{1,9}", before in "[^Z]{0,20}") {
        let value = secret.replace([',', ' '], "");
        let cookies = format!("first=1; {name}={value}");
        let form = format!("{name}={}&realm=x", encoded(&secret));
        let page = format!("{before}{secret} <b>{}</b> {value}\n<input value={value}>{}", encoded(&secret), page::escaped(&secret));
        let (mut request, message, mut response) = exchange_of(&cookies, &form, &page);
        request.url.set_query(Some(&form));
        let location = format!("/{value}?{form}");
        response.headers_mut().insert("location", location.parse().unwrap());
        response.headers_mut().insert("x-other", secret.parse().unwrap());
        let dump = Dump::default();
        let mut text = dump.request_lines(&request.url, &message).join("\n");
        text += &dump.response_lines(&request, &response).join("\n");
        prop_assert!(!text.contains(&secret), "{}", text);
        prop_assert!(!text.contains(&value), "{}", text);
        prop_assert!(!text.contains(&encoded(&secret)), "{}", text);
        prop_assert!(!text.contains("Zq"), "{}", text);
    }

    #[test]
    fn a_secret_of_the_gateway_is_nowhere(secret in secret(), name in "[a-o]{1,9}", quote in "[\"']", kind in "hidden|text|password") {
        let plain = encoded(&secret).replace('%', "");
        let page = format!(
            "<form action=\"x.cgi?p=1&amp;{name}={plain}\"><input  type={quote}{kind}{quote} name={name} \
             value={quote}{secret}{quote} class=x><INPUT\nvalue={plain}/ type={kind} ><a href=/y?{name}={plain}>\
             <script>DSID={plain};token = \"{plain}\"; x.SAMLResponse='{plain}'</script>\nmsg={plain}\n{plain}\n\n"
        );
        let (request, _, mut response) = exchange_of("a=b", "c=d", &page);
        let headers = response.headers_mut();
        headers.insert(SET_COOKIE, format!("{name}={plain}; path=/").parse().unwrap());
        headers.insert("location", format!("https://{plain}@x.test/y?{name}={plain}#{plain}").parse().unwrap());
        headers.insert("proxy-authorization", format!("Basic {plain}").parse().unwrap());
        let dump = Dump::default();
        let text = dump.response_lines(&request, &response).join("\n");
        prop_assert!(!text.contains("Zq"), "{}", text);
        let page_alone = redactor().redact_page(&page, &[]);
        prop_assert!(!page_alone.contains("Zq"), "{}", page_alone);
    }

    #[test]
    fn any_text_is_taken(page in ".{0,200}", tail in "(<input |value=|['\"=&;?#<>/]|state_|msg=|\n|[a-z]{1,3}|<hidden len=1 fp=abcd>){0,30}", known in prop::collection::vec(".{1,5}", 0..3)) {
        let text = format!("{page}{tail}");
        let _ = redactor().redact_page(&text, &known);
        let _ = redactor().redact_form(&text);
        let _ = redactor().redact_url(&text);
        for name in ["cookie", "set-cookie", "authorization", "www-authenticate", "x"] {
            let _ = redactor().redact_header(name, &text, &known);
        }
    }
}
