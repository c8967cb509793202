//! Hands what libFuzzer makes up, or what a file has, to the target `xml`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("xml");
