//! A system's document becomes a [`System`], in three steps: names and messages first, then operations (which name
//! messages of other systems), then probes (which are expressions over them).
//!
//! In: [`Document`]. Out: [`Draft`], then [`System`]. Never knows: interfaces.

use super::headings::{Headings, headings};
use super::{auth, message, operation};
use crate::document::Document;
use crate::fields::{Record, Text, system};
use crate::findings::Findings;
use crate::model::{Auth, Limits, Message, Operation, Owner, Probe, System};
use crate::symbols::{Symbols, SystemSymbols, View};
use std::collections::HashMap;

/// A system whose names and messages are known.
#[derive(Debug)]
pub(crate) struct Draft<'d> {
    record: Option<Record<'d>>,
    headings: Headings<'d>,
    /// Index in [`Symbols::systems`].
    pub(crate) index: usize,
    /// Operations in document order, `None` where broken.
    operations: Vec<Option<Operation>>,
}

/// First step: reads names and messages into `symbols`.
pub(crate) fn declare<'d>(document: &'d Document<'_>, findings: &mut Findings, symbols: &mut Symbols) -> Draft<'d> {
    let record = document
        .front
        .as_ref()
        .and_then(|front| Record::read(front, &system::SYSTEM, document.source.span(0, 3), findings));
    let headings = headings(&document.parts, &document.source.text, findings);
    let mut declared = SystemSymbols { broken: record.is_none(), ..SystemSymbols::default() };
    if let Some(record) = &record {
        declared.name = record.string("system").unwrap_or_default();
        declared.code = record.string("code").unwrap_or_default();
        declared.proxy = record.string("proxy");
    }
    symbols.unreadable |= declared.name.is_empty();
    let owner = Owner::System(declared.name.clone());
    for (name, part) in &headings.messages {
        let lowered = message::message(part, name, &document.source.text, &owner, findings);
        declared.messages.insert((*name).to_owned(), lowered);
    }
    for (_, part) in headings.mappings.iter().chain(&headings.lookups).chain(&headings.examples) {
        findings
            .add("E-HEADING", part.span, "a system has no mappings, lookups or examples")
            .help("they belong to the document of an interface");
    }
    let index = symbols.systems.len();
    let names = names(record.as_ref());
    for name in names {
        if let Some(other) = symbols.spellings.get(name.text).filter(|other| **other != index) {
            let message = format!("`{}` already means {}", name.text, symbols.systems[*other].name);
            findings.add("E-DUPLICATE-SYSTEM", name.span, message).help("every name and alias belongs to one system");
        } else {
            symbols.spellings.insert(name.text.to_owned(), index);
        }
    }
    symbols.systems.push(declared);
    Draft { record, headings, index, operations: Vec::new() }
}

fn names<'d>(record: Option<&Record<'d>>) -> Vec<Text<'d>> {
    let Some(record) = record else { return Vec::new() };
    let mut names: Vec<_> = record.text("system").into_iter().collect();
    names.extend(record.texts("aliases"));
    names
}

/// Second step: lowers operations; they see the messages of all systems.
pub(crate) fn operations(
    draft: &mut Draft<'_>,
    symbols: &Symbols,
    findings: &mut Findings,
) -> HashMap<String, Option<Operation>> {
    let Some(record) = &draft.record else { return HashMap::new() };
    let view = view(symbols, draft.index);
    let mut by_name = HashMap::new();
    for (entry, fields) in record.named("operations", findings) {
        let lowered = operation::operation(&entry.key, entry.key_span, &fields, &view, findings);
        by_name.insert(entry.key.clone(), lowered.clone());
        draft.operations.push(lowered);
    }
    // An operation whose value is no mapping was reported, and is declared nevertheless.
    for entry in record.node("operations").and_then(|node| node.map()).unwrap_or_default() {
        by_name.entry(entry.key.clone()).or_insert(None);
    }
    by_name
}

/// Third step: the probe of each operation that has one.
pub(crate) fn probes(draft: &Draft<'_>, symbols: &Symbols, findings: &mut Findings) -> HashMap<String, Probe> {
    let Some(record) = &draft.record else { return HashMap::new() };
    let view = view(symbols, draft.index);
    let mut probes = HashMap::new();
    let mut quiet = Findings::new("");
    for (entry, fields) in record.named("operations", &mut quiet) {
        let Some(rule) = fields.entry("on_unknown") else { continue };
        if let Some(probe) = operation::probe(&entry.key, rule, &view, findings) {
            probes.insert(entry.key.clone(), probe);
        }
    }
    probes
}

fn view(symbols: &Symbols, index: usize) -> View<'_> {
    View { symbols, own: None, near: [Some(&symbols.systems[index]), None] }
}

/// Last step: everything else. `None` when the name could not be read.
pub(crate) fn finish(
    document: &Document<'_>,
    draft: Draft<'_>,
    symbols: &Symbols,
    probes: &mut HashMap<String, Probe>,
    findings: &mut Findings,
) -> Option<System> {
    let declared = &symbols.systems[draft.index];
    let record = draft.record.as_ref()?;
    let part_of = record.text("part_of").and_then(|name| Some(symbols.expect_system(name, findings)?.name.clone()));
    let auth = record.entry("auth").and_then(|entry| auth::auth(entry, findings)).unwrap_or(Auth::None);
    let limits = record.record("limits", findings).map_or_else(Limits::default, |limits| Limits {
        concurrency: limits.small("concurrency"),
        per_second: limits.small("per_second"),
        per_day: limits.integer("per_day"),
        span: record.key_span("limits"),
    });
    let messages = |(name, _): &(&str, _)| -> Option<Message> { declared.messages.get(*name)?.clone() };
    let operations = draft.operations.into_iter().flatten().map(|mut operation| {
        operation.probe = probes.remove(&operation.name);
        operation
    });
    Some(System {
        path: document.source.path.clone(),
        text: document.source.text.clone(),
        name: declared.name.clone(),
        code: declared.code.clone(),
        aliases: record.strings("aliases"),
        title: record.string("title").unwrap_or_default(),
        vendor: record.string("vendor"),
        part_of,
        owner: record.string("owner"),
        auth,
        via: record.string("via"),
        proxy: record.string("proxy"),
        limits,
        operations: operations.collect(),
        messages: draft.headings.messages.iter().filter_map(messages).collect(),
        sections: draft.headings.sections,
        assumptions: record.strings("assumptions"),
        digest: String::new(),
    })
}
