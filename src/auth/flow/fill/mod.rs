//! Fills a form: what is known, what is sent as found, what must be asked (`juniper-nc.md §4.3`, `§4.4`).

mod choose;
mod words;

use url::Url;

use self::words::{is_menu, is_notice, is_remember_me, is_yes, looks_like_code};
use super::classify::{Class, is_button, is_new_secret};
use super::draft::{Draft, Place};
use super::error::FlowError;
use super::{FlowSettings, Known};
use crate::auth::page::{Control, ControlKind, Page, PageForm, SelectOption};
use crate::form::{Answer, Field, FieldKind, Purpose, find_label};
use crate::secret::Secret;

/// What a form is filled from.
pub(super) struct Filling<'a> {
    pub(super) settings: &'a FlowSettings,
    /// What was told or chosen earlier in this sign-in.
    pub(super) known: &'a Known,
    pub(super) page: &'a Page,
    pub(super) form: &'a PageForm,
    pub(super) class: Class,
    /// The values before were refused: no secret of the settings is used.
    pub(super) refused: bool,
    /// There is one field for text, and one or more for passwords.
    pub(super) only_text_beside_a_password: bool,
}

/// [`Filling::only_text_beside_a_password`].
pub(super) fn has_one_text_beside_a_password(form: &PageForm) -> bool {
    let count = |kind| {
        form.controls
            .iter()
            .filter(|control| is_open(control, &kind))
            .take(2)
            .count()
    };
    count(ControlKind::Password) > 0 && count(ControlKind::Text) == 1
}

