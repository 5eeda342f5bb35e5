//! Copies a page without what no form needs: most of a sign-in page is scripts, styles and images, and the parser that
//! builds the tree is slow.
//!
//! The copy means the same to that parser: what is left out are comments, raw text, drawings and attributes that do not
//! count.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::PageError;
use super::hints::Hints;
use super::raw::{find_end_tag, script_end};
use super::scan::{Attributes, TagEnd, is_blank, tag_name};
use super::style::hides;

/// What is left of a page.
#[derive(Debug)]
pub(super) struct Reduced<'a> {
    /// The markup.
    pub(super) html: String,
    /// Texts of the scripts.
    pub(super) scripts: Vec<&'a str>,
    /// What the page loads or draws.
    pub(super) hints: Hints,
}

/// Reduces a page.
pub(super) fn reduce(text: &str) -> Result<Reduced<'_>, PageError> {
    let mut reducer = Reducer {
        text,
        at: 0,
        out: Reduced {
            html: String::with_capacity(text.len().min(64 * 1024)),
            scripts: Vec::new(),
            hints: Hints::default(),
        },
        tags: 0,
        text_room: MAX_MARKUP_TEXT,
        no_foreign_end: [false; FOREIGN.len()],
        no_title_end: false,
    };
    while reducer.step()? {}
    Ok(reducer.out)
}

struct Reducer<'a> {
    text: &'a str,
    at: usize,
    out: Reduced<'a>,
    tags: usize,
    /// Octets of text still taken over.
    text_room: usize,
    /// No end tag of this of [`FOREIGN`] follows; keeps the search for it linear.
    no_foreign_end: [bool; FOREIGN.len()],
    /// No title ends from here on.
    no_title_end: bool,
}

impl<'a> Reducer<'a> {
    /// Text and the piece of markup behind it; `false` at the end.
    fn step(&mut self) -> Result<bool, PageError> {
        let rest = self.rest(self.at);
        let text_len = memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let text = self.fitting(rest.get(..text_len).unwrap_or_default());
        push_text(&mut self.out.html, text);
        let markup = self.at + text_len;
        let mut next = self.text.as_bytes().get(markup + 1..).unwrap_or_default().iter();
        self.at = match (next.next(), next.next()) {
            (Some(b'!'), _) => self.declaration_end(markup + 2),
            (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => self.end_tag(markup + 2)?,
            (Some(b'?'), _) | (Some(b'/'), Some(_)) => self.behind(">", markup + 2),
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _) => self.start_tag(markup + 1)?,
            _ if markup < self.text.len() => {
                // Escaped, or it could become a tag with what follows in the copy.
                let text = self.fitting("<");
                push_escaped(&mut self.out.html, text);
                markup + 1
            }
            _ => return Ok(false),
        };
        Ok(true)
    }

