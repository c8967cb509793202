//! Changes, health, and short links: small pages about the catalog as a whole.
//!
//! In: histories, diagnostics, ids. Out: one structure a page. Never knows: the time.

use askama::Template;
use catalog::diagnostic::Severity;

use super::context::{Context, Shell};
use super::interface::papers::{PointRow, point};
use super::revisions;
use crate::html::Html;
use crate::revisions::Change;
use crate::routes::At;
use crate::words;

/// One change of one interface.
#[derive(Debug)]
pub(crate) struct ChangeLine {
    pub(crate) date: String,
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) smart_id: String,
    pub(crate) change: String,
    /// The same for a page.
    pub(crate) shown: Html,
    /// `revision 3`, or what recorded it.
    pub(crate) note: String,
    /// How much it matters, where both texts are known.
    pub(crate) weight: Html,
    /// Names it among the changes of its interface.
    pub(crate) id: String,
}

/// All changes of all interfaces, latest first: what histories say, and what differs from revision to revision.
pub(crate) fn changes(context: &Context<'_>, at: &At) -> Vec<ChangeLine> {
    let mut lines: Vec<ChangeLine> = Vec::new();
    for interface in context.catalog.interfaces() {
        let page = context.routes.interface(&interface.smart_id.text).unwrap_or_default();
        let line = |date: &str, href: String, id: String| ChangeLine {
            date: date.to_owned(),
            href,
            title: interface.title.clone(),
            smart_id: interface.smart_id.text.clone(),
            change: String::new(),
            shown: Html::new(),
            note: String::new(),
            weight: Html::new(),
            id,
        };
        lines.extend(interface.history.iter().map(|change| ChangeLine {
            change: change.change.clone(),
            shown: Html::of(&change.change),
            note: format!("revision {}", change.version),
            ..line(&change.date, format!("{}#history", at.to(&page)), format!("r{}:{}", change.version, change.date))
        }));
        let trail = context.trail(interface);
        for change in trail.into_iter().flat_map(|trail| &trail.changes) {
            // What nobody recorded yet has no day.
            let Some(after) = change.after else { continue };
            let weight = change.weight().map(|it| Html::new().chip(revisions::weight_class(it), it.word()));
            lines.push(ChangeLine {
                shown: Html::new().sentence(&sentences(change)),
                change: sentences(change),
                note: format!("recorded as {}", after.short()),
                weight: weight.unwrap_or_default(),
                ..line(&after.date, at.to(&revisions::change_route(&page, &change.name())), after.short())
            });
        }
    }
    lines.sort_by(|a, b| (&b.date, &a.smart_id, &b.id).cmp(&(&a.date, &b.smart_id, &a.id)));
    lines
}

/// The heaviest differences in words, the rest as a number.
fn sentences(change: &Change<'_>) -> String {
    const SHOWN: usize = 2;
    if change.differences().is_empty() {
        return "Only the layout of the document changed.".to_owned();
    }
    let shown: Vec<&str> = change.differences().iter().take(SHOWN).map(|it| it.sentence.as_str()).collect();
    match change.differences().len().saturating_sub(SHOWN) {
        0 => shown.join(" "),
        more => format!("{} And {}.", shown.join(" "), words::count(more, "more difference")),
    }
}

/// The page of all changes.
#[derive(Template)]
#[template(path = "changes.html")]
pub(crate) struct ChangesPage {
    shell: Shell,
    changes: Vec<ChangeLine>,
    /// What is not shown, in words; empty if everything is.
    more: String,
}

/// Readers want news, not the archive.
const MOST_CHANGES: usize = 300;

impl ChangesPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "changes/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let mut changes = changes(context, &at);
        let more = match changes.len().saturating_sub(MOST_CHANGES) {
            0 => String::new(),
            more => format!("{} stand on the pages of their interfaces.", words::count(more, "older change")),
        };
        changes.truncate(MOST_CHANGES);
        Self { shell: context.shell(&at, "changes", "Changes"), changes, more }
    }
}

/// What was found in one document.
#[derive(Debug)]
pub(crate) struct DocumentPoints {
    title: Html,
    path: Html,
    points: Vec<PointRow>,
}

/// The page of all open points.
#[derive(Template)]
#[template(path = "health.html")]
pub(crate) struct HealthPage {
    shell: Shell,
    summary: String,
    documents: Vec<DocumentPoints>,
}

impl HealthPage {
    /// Its path.
    pub(crate) const PATH: &'static str = "health/index.html";

    /// Decides everything.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let at = At::new(Self::PATH);
        let mut documents = Vec::new();
        let (mut open, mut notes) = (0, 0);
        let interfaces = context
            .catalog
            .interfaces()
            .iter()
            .map(|it| (&it.path, &it.title, context.routes.interface(&it.smart_id.text)));
        let systems = context.catalog.systems().iter().map(|it| (&it.path, &it.name, context.routes.system(&it.name)));
        for (path, title, route) in interfaces.chain(systems) {
            let found = context.diagnostics(path);
            open += found.iter().filter(|it| it.severity >= Severity::Warning).count();
            notes += found.iter().filter(|it| it.severity < Severity::Warning).count();
            let page = at.to(&route.unwrap_or_default());
            let document = page.replace("index.html", "document/index.html");
            if !found.is_empty() {
                documents.push(DocumentPoints {
                    title: Html::new().link(&page, title),
                    path: Html::new().link(&document, path),
                    points: found.iter().map(|item| point(&at, item, &document)).collect(),
                });
            }
        }
        let total = context.catalog.interfaces().len() + context.catalog.systems().len();
        let summary = format!(
            "{} and {} in {}; {} without any.",
            words::count(open, "open point"),
            words::count(notes, "note"),
            words::count(documents.len(), "document"),
            words::number((total - documents.len()) as u64)
        );
        Self { shell: context.shell(&at, "health", "Health"), summary, documents }
    }
}

/// The short link of an id: leads to its page, or lists the pages that share the id.
#[derive(Template)]
#[template(path = "short.html")]
pub(crate) struct ShortPage {
    shell: Shell,
    id: String,
    targets: Vec<(String, String)>,
    /// Set when there is one target only.
    forward: String,
}

impl ShortPage {
    /// Decides everything; `targets` are Smart IDs.
    pub(crate) fn new(context: &Context<'_>, path: &str, id: &str, targets: &[&str]) -> Self {
        let at = At::new(path);
        let links: Vec<(String, String)> = targets
            .iter()
            .filter_map(|smart_id| Some((at.to(&context.routes.interface(smart_id)?), (*smart_id).to_owned())))
            .collect();
        let forward = match links.as_slice() {
            [(href, _)] => href.clone(),
            _ => String::new(),
        };
        Self { shell: context.shell(&at, "interfaces", id), id: id.to_owned(), targets: links, forward }
    }
}
