//! The rest of the page: prose, examples, artefacts, history, related, open points, custom functions.
//!
//! In: one interface. Out: rows. Never knows: their order on the page.

use catalog::diagnostic::{Diagnostic, Severity};
use catalog::model::Interface;

use super::Sheet;
use crate::html::Html;
use crate::markdown::{self, Anchors, Heading, Setting};
use crate::routes::{At, slug};
use crate::view::context::{Context, Fact, line_link};
use crate::words;

/// A prose section.
#[derive(Debug)]
pub(crate) struct Prose {
    pub(crate) id: String,
    pub(crate) heading: String,
    pub(crate) body: Html,
    pub(crate) headings: Vec<Heading>,
    pub(crate) line: Html,
}

/// One artefact.
#[derive(Debug)]
pub(super) struct ArtefactRow {
    pub(super) kind: String,
    pub(super) name: Html,
}

/// One entry of the history.
#[derive(Debug)]
pub(super) struct ChangeRow {
    pub(super) date: String,
    pub(super) version: u32,
    pub(super) change: String,
    pub(super) line: Html,
}

/// Another interface.
#[derive(Debug)]
pub(super) struct RelatedRow {
    pub(super) relation: String,
    pub(super) link: Html,
    pub(super) title: String,
}

/// Something found in the document.
#[derive(Debug)]
pub(crate) struct PointRow {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
    pub(crate) code: Html,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) line: Html,
}

/// A worked example.
#[derive(Debug)]
pub(super) struct ExampleView {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) prose: Html,
    pub(super) blocks: Vec<BlockView>,
}

/// One block of an example.
#[derive(Debug)]
pub(super) struct BlockView {
    pub(super) binding: String,
    pub(super) format: String,
    pub(super) text: String,
    pub(super) line: Html,
}

/// All prose sections; sub-headings keep their place below `h2`.
pub(super) fn sections(sheet: &Sheet<'_>, anchors: &mut Anchors) -> Vec<Prose> {
    prose(sheet.context, &sheet.at, &sheet.interface.sections, anchors)
}

/// Renders sections of any document.
pub(crate) fn prose(
    context: &Context<'_>,
    at: &At,
    sections: &[catalog::model::Section],
    anchors: &mut Anchors,
) -> Vec<Prose> {
    let resolve = |href: &str| context.resolve(at, href);
    sections
        .iter()
        .map(|section| {
            let id = anchors.take(&section.heading);
            let setting = Setting { shift: 0, anchors: &mut *anchors, resolve: &resolve };
            let (body, headings) = markdown::render(&section.markdown, setting);
            let line = line_link("document/index.html", section.span.line);
            Prose { id, heading: section.heading.clone(), body, headings, line }
        })
        .collect()
}

/// Artefacts in document order.
pub(super) fn artefacts(sheet: &Sheet<'_>) -> Vec<ArtefactRow> {
    let artefacts = sheet.interface.artefacts.iter();
    artefacts
        .map(|artefact| ArtefactRow {
            kind: artefact.kind.clone(),
            name: match &artefact.url {
                Some(url) => Html::new().outside(url, &artefact.name),
                None => Html::of(&artefact.name),
            },
        })
        .collect()
}

/// History, latest first.
pub(super) fn history(sheet: &Sheet<'_>) -> Vec<ChangeRow> {
    let mut rows: Vec<_> = sheet.interface.history.iter().collect();
    rows.sort_by(|a, b| (&b.date, b.version).cmp(&(&a.date, a.version)));
    rows.into_iter()
        .map(|change| ChangeRow {
            date: change.date.clone(),
            version: change.version,
            change: change.change.clone(),
            line: sheet.place(change.span),
        })
        .collect()
}

/// Interfaces named here, then those that name this one.
pub(super) fn related(sheet: &Sheet<'_>) -> Vec<RelatedRow> {
    let row = |relation: String, smart_id: &str, other: Option<&Interface>| RelatedRow {
        relation,
        link: sheet.context.interface_link(&sheet.at, smart_id),
        title: other.map(|it| it.title.clone()).unwrap_or_default(),
    };
    let mut rows: Vec<RelatedRow> = sheet
        .interface
        .related
        .iter()
        .map(|it| row(it.relation.clone(), &it.smart_id, sheet.context.catalog.interface(&it.smart_id)))
        .collect();
    let named: Vec<&str> = sheet.interface.related.iter().map(|it| it.smart_id.as_str()).collect();
    for (other, relation) in sheet.context.named_by(&sheet.interface.smart_id.text) {
        if !named.contains(&other.smart_id.text.as_str()) {
            rows.push(row(reversed(relation), &other.smart_id.text, Some(other)));
        }
    }
    rows
}

fn reversed(relation: &str) -> String {
    match relation {
        "before" => "after".to_owned(),
        "after" => "before".to_owned(),
        "replaces" => "replaced by".to_owned(),
        "replaced by" => "replaces".to_owned(),
        "same object" => "same object".to_owned(),
        other => format!("named there as {other}"),
    }
}

/// What was found in the document.
pub(super) fn points(sheet: &Sheet<'_>) -> Vec<PointRow> {
    let found = sheet.context.diagnostics(&sheet.interface.path);
    found.iter().map(|item| point(&sheet.at, item, "document/index.html")).collect()
}

/// One finding; `document` is the page with the document's lines.
pub(crate) fn point(at: &At, item: &Diagnostic, document: &str) -> PointRow {
    let (class, word) = match item.severity {
        Severity::Error => ("bad", "error"),
        Severity::Warning => ("warn", "warning"),
        Severity::Info => ("plain", "note"),
    };
    PointRow {
        class,
        word,
        code: Html::new().link(&at.to(&format!("codes/{}/index.html", slug(item.code))), item.code),
        message: item.message.clone(),
        help: item.help.clone().unwrap_or_default(),
        line: line_link(document, item.span.line),
    }
}

/// Worked examples.
pub(super) fn examples(sheet: &Sheet<'_>, anchors: &mut Anchors) -> Vec<ExampleView> {
    let resolve = |href: &str| sheet.context.resolve(&sheet.at, href);
    let examples = sheet.interface.examples.iter();
    examples
        .map(|example| {
            let id = anchors.take(&format!("example {}", example.title));
            let setting = Setting { shift: 2, anchors: &mut *anchors, resolve: &resolve };
            let (prose, _) = markdown::render(&example.prose, setting);
            let blocks = example.blocks.iter().map(|block| BlockView {
                binding: block.binding.clone(),
                format: block.format.to_uppercase(),
                text: block.text.clone(),
                line: sheet.place(block.span),
            });
            ExampleView { id, title: example.title.clone(), prose, blocks: blocks.collect() }
        })
        .collect()
}

/// Functions that the user writes.
pub(super) fn custom(sheet: &Sheet<'_>) -> Vec<Fact> {
    let functions = sheet.interface.custom.iter();
    functions
        .map(|function| {
            let parameters: Vec<String> =
                function.parameters.iter().map(|(name, ty)| format!("{name}: {}", words::ty(ty))).collect();
            let returns = function.returns.as_ref().map(|ty| format!(" → {}", words::ty(ty))).unwrap_or_default();
            let value = Html::new()
                .code(&format!("({}){returns}", parameters.join(", ")))
                .text(" ")
                .text(&function.description);
            Fact { label: function.name.clone(), value, line: sheet.place(function.span) }
        })
        .collect()
}
