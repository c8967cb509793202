//! References between documents: `part_of` and `related`.
//!
//! In: all interfaces and systems. Out: diagnostics. Never knows: messages and operations, which lowering resolves.

use super::identity::key_span;
use crate::fields::did_you_mean;
use crate::open::{File, Project};
use std::collections::{HashMap, HashSet};

/// Checks references.
pub(crate) fn check(project: &Project<'_>, files: &mut [File<'_>]) {
    let parts =
        project.systems.iter().filter_map(|(_, system)| Some((system.name.as_str(), system.part_of.as_deref()?)));
    let parts: HashMap<&str, &str> = parts.collect();
    for (index, system) in &project.systems {
        if turns_back(&system.name, &parts) {
            let span = key_span(&files[*index], "part_of");
            cycle(files, *index, (span, format!("{} is part of itself, over `part_of`", system.name)));
        }
    }
    related(project, files);
    replaced(project, files);
}

fn cycle(files: &mut [File<'_>], index: usize, (span, message): (crate::model::Span, String)) {
    files[index].findings.add("E-REFERENCE-CYCLE", span, message).help("remove one reference of the circle");
}

/// True when following `next` from `start` comes back to `start`. Every name has one successor, so this is linear in
/// the length of the chain.
fn turns_back(start: &str, next: &HashMap<&str, &str>) -> bool {
    let mut seen = HashSet::new();
    let mut at = start;
    while let Some(to) = next.get(at) {
        if *to == start {
            return true;
        }
        if !seen.insert(*to) {
            return false;
        }
        at = to;
    }
    false
}

fn related(project: &Project<'_>, files: &mut [File<'_>]) {
    let known: HashSet<&str> =
        project.interfaces.iter().filter_map(|(_, lowered)| Some(lowered.smart_id.as_ref()?.0.as_str())).collect();
    for (index, lowered) in &project.interfaces {
        let Some(interface) = &lowered.interface else { continue };
        for (related, span) in interface.related.iter().zip(&lowered.places.related) {
            let findings = &mut files[*index].findings;
            if related.smart_id == interface.smart_id.text {
                findings.add("W-RELATED", *span, "the interface is related to itself").help("remove the entry");
            } else if !known.contains(related.smart_id.as_str()) {
                let message = format!("there is no interface `{}`", related.smart_id);
                let diagnostic = findings.add("W-RELATED", *span, message);
                match did_you_mean(&related.smart_id, known.iter().copied()) {
                    Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(meant),
                    None => diagnostic.help("the page cannot link to it; describe it, or remove the entry"),
                };
            }
        }
    }
}

/// `relation: replaces` must not run in a circle.
fn replaced(project: &Project<'_>, files: &mut [File<'_>]) {
    let replaces = project.interfaces.iter().filter_map(|(_, lowered)| {
        let interface = lowered.interface.as_ref()?;
        let older = interface.related.iter().find(|related| related.relation == "replaces")?;
        Some((interface.smart_id.text.as_str(), older.smart_id.as_str()))
    });
    let replaces: HashMap<&str, &str> = replaces.collect();
    for (index, lowered) in &project.interfaces {
        let Some(interface) = &lowered.interface else { continue };
        if turns_back(&interface.smart_id.text, &replaces) {
            let span = lowered.places.related.first().copied().unwrap_or(lowered.places.smart_id);
            cycle(files, *index, (span, "the interface replaces itself, over `related`".to_owned()));
        }
    }
}
