//! Contract digests: equal as long as nothing changes that a machine would do differently.
//!
//! In: parsed documents. Out: 12 hex digits. Titles, notes, owners, history, examples and prose do not count; neither
//! do layout, order of keys, or quotes. Never knows: the types of the model, so that a new version of this tool does
//! not change the digest of an old document.

use crate::catalog::CatalogParts;
use crate::document::Document;
use crate::fields::{Key, Kind, Table, columns, flow, interface, system};
use crate::markdown::Part;
use crate::source::SourceKind;
use crate::yaml::{Entry, Node, Value};
use sha2::{Digest, Sha256};

/// The digest of one document's own facts.
pub(crate) fn document(document: &Document<'_>) -> String {
    let mut facts = Facts(Sha256::new());
    let table = match document.source.kind {
        SourceKind::Interface => &interface::INTERFACE,
        _ => &system::SYSTEM,
    };
    if let Some(front) = &document.front {
        facts.node(front, Some(table));
    }
    let mut parts: Vec<&Part> = document.parts.iter().collect();
    parts.sort_by(|a, b| a.heading.cmp(&b.heading));
    parts.into_iter().for_each(|part| facts.part(part, &document.source.text));
    facts.finish()
}

/// The digest of an interface: its own facts and those of the systems that take part.
pub(crate) fn together<'d>(digests: impl Iterator<Item = &'d str>) -> String {
    let mut facts = Facts(Sha256::new());
    digests.for_each(|digest| facts.text(digest));
    facts.finish()
}

/// The digest over all documents.
pub(crate) fn catalog(parts: &CatalogParts) -> String {
    let interfaces =
        parts.interfaces.iter().flat_map(|interface| [interface.smart_id.text.as_str(), &interface.digest]);
    let systems = parts.systems.iter().flat_map(|system| [system.name.as_str(), &system.digest]);
    together(interfaces.chain(systems))
}

struct Facts(Sha256);

impl Facts {
    /// Lengths keep `ab` `c` apart from `a` `bc`.
    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }

    fn node(&mut self, node: &Node, table: Option<&'static Table>) {
        match &node.value {
            Value::Scalar(scalar) => self.text(scalar.text.trim()),
            Value::List(items) => {
                self.text("[");
                items.iter().for_each(|item| self.node(item, table));
                self.text("]");
            }
            Value::Map(entries) => {
                self.text("{");
                let mut entries: Vec<&Entry> = entries.iter().collect();
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                for entry in entries {
                    self.entry(entry, table);
                }
                self.text("}");
            }
        }
    }

    fn entry(&mut self, entry: &Entry, table: Option<&'static Table>) {
        let key = table.and_then(|table| table.find(&entry.key)).map(|(_, key)| key);
        if key.is_some_and(|key| !key.fact) {
            return;
        }
        self.text(&entry.key);
        match key.map(|key| key.kind) {
            Some(Kind::Record(table) | Kind::Records(table)) => self.node(&entry.value, Some(table)),
            Some(Kind::Named(table)) => {
                let mut named: Vec<&Entry> = entry.value.map().unwrap_or_default().iter().collect();
                named.sort_by(|a, b| a.key.cmp(&b.key));
                for item in named {
                    self.text(&item.key);
                    self.node(&item.value, Some(table));
                }
            }
            Some(Kind::Steps) => {
                for step in entry.value.list().unwrap_or_default() {
                    self.step(step);
                }
            }
            _ => self.node(&entry.value, None),
        }
    }

    fn step(&mut self, step: &Node) {
        let entries = step.map().unwrap_or_default();
        let table = flow::STEPS.iter().find(|table| entries.iter().any(|entry| entry.key == table.keys[0].name));
        self.text("-");
        self.node(step, table);
    }

    fn part(&mut self, part: &Part, text: &str) {
        let columns: &[Key] = match part.heading.split_once(':') {
            Some(("Message", _)) => columns::MESSAGE,
            Some(("Mapping", _)) => columns::MAPPING,
            Some(("Lookup", _)) => columns::LOOKUP,
            _ => return,
        };
        self.text(&part.heading);
        let rejects = |line: &str| line.trim().trim_end_matches('.').eq_ignore_ascii_case("reject unknown fields");
        if part.prose(text).lines().any(rejects) {
            self.text("reject unknown fields");
        }
        for table in &part.tables {
            for row in &table.rows {
                for column in columns.iter().filter(|column| column.fact) {
                    let at = table.header.iter().position(|cell| cell.text.eq_ignore_ascii_case(column.name));
                    self.text(at.and_then(|at| row.cells.get(at)).map_or("", |cell| &cell.text));
                }
            }
        }
    }

    fn finish(self) -> String {
        self.0.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}
