//! The board, and the form of what it tells.

use super::*;

#[test]
fn a_state_lasts_since_it_was_entered_first() {
    let board = Board::new("work");
    board.update(|status| status.since = "before".to_owned());
    board.enter(State::Starting);
    assert_eq!(board.status().since, "before");
    board.enter(State::Login);
    assert_ne!(board.status().since, "before");
}

#[test]
fn the_end_says_why() {
    let failed = || Error::new(ExitStatus::NetworkLost, "gone");
    let stopped = || Error::new(ExitStatus::Terminated, "interrupted");
    let table = [
        (true, Ok(()), State::Stopped, &["disconnected"][..]),
        (true, Err(failed()), State::Failed, &["disconnected", "error"]),
        (false, Err(failed()), State::Failed, &["error"]),
        (false, Err(stopped()), State::Stopped, &["error"]),
    ];
    for (was_up, result, state, told) in table {
        let board = Board::new("work");
        let mut listener = board.listen();
        if was_up {
            board.update(|status| status.transport.active = Some("tls"));
        }
        board.end(&result);
        let status = board.status();
        assert_eq!((status.state, status.transport.active), (state, None));
        assert_eq!(status.last_error.is_some(), result.is_err());
        for event in told {
            let news = listener.try_recv().expect("told");
            let object = serde_json::to_value(&news).expect("JSON");
            assert_eq!(object["event"], *event);
        }
        assert!(listener.try_recv().is_err());
    }
}

#[test]
fn the_state_can_be_followed() {
    let board = Board::new("work");
    let states = board.states();
    board.enter(State::Starting);
    assert!(!states.has_changed().expect("the board lives"));
    board.enter(State::Login);
    assert!(states.has_changed().expect("the board lives"));
    assert_eq!(*states.borrow(), State::Login);
}

#[test]
fn news_are_one_flat_object() {
    let board = Board::new("work");
    let mut listener = board.listen();
    board.tell(News::Transport {
        active: "esp",
        reason: "a probe was answered".to_owned(),
    });
    let told = listener.try_recv().expect("told");
    let object = serde_json::to_value(&told).expect("JSON");
    assert_eq!(object["event"], "transport");
    assert_eq!(object["name"], "work");
    assert_eq!(object["active"], "esp");
}

/// Both are for whoever reads these objects.
const STATUS_SCHEMA: &str = include_str!("../../../fixtures/schema/status.json");
const EVENT_SCHEMA: &str = include_str!("../../../fixtures/schema/event.json");

#[track_caller]
fn assert_fits(schema: &str, object: &impl Serialize) {
    let schema = serde_json::from_str(schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let object = serde_json::to_value(object).expect("JSON");
    let errors: Vec<String> = validator
        .iter_errors(&object)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?} in {object}");
}

#[test]
fn every_kind_of_news_fits_the_schema() {
    let board = Board::new("work");
    let text = || "text".to_owned();
    board.update(|status| status.server.url = "https://vpn.example.com/".to_owned());
    let status = || Box::new(board.status());
    for news in [
        News::State { status: status() },
        News::Missed { count: 3 },
        News::Step { text: text() },
        News::Prompt { text: text() },
        News::LoginOk,
        News::Config { status: status() },
        News::Connected,
        News::Transport {
            active: "esp",
            reason: text(),
        },
        News::Rekey,
        News::Reconnecting {
            reason: text(),
            retry_in_s: 0,
        },
        News::Reconnected,
        News::Expiring {
            expires_at: now(),
            seconds_left: 600,
        },
        News::HostCheck { passed: true },
        News::Disconnected { reason: text() },
        News::Error {
            message: text(),
            exit: 75,
        },
    ] {
        assert_fits(EVENT_SCHEMA, &board.stamp(news));
    }
}

#[test]
fn a_full_state_and_that_of_nothing_fit_the_schema() {
    let board = Board::new("work");
    board.update(|status| {
        status.server = Server {
            url: "https://vpn.example.com/".to_owned(),
            address: Some([192, 0, 2, 10].into()),
            pin: Some("pin-sha256:AAAA".to_owned()),
        };
        status.ipv4 = vec!["172.16.5.7/32".to_owned()];
        status.mtu = Some(1400);
        status.host_check.next_at = after(Duration::from_secs(60));
        status.login.expires_at = Some(now());
    });
    assert_fits(STATUS_SCHEMA, &board.status());
    let nothing = serde_json::json!({ "schema": SCHEMA, "name": null, "state": "stopped" });
    assert_fits(STATUS_SCHEMA, &nothing);
}
