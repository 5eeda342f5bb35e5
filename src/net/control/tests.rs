//! Clients of all kinds at the control socket.

use std::future::poll_fn;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::*;
use crate::net::signals::Requests as _;
use crate::net::status::{News, State};

struct Bench {
    folder: tempfile::TempDir,
    board: Board,
    control: Control,
    orders: Orders,
}

impl Bench {
    fn start(admits: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = StdListener::bind(folder.path().join("sock")).expect("a socket");
        let board = Board::new("work");
        let admits = Box::new(move |_: BorrowedFd<'_>| admits);
        let (control, orders) = Control::open(listener, board.clone(), admits).expect("served");
        Self {
            folder,
            board,
            control,
            orders,
        }
    }

    async fn client(&self) -> BufReader<UnixStream> {
        let stream = UnixStream::connect(self.folder.path().join("sock")).await;
        BufReader::new(stream.expect("a connection"))
    }

    /// A request and its answer, on a connection of its own.
    async fn ask(&self, request: &str) -> Value {
        let mut client = self.client().await;
        send(&mut client, request).await;
        next(&mut client).await
    }
}

async fn send(client: &mut BufReader<UnixStream>, request: &str) {
    let line = format!("{request}\n");
    client.write_all(line.as_bytes()).await.expect("a reader");
}

async fn next(client: &mut BufReader<UnixStream>) -> Value {
    let mut line = String::new();
    let read = timeout(SOON, client.read_line(&mut line)).await;
    read.expect("in time").expect("an answer");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_state_is_told_in_each_state() {
    let bench = Bench::start(true);
    for (state, word) in [
        (State::Starting, "starting"),
        (State::Login, "login"),
        (State::Connected, "connected"),
    ] {
        bench.board.enter(state);
        let status = bench.ask(r#"{"request":"status"}"#).await;
        assert_eq!((&status["state"], &status["schema"]), (&word.into(), &1.into()));
        assert_eq!(bench.ask(r#"{"request":"stats"}"#).await["state"], word);
    }
}

#[tokio::test]
async fn several_requests_may_come_at_once() {
    let bench = Bench::start(true);
    let mut client = bench.client().await;
    send(
        &mut client,
        "{\"request\":\"status\"}\n{\"request\":\"stats\"}\nrubbish",
    )
    .await;
    assert_eq!(next(&mut client).await["name"], "work");
    assert!(next(&mut client).await["traffic"].is_object());
    assert_eq!(next(&mut client).await["error"]["code"], "bad_request");
}

#[tokio::test]
async fn orders_come_out_beside_the_signals() {
    let mut bench = Bench::start(true);
    bench.board.enter(State::Connected);
    for (request, expected) in [
        (r#"{"request":"reconnect"}"#, Request::Reconnect),
        (r#"{"request":"disconnect","keep_login":true}"#, Request::Hangup),
        (r#"{"request":"disconnect"}"#, Request::Terminate),
    ] {
        assert_eq!(bench.ask(request).await["ok"], true);
        let order = timeout(SOON, poll_fn(|cx| bench.orders.poll_next(cx))).await;
        assert_eq!(order.expect("in time"), expected);
    }
    bench.board.enter(State::Login);
    let refused = bench.ask(r#"{"request":"reconnect"}"#).await;
    assert_eq!(refused["error"]["code"], "not_connected");
}

#[tokio::test]
async fn orders_nobody_takes_are_refused_in_the_end() {
    let bench = Bench::start(true);
    for _ in 0..MAX_ORDERS {
        assert_eq!(bench.ask(r#"{"request":"disconnect"}"#).await["ok"], true);
    }
    let refused = bench.ask(r#"{"request":"disconnect"}"#).await;
    assert_eq!(refused["error"]["code"], "busy");
}

#[tokio::test]
async fn a_listener_hears_the_state_then_news_and_the_last_word() {
    let bench = Bench::start(true);
    let mut client = bench.client().await;
    send(&mut client, r#"{"request":"events"}"#).await;
    let first = next(&mut client).await;
    assert_eq!(
        (&first["event"], &first["status"]["state"]),
        (&"state".into(), &"starting".into())
    );
    bench.board.tell(News::LoginOk);
    assert_eq!(next(&mut client).await["event"], "login_ok");
    bench.board.tell(News::Rekey);
    bench.board.end(&Ok(()));
    bench.control.close(SOON).await;
    assert_eq!(next(&mut client).await["event"], "rekey");
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.expect("the end");
    assert_eq!(rest, "");
}

#[tokio::test]
async fn a_listener_that_was_too_slow_is_told_so() {
    let bench = Bench::start(true);
    let mut client = bench.client().await;
    send(&mut client, r#"{"request":"events"}"#).await;
    next(&mut client).await;
    // nothing awaits in between, so that the server cannot keep up
    for _ in 0..1000 {
        bench.board.tell(News::Rekey);
    }
    let missed = next(&mut client).await;
    assert_eq!(missed["event"], "missed");
    assert!(missed["count"].as_u64().is_some_and(|count| count > 0));
    assert_eq!(next(&mut client).await["event"], "rekey");
}

#[tokio::test]
async fn strangers_are_refused() {
    let mut bench = Bench::start(false);
    let refused = bench.ask(r#"{"request":"disconnect"}"#).await;
    assert_eq!(refused["error"]["code"], "not_allowed");
    let nothing = timeout(
        Duration::from_millis(50),
        poll_fn(|cx| bench.orders.poll_next(cx)),
    )
    .await;
    assert!(nothing.is_err());
}

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let bench = Bench::start(true);
    let mut client = bench.client().await;
    // the server hangs up before all of it is written
    drop(client.write_all(&[b'['; 100_000]).await);
    let mut answer = Vec::new();
    drop(
        timeout(SOON, client.read_to_end(&mut answer))
            .await
            .expect("in time"),
    );
    assert!(answer.is_empty() || answer.starts_with(b"{\"error\""));
    assert_eq!(bench.ask(r#"{"request":"status"}"#).await["name"], "work");
}

#[tokio::test(start_paused = true)]
async fn idle_clients_make_room_for_others() {
    let bench = Bench::start(true);
    let mut idle = Vec::new();
    for _ in 0..MAX_CLIENTS + 8 {
        idle.push(bench.client().await);
    }
    assert_eq!(bench.ask(r#"{"request":"status"}"#).await["name"], "work");
}

#[tokio::test]
async fn listeners_leave_room_for_those_who_ask() {
    let bench = Bench::start(true);
    let mut listeners = Vec::new();
    let busy = loop {
        let mut client = bench.client().await;
        send(&mut client, r#"{"request":"events"}"#).await;
        let answer = next(&mut client).await;
        if answer["error"].is_object() {
            break answer;
        }
        listeners.push(client);
        assert!(listeners.len() < MAX_CLIENTS);
    };
    assert_eq!(busy["error"]["code"], "busy");
    assert_eq!(bench.ask(r#"{"request":"status"}"#).await["name"], "work");
}
