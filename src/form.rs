//! `Form` and `Answers`: what a person, an option or a file is asked in the course of a sign-in.

use crate::secret::Secret;

/// A question of the gateway or an identity provider, cut down to the fields that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Name of the form on its page, else its id, as `--form-entry` wants it; may be empty.
    pub id: String,
    /// What the form is for.
    pub kind: FormKind,
    /// Host that asks.
    pub host: String,
    /// Text of the page that helps to answer, in the peer's words.
    pub notice: Option<String>,
    /// Why the question comes again: a sentence of ours. The answers before were refused.
    pub refused: Option<String>,
    /// At least one.
    pub fields: Vec<Field>,
}

/// What a form is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormKind {
    /// User name and password.
    SignIn,
    /// A code, a push menu, a grid card: a second factor.
    Challenge,
    /// A new password is demanded.
    ChangePassword,
    /// A new PIN of a token is demanded.
    NewPin,
    /// A text to agree to.
    Notice,
    /// Another session of the same user is open.
    Takeover,
    /// One of several roles.
    Role,
    /// Made up by an administrator or an identity provider.
    Other,
}

/// One thing to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Name as it is sent.
    pub name: String,
    /// What the page calls it, else the name. In the peer's words: clean it before showing it.
    pub label: String,
    /// How it is answered.
    pub kind: FieldKind,
    /// What it means.
    pub purpose: Purpose,
    /// The answer when nobody can be asked. `None`: an answer is needed.
    pub fallback: Option<Answer>,
}

/// How a field is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A line of text that must not be seen.
    Secret,
    /// One of these labels.
    Choice(Vec<String>),
    /// Yes or no.
    Check,
}

/// What a field means, so that prepared answers find their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Name of the account.
    User,
    /// The password of the account, or a second one.
    Password,
    /// A one-time code; a generator may answer.
    Code {
        /// The code after the one sent before is wanted (next-token mode).
        next: bool,
    },
    /// The answer to a challenge whose text offers choices (`push`, `phone`, `2`): never from a generator.
    Menu,
    /// A secret that is being set: never from a store.
    NewSecret,
    /// Realm of the account.
    Realm,
    /// Role for this session.
    Role,
    /// Agreement to a text.
    Agreement,
    /// Which open session shall be ended.
    Session,
    /// Which button is pressed.
    Button,
    /// Anything else.
    Other,
}

/// The answer to one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Of `Text` and `Secret`.
    Text(Secret),
    /// Of `Choice`: the number of the label.
    Choice(usize),
    /// Of `Check`.
    Check(bool),
}

/// Answers to all fields of a form, in their order.
pub type Answers = Vec<Answer>;

impl Field {
    /// True when this answer is of the right kind.
    pub fn fits(&self, answer: &Answer) -> bool {
        match (&self.kind, answer) {
            (FieldKind::Text | FieldKind::Secret, Answer::Text(_)) | (FieldKind::Check, Answer::Check(_)) => {
                true
            }
            (FieldKind::Choice(labels), Answer::Choice(number)) => *number < labels.len(),
            _ => false,
        }
    }
}

/// The number of the label a user means: the whole label in any case, else the only label that begins so
/// (`juniper-nc.md §4.5`).
pub fn find_label<'a>(labels: impl Iterator<Item = &'a str> + Clone, wanted: &str) -> Option<usize> {
    let wanted = wanted.trim().to_lowercase();
    let labels = labels.map(|label| label.trim().to_lowercase());
    if let Some(whole) = labels.clone().position(|label| label == wanted) {
        return Some(whole);
    }
    let mut starting = labels.enumerate().filter(|(_, label)| label.starts_with(&wanted));
    match (starting.next(), starting.next()) {
        (Some((number, _)), None) if !wanted.is_empty() => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_whole_or_by_a_unique_beginning() {
        let labels = ["Staff", "Staff (external)", "Students"];
        let find = |wanted| find_label(labels.into_iter(), wanted);
        assert_eq!(find("staff"), Some(0));
        assert_eq!(find("STAFF ("), Some(1));
        assert_eq!(find(" students "), Some(2));
        assert_eq!(find("St"), None);
        assert_eq!(find("x"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn answers_must_be_of_the_fields_kind() {
        let field = Field {
            name: "realm".to_owned(),
            label: "Realm".to_owned(),
            kind: FieldKind::Choice(vec!["a".to_owned()]),
            purpose: Purpose::Realm,
            fallback: None,
        };
        assert!(field.fits(&Answer::Choice(0)));
        assert!(!field.fits(&Answer::Choice(1)));
        assert!(!field.fits(&Answer::Check(true)));
    }
}
