//! The key tables flattened for manual, editor schema and tooltips.
//!
//! In: the tables of this folder. Out: [`FieldHelp`]. Never knows: Markdown, JSON Schema, HTML.

use super::{Key, Kind, Table, columns, environment, flow, interface, settings, system};

/// Everything there is to know about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldHelp {
    /// Where the key stands, e.g. `interface.trigger.http`, `system.operations.<name>.rest`,
    /// `interface.flow[].fetch.with`, `message.Field`.
    pub path: String,
    /// What its value looks like, in words.
    pub kind: String,
    /// Must be there.
    pub required: bool,
    /// One sentence.
    pub help: &'static str,
    /// A value as it would be written.
    pub example: &'static str,
}

/// Every key of every document and every column of every table, in document order.
#[must_use]
pub fn reference() -> Vec<FieldHelp> {
    let mut all = Vec::new();
    walk("interface", &interface::INTERFACE, &mut all);
    for (path, table) in [
        ("interface.trigger.auth", &interface::AUTH),
        ("interface.trigger.idempotency", &interface::IDEMPOTENCY),
        ("interface.errors.retry", &interface::RETRY),
    ] {
        walk(path, table, &mut all);
    }
    for step in flow::STEPS {
        let Some((kind, rest)) = step.keys.split_first() else { continue };
        push("interface.flow[]", kind, &mut all);
        let path = format!("interface.flow[].{}", kind.name);
        if let Kind::Records(table) = kind.kind {
            walk(&format!("{path}[]"), table, &mut all);
        }
        rest.iter().for_each(|key| push(&path, key, &mut all));
    }
    for (path, keys) in [("message", columns::MESSAGE), ("mapping", columns::MAPPING), ("lookup", columns::LOOKUP)] {
        keys.iter().for_each(|key| push(path, key, &mut all));
    }
    walk("system", &system::SYSTEM, &mut all);
    walk("system.auth", &interface::AUTH, &mut all);
    walk("environment", &environment::ENVIRONMENT, &mut all);
    walk("settings", &settings::SETTINGS, &mut all);
    all
}

fn walk(path: &str, table: &Table, all: &mut Vec<FieldHelp>) {
    for key in table.keys {
        push(path, key, all);
        match key.kind {
            Kind::Record(table) => walk(&format!("{path}.{}", key.name), table, all),
            Kind::Records(table) => walk(&format!("{path}.{}[]", key.name), table, all),
            Kind::Named(table) => walk(&format!("{path}.{}.<name>", key.name), table, all),
            _ => {}
        }
    }
}

fn push(path: &str, key: &Key, all: &mut Vec<FieldHelp>) {
    let path = format!("{path}.{}", key.name);
    all.push(FieldHelp { path, kind: words(key.kind), required: key.required, help: key.help, example: key.example });
}

fn words(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Word(words) => words.join(" | "),
        Kind::Integer => "whole number".to_owned(),
        Kind::Bool => "true | false".to_owned(),
        Kind::Duration => "duration".to_owned(),
        Kind::Bytes => "size".to_owned(),
        Kind::Percent => "percentage".to_owned(),
        Kind::Date => "date".to_owned(),
        Kind::Expression => "expression".to_owned(),
        Kind::Template => "text with ${…} parts".to_owned(),
        Kind::Message => "message name".to_owned(),
        Kind::Texts => "list of text".to_owned(),
        Kind::Record(_) => "mapping".to_owned(),
        Kind::Records(_) => "list of mappings".to_owned(),
        Kind::Named(_) => "mapping by name".to_owned(),
        Kind::Names => "text by name".to_owned(),
        Kind::Steps => "list of steps".to_owned(),
        Kind::Shapes(shapes) => shapes.to_owned(),
    }
}
