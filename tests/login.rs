//! The built program signs in to the reference gateway on loopback, on every page we know of.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the gateway's log holds more kinds of events than a test asks about"
)]

#[path = "login/command.rs"]
mod command;
#[path = "login/left_out.rs"]
mod left_out;
#[path = "login/scene.rs"]
mod scene;

#[path = "login/better.rs"]
mod better;
#[path = "login/choices.rs"]
mod choices;
#[path = "login/flows.rs"]
mod flows;
#[path = "login/probe.rs"]
mod probe;
#[path = "login/refusals.rs"]
mod refusals;
#[path = "login/requests.rs"]
mod requests;
#[path = "login/results.rs"]
mod results;
#[path = "login/secrets.rs"]
mod secrets;
#[path = "login/shells.rs"]
mod shells;
