//! The built program as a user or a script meets it: usage, exit status, output.

#[path = "cli/config.rs"]
mod config;
#[path = "cli/cookies.rs"]
mod cookies;
#[path = "cli/messages.rs"]
mod messages;
#[path = "cli/options.rs"]
mod options;
#[path = "cli/personality.rs"]
mod personality;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/sign_in.rs"]
mod sign_in;
#[path = "cli/usage.rs"]
mod usage;
