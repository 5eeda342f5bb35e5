//! One walk over the tree of a page that notes all that is of use.

mod controls;
mod links;

use std::collections::HashMap;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::Node;
use scraper::node::Element;

use self::controls::option_at;
use self::links::OpenLink;
use super::element::{attribute, flag, is_control, value};
use super::reduce::SCRIPTLESS;
use super::refresh;
use super::text::{Layout, Lines, joined, layout};
use super::tree::Tree;
use super::{Control, Link, MAX_TEXT, PageForm};

/// What stands on a page.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) title: String,
    pub(super) text: Lines,
    /// Text for clients without scripts.
    pub(super) scriptless_text: Lines,
    pub(super) base: Option<String>,
    pub(super) refresh: Option<String>,
    /// Script in the `onload` of the body.
    pub(super) onload: String,
    pub(super) forms: Vec<FoundForm>,
    pub(super) controls: Vec<FoundControl>,
    pub(super) labels: Vec<FoundLabel>,
    pub(super) links: Vec<Link>,
    pub(super) roles: Option<Vec<Link>>,
    pub(super) params: Vec<(String, String)>,
}

/// A form without its controls yet.
#[derive(Debug)]
pub(super) struct FoundForm {
    pub(super) node: NodeId,
    pub(super) form: PageForm,
    pub(super) text: Lines,
}

/// A control whose form is not looked up yet.
#[derive(Debug)]
pub(super) struct FoundControl {
    pub(super) control: Control,
    pub(super) owner: Owner,
    /// What the control itself says it is for.
    pub(super) given: String,
    /// Text before it in its row.
    pub(super) before: String,
    /// Text behind it in its row, of check boxes and radio buttons; text of a `<button>`.
    pub(super) own: Lines,
}

/// How a control names its form.
#[derive(Debug)]
pub(super) enum Owner {
    None,
    Node(NodeId),
    Id(String),
}

/// A `<label>`.
#[derive(Debug)]
pub(super) struct FoundLabel {
    pub(super) target: Option<String>,
    /// First control inside.
    pub(super) control: Option<usize>,
    pub(super) text: Lines,
}

/// Walks over the whole tree.
pub(super) fn walk(tree: &Tree) -> Findings {
    let mut walk = Walk::new(tree);
    for edge in tree.html.tree.root().traverse() {
        match edge {
            Edge::Open(_) if walk.template.is_some() => {}
            Edge::Close(node) if walk.template.is_some() => {
                walk.template.take_if(|template| *template == node.id());
            }
            Edge::Open(node) => match node.value() {
                Node::Element(element) if element.name() == "template" => walk.template = Some(node.id()),
                Node::Element(element) => walk.open(node.id(), element),
                Node::Text(text) => walk.text(text),
                Node::Document
                | Node::Fragment
                | Node::Doctype(_)
                | Node::Comment(_)
                | Node::ProcessingInstruction(_) => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    walk.close(node.id(), element);
                }
            }
        }
    }
    walk.found
}

struct Walk<'t> {
    tree: &'t Tree,
    found: Findings,
    /// A template that is open: nothing inside is part of the page.
    template: Option<NodeId>,
    /// Depth in hidden elements, in those for clients without scripts, in disabled field sets, in tables of roles.
    hidden: usize,
    scriptless: usize,
    disabled: usize,
    role_tables: usize,
    /// Where text goes, the innermost last; with the element that ends it.
    targets: Vec<(NodeId, Target)>,
    /// Indices of forms and labels that are open.
    forms: Vec<usize>,
    labels: Vec<usize>,
    /// A form that the parser emptied, for it stands in a table; what follows belongs to it till its last control.
    loose_form: Option<usize>,
    /// Controls yet to come of each form.
    controls_left: HashMap<NodeId, usize>,
    link: Option<OpenLink>,
    /// Index of the select that is open.
    select: Option<usize>,
    group_is_disabled: bool,
    /// Text of the row or paragraph since the last control.
    row: Lines,
    /// The check box or radio button that waits for the text behind it.
    ticked: Option<usize>,
}

