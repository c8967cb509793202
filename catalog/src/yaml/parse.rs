//! YAML events become a tree.
//!
//! In: the front matter's text and where it starts in its document. Out: [`Node`], or diagnostics. Refuses
//! anchors, aliases, tags, directives and nesting beyond [`MAX_DEPTH`], so that a tree is never larger than its text.
//! Never knows: which keys mean what.

use super::{Entry, MAX_DEPTH, Node, Scalar, Value};
use crate::findings::Findings;
use crate::model::Span;
use crate::source::Source;
use granit_parser::{Event, Parser, ScalarStyle};
use std::collections::HashSet;

/// Parses `source.text[start..end]`. `None` after a mistake in the syntax; duplicate keys are reported and the first kept.
pub(crate) fn parse(source: &Source, (start, end): (usize, usize), findings: &mut Findings) -> Option<Node> {
    let text = &source.text[start..end];
    let options = granit_parser::options! { emit_comments: false, disallow_directives: true };
    let mut builder = Builder { source, start, findings, stack: Vec::new(), root: None };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => {
                let from = span.start.byte_offset().unwrap_or(0);
                let to = span.end.byte_offset().unwrap_or(from);
                builder.event(event, from, to)?;
            }
            Err(error) => {
                builder.syntax(error.marker().byte_offset().unwrap_or(text.len()), &error.info());
                return None;
            }
        }
    }
    builder.root
}

struct Builder<'s, 'f> {
    source: &'s Source,
    start: usize,
    findings: &'f mut Findings,
    stack: Vec<Open>,
    root: Option<Node>,
}

/// A list or mapping whose end was not seen yet.
struct Open {
    from: usize,
    items: Vec<Node>,
    entries: Vec<Entry>,
    key: Option<(String, Span)>,
    seen: HashSet<String>,
    map: bool,
}

impl Builder<'_, '_> {
    fn span(&self, from: usize, to: usize) -> Span {
        self.source.span(self.start + from, self.start + to)
    }

    /// `None` stops the parse.
    fn event(&mut self, event: Event<'_>, from: usize, to: usize) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_features(anchor, tag.is_some(), (from, to))?;
                let scalar = Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                self.value(Node { value: Value::Scalar(scalar), span: self.span(from, to) })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.plain_features(anchor, tag.is_some(), (from, to))?;
                self.open(from, false)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.plain_features(anchor, tag.is_some(), (from, to))?;
                self.open(from, true)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(to),
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.refuse("an alias (`*name`)", (from, to)),
            _ => Some(()),
        }
    }

    fn plain_features(&mut self, anchor: usize, tagged: bool, place: (usize, usize)) -> Option<()> {
        if anchor != 0 {
            return self.refuse("an anchor (`&name`)", place);
        }
        if tagged {
            return self.refuse("a tag (`!name`)", place);
        }
        Some(())
    }

    fn refuse(&mut self, what: &str, (from, to): (usize, usize)) -> Option<()> {
        let span = self.span(from, to);
        self.findings
            .add("E-YAML", span, format!("the front matter uses {what}, which documents may not"))
            .help("write the value out where it is used; put text that starts with `&`, `*` or `!` into quotes");
        None
    }

    fn syntax(&mut self, at: usize, info: &str) {
        let span = self.span(at, at + 1);
        if info.contains("recursion limit") || info.contains("nesting") {
            self.too_deep(span);
            return;
        }
        if info.contains("alias") || info.contains("anchor") {
            self.refuse("an anchor or alias", (at, at + 1));
            return;
        }
        self.findings.add("E-YAML", span, format!("the front matter is not valid YAML: {info}")).help(
            "look at the indentation of this line and the one before; text with `: `, ` #` or, inside `{ … }` and \
             `[ … ]`, with `${…}` or a comma needs quotes",
        );
    }

    fn too_deep(&mut self, span: Span) {
        self.findings.add("E-DEPTH", span, format!("lists and mappings are nested deeper than {MAX_DEPTH} levels"));
    }

    fn open(&mut self, from: usize, map: bool) -> Option<()> {
        if self.stack.len() >= MAX_DEPTH {
            let span = self.span(from, from + 1);
            self.findings.add("E-DEPTH", span, format!("lists and mappings are nested deeper than {MAX_DEPTH} levels"));
            return None;
        }
        let (items, entries, seen) = (Vec::new(), Vec::new(), HashSet::new());
        self.stack.push(Open { from, items, entries, key: None, seen, map });
        Some(())
    }

    fn close(&mut self, to: usize) -> Option<()> {
        let open = self.stack.pop()?;
        let span = self.span(open.from, to);
        let value = if open.map { Value::Map(open.entries) } else { Value::List(open.items) };
        self.value(Node { value, span })
    }

    fn value(&mut self, node: Node) -> Option<()> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        if !open.map {
            open.items.push(node);
            return Some(());
        }
        let Some((key, key_span)) = open.key.take() else {
            let Value::Scalar(scalar) = node.value else {
                self.findings.add("E-YAML", node.place(), "a key must be a single word, not a list or mapping");
                return None;
            };
            open.key = Some((scalar.text, node.span));
            return Some(());
        };
        if open.seen.insert(key.clone()) {
            open.entries.push(Entry { key, key_span, value: node });
        } else {
            self.findings
                .add("E-DUPLICATE-KEY", key_span, format!("the key `{key}` stands twice in one mapping"))
                .help("keep one of the two");
        }
        Some(())
    }
}
