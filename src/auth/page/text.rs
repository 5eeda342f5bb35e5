//! Text as a person sees it: blanks joined, a line for each block.

/// Collects text up to a number of characters.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    /// Characters that still fit.
    room: usize,
    gap: Gap,
}

/// What stands between the text so far and the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Blank,
    Line,
}

impl Lines {
    /// For at most `room` characters.
    pub(super) fn new(room: usize) -> Self {
        Self {
            room,
            ..Self::default()
        }
    }

    /// Adds text; its white space is joined.
    pub(super) fn push(&mut self, text: &str) {
        for (index, word) in text.split(is_blank).enumerate() {
            if self.room == 0 {
                return;
            }
            if index > 0 {
                self.gap = self.gap.max(Gap::Blank);
            }
            if !word.is_empty() {
                self.fill_gap();
                self.push_word(word);
            }
        }
    }

    /// A blank follows.
    pub(super) fn blank(&mut self) {
        self.gap = self.gap.max(Gap::Blank);
    }

    /// A new line follows.
    pub(super) fn line(&mut self) {
        self.gap = Gap::Line;
    }

    /// Whether there is none yet.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text so far.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Takes the text out and begins anew.
    pub(super) fn take(&mut self, room: usize) -> String {
        std::mem::replace(self, Self::new(room)).text
    }

    fn fill_gap(&mut self) {
        let gap = std::mem::take(&mut self.gap);
        if self.text.is_empty() || gap == Gap::None {
            return;
        }
        self.text.push(if gap == Gap::Line { '\n' } else { ' ' });
        self.room -= 1;
    }

    fn push_word(&mut self, word: &str) {
        let fits = word
            .char_indices()
            .nth(self.room)
            .map_or(word.len(), |(end, _)| end);
        let word = word.get(..fits).unwrap_or_default();
        self.text.push_str(word);
        self.room -= word.chars().count();
    }
}

/// Text in one line, at most `room` characters of it.
pub(super) fn joined(text: &str, room: usize) -> String {
    let mut lines = Lines::new(room);
    lines.push(text);
    lines.into_text()
}

/// White space, and what layouts use for it.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c' | '\u{a0}')
}

/// How an element breaks lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Not at all.
    Inline,
    /// Cell of a table: text beside it is apart.
    Cell,
    /// `<br>`.
    Break,
    /// Stands on lines of its own.
    Block,
}

/// Layout of an element by its name.
pub(super) fn layout(name: &str) -> Layout {
    match name {
        "td" | "th" | "option" => Layout::Cell,
        "br" => Layout::Break,
        "address" | "article" | "aside" | "blockquote" | "body" | "caption" | "center" | "dd" | "details"
        | "dialog" | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer"
        | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hr" | "legend" | "li"
        | "listing" | "main" | "menu" | "nav" | "ol" | "p" | "pre" | "search" | "section" | "summary"
        | "table" | "tbody" | "tfoot" | "thead" | "tr" | "ul" => Layout::Block,
        _ => Layout::Inline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_joined_and_blocks_are_lines() {
        let mut lines = Lines::new(100);
        lines.line();
        lines.push("  a \n b");
        lines.push("c ");
        lines.push("\u{a0}d");
        lines.blank();
        lines.line();
        lines.blank();
        lines.push("e");
        lines.blank();
        assert_eq!(lines.into_text(), "a bc d\ne");
    }

    #[test]
    fn text_is_cut_at_characters() {
        for (room, text) in [(0, ""), (1, "ä"), (2, "äö"), (3, "äö "), (4, "äö ü"), (9, "äö ü")] {
            assert_eq!(joined("äö  ü", room), text, "{room}");
        }
    }
}
