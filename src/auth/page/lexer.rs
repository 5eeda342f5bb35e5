//! Tokens of a script: enough to tell code from strings and comments.

use memchr::{memchr, memmem};

/// A piece of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Name, keyword or number.
    Word(&'a str),
    /// String without its quotes, escapes as they are.
    Text(&'a str),
    /// Anything that is no value we know: a regular expression, a template.
    Opaque,
    /// An operator or bracket, one octet at a time.
    Sign(u8),
}

/// Takes a script apart. Comments are skipped.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// A value came last, so that a slash divides.
    after_value: bool,
    /// A line ended before the last token.
    pub(super) on_new_line: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            after_value: false,
            on_new_line: true,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            match self.rest() {
                [b'\n' | b'\r', ..] => {
                    self.on_new_line = true;
                    self.at += 1;
                }
                [b' ' | b'\t' | b'\x0c' | b'\x0b', ..] => self.at += 1,
                [b'/', b'/', ..] | [b'<', b'!', b'-', b'-', ..] => self.skip_line(),
                [b'-', b'-', b'>', ..] if self.on_new_line => self.skip_line(),
                [b'/', b'*', comment @ ..] => {
                    let len = memmem::find(comment, b"*/").map_or(comment.len(), |end| end + 2);
                    self.on_new_line |= comment.get(..len).is_some_and(|comment| comment.contains(&b'\n'));
                    self.at += 2 + len;
                }
                _ => return,
            }
        }
    }

    fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    fn word(&mut self) -> Token<'a> {
        let from = self.at;
        let rest = self.rest();
        self.at += rest
            .iter()
            .position(|octet| !is_word(*octet))
            .unwrap_or(rest.len());
        let word = self.slice(from, self.at);
        self.after_value = !BEFORE_VALUE.contains(&word);
        Token::Word(word)
    }

    fn string(&mut self, quote: u8) -> Token<'a> {
        let from = self.at + 1;
        self.at = from;
        while let Some(octet) = self.rest().first().copied() {
            match octet {
                b'\\' => self.at += 2,
                b'\n' => return Token::Opaque,
                _ if octet == quote => {
                    self.at += 1;
                    return Token::Text(self.slice(from, self.at - 1));
                }
                _ => self.at += 1,
            }
        }
        Token::Opaque
    }

    fn template(&mut self) -> Token<'a> {
        self.at += 1;
        while let Some(len) = memchr::memchr2(b'`', b'\\', self.rest()) {
            let is_end = self.rest().get(len) == Some(&b'`');
            self.at += len + if is_end { 1 } else { 2 };
            if is_end {
                return Token::Opaque;
            }
        }
        self.at = self.text.len();
        Token::Opaque
    }

    /// A regular expression ends on its line; otherwise the slash is one by itself.
    fn slash(&mut self) -> Token<'a> {
        let rest = self.rest();
        let near = rest.get(..MAX_PATTERN).unwrap_or(rest);
        let line = near
            .get(..memchr(b'\n', near).unwrap_or(near.len()))
            .unwrap_or_default();
        let (mut is_class, mut is_escaped) = (false, false);
        for (index, octet) in line.iter().enumerate().skip(1) {
            match octet {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'[' => is_class = true,
                b']' => is_class = false,
                b'/' if !is_class => {
                    self.at += index + 1;
                    self.after_value = true;
                    return Token::Opaque;
                }
                _ => {}
            }
        }
        self.at += 1;
        self.after_value = false;
        Token::Sign(b'/')
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.on_new_line = self.at == 0;
        self.skip();
        let first = *self.rest().first()?;
        Some(match first {
            _ if is_word(first) => self.word(),
            b'/' if !self.after_value => self.slash(),
            b'"' | b'\'' | b'`' => {
                self.after_value = true;
                if first == b'`' {
                    self.template()
                } else {
                    self.string(first)
                }
            }
            _ => {
                self.at += 1;
                self.after_value = matches!(first, b')' | b']' | b'}');
                Token::Sign(first)
            }
        })
    }
}

fn is_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'$' | 0x80..)
}

/// Text of a string literal; `None` when an escape is none.
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut chars = escape.chars();
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            '0' => out.push('\0'),
            '\n' => {}
            'x' => out.push(code(&mut chars, 2)?),
            'u' if chars.as_str().starts_with('{') => {
                let (digits, behind) = chars.as_str().get(1..)?.split_once('}')?;
                out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                chars = behind.chars();
            }
            'u' => out.push(code(&mut chars, 4)?),
            '1'..='9' => return None,
            other => out.push(other),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    Some(out)
}

/// A character by its number in so many hexadecimal digits.
fn code(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..digits {
        value = value * 16 + chars.next()?.to_digit(16)?;
    }
    char::from_u32(value)
}

/// Whether a statement goes on behind this word, even on a new line.
pub(super) fn leads_on(word: &str) -> bool {
    BEFORE_VALUE.contains(&word)
}

/// Words behind which a value or a statement begins, not an operator.
const BEFORE_VALUE: [&str; 14] = [
    "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "var", "let",
    "const",
];
/// Octets of a regular expression; keeps a line of slashes linear.
const MAX_PATTERN: usize = 256;