impl Filling<'_> {
    /// The form with all that is known.
    pub(super) fn draft(&self, target: Url) -> Result<Draft, FlowError> {
        let mut draft = Draft::new(self.form, target, self.page);
        let mut passwords = 0;
        let mut first_new = None;
        for (number, control) in self.form.controls.iter().enumerate() {
            if control.disabled || control.name.is_empty() || is_button(control) {
                continue;
            }
            if control.kind == ControlKind::Hidden || control.invisible {
                draft.set_as_found(number);
                continue;
            }
            if let ControlKind::Radio { .. } = control.kind {
                self.fill_radio(&mut draft, number, control)?;
                continue;
            }
            if let Some(value) = self.entry(control) {
                self.enter(&mut draft, number, control, value)?;
                continue;
            }
            if is_notice(&control.name) {
                continue;
            }
            if control.readonly {
                draft.set_as_found(number);
                continue;
            }
            match &control.kind {
                ControlKind::Password => {
                    let purpose = self.password_purpose(control, passwords);
                    passwords += 1;
                    self.fill_password(&mut draft, number, purpose, &mut first_new);
                }
                ControlKind::Text => self.fill_text(&mut draft, number, control),
                ControlKind::TextArea => self.ask_text(&mut draft, number, Purpose::Other),
                ControlKind::Checkbox { checked } => self.fill_box(&mut draft, number, *checked),
                ControlKind::Select { options, multiple } => {
                    self.fill_select(&mut draft, number, control, options, *multiple)?;
                }
                ControlKind::Radio { .. }
                | ControlKind::Hidden
                | ControlKind::Submit
                | ControlKind::Image
                | ControlKind::Other => {}
            }
        }
        if self.class == Class::Takeover {
            self.choose_sessions(&mut draft);
        }
        self.choose_button(&mut draft);
        Ok(draft)
    }

    /// A list or a field for the realm is there.
    pub(super) fn has_realm_to_choose(&self) -> bool {
        let mut controls = self.form.controls.iter();
        controls.any(|control| {
            control.name == "realm" && !control.disabled && control.kind != ControlKind::Hidden
        })
    }

    /// The user's own answer to this field.
    fn entry(&self, control: &Control) -> Option<&str> {
        if self.refused && control.kind == ControlKind::Password {
            return None;
        }
        let entries = self.settings.entries.iter().rev();
        let mut fitting = entries.filter(|entry| {
            (entry.form == "*" || entry.form == self.form.name || entry.form == self.form.id)
                && entry.field == control.name
        });
        fitting.next().map(|entry| entry.value.as_str())
    }

    fn enter(
        &self,
        draft: &mut Draft,
        number: usize,
        control: &Control,
        value: &str,
    ) -> Result<(), FlowError> {
        match &control.kind {
            ControlKind::Checkbox { .. } => {
                if is_yes(value) || value == control.value {
                    draft.press(number);
                }
            }
            ControlKind::Select { options, .. } => {
                let option = self.option(control, options, value)?;
                draft.set(number, option.value.clone());
            }
            ControlKind::Password => {
                draft.note_origin(Purpose::Password);
                draft.set(number, value);
            }
            ControlKind::Text | ControlKind::TextArea => {
                draft.note_origin(Purpose::Other);
                draft.set(number, value);
            }
            ControlKind::Radio { .. }
            | ControlKind::Hidden
            | ControlKind::Submit
            | ControlKind::Image
            | ControlKind::Other => {}
        }
        Ok(())
    }

    /// The option a user means, by label first (`§4.5`).
    fn option<'b>(
        &self,
        control: &Control,
        options: &'b [SelectOption],
        wanted: &str,
    ) -> Result<&'b SelectOption, FlowError> {
        let enabled: Vec<&SelectOption> = options.iter().filter(|option| !option.disabled).collect();
        let by_label = find_label(enabled.iter().map(|option| option.label.as_str()), wanted);
        let by_value = || enabled.iter().position(|option| option.value == wanted);
        let found = by_label
            .or_else(by_value)
            .and_then(|number| enabled.get(number).copied());
        found.ok_or_else(|| FlowError::NoSuchChoice {
            field: control.name.clone(),
            wanted: wanted.to_owned(),
            labels: enabled.iter().map(|option| option.label.clone()).collect(),
        })
    }

    fn password_purpose(&self, control: &Control, before: usize) -> Purpose {
        let code = Purpose::Code { next: false };
        match self.class {
            Class::Defender if is_menu(&self.form.text) => Purpose::Menu,
            Class::NextToken => Purpose::Code { next: true },
            Class::Defender | Class::Totp | Class::MoreCredentials => code,
            Class::ChangePassword | Class::NewPin if is_new_secret(&control.name) => Purpose::NewSecret,
            Class::NewPin => Purpose::NewSecret,
            Class::ChangePassword => Purpose::Other,
            Class::Primary | Class::Provider if (before == 0) != self.code_comes_first() => Purpose::Password,
            Class::Primary | Class::Provider => code,
            Class::Notice
            | Class::BareButton
            | Class::TotpEnrolment
            | Class::Takeover
            | Class::Roles
            | Class::Remediation
            | Class::Relay
            | Class::Unknown => {
                if looks_like_code(&control.name) {
                    code
                } else {
                    Purpose::Password
                }
            }
        }
    }

    /// Some gateways want the code in the first of two fields and the password in the second; only the labels tell.
    fn code_comes_first(&self) -> bool {
        let fields = self.form.controls.iter();
        let mut labels = fields
            .filter(|control| is_open(control, &ControlKind::Password))
            .map(|control| control.label.to_lowercase());
        let words = ["passcode", "token", "one-time", "otp", "code"];
        let is_code = |label: &str| words.iter().any(|word| label.contains(word));
        match (labels.next(), labels.next()) {
            (Some(first), Some(second)) => {
                is_code(&first) && !is_code(&second) && second.contains("password")
            }
            _ => false,
        }
    }

    fn fill_password(
        &self,
        draft: &mut Draft,
        number: usize,
        purpose: Purpose,
        first_new: &mut Option<usize>,
    ) {
        // what is typed twice in a browser is asked once here; the front end has it repeated
        if purpose == Purpose::NewSecret {
            if let Some(first) = *first_new {
                draft.repeat(first, number);
                return;
            }
            *first_new = Some(draft.questions.len());
        }
        draft.ask(
            self.field(number, FieldKind::Secret, purpose),
            Place::Text(vec![number]),
        );
    }

    fn fill_text(&self, draft: &mut Draft, number: usize, control: &Control) {
        let purpose = self.text_purpose(control);
        let settings = self.settings;
        let told = if purpose == Purpose::User {
            // a name typed at a prompt may be what was wrong
            let typed = self.known.user.clone().filter(|_| !self.refused);
            settings.user.clone().or(typed)
        } else if purpose == Purpose::Realm {
            settings.realm.clone().or_else(|| settings.authgroup.clone())
        } else {
            None
        };
        match told {
            Some(value) => {
                draft.note_origin(purpose);
                draft.set(number, value);
            }
            None => self.ask_text(draft, number, purpose),
        }
    }

    fn text_purpose(&self, control: &Control) -> Purpose {
        let name = control.name.to_lowercase();
        // `user#2` is the account at a second server
        let first = !name.contains('#');
        if first && (name.starts_with("user") || name.starts_with("uname")) {
            Purpose::User
        } else if looks_like_code(&control.name) {
            Purpose::Code { next: false }
        } else if name == "realm" {
            Purpose::Realm
        } else if self.only_text_beside_a_password {
            // whatever an identity provider calls it
            Purpose::User
        } else {
            Purpose::Other
        }
    }

    fn ask_text(&self, draft: &mut Draft, number: usize, purpose: Purpose) {
        let value = self
            .form
            .controls
            .get(number)
            .map_or("", |control| control.value.as_str());
        let earlier = self.known.user.as_deref().filter(|_| purpose == Purpose::User);
        let value = earlier.unwrap_or(value);
        let mut field = self.field(number, FieldKind::Text, purpose);
        field.fallback = (!value.is_empty()).then(|| Answer::Text(Secret::new(value)));
        draft.ask(field, Place::Text(vec![number]));
    }

    fn fill_box(&self, draft: &mut Draft, number: usize, checked: bool) {
        if self.class == Class::Takeover {
            // which sessions end is decided for all boxes together
        } else if self.class == Class::Unknown && !is_remember_me(self.form.controls.get(number)) {
            let mut field = self.field(number, FieldKind::Check, Purpose::Other);
            field.fallback = Some(Answer::Check(checked));
            draft.ask(field, Place::Check(number));
        } else {
            draft.set_as_found(number);
        }
    }

    fn field(&self, number: usize, kind: FieldKind, purpose: Purpose) -> Field {
        let control = self.form.controls.get(number);
        Field {
            name: control.map_or_else(String::new, |control| control.name.clone()),
            label: control.map_or_else(String::new, |control| label_or(control, &control.name)),
            kind,
            purpose,
            fallback: None,
        }
    }
}

fn is_open(control: &Control, kind: &ControlKind) -> bool {
    control.kind == *kind && !control.disabled && !control.invisible && !control.name.is_empty()
}

fn label_or(control: &Control, other: &str) -> String {
    // an address in a field is an example, not its name
    let label = if control.label.is_empty() || control.label.contains('@') {
        other
    } else {
        &control.label
    };
    label.to_owned()
}

fn is_session_box(control: Option<&Control>) -> bool {
    control.is_some_and(|control| {
        matches!(control.kind, ControlKind::Checkbox { .. }) && !control.disabled && !control.name.is_empty()
    })
}
