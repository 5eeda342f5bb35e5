//! Fields with a list of answers: radio buttons, selects, open sessions, and the button to press.

use super::words::is_negative;
use super::{Filling, is_session_box, label_or};
use crate::auth::flow::classify::{Class, is_button};
use crate::auth::flow::draft::{Draft, Place, chosen_by_default};
use crate::auth::flow::error::FlowError;
use crate::auth::page::{Control, ControlKind, SelectOption};
use crate::form::{Answer, Field, FieldKind, Purpose, find_label};

impl Filling<'_> {
    /// The whole group, when its first button comes by.
    pub(super) fn fill_radio(
        &self,
        draft: &mut Draft,
        number: usize,
        control: &Control,
    ) -> Result<(), FlowError> {
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
                        labels: value_labels(&group),
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
        self.ask_one_of(draft, &group, &control.name, Purpose::Other, checked);
        Ok(())
    }

    /// Asks which of these is pressed.
    fn ask_one_of(
        &self,
        draft: &mut Draft,
        controls: &[(usize, &Control)],
        label: &str,
        purpose: Purpose,
        fallback: Option<usize>,
    ) {
        let Some((first, _)) = controls.first() else {
            return;
        };
        let field = Field {
            label: label.to_owned(),
            fallback: fallback.map(Answer::Choice),
            ..self.field(*first, FieldKind::Choice(value_labels(controls)), purpose)
        };
        let numbers = controls.iter().map(|(number, _)| *number).collect();
        draft.ask(field, Place::OneOf(numbers));
    }

    pub(super) fn fill_select(
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
    pub(super) fn choose_sessions(&self, draft: &mut Draft) {
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
            several => self.ask_one_of(draft, several, "session to end", Purpose::Session, Some(0)),
        }
    }

    /// The button of the table, else the one a browser presses on Enter. Never one that cancels, unless asked for.
    pub(super) fn choose_button(&self, draft: &mut Draft) {
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
        let positive: Vec<(usize, &Control)> = buttons
            .into_iter()
            .filter(|(_, control)| !is_negative(control))
            .collect();
        match positive.as_slice() {
            [] => {}
            [(number, _)] => draft.press(*number),
            [(number, _), ..] if self.class != Class::Unknown => draft.press(*number),
            several => self.ask_one_of(draft, several, "button", Purpose::Button, Some(0)),
        }
    }
}

/// What the choices are called: by their labels, else by their values.
fn value_labels(controls: &[(usize, &Control)]) -> Vec<String> {
    let controls = controls.iter();
    controls
        .map(|(_, control)| label_or(control, &control.value))
        .collect()
}
