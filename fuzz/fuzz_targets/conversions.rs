//! Hands what libFuzzer makes up, or what a file has, to the target `conversions`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("conversions");
