//! A mapping read against its table: unknown, missing and misshapen keys are reported, the rest is handed out typed.
//!
//! In: [`Node`] and [`Table`]. Out: [`Record`]. Never knows: what the keys mean.

use super::{Key, Kind, Table, astray};
use crate::findings::Findings;
use crate::model::Span;
use crate::nearest::nearest;
use crate::phrase;
use crate::yaml::{Entry, Node};
use std::borrow::Cow;

/// A suggestion out of more words than these costs more than it helps.
const MOST_CANDIDATES: usize = 500;

/// A mapping whose keys have been checked. Every getter answers `None` for what is absent or was reported.
#[derive(Debug, Clone)]
pub(crate) struct Record<'n> {
    table: &'static Table,
    entries: Vec<Option<&'n Entry>>,
    /// What to point at when the mapping as a whole is meant.
    pub(crate) place: Span,
}

/// A text with its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Text<'n> {
    pub(crate) text: &'n str,
    pub(crate) span: Span,
}

impl<'n> Record<'n> {
    /// Reads `node`; `place` is pointed at where keys are missing.
    pub(crate) fn read(
        node: &'n Node,
        table: &'static Table,
        place: Span,
        findings: &mut Findings,
    ) -> Option<Record<'n>> {
        let Some(found) = node.map() else {
            let message = format!("{} is a mapping of keys, found {}", table.what, node.what());
            findings.add("E-SHAPE", node.place(), message).help(keys_help(table));
            return None;
        };
        let mut entries = vec![None; table.keys.len()];
        for entry in found {
            match table.find(&entry.key) {
                Some((index, key)) => entries[index] = fits(entry, key, findings).then_some(entry),
                None if findings.full() => break,
                None => unknown(entry, table, findings),
            }
        }
        for key in table.keys.iter().filter(|key| key.required) {
            if !found.iter().any(|entry| entry.key == key.name) {
                findings
                    .add(key.absence, place, format!("{} lacks the key `{}`", table.what, key.name))
                    .help(format!("{} For example `{}: {}`", key.help, key.name, key.example));
            }
        }
        Some(Record { table, entries, place })
    }

    /// The entry of a key.
    pub(crate) fn entry(&self, name: &str) -> Option<&'n Entry> {
        let (index, _) = self.table.find(name)?;
        self.entries[index]
    }

    /// The value of a key.
    pub(crate) fn node(&self, name: &str) -> Option<&'n Node> {
        Some(&self.entry(name)?.value)
    }

    /// Where to point for a key: its value, or the mapping when it is absent.
    pub(crate) fn span(&self, name: &str) -> Span {
        self.node(name).map_or(self.place, Node::place)
    }

    /// Where the key itself stands, or the mapping when it is absent.
    pub(crate) fn key_span(&self, name: &str) -> Span {
        self.entry(name).map_or(self.place, |entry| entry.key_span)
    }

    /// A scalar with its place.
    pub(crate) fn text(&self, name: &str) -> Option<Text<'n>> {
        text(self.node(name)?)
    }

    /// A scalar, owned.
    pub(crate) fn string(&self, name: &str) -> Option<String> {
        Some(self.text(name)?.text.to_owned())
    }

    /// A list of scalars; one scalar is a list of one; absent is empty.
    pub(crate) fn texts(&self, name: &str) -> Vec<Text<'n>> {
        let Some(node) = self.node(name) else { return Vec::new() };
        match node.list() {
            Some(items) => items.iter().filter_map(text).collect(),
            None => text(node).into_iter().collect(),
        }
    }

    /// A list of scalars, owned.
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.texts(name).into_iter().map(|text| text.text.to_owned()).collect()
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<u64> {
        self.text(name)?.text.parse().ok()
    }

    /// A whole number of 32 bits.
    pub(crate) fn small(&self, name: &str) -> Option<u32> {
        self.text(name)?.text.parse().ok()
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name)?.text.parse().ok()
    }

    /// A duration in milliseconds.
    pub(crate) fn duration_ms(&self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        phrase::duration_ms(text.text, text.span).ok()
    }

    /// A nested mapping.
    pub(crate) fn record(&self, name: &str, findings: &mut Findings) -> Option<Record<'n>> {
        let entry = self.entry(name)?;
        match self.table.find(name)?.1.kind {
            Kind::Record(table) => Record::read(&entry.value, table, entry.key_span, findings),
            _ => None,
        }
    }

    /// A list of mappings.
    pub(crate) fn records(&self, name: &str, findings: &mut Findings) -> Vec<Record<'n>> {
        let (Some(node), Some((_, key))) = (self.node(name), self.table.find(name)) else { return Vec::new() };
        let Kind::Records(table) = key.kind else { return Vec::new() };
        let items = node.list().unwrap_or_default();
        items.iter().filter_map(|item| Record::read(item, table, item.place(), findings)).collect()
    }

    /// Mappings by name.
    pub(crate) fn named(&self, name: &str, findings: &mut Findings) -> Vec<(&'n Entry, Record<'n>)> {
        let (Some(node), Some((_, key))) = (self.node(name), self.table.find(name)) else { return Vec::new() };
        let Kind::Named(table) = key.kind else { return Vec::new() };
        let entries = node.map().unwrap_or_default();
        let read = |entry: &'n Entry| Some((entry, Record::read(&entry.value, table, entry.key_span, findings)?));
        entries.iter().filter_map(read).collect()
    }

    /// Texts by name.
    pub(crate) fn names(&self, name: &str) -> Vec<(&'n Entry, Text<'n>)> {
        let entries = self.node(name).and_then(Node::map).unwrap_or_default();
        entries.iter().filter_map(|entry| Some((entry, text(&entry.value)?))).collect()
    }
}

