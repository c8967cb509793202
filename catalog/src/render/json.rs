//! Diagnostics as one JSON array.
//!
//! In: diagnostics, sources. Out: JSON. Never knows: who reads it.

use super::place::place;
use super::severity_name;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;
use serde_json::{Value, json};

/// An array with one object for each diagnostic, always all keys: `code`, `severity`, `path`, `line`, `column`,
/// `end_line`, `end_column` (from 1, columns in characters, all `null` when the whole document is meant), `start`, `end`
/// (bytes), `message`, `label`, `help`, `fix`.
#[must_use]
pub fn json(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let all: Vec<Value> = diagnostics.items().iter().map(|item| object(item, sources)).collect();
    format!("{:#}\n", Value::Array(all))
}

fn object(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let place = sources.get(&diagnostic.path).and_then(|source| place(source, diagnostic.span));
    json!({
        "code": diagnostic.code,
        "severity": severity_name(diagnostic.severity),
        "path": diagnostic.path,
        "line": place.map(|place| place.line),
        "column": place.map(|place| place.column),
        "end_line": place.map(|place| place.end_line),
        "end_column": place.map(|place| place.end_column),
        "start": place.map(|place| place.start),
        "end": place.map(|place| place.end),
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "fix": diagnostic.fix,
    })
}
