//! Hands what libFuzzer makes up to the target `store_import`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("store-import", bytes));
