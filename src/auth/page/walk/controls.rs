//! Controls and options on the walk.

use ego_tree::NodeId;
use scraper::node::Element;

use super::super::element::{attribute, control, flag, value};
use super::super::text::{Lines, joined};
use super::super::{ControlKind, SelectOption};
use super::{FoundControl, MAX_LABEL, Owner, Target, Walk};

impl Walk<'_> {
    pub(super) fn open_control(&mut self, node: NodeId, element: &Element) {
        let mut control = control(element);
        control.invisible = self.hidden > 0;
        control.disabled |= self.disabled > 0;
        let index = self.found.controls.len();
        match control.kind {
            ControlKind::Select { .. } => {
                self.select = Some(index);
                self.targets.push((node, Target::Nowhere));
            }
            ControlKind::TextArea => self.targets.push((node, Target::Area(index))),
            ControlKind::Submit | ControlKind::Other if element.name() == "button" => {
                self.targets.push((node, Target::Button(index)));
            }
            ControlKind::Hidden
            | ControlKind::Text
            | ControlKind::Password
            | ControlKind::Checkbox { .. }
            | ControlKind::Radio { .. }
            | ControlKind::Submit
            | ControlKind::Image
            | ControlKind::Other => {}
        }
        let owner = self.owner(node, element);
        let mut before = String::new();
        if control.kind != ControlKind::Hidden && !control.invisible {
            before = self.row.take(MAX_LABEL);
            let is_ticked = matches!(
                control.kind,
                ControlKind::Checkbox { .. } | ControlKind::Radio { .. }
            );
            self.ticked = is_ticked.then_some(index);
            if let Some(label) = self
                .labels
                .last()
                .and_then(|label| self.found.labels.get_mut(*label))
            {
                label.control.get_or_insert(index);
            }
        }
        let given = ["aria-label", "alt", "placeholder", "title"];
        let given = given.iter().map(|name| value(element, name));
        self.found.controls.push(FoundControl {
            control,
            owner,
            given: given
                .into_iter()
                .find(|given| !given.trim().is_empty())
                .unwrap_or_default(),
            before,
            own: Lines::new(MAX_LABEL),
        });
    }

    fn owner(&mut self, node: NodeId, element: &Element) -> Owner {
        if let Some(id) = attribute(element, "form") {
            return Owner::Id(id.to_owned());
        }
        let Some(form) = self.tree.owners.get(&node) else {
            let form = self.forms.last().and_then(|form| self.found.forms.get(*form));
            return form.map_or(Owner::None, |form| Owner::Node(form.node));
        };
        if let Some(left) = self.controls_left.get_mut(form) {
            *left -= 1;
            let loose = self.loose_form.and_then(|form| self.found.forms.get(form));
            if *left == 0 && loose.is_some_and(|loose| loose.node == *form) {
                self.loose_form = None;
            }
        }
        Owner::Node(*form)
    }

    pub(super) fn open_option(&mut self, node: NodeId, element: &Element) {
        let select = self.select.and_then(|index| self.found.controls.get_mut(index));
        let Some(ControlKind::Select { options, .. }) = select.map(|found| &mut found.control.kind) else {
            self.targets.push((node, Target::Nowhere));
            return;
        };
        let place = (self.select.unwrap_or_default(), options.len());
        options.push(SelectOption {
            value: String::new(),
            label: String::new(),
            selected: flag(element, "selected"),
            disabled: self.group_is_disabled || flag(element, "disabled"),
        });
        self.targets.push((node, Target::Option(place)));
    }

    pub(super) fn close_option(&mut self, place: (usize, usize), element: &Element) {
        if let Some(option) = option_at(&mut self.found.controls, place) {
            let text = joined(&option.label, MAX_LABEL);
            option.value = attribute(element, "value").unwrap_or(&text).to_owned();
            let label = attribute(element, "label").filter(|label| !label.trim().is_empty());
            option.label = label.map_or(text, |label| joined(label, MAX_LABEL));
        }
    }
}

pub(super) fn option_at(
    controls: &mut [FoundControl],
    (select, option): (usize, usize),
) -> Option<&mut SelectOption> {
    match &mut controls.get_mut(select)?.control.kind {
        ControlKind::Select { options, .. } => options.get_mut(option),
        ControlKind::Hidden
        | ControlKind::Text
        | ControlKind::Password
        | ControlKind::TextArea
        | ControlKind::Checkbox { .. }
        | ControlKind::Radio { .. }
        | ControlKind::Submit
        | ControlKind::Image
        | ControlKind::Other => None,
    }
}
