//! Hands what libFuzzer makes up to the target `partner_reply`.
#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tieline_fuzz::run("partner-reply", bytes));
