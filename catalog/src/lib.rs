//! Documents in, checked [`Catalog`] out.
//!
//! In: a folder of Markdown documents with YAML front matter, and environments in TOML. Out: a [`Catalog`], which
//! exists only if every document is valid, and [`Diagnostics`] with everything worth saying about them.
//! Never knows: Rust code generation, HTML, the runtime.

pub mod diagnostic;
pub mod explain;
pub mod expr;
pub mod model;
pub mod nearest;
pub mod phrase;

mod catalog;
mod problem;

pub use catalog::{Catalog, CatalogParts};
