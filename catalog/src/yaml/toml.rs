//! TOML becomes the same tree as YAML.
//!
//! In: the text of an environment, or of the settings. Out: [`Node`], or a diagnostic. Never knows: which keys mean what.

use super::{Entry, MAX_DEPTH, Node, Scalar, Value};
use crate::findings::Findings;
use crate::source::{Source, SourceKind};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Parses the whole source as TOML.
pub(crate) fn parse(source: &Source, findings: &mut Findings) -> Option<Node> {
    match DeTable::parse(&source.text) {
        Ok(table) => {
            let range = table.span();
            let value = map(source, table.get_ref(), 0);
            Some(Node { value, span: source.span(range.start, range.end) })
        }
        Err(error) => {
            let range = error.span().unwrap_or(0..0);
            let what = if source.kind == SourceKind::Settings { "the settings are" } else { "the environment is" };
            let message = format!("{what} not valid TOML: {}", error.message().replace('\n', ", "));
            findings.add("E-TOML", source.span(range.start, range.end), message);
            None
        }
    }
}

fn map(source: &Source, table: &DeTable<'_>, depth: usize) -> Value {
    let mut entries: Vec<Entry> = table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: source.span(key.span().start, key.span().end),
            value: node(source, value, depth + 1),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span);
    Value::Map(entries)
}

fn node(source: &Source, spanned: &Spanned<DeValue<'_>>, depth: usize) -> Node {
    let range = spanned.span();
    let span = source.span(range.start, range.end);
    let scalar = |text: String, plain: bool| Value::Scalar(Scalar { text, plain });
    let value = match spanned.get_ref() {
        DeValue::String(text) => scalar(text.to_string(), false),
        DeValue::Table(table) if depth < MAX_DEPTH => map(source, table, depth),
        DeValue::Array(items) if depth < MAX_DEPTH => {
            Value::List(items.iter().map(|item| node(source, item, depth + 1)).collect())
        }
        _ => scalar(source.text[span.start..span.end].to_owned(), true),
    };
    Node { value, span }
}
