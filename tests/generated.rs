//! The man pages and completion scripts in the tree are those the definitions yield.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use vpnc_cli::cli::generate::{self, Generated};

#[test]
fn man_pages_are_fresh() {
    compare("man", &generate::man_pages().expect("man pages"));
}

/// Errors point there.
#[test]
fn pages_of_commands_that_reach_the_gateway_have_the_section_on_old_ones() {
    let pages = generate::man_pages().expect("man pages");
    for name in ["vpnc-cli.1", "vpnc-cli-connect.1", "vpnc-cli-logout.1"] {
        let (_, page) = pages.iter().find(|(known, _)| known == name).expect(name);
        let page = String::from_utf8_lossy(page);
        assert!(page.contains("OLD GATEWAYS"), "{name}");
    }
}

#[test]
fn completions_are_fresh() {
    compare("completions", &generate::completions());
}

/// Needs bash; without it says so, or fails with `VPNC_TEST_REQUIRE_ALL=1`.
#[test]
fn bash_completes_the_options_of_a_command() {
    for (words, expected) in [
        ("vpnc-cli connect --serverc", "--servercert"),
        ("vpnc-cli up --serverc", "--servercert"),
        ("vpnc-cli logout --cookie-o", "--cookie-on-stdin"),
        ("vpnc-cli completions fi", "fish"),
        ("vpnc-cli connect gw.example --tls le", "legacy"),
        ("vpnc-cli conn", "connect"),
    ] {
        match completed_by_bash(words) {
            Some(answer) => assert_eq!(answer, expected, "{words}"),
            None => return left_out("there is no bash"),
        }
    }
}

/// What the script in the tree makes of the last word, the way bash calls it.
fn completed_by_bash(words: &str) -> Option<String> {
    const CALL: &str = r#"
        source "$1" || exit
        shift
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        set -- $(complete -p vpnc-cli)
        while [ "$1" != -F ]; do shift; done
        "$2" vpnc-cli "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}""#;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/vpnc-cli.bash");
    let output = Command::new("bash")
        .args(["--norc", "-c", CALL, "bash"])
        .arg(script)
        .args(words.split(' '))
        .output()
        .ok()?;
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}: {complaints}");
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn left_out(why: &str) {
    drop(writeln!(std::io::stderr(), "LEFT OUT: {why}"));
    let all = std::env::var_os("VPNC_TEST_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!all, "{why}");
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