    fn rest(&self, at: usize) -> &'a str {
        self.text.get(at..).unwrap_or_default()
    }

    /// As much of a text as is still taken over.
    fn fitting<'b>(&mut self, text: &'b str) -> &'b str {
        let mut len = text.len().min(self.text_room);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        self.text_room -= len;
        text.get(..len).unwrap_or_default()
    }

    /// Where the text goes on behind the next `needle`.
    fn behind(&self, needle: &str, at: usize) -> usize {
        memmem::find(self.rest(at).as_bytes(), needle.as_bytes())
            .map_or(self.text.len(), |found| at + found + needle.len())
    }

    /// The end of a comment, a document type or anything else that begins with `<!`; `at` is behind that.
    fn declaration_end(&self, at: usize) -> usize {
        let Some(comment) = self.rest(at).strip_prefix("--") else {
            return self.behind(">", at);
        };
        if let Some(empty) = ["->", ">"].into_iter().find(|end| comment.starts_with(end)) {
            return at + 2 + empty.len();
        }
        let octets = comment.as_bytes();
        memchr::memchr_iter(b'>', octets)
            .find(|end| {
                let inside = octets.get(..*end).unwrap_or_default();
                inside.ends_with(b"--") || inside.ends_with(b"--!")
            })
            .map_or(self.text.len(), |end| at + 2 + end + 1)
    }

    fn count(&mut self) -> Result<(), PageError> {
        self.tags += 1;
        if self.tags > MAX_TAGS {
            return Err(PageError::TooMany);
        }
        Ok(())
    }

    fn end_tag(&mut self, at: usize) -> Result<usize, PageError> {
        let (name, name_end) = tag_name(self.text, at);
        let (end, behind) = Attributes::new(self.text, name_end).finish();
        let name = name_of(name);
        let kept = match kind(&name) {
            Kind::Dropped | Kind::Raw | Kind::Script | Kind::Foreign(_) | Kind::Plaintext => false,
            Kind::Text | Kind::Kept(_) => true,
        };
        if end == TagEnd::Missing || !kept {
            return Ok(behind);
        }
        self.count()?;
        self.out.html.extend(["</", &name, ">"]);
        Ok(behind)
    }

    fn start_tag(&mut self, at: usize) -> Result<usize, PageError> {
        let (name, name_end) = tag_name(self.text, at);
        let name = &*name_of(name);
        match kind(name) {
            Kind::Dropped => Ok(self.look_at(name, name_end).1),
            Kind::Raw => {
                let (end, behind) = self.look_at(name, name_end);
                Ok(self.skip_raw(name, end, behind))
            }
            Kind::Script => Ok(self.script(name, name_end)),
            Kind::Foreign(index) => Ok(self.foreign(name, name_end, index)),
            Kind::Plaintext => {
                let (end, behind) = self.look_at(name, name_end);
                let rest = self.fitting(self.rest(behind));
                if end != TagEnd::Missing {
                    push_escaped(&mut self.out.html, rest);
                }
                Ok(self.text.len())
            }
            Kind::Kept(attributes) => self.copy(name, name_end, attributes),
            Kind::Text => self.text_element(name, name_end),
        }
    }

    /// Walks over a tag that is not copied.
    fn look_at(&mut self, name: &str, name_end: usize) -> (TagEnd, usize) {
        let mut attributes = Attributes::new(self.text, name_end);
        for (attribute, value) in attributes.by_ref() {
            self.out.hints.look_at(name, attribute, value);
        }
        attributes.finish()
    }

    /// Copies a tag with these attributes.
    fn copy(&mut self, name: &str, name_end: usize, kept: &[&str]) -> Result<usize, PageError> {
        self.count()?;
        let before = self.out.html.len();
        self.out.html.extend(["<", name]);
        let is_page = matches!(name, "html" | "body");
        let mut is_hidden = false;
        let mut seen = 0_u32;
        let mut attributes = Attributes::new(self.text, name_end);
        for (attribute, value) in attributes.by_ref() {
            self.out.hints.look_at(name, attribute, value);
            let is = |other: &str| attribute.eq_ignore_ascii_case(other);
            // Pages hide themselves until a script has seen that no other page frames them.
            let hides = !is_page && (is("hidden") || is("style") && hides(value));
            if hides && !is_hidden {
                is_hidden = true;
                self.out.html.push_str(" hidden");
            } else if let Some(index) = kept.iter().position(|kept| is(kept))
                && seen & 1 << index == 0
            {
                seen |= 1 << index;
                push_attribute(&mut self.out.html, kept[index], value);
            }
        }
        let (end, behind) = attributes.finish();
        if end == TagEnd::Missing {
            self.out.html.truncate(before);
            return Ok(behind);
        }
        self.out.html.push('>');
        Ok(behind)
    }

    /// An element whose text is no markup but has character references.
    fn text_element(&mut self, name: &str, name_end: usize) -> Result<usize, PageError> {
        let kept = if name == "textarea" { CONTROL } else { &[] };
        let behind = self.copy(name, name_end, kept)?;
        if name == "title" && (self.no_title_end || find_end_tag(self.text, name, behind).is_none()) {
            return Ok(self.unended_title(behind));
        }
        let end = self.raw_end(name, behind);
        let text = self.fitting(self.text.get(behind..end).unwrap_or_default());
        // Escaped, so that it is text wherever the parser finds it.
        push_escaped(&mut self.out.html, text);
        // The end tag itself is next.
        Ok(end)
    }

    /// A title without an end would swallow the page. Old pages have such, and clients that showed their forms.
    fn unended_title(&mut self, behind: usize) -> usize {
        self.no_title_end = true;
        let rest = self.rest(behind);
        let end = behind + rest.find('<').unwrap_or(rest.len());
        let text = self.fitting(self.text.get(behind..end).unwrap_or_default());
        push_escaped(&mut self.out.html, text);
        self.out.html.push_str("</title>");
        end
    }

    fn script(&mut self, name: &str, name_end: usize) -> usize {
        let mut is_program = true;
        let mut attributes = Attributes::new(self.text, name_end);
        for (attribute, value) in attributes.by_ref() {
            self.out.hints.look_at(name, attribute, value);
            if attribute.eq_ignore_ascii_case("type") {
                is_program = is_program_type(value);
            }
        }
        let (end, behind) = attributes.finish();
        if end == TagEnd::Missing {
            return behind;
        }
        let text_end = script_end(self.text, behind);
        let text = self.text.get(behind..text_end).unwrap_or_default();
        if is_program && !text.trim_ascii().is_empty() && self.out.scripts.len() < MAX_SCRIPTS {
            self.out.scripts.push(text);
        }
        text_end
    }

    fn skip_raw(&self, name: &str, end: TagEnd, behind: usize) -> usize {
        if end == TagEnd::Missing {
            return behind;
        }
        self.raw_end(name, behind)
    }

    /// Where the end tag of a raw element begins.
    fn raw_end(&self, name: &str, from: usize) -> usize {
        find_end_tag(self.text, name, from).unwrap_or(self.text.len())
    }

    /// Drawings and formulas are left out as a whole; without an end tag only the tag is.
    fn foreign(&mut self, name: &str, name_end: usize, index: usize) -> usize {
        let (end, behind) = self.look_at(name, name_end);
        let Some(no_end) = self.no_foreign_end.get_mut(index) else {
            return behind;
        };
        if end != TagEnd::Plain || *no_end {
            return behind;
        }
        let found = find_end_tag(self.text, name, behind);
        *no_end = found.is_none();
        found.unwrap_or(behind)
    }
}

