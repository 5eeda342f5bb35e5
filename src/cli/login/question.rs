//! The words of a question on the terminal, and what an answer to it means.

use std::fmt::Write as _;

use crate::error::Clean;
use crate::form::{Answer, Field, FieldKind, Form, Purpose, find_label};
use crate::secret::Secret;

/// What stands above the questions of a form: who asks, why again, and the peer's own words.
pub(super) fn introduction(form: &Form) -> String {
    let mut text = String::new();
    if let Some(refused) = &form.refused {
        line(&mut text, "", refused);
    }
    line(&mut text, "", &format!("{} asks:", form.host));
    for notice in form.notice.iter().flat_map(|notice| notice.lines()) {
        if !notice.trim().is_empty() {
            line(&mut text, "  ", notice.trim());
        }
    }
    text
}

/// The question: the choices, if any, the label and the default.
pub(super) fn prompt(field: &Field) -> String {
    let label = label(field);
    let mut text = String::new();
    if let FieldKind::Choice(labels) = &field.kind {
        let colon = if label.ends_with('?') { "" } else { ":" };
        line(&mut text, "", &format!("{label}{colon}"));
        let width = labels.len().to_string().len();
        for (index, choice) in labels.iter().enumerate() {
            line(
                &mut text,
                "  ",
                &format!("{:>width$}  {}", index + 1, choice.trim()),
            );
        }
    }
    let words = match &field.kind {
        FieldKind::Choice(_) => "number or name",
        FieldKind::Check => &format!("{label} (yes/no)"),
        FieldKind::Text | FieldKind::Secret => &label,
    };
    let default = default(field);
    let default = default.map(|default| format!(" [{default}]")).unwrap_or_default();
    // writing into a string cannot fail
    let _: std::fmt::Result = write!(text, "{}{}: ", Clean(words), Clean(&default));
    text
}

/// The question for a new secret, a second time.
pub(super) fn again(field: &Field) -> String {
    format!("{} again: ", Clean(&label(field)))
}

/// What an answer means; an empty one is the default.
pub(super) fn read(field: &Field, answer: Secret) -> Result<Answer, &'static str> {
    if answer.expose().trim().is_empty()
        && let Some(fallback) = &field.fallback
    {
        return Ok(fallback.clone());
    }
    match field.kind {
        // pasted with the blanks around it
        FieldKind::Text => understand(field, Secret::new(answer.expose().trim())),
        FieldKind::Secret | FieldKind::Choice(_) | FieldKind::Check => understand(field, answer),
    }
}

/// What an answer means, one that nobody can be asked again for.
pub(super) fn understand(field: &Field, answer: Secret) -> Result<Answer, &'static str> {
    match &field.kind {
        FieldKind::Text | FieldKind::Secret if answer.is_empty() => Err("an answer is needed"),
        FieldKind::Text | FieldKind::Secret => Ok(Answer::Text(answer)),
        FieldKind::Choice(labels) => choice(labels, answer.expose()).map(Answer::Choice),
        FieldKind::Check => check(answer.expose()).map(Answer::Check),
    }
}

/// The answer to a list of one, where choosing it means nothing but going on.
pub(super) fn only_choice(field: &Field) -> Option<Answer> {
    let means_more = matches!(field.purpose, Purpose::Agreement | Purpose::Session);
    let is_single = matches!(&field.kind, FieldKind::Choice(labels) if labels.len() == 1);
    (is_single && !means_more).then_some(Answer::Choice(0))
}

/// A whole label goes before a number: lists of numbers exist.
fn choice(labels: &[String], text: &str) -> Result<usize, &'static str> {
    let text = text.trim();
    let whole = labels
        .iter()
        .position(|label| label.trim().to_lowercase() == text.to_lowercase());
    let number = text
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    whole
        .or(number.filter(|number| *number < labels.len()))
        .or_else(|| find_label(labels.iter().map(String::as_str), text))
        .ok_or("that is none of the numbers and names, or the beginning of several")
}

fn check(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "on" | "true" | "1" => Ok(true),
        "n" | "no" | "off" | "false" | "0" => Ok(false),
        _ => Err("yes or no is needed"),
    }
}

fn default(field: &Field) -> Option<String> {
    match (field.fallback.as_ref()?, &field.kind) {
        (Answer::Text(text), FieldKind::Text) if !text.is_empty() => Some(cut(text.expose())),
        (Answer::Choice(number), FieldKind::Choice(labels)) => labels.get(*number).map(|label| cut(label)),
        (Answer::Check(true), FieldKind::Check) => Some("yes".to_owned()),
        (Answer::Check(false), FieldKind::Check) => Some("no".to_owned()),
        _ => None,
    }
}

fn label(field: &Field) -> String {
    let label = field.label.trim().trim_end_matches(':').trim_end();
    cut(if label.is_empty() { &field.name } else { label })
}

