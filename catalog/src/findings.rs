//! The diagnostics of one document while it is read.
//!
//! In: codes, spans, sentences. Out: a bounded list of [`Diagnostic`]s. Never knows: other documents.

use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Span;
use crate::problem::Problem;

/// More than this in one document helps nobody, and a hostile document could ask for millions.
const MOST: usize = 500;

/// Collects what is found in one document.
#[derive(Debug, Clone)]
pub(crate) struct Findings {
    path: String,
    list: Vec<Diagnostic>,
    /// Where those go that are too many, so that [`Findings::add`] can always return a place to write help to.
    overflow: Option<Diagnostic>,
}

impl Findings {
    /// An empty list for the document at `path`.
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), list: Vec::new(), overflow: None }
    }

    /// Adds a diagnostic and returns it, so that the caller can add label, help and fix.
    pub(crate) fn add(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = Diagnostic::new(code, &self.path, span, message);
        if self.list.len() >= MOST {
            return self.overflow.insert(diagnostic);
        }
        self.list.push(diagnostic);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Adds a mistake in an expression or phrase.
    pub(crate) fn problem(&mut self, problem: Problem) {
        if self.list.len() < MOST {
            self.list.push(problem.in_document(&self.path));
        }
    }

    /// True when nothing more is taken: whoever would work for a suggestion can stop.
    pub(crate) fn full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// Adds many of them.
    pub(crate) fn problems(&mut self, problems: Vec<Problem>) {
        problems.into_iter().for_each(|problem| self.problem(problem));
    }

    /// True when an error stands at exactly this place: more about it would only repeat it.
    pub(crate) fn has_error_at(&self, span: Span) -> bool {
        self.list.iter().any(|item| item.severity == Severity::Error && item.span == span)
    }

    /// True when at least one is an error.
    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(|item| item.severity == Severity::Error)
    }

    /// How many errors there are.
    pub(crate) fn errors(&self) -> usize {
        self.list.iter().filter(|item| item.severity == Severity::Error).count() + usize::from(self.overflow.is_some())
    }

    /// Hands them over.
    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }
}
