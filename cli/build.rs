//! Nothing to do before the command is compiled.
//!
//! In: nothing. Out: nothing. Never knows: the command. Without this file cargo does not look at `[build-dependencies]`, where
//! the command says which features of macros it shares with the service.

fn main() {}
