//! Hands what libFuzzer makes up to the target `operators_listener`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("operators-listener", bytes));
