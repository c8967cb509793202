//! Catalog in, generated crates out.
//!
//! In: a checked [`catalog::Catalog`]. Out: `generated/`, one crate a domain and one that registers them all.
//! Never knows: how documents are parsed, what the runtime does, HTML.
//!
//! Three verbs, in this order: [`plan()`] decides every name, type and body; [`emit`] prints the plan through templates;
//! [`sync`] compares the result with the disk, and writes what changed. Only the last one touches files.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod digest;
mod emit;
mod error;
mod file_set;
mod format;
mod manifest;
mod names;
pub mod plan;
mod rust_expr;
mod sync;
mod templates;

use std::path::Path;

pub use emit::emit;
pub use error::Error;
pub use file_set::{File, FileSet};
pub use plan::{Plan, plan};
pub use sync::{Finding, Mode, Report, State, Why, sync};
pub use templates::Templates;

/// Plans and prints a catalog with the templates of a project: everything but writing.
///
/// # Errors
/// Names that collide, templates that are broken or print no Rust.
pub fn generate(catalog: &catalog::Catalog, root: &Path) -> Result<FileSet, Error> {
    let plan = plan(catalog).map_err(Error::Names)?;
    emit(&plan, &Templates::of_project(root)?)
}
