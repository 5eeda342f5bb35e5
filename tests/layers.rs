//! The floors of the crate: imports go down only, and the lower floors ask the system for nothing.
//!
//! The crate page in `src/lib.rs` says what the floors are. What a crate border would enforce is read off the source
//! text here.

#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::Source;

#[test]
fn imports_go_down_and_the_lower_floors_are_pure() {
    let sources = sources();
    assert!(sources.len() > 50, "the sources were not found");
    let problems: Vec<String> = sources
        .iter()
        .flat_map(|source| rules::problems(&source.module, &source.paths))
        .collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn files_are_small_named_for_what_they_do_and_say_it() {
    let root = root();
    let mut problems = Vec::new();
    for path in rust_files(&root) {
        let text = fs::read_to_string(&path).expect("source");
        let name = path.strip_prefix(&root).expect("below src").display();
        problems.extend(rules::file_problems(&path, &text).map(|problem| format!("{name}: {problem}")));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// All that is compiled into the program.
fn sources() -> Vec<Source> {
    let root = root();
    let files = rust_files(&root);
    let texts: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("source");
            (path, text)
        })
        .collect();
    let for_tests: Vec<PathBuf> = texts
        .iter()
        .flat_map(|(path, text)| source::test_modules(path, text))
        .collect();
    texts
        .iter()
        .filter(|(path, _)| !for_tests.iter().any(|module| is_in(path, module)))
        .map(|(path, text)| Source::read(source::module_of(&root, path), text))
        .collect()
}

/// True when `path` is the file of the module, or below its folder. `module` has no extension.
fn is_in(path: &Path, module: &Path) -> bool {
    path.with_extension("") == module || path.starts_with(module)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
