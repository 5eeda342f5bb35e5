//! The error for questions nobody can be asked: what is missing, and the options that would say it.

use crate::cli::settings::LoginSettings;
use crate::cli::shell::quoted;
use crate::error::Error;
use crate::exit::ExitStatus;
use crate::form::{Field, FieldKind, Form, FormKind, Purpose};

/// Why nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// There is no terminal.
    NoTerminal,
    /// `--non-inter`.
    Forbidden,
    /// `--no-passwd`.
    NoPassword,
    /// The sign-in came by itself (`--relogin`).
    Alone,
}

impl Silence {
    /// Why these fields were not answered with these settings.
    pub fn of(settings: &LoginSettings, form: &Form, fields: &[usize]) -> Self {
        let mut fields = fields.iter().filter_map(|position| form.fields.get(*position));
        match settings.interactive {
            _ if settings.secrets.none && fields.any(|field| field.purpose == Purpose::Password) => {
                Self::NoPassword
            }
            true => Self::NoTerminal,
            false => Self::Forbidden,
        }
    }
}

/// The error for the fields at these positions of the form.
pub fn error(form: &Form, fields: &[usize], silence: Silence) -> Error {
    // of a notice only the agreement is missing, whatever else is in its form
    let fields: &[usize] = if form.kind == FormKind::Notice {
        &[]
    } else {
        fields
    };
    let fields: Vec<&Field> = fields
        .iter()
        .filter_map(|position| form.fields.get(*position))
        .collect();
    let (why, hint) = match silence {
        Silence::NoTerminal => ("and there is no terminal to ask on", hints(form, &fields)),
        Silence::Forbidden => ("and asking is not allowed (--non-inter)", hints(form, &fields)),
        Silence::Alone => ("and --relogin asks nobody", hints(form, &fields)),
        Silence::NoPassword => (
            "and --no-passwd says to give none",
            "leave out --no-passwd, and give one with --passwd-on-stdin, --passwd-file or --passwd-command"
                .to_owned(),
        ),
    };
    Error::new(
        ExitStatus::InputNeeded,
        format!("{} {why}", needed(form, &fields)),
    )
    .at(place(form, &fields))
    .hint(hint)
}

fn needed(form: &Form, fields: &[&Field]) -> String {
    match (fields, form.kind) {
        (_, FormKind::Notice) => "the gateway shows a notice to agree to",
        (_, FormKind::Takeover) => "another session of the same user is open",
        (_, FormKind::ChangePassword) => "the password has to be changed",
        (_, FormKind::NewPin) => "a new PIN has to be set",
        ([field], _) => match field.purpose {
            Purpose::User => "a user name is needed",
            Purpose::Password => "a password is needed",
            Purpose::Code { next: false } => "a one-time code is needed",
            Purpose::Code { next: true } => "the next one-time code is needed",
            Purpose::Menu => "the way of the second factor is to be chosen",
            Purpose::NewSecret => "a new secret has to be set",
            Purpose::Realm => "a realm is to be chosen",
            Purpose::Role => "a role is to be chosen",
            Purpose::Agreement => "the gateway shows a notice to agree to",
            Purpose::Session => "another session of the same user is open",
            Purpose::Button | Purpose::Other => {
                return format!("the sign-in form {} needs an answer", named(form));
            }
        },
        _ => return format!("the sign-in form {} needs answers", named(form)),
    }
    .to_owned()
}

fn place(form: &Form, fields: &[&Field]) -> String {
    let mut described: Vec<String> = fields
        .iter()
        .take(MAX_FIELDS)
        .map(|field| described(field))
        .collect();
    if let Some(more) = more(fields.len()) {
        described.push(more);
    }
    let fields = match fields {
        [] => "",
        [_] => ", field ",
        _ => ", fields ",
    };
    let mut text = format!(
        "form {} at {}{fields}{}",
        named(form),
        form.host,
        described.join(", ")
    );
    if let Some(notice) = &form.notice {
        let notice = notice.split_whitespace().collect::<Vec<_>>().join(" ");
        text.push_str(&format!(", the server says \"{}\"", cut(&notice, MAX_NOTICE)));
    }
    text
}

