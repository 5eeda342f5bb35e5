//! The tree of a page, built by html5ever within limits, with the owners of its controls.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use ego_tree::NodeId;
use html5ever::interface::{Attribute, ElementFlags, QualName, Tracer};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{NodeOrText, QuirksMode, TreeBuilderOpts, TreeSink};
use html5ever::{ParseOpts, parse_document};
use scraper::{Html, HtmlTreeSink};

use super::PageError;

/// A parsed page.
pub(super) struct Tree {
    pub(super) html: Html,
    /// Form of each control that the parser saw between the tags of a form, wherever either ended up in the tree: a
    /// form inside a table is empty.
    pub(super) owners: HashMap<NodeId, NodeId>,
}

/// Parses markup. In small pieces, for the parser is quadratic in the number of elements that are open at a time.
pub(super) fn parse(markup: &str) -> Result<Tree, PageError> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts {
            // What stands in `<noscript>` is for us.
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let mut parser = parse_document(Sink::new(), options);
    for piece in pieces(markup) {
        parser.process(StrTendril::from(piece));
        let builder = &parser.tokenizer.sink;
        if builder.sink.created.get() > MAX_ELEMENTS {
            return Err(PageError::TooMany);
        }
        let open = Counter::default();
        builder.trace_handles(&open);
        if open.0.get() > MAX_OPEN {
            return Err(PageError::TooDeep);
        }
    }
    Ok(parser.finish())
}

fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let mut len = PIECE.min(text.len());
        while !text.is_char_boundary(len) {
            len += 1;
        }
        let (piece, rest) = text.split_at(len);
        text = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Counts what the parser holds: elements that are open and formatting elements it would open again.
#[derive(Default)]
struct Counter(Cell<usize>);

impl Tracer for Counter {
    type Handle = NodeId;

    fn trace_handle(&self, _: &NodeId) {
        self.0.set(self.0.get() + 1);
    }
}

/// The sink of `scraper`, which keeps no owners and counts nothing.
struct Sink {
    inner: HtmlTreeSink,
    owners: RefCell<HashMap<NodeId, NodeId>>,
    created: Cell<usize>,
}

impl Sink {
    fn new() -> Self {
        Self {
            inner: HtmlTreeSink::new(Html::new_document()),
            owners: RefCell::default(),
            created: Cell::default(),
        }
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Tree;
    type ElemName<'a> = <HtmlTreeSink as TreeSink>::ElemName<'a>;

    fn finish(self) -> Tree {
        Tree {
            html: self.inner.finish(),
            owners: self.owners.into_inner(),
        }
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        self.created.set(self.created.get() + 1);
        self.inner.create_element(name, attrs, flags)
    }

    fn associate_with_form(&self, target: &NodeId, form: &NodeId, _: (&NodeId, Option<&NodeId>)) {
        self.owners.borrow_mut().insert(*target, *form);
    }

    fn allow_declarative_shadow_roots(&self, _: &NodeId) -> bool {
        false
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        self.inner.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Self::ElemName<'a> {
        self.inner.elem_name(target)
    }

    fn create_comment(&self, text: StrTendril) -> NodeId {
        self.inner.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> NodeId {
        self.inner.create_pi(target, data)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.inner.append(parent, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        self.inner.append_based_on_parent_node(element, previous, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public: StrTendril, system: StrTendril) {
        self.inner.append_doctype_to_document(name, public, system);
    }

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        self.inner.get_template_contents(target)
    }

    fn same_node(&self, one: &NodeId, other: &NodeId) -> bool {
        self.inner.same_node(one, other)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.inner.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        self.inner.append_before_sibling(sibling, child);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, attrs: Vec<Attribute>) {
        self.inner.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &NodeId) {
        self.inner.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        self.inner.reparent_children(node, new_parent);
    }
}

/// Elements open at a time, and formatting elements remembered.
const MAX_OPEN: usize = 512;
/// Elements created.
const MAX_ELEMENTS: usize = 100_000;
/// Octets between two looks at the limits.
const PIECE: usize = 1024;
