//! A document taken apart into items that have a name.
//!
//! In: a parsed document. Out: [`Item`]s in document order, names unique. Never knows: the other version.

use std::collections::HashSet;

use super::steps;
use crate::document::Document;
use crate::fields::{Key, Kind, Table, columns, interface, settings, system};
use crate::markdown::{self, Part};
use crate::source::SourceKind;
use crate::yaml::{Entry, Node, Value};

/// A named piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// The way to it: `["errors", "retry"]`, `["Message: Order", "lines[].price", "Type"]`.
    pub(super) place: Vec<String>,
    /// What stands there, in one spelling.
    pub(super) text: String,
    /// Its line.
    pub(super) line: u32,
    /// Part of the contract; the rest is for people.
    pub(super) fact: bool,
}

/// All items.
pub(super) fn of(document: &Document<'_>) -> Vec<Item> {
    let mut items = Items::default();
    if let Some(front) = &document.front {
        let table = match document.source.kind {
            SourceKind::Interface => Some(&interface::INTERFACE),
            SourceKind::System => Some(&system::SYSTEM),
            SourceKind::Settings => Some(&settings::SETTINGS),
            SourceKind::Environment => None,
        };
        items.node(&[], front, table, true);
    }
    for part in &document.parts {
        items.part(part, &document.source.text);
    }
    items.list
}

/// Whose document it is.
pub(super) fn subject(items: &[Item]) -> Option<String> {
    let named = |name: &str| items.iter().find(|it| it.place == [name]).map(|it| it.text.clone());
    named("smart_id").or_else(|| named("system"))
}

/// Items so far, and their names.
#[derive(Debug, Default)]
pub(super) struct Items {
    list: Vec<Item>,
    taken: HashSet<Vec<String>>,
}

impl Items {
    pub(super) fn add(&mut self, place: &[&str], text: String, line: u32, fact: bool) {
        let mut place: Vec<String> = place.iter().map(|&part| part.to_owned()).collect();
        let mut number = 2;
        while !self.taken.insert(place.clone()) {
            // The second of two items with one name is another item.
            if let Some(last) = place.last_mut() {
                *last = format!("{} ({number})", last.trim_end_matches(&format!(" ({})", number - 1)));
            }
            number += 1;
        }
        self.list.push(Item { place, text, line, fact });
    }

    pub(super) fn node(&mut self, place: &[&str], node: &Node, table: Option<&'static Table>, fact: bool) {
        match &node.value {
            Value::Map(entries) if !entries.is_empty() => {
                for entry in entries {
                    self.entry(place, entry, table, fact);
                }
            }
            Value::List(items) if items.iter().any(|item| item.map().is_some()) => {
                for item in items {
                    let name = identity(item);
                    self.node(&joined(place, &name), item, table, fact);
                }
            }
            _ => self.add(place, text(node), node.span.line, fact),
        }
    }

    fn entry(&mut self, place: &[&str], entry: &Entry, table: Option<&'static Table>, fact: bool) {
        let key = table.and_then(|table| table.find(&entry.key)).map(|(_, key)| key);
        let fact = fact && key.is_none_or(|key| key.fact);
        let place = joined(place, &entry.key);
        match key.map(|key| key.kind) {
            Some(Kind::Steps) => steps::flow(self, &place, &entry.value),
            Some(Kind::Record(table) | Kind::Records(table)) => self.node(&place, &entry.value, Some(table), fact),
            Some(Kind::Named(table)) => {
                for named in entry.value.map().unwrap_or_default() {
                    self.node(&joined(&place, &named.key), &named.value, Some(table), fact);
                }
            }
            _ => self.node(&place, &entry.value, None, fact),
        }
    }

    fn part(&mut self, part: &Part, text: &str) {
        let columns: &[Key] = match part.heading.split_once(':') {
            Some(("Message", _)) => columns::MESSAGE,
            Some(("Mapping", _)) => columns::MAPPING,
            Some(("Lookup", _)) => columns::LOOKUP,
            _ => {
                let whole = text.get(part.body.0..part.body.1).unwrap_or_default();
                return self.add(&[&part.heading], words(whole), part.span.line, false);
            }
        };
        let about = words(&part.around_tables(text));
        if !about.is_empty() {
            self.add(&[&part.heading, "text"], about, part.span.line, false);
        }
        for table in &part.tables {
            for row in &table.rows {
                self.row(&part.heading, columns, table, row);
            }
        }
    }

    /// A row is known by its first column.
    fn row(&mut self, heading: &str, columns: &[Key], table: &markdown::Table, row: &markdown::Row) {
        let cell = |name: &str| {
            let at = table.header.iter().position(|cell| cell.text.eq_ignore_ascii_case(name))?;
            row.cells.get(at).map(|cell| cell.text.trim())
        };
        let Some((first, rest)) = columns.split_first() else { return };
        let name = cell(first.name).unwrap_or_default();
        let line = row.span.line;
        for column in rest {
            let text = cell(column.name).unwrap_or_default();
            if !text.is_empty() {
                self.add(&[heading, name, column.name], words(text), line, column.fact);
            }
        }
        if rest.iter().all(|column| cell(column.name).unwrap_or_default().is_empty()) {
            self.add(&[heading, name], String::new(), line, true);
        }
    }
}

/// The name of an item in a list of mappings: its first values that are short texts.
fn identity(item: &Node) -> String {
    let entries = item.map().unwrap_or_default();
    let named = |key: &str| entries.iter().find(|entry| entry.key == key).and_then(|it| it.value.scalar());
    let best = ["name", "smart_id", "version", "status", "error_code", "message"].iter().find_map(|key| named(key));
    let first = || entries.first().and_then(|entry| entry.value.scalar());
    best.or_else(first).map_or_else(|| text(item), |scalar| scalar.text.trim().to_owned())
}

/// A value in one spelling, whatever quotes and layout the author chose.
pub(super) fn text(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => words(&scalar.text),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Map(entries) => {
            entries.iter().map(|entry| format!("{}: {}", entry.key, text(&entry.value))).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Text without its layout.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn joined<'p>(place: &[&'p str], last: &'p str) -> Vec<&'p str> {
    let mut joined = place.to_vec();
    joined.push(last);
    joined
}
