//! Hands what libFuzzer makes up to the target `journal_codec`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("journal-codec", bytes));
