//! Hands what libFuzzer makes up to the target `scrubbed_text`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("scrubbed-text", bytes));
