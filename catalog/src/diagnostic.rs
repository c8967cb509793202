//! Mistakes of authors as values: collected, placed, explained, with a way out.
//!
//! In: what a check found. Out: [`Diagnostic`] and [`Diagnostics`]. Never knows: how they are rendered.

use crate::model::Span;

/// Two names would become one in generated code. Reported by generators, which know what names become.
pub const COLLISION: &str = "E-COLLISION";

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

impl Diagnostic {
    /// A diagnostic without label, help and fix; the first letter of the code is its severity.
    #[must_use]
    pub fn new(code: &'static str, path: &str, span: Span, message: impl Into<String>) -> Self {
        let severity = Severity::of(code);
        let (path, message) = (path.to_owned(), message.into());
        Self { code, severity, path, span, message, label: String::new(), help: None, fix: None }
    }

    /// Sets the label under the excerpt.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// Sets the way out.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the replacement for the text at the span.
    pub fn fix(&mut self, fix: impl Into<String>) -> &mut Self {
        self.fix = Some(fix.into());
        self
    }
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

impl Severity {
    /// The severity that a code's first letter states.
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code.as_bytes().first() {
            Some(b'I') => Self::Info,
            Some(b'W') => Self::Warning,
            _ => Self::Error,
        }
    }
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

    /// Adds many.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.items.extend(diagnostics);
    }

    /// True when at least one error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// All of them.
    #[must_use]
    pub fn items(&self) -> &[Diagnostic] {
        &self.items
    }

    /// Those of one document: what its page lists as open points.
    pub fn of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Diagnostic> {
        self.items.iter().filter(move |item| item.path == path)
    }

    /// Sorted by document, place and code; duplicates dropped.
    pub fn sort(&mut self) {
        self.items.sort_by(|a, b| (&a.path, a.span, a.code, &a.message).cmp(&(&b.path, b.span, b.code, &b.message)));
        self.items.dedup();
    }
}
