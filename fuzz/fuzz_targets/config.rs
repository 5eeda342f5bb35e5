#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vpnc_fuzz::config::run(data));
