//! The Markdown half of a document: parts under headings, with tables and fences, every cell with its place.
//!
//! In: text. Out: [`Part`]s. Never knows: what a heading means.

mod parse;

pub(crate) use parse::parse;

use crate::model::Span;

/// Most rows of one table.
pub(crate) const MAX_ROWS: usize = 2_000;

/// Everything between a heading of level 1 or 2 and the next one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// Heading text as plain text.
    pub(crate) heading: String,
    /// 1 or 2.
    pub(crate) level: u8,
    /// The heading.
    pub(crate) span: Span,
    /// Byte range of the body.
    pub(crate) body: (usize, usize),
    /// Byte ranges of tables and fences in the body, in order: what is left is prose.
    pub(crate) blocks: Vec<(usize, usize)>,
    pub(crate) tables: Vec<Table>,
    pub(crate) fences: Vec<Fence>,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) header: Vec<Cell>,
    pub(crate) rows: Vec<Row>,
    pub(crate) span: Span,
}

/// A table row; as many cells as the header.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Cell>,
    pub(crate) span: Span,
}

/// A table cell: the text as written, without padding, surrounding back quotes and `\|`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fence {
    /// Everything behind the back quotes.
    pub(crate) info: String,
    /// The text between the fences.
    pub(crate) text: String,
    /// The text's place.
    pub(crate) span: Span,
}

impl Part {
    /// The body without its tables and fences, trimmed.
    pub(crate) fn prose(&self, text: &str) -> String {
        self.without(&self.blocks, text)
    }

    /// The body without its tables, trimmed: fences are for people where only a table is reserved.
    pub(crate) fn around_tables(&self, text: &str) -> String {
        let fences: Vec<usize> = self.fences.iter().map(|fence| fence.span.start).collect();
        let is_fence = |(start, end): &(usize, usize)| fences.iter().any(|at| (*start..*end).contains(at));
        let tables: Vec<_> = self.blocks.iter().copied().filter(|block| !is_fence(block)).collect();
        self.without(&tables, text)
    }

    fn without(&self, blocks: &[(usize, usize)], text: &str) -> String {
        let mut prose = String::new();
        let mut from = self.body.0;
        for (start, end) in blocks {
            prose.push_str(text.get(from..*start).unwrap_or_default());
            from = (*end).max(from);
        }
        prose.push_str(text.get(from..self.body.1).unwrap_or_default());
        prose.trim().to_owned()
    }
}
