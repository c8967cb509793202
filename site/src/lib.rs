//! Catalog in, website out.
//!
//! In: a checked [`catalog::Catalog`], what was found in its documents, the manual. Out: files, pure functions of what
//! went in; [`build()`] puts them into a folder. Never knows: the runtime, code generation, the clock, the network.
//!
//! The way through the crate: [`emit`] asks `routes` where every page lives, `view` what stands on it (plain
//! structures, all decisions taken, words from `words`, drawings from `draw`), and lets the templates in
//! `templates/` print it. Every text of a document is escaped or rendered by `markdown`, which lets nothing foreign
//! through; links between pages are relative, so that a site works from `file://` and under any path.
//!
//! Pages see the catalog through `noted`, which writes down in `reads` which interfaces a file was made of; `made` keeps that
//! beside the site, and the next build makes only what could become different.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod draw;
mod emit;
mod export;
mod fields;
mod front;
mod history;
mod html;
mod live;
mod made;
mod markdown;
mod noted;
mod objects;
mod paths;
mod reads;
mod revisions;
mod routes;
mod search;
mod view;
mod words;
mod write;

pub use emit::{Files, emit, emit_one};
pub use history::{History, Revision, Revisions};
pub use live::{DEV, WAITING, dev, live};
pub use write::{Error, Report, build, rebuild, write};

/// What a site needs besides the catalog.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the site, on every page.
    pub name: String,
    /// The version of the documents, e.g. a commit, if it is known; shown in the trust line.
    pub commit: Option<String>,
    /// Where the site will be reached, ending in `/`, if it is known. Pages never need it; feeds and maps for other
    /// programs do.
    pub address: Option<String>,
    /// Pages of the manual, in their order.
    pub manual: Vec<Manual>,
    /// Revisions of the documents, if they are known.
    pub history: History,
    /// Picture in the head of every page.
    pub logo: Option<Logo>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "Interface catalog".to_owned(),
            commit: None,
            address: None,
            manual: Vec::new(),
            history: History::default(),
            logo: None,
        }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// `svg` or `png`.
    pub ending: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One page of the manual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// Path of the file, e.g. `docs/tutorial.md`; its name becomes the address.
    pub path: String,
    /// Linked from every page.
    pub featured: bool,
    /// Its text.
    pub markdown: String,
}
