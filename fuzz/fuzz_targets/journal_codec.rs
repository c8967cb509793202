//! Hands what libFuzzer makes up, or what a file has, to the target `journal-codec`.
#![cfg_attr(fuzzing, no_main)]
tieline_fuzz::driver!("journal-codec");
