//! How a verb ended, and the exit code that says so.
//!
//! In: nothing. Out: [`Outcome`]. Never knows: verbs.

use std::process::ExitCode;

/// How a verb ended when the tool itself did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Fine,
    /// Exit code 1: documents have errors, a promise was not kept, or a service declined.
    Errors,
    /// Exit code 4.
    Stale,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => Self::SUCCESS,
            Outcome::Errors => Self::from(1),
            Outcome::Stale => Self::from(4),
        }
    }
}
