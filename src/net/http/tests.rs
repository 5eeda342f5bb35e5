//! Tests of one exchange on one stream.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::*;
use crate::net::connect::Connector;

/// Gets `/` by a new connection of this connector.
pub(in crate::net) async fn fetch(connector: &mut Connector) -> Result<Response<Bytes>, NetError> {
    let connection = connector.connect().await?;
    let request = get(connector.url());
    send(connection.stream, request, Limits::default()).await
}

fn limits() -> Limits {
    Limits {
        time: Duration::from_secs(5),
        body: 1000,
    }
}

fn get(url: &Url) -> Request<Bytes> {
    request(Method::GET, url, "agent", &Secret::default(), Bytes::new()).unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

async fn head(stream: &mut DuplexStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// What comes of an answer after which the gateway closes.
async fn answered(answer: &'static [u8]) -> Result<Response<Bytes>, NetError> {
    let (ours, mut theirs) = duplex(1 << 16);
    let gateway = async move {
        head(&mut theirs).await;
        theirs.write_all(answer).await.unwrap();
    };
    let request = get(&url("https://gateway.test/"));
    tokio::join!(send(Box::new(ours), request, limits()), gateway).0
}

#[tokio::test]
async fn the_head_is_in_the_documented_order() {
    let (ours, mut theirs) = duplex(4096);
    let cookies = Secret::new("DSID=0123; DSFirst=1");
    let url = url("https://gateway.test:4443/dana-na/auth/x.cgi?a=b#c");
    let request = request(Method::GET, &url, "agent", &cookies, Bytes::new()).unwrap();
    assert!(!format!("{request:?}").contains("0123"));
    let gateway = async move {
        let head = head(&mut theirs).await;
        theirs
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
        head
    };
    let (response, head) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
    assert_eq!(response.unwrap().status(), 204);
    assert_eq!(
        head,
        "GET /dana-na/auth/x.cgi?a=b HTTP/1.1\r\nHost: gateway.test:4443\r\nUser-Agent: agent\r\n\
         Cookie: DSID=0123; DSFirst=1\r\nNcp-Version: 3\r\nAccept-Encoding: identity\r\n\r\n"
    );
}

#[test]
fn the_host_header_has_a_port_only_when_needed() {
    assert_eq!(host(&url("https://gateway.test/")), "gateway.test");
    assert_eq!(host(&url("https://gateway.test:443/")), "gateway.test");
    assert_eq!(host(&url("https://gateway.test:444/")), "gateway.test:444");
    assert_eq!(host(&url("https://[::1]:444/")), "[::1]:444");
}

#[test]
fn line_breaks_cannot_be_smuggled_into_the_head() {
    let url = url("https://gateway.test/");
    let agent = request(Method::GET, &url, "a\r\nX: y", &Secret::default(), Bytes::new());
    assert!(matches!(agent, Err(NetError::BadRequest { what: "user agent" })));
    let cookie = request(Method::GET, &url, "a", &Secret::new("DSID=1\n"), Bytes::new());
    assert!(matches!(cookie, Err(NetError::BadRequest { what: "cookie" })));
}

#[tokio::test]
async fn bodies_of_all_shapes_are_read() {
    let table: [(&[u8], &[u8]); 5] = [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close", b"until close"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", b"abc"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
            b"0123456789",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: a\r\n b\r\nnonsense\r\n\r\nbody", b"body"),
    ];
    for (answer, body) in table {
        let response = answered(answer).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.body().as_ref(), body);
    }
}

#[tokio::test]
async fn short_and_foreign_answers_are_errors() {
    let closed: [&[u8]; 3] = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    ];
    for answer in closed {
        let error = answered(answer).await.unwrap_err();
        assert!(matches!(error, NetError::Closed { .. }), "{error:?}");
    }
    let foreign: [&[u8]; 4] = [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    ];
    for answer in foreign {
        let error = answered(answer).await.unwrap_err();
        let answer = answer.escape_ascii();
        assert!(matches!(error, NetError::BadAnswer { .. }), "{answer}: {error:?}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_an_error() {
    let (ours, mut theirs) = duplex(4096);
    let gateway = async move {
        head(&mut theirs).await;
        let _ = theirs.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while theirs.write_all(&[b'x'; 512]).await.is_ok() {}
    };
    let request = get(&url("https://gateway.test/"));
    let (outcome, ()) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
    let error = outcome.unwrap_err();
    assert!(error.to_string().ends_with("longer than allowed"), "{error}");
}

#[tokio::test]
async fn a_head_without_end_is_an_error() {
    let (ours, mut theirs) = duplex(1 << 16);
    let gateway = async move {
        head(&mut theirs).await;
        let _ = theirs.write_all(b"HTTP/1.1 200 OK\r\nX: ").await;
        while theirs.write_all(&[b'x'; 4096]).await.is_ok() {}
    };
    let request = get(&url("https://gateway.test/"));
    let (outcome, ()) = tokio::join!(send(Box::new(ours), request, limits()), gateway);
    assert!(matches!(outcome, Err(NetError::BadAnswer { .. })));
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() {
    let (ours, _theirs) = duplex(4096);
    let request = get(&url("https://gateway.test/"));
    let limits = Limits {
        time: Duration::from_millis(50),
        ..limits()
    };
    let error = send(Box::new(ours), request, limits).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "an answer from gateway.test:443 took longer than 50ms"
    );
}
