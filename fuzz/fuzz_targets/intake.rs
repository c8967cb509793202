//! Hands what libFuzzer makes up, or what a file has, to the target `intake`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("intake");
