//! Requests and answers as text.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::net::signals::Request;
use crate::net::status::{SCHEMA, State, Status};

/// What a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub(super) enum Asked {
    /// The state, once.
    Status,
    /// The state, then all news.
    Events,
    /// The counters, once.
    Stats,
    /// The end of the tunnel.
    Disconnect {
        /// The login stays valid.
        #[serde(default)]
        keep_login: bool,
    },
    /// A new connection.
    Reconnect,
}

impl Asked {
    /// Reads a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(line)
    }

    /// What is to be done in this state, if anything is left to do.
    pub(super) fn order(self, state: State) -> Result<Option<Request>, &'static str> {
        match self {
            // a second request to end would cut the end short
            Self::Disconnect { .. } if matches!(state, State::Stopping | State::Stopped | State::Failed) => {
                Ok(None)
            }
            Self::Disconnect { keep_login: true } => Ok(Some(Request::Hangup)),
            Self::Disconnect { keep_login: false } => Ok(Some(Request::Terminate)),
            Self::Reconnect if matches!(state, State::Connected | State::Reconnecting) => {
                Ok(Some(Request::Reconnect))
            }
            Self::Reconnect | Self::Status | Self::Events | Self::Stats => Err("the tunnel is not up"),
        }
    }
}

/// An object as a line.
pub(super) fn line(object: &impl Serialize) -> String {
    // strings and numbers can always be written
    let mut text = serde_json::to_string(object).unwrap_or_default();
    text.push('\n');
    text
}

/// The counters of a tunnel.
pub(super) fn statistics(status: &Status) -> String {
    line(&json!({
        "schema": SCHEMA,
        "name": status.name,
        "state": status.state,
        "transport": status.transport,
        "traffic": status.traffic,
        "reconnects": status.reconnects,
    }))
}

/// It will be done.
pub(super) fn done() -> String {
    line(&json!({ "schema": SCHEMA, "ok": true }))
}

/// It will not be done.
pub(super) fn refusal(code: &str, message: &str) -> String {
    line(&json!({ "schema": SCHEMA, "error": { "code": code, "message": message } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_and_later_fields_are_passed_over() {
        let table = [
            (r#"{"request":"status"}"#, Asked::Status),
            (r#"{"request":"stats","later":[1]}"#, Asked::Stats),
            (r#" {"request":"events"} "#, Asked::Events),
            (
                r#"{"request":"disconnect"}"#,
                Asked::Disconnect { keep_login: false },
            ),
            (
                r#"{"keep_login":true,"request":"disconnect"}"#,
                Asked::Disconnect { keep_login: true },
            ),
            (r#"{"request":"reconnect"}"#, Asked::Reconnect),
        ];
        for (text, asked) in table {
            assert_eq!(Asked::read(text.as_bytes()).expect(text), asked);
        }
        for text in [
            "",
            "status",
            "{}",
            r#"{"request":"quit"}"#,
            "\u{0}",
            "[[[[",
            "{\"request\":1}",
        ] {
            assert!(Asked::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(Asked::read(&[b'['; 4096]).is_err());
    }

    #[test]
    fn what_is_not_up_cannot_be_connected_again() {
        for (state, possible) in [
            (State::Login, false),
            (State::Connected, true),
            (State::Reconnecting, true),
            (State::Stopping, false),
        ] {
            assert_eq!(Asked::Reconnect.order(state).is_ok(), possible, "{state:?}");
        }
    }

    #[test]
    fn an_end_under_way_is_not_cut_short() {
        let disconnect = Asked::Disconnect { keep_login: false };
        assert_eq!(disconnect.order(State::Connected), Ok(Some(Request::Terminate)));
        assert_eq!(disconnect.order(State::Stopping), Ok(None));
    }
}
