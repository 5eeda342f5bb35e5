//! A form on its way back: what is sent for each control, and what is still to be asked.

use encoding_rs::Encoding;
use url::Url;

use super::checked;
use super::classify::is_button;
use super::encode::FormText;
use super::error::FlowError;
use crate::auth::page::{Control, ControlKind, Page, PageForm, SelectOption};
use crate::form::{Answer, Field, Purpose};
use crate::secret::Secret;

/// A form with values. Complete once all questions are answered.
pub(super) struct Draft {
    /// Where it goes, without the query of a GET.
    pub(super) target: Result<Url, FlowError>,
    /// What the target of a button is resolved against.
    base: Url,
    /// Sent as POST.
    pub(super) post: bool,
    /// Something in it comes from the user, so it must not leave the host that asked.
    pub(super) personal: bool,
    /// A password or code is in it.
    pub(super) secret: bool,
    /// What is still to be asked.
    pub(super) questions: Vec<Field>,
    places: Vec<Place>,
    values: Vec<Value>,
    controls: Vec<Control>,
    encoding: &'static Encoding,
}

/// Which controls an answer is for.
pub(super) enum Place {
    /// Text for all of these: the second and later ones repeat it.
    Text(Vec<usize>),
    /// A list: control and the options that may be chosen.
    Select(usize, Vec<SelectOption>),
    /// One of these: radio buttons, buttons, or boxes to tick.
    OneOf(Vec<usize>),
    /// A box.
    Check(usize),
}

impl Place {
    fn controls(&self) -> &[usize] {
        match self {
            Self::Text(numbers) | Self::OneOf(numbers) => numbers,
            Self::Select(number, _) | Self::Check(number) => std::slice::from_ref(number),
        }
    }
}

/// What is sent for a control.
#[derive(Clone, PartialEq, Eq)]
enum Value {
    /// Nothing.
    Nothing,
    /// This, under its name.
    Text(Secret),
    /// The point pressed: `NAME.x` and `NAME.y`.
    Point,
}

impl Draft {
    /// Nothing is sent yet.
    pub(super) fn new(form: &PageForm, target: Url, page: &Page) -> Self {
        Self {
            target: Ok(target),
            base: page.base.clone(),
            post: form.post,
            personal: false,
            secret: false,
            questions: Vec::new(),
            places: Vec::new(),
            values: vec![Value::Nothing; form.controls.len()],
            controls: form.controls.clone(),
            encoding: page.encoding,
        }
    }

    /// Sends this text for a control.
    pub(super) fn set(&mut self, number: usize, value: impl Into<String>) {
        if let Some(slot) = self.values.get_mut(number) {
            *slot = Value::Text(Secret::new(value));
        }
    }

    /// Sends a control as a browser would that nobody touched.
    pub(super) fn set_as_found(&mut self, number: usize) {
        let Some(control) = self.controls.get(number) else {
            return;
        };
        let value = match &control.kind {
            ControlKind::Hidden if control.name == "_charset_" => {
                Some(self.encoding.output_encoding().name().to_owned())
            }
            ControlKind::Hidden | ControlKind::Text | ControlKind::Password | ControlKind::TextArea => {
                Some(control.value.clone())
            }
            ControlKind::Checkbox { checked } | ControlKind::Radio { checked } => {
                checked.then(|| control.value.clone())
            }
            ControlKind::Select { options, .. } => {
                chosen_by_default(options).map(|option| option.value.clone())
            }
            ControlKind::Submit | ControlKind::Image | ControlKind::Other => None,
        };
        if let Some(value) = value {
            self.set(number, value);
        }
    }

    /// Sends a box, radio button or button.
    pub(super) fn press(&mut self, number: usize) {
        let Some(control) = self.controls.get(number) else {
            return;
        };
        if let Some(action) = &control.form_action {
            self.target = checked(self.base.join(action));
        }
        let value = if control.kind == ControlKind::Image {
            Value::Point
        } else {
            Value::Text(Secret::new(control.value.clone()))
        };
        if let Some(slot) = self.values.get_mut(number) {
            *slot = value;
        }
    }

    /// Asks for something.
    pub(super) fn ask(&mut self, field: Field, place: Place) {
        self.questions.push(field);
        self.places.push(place);
    }

