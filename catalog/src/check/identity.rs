//! Identities: Smart IDs, system codes, addresses of triggers are unique, and a Smart ID says what the document says.
//!
//! In: all interfaces and systems. Out: diagnostics. Never knows: flows.

use crate::model::{Interface, Method, Span, TriggerKind};
use crate::open::{File, Project};
use std::collections::HashMap;

/// Checks identities.
pub(crate) fn check(project: &Project<'_>, files: &mut [File<'_>]) {
    codes(project, files);
    smart_ids(project, files);
    tokens(project, files);
    addresses(project, files);
}

fn codes(project: &Project<'_>, files: &mut [File<'_>]) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    for (index, system) in &project.systems {
        if let Some(other) = first.insert(&system.code, &system.name) {
            let message = format!("the code `{}` already belongs to {other}", system.code);
            let span = key_span(&files[*index], "code");
            files[*index]
                .findings
                .add("E-DUPLICATE-SYSTEM", span, message)
                .help("a code names one system, because Smart IDs are made of codes");
        }
    }
}

fn smart_ids(project: &Project<'_>, files: &mut [File<'_>]) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (index, lowered) in &project.interfaces {
        let Some((id, span)) = &lowered.smart_id else { continue };
        if let Some(other) = first.get(id.as_str()) {
            let message = format!("`{id}` is also the Smart ID of {}", files[*other].source.path);
            files[*index]
                .findings
                .add("E-DUPLICATE-ID", *span, message)
                .help("give this interface an identity of its own; a copied document keeps its old one");
        } else {
            first.insert(id, *index);
        }
        let file = &mut files[*index];
        if file.source.stem() != id && lowered.interface.is_some() {
            let message = format!("the file is called {}, not {id}", file.source.stem());
            file.findings
                .add("W-FILE-NAME", *span, message)
                .help(format!("rename it to {id}.md, so that people find it"));
        }
    }
}

/// Source and target in the Smart ID are the codes of source and target.
fn tokens(project: &Project<'_>, files: &mut [File<'_>]) {
    for (index, lowered) in &project.interfaces {
        let Some(interface) = &lowered.interface else { continue };
        let id = &interface.smart_id;
        for (what, token, name) in
            [("source", &id.source, &interface.source), ("target", &id.target, &interface.target)]
        {
            let Some(code) = project.symbols.system(name).map(|system| &system.code) else { continue };
            if code.is_empty() || code == token {
                continue;
            }
            let message = format!("the Smart ID says {token}, and the {what} is {name} with the code {code}");
            files[*index]
                .findings
                .add("E-SMART-ID", lowered.places.smart_id, message)
                .help(format!("correct the Smart ID or the {what}"));
        }
    }
}

fn addresses(project: &Project<'_>, files: &mut [File<'_>]) {
    let mut first: HashMap<(Method, String), &str> = HashMap::new();
    for (index, lowered) in &project.interfaces {
        let Some(interface) = &lowered.interface else { continue };
        let Some((method, path)) = address(interface) else { continue };
        if let Some(other) = first.get(&(method, path.clone())) {
            let message = format!("{other} listens on the same method and path");
            files[*index]
                .findings
                .add("E-DUPLICATE-PATH", interface.trigger.span, message)
                .help("give one of them another path; names in braces do not tell paths apart");
        } else {
            first.insert((method, path), &interface.smart_id.text);
        }
    }
}

/// Method and path with every `{name}` as `{}`.
fn address(interface: &Interface) -> Option<(Method, String)> {
    let (TriggerKind::Http { method, path } | TriggerKind::Request { method, path, .. }) = &interface.trigger.kind
    else {
        return None;
    };
    let segments = path.split('/').map(|segment| if segment.contains('{') { "{}" } else { segment });
    Some((*method, segments.collect::<Vec<_>>().join("/")))
}

/// Where a top-level key of the front matter has its value.
pub(crate) fn key_span(file: &File<'_>, key: &str) -> Span {
    let entries = file.document.as_ref().and_then(|it| it.front.as_ref()?.map()).unwrap_or_default();
    let entry = entries.iter().find(|entry| entry.key == key);
    entry.map_or_else(|| file.source.span(0, 3), |entry| entry.value.place())
}
