//! Links and roles on the walk.

use ego_tree::NodeId;
use scraper::node::Element;

use super::super::element::{attribute, value};
use super::super::text::{Lines, joined};
use super::super::{Link, MAX_LINKS};
use super::{MAX_LABEL, Walk};

/// A link whose text is not complete.
pub(super) struct OpenLink {
    pub(super) node: NodeId,
    target: String,
    pub(super) label: Lines,
    /// What else names it.
    given: String,
}

impl Walk<'_> {
    pub(super) fn open_link(&mut self, node: NodeId, element: &Element) {
        self.close_link();
        self.link = attribute(element, "href").map(|target| OpenLink {
            node,
            target: target.trim_ascii().to_owned(),
            label: Lines::new(MAX_LABEL),
            given: ["aria-label", "title"].map(|name| value(element, name)).concat(),
        });
    }

    pub(super) fn close_link(&mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        let label = if link.label.is_empty() {
            joined(&link.given, MAX_LABEL)
        } else {
            link.label.into_text()
        };
        let link = Link {
            target: link.target,
            label,
        };
        if let Some(roles) = self.found.roles.as_mut().filter(|_| self.role_tables > 0)
            && roles.len() < MAX_LINKS
        {
            roles.push(link.clone());
        }
        if !link.label.is_empty() && self.found.links.len() < MAX_LINKS {
            self.found.links.push(link);
        }
    }

    /// A picture stands for its text in a link.
    pub(super) fn image(&mut self, element: &Element) {
        if let Some(link) = &mut self.link {
            link.label.push(&value(element, "alt"));
        }
    }
}
