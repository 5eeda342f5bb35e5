//! Brings controls and labels to their forms.

use std::collections::HashMap;

use super::text::joined;
use super::walk::{Findings, FoundControl, FoundForm, FoundLabel, Owner};
use super::{Control, ControlKind, PageForm};

/// All forms of the page with their controls; takes them out of the findings.
pub(super) fn forms(found: &mut Findings) -> Vec<PageForm> {
    let mut controls = std::mem::take(&mut found.controls);
    let labels = labels(&controls, std::mem::take(&mut found.labels));
    let found = std::mem::take(&mut found.forms);
    let mut by_node = HashMap::new();
    let mut by_id = HashMap::new();
    for (index, FoundForm { node, form, .. }) in found.iter().enumerate() {
        by_node.insert(*node, index);
        if !form.id.is_empty() {
            by_id.entry(form.id.clone()).or_insert(index);
        }
    }
    let mut forms: Vec<PageForm> = found.into_iter().map(finished).collect();
    for (index, control) in controls.drain(..).enumerate() {
        let form = match &control.owner {
            Owner::None => None,
            Owner::Node(node) => by_node.get(node),
            Owner::Id(id) => by_id.get(id),
        };
        if let Some(form) = form.and_then(|form| forms.get_mut(*form)) {
            form.controls.push(labelled(control, labels.get(&index)));
        }
    }
    forms
}

fn finished(found: FoundForm) -> PageForm {
    PageForm {
        text: found.text.into_text(),
        ..found.form
    }
}

/// Text of the first label of each control, by the index of the control.
fn labels(controls: &[FoundControl], labels: Vec<FoundLabel>) -> HashMap<usize, String> {
    let mut by_id = HashMap::new();
    for (index, found) in controls.iter().enumerate() {
        if !found.control.id.is_empty() {
            by_id.entry(found.control.id.as_str()).or_insert(index);
        }
    }
    let mut texts = HashMap::new();
    for label in labels {
        let control = match &label.target {
            Some(id) => by_id.get(id.as_str()).copied(),
            None => label.control,
        };
        let text = cleaned(label.text.as_str());
        if let Some(control) = control.filter(|_| !text.is_empty()) {
            texts.entry(control).or_insert(text);
        }
    }
    texts
}

fn labelled(found: FoundControl, label: Option<&String>) -> Control {
    let mut control = found.control;
    let own = cleaned(found.own.as_str());
    let given = cleaned(&found.given);
    let label = label.cloned().unwrap_or_default();
    let before = near(&found.before);
    let candidates = match control.kind {
        ControlKind::Submit | ControlKind::Image | ControlKind::Other => {
            [own, joined(&control.value, MAX_BUTTON), label, given]
        }
        ControlKind::Checkbox { .. } | ControlKind::Radio { .. } => [label, given, own, before],
        ControlKind::Hidden
        | ControlKind::Text
        | ControlKind::Password
        | ControlKind::TextArea
        | ControlKind::Select { .. } => [label, given, before, own],
    };
    control.label = candidates
        .into_iter()
        .find(|label| !label.is_empty())
        .unwrap_or_default();
    control
}

/// The last line of the text before a control, if it can be its name.
fn near(before: &str) -> String {
    let line = cleaned(before.lines().next_back().unwrap_or_default());
    if line.chars().count() > MAX_NEAR {
        String::new()
    } else {
        line
    }
}

/// In one line, without what leads over to the control.
fn cleaned(label: &str) -> String {
    let mut label = joined(label, label.len());
    let kept = label.trim_end_matches([' ', '*', ':', '：']).len();
    label.truncate(kept);
    label
}

/// Characters of a text that is taken for the name of the control behind it; more is a paragraph.
const MAX_NEAR: usize = 80;
/// Characters of the label of a button.
const MAX_BUTTON: usize = 512;
