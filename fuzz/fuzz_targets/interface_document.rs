//! Hands what libFuzzer makes up to the target `interface_document`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("interface-document", bytes));
