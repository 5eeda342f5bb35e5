//! What the scripts of a page do by themselves: go elsewhere, send a form.
//!
//! Only statements that surely run count: at the top, or in a function that the page calls when it is loaded; and only
//! targets that are literals. Anything clever is left to a browser.

use std::collections::HashSet;

use memchr::memmem;

use super::blocks::{Blocks, Scope};
use super::lexer::{Lexer, Token, unescape};

/// What scripts do without being asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scripts {
    /// Target of the first redirect.
    pub(super) redirect: Option<String>,
    /// A form is sent.
    pub(super) submits: bool,
}

/// Reads the scripts of a page, and the one in the `onload` of its body.
pub(super) fn read(onload: &str, scripts: &[&str]) -> Scripts {
    let onload = onload.trim_ascii();
    let onload = onload.strip_prefix("javascript:").unwrap_or(onload);
    let mut reader = Reader::default();
    let mut room = MAX_SCRIPT;
    for script in std::iter::once(&onload).chain(scripts) {
        let script = beginning(script, room);
        room -= script.len();
        let holds = |word: &str| memmem::find(script.as_bytes(), word.as_bytes()).is_some();
        if script.len() < SHORT || holds("location") || holds("submit") {
            reader.read(script);
        }
    }
    reader.verdict()
}

fn beginning(text: &str, len: usize) -> &str {
    let mut len = len.min(text.len());
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    text.get(..len).unwrap_or_default()
}

#[derive(Default)]
struct Reader<'a> {
    /// Names of functions that are called from the top.
    called: HashSet<&'a str>,
    found: Vec<Found<'a>>,
}

/// A statement of interest and the function around it.
struct Found<'a> {
    scope: Scope<'a>,
    /// `None`: sends a form.
    target: Option<String>,
}

impl<'a> Reader<'a> {
    fn verdict(self) -> Scripts {
        let runs = |found: &Found<'_>| match found.scope {
            Scope::Always => true,
            Scope::Function(name) => self.called.contains(name),
            Scope::Unknown => false,
        };
        let mut found: Vec<_> = self
            .found
            .into_iter()
            .filter(runs)
            .map(|found| found.target)
            .collect();
        Scripts {
            submits: found.contains(&None),
            redirect: found.iter_mut().find_map(Option::take),
        }
    }

    fn read(&mut self, script: &'a str) {
        let mut blocks = Blocks::default();
        let mut lexer = Lexer::new(script);
        while let Some(token) = lexer.next() {
            if let Token::Word(word) = token
                && blocks.statement_begins(lexer.on_new_line)
                && self.found.len() < MAX_FOUND
            {
                self.statement(word, &lexer, blocks.scope());
            }
            blocks.step(token, lexer.on_new_line);
        }
    }

    fn statement(&mut self, word: &'a str, lexer: &Lexer<'a>, scope: Scope<'a>) {
        if scope == Scope::Unknown {
            return;
        }
        if let Some(target) = redirect(word, lexer.clone()) {
            let target = Some(target);
            self.found.push(Found { scope, target });
        } else if submit(lexer.clone()) {
            self.found.push(Found { scope, target: None });
        } else if scope == Scope::Always {
            self.call(word, lexer.clone());
        }
    }

    /// `name(`, `setTimeout(name`, `setTimeout("name()"`, `onload = name`.
    fn call(&mut self, word: &'a str, mut lexer: Lexer<'a>) {
        let mut word = word;
        let mut next = lexer.next();
        while next == Some(Token::Sign(b'.')) {
            let Some(Token::Word(part)) = lexer.next() else {
                return;
            };
            (word, next) = (part, lexer.next());
        }
        match (word, next) {
            ("onload", Some(Token::Sign(b'='))) => {
                if let Some(Token::Word(name)) = lexer.next() {
                    self.called.insert(name);
                }
            }
            ("setTimeout", Some(Token::Sign(b'('))) => match lexer.next() {
                Some(Token::Word(name)) => {
                    self.called.insert(name);
                }
                Some(Token::Text(code)) => self.read(code),
                Some(Token::Opaque | Token::Sign(_)) | None => {}
            },
            (name, Some(Token::Sign(b'('))) => {
                self.called.insert(name);
            }
            _ => {}
        }
    }
}

/// Target of a statement that begins with `word` and goes elsewhere.
fn redirect(word: &str, mut lexer: Lexer<'_>) -> Option<String> {
    let mut word = word;
    while word != "location" {
        if !["window", "document", "top", "self", "parent", "this"].contains(&word) {
            return None;
        }
        word = member(&mut lexer)?;
    }
    let mut next = lexer.next()?;
    let mut method = "";
    if next == Token::Sign(b'.') {
        let Token::Word(name) = lexer.next()? else {
            return None;
        };
        (method, next) = (name, lexer.next()?);
    }
    let is_call = match (method, next) {
        ("" | "href", Token::Sign(b'=')) => false,
        ("replace" | "assign", Token::Sign(b'(')) => true,
        _ => return None,
    };
    let Token::Text(text) = lexer.next()? else {
        return None;
    };
    if is_call && lexer.next()? != Token::Sign(b')') {
        return None;
    }
    let ends = match lexer.next() {
        None | Some(Token::Sign(b';' | b'}')) => true,
        Some(Token::Word(_)) => lexer.on_new_line,
        Some(Token::Text(_) | Token::Opaque | Token::Sign(_)) => false,
    };
    unescape(text)
        .map(|target| target.trim_ascii().to_owned())
        .filter(|target| ends && !target.is_empty() && !target.starts_with('#'))
}

