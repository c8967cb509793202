//! Reserved headings: which part of a document is a message, a mapping, a lookup, an example, or prose.
//!
//! In: parts. Out: [`Headings`]. Never knows: what is in the tables.

use crate::fields::{did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::Part;
use crate::model::{PARAMETERS, Section};
use std::collections::HashSet;

/// The parts of a document by what they are; names are unique per kind.
#[derive(Debug, Default)]
pub(crate) struct Headings<'d> {
    pub(crate) messages: Vec<(&'d str, &'d Part)>,
    pub(crate) mappings: Vec<(&'d str, &'d Part)>,
    pub(crate) lookups: Vec<(&'d str, &'d Part)>,
    pub(crate) examples: Vec<(&'d str, &'d Part)>,
    pub(crate) sections: Vec<Section>,
}

/// Sorts the parts of a document.
pub(crate) fn headings<'d>(parts: &'d [Part], text: &str, findings: &mut Findings) -> Headings<'d> {
    let mut headings = Headings::default();
    let mut seen = HashSet::new();
    for part in parts {
        let Some((word, name)) = reserved(part, findings) else {
            headings.sections.push(section(part, text));
            continue;
        };
        if name.is_empty() {
            findings
                .add("E-HEADING", part.span, format!("`{word}:` has no name"))
                .help(format!("write `## {word}: Name`"));
            continue;
        }
        if !seen.insert((word, name)) {
            let message = format!("`{word}: {}` stands twice in this document", shown(name));
            findings.add("E-HEADING", part.span, message).help("give one of them another name");
            continue;
        }
        let upper_camel = name.starts_with(char::is_uppercase) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if word != "Example" && !upper_camel {
            let message = format!("`{}` is no name for this heading", shown(name));
            findings
                .add("E-HEADING", part.span, message)
                .help("names are letters and digits, with a capital first, like `GoodsReceipt`");
        }
        if word == "Message" && name == PARAMETERS {
            findings
                .add("E-HEADING", part.span, "`Parameters` means the parameters of the trigger")
                .help("give the message another name");
        }
        match word {
            "Message" => headings.messages.push((name, part)),
            "Mapping" => headings.mappings.push((name, part)),
            "Lookup" => headings.lookups.push((name, part)),
            _ => headings.examples.push((name, part)),
        }
    }
    let summary = headings.sections.iter().any(|section| section.heading == "Summary" && !section.markdown.is_empty());
    // Without any part the front matter never ended, which was reported.
    if let (false, Some(part)) = (summary, parts.first()) {
        let span = part.span;
        findings
            .add("E-SUMMARY", span, "the document has no summary")
            .help("add `## Summary` with a few sentences: who needs this, and what for");
    }
    headings
}

const WORDS: [&str; 4] = ["Message", "Mapping", "Lookup", "Example"];

fn reserved<'d>(part: &'d Part, findings: &mut Findings) -> Option<(&'static str, &'d str)> {
    let (word, name) = part.heading.split_once(':')?;
    if part.level != 2 {
        return None;
    }
    if let Some(known) = WORDS.iter().find(|known| **known == word.trim()) {
        return Some((known, name.trim()));
    }
    let close = did_you_mean(word.trim(), WORDS).filter(|_| !word.trim().contains(' '));
    if let Some(meant) = close {
        findings
            .add("W-HEADING", part.span, format!("`{}` is read as prose", shown(&part.heading)))
            .help(format!("did you mean `## {meant}:{name}`?"));
    }
    None
}

fn section(part: &Part, text: &str) -> Section {
    let markdown = text.get(part.body.0..part.body.1).unwrap_or_default().trim().to_owned();
    Section { heading: part.heading.clone(), level: part.level, markdown, span: part.span }
}