/// `dept (list: A, B, C)`, with the label where it says more than the name.
fn described(field: &Field) -> String {
    let kind = match &field.kind {
        FieldKind::Text => "text".to_owned(),
        FieldKind::Secret => "secret".to_owned(),
        FieldKind::Check => "yes or no".to_owned(),
        FieldKind::Choice(labels) => list(labels),
    };
    let label = field.label.trim().trim_end_matches(':');
    let name = cut(&field.name, MAX_LABEL);
    match label.is_empty() || label.eq_ignore_ascii_case(&field.name) {
        true => format!("{name} ({kind})"),
        false => format!("{name} ({kind}, \"{}\")", cut(label, MAX_LABEL)),
    }
}

/// How many are not shown.
fn more(count: usize) -> Option<String> {
    let hidden = count.saturating_sub(MAX_FIELDS);
    (hidden > 0).then(|| format!("{hidden} more"))
}

fn list(labels: &[String]) -> String {
    let shown = labels
        .iter()
        .take(MAX_CHOICES)
        .map(|label| cut(label.trim(), MAX_LABEL));
    let more = if labels.len() > MAX_CHOICES { ", …" } else { "" };
    format!("list: {}{more}", shown.collect::<Vec<_>>().join(", "))
}

/// The option that would have said what the user did not.
pub(super) fn option_for(form: &Form, field: &Field) -> String {
    hints(form, &[field])
}

