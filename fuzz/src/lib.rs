//! Bodies of the fuzz targets: what to do with hostile octets, and what must hold afterwards.
//!
//! `tests/fuzz_corpus.rs` of the main crate includes this file and runs the committed corpora through it, so that
//! they are checked by every `cargo test` without a fuzzer. To add a target: a module with `run` here, a line in
//! [`TARGETS`], a file in `fuzz_targets`, a `[[bin]]` in `Cargo.toml` and some inputs in `corpus`
//! (at most 40 files of at most 2 KB).
//!
//! To fuzz with a stable compiler, apart from the committed corpus:
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none TARGET SCRATCH_FOLDER fuzz/corpus/TARGET`.

pub mod config;
pub mod esp_open;
pub mod flow;
pub mod host_check;
pub mod http_head;
pub mod ip_split;
pub mod lzo;
pub mod page;
pub mod record_kmp;
pub mod tlv;

/// One fuzz target.
pub struct Target {
    /// Name of the binary and of the folder in `corpus`.
    pub name: &'static str,
    /// What is done with each input; panics when something does not hold.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("config", config::run),
    target("esp_open", esp_open::run),
    target("flow", flow::run),
    target("host_check", host_check::run),
    target("http_head", http_head::run),
    target("ip_split", ip_split::run),
    target("lzo", lzo::run),
    target("page", page::run),
    target("record_kmp", record_kmp::run),
    target("tlv", tlv::run),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}
