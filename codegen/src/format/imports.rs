//! What a module has to import.
//!
//! In: the text of a module. Out: its `use` declarations, exactly what it needs. Never knows: why it needs them.

use std::collections::BTreeSet;

/// Modules of the crate that can be imported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Modules {
    /// Modules below `crate::systems`.
    pub(crate) systems: Vec<String>,
}

/// `use` declarations for everything the text names.
pub(crate) fn of(text: &str, modules: &Modules) -> String {
    let words = words(text);
    let mut roots: Vec<String> =
        ROOT.iter().filter(|name| words.names.contains(**name)).map(|name| (*name).to_owned()).collect();
    if text.contains(".at(\"") {
        roots.push("At as _".to_owned());
    }
    if !words.names.contains("Message") && METHODS.iter().any(|method| text.contains(method)) {
        roots.push("Message as _".to_owned());
    }
    roots.sort();
    roots.extend(words.paths.contains("convert").then(|| "convert".to_owned()));
    roots.extend(words.names.contains("checked_rows").then(|| "message::checked_rows".to_owned()));
    let mut uses = String::new();
    let systems: Vec<String> =
        modules.systems.iter().filter(|module| words.paths.contains(module.as_str())).cloned().collect();
    if !roots.is_empty() {
        uses.push_str(&format!("use runtime::{{{}}};\n", roots.join(", ")));
    }
    if let Some(systems) = group("systems", &systems) {
        uses.push_str(&format!("use crate::{systems};\n"));
    }
    uses
}

fn group(module: &str, names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("{module}::{only}")),
        names => Some(format!("{module}::{{{}}}", names.join(", "))),
    }
}

/// Names at the root of `runtime`.
const ROOT: &[&str] = &[
    "Admitted",
    "Class",
    "Date",
    "Decimal",
    "DeliveryOrder",
    "End",
    "Endpoint",
    "Fields",
    "Format",
    "Handler",
    "InboundAuth",
    "Input",
    "Instant",
    "Interface",
    "Items",
    "Kept",
    "KeySource",
    "MappingError",
    "Matches",
    "Message",
    "Method",
    "Missed",
    "Number",
    "OnDead",
    "OnUnknown",
    "Operation",
    "OutboundAuth",
    "OutcomeRule",
    "Overlap",
    "Override",
    "Paging",
    "Place",
    "Probe",
    "Protocol",
    "Record",
    "Repeat",
    "Request",
    "Retry",
    "Run",
    "Running",
    "Searchable",
    "Sensitive",
    "Step",
    "Stop",
    "System",
    "Text",
    "Time",
    "ToValue",
    "Trigger",
    "UnknownFields",
    "Value",
    "Violations",
];

/// Calls that need the trait `Message` in scope.
const METHODS: &[&str] = &[".checked()", "::from_value(", "::from_parameters(", "::from_reply("];

/// Identifiers of a text outside of literals and comments.
#[derive(Debug, Default)]
struct Words<'a> {
    /// Not behind `::` or `.`.
    names: BTreeSet<&'a str>,
    /// Those of them with `::` behind.
    paths: BTreeSet<&'a str>,
}

fn words(text: &str) -> Words<'_> {
    let mut words = Words::default();
    let mut rest = text;
    let mut before = "";
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_alphabetic() || first == '_' {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else {
            skipped(rest, first)
        };
        let (word, after) = rest.split_at(length);
        let is_name = first.is_ascii_alphabetic() || first == '_';
        if is_name && !before.ends_with("::") && !before.ends_with('.') {
            words.names.insert(word);
            if after.starts_with("::") {
                words.paths.insert(word);
            }
        }
        before = text.get(..text.len() - after.len()).unwrap_or_default();
        rest = after;
    }
    words
}

/// Length of what is not an identifier: a literal, a comment, or one character.
fn skipped(rest: &str, first: char) -> usize {
    match first {
        '"' => string_length(rest),
        '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
        _ => first.len_utf8(),
    }
}

/// Length of a string literal, quotes included.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_what_the_text_names() {
        let check = |text: &str, expect: &str| {
            let modules = Modules { systems: vec!["sap_srm7".to_owned(), "salesforce".to_owned()] };
            assert_eq!(of(text, &modules).trim(), expect, "{text}");
        };
        check("fn a() -> Decimal { \"Date\" }", "use runtime::{Decimal};");
        check("sap_srm7::Time; let salesforce = 1;", "use crate::systems::sap_srm7;");
        check("convert::trim(x).at(\"a\", 1)?", "use runtime::{At as _, convert};");
        check("a.checked()", "use runtime::{Message as _};");
        check("// Value\nx.Value", "");
    }
}
