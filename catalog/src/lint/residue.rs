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

/// A left-over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Residue {
    span: Span,
    /// Text of the template; else words that say that something is still open.
    template: bool,
}

/// Left-overs of a document, in order.
pub(crate) fn find(document: &Document<'_>) -> Vec<Residue> {
    let mut found = Vec::new();
    if let Some(front) = &document.front {
        node(front, &mut found);
    }
    for part in &document.parts {
        cells(part, &mut found);
        prose(part, document, &mut found);
    }
    found
}

/// Reports those that stand where no error was found.
pub(super) fn lint(residue: &[Residue], findings: &mut Findings) {
    for left in residue {
        if findings.has_error_at(left.span) {
            continue;
        }
        if left.template {
            findings
                .add("E-RESIDUE", left.span, "this is the template's own text, not a fact about this interface")
                .help("replace it with what is true here, or remove it");
        } else {
            findings
                .add("W-OPEN", left.span, "the document says itself that this is not decided")
                .help("decide it; until then the page lists it as an open point");
        }
    }
}

fn node(node_of: &Node, found: &mut Vec<Residue>) {
    match &node_of.value {
        Value::Scalar(scalar) => check(&scalar.text, || node_of.span, found),
        Value::List(items) => items.iter().for_each(|item| node(item, found)),
        Value::Map(entries) => entries.iter().for_each(|entry| node(&entry.value, found)),
    }
}

fn cells(part: &Part, found: &mut Vec<Residue>) {
    let rows = part.tables.iter().flat_map(|table| &table.rows);
    for cell in rows.flat_map(|row| &row.cells) {
        check(&cell.text, || cell.span, found);
    }
}

fn prose(part: &Part, document: &Document<'_>, found: &mut Vec<Residue>) {
    let text = &document.source.text;
    let mut from = part.body.0;
    for (start, end) in part.blocks.iter().copied().chain([(part.body.1, part.body.1)]) {
        let mut at = from;
        for line in text.get(from..start).unwrap_or_default().split_inclusive('\n') {
            let bare = line.trim().trim_start_matches(['-', '*', '>', '#', ' ']);
            let lead = line.len() - line.trim_start().len();
            let place = at + lead;
            check(bare, || document.source.span(place, place + line.trim().len()), found);
            at += line.len();
        }
        from = end.max(from);
    }
}

fn check(text: &str, span: impl Fn() -> Span, found: &mut Vec<Residue>) {
    let head: String = text.trim().chars().take(80).flat_map(char::to_lowercase).collect();
    if head.is_empty() {
        return;
    }
    if BEGINNINGS.iter().any(|left| head.starts_with(left)) {
        found.push(Residue { span: span(), template: true });
    } else if OPEN
        .iter()
        .any(|open| head.strip_prefix(open).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    {
        found.push(Residue { span: span(), template: false });
    }
}
