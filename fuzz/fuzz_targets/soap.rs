//! Hands what libFuzzer makes up to the target `soap`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("soap", bytes));
