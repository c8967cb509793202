//! Hands what libFuzzer makes up, or what a file has, to the target `partner-reply`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("partner-reply");
