//! Which parts of a script are run when its page is loaded.

use super::lexer::{Token, leads_on};

/// When a block is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<'a> {
    /// When the page is loaded.
    Always,
    /// When this function is called.
    Function(&'a str),
    /// Perhaps never.
    Unknown,
}

impl<'a> Scope<'a> {
    fn inner(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::Function(_) | Self::Unknown, Self::Function(_) | Self::Unknown) => Self::Unknown,
        }
    }
}

/// Where in its blocks a script is.
#[derive(Default)]
pub(super) struct Blocks<'a> {
    /// Blocks that are open: when they run, and how many parentheses were open around them.
    open: Vec<(Scope<'a>, usize)>,
    /// Parentheses that are open: the word before each.
    parentheses: Vec<&'a str>,
    /// The last tokens, the newest first.
    last: [Option<Token<'a>>; 3],
    /// A function whose block has not begun.
    function: Option<Scope<'a>>,
    /// The last parenthesis closed was a condition's.
    was_condition: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn scope(&self) -> Scope<'a> {
        self.open.last().map_or(Scope::Always, |(scope, _)| *scope)
    }

    /// Whether the next token begins a statement.
    pub(super) fn statement_begins(&self, on_new_line: bool) -> bool {
        if self.parentheses.len() != self.open.last().map_or(0, |(_, parentheses)| *parentheses) {
            return false;
        }
        match self.last[0] {
            None | Some(Token::Sign(b';' | b'{' | b'}')) => true,
            Some(Token::Sign(b')')) => on_new_line && !self.was_condition,
            Some(Token::Text(_) | Token::Opaque | Token::Sign(b']')) => on_new_line,
            Some(Token::Word(word)) => on_new_line && !leads_on(word),
            Some(Token::Sign(_)) => false,
        }
    }

    pub(super) fn step(&mut self, token: Token<'a>, on_new_line: bool) {
        match token {
            Token::Word("function") => self.function = Some(self.function_scope(on_new_line)),
            Token::Word(name) => {
                if self.last[0] == Some(Token::Word("function")) && self.function == Some(Scope::Function(""))
                {
                    self.function = Some(Scope::Function(name));
                }
            }
            Token::Sign(b'(') => self.parentheses.push(match self.last[0] {
                Some(Token::Word(word)) => word,
                Some(Token::Text(_) | Token::Opaque | Token::Sign(_)) | None => "",
            }),
            Token::Sign(b')') => {
                let word = self.parentheses.pop().unwrap_or_default();
                self.was_condition = ["if", "for", "while", "with", "switch"].contains(&word);
            }
            Token::Sign(b'{') => {
                let inner = self.block_scope(on_new_line);
                self.open
                    .push((self.scope().inner(inner), self.parentheses.len()));
            }
            Token::Sign(b'}') => {
                if let Some((_, parentheses)) = self.open.pop() {
                    self.parentheses.truncate(parentheses);
                }
            }
            Token::Text(_) | Token::Opaque | Token::Sign(_) => {}
        }
        self.last = [Some(token), self.last[0], self.last[1]];
    }

    /// When the function that begins here is run; an empty name stands for the one that follows.
    fn function_scope(&self, on_new_line: bool) -> Scope<'a> {
        let caller = self.parentheses.last().copied().unwrap_or_default();
        match (self.last[0], self.last[1]) {
            _ if self.statement_begins(on_new_line) => Scope::Function(""),
            (Some(Token::Sign(b'=')), Some(Token::Word("onload"))) | (Some(Token::Sign(b'!')), _) => {
                Scope::Always
            }
            (Some(Token::Sign(b',')), Some(Token::Text("load" | "DOMContentLoaded"))) => Scope::Always,
            (Some(Token::Sign(b'(')), _) if ["", "$", "jQuery", "ready", "setTimeout"].contains(&caller) => {
                Scope::Always
            }
            _ => Scope::Unknown,
        }
    }

    fn block_scope(&mut self, on_new_line: bool) -> Scope<'a> {
        match self.last[0] {
            Some(Token::Sign(b')')) => self.function.take().unwrap_or(Scope::Unknown),
            Some(Token::Word("try")) => Scope::Always,
            _ if self.statement_begins(on_new_line) => Scope::Always,
            _ => Scope::Unknown,
        }
    }
}
