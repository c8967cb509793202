//! Mistakes of authors as values: collected, placed, explained, with a way out.
//!
//! In: what a check found. Out: [`Diagnostic`] and [`Diagnostics`]. Never knows: how they are rendered.

use crate::model::Span;

/// One thing worth saying about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, e.g. `E-RETRY`: `E` error, `W` warning, `I` information, then a word.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Document, relative to the project root.
    pub path: String,
    /// Where in it; line 0 when the whole document is meant.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Short label under the excerpt, may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A replacement for the text at `span`, when there is one obvious fix.
    pub fix: Option<String>,
}

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Builds, but somebody should look: an open point on the page.
    Warning,
    /// The catalog does not exist until it is mended.
    Error,
}

/// All that was found, in order of document and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// True when at least one error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items
            .iter()
            .any(|item| item.severity == Severity::Error)
    }

    /// All of them.
    #[must_use]
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// Sorted by document, place and code; duplicates dropped.
    pub fn sort(&mut self) {
        self.items.sort_by(|a, b| {
            (&a.path, a.span, a.code, &a.message).cmp(&(&b.path, b.span, b.code, &b.message))
        });
        self.items.dedup();
    }
}
