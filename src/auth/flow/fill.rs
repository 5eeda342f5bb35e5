//! Fills a form: what is known, what is sent as found, what must be asked (`juniper-nc.md §4.3`, `§4.4`).

use url::Url;

use super::classify::{Class, is_button, is_new_secret};
use super::draft::{Draft, Place, chosen_by_default};
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
        let passwords = self
            .form
            .controls
            .iter()
            .filter(|other| is_open(other, &ControlKind::Password))
            .count();
        let texts = self
            .form
            .controls
            .iter()
            .filter(|other| is_open(other, &ControlKind::Text))
            .count();
        // `user#2` is the account at a second server
        let first = !name.contains('#');
        if first && (name.starts_with("user") || name.starts_with("uname")) {
            Purpose::User
        } else if looks_like_code(&control.name) {
            Purpose::Code { next: false }
        } else if name == "realm" {
            Purpose::Realm
        } else if passwords > 0 && texts == 1 {
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
        } else if self.class == Class::Unknown {
            let mut field = self.field(number, FieldKind::Check, Purpose::Other);
            field.fallback = Some(Answer::Check(checked));
            draft.ask(field, Place::Check(number));
        } else {
            draft.set_as_found(number);
        }
    }

    /// The whole group, when its first button comes by.
    fn fill_radio(&self, draft: &mut Draft, number: usize, control: &Control) -> Result<(), FlowError> {
        let group: Vec<(usize, &Control)> = self
            .form
            .controls
            .iter()
            .enumerate()
            .filter(|(_, other)| {
                matches!(other.kind, ControlKind::Radio { .. }) && other.name == control.name
            })
            .filter(|(_, other)| !other.disabled)
            .collect();
        if group.first().is_none_or(|(first, _)| *first != number) {
            return Ok(());
        }
        if let Some(wanted) = self.entry(control) {
            let labels = || group.iter().map(|(_, other)| other.label.as_str());
            let by_value = group.iter().position(|(_, other)| other.value == wanted);
            let found = by_value.or_else(|| find_label(labels(), wanted));
            let (number, _) =
                found
                    .and_then(|found| group.get(found))
                    .ok_or_else(|| FlowError::NoSuchChoice {
                        field: control.name.clone(),
                        wanted: wanted.to_owned(),
                        labels: group
                            .iter()
                            .map(|(_, other)| label_or(other, &other.value))
                            .collect(),
                    })?;
            draft.press(*number);
            return Ok(());
        }
        let checked = group
            .iter()
            .position(|(_, other)| other.kind == ControlKind::Radio { checked: true });
        if let (Some(checked), false) = (checked, self.class == Class::Unknown) {
            draft.press(group[checked].0);
            return Ok(());
        }
        let labels = group
            .iter()
            .map(|(_, other)| label_or(other, &other.value))
            .collect();
        let field = Field {
            label: control.name.clone(),
            fallback: checked.map(Answer::Choice),
            ..self.field(number, FieldKind::Choice(labels), Purpose::Other)
        };
        draft.ask(
            field,
            Place::OneOf(group.iter().map(|(number, _)| *number).collect()),
        );
        Ok(())
    }

    fn fill_select(
        &self,
        draft: &mut Draft,
        number: usize,
        control: &Control,
        options: &[SelectOption],
        multiple: bool,
    ) -> Result<(), FlowError> {
        let enabled: Vec<SelectOption> = options
            .iter()
            .filter(|option| !option.disabled)
            .cloned()
            .collect();
        let is_realm = control.name == "realm";
        let told = if is_realm {
            self.realm(control, &enabled)?
        } else {
            None
        };
        match (enabled.as_slice(), told) {
            ([], _) => {}
            (_, Some(value)) => draft.set(number, value),
            ([only], _) if !multiple => draft.set(number, only.value.clone()),
            _ => {
                let marked = enabled.iter().any(|option| option.selected);
                let default = chosen_by_default(&enabled)
                    .filter(|_| !is_realm && (marked || self.class != Class::Unknown))
                    .and_then(|default| enabled.iter().position(|option| option == default));
                let labels = enabled.iter().map(|option| option.label.clone()).collect();
                let purpose = if is_realm { Purpose::Realm } else { Purpose::Other };
                let mut field = self.field(number, FieldKind::Choice(labels), purpose);
                field.fallback = default.map(Answer::Choice);
                draft.ask(field, Place::Select(number, enabled));
            }
        }
        Ok(())
    }

    /// The value of the realm that is settled. `--authgroup` may be meant for the role only, so it may miss here.
    fn realm(&self, control: &Control, options: &[SelectOption]) -> Result<Option<String>, FlowError> {
        if let Some(wanted) = &self.settings.realm {
            return self
                .option(control, options, wanted)
                .map(|option| Some(option.value.clone()));
        }
        let told = self.settings.authgroup.as_ref().or(self.known.realm.as_ref());
        let option = told.and_then(|wanted| self.option(control, options, wanted).ok());
        Ok(option.map(|option| option.value.clone()))
    }

    /// Which sessions end: those ticked by the gateway, else one when one must, else none (`§4.6`).
    fn choose_sessions(&self, draft: &mut Draft) {
        let boxes: Vec<(usize, &Control)> = self
            .form
            .controls
            .iter()
            .enumerate()
            .filter(|(_, control)| is_session_box(Some(control)))
            .collect();
        let ticked: Vec<usize> = boxes
            .iter()
            .filter(|(_, control)| control.kind == ControlKind::Checkbox { checked: true })
            .map(|(number, _)| *number)
            .collect();
        let is_optional = self
            .form
            .controls
            .iter()
            .any(|control| is_button(control) && control.value.to_lowercase().contains("optional"));
        match boxes.as_slice() {
            _ if !ticked.is_empty() => ticked.iter().for_each(|number| draft.press(*number)),
            [] => {}
            _ if is_optional => {}
            [(only, _)] => draft.press(*only),
            [(first, _), ..] => {
                let labels = boxes
                    .iter()
                    .map(|(_, control)| label_or(control, &control.value))
                    .collect();
                let field = Field {
                    label: "session to end".to_owned(),
                    fallback: Some(Answer::Choice(0)),
                    ..self.field(*first, FieldKind::Choice(labels), Purpose::Session)
                };
                draft.ask(
                    field,
                    Place::OneOf(boxes.iter().map(|(number, _)| *number).collect()),
                );
            }
        }
    }

    /// The button of the table, else the one a browser presses on Enter. Never one that cancels, unless asked for.
    fn choose_button(&self, draft: &mut Draft) {
        let controls = || self.form.controls.iter().enumerate();
        let buttons: Vec<(usize, &Control)> = controls().filter(|(_, control)| is_button(control)).collect();
        let asked_for = buttons
            .iter()
            .find(|(_, control)| self.entry(control).is_some())
            .copied();
        // the one to go on by may be disabled until a script has seen a box ticked
        let pressable = || {
            controls().filter(|(_, control)| {
                is_button(control) || (self.class == Class::Takeover && control.kind == ControlKind::Submit)
            })
        };
        let mut names = self.class.buttons().iter();
        let known = names.find_map(|name| pressable().find(|(_, control)| control.name == *name));
        if let Some((number, _)) = asked_for.or(known) {
            draft.press(number);
            return;
        }
        let positive: Vec<&(usize, &Control)> = buttons
            .iter()
            .filter(|(_, control)| !is_negative(control))
            .collect();
        match positive.as_slice() {
            [] => {}
            [(number, _)] => draft.press(*number),
            [(number, _), ..] if self.class != Class::Unknown => draft.press(*number),
            several => {
                let labels = several
                    .iter()
                    .map(|(_, control)| label_or(control, &control.value))
                    .collect();
                let field = Field {
                    label: "button".to_owned(),
                    fallback: Some(Answer::Choice(0)),
                    ..self.field(several[0].0, FieldKind::Choice(labels), Purpose::Button)
                };
                draft.ask(
                    field,
                    Place::OneOf(several.iter().map(|(number, _)| *number).collect()),
                );
            }
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
    let label = if control.label.is_empty() {
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

fn is_notice(name: &str) -> bool {
    matches!(name, "sn-preauth-text" | "sn-postauth-text")
}

fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "on" | "yes" | "true" | "1")
}

/// `VerificationCode` of ADFS, `otp` of Keycloak and the like. Not `passcode`-less words such as `postcode`.
fn looks_like_code(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(name.as_str(), "otp" | "otc" | "token" | "code" | "mfacode")
        || [
            "verificationcode",
            "passcode",
            "totp",
            "token_code",
            "tokencode",
            "onetime",
            "one_time",
            "otpcode",
        ]
        .iter()
        .any(|part| name.contains(part))
}

/// A challenge that offers choices or shows the squares of a grid card; a generator cannot answer it.
fn is_menu(text: &str) -> bool {
    let numbered = text
        .split(['\n', ','])
        .filter(|part| {
            let rest = part.trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            (1..=2).contains(&digits) && rest[digits..].trim_start().starts_with(['.', ')', ':', '-', '='])
        })
        .count();
    let lower = text.to_lowercase();
    let words = ["push", "sms", "phone", "call"];
    let offered = words.iter().filter(|word| lower.contains(*word)).count();
    numbered >= 2 || offered >= 2 || (lower.contains("push") && lower.contains("enter")) || has_grid(text)
}

/// `[A1] [C4]`.
fn has_grid(text: &str) -> bool {
    text.split('[').skip(1).any(|rest| {
        let mut characters = rest.chars();
        let letter = characters.next().is_some_and(|first| first.is_ascii_uppercase());
        let digit = characters.next().is_some_and(|second| second.is_ascii_digit());
        letter && digit && characters.take(2).any(|end| end == ']')
    })
}

fn is_negative(control: &Control) -> bool {
    let text = format!("{} {}", control.name, control.value).to_lowercase();
    NEGATIVE.iter().any(|word| text.contains(word))
}

/// Parts of names and labels of buttons that lead away from a sign-in.
const NEGATIVE: &[&str] = &[
    "cancel",
    "decline",
    "help",
    "reset",
    "secondary",
    "logout",
    "abort",
    "reject",
    "forgot",
    "register",
    "back",
];
