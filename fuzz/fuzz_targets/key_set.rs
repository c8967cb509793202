//! Hands what libFuzzer makes up to the target `key_set`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("key-set", bytes));