/// A label that fills the screen hides the question.
fn cut(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX_LABEL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn line(text: &mut String, indent: &str, words: &str) {
    // writing into a string cannot fail
    let _: std::fmt::Result = writeln!(text, "{indent}{}", Clean(words));
}

/// Characters of a label.
const MAX_LABEL: usize = 200;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::form::FormKind;

    pub(in crate::cli::login) fn field(name: &str, kind: FieldKind, purpose: Purpose) -> Field {
        Field {
            name: name.to_owned(),
            label: name.to_owned(),
            kind,
            purpose,
            fallback: None,
        }
    }

    pub(in crate::cli::login) fn list(labels: &[&str]) -> FieldKind {
        FieldKind::Choice(labels.iter().map(|label| (*label).to_owned()).collect())
    }

    pub(in crate::cli::login) fn form(fields: Vec<Field>) -> Form {
        Form {
            id: "frmLogin".to_owned(),
            kind: FormKind::SignIn,
            host: "gw.example".to_owned(),
            notice: None,
            refused: None,
            fields,
        }
    }

    #[test]
    fn questions_are_cleaned_and_show_the_default() {
        let mut user = field("User\u{1b}[2J name: ", FieldKind::Text, Purpose::User);
        assert_eq!(prompt(&user), "User?[2J name: ");
        user.fallback = Some(Answer::Text(Secret::new("joe")));
        assert_eq!(prompt(&user), "User?[2J name [joe]: ");
        let mut password = field("Password", FieldKind::Secret, Purpose::Password);
        password.fallback = Some(Answer::Text(Secret::new("hunter2")));
        assert_eq!(prompt(&password), "Password: ");
        let mut realm = field("Realm", list(&["Staff", "Guests\n"]), Purpose::Realm);
        realm.fallback = Some(Answer::Choice(1));
        assert_eq!(
            prompt(&realm),
            "Realm:\n  1  Staff\n  2  Guests\nnumber or name [Guests]: "
        );
        let mut agree = field("I agree", FieldKind::Check, Purpose::Agreement);
        agree.fallback = Some(Answer::Check(false));
        assert_eq!(prompt(&agree), "I agree (yes/no) [no]: ");
        assert_eq!(
            prompt(&field(&"x".repeat(500), FieldKind::Text, Purpose::Other))
                .chars()
                .count(),
            203
        );
    }

    #[test]
    fn the_introduction_tells_who_asks_and_keeps_the_lines_of_the_notice() {
        let mut form = form(Vec::new());
        form.notice = Some("Enter the code\n\n from your \u{7}app".to_owned());
        form.refused = Some("the password was refused".to_owned());
        assert_eq!(
            introduction(&form),
            "the password was refused\ngw.example asks:\n  Enter the code\n  from your ?app\n"
        );
    }

    #[test]
    fn answers_mean_what_their_field_takes() {
        let realms = list(&["Staff", "Students", "2"]);
        let table = [
            (&realms, "1", Some(Answer::Choice(0))),
            (&realms, "2", Some(Answer::Choice(2))),
            (&realms, "3", Some(Answer::Choice(2))),
            (&realms, " STAFF ", Some(Answer::Choice(0))),
            (&realms, "stu", Some(Answer::Choice(1))),
            (&realms, "St", None),
            (&realms, "0", None),
            (&realms, "4", None),
            (&realms, "99999999999999999999999", None),
            (&realms, "", None),
            (&FieldKind::Check, "Yes", Some(Answer::Check(true))),
            (&FieldKind::Check, "n", Some(Answer::Check(false))),
            (&FieldKind::Check, "perhaps", None),
            (&FieldKind::Text, " joe ", Some(Answer::Text(Secret::new("joe")))),
            (&FieldKind::Secret, " a ", Some(Answer::Text(Secret::new(" a ")))),
            (&FieldKind::Secret, "", None),
        ];
        for (kind, text, expected) in table {
            let field = field("x", kind.clone(), Purpose::Other);
            let answer = read(&field, Secret::new(text)).ok();
            assert!(answer.as_ref().is_none_or(|answer| field.fits(answer)));
            assert_eq!(answer, expected, "{kind:?} {text:?}");
        }
    }

    #[test]
    fn nothing_typed_is_the_default() {
        let mut field = field("x", list(&["a", "b"]), Purpose::Realm);
        field.fallback = Some(Answer::Choice(1));
        assert_eq!(read(&field, Secret::new(" ")), Ok(Answer::Choice(1)));
        assert!(understand(&field, Secret::new(" ")).is_err());
    }

    #[test]
    fn a_list_of_one_is_no_question_unless_it_is_an_agreement() {
        assert_eq!(
            only_choice(&field("x", list(&["a"]), Purpose::Realm)),
            Some(Answer::Choice(0))
        );
        assert_eq!(only_choice(&field("x", list(&["a"]), Purpose::Agreement)), None);
        assert_eq!(only_choice(&field("x", list(&["a"]), Purpose::Session)), None);
        assert_eq!(only_choice(&field("x", list(&["a", "b"]), Purpose::Realm)), None);
    }
}
