//! The built program as a user or a script meets it: usage, exit status, output.

#[path = "cli/bug_report.rs"]
mod bug_report;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/cookies.rs"]
mod cookies;
#[path = "cli/instances.rs"]
mod instances;
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
#[path = "cli/unit_file.rs"]
mod unit_file;
#[path = "cli/usage.rs"]
mod usage;
