//! pulldown-cmark's events become [`Part`]s.
//!
//! In: a document's text and where its Markdown starts. Out: parts, or diagnostics about broken tables.
//! Never knows: what a heading means.

use super::{Cell, Fence, MAX_ROWS, Part, Row, Table};
use crate::findings::Findings;
use crate::source::Source;
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// Parses `source.text[start..]`.
pub(crate) fn parse(source: &Source, start: usize, findings: &mut Findings) -> Vec<Part> {
    let body = &source.text[start..];
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS | Options::ENABLE_GFM;
    let mut reader = Reader::new(source, start, findings);
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        reader.event(event, range.start + start..range.end + start);
    }
    reader.finish()
}

struct Reader<'s, 'f> {
    source: &'s Source,
    start: usize,
    findings: &'f mut Findings,
    parts: Vec<Part>,
    /// Depth of block quotes, lists and footnotes: headings in there do not start a part.
    depth: usize,
    heading: Option<String>,
    table: Option<Table>,
    row: Option<Row>,
    fence: Option<Fence>,
}

impl<'s, 'f> Reader<'s, 'f> {
    fn new(source: &'s Source, start: usize, findings: &'f mut Findings) -> Self {
        let (parts, depth) = (Vec::new(), 0);
        Self { source, start, findings, parts, depth, heading: None, table: None, row: None, fence: None }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.open(tag, range),
            Event::End(end) => self.close(end, range),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut self.heading {
                    heading.push_str(&text);
                } else if let Some(fence) = &mut self.fence {
                    if fence.text.is_empty() {
                        fence.span = self.source.span(range.start, range.end);
                    }
                    fence.text.push_str(&text);
                    fence.span.end = range.end;
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, tag: Tag<'_>, range: Range<usize>) {
        let span = self.source.span(range.start, range.end);
        match tag {
            Tag::BlockQuote(_) | Tag::List(_) | Tag::FootnoteDefinition(_) => self.depth += 1,
            Tag::Heading { level, .. } if self.depth == 0 && level <= HeadingLevel::H2 => {
                self.heading = Some(String::new());
            }
            Tag::Table(_) => self.table = Some(Table { header: Vec::new(), rows: Vec::new(), span }),
            Tag::TableHead | Tag::TableRow => self.row = Some(Row { cells: Vec::new(), span }),
            Tag::TableCell => {
                let cell = cell(self.source, range);
                if let Some(row) = &mut self.row {
                    row.cells.push(cell);
                }
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                self.fence = Some(Fence { info: info.trim().to_owned(), text: String::new(), span });
            }
            _ => {}
        }
    }

    fn close(&mut self, end: TagEnd, range: Range<usize>) {
        match end {
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::FootnoteDefinition => self.depth -= 1,
            TagEnd::Heading(level) if self.heading.is_some() => self.heading(level, &range),
            TagEnd::TableHead => {
                if let (Some(table), Some(row)) = (&mut self.table, self.row.take()) {
                    table.header = row.cells;
                }
            }
            TagEnd::TableRow => self.row(),
            TagEnd::Table => self.table(&range),
            TagEnd::CodeBlock => {
                if let (Some(part), Some(fence)) = (self.parts.last_mut(), self.fence.take()) {
                    part.fences.push(fence);
                    part.blocks.push((range.start, range.end));
                }
            }
            _ => {}
        }
    }

    fn heading(&mut self, level: HeadingLevel, range: &Range<usize>) {
        let heading = self.heading.take().unwrap_or_default().trim().to_owned();
        if let Some(part) = self.parts.last_mut() {
            part.body.1 = range.start;
        }
        let level = if level == HeadingLevel::H1 { 1 } else { 2 };
        let end = range.start + self.source.text[range.start..range.end].trim_end().len();
        let span = self.source.span(range.start, end);
        let body = (range.end, self.source.text.len());
        let (blocks, tables, fences) = (Vec::new(), Vec::new(), Vec::new());
        self.parts.push(Part { heading, level, span, body, blocks, tables, fences });
    }

    fn row(&mut self) {
        let (Some(table), Some(row)) = (&mut self.table, self.row.take()) else { return };
        let width = table.header.len();
        let written = cells(&self.source.text[row.span.start..row.span.end]);
        if written != width {
            let end = row.span.start + self.source.text[row.span.start..row.span.end].trim_end().len();
            let message = format!("this row has {written} cells, the table has {width} columns");
            self.findings
                .add("E-TABLE", self.source.span(row.span.start, end), message)
                .help("give every column a cell, empty ones too; write `\\|` for a bar inside a cell");
        }
        if table.rows.len() < MAX_ROWS {
            table.rows.push(row);
        } else if table.rows.len() == MAX_ROWS {
            self.findings
                .add("E-TABLE", row.span, format!("the table has more than {MAX_ROWS} rows"))
                .help("a table of this size is data, not a contract: split the message or move the values to a system");
            table.rows.push(row);
        }
    }

    fn table(&mut self, range: &Range<usize>) {
        let (Some(part), Some(table)) = (self.parts.last_mut(), self.table.take()) else { return };
        part.tables.push(table);
        part.blocks.push((range.start, range.end));
    }

    fn finish(self) -> Vec<Part> {
        let first = self.parts.first().map_or(self.source.text.len(), |part| part.span.start);
        let lead = &self.source.text[self.start..first];
        if !lead.trim().is_empty() {
            let from = self.start + (lead.len() - lead.trim_start().len());
            let to = from + lead.trim().lines().next().map_or(0, str::len);
            self.findings
                .add("E-HEADING", self.source.span(from, to), "text stands before the first heading")
                .help("begin with `## Summary`");
        }
        self.parts
    }
}

/// How many cells a row is written with.
fn cells(row: &str) -> usize {
    let row = row.trim();
    let mut bars = 0;
    let mut escaped = false;
    let mut last = false;
    for c in row.chars() {
        last = c == '|' && !escaped;
        bars += usize::from(last);
        escaped = c == '\\' && !escaped;
    }
    let outer = usize::from(row.starts_with('|')) + usize::from(last && row.len() > 1);
    (bars + 1).saturating_sub(outer)
}

fn cell(source: &Source, range: Range<usize>) -> Cell {
    let raw = &source.text[range.clone()];
    let (mut start, mut text) = (range.start + raw.len() - raw.trim_start().len(), raw.trim());
    let quoted = text.len() >= 2 && text.starts_with('`') && text.ends_with('`');
    if quoted && !text[1..text.len() - 1].contains('`') {
        text = &text[1..text.len() - 1];
        start += 1;
    }
    let span = source.span(start, start + text.len());
    Cell { text: text.replace("\\|", "|"), span }
}
