//! Runs the committed fuzz corpora through the bodies of the fuzz targets.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
pub mod fuzz;

#[test]
fn corpora_pass() {
    for fuzz::Target { name, run } in fuzz::TARGETS {
        let inputs = corpus(name);
        assert!(
            (1..=40).contains(&inputs.len()),
            "{name}: {} inputs",
            inputs.len()
        );
        for input in inputs {
            assert!(input.len() <= 2048, "{name}: input of {} octets", input.len());
            run(&input);
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(target);
    let entries = fs::read_dir(&folder).expect("each target has a corpus");
    entries
        .map(|entry| fs::read(entry.expect("readable folder").path()).expect("readable input"))
        .collect()
}
