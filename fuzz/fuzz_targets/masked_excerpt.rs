//! Hands what libFuzzer makes up to the target `masked_excerpt`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("masked-excerpt", bytes));
