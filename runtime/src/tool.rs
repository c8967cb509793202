//! Tools for a store at rest: check, repair, export, import.
//!
//! In: a store that no service is running on. Out: findings, lines, counts. Never knows: which kind of store it is, command lines.

mod check;
mod export;
mod import;
mod line;

#[cfg(test)]
mod tests;

pub use check::{Checked, Finding, check, repair};
pub use export::{Exported, export};
pub use import::{Imported, import};

use crate::journal::StoreError;

/// How far long work has come: things done so far.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Things between two reports of progress.
const STEP: u64 = 1_000;

/// Why a tool stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The file that is read or written.
    #[error("the export: {0}")]
    File(#[from] std::io::Error),
    /// A line that is none of an export.
    #[error("line {number} of the export: {problem}")]
    Line {
        /// 1, 2, …
        number: u64,
        /// What is wrong.
        problem: String,
    },
}
