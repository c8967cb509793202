//! `Example: title` parts become [`Example`]s, and are held against the messages that they show.
//!
//! In: parts, the names of trigger and flow with their types. Out: examples. Never knows: how they are replayed.

use super::locate::locate;
use super::values::{self, Misfit, Step};
use crate::expr::Scope;
use crate::fields::{did_you_mean, shown};
use crate::findings::Findings;
use crate::markdown::{Fence, Part};
use crate::model::{Example, ExampleBlock, Span, Type, UnknownFields};
use crate::source::Source;

/// Most mistakes reported for one block.
const MOST: usize = 20;

/// What examples may show.
pub(crate) struct Shown<'a, 's> {
    pub(crate) scope: &'a Scope<'s>,
    /// Names with their types.
    pub(crate) bound: &'a [(String, Type)],
    /// Every name is known; otherwise an unknown one may be the name of a broken step.
    pub(crate) whole: bool,
    pub(crate) source: &'a Source,
}

/// Lowers one example.
pub(crate) fn example(part: &Part, title: &str, shown: &Shown<'_, '_>, findings: &mut Findings) -> Example {
    let blocks: Vec<_> = part.fences.iter().filter_map(|fence| block(fence, shown, findings)).collect();
    if part.fences.is_empty() {
        findings
            .add("E-EXAMPLE", part.span, "the example shows nothing")
            .help("add a fenced block like ```` ```json event ````");
    }
    let prose = part.prose(&shown.source.text);
    Example { title: title.to_owned(), blocks, prose, span: part.span }
}

fn block(fence: &Fence, shown_names: &Shown<'_, '_>, findings: &mut Findings) -> Option<ExampleBlock> {
    let (format, binding) = fence.info.split_once(char::is_whitespace).unwrap_or((&fence.info, ""));
    let binding = binding.trim();
    if !matches!(format, "json" | "csv" | "xml") {
        findings
            .add("E-EXAMPLE", fence.span, format!("`{}` is no format of an example", shown(format)))
            .help("use json, csv or xml, and behind it the name that the block shows, like ```` ```json event ````");
        return None;
    }
    let block = ExampleBlock {
        format: format.to_owned(),
        binding: binding.to_owned(),
        text: fence.text.clone(),
        span: fence.span,
    };
    let Some((_, ty)) = shown_names.bound.iter().find(|(name, _)| name == binding) else {
        if shown_names.whole {
            unknown(binding, shown_names, fence.span, findings);
        }
        return Some(block);
    };
    match format {
        "json" => json(fence, ty, shown_names, findings),
        "csv" => csv(fence, ty, shown_names, findings),
        _ => {
            findings
                .add("I-EXAMPLE", fence.span, "an example in XML is shown and not held against its message")
                .help("write it as JSON to have it checked");
        }
    }
    Some(block)
}

fn unknown(binding: &str, shown_names: &Shown<'_, '_>, span: Span, findings: &mut Findings) {
    let names: Vec<_> = shown_names.bound.iter().map(|(name, _)| name.as_str()).collect();
    let diagnostic = findings.add("E-EXAMPLE", span, format!("nothing in the flow is called `{}`", shown(binding)));
    match did_you_mean(binding, names.iter().copied()) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic.help(format!("a block shows one of {}", names.join(", "))),
    };
}

fn json(fence: &Fence, ty: &Type, shown_names: &Shown<'_, '_>, findings: &mut Findings) {
    let value = match serde_json::from_str::<serde_json::Value>(&fence.text) {
        Ok(value) => value,
        Err(error) => {
            let line =
                fence.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let at = fence.span.start + line + error.column().saturating_sub(1);
            let reason = error.to_string();
            let reason = reason.split(" at line").next().unwrap_or_default().to_owned();
            findings.add(
                "E-EXAMPLE",
                shown_names.source.span(at, at + 1),
                format!("the example is not JSON: {reason}"),
            );
            return;
        }
    };
    for Misfit { path, message } in misfits(&value, ty, shown_names.scope).into_iter().take(MOST) {
        let (start, end) = locate(&fence.text, &path);
        let span = shown_names.source.span(fence.span.start + start, fence.span.start + end);
        findings.add("E-EXAMPLE", span, message).help("examples are replayed as tests, so they must fit their message");
    }
}

fn misfits(value: &serde_json::Value, ty: &Type, scope: &Scope<'_>) -> Vec<Misfit> {
    match ty {
        Type::Record(record) => match scope.fields(record) {
            Some(fields) => values::check_record(value, fields, UnknownFields::Ignore),
            None => Vec::new(),
        },
        Type::List(item) => {
            let Some(items) = value.as_array() else {
                return vec![Misfit { path: Vec::new(), message: "a list is expected".to_owned() }];
            };
            let one = |(index, value)| {
                let inside = misfits(value, item, scope).into_iter();
                inside.map(move |mut misfit: Misfit| {
                    misfit.path.insert(0, Step::Item(index));
                    misfit
                })
            };
            items.iter().enumerate().flat_map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// The header line must name fields of the row's message.
fn csv(fence: &Fence, ty: &Type, shown_names: &Shown<'_, '_>, findings: &mut Findings) {
    let record = match ty {
        Type::List(item) => match &**item {
            Type::Record(record) => record,
            _ => return,
        },
        Type::Record(record) => record,
        _ => return,
    };
    let Some(fields) = shown_names.scope.fields(record) else { return };
    let header = fence.text.lines().next().unwrap_or_default();
    let separator = [';', '\t', '|', ','].into_iter().find(|separator| header.contains(*separator)).unwrap_or(';');
    let mut at = fence.span.start;
    for column in header.split(separator) {
        let name = column.trim().trim_matches('"');
        if !fields.iter().any(|field| field.name == name) {
            let span = shown_names.source.span(at, at + column.len());
            findings.add("E-EXAMPLE", span, format!("the row has no field `{}`", shown(name)));
        }
        at += column.len() + 1;
    }
    let columns = header.split(separator).count();
    for line in fence.text.lines().skip(1).filter(|line| !line.contains('"') && !line.is_empty()).take(MOST) {
        if line.split(separator).count() != columns {
            findings.add(
                "E-EXAMPLE",
                fence.span,
                format!("the line `{}` does not have {columns} columns", shown(line)),
            );
        }
    }
}
