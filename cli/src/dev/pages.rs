//! The site of a project, each page made when somebody asks for it: a change is told as soon as the documents are checked.
//!
//! In: a project. Out: pages by path, and what was found in the documents. Never knows: who looks.

use std::{sync::Arc, time::Instant};

use catalog::{
    Catalog, Reader,
    diagnostic::{Diagnostics, Severity},
    render,
};

use crate::{building::options, failure::Failure, project::Project};

/// What pages are made from.
#[derive(Debug)]
struct Sources {
    catalog: Catalog,
    diagnostics: Diagnostics,
    options: site::Options,
}

/// Pages of the last documents without errors, and diagnostics of the last ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    last: Option<Arc<Sources>>,
    /// Grows with every build.
    version: u64,
    stands: bool,
    diagnostics: String,
    found: String,
    took_ms: u128,
}

impl Pages {
    /// Builds from the documents as they are. Where they have errors, the pages from before stay.
    pub(super) fn build(&mut self, project: &Project, reader: &mut Reader) -> Result<(), Failure> {
        let start = Instant::now();
        let (catalog, found, sources) = reader.open(&project.root);
        self.stands = catalog.is_some();
        self.diagnostics = render::json(&found, &sources);
        self.found = counted(&found);
        if let Some(catalog) = catalog {
            let options = options(project, &catalog)?;
            self.last = Some(Arc::new(Sources { catalog, diagnostics: found, options }));
        }
        self.version += 1;
        self.took_ms = start.elapsed().as_millis();
        Ok(())
    }

    /// A file of the site; pages with what shows changes and diagnostics.
    pub(super) fn file(&self, path: &str) -> Option<Vec<u8>> {
        if let Some((_, text)) = site::DEV.iter().find(|(name, _)| *name == path) {
            return Some(text.as_bytes().to_vec());
        }
        let Sources { catalog, diagnostics, options } = self.last.as_deref()?;
        let bytes = site::emit_one(catalog, diagnostics, options, path)?;
        let page = std::str::from_utf8(&bytes).ok().filter(|_| path.ends_with(".html")).and_then(site::dev);
        Some(page.map_or(bytes, String::into_bytes))
    }

    /// Whether there never were documents without errors.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// For open pages: which version this is, whether it could be built, and what was found, as JSON.
    pub(super) fn word(&self) -> String {
        // On one line: a line end would end the event.
        let diagnostics = self.diagnostics.replace(['\n', '\r'], " ");
        format!(r#"{{"version":{},"stands":{},"diagnostics":{diagnostics}}}"#, self.version, self.stands)
    }

    /// Whether the pages are of the documents as they are.
    pub(super) const fn stands(&self) -> bool {
        self.stands
    }

    /// `2 errors, 1 warning`; empty if nothing was found.
    pub(super) fn found(&self) -> String {
        self.found.clone()
    }

    /// How long building took.
    pub(super) const fn took_ms(&self) -> u128 {
        self.took_ms
    }
}

fn counted(found: &Diagnostics) -> String {
    let count = |severity, word: &str| {
        let count = found.items().iter().filter(|item| item.severity == severity).count();
        (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
    };
    let words = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
