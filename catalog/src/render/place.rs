//! The one place where spans are trusted to nothing: clamped to the text, snapped to character boundaries.
//!
//! In: a span and its document. Out: [`Place`]. Never knows: how places are written.

use crate::model::Span;
use crate::source::Source;

/// A place in a document, safe to slice with. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// First byte, at a character boundary.
    pub start: usize,
    /// One past the last byte, at a character boundary, never before `start`.
    pub end: usize,
    /// Line of `start`.
    pub line: u32,
    /// Column of `start`.
    pub column: u32,
    /// Line of `end`.
    pub end_line: u32,
    /// Column of `end`.
    pub end_column: u32,
}

/// Where a span stands; `None` when it means the whole document (line 0).
#[must_use]
pub fn place(source: &Source, span: Span) -> Option<Place> {
    if span.line == 0 {
        return None;
    }
    let start = source.text.floor_char_boundary(span.start);
    let end = source.text.ceil_char_boundary(span.end.max(start)).max(start);
    Some(Place {
        start,
        end,
        line: source.line(start),
        column: source.column(start),
        end_line: source.line(end),
        end_column: source.column(end),
    })
}