/// What text is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// Nothing.
    Nowhere,
    Title,
    /// Text of a button, by its index.
    Button(usize),
    /// Value of a textarea, by its index.
    Area(usize),
    /// An option, by the indices of its select and its own.
    Option((usize, usize)),
}

impl<'t> Walk<'t> {
    fn new(tree: &'t Tree) -> Self {
        let mut controls_left = HashMap::new();
        for (control, form) in &tree.owners {
            let node = tree.html.tree.get(*control);
            let element = node.and_then(|node| node.value().as_element());
            if element.is_some_and(|element| is_control(element.name())) {
                *controls_left.entry(*form).or_default() += 1;
            }
        }
        Self {
            tree,
            found: Findings {
                text: Lines::new(MAX_TEXT),
                scriptless_text: Lines::new(MAX_TEXT),
                ..Findings::default()
            },
            template: None,
            hidden: 0,
            scriptless: 0,
            disabled: 0,
            role_tables: 0,
            targets: Vec::new(),
            forms: Vec::new(),
            labels: Vec::new(),
            loose_form: None,
            controls_left,
            link: None,
            select: None,
            group_is_disabled: false,
            row: Lines::new(MAX_LABEL),
            ticked: None,
        }
    }

    fn open(&mut self, node: NodeId, element: &Element) {
        let name = element.name();
        self.layout(name);
        self.hidden += usize::from(flag(element, "hidden"));
        self.scriptless += usize::from(is_scriptless(name));
        match name {
            _ if is_control(name) => self.open_control(node, element),
            "title" if self.found.title.is_empty() => self.targets.push((node, Target::Title)),
            "datalist" | "title" => self.targets.push((node, Target::Nowhere)),
            "form" => self.open_form(node, element),
            "fieldset" => self.disabled += usize::from(flag(element, "disabled")),
            "table" if is_role_table(element) => {
                self.role_tables += 1;
                self.found.roles.get_or_insert_default();
            }
            "label" => self.open_label(element),
            "optgroup" => self.group_is_disabled = flag(element, "disabled"),
            "option" => self.open_option(node, element),
            "a" | "area" => self.open_link(node, element),
            "img" => self.image(element),
            "base" if self.found.base.is_none() => {
                self.found.base = attribute(element, "href").map(|href| href.trim_ascii().to_owned());
            }
            "meta" => self.meta(element),
            "param" if self.found.params.len() < MAX_PARAMS => {
                let param = (value(element, "name"), value(element, "value"));
                self.found.params.push(param);
            }
            "body" => self.found.onload = value(element, "onload"),
            _ => {}
        }
    }

    fn close(&mut self, node: NodeId, element: &Element) {
        let name = element.name();
        self.layout(name);
        self.hidden -= usize::from(flag(element, "hidden"));
        self.scriptless -= usize::from(is_scriptless(name));
        if let Some((_, target)) = self.targets.pop_if(|(target, _)| *target == node)
            && let Target::Option(place) = target
        {
            self.close_option(place, element);
        }
        match name {
            "select" => self.select = None,
            "optgroup" => self.group_is_disabled = false,
            "form" => self.close_form(node),
            "fieldset" => self.disabled -= usize::from(flag(element, "disabled")),
            "table" => self.role_tables -= usize::from(is_role_table(element)),
            "label" => {
                self.labels.pop();
            }
            "a" | "area" if self.link.as_ref().is_some_and(|link| link.node == node) => self.close_link(),
            _ => {}
        }
    }

    fn layout(&mut self, name: &str) {
        let layout = layout(name);
        if layout == Layout::Inline || !self.targets.is_empty() {
            return;
        }
        let form = self.current_form();
        let form = form
            .and_then(|form| self.found.forms.get_mut(form))
            .map(|form| &mut form.text);
        for lines in [&mut self.found.text, &mut self.found.scriptless_text]
            .into_iter()
            .chain(form)
        {
            match layout {
                Layout::Cell => lines.blank(),
                Layout::Inline | Layout::Break | Layout::Block => lines.line(),
            }
        }
        match layout {
            Layout::Cell => {
                self.row.blank();
                self.ticked_text(Lines::blank);
            }
            Layout::Inline | Layout::Break | Layout::Block => {
                self.ticked = None;
                self.row.line();
            }
        }
        if ends_row(name) {
            self.row = Lines::new(MAX_LABEL);
        }
    }