/// The options to paste, each once.
fn hints(form: &Form, fields: &[&Field]) -> String {
    match form.kind {
        FormKind::Notice => return "--accept-banner".to_owned(),
        FormKind::ChangePassword | FormKind::NewPin => return SET_IT_THERE.to_owned(),
        FormKind::SignIn | FormKind::Challenge | FormKind::Takeover | FormKind::Role | FormKind::Other => {}
    }
    let mut hints: Vec<String> = Vec::new();
    for hint in fields.iter().take(MAX_FIELDS).map(|field| hint(form, field)) {
        if !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    hints.extend(more(fields.len()));
    hints.join("   ")
}

fn hint(form: &Form, field: &Field) -> String {
    let chosen = match &field.kind {
        // one that is cut would choose nothing
        FieldKind::Choice(labels) => labels
            .first()
            .map(|label| label.trim())
            .filter(|label| !is_long(label)),
        FieldKind::Text | FieldKind::Secret | FieldKind::Check => None,
    };
    match field.purpose {
        Purpose::User => "-u NAME".to_owned(),
        Purpose::Password => "--passwd-on-stdin".to_owned(),
        Purpose::Code { .. } => {
            "--token-mode totp --token-secret @FILE   or the code as a further line with --passwd-on-stdin"
                .to_owned()
        }
        Purpose::Menu => "the answer as a further line with --passwd-on-stdin".to_owned(),
        Purpose::NewSecret => SET_IT_THERE.to_owned(),
        Purpose::Realm => format!("--realm {}", quoted(chosen.unwrap_or("NAME"))),
        Purpose::Role => format!("--role {}", quoted(chosen.unwrap_or("NAME"))),
        Purpose::Agreement => "--accept-banner".to_owned(),
        Purpose::Session | Purpose::Button | Purpose::Other if is_long(&form.id) || is_long(&field.name) => {
            "--form-entry FORM:FIELD=VALUE".to_owned()
        }
        Purpose::Session | Purpose::Button | Purpose::Other => {
            let value = match field.kind {
                FieldKind::Check => "on",
                FieldKind::Text | FieldKind::Secret | FieldKind::Choice(_) => chosen.unwrap_or("…"),
            };
            let form = if form.id.is_empty() { "*" } else { &form.id };
            format!(
                "--form-entry {}",
                quoted(&format!("{form}:{}={value}", field.name))
            )
        }
    }
}

fn named(form: &Form) -> String {
    match form.id.as_str() {
        "" => "without a name".to_owned(),
        name => cut(name, MAX_LABEL),
    }
}

/// Too long for an option to paste.
fn is_long(text: &str) -> bool {
    text.chars().nth(MAX_PASTED).is_some()
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// No program should make up a secret that people have to know.
const SET_IT_THERE: &str = "sign in once on a terminal or in a browser, and set it there";
/// Choices that are listed.
const MAX_CHOICES: usize = 20;
/// Fields that are listed.
const MAX_FIELDS: usize = 20;
/// Characters of a name in an option to paste, where it stands whole or not at all.
const MAX_PASTED: usize = 200;
/// Characters of a label or a name.
const MAX_LABEL: usize = 60;
/// Characters of what the page says.
const MAX_NOTICE: usize = 200;

#[cfg(test)]
mod tests {
    use super::super::question::tests::{field, form, list as choices};
    use super::*;

    #[test]
    fn single_fields_are_named_with_their_own_option() {
        let code = Purpose::Code { next: false };
        let table = [
            (
                "username",
                FieldKind::Text,
                Purpose::User,
                "a user name is needed",
                "-u NAME",
            ),
            (
                "password",
                FieldKind::Secret,
                Purpose::Password,
                "a password is needed",
                "--passwd-on-stdin",
            ),
            (
                "totpcode",
                FieldKind::Secret,
                code,
                "a one-time code is needed",
                "--token-mode totp --token-secret @FILE",
            ),
            (
                "realm",
                choices(&["Staff (in)", "x"]),
                Purpose::Realm,
                "a realm is to be chosen",
                "--realm 'Staff (in)'",
            ),
            (
                "role",
                choices(&["Dev", "x"]),
                Purpose::Role,
                "a role is to be chosen",
                "--role Dev",
            ),
            (
                "ok",
                FieldKind::Check,
                Purpose::Agreement,
                "a notice to agree to",
                "--accept-banner",
            ),
            (
                "email",
                FieldKind::Text,
                Purpose::Other,
                "frmLogin needs an answer",
                "--form-entry frmLogin:email=…",
            ),
            (
                "news",
                FieldKind::Check,
                Purpose::Other,
                "frmLogin needs an answer",
                "--form-entry frmLogin:news=on",
            ),
            (
                "s",
                choices(&["it's", "b"]),
                Purpose::Session,
                "another session",
                r"--form-entry 'frmLogin:s=it'\''s'",
            ),
        ];
        for (name, kind, purpose, message, hint) in table {
            let error = error(&form(vec![field(name, kind, purpose)]), &[0], Silence::NoTerminal);
            assert_eq!(error.status, ExitStatus::InputNeeded);
            assert!(error.message.contains(message), "{error}");
            assert!(
                error.message.ends_with("and there is no terminal to ask on"),
                "{error}"
            );
            assert!(
                error.hint.as_deref().is_some_and(|text| text.contains(hint)),
                "{error}"
            );
            assert!(
                error.place.as_deref().is_some_and(|text| text.contains(name)),
                "{error}"
            );
        }
    }

    #[test]
    fn a_notice_is_agreed_to_whatever_its_form_holds() {
        for fields in [vec![], vec![field("extra", FieldKind::Text, Purpose::Other)]] {
            let mut form = form(fields);
            form.kind = FormKind::Notice;
            assert_eq!(
                error(&form, &[0], Silence::NoTerminal).to_string(),
                "error: the gateway shows a notice to agree to and there is no terminal to ask on\n  \
                 where: form frmLogin at gw.example\n  try: --accept-banner"
            );
        }
    }

    #[test]
    fn no_option_is_named_that_would_put_a_new_secret_among_the_arguments() {
        for kind in [FormKind::ChangePassword, FormKind::NewPin] {
            let mut form = form(vec![
                field("oldPassword", FieldKind::Secret, Purpose::Other),
                field("newPassword", FieldKind::Secret, Purpose::NewSecret),
            ]);
            form.kind = kind;
            let hint = error(&form, &[0, 1], Silence::Forbidden).hint;
            assert_eq!(hint.as_deref(), Some(SET_IT_THERE));
        }
    }

    #[test]
    fn a_form_of_its_own_is_told_field_by_field() {
        let mut form = form(vec![
            field("email", FieldKind::Text, Purpose::Other),
            field("answered", FieldKind::Text, Purpose::Other),
            field("dept", choices(&["A", "B", "C"]), Purpose::Other),
        ]);
        form.id = "frmSurvey".to_owned();
        form.fields[0].label = "Your e-mail:".to_owned();
        assert_eq!(
            error(&form, &[0, 2, 77], Silence::Forbidden).to_string(),
            "error: the sign-in form frmSurvey needs answers and asking is not allowed (--non-inter)\n  \
             where: form frmSurvey at gw.example, fields email (text, \"Your e-mail\"), dept (list: A, B, C)\n  \
             try: --form-entry frmSurvey:email=…   --form-entry frmSurvey:dept=A"
        );
    }

    #[test]
    fn a_form_without_a_name_is_any_form() {
        let mut form = form(vec![field("a b", FieldKind::Text, Purpose::Other)]);
        form.id = String::new();
        form.notice = Some(format!("Say\n  {}", "x".repeat(300)));
        let error = error(&form, &[0], Silence::NoTerminal);
        assert_eq!(error.hint.as_deref(), Some("--form-entry '*:a b=…'"));
        let place = error.place.unwrap_or_default();
        assert!(place.contains("\"Say xxx") && place.ends_with("x…\""), "{place}");
    }

    #[test]
    fn names_of_any_length_and_number_stay_readable() {
        let long = |length| field(&"n".repeat(length), FieldKind::Text, Purpose::Other);
        let told = |fields: Vec<Field>| {
            let positions: Vec<usize> = (0..fields.len()).collect();
            let error = error(&form(fields), &positions, Silence::NoTerminal);
            (error.place.unwrap_or_default(), error.hint.unwrap_or_default())
        };
        let (place, hint) = told(vec![long(200)]);
        assert!(
            place.ends_with(&format!("field {}… (text)", "n".repeat(60))),
            "{place}"
        );
        assert_eq!(hint, format!("--form-entry frmLogin:{}=…", "n".repeat(200)));
        assert_eq!(told(vec![long(201)]).1, "--form-entry FORM:FIELD=VALUE");
        let many = (0..33).map(|number| field(&format!("f{number}"), FieldKind::Text, Purpose::Other));
        let (place, hint) = told(many.collect());
        assert!(place.ends_with("f19 (text), 13 more"), "{place}");
        assert!(hint.ends_with("frmLogin:f19=…   13 more"), "{hint}");
        let mut form = form(vec![field(
            "a",
            choices(&[&"c".repeat(300), "b"]),
            Purpose::Other,
        )]);
        form.id = "i".repeat(100_000);
        let text = error(&form, &[0], Silence::NoTerminal).to_string();
        assert!(text.len() < 1000, "{}", text.len());
    }

    #[test]
    fn the_same_option_is_named_once() {
        let secrets =
            ["password", "password#2"].map(|name| field(name, FieldKind::Secret, Purpose::Password));
        assert_eq!(
            error(&form(secrets.into()), &[0, 1], Silence::NoTerminal)
                .hint
                .as_deref(),
            Some("--passwd-on-stdin")
        );
    }

    #[test]
    fn who_gives_no_password_is_told_so() {
        let form = form(vec![field("password", FieldKind::Secret, Purpose::Password)]);
        let error = error(&form, &[0], Silence::NoPassword);
        assert_eq!(
            error.message,
            "a password is needed and --no-passwd says to give none"
        );
        assert!(
            error
                .hint
                .is_some_and(|hint| hint.starts_with("leave out --no-passwd"))
        );
    }
}
