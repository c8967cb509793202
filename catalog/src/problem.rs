//! A mistake in a small text inside a document: an expression, a template, a phrase.
//!
//! In: what a reader of small texts found. Out: [`Problem`]. Never knows: which document it stands in.

use crate::diagnostic::Diagnostic;
use crate::model::Span;

/// One mistake, with its place and a way out. [`Problem::in_document`] makes a [`Diagnostic`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, e.g. `E-FIELD`.
    pub code: &'static str,
    /// Where in the document.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Short label under the excerpt, may be empty.
    pub label: &'static str,
    /// What to do about it.
    pub help: Option<String>,
    /// A replacement for the text at `span`, when there is one obvious fix.
    pub fix: Option<Box<str>>,
}

impl Problem {
    /// A problem without label, help and fix.
    #[must_use]
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, span, message: message.into(), label: "", help: None, fix: None }
    }

    /// With a label under the excerpt.
    #[must_use]
    pub fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// With a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With a replacement for the text at the span.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into().into());
        self
    }

    /// The same, as a diagnostic of the document at `path`.
    #[must_use]
    pub fn in_document(self, path: &str) -> Diagnostic {
        let Self { code, span, message, label, help, fix } = self;
        let (label, fix) = (label.to_owned(), fix.map(String::from));
        Diagnostic { label, help, fix, ..Diagnostic::new(code, path, span, message) }
    }
}