/// A script that is run, as opposed to data and templates.
fn is_program_type(value: &str) -> bool {
    let value = value.trim_ascii().to_ascii_lowercase();
    value.is_empty()
        || value == "module"
        || ["javascript", "ecmascript", "jscript"]
            .iter()
            .any(|name| value.contains(name))
}

/// Appends text with white space joined.
fn push_text(out: &mut String, text: &str) {
    let mut is_first = true;
    for word in text.split(|c: char| u8::try_from(c).is_ok_and(is_blank)) {
        if !is_first && !out.ends_with(' ') {
            out.push(' ');
        }
        is_first = false;
        out.push_str(word);
    }
}

/// Appends text that is no markup.
fn push_escaped(out: &mut String, text: &str) {
    for (index, piece) in text.split('<').enumerate() {
        out.extend([if index > 0 { "&lt;" } else { "" }, piece]);
    }
}

fn push_attribute(out: &mut String, name: &str, value: &str) {
    out.extend([" ", name]);
    if value.is_empty() {
        return;
    }
    let quote = if value.contains('"') { "'" } else { "\"" };
    out.extend(["=", quote]);
    for (index, piece) in value.split('\'').enumerate() {
        // Only a bare value holds both quotes.
        let separator = if quote == "'" { "&#39;" } else { "'" };
        out.extend([if index > 0 { separator } else { "" }, piece]);
    }
    out.push_str(quote);
}

/// Name that a tag has in the copy: in lower case, without a copy where it is that already.
fn name_of(name: &str) -> Cow<'_, str> {
    if name.eq_ignore_ascii_case("noscript") {
        SCRIPTLESS.into()
    } else if name.bytes().any(|octet| octet.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

/// What is done with an element.
#[derive(Clone, Copy)]
enum Kind {
    /// The tag goes, the content stays.
    Dropped,
    /// Goes with its content, which is no markup.
    Raw,
    Script,
    /// Index in [`FOREIGN`].
    Foreign(usize),
    /// All that follows is text.
    Plaintext,
    /// Stays; its content is text.
    Text,
    /// Stays with these attributes.
    Kept(&'static [&'static str]),
}

fn kind(name: &str) -> Kind {
    match name {
        "script" => Kind::Script,
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Kind::Raw,
        "textarea" | "title" => Kind::Text,
        "plaintext" => Kind::Plaintext,
        "link" | "frameset" | "frame" | "col" | "colgroup" | "source" | "track" | "wbr" => Kind::Dropped,
        "form" => Kind::Kept(&["name", "id", "action", "method"]),
        "input" | "button" | "select" => Kind::Kept(CONTROL),
        "option" | "optgroup" => Kind::Kept(&["value", "label", "selected", "disabled"]),
        "a" | "area" => Kind::Kept(&["href", "title", "aria-label"]),
        "base" => Kind::Kept(&["href"]),
        "meta" => Kind::Kept(&["http-equiv", "content"]),
        "param" => Kind::Kept(&["name", "value"]),
        "label" => Kind::Kept(&["for"]),
        "table" => Kind::Kept(&["id"]),
        "fieldset" => Kind::Kept(&["disabled"]),
        "img" => Kind::Kept(&["alt"]),
        "body" => Kind::Kept(&["onload"]),
        _ => {
            let place = FOREIGN.iter().position(|known| *known == name);
            place.map_or(Kind::Kept(&[]), Kind::Foreign)
        }
    }
}

/// Attributes of controls that count.
const CONTROL: &[&str] = &[
    "name",
    "id",
    "type",
    "value",
    "checked",
    "disabled",
    "readonly",
    "multiple",
    "form",
    "formaction",
    "placeholder",
    "title",
    "aria-label",
    "alt",
];

const FOREIGN: [&str; 2] = ["svg", "math"];

/// What `<noscript>` is called in the copy: by its own name the parser would take text out of it.
pub(super) const SCRIPTLESS: &str = "x-noscript";
/// Tags copied at most; an end tag can cost the parser a walk over all open elements.
const MAX_TAGS: usize = 200_000;
/// Octets of text between tags; far less is ever shown.
const MAX_MARKUP_TEXT: usize = 1 << 20;
/// Scripts looked at.
const MAX_SCRIPTS: usize = 256;
