//! Hands what libFuzzer makes up to the target `retry_after`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("retry-after", bytes));
