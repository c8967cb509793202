//! Diagnostics for code scanning: SARIF 2.1.0 (OASIS, 2020).
//!
//! In: diagnostics, sources. Out: one SARIF log with one run. Never knows: who uploads it.

use super::place::{Place, place};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::explain;
use crate::source::Sources;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A SARIF log: the codes that occur as rules with their pages, each diagnostic as a result, obvious fixes as fixes.
#[must_use]
pub fn sarif(diagnostics: &Diagnostics, sources: &Sources) -> String {
    let codes: Vec<&str> =
        diagnostics.items().iter().map(|item| item.code).collect::<BTreeSet<_>>().into_iter().collect();
    let results: Vec<Value> = diagnostics.items().iter().map(|item| result(item, &codes, sources)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tieline",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: &str) -> Value {
    let mut rule = json!({
        "id": code,
        "defaultConfiguration": { "level": level(Severity::of(code)) },
    });
    if let Some(page) = explain::explain(code) {
        rule["shortDescription"] = json!({ "text": page.title() });
        rule["help"] = json!({ "text": page.markdown, "markdown": page.markdown });
    }
    rule
}

fn result(diagnostic: &Diagnostic, codes: &[&str], sources: &Sources) -> Value {
    let place = sources.get(&diagnostic.path).and_then(|source| place(source, diagnostic.span));
    let artifact = json!({ "uri": uri(&diagnostic.path) });
    let mut location = json!({ "artifactLocation": artifact });
    if let Some(place) = &place {
        location["region"] = region(place);
    }
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    let mut result = json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": level(diagnostic.severity),
        "message": { "text": format!("{}{help}", diagnostic.message) },
        "locations": [{ "physicalLocation": location }],
    });
    if let (Some(fix), Some(place)) = (&diagnostic.fix, &place) {
        let replacement = json!({ "deletedRegion": region(place), "insertedContent": { "text": fix } });
        result["fixes"] = json!([{
            "description": { "text": diagnostic.help.as_deref().unwrap_or("the obvious replacement") },
            "artifactChanges": [{ "artifactLocation": artifact, "replacements": [replacement] }],
        }]);
    }
    result
}

fn region(place: &Place) -> Value {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A relative path as a URI reference (RFC 3986): everything but unreserved characters and `/` is escaped.
fn uri(path: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/');
    path.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
