//! Fuzz targets: everything here that reads bytes from outside.
//!
//! In: any bytes. Out: nothing; a target that comes back has held. Never knows: who chooses the bytes. Compiled for tests
//! and for fuzzing only.
//!
//! Each target is a plain function, so that a fuzzer can drive it (`fuzz/` does), and a short run with a seed is a test
//! like any other: it changes what is well formed a little, which reaches further than noise does.

#![allow(clippy::expect_used, reason = "whoever fuzzes wants to hear of it")]

mod formats;
mod kept;
mod listeners;
mod messages;
mod partners;

use tokio::runtime::{Builder, Runtime};

/// One thing that reads bytes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As on the command line.
    pub name: &'static str,
    /// What it does with bytes.
    pub run: fn(&[u8]),
    /// Well-formed bytes to begin with.
    pub examples: &'static [&'static str],
}

/// All of them.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [formats::TARGETS, messages::TARGETS, listeners::TARGETS, partners::TARGETS, kept::TARGETS].into_iter().flatten()
}

/// The result of work that is done on one thread.
fn wait<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: Runtime =
            Builder::new_current_thread().enable_all().build().expect("a runtime without threads");
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}

#[cfg(test)]
mod tests;