fn member<'a>(lexer: &mut Lexer<'a>) -> Option<&'a str> {
    match (lexer.next()?, lexer.next()?) {
        (Token::Sign(b'.'), Token::Word(word)) => Some(word),
        _ => None,
    }
}

/// Whether a statement goes on, behind its first word, to `….submit()`.
fn submit(lexer: Lexer<'_>) -> bool {
    let mut last = "";
    let mut tokens = lexer.take(MAX_STATEMENT);
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign(b'.') => match tokens.next() {
                Some(Token::Word(name)) => last = name,
                _ => return false,
            },
            Token::Sign(open @ (b'(' | b'[')) => {
                let close = if open == b'(' { b')' } else { b']' };
                let len = tokens.by_ref().position(|token| token == Token::Sign(close));
                if open == b'(' && last == "submit" {
                    return len == Some(0);
                }
            }
            Token::Word(_) | Token::Text(_) | Token::Opaque | Token::Sign(_) => return false,
        }
    }
    false
}

/// Octets of scripts that are looked at.
const MAX_SCRIPT: usize = 1 << 20;
/// Scripts up to this size are read whatever they hold: they may call what others define.
const SHORT: usize = 1024;
/// Statements of interest kept.
const MAX_FOUND: usize = 64;
/// Tokens of a statement looked at.
const MAX_STATEMENT: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_targets_at_the_top_are_redirects() {
        for (script, target) in [
            ("window.location = \"/a\";", "/a"),
            ("document.location.href='/a'", "/a"),
            ("location.replace(\"/a\")", "/a"),
            ("top.location='/a'\nfoo()", "/a"),
            ("self.location = '/a'", "/a"),
            ("window.top.location.assign('/a');", "/a"),
            ("<!--\nlocation='/a';\n//-->", "/a"),
            (
                "/* x */ var a = 1; location.href = '\\x2fa\\u002f\\/\\u{62}';",
                "/a//b",
            ),
            ("foo()\nlocation = '/a'", "/a"),
            ("a = b\nlocation = '/a'", "/a"),
            ("try { location='/a' } catch (e) {}", "/a"),
            ("window.onload = function () { location='/a' }", "/a"),
            ("(function(){ location='/a'; })();", "/a"),
            ("$(document).ready(function() { location='/a'; });", "/a"),
            (
                "window.addEventListener('load', function(){ location='/a'; });",
                "/a",
            ),
            ("function go() { location='/a' } go();", "/a"),
            ("setTimeout('go()', 1); function go() { location='/a' }", "/a"),
            ("setTimeout(\"location='/a'\", 1)", "/a"),
            (
                "onload = go\nfunction go(x) { if (x) { y(); } location='/a' }",
                "/a",
            ),
            ("var r = /['\"]/; location='/a'", "/a"),
            ("location = '/a'; location = '/b'", "/a"),
        ] {
            assert_eq!(read("", &[script]).redirect.as_deref(), Some(target), "{script}");
        }
    }

    #[test]
    fn anything_else_is_no_redirect() {
        for script in [
            "location = '/a' + x;",
            "location = '/a'\n+ x;",
            "location = x + '/a';",
            "location.replace('/a' + x)",
            "location.replace('/a', x)",
            "location == '/a'",
            "location.hash = '/a'",
            "// location = '/a'",
            "/* location = '/a' */",
            "x = \"location = '/a'\";",
            "x = `location = '/a';`",
            "if (top != self) { top.location = '/a' }",
            "if (x) location = '/a'",
            "if (x)\nlocation = '/a'",
            "if (x) y(); else location = '/a'",
            "if (x) y(); else\nlocation = '/a'",
            "function go() { location = '/a' }",
            "b.onclick = function() { location = '/a' }",
            "for (;location = '/a';) {}",
            "var location = '/a'",
            "x.location = '/a'",
            "mylocation = '/a'",
            "location = '#top'",
            "location = ''",
            "location = '/a",
            "location = '\\u00'",
            "x = { location: '/a' }",
        ] {
            assert_eq!(read("", &[script]), Scripts::default(), "{script}");
        }
    }

    #[test]
    fn a_form_that_is_sent_by_the_page_is_seen() {
        for (onload, script) in [
            ("", "document.forms[0].submit();"),
            ("", "document.forms['x'].submit()"),
            ("", "document.frmLogin.submit()"),
            ("", "document.getElementById(\"x\").submit();"),
            ("", "$('#appForm').submit();"),
            ("", "setTimeout(function(){ document.forms[0].submit() }, 0)"),
            ("document.forms[0].submit()", ""),
            ("javascript:document.forms[0].submit()", ""),
            ("go()", "function go() { document.forms[0].submit() }"),
            ("setTimeout('document.forms[0].submit()', 10)", ""),
        ] {
            assert!(read(onload, &[script]).submits, "{onload} {script}");
        }
        for script in [
            "function go() { document.forms[0].submit() }",
            "$('#x').submit(function() {})",
            "x = 'document.forms[0].submit()'",
            "document.forms[0].submitter()",
            "document.forms[0].submit",
            "submit()",
        ] {
            assert!(!read("", &[script]).submits, "{script}");
        }
    }

    #[test]
    fn the_body_can_go_elsewhere_when_it_is_loaded() {
        assert_eq!(read("location='/a'", &[]).redirect.as_deref(), Some("/a"));
        assert_eq!(
            read("go()", &["function go(){location='/a'}"])
                .redirect
                .as_deref(),
            Some("/a")
        );
    }
}
