//! One document, parsed: front matter and Markdown.
//!
//! In: [`Source`]. Out: [`Document`]. Never knows: keys, headings, other documents.

use crate::findings::Findings;
use crate::markdown::{self, Part};
use crate::source::{Source, SourceKind};
use crate::yaml::{self, Node};

/// A parsed document.
#[derive(Debug)]
pub(crate) struct Document<'s> {
    pub(crate) source: &'s Source,
    /// The front matter, or the whole TOML of an environment; `None` if its syntax is broken.
    pub(crate) front: Option<Node>,
    /// The Markdown in parts.
    pub(crate) parts: Vec<Part>,
}

/// Parses a document; mistakes in one half do not hide those in the other.
pub(crate) fn parse<'s>(source: &'s Source, findings: &mut Findings) -> Document<'s> {
    if matches!(source.kind, SourceKind::Environment | SourceKind::Settings) {
        let front = yaml::parse_toml(source, findings);
        return Document { source, front, parts: Vec::new() };
    }
    let Some((start, end, body)) = fences(&source.text) else {
        let line = source.text.lines().next().map_or(0, str::len);
        findings
            .add("E-FRONT-MATTER", source.span(0, line), "the document has no front matter that begins and ends")
            .help("the first line is `---`, then come the keys, then another line `---`, then the Markdown");
        return Document { source, front: None, parts: Vec::new() };
    };
    let front = yaml::parse(source, (start, end), findings);
    if front.is_none() && !findings.has_errors() {
        findings.add("E-FRONT-MATTER", source.span(0, 3), "the front matter is empty");
    }
    let parts = markdown::parse(source, body, findings);
    Document { source, front, parts }
}

/// Start and end of the front matter, start of the Markdown.
fn fences(text: &str) -> Option<(usize, usize, usize)> {
    let first = text.lines().next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let start = first.len() + 1;
    let mut at = start;
    for line in text.get(start..)?.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((start, at, at + line.len()));
        }
        at += line.len();
    }
    None
}
