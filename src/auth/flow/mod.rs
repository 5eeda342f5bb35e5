//! The sign-in as a state machine: responses and answers in, requests and questions out.

/// What a sign-in knows beforehand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowSettings {
    /// Path and query of the page to begin with; `/` by default.
    pub path: String,
    /// For every text field whose name begins with `user` or `uname`.
    pub user: Option<String>,
    /// Label of the realm.
    pub realm: Option<String>,
    /// Label of the role.
    pub role: Option<String>,
    /// For realm and role, when they have none of their own.
    pub authgroup: Option<String>,
    /// Answers to single fields (`--form-entry`), in the order given; the last that fits wins.
    pub entries: Vec<FormEntry>,
    /// Go on past notices without asking.
    pub accept_banner: bool,
    /// End another session of the same user when that is the condition.
    pub takeover: bool,
}

/// An answer to a single field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormEntry {
    /// Name or id of the form; `*` for any.
    pub form: String,
    /// Name of the field.
    pub field: String,
    /// What to send; of a list its label or value, of a checkbox `on`/`off`.
    pub value: String,
}
