//! Elements of a page by themselves: their attributes, and controls from those.

use scraper::node::Element;

use super::{Control, ControlKind};

/// Value of an attribute, if the element has it.
pub(super) fn attribute<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element
        .attrs()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Value of an attribute, empty if there is none.
pub(super) fn value(element: &Element, name: &str) -> String {
    attribute(element, name).unwrap_or_default().to_owned()
}

/// Whether the element has the attribute, whatever its value.
pub(super) fn flag(element: &Element, name: &str) -> bool {
    attribute(element, name).is_some()
}

/// Whether an element of this name is a control of a form.
pub(super) fn is_control(name: &str) -> bool {
    matches!(name, "input" | "button" | "select" | "textarea")
}

/// The control that an element is, as far as its attributes tell.
pub(super) fn control(element: &Element) -> Control {
    let kind = kind(element);
    let found = attribute(element, "value");
    let value = match kind {
        ControlKind::Checkbox { .. } | ControlKind::Radio { .. } => found.unwrap_or("on").to_owned(),
        // Line breaks are stripped from these (HTML standard, "value sanitization algorithm").
        ControlKind::Text | ControlKind::Password => found.unwrap_or_default().replace(['\r', '\n'], ""),
        ControlKind::Select { .. } | ControlKind::TextArea => String::new(),
        ControlKind::Hidden | ControlKind::Submit | ControlKind::Image | ControlKind::Other => {
            found.unwrap_or_default().to_owned()
        }
    };
    let is_button = matches!(kind, ControlKind::Submit | ControlKind::Image);
    let form_action = attribute(element, "formaction").filter(|_| is_button);
    Control {
        name: self::value(element, "name"),
        id: self::value(element, "id"),
        kind,
        value,
        label: String::new(),
        disabled: flag(element, "disabled"),
        invisible: false,
        readonly: flag(element, "readonly"),
        form_action: form_action.map(|action| action.trim_ascii().to_owned()),
    }
}

fn kind(element: &Element) -> ControlKind {
    let written = value(element, "type").to_ascii_lowercase();
    match (element.name(), written.as_str()) {
        ("select", _) => ControlKind::Select {
            options: Vec::new(),
            multiple: flag(element, "multiple"),
        },
        ("textarea", _) => ControlKind::TextArea,
        (_, "button" | "reset") => ControlKind::Other,
        ("button", _) | (_, "submit") => ControlKind::Submit,
        (_, "hidden") => ControlKind::Hidden,
        (_, "password") => ControlKind::Password,
        (_, "checkbox") => ControlKind::Checkbox {
            checked: flag(element, "checked"),
        },
        (_, "radio") => ControlKind::Radio {
            checked: flag(element, "checked"),
        },
        (_, "image") => ControlKind::Image,
        (_, "file") => ControlKind::Other,
        _ => ControlKind::Text,
    }
}
