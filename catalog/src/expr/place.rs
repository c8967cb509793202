//! From bytes of a small text to the span in its document.
//!
//! In: the text, its place in the document. Out: [`Span`]s. Never knows: the rest of the document.

use super::tree::{Fault, Range};
use crate::model::Span;
use crate::problem::Problem;

/// Where a text stands, and how exactly that is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    text: &'a str,
    at: Span,
    /// Bytes between the start of `at` and the text: 0 as it stands, 1 behind a quote; `None` after escapes.
    offset: Option<usize>,
}

impl<'a> Place<'a> {
    pub(crate) fn new(text: &'a str, at: Span) -> Self {
        let offset = match at.end.saturating_sub(at.start).checked_sub(text.len()) {
            Some(0) => Some(0),
            Some(2) => Some(1),
            _ => None,
        };
        Self { text, at, offset }
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// A part of this text, itself in a known place.
    pub(crate) fn part(&self, range: Range) -> Self {
        let text = &self.text[range.start..range.end];
        match self.offset {
            Some(_) => Self { text, at: self.span(range), offset: Some(0) },
            None => Self { text, at: self.at, offset: None },
        }
    }

    /// The span of some bytes of the text; all of it where that cannot be told.
    pub(crate) fn span(&self, range: Range) -> Span {
        let Some(offset) = self.offset else { return self.at };
        let before = self.text.get(..range.start).unwrap_or(self.text);
        let lines = u32::try_from(before.matches('\n').count()).unwrap_or(0);
        let start = self.at.start + offset;
        let line = if self.at.line == 0 { 0 } else { self.at.line.saturating_add(lines) };
        Span { start: start + range.start, end: start + range.end.max(range.start), line }
    }

    /// True when a replacement for a part of the text can be put into the document.
    pub(crate) fn is_exact(&self) -> bool {
        self.offset.is_some()
    }

    /// A fault of grammar as a problem. A fix is dropped where its place is not known exactly.
    pub(crate) fn problem(&self, fault: Fault) -> Problem {
        let Fault { code, range, message, help, fix } = fault;
        let fix = fix.filter(|_| self.is_exact()).map(Box::from);
        Problem { help, fix, ..Problem::new(code, self.span(range), message) }
    }
}
