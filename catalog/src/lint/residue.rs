//! Text of a template that was left standing: help texts, sample choices, placeholders.
//!
//! In: a parsed document. Out: diagnostics. Never knows: what the text would have meant.
//!
//! Only texts that can never be a real value are listed. A sample that may also be true, like a retry phrase, is not.

use crate::document::Document;
use crate::findings::Findings;
use crate::markdown::Part;
use crate::model::Span;
use crate::yaml::{Node, Value};

/// Left-over texts, in lower case; a text is one when it begins with it.
const BEGINNINGS: &[&str] = &[
    "expected volume of records",
    "high - 1,000,000 per day",
    "how often data is exchanged, for example",
    "name(s) of provider system",
    "name(s) of consumer system",
    "protocol used to transfer data, for example",
    "format of data exchanged, for example",
    "format of data exchanged,",
    "authentication mechanism between",
    "increment for significant logic changes",
    "format: <domain>-",
    "<domain>-<source>-<target>-<object>",
    "former tracking codes or cmdb references",
    "link to a higher-level process if applicable",
    "list of applicable integration styles",
    "list down steps involved",
    "inbound, outbound, both",
    "uri, header, smartid",
    "enabled, not applicable",
    "email, cloud alm, pagerduty",
    "cpi logs, splunk, monitoring platform",
    "please refer to api reference tab",
    "link to mapping spreadsheet",
    "<flow name>",
    "[runbook pdf](#)",
    "[grafana dashboard](#)",
    "cpi iflow-customer-sync-v1",
    "iflow-customer-sync-v1",
    "lorem ipsum",
];

/// Words that say that something is still open.
const OPEN: &[&str] = &["tbd", "tbc", "todo", "fixme", "???", "to be discussed", "to be defined", "to be confirmed"];

/// Looks for left-overs.
pub(super) fn lint(document: &Document<'_>, findings: &mut Findings) {
    if let Some(front) = &document.front {
        node(front, findings);
    }
    for part in &document.parts {
        cells(part, findings);
        prose(part, document, findings);
    }
}

fn node(node_of: &Node, findings: &mut Findings) {
    match &node_of.value {
        Value::Scalar(scalar) => check(&scalar.text, node_of.span, findings),
        Value::List(items) => items.iter().for_each(|item| node(item, findings)),
        Value::Map(entries) => entries.iter().for_each(|entry| node(&entry.value, findings)),
    }
}

fn cells(part: &Part, findings: &mut Findings) {
    let rows = part.tables.iter().flat_map(|table| &table.rows);
    for cell in rows.flat_map(|row| &row.cells) {
        check(&cell.text, cell.span, findings);
    }
}

fn prose(part: &Part, document: &Document<'_>, findings: &mut Findings) {
    let text = &document.source.text;
    let mut from = part.body.0;
    for (start, end) in part.blocks.iter().copied().chain([(part.body.1, part.body.1)]) {
        let mut at = from;
        for line in text.get(from..start).unwrap_or_default().split_inclusive('\n') {
            let bare = line.trim().trim_start_matches(['-', '*', '>', '#', ' ']);
            let lead = line.len() - line.trim_start().len();
            let place = at + lead;
            check(bare, document.source.span(place, place + line.trim().len()), findings);
            at += line.len();
        }
        from = end.max(from);
    }
}

fn check(text: &str, span: Span, findings: &mut Findings) {
    let head: String = text.trim().chars().take(80).flat_map(char::to_lowercase).collect();
    if head.is_empty() {
        return;
    }
    if findings.has_error_at(span) {
        return;
    }
    if BEGINNINGS.iter().any(|left| head.starts_with(left)) {
        findings
            .add("E-RESIDUE", span, "this is the template's own text, not a fact about this interface")
            .help("replace it with what is true here, or remove it");
    } else if OPEN
        .iter()
        .any(|open| head.strip_prefix(open).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    {
        findings
            .add("W-OPEN", span, "the document says itself that this is not decided")
            .help("decide it; until then the page lists it as an open point");
    }
}
