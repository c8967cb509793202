//! Hands what libFuzzer makes up to the target `system_document`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("system-document", bytes));