    /// Sends the answer to a question for one more control.
    pub(super) fn repeat(&mut self, question: usize, number: usize) {
        if let Some(Place::Text(numbers)) = self.places.get_mut(question) {
            numbers.push(number);
        }
    }

    /// Takes the answers to all questions; false when they do not fit.
    pub(super) fn take_answers(&mut self, answers: &[Answer]) -> bool {
        let fits = answers.len() == self.questions.len()
            && self
                .questions
                .iter()
                .zip(answers)
                .all(|(field, answer)| field.fits(answer));
        if !fits {
            return false;
        }
        let questions = std::mem::take(&mut self.questions);
        let places = std::mem::take(&mut self.places);
        for ((field, place), answer) in questions.iter().zip(&places).zip(answers) {
            self.note_origin(field.purpose);
            self.take_answer(place, answer);
        }
        self.places = places;
        true
    }

    /// Asks the same questions once more.
    pub(super) fn restore(&mut self, questions: Vec<Field>) {
        for place in &self.places {
            for &number in place.controls() {
                if let Some(value) = self.values.get_mut(number) {
                    *value = Value::Nothing;
                }
            }
        }
        self.questions = questions;
    }

    /// What an answer of this kind makes of the whole.
    pub(super) fn note_origin(&mut self, purpose: Purpose) {
        match purpose {
            Purpose::Password | Purpose::Code { .. } | Purpose::Menu | Purpose::NewSecret => {
                self.secret = true;
                self.personal = true;
            }
            Purpose::User | Purpose::Other => self.personal = true,
            Purpose::Realm | Purpose::Role | Purpose::Agreement | Purpose::Session | Purpose::Button => {}
        }
    }

    fn take_answer(&mut self, place: &Place, answer: &Answer) {
        match (place, answer) {
            (Place::Text(numbers), Answer::Text(text)) => {
                for number in numbers {
                    self.set(*number, text.expose());
                }
            }
            (Place::Select(number, options), Answer::Choice(choice)) => {
                if let Some(option) = options.get(*choice) {
                    self.set(*number, option.value.clone());
                }
            }
            (Place::OneOf(numbers), Answer::Choice(choice)) => {
                if let Some(&number) = numbers.get(*choice) {
                    self.press(number);
                }
            }
            (Place::Check(number), Answer::Check(true)) => self.press(*number),
            _ => {}
        }
    }

    /// The whole form, encoded.
    pub(super) fn text(&self) -> Secret {
        let mut text = FormText::new(self.encoding);
        for (control, value) in self.controls.iter().zip(&self.values) {
            match value {
                Value::Nothing => {}
                Value::Text(_) if control.name.is_empty() => {}
                Value::Text(value) => text.push(&control.name, value.expose()),
                Value::Point if control.name.is_empty() => {
                    text.push("x", "1");
                    text.push("y", "1");
                }
                Value::Point => {
                    text.push(&format!("{}.x", control.name), "1");
                    text.push(&format!("{}.y", control.name), "1");
                }
            }
        }
        text.finish()
    }

    /// There are boxes, and none is ticked or asked for.
    pub(super) fn leaves_boxes_open(&self) -> bool {
        let pairs = self.controls.iter().zip(&self.values);
        let mut boxes = pairs
            .filter(|(control, _)| matches!(control.kind, ControlKind::Checkbox { .. }))
            .peekable();
        boxes.peek().is_some()
            && self.questions.is_empty()
            && boxes.all(|(_, value)| *value == Value::Nothing)
    }

    /// There is more than one button to choose from.
    pub(super) fn can_be_declined(&self) -> bool {
        self.controls.iter().filter(|control| is_button(control)).count() > 1
    }

    /// What is sent for the first control of this name, for the record.
    pub(super) fn sent_for(&self, name: &str) -> Option<String> {
        let mut pairs = self.controls.iter().zip(&self.values);
        pairs.find_map(|(control, value)| match value {
            Value::Text(text) if control.name == name => Some(text.expose().to_owned()),
            Value::Text(_) | Value::Nothing | Value::Point => None,
        })
    }
}

/// The option a browser sends when nobody chooses: the last one marked, else the first.
pub(super) fn chosen_by_default(options: &[SelectOption]) -> Option<&SelectOption> {
    let enabled = || options.iter().filter(|option| !option.disabled);
    enabled()
        .rfind(|option| option.selected)
        .or_else(|| enabled().next())
}
