//! Hands what libFuzzer makes up to the target `environment`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("environment", bytes));
