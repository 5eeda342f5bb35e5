//! The man pages and completion scripts in the tree are those the definitions yield.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use vpnc_cli::cli::generate::{self, Generated};

#[test]
fn man_pages_are_fresh() {
    compare("man", &generate::man_pages().expect("man pages"));
}

#[test]
fn completions_are_fresh() {
    compare("completions", &generate::completions());
}

fn compare(folder: &str, expected: &[Generated]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    for (name, contents) in expected {
        let path = folder.join(name);
        let stored = fs::read(&path).unwrap_or_default();
        assert!(stored == *contents, "{} is out of date; {RENEW}", path.display());
    }
    let stored: BTreeSet<String> = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let expected: BTreeSet<String> = expected.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(stored, expected, "{RENEW}");
}

const RENEW: &str = "renew with: cargo xtask generate";
