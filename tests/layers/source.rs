//! Reading paths out of source text. Not a parser: comments, literals and test items are taken out, and what is left is
//! looked through for `a::b` and `a::{b, c}`.

use std::path::{Path, PathBuf};

/// What one file names.
#[derive(Debug)]
pub(crate) struct Source {
    /// Its module, for example `["net", "driver"]`; empty for the crate itself.
    pub(crate) module: Vec<String>,
    /// All paths of two segments and more, those into the crate beginning with `crate`.
    pub(crate) paths: Vec<Vec<String>>,
}

impl Source {
    /// Reads a file.
    pub(crate) fn read(module: Vec<String>, text: &str) -> Self {
        let tokens = tokens(&without_tests(&plain(text)).0);
        let mut paths = Vec::new();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            rest = take_path(rest, &[], &mut paths);
        }
        let paths = paths.into_iter().map(|path| absolute(&module, path)).collect();
        Self { module, paths }
    }
}

/// The module a file holds.
pub(crate) fn module_of(root: &Path, file: &Path) -> Vec<String> {
    let inner = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let names = inner.iter().map(|part| part.to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    match names.last().map(String::as_str) {
        Some("mod") => names.truncate(names.len() - 1),
        Some("lib") if names.len() == 1 => names.clear(),
        _ => {}
    }
    names
}

/// Files (without extension) of the modules that a file has for tests only.
pub(crate) fn test_modules(file: &Path, text: &str) -> Vec<PathBuf> {
    let stem = file.with_extension("");
    let folder = match stem.file_name().and_then(|name| name.to_str()) {
        Some("mod" | "lib" | "main") => stem.parent().map(Path::to_owned).unwrap_or_default(),
        _ => stem,
    };
    let names = without_tests(&plain(text)).1;
    names.into_iter().map(|name| folder.join(name)).collect()
}

/// The text with comments taken out and literals emptied.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            literal(
                rest,
                out.ends_with(|last: char| last.is_alphanumeric() || last == '_'),
            )
        };
        if skipped == 0 {
            out.push(first);
        }
        rest = &rest[skipped.max(first.len_utf8())..];
    }
    out
}

/// Length of the string or character literal at the start, or 0.
fn literal(text: &str, in_word: bool) -> usize {
    let raw = text.trim_start_matches(['b', 'c']);
    if let (false, Some(hashes)) = (in_word, raw.strip_prefix('r')) {
        let count = hashes.len() - hashes.trim_start_matches('#').len();
        if hashes[count..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(count));
            let body = text.len() - hashes.len() + count + 1;
            return text[body..]
                .find(&end)
                .map_or(text.len(), |at| body + at + end.len());
        }
    }
    match text.chars().next() {
        Some('"') => quoted(text, '"'),
        // a lifetime has no closing quote after one character
        Some('\'') if text[1..].starts_with('\\') || text.chars().nth(2) == Some('\'') => quoted(text, '\''),
        _ => 0,
    }
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text without items marked `#[cfg(test)]`, and the names of the modules among them that are files.
fn without_tests(text: &str) -> (String, Vec<String>) {
    let mut out = String::with_capacity(text.len());
    let mut files = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(TEST) {
        out.push_str(&rest[..at]);
        let item = &rest[at + TEST.len()..];
        let end = item_end(item);
        let item = item[..end].trim();
        if let (Some(name), true) = (item.strip_suffix(';').and_then(module_name), item.ends_with(';')) {
            files.push(name);
        }
        rest = &rest[at + TEST.len() + end..];
    }
    out.push_str(rest);
    (out, files)
}

/// `pub(crate) mod NAME`
fn module_name(item: &str) -> Option<String> {
    let (before, name) = item.rsplit_once(' ')?;
    before.ends_with("mod").then(|| name.to_owned())
}

/// Where an item ends: at its semicolon, or at the end of its block.
fn item_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Words, `::`, and every other character by itself.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let in_word = |character: char| character.is_alphanumeric() || character == '_';
        let len = if in_word(first) {
            rest.find(|character| !in_word(character)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(rest[..len].to_owned());
        rest = rest[len..].trim_start();
    }
    tokens
}

/// Takes the path or the one token at the start, with `prefix` before it.
fn take_path<'a>(tokens: &'a [String], prefix: &[String], paths: &mut Vec<Vec<String>>) -> &'a [String] {
    let mut path = prefix.to_vec();
    let mut rest = tokens;
    while let Some((word, tail)) = rest.split_first() {
        rest = tail;
        match word.as_str() {
            "{" if path.len() > prefix.len() || !prefix.is_empty() => {
                return take_group(rest, &path, paths);
            }
            word if word.starts_with(|first: char| first.is_alphabetic() || first == '_') || word == "*" => {
                path.push(word.to_owned());
            }
            _ => break,
        }
        match rest.split_first() {
            Some((colons, tail)) if colons == "::" => rest = tail,
            _ => break,
        }
    }
    if path.len() > 1 {
        paths.push(path);
    }
    rest
}

/// Takes `a, b::c, {d}}`.
fn take_group<'a>(tokens: &'a [String], prefix: &[String], paths: &mut Vec<Vec<String>>) -> &'a [String] {
    let mut rest = tokens;
    while let Some((word, tail)) = rest.split_first() {
        match word.as_str() {
            "}" => return tail,
            "," => rest = tail,
            _ => rest = take_path(rest, prefix, paths),
        }
    }
    rest
}

/// Paths that begin with `super` or `self` as seen from the crate.
fn absolute(module: &[String], path: Vec<String>) -> Vec<String> {
    let ups = path.iter().take_while(|segment| *segment == "super").count();
    let relative = match path.first().map(String::as_str) {
        Some("super") => ups,
        Some("self") => 1,
        _ => return path,
    };
    let ups = ups.min(module.len());
    let mut whole = vec!["crate".to_owned()];
    whole.extend_from_slice(&module[..module.len() - ups]);
    whole.extend_from_slice(&path[relative..]);
    whole
}

const TEST: &str = "#[cfg(test)]";

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(module: &str, text: &str) -> Vec<String> {
        let module = module.split("::").map(str::to_owned).collect();
        let paths = Source::read(module, text).paths;
        paths.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn groups_and_climbing_paths_are_seen() {
        let text = "use crate::{a::{b, C}, d};\nuse super::super::net::X;\nfn f() { std::env::var(1); }";
        let expected = [
            "crate::a::b",
            "crate::a::C",
            "crate::d",
            "crate::net::X",
            "std::env::var",
        ];
        assert_eq!(paths("engine::path", text), expected);
    }

    #[test]
    fn comments_literals_and_tests_are_not_seen() {
        let text = r##"
            //! std::fs is not used
            /* std::env */
            fn f<'a>(x: &'a str) { g("std::fs \" std::net", '"', r#"crate::cli"#, b'\''); }
            #[cfg(test)]
            mod tests { use crate::cli::X; fn g() { if true { std::env::var(1) } } }
            use crate::wire::Y;
            #[cfg(test)]
            pub(crate) mod testing;
        "##;
        assert_eq!(paths("esp", text), ["crate::wire::Y"]);
        let modules = test_modules(Path::new("/src/net/mod.rs"), text);
        assert_eq!(modules, [PathBuf::from("/src/net/testing")]);
    }
}
