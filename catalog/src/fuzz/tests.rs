//! A short run of every target, the same each time.

#![allow(clippy::expect_used, reason = "a test may panic")]

#[path = "../../../fuzz/seeded.rs"]
mod seeded;

use super::TARGETS;

/// Inputs of a target in a usual run.
const RUNS: u32 = 2_000;
/// Of one that reads a whole project.
const DOCUMENTS: u32 = 60;

#[test]
fn every_target_comes_back_from_whatever_it_is_given() {
    for target in TARGETS {
        let runs = if target.name.ends_with("-document") { DOCUMENTS } else { RUNS };
        seeded::holds(target.name, target.run, target.examples, runs);
    }
}
