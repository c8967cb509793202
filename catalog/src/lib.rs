//! Documents in, checked [`Catalog`] out.
//!
//! In: a folder of Markdown documents with YAML front matter, and environments in TOML. Out: a [`Catalog`], which
//! exists only if every document is valid, and [`Diagnostics`](diagnostic::Diagnostics) with everything worth saying about them.
//! Never knows: Rust code generation, HTML, the runtime.

pub mod colour;
pub mod diagnostic;
pub mod diff;
pub mod explain;
pub mod expr;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzz;
pub mod model;
pub mod nearest;
pub mod outcomes;
pub mod phrase;
pub mod render;

mod catalog;
mod check;
mod digest;
mod document;
mod fields;
mod findings;
mod kept;
mod lint;
mod load;
mod lower;
mod markdown;
mod open;
mod problem;
mod source;
mod spread;
mod symbols;
mod walk;
mod yaml;

pub use catalog::{Catalog, CatalogParts};
pub use fields::{FieldHelp, reference};
pub use load::{Loaded, MAX_DOCUMENT_BYTES, from_files, kind, load};
pub use open::{Reader, check_sources, open};
pub use source::{SETTINGS, Source, SourceKind, Sources};
