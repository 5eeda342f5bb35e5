//! Configuration files: TOML and option files.

use std::sync::LazyLock;

use vpnc_cli::cli::config::entry::Value;
use vpnc_cli::cli::config::vocabulary::{Kind, Vocabulary};
use vpnc_cli::cli::config::{Form, parse};

static KEYS: LazyLock<Vocabulary> = LazyLock::new(Vocabulary::of_program);

/// Reads the octets as both; what is understood has known keys, its place is inside, and its words begin with the key.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let lines = text.split('\n').count();
    for form in [Form::Toml, Form::Options] {
        let entries = match parse(text, form, &KEYS) {
            Ok(entries) => entries,
            Err(problem) => {
                assert!((1..=lines).contains(&problem.at.line) && problem.at.column >= 1);
                assert!(!problem.fault.to_string().contains('\n'));
                continue;
            }
        };
        for entry in &entries {
            let (option, kind) = KEYS.find(&entry.option).expect("a key");
            assert_eq!(option, entry.option);
            assert!((1..=lines).contains(&entry.at.line));
            match (&entry.value, kind) {
                (Value::Times(_), Kind::Flag | Kind::Count) | (Value::Texts(_), Kind::List) => {}
                (Value::Texts(texts), Kind::Value) => assert_eq!(texts.len(), 1),
                other => panic!("{other:?}"),
            }
            let head = format!("--{option}");
            assert!(entry.words().iter().all(|word| word.starts_with(&head)));
        }
        let mut names: Vec<&str> = entries.iter().map(|entry| entry.option.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), entries.len(), "each option once");
    }
}