    fn text(&mut self, text: &str) {
        match self.targets.last().map(|(_, target)| *target) {
            None => self.visible_text(text),
            Some(Target::Nowhere) => {}
            Some(Target::Title) => self.found.title = joined(text, MAX_LABEL),
            Some(Target::Button(index)) => {
                if let Some(found) = self.found.controls.get_mut(index) {
                    found.own.push(text);
                }
            }
            Some(Target::Area(index)) => {
                if let Some(found) = self.found.controls.get_mut(index) {
                    found.control.value.push_str(text);
                }
            }
            Some(Target::Option(place)) => {
                if let Some(option) = option_at(&mut self.found.controls, place) {
                    option.label.push_str(text);
                }
            }
        }
    }

    fn visible_text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.scriptless > 0 {
            self.found.scriptless_text.push(text);
            return;
        }
        self.found.text.push(text);
        if let Some(form) = self
            .current_form()
            .and_then(|form| self.found.forms.get_mut(form))
        {
            form.text.push(text);
        }
        let mut is_named = false;
        if let Some(label) = self
            .labels
            .last()
            .and_then(|label| self.found.labels.get_mut(*label))
        {
            label.text.push(text);
            is_named = label.target.is_some();
        }
        if let Some(link) = &mut self.link {
            link.label.push(text);
        }
        // What says by itself whose label it is names no other control.
        if !is_named {
            self.row.push(text);
        }
        self.ticked_text(|lines| lines.push(text));
    }

    fn ticked_text(&mut self, add: impl FnOnce(&mut Lines)) {
        if let Some(found) = self.ticked.and_then(|index| self.found.controls.get_mut(index)) {
            add(&mut found.own);
        }
    }

    fn current_form(&self) -> Option<usize> {
        self.forms.last().copied().or(self.loose_form)
    }

    fn open_form(&mut self, node: NodeId, element: &Element) {
        self.loose_form = None;
        self.forms.push(self.found.forms.len());
        self.found.forms.push(FoundForm {
            node,
            form: PageForm {
                name: value(element, "name"),
                id: value(element, "id"),
                action: attribute(element, "action").map(|action| action.trim_ascii().to_owned()),
                post: value(element, "method").eq_ignore_ascii_case("post"),
                ..PageForm::default()
            },
            text: Lines::new(MAX_TEXT),
        });
    }

    fn close_form(&mut self, node: NodeId) {
        let form = self.forms.pop();
        self.loose_form = form.filter(|_| self.controls_left.get(&node).is_some_and(|left| *left > 0));
    }

    fn open_label(&mut self, element: &Element) {
        self.labels.push(self.found.labels.len());
        self.found.labels.push(FoundLabel {
            target: attribute(element, "for").map(str::to_owned),
            control: None,
            text: Lines::new(MAX_LABEL),
        });
    }

    fn meta(&mut self, element: &Element) {
        if self.scriptless == 0
            && self.found.refresh.is_none()
            && value(element, "http-equiv").eq_ignore_ascii_case("refresh")
        {
            self.found.refresh = refresh::target(&value(element, "content"));
        }
    }
}

/// Content is for clients that do not run scripts or applets.
fn is_scriptless(name: &str) -> bool {
    matches!(name, SCRIPTLESS | "applet" | "object")
}

/// Table of links, each a role (`juniper-nc.md §4.5`).
fn is_role_table(element: &Element) -> bool {
    attribute(element, "id") == Some("TABLE_SelectRole_1")
}

/// Text before it names no control behind it.
fn ends_row(name: &str) -> bool {
    matches!(
        name,
        "tr" | "table"
            | "form"
            | "fieldset"
            | "legend"
            | "hr"
            | "li"
            | "ul"
            | "ol"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
    )
}

/// Characters of a label, also where it is only text near a control.
const MAX_LABEL: usize = 512;
/// Parameters of applets kept.
const MAX_PARAMS: usize = 256;