/// The candidate that the author may have meant; the same one whatever the order of the candidates.
pub(crate) fn did_you_mean<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Many candidates come out of hash maps, whose order changes from run to run.
    let mut candidates: Vec<&str> = candidates.into_iter().take(MOST_CANDIDATES).collect();
    candidates.sort_unstable();
    nearest(word, candidates)
}

fn text(node: &Node) -> Option<Text<'_>> {
    Some(Text { text: &node.scalar()?.text, span: node.span })
}

fn unknown(entry: &Entry, table: &Table, findings: &mut Findings) {
    let message = format!("{} has no key `{}`", table.what, shown(&entry.key));
    let diagnostic = findings.add("E-UNKNOWN-KEY", entry.key_span, message);
    // A key that is right elsewhere was moved by mistake, not misspelled.
    if let Some(home) = astray::home(&entry.key, table) {
        diagnostic.help(home);
        return;
    }
    match did_you_mean(&entry.key, table.keys.iter().map(|key| key.name)) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
        None => diagnostic.help(keys_help(table)),
    };
}

fn keys_help(table: &Table) -> String {
    let names: Vec<_> = table.keys.iter().map(|key| format!("`{}`", key.name)).collect();
    if names.is_empty() {
        "it has no keys: write `{}`".to_owned()
    } else {
        format!("its keys are {}", names.join(", "))
    }
}

/// A word of the author in a message: never longer than a line.
pub(crate) fn shown(word: &str) -> Cow<'_, str> {
    match word.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &word[..at]).into(),
        None => word.into(),
    }
}

/// Reports a value that does not look like its key's kind; true when it does.
fn fits(entry: &Entry, key: &Key, findings: &mut Findings) -> bool {
    let node = &entry.value;
    if node.is_null() {
        findings
            .add("E-SHAPE", entry.key_span, format!("`{}` has no value", key.name))
            .help(format!("for example `{}: {}`, or leave the key out", key.name, key.example));
        return false;
    }
    let expected = match key.kind {
        Kind::Texts => (!texts_fit(node)).then_some("a list of texts"),
        Kind::Record(_) => node.map().is_none().then_some("a mapping"),
        Kind::Records(_) | Kind::Steps => node.list().is_none().then_some("a list"),
        Kind::Named(_) => node.map().is_none().then_some("a mapping of names"),
        Kind::Names => (!names_fit(node)).then_some("a mapping of names to texts"),
        Kind::Shapes(_) => None,
        _ => node.scalar().is_none().then_some("a single value"),
    };
    if let Some(expected) = expected {
        let message = format!("`{}` is {expected}, found {}", key.name, node.what());
        findings.add("E-SHAPE", node.place(), message).help(format!("for example `{}: {}`", key.name, key.example));
        return false;
    }
    let Some(text) = text(node) else { return true };
    scalar_fits(text, key, findings)
}

fn texts_fit(node: &Node) -> bool {
    node.scalar().is_some() || node.list().is_some_and(|items| items.iter().all(|item| item.scalar().is_some()))
}

fn names_fit(node: &Node) -> bool {
    node.map().is_some_and(|entries| entries.iter().all(|entry| entry.value.scalar().is_some()))
}

fn scalar_fits(text: Text<'_>, key: &Key, findings: &mut Findings) -> bool {
    let problem = match key.kind {
        Kind::Duration => phrase::duration_ms(text.text, text.span).err(),
        Kind::Bytes => phrase::bytes(text.text, text.span).err(),
        Kind::Word(words) if !words.contains(&text.text) => return not_a_word(text, key, words, findings),
        Kind::Integer if text.text.parse::<u64>().is_err() => return misshapen(text, key, "a whole number", findings),
        Kind::Bool if text.text.parse::<bool>().is_err() => return misshapen(text, key, "true or false", findings),
        Kind::Date if text.text.parse::<jiff::civil::Date>().is_err() => {
            return misshapen(text, key, "a date like 2025-12-28", findings);
        }
        Kind::Text | Kind::Template | Kind::Expression | Kind::Message if text.text.trim().is_empty() => {
            return misshapen(text, key, "a text that is not empty", findings);
        }
        _ => None,
    };
    let fine = problem.is_none();
    if let Some(problem) = problem {
        findings.problem(problem);
    }
    fine
}

fn not_a_word(text: Text<'_>, key: &Key, words: &'static [&'static str], findings: &mut Findings) -> bool {
    let message = format!("`{}` cannot be `{}`", key.name, shown(text.text));
    let choices = words.join(", ");
    let diagnostic = findings.add("E-CHOICE", text.span, message);
    match did_you_mean(text.text, words.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`? The choices are {choices}")).fix(meant),
        None => diagnostic.help(format!("choose one of {choices}")),
    };
    false
}

fn misshapen(text: Text<'_>, key: &Key, expected: &str, findings: &mut Findings) -> bool {
    let message = format!("`{}` is {expected}, found `{}`", key.name, shown(text.text));
    findings.add("E-SHAPE", text.span, message).help(format!("for example `{}: {}`", key.name, key.example));
    false
}
