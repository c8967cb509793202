//! Hands what libFuzzer makes up, or what a file has, to the target `retry-after`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("retry-after");
